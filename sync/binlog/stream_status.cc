#include "sync/binlog/stream_status.h"

#include <utility>

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "sync/binlog/prepared_on_server.h"

namespace binseek::binlog {

Status StreamStatus::Begin(mysql::Connection* connection, const change::PreparedSet* prepared) {
  BINSEEK_ASSIGN_OR_RETURN(auto unknown, PreparedUnknown(connection, prepared));
  const auto now = std::chrono::steady_clock::now();
  const MutexLock lock(&mutex_);
  server_ = connection->server();
  if (LogsXaCommitsEarly(server_)) {
    for (std::string& name : unknown) {
      late_.AddFromBefore(std::move(name), now);
    }
  }
  return Status::Ok();
}

void StreamStatus::MoveTo(const mysql::ServerInfo& server) {
  const MutexLock lock(&mutex_);
  server_ = server;
  ++moves_;
  position_.binlog = change::BinlogPosition();
}

void StreamStatus::Connected(const change::BinlogPosition& end) {
  const MutexLock lock(&mutex_);
  status_.connected = true;
  was_connected_ = true;
  end_ = end;
  was_at_end_ = false;
}

void StreamStatus::Resumed() {
  const MutexLock lock(&mutex_);
  ++status_.reconnects;
}

void StreamStatus::Disconnected(const Status& why) {
  const MutexLock lock(&mutex_);
  status_.connected = false;
  status_.last_error = why.message();
  status_.last_code = change::StopCodeOf(why, change::StopCode::kSourceAway);
}

void StreamStatus::Lost(const Status& why, std::chrono::milliseconds retry_in) {
  const auto code = StopCodeOf(why, change::StopCode::kSourceAway);
  Log(LogLevel::kWarn, "binlog stream lost",
      {{"code", StopCodeName(code)}, {"error", why}, {"retry_in_ms", retry_in.count()}});
  const MutexLock lock(&mutex_);
  if (std::exchange(was_connected_, false)) {
    status_.losses.Add(code);
  }
}

void StreamStatus::Clashed(std::string told) {
  const MutexLock lock(&mutex_);
  last_clash_ = std::chrono::steady_clock::now();
  status_.id_clash = std::move(told);
}

void StreamStatus::Heard(std::string_view event) {
  const int64_t now = Clock::Real()->NowMicros();
  const auto heard = std::chrono::steady_clock::now();
  const MutexLock lock(&mutex_);
  status_.last_event_time_us = now;
  status_.bytes += event.size();
  last_heard_ = heard;
}

void StreamStatus::Count(const change::Transaction& transaction) {
  const MutexLock lock(&mutex_);
  ++status_.transactions;
  status_.rows += transaction.rows->size();
  if (!transaction.commits_xa.empty() && LogsXaCommitsEarly(server_)) {
    late_.Add(transaction.commits_xa, std::chrono::steady_clock::now());
  }
  if (!late_.empty() && transaction.prepared != nullptr) {
    late_.Forget(*transaction.prepared);
  }
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
  was_at_end_ = was_at_end_ || !(position_.binlog < end_);
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
  return {server_, position_, last_ordinal_, moves_, late_.Names(std::chrono::steady_clock::now())};
}

mysql::ServerInfo StreamStatus::server() const {
  const MutexLock lock(&mutex_);
  return server_;
}

BinlogSourceStatus StreamStatus::status(const BinlogSourceOptions& options) const {
  const auto now = std::chrono::steady_clock::now();
  const MutexLock lock(&mutex_);
  BinlogSourceStatus status = status_;
  if (now - last_clash_ > options.clash_memory) {
    status.id_clash.clear();
  }
  status.at_rest = status.connected && was_at_end_ && status.open_rows == 0 &&
                   status.open_bytes == 0 && now - last_heard_ < 2 * options.heartbeat;
  return status;
}

}  // namespace binseek::binlog
