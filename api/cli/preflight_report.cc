#include "api/cli/preflight_report.h"

#include <algorithm>
#include <memory>
#include <sstream>

#include "sync/mysql/databases.h"

namespace binseek::api::cli {

Result<std::vector<mysql::PreflightCheck>> ExamineSource(const Config& config,
                                                         const mysql::ConnectionOptions& options,
                                                         uint32_t server_id) {
  mysql::ConnectionOptions connected = options;
  if (mysql::IsDatabasePattern(options.database)) {
    connected.database.clear();
  }
  BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<mysql::Connection> connection,
                           mysql::Connection::Open(connected));
  return mysql::RunPreflight(connection.get(), options.database, server_id,
                             config.snapshot_lock == "brief");
}

std::string PreflightText(const std::vector<mysql::PreflightCheck>& checks, bool all) {
  size_t width = 0;
  for (const mysql::PreflightCheck& check : checks) {
    width = std::max(width, check.name.size());
  }
  std::string out;
  for (const mysql::PreflightCheck& check : checks) {
    if (!all && check.verdict == mysql::PreflightCheck::Verdict::kPass) {
      continue;
    }
    out.append(mysql::VerdictName(check.verdict)).append("  ").append(check.name);
    out.append(width - check.name.size() + 2, ' ').append(check.why).append("\n");
    std::istringstream fix(check.fix);
    for (std::string line; std::getline(fix, line);) {
      out.append("        ").append(line).append("\n");
    }
  }
  return out;
}

}  // namespace binseek::api::cli
