// What must hold before a source can be followed, and while it is.
//
// Thread-safety: pure functions. Errors: kInvalidArgument, saying what mends
// it.
#ifndef BINSEEK_SYNC_PIPELINE_SOURCE_CHECKS_H_
#define BINSEEK_SYNC_PIPELINE_SOURCE_CHECKS_H_

#include <memory>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "sync/binlog/binlog_source.h"
#include "sync/mysql/connection.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::pipeline {

[[nodiscard]] Status CheckOptions(const SupervisorOptions& options);

// Asks the server for what a snapshot beside a running stream needs; also the
// connection's errors.
[[nodiscard]] Status CheckServer(mysql::Connection* connection, std::string_view database);

// For sessions whose statements all name the database, which may be dropped.
mysql::ConnectionOptions WithoutDatabase(mysql::ConnectionOptions options);

// A connection to the server that the stream comes from, which goes along where the address leads to another one by now. By the thread of the
// stream. kUnavailable also where the address leads to one server now and to another then; otherwise as BinlogSource::Renew.
Result<std::unique_ptr<mysql::Connection>> ConnectToServerOf(binlog::BinlogSource* stream,
                                                             mysql::ConnectionOptions options);

// Whether the server keeps names of tables in lower case (lower_case_table_names = 1), while statements are logged as they were written.
[[nodiscard]] Result<bool> FoldsNames(mysql::Connection* connection);
// ASCII letters only, as the server's own folding of what can be named without quotes.
std::string LowerCase(std::string_view name);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SOURCE_CHECKS_H_
