// What must hold before a source can be followed, and while it is.
//
// Thread-safety: pure functions. Errors: kInvalidArgument, saying what mends
// it.
#ifndef BINSEEK_SYNC_PIPELINE_SOURCE_CHECKS_H_
#define BINSEEK_SYNC_PIPELINE_SOURCE_CHECKS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/binlog/binlog_source.h"
#include "sync/mysql/connection.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/prepared_files.h"
#include "sync/pipeline/supervisor.h"
#include "sync/pipeline/sync_progress.h"

namespace binseek::pipeline {

[[nodiscard]] Status CheckOptions(const SupervisorOptions& options);

// Asks the server for what a snapshot beside a running stream needs; also the
// connection's errors.
[[nodiscard]] Status CheckServer(mysql::Connection* connection, const SupervisorOptions& options);

// Where a stream that knows of nothing before begins: mysql::CurrentPosition, without the GTIDs of a MySQL server that gives none any more.
[[nodiscard]] Result<change::SourcePosition> StartPosition(mysql::Connection* connection);

// Of a server that is about to be followed, or again: kInvalidArgument where its binlog leaves out changes of the database; else what is given
// up by its settings, in words for the user. Also the connection's errors.
[[nodiscard]] Result<std::vector<std::string>> CheckLogging(mysql::Connection* connection,
                                                            const std::string& wanted);

// The same, and how long the server keeps its binlog, told to the progress.
[[nodiscard]] Status TakeTerms(mysql::Connection* connection, const std::string& wanted,
                               SyncProgress* progress);

// What the stream of `checkpoint` is to know of the options; see BinlogSourceOptions::server for `same_server`. `files`: borrowed; null: there are none. Errors: those of
// the state store.
[[nodiscard]] Result<binlog::BinlogSourceOptions> SourceOptionsOf(const SupervisorOptions& options,
                                                                  const Checkpoint& checkpoint,
                                                                  PreparedFiles* files,
                                                                  bool same_server);

// For sessions whose statements all name the database, which may be dropped.
mysql::ConnectionOptions WithoutDatabase(mysql::ConnectionOptions options);

// A connection to the server that the stream comes from, which goes along where the address leads to another one by now. By the thread of the
// stream. kUnavailable also where the address leads to one server now and to another then; otherwise as BinlogSource::Renew.
Result<std::unique_ptr<mysql::Connection>> ConnectToServerOf(binlog::BinlogSource* stream,
                                                             mysql::ConnectionOptions options);

// Whether the server keeps names of tables in lower case (lower_case_table_names = 1), while statements are logged as they were written.
// kInvalidArgument where it keeps them as they were written and folds them to compare (2).
[[nodiscard]] Result<bool> FoldsNames(mysql::Connection* connection);
[[nodiscard]] Result<bool> FoldsNames(std::string_view lower_case_table_names);
// ASCII letters only, as the server's own folding of what can be named without quotes.
std::string LowerCase(std::string_view name);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SOURCE_CHECKS_H_
