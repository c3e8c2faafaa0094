#include "sync/mysql/foreign_key_check.h"

#include <algorithm>
#include <utility>

#include "sync/mysql/foreign_keys.h"

namespace binseek::mysql {
namespace {

constexpr size_t kShown = 20;  // keys

// Whether the key has a column by which its children can be found.
Result<bool> HasInteger(Connection* connection, const ForeignKey& key) {
  const size_t dot = key.child.find('.');
  std::string names;
  for (const std::string& column : key.columns) {
    names += (names.empty() ? "" : ", ") + Quote(column);
  }
  BINSEEK_ASSIGN_OR_RETURN(
      const auto count,
      connection->QueryCell(
          "SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = " +
          Quote(key.child.substr(0, dot)) +
          " AND TABLE_NAME = " + Quote(key.child.substr(dot + 1)) + " AND COLUMN_NAME IN (" +
          names + ") AND DATA_TYPE IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint')"));
  return count.has_value() && *count != "0";
}

}  // namespace

Status AddForeignKeyChecks(Connection* connection, const std::vector<std::string>& databases,
                           std::vector<PreflightCheck>* checks) {
  using Verdict = PreflightCheck::Verdict;
  BINSEEK_ASSIGN_OR_RETURN(const auto keys, ReadForeignKeys(connection, databases));
  BINSEEK_ASSIGN_OR_RETURN(const bool logged, LogsCascades(connection));
  if (keys.empty() || logged) {
    checks->push_back({"foreign_keys", Verdict::kPass,
                       keys.empty() ? "no foreign key changes rows of other tables"
                                    : "the server logs the rows that foreign keys change",
                       ""});
    return Status::Ok();
  }
  std::string found;
  std::string read;
  size_t shown = 0;
  for (const ForeignKey& key : keys) {
    if (++shown > kShown) {
      break;
    }
    BINSEEK_ASSIGN_OR_RETURN(const bool integer, HasInteger(connection, key));
    std::string* list = integer ? &found : &read;
    *list += (list->empty() ? "" : "; ") + DescribeForeignKey(key);
  }
  std::string why = "the server does not log the rows that foreign keys change";
  if (!found.empty()) {
    why += "; they are found by the key for: " + found;
  }
  if (!read.empty()) {
    why += "; the whole table is read again at each such change for: " + read;
  }
  if (keys.size() > kShown) {
    why += "; and " + std::to_string(keys.size() - kShown) + " more";
  }
  const ServerInfo& server = connection->server();
  const bool can_log = !server.is_mariadb() && server.AtLeast(9, 6);
  checks->push_back({"foreign_keys", read.empty() ? Verdict::kPass : Verdict::kWarn, why,
                     can_log ? "my.cnf, then restart the server:\n[mysqld]\n"
                               "innodb_native_foreign_keys = OFF"
                             : ""});
  return Status::Ok();
}

}  // namespace binseek::mysql
