#include "sync/binlog/stream_status.h"

#include <utility>

#include "engine/base/clock.h"

namespace binseek::binlog {

void StreamStatus::SetServer(const mysql::ServerInfo& server) {
  const MutexLock lock(&mutex_);
  server_ = server;
}

void StreamStatus::MoveTo(const mysql::ServerInfo& server) {
  const MutexLock lock(&mutex_);
  server_ = server;
  ++moves_;
  position_.binlog = change::BinlogPosition();
}

void StreamStatus::Connected() {
  const MutexLock lock(&mutex_);
  status_.connected = true;
}

void StreamStatus::Resumed() {
  const MutexLock lock(&mutex_);
  ++status_.reconnects;
}

void StreamStatus::Disconnected(const Status& why) {
  const MutexLock lock(&mutex_);
  status_.connected = false;
  status_.last_error = why.message();
}

void StreamStatus::Clashed(std::string told) {
  const MutexLock lock(&mutex_);
  last_clash_ = std::chrono::steady_clock::now();
  status_.id_clash = std::move(told);
}

void StreamStatus::Heard(size_t bytes) {
  const int64_t now = Clock::Real()->NowMicros();
  const MutexLock lock(&mutex_);
  status_.last_event_time_us = now;
  status_.bytes += bytes;
}

void StreamStatus::Count(const change::Transaction& transaction) {
  const MutexLock lock(&mutex_);
  ++status_.transactions;
  status_.rows += transaction.rows->size();
}

void StreamStatus::Publish(const TransactionAssembler& assembler) {
  const change::SourcePosition& reached = assembler.position();
  const MutexLock lock(&mutex_);
  status_.open_rows = assembler.open_rows();
  status_.open_bytes = assembler.open_bytes();
  if (std::exchange(published_, true) && last_ordinal_ == assembler.last_ordinal()) {
    position_.binlog = reached.binlog;  // sets are large: copied only where a transaction came
  } else {
    position_ = reached;
  }
  last_ordinal_ = assembler.last_ordinal();
}

change::SourcePosition StreamStatus::position() const {
  const MutexLock lock(&mutex_);
  return position_;
}

uint64_t StreamStatus::last_ordinal() const {
  const MutexLock lock(&mutex_);
  return last_ordinal_;
}

StreamReach StreamStatus::reach() const {
  const MutexLock lock(&mutex_);
  return {server_, position_, last_ordinal_, moves_};
}

mysql::ServerInfo StreamStatus::server() const {
  const MutexLock lock(&mutex_);
  return server_;
}

BinlogSourceStatus StreamStatus::status(std::chrono::milliseconds clash_memory) const {
  const auto now = std::chrono::steady_clock::now();
  const MutexLock lock(&mutex_);
  BinlogSourceStatus status = status_;
  if (now - last_clash_ > clash_memory) {
    status.id_clash.clear();
  }
  return status;
}

}  // namespace binseek::binlog
