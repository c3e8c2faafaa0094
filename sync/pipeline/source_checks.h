// What must hold before a source can be followed.
//
// Thread-safety: pure functions. Errors: kInvalidArgument, saying what mends
// it.
#ifndef BINSEEK_SYNC_PIPELINE_SOURCE_CHECKS_H_
#define BINSEEK_SYNC_PIPELINE_SOURCE_CHECKS_H_

#include "engine/base/status.h"
#include "sync/mysql/connection.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::pipeline {

[[nodiscard]] Status CheckOptions(const SupervisorOptions& options);

// Asks the server for what a snapshot beside a running stream needs; also the
// connection's errors.
[[nodiscard]] Status CheckServer(mysql::Connection* connection);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SOURCE_CHECKS_H_
