#include "api/cli/preflight_report.h"

#include <algorithm>
#include <memory>
#include <random>
#include <sstream>

namespace binseek::api::cli {

uint32_t ServerId(const Config& config) {
  if (config.source.server_id != 0) {
    return static_cast<uint32_t>(config.source.server_id);
  }
  std::random_device random;
  return std::uniform_int_distribution<uint32_t>(1u << 20,
                                                 UINT32_MAX)(random);  // people's own ids are small
}

Result<std::vector<mysql::PreflightCheck>> ExamineSource(const mysql::ConnectionOptions& options,
                                                         uint32_t server_id) {
  BINSEEK_ASSIGN_OR_RETURN(const std::unique_ptr<mysql::Connection> connection,
                           mysql::Connection::Open(options));
  return mysql::RunPreflight(connection.get(), options.database, server_id);
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
