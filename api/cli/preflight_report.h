// The preflight of a source, run and told. Thread-safe free functions.
#ifndef BINSEEK_API_CLI_PREFLIGHT_REPORT_H_
#define BINSEEK_API_CLI_PREFLIGHT_REPORT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "api/config.h"
#include "engine/base/result.h"
#include "sync/mysql/connection.h"
#include "sync/mysql/preflight.h"

namespace binseek::api::cli {

// Connects and looks. `server_id`: as the config has it. Errors: those of the connection.
[[nodiscard]] Result<std::vector<mysql::PreflightCheck>> ExamineSource(
    const Config& config, const mysql::ConnectionOptions& options, uint32_t server_id);

// "FAIL  binlog_format  why", with the fix below it; without `all`, passed checks are left out.
std::string PreflightText(const std::vector<mysql::PreflightCheck>& checks, bool all);

}  // namespace binseek::api::cli

#endif  // BINSEEK_API_CLI_PREFLIGHT_REPORT_H_
