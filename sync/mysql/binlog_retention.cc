#include "sync/mysql/binlog_retention.h"

#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

namespace binseek::mysql {

std::chrono::seconds BinlogRetention(const std::map<std::string, std::string>& variables) {
  constexpr double kSecondsOfDay = 86'400;
  const auto get = [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string() : found->second;
  };
  double seconds = std::strtod(get("binlog_expire_logs_seconds").c_str(), nullptr);
  if (seconds <= 0) {
    seconds = std::strtod(get("expire_logs_days").c_str(), nullptr) * kSecondsOfDay;
  }
  const bool never = seconds <= 0 || get("binlog_expire_logs_auto_purge") == "OFF";
  return std::chrono::seconds(never ? 0 : static_cast<int64_t>(seconds));
}

Result<std::chrono::seconds> ReadBinlogRetention(Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(
      const Rows rows,
      connection->Query("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('expire_logs_days', "
                        "'binlog_expire_logs_seconds', 'binlog_expire_logs_auto_purge')"));
  std::map<std::string, std::string> variables;
  for (const auto& row : rows.rows) {
    variables[row[0].value_or("")] = row[1].value_or("");
  }
  return BinlogRetention(variables);
}

}  // namespace binseek::mysql
