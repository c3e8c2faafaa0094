// Rebuilds: what is done between transactions about tables that are read anew: begun by a user's word or because too much of them is pending, swept,
// swapped, given up.
//
// The thread of the stream takes the steps; any other may ask for a resync, and waits until it has begun.
// Thread-safe: Ask and End; Step is the stream's thread's. Borrows all. Lock: `mutex_` is a leaf.
#ifndef BINSEEK_SYNC_PIPELINE_REBUILDS_H_
#define BINSEEK_SYNC_PIPELINE_REBUILDS_H_

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "sync/binlog/binlog_source.h"
#include "sync/mysql/connection.h"
#include "sync/pipeline/applier.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/source_retry.h"
#include "sync/pipeline/supervisor.h"
#include "sync/pipeline/table_catalog.h"

namespace binseek::pipeline {

class Rebuilds {
 public:
  Rebuilds(const mysql::ConnectionOptions& connection, FollowedTables* tables,
           TableCatalog* catalog, SourceRetry* retry)
      : connection_(connection), tables_(tables), catalog_(catalog), retry_(retry) {}

  // Blocks until the table's resync has begun, and is in the checkpoint of what is applied. Errors: as Supervisor::ResyncTable.
  Result<Resync> Ask(const std::string& name, std::chrono::steady_clock::time_point deadline)
      BINSEEK_EXCLUDES(mutex_);
  // Nobody takes steps any more: who waits, and who asks from now on, is told why.
  void End(const std::string& why) BINSEEK_EXCLUDES(mutex_);

  // Before the first step: lets go of tables that went while nobody looked. The stream has begun, so that a server that has yet to catch up is none
  // that lacks them.
  Status LetGoOfMissing(Applier* applier, binlog::BinlogSource* stream);
  // Everything that can be done now; one request, one beginning. Errors stop the stream; what concerns a request is told to who asked.
  Status Step(Applier* applier, binlog::BinlogSource* stream, const std::stop_token& stop)
      BINSEEK_EXCLUDES(mutex_);

 private:
  struct Request {
    std::string table;
    bool taken = false;
    std::optional<Result<Resync>> outcome;
  };

  Status ReadPendingAgain(Applier* applier, binlog::BinlogSource* stream,
                          const std::stop_token& stop);
  Status GiveUp(Applier* applier, const std::stop_token& stop);
  Status TakeRequest(Applier* applier, binlog::BinlogSource* stream, const std::stop_token& stop)
      BINSEEK_EXCLUDES(mutex_);

  const mysql::ConnectionOptions& connection_;
  FollowedTables* const tables_;
  TableCatalog* const catalog_;
  SourceRetry* const retry_;

  Mutex mutex_;
  CondVar changed_;
  std::deque<std::shared_ptr<Request>> requests_ BINSEEK_GUARDED_BY(mutex_);
  std::string ended_ BINSEEK_GUARDED_BY(mutex_);  // why; empty: it has not
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_REBUILDS_H_
