// StreamStatus: what other threads may know of a binlog stream: how far it has come, from whom, and how it fares.
//
// Thread-safe; written by the thread of the stream alone.
#ifndef BINSEEK_SYNC_BINLOG_STREAM_STATUS_H_
#define BINSEEK_SYNC_BINLOG_STREAM_STATUS_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/base/mutex.h"
#include "engine/base/status.h"
#include "sync/binlog/binlog_source.h"
#include "sync/binlog/transaction_assembler.h"
#include "sync/change/position.h"
#include "sync/change/transaction.h"
#include "sync/mysql/connection.h"

namespace binseek::binlog {

class StreamStatus {
 public:
  void SetServer(const mysql::ServerInfo& server) BINSEEK_EXCLUDES(mutex_);
  // The same, of a server to whom the places of the one before mean nothing.
  void MoveTo(const mysql::ServerInfo& server) BINSEEK_EXCLUDES(mutex_);
  void Connected() BINSEEK_EXCLUDES(mutex_);
  void Resumed() BINSEEK_EXCLUDES(mutex_);
  void Disconnected(const Status& why) BINSEEK_EXCLUDES(mutex_);
  // The connection was lost to another replica of the same id; `told`: how to put that.
  void Clashed(std::string told) BINSEEK_EXCLUDES(mutex_);
  void Heard(size_t bytes) BINSEEK_EXCLUDES(mutex_);
  void Count(const change::Transaction& transaction) BINSEEK_EXCLUDES(mutex_);
  // How far it has come. Cheap where no transaction came.
  void Publish(const TransactionAssembler& assembler) BINSEEK_EXCLUDES(mutex_);

  change::SourcePosition position() const BINSEEK_EXCLUDES(mutex_);
  uint64_t last_ordinal() const BINSEEK_EXCLUDES(mutex_);
  StreamReach reach() const BINSEEK_EXCLUDES(mutex_);
  mysql::ServerInfo server() const BINSEEK_EXCLUDES(mutex_);
  // A clash is told of for `clash_memory`.
  BinlogSourceStatus status(std::chrono::milliseconds clash_memory) const BINSEEK_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  mysql::ServerInfo server_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t moves_ BINSEEK_GUARDED_BY(mutex_) = 0;
  bool published_ BINSEEK_GUARDED_BY(mutex_) = false;
  change::SourcePosition position_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t last_ordinal_ BINSEEK_GUARDED_BY(mutex_) = 0;
  std::chrono::steady_clock::time_point last_clash_ BINSEEK_GUARDED_BY(mutex_){};
  BinlogSourceStatus status_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_STREAM_STATUS_H_
