#include "sync/binlog/prepared_on_server.h"

#include <charconv>
#include <cstdint>
#include <string_view>

#include "engine/base/log.h"
#include "sync/binlog/event_decoder.h"

namespace binseek::binlog {

Result<std::set<std::string>> PreparedOnServer(mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(const auto rows, connection->Query("XA RECOVER"));
  std::set<std::string> names;
  for (const auto& row : rows.rows) {
    uint64_t numbers[3] = {};  // format, lengths of the name's halves
    for (size_t i = 0; i < 3 && row.size() == 4 && row[i]; ++i) {
      std::from_chars(row[i]->data(), row[i]->data() + row[i]->size(), numbers[i]);
    }
    if (row.size() == 4 && row[3] && numbers[1] + numbers[2] == row[3]->size()) {
      const std::string_view data = *row[3];
      names.insert(XaName(numbers[0], data.substr(0, numbers[1]), data.substr(numbers[1])));
    }
  }
  return names;
}

bool LogsXaCommitsEarly(const mysql::ServerInfo& server) {
  return server.is_mariadb() || !server.AtLeast(8, 0, 30);
}

Result<std::vector<std::string>> PreparedUnknown(mysql::Connection* connection,
                                                 const change::PreparedSet* known) {
  auto prepared = PreparedOnServer(connection);
  if (!prepared.ok() && prepared.status().code() == StatusCode::kInvalidArgument &&
      !connection->server().is_mariadb()) {
    Log(LogLevel::kInfo, "whether prepared XA transactions are open is not told",
        {{"error", prepared.status()}});
    return std::vector<std::string>();
  }
  BINSEEK_RETURN_IF_ERROR(prepared.status());
  std::vector<std::string> unknown;
  for (const std::string& name : *prepared) {
    if (known == nullptr || known->count(name) == 0) {
      unknown.push_back(name);
    }
  }
  if (!unknown.empty()) {
    Log(LogLevel::kWarn,
        "XA transactions are prepared that the stream does not know: unless it meets them yet, all "
        "tables are read again when one of them is committed",
        {{"transactions", unknown.size()}, {"first", unknown.front()}});
  }
  return unknown;
}

}  // namespace binseek::binlog
