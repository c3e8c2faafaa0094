// StreamStatus: what other threads may know of a binlog stream: how far it has come, from whom, and how it fares.
//
// Thread-safe; written by the thread of the stream alone.
#ifndef BINSEEK_SYNC_BINLOG_STREAM_STATUS_H_
#define BINSEEK_SYNC_BINLOG_STREAM_STATUS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/mutex.h"
#include "engine/base/status.h"
#include "sync/binlog/binlog_source.h"
#include "sync/binlog/late_commits.h"
#include "sync/binlog/transaction_assembler.h"
#include "sync/change/position.h"
#include "sync/change/stop_code.h"
#include "sync/change/transaction.h"
#include "sync/mysql/connection.h"

namespace binseek::binlog {

class StreamStatus {
 public:
  // Before all else. Asks the server which XA transactions it has prepared, of which the stream knows `prepared` (null: none): on MariaDB the others may
  // have been committed a moment ago, and not be shown yet. Errors: those of PreparedUnknown.
  [[nodiscard]] Status Begin(mysql::Connection* connection, const change::PreparedSet* prepared)
      BINSEEK_EXCLUDES(mutex_);
  // The stream goes on with a server to whom the places of the one before mean nothing.
  void MoveTo(const mysql::ServerInfo& server) BINSEEK_EXCLUDES(mutex_);
  // `end`: of what the server had written a moment before.
  void Connected(const change::BinlogPosition& end) BINSEEK_EXCLUDES(mutex_);
  void Resumed() BINSEEK_EXCLUDES(mutex_);
  void Disconnected(const Status& why) BINSEEK_EXCLUDES(mutex_);
  // And it is to be made again, in so long: logged, and counted where there was one.
  void Lost(const Status& why, std::chrono::milliseconds retry_in) BINSEEK_EXCLUDES(mutex_);
  // The connection was lost to another replica of the same id; `told`: how to put that.
  void Clashed(std::string told) BINSEEK_EXCLUDES(mutex_);
  void Heard(std::string_view event) BINSEEK_EXCLUDES(mutex_);
  void Count(const change::Transaction& transaction) BINSEEK_EXCLUDES(mutex_);
  // How far it has come. Cheap where no transaction came.
  void Publish(const TransactionAssembler& assembler) BINSEEK_EXCLUDES(mutex_);

  change::SourcePosition position() const BINSEEK_EXCLUDES(mutex_);
  uint64_t last_ordinal() const BINSEEK_EXCLUDES(mutex_);
  StreamReach reach() const BINSEEK_EXCLUDES(mutex_);
  mysql::ServerInfo server() const BINSEEK_EXCLUDES(mutex_);
  // By the options' clash_memory and heartbeat: where one of these is overdue there is no rest.
  BinlogSourceStatus status(const BinlogSourceOptions& options) const BINSEEK_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  mysql::ServerInfo server_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t moves_ BINSEEK_GUARDED_BY(mutex_) = 0;
  bool published_ BINSEEK_GUARDED_BY(mutex_) = false;
  change::SourcePosition position_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t last_ordinal_ BINSEEK_GUARDED_BY(mutex_) = 0;
  std::chrono::steady_clock::time_point last_clash_ BINSEEK_GUARDED_BY(mutex_){};
  BinlogSourceStatus status_ BINSEEK_GUARDED_BY(mutex_);
  bool was_connected_ BINSEEK_GUARDED_BY(mutex_) = false;  // since the last loss
  change::BinlogPosition end_
      BINSEEK_GUARDED_BY(mutex_);  // of the server's binlog as the connection began
  bool was_at_end_ BINSEEK_GUARDED_BY(mutex_) = false;  // since then
  std::chrono::steady_clock::time_point last_heard_ BINSEEK_GUARDED_BY(mutex_){};
  LateCommits late_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_STREAM_STATUS_H_
