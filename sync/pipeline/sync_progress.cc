#include "sync/pipeline/sync_progress.h"

#include <algorithm>

#include "sync/pipeline/stream_health.h"

namespace binseek::pipeline {
namespace {

// Behind by more than this: catching up.
constexpr int64_t kLiveLagMs = 1000;

}  // namespace

std::string_view SyncStateName(SyncState state) {
  switch (state) {
    case SyncState::kConnecting:
      return "connecting";
    case SyncState::kSnapshot:
      return "snapshot";
    case SyncState::kCatchingUp:
      return "catching_up";
    case SyncState::kLive:
      return "live";
    case SyncState::kHalted:
      return "halted";
    case SyncState::kStopped:
      return "stopped";
  }
  return "unknown";
}

std::string_view TableStateName(TableState state) {
  switch (state) {
    case TableState::kPending:
      return "pending";
    case TableState::kSnapshot:
      return "snapshot";
    case TableState::kLive:
      return "live";
    case TableState::kStopped:
      return "stopped";
  }
  return "unknown";
}

void SyncProgress::Connecting(const std::string& why) {
  const MutexLock lock(&mutex_);
  phase_ = Phase::kConnecting;
  caught_up_ = false;
  error_ = why;
}

void SyncProgress::Running() {
  const MutexLock lock(&mutex_);
  phase_ = Phase::kRunning;
  error_.clear();
  changed_.NotifyAll();
}

void SyncProgress::Halted(const std::string& why) {
  const MutexLock lock(&mutex_);
  phase_ = Phase::kHalted;
  error_ = why;
  changed_.NotifyAll();
}

void SyncProgress::Stopped() {
  const MutexLock lock(&mutex_);
  phase_ = phase_ == Phase::kHalted ? phase_ : Phase::kStopped;
  changed_.NotifyAll();
}

void SyncProgress::Failing(const std::string& error) {
  const MutexLock lock(&mutex_);
  error_ = error;
}

void SyncProgress::StandsAt(const StreamPlace& place, const std::string& server_version) {
  const MutexLock lock(&mutex_);
  server_version_ = server_version;
  position_ = place.position;
  ordinal_ = place.ordinal;
}

void SyncProgress::MovesTo(const std::string& server_version) {
  const MutexLock lock(&mutex_);
  position_.binlog = change::BinlogPosition();
  server_version_ = server_version;
}

void SyncProgress::Applied(const change::Transaction& transaction, const StreamPlace& place,
                           uint64_t settled) {
  const int64_t lag_ms = LagOf(transaction);
  const MutexLock lock(&mutex_);
  settled_ordinal_ = settled;
  ++transactions_;
  rows_ += transaction.rows->size();
  position_ = place.position;
  ordinal_ = place.ordinal;
  lag_ms_ = lag_ms;
  caught_up_ = lag_ms <= kLiveLagMs;
  changed_.NotifyAll();
}

change::BinlogPosition SyncProgress::Idle(const change::BinlogPosition& reached, uint64_t settled) {
  const MutexLock lock(&mutex_);
  settled_ordinal_ = settled;
  position_.binlog = std::max(position_.binlog, reached);
  lag_ms_ = 0;
  caught_up_ = true;
  changed_.NotifyAll();
  return position_.binlog;
}

void SyncProgress::Waits(uint64_t settled) {
  const MutexLock lock(&mutex_);
  settled_ordinal_ = settled;
  changed_.NotifyAll();
}

void SyncProgress::AwaitChange(std::chrono::milliseconds most) const {
  const MutexLock lock(&mutex_);
  changed_.WaitFor(&mutex_, most);
}

CommitPlace SyncProgress::Place() const {
  const MutexLock lock(&mutex_);
  return {position_, settled_ordinal_};
}

SyncState SyncProgress::State(bool snapshot_done) const {
  switch (phase_) {
    case Phase::kConnecting:
      return SyncState::kConnecting;
    case Phase::kHalted:
      return SyncState::kHalted;
    case Phase::kStopped:
      return SyncState::kStopped;
    case Phase::kRunning:
      break;
  }
  if (!snapshot_done) {
    return SyncState::kSnapshot;
  }
  return caught_up_ ? SyncState::kLive : SyncState::kCatchingUp;
}

void SyncProgress::Tell(bool snapshot_done, SyncStatus* status) const {
  const MutexLock lock(&mutex_);
  status->position = position_;
  status->ordinal = ordinal_;
  status->transactions = transactions_;
  status->rows = rows_;
  status->server_version = server_version_;
  status->error = error_;
  status->state = State(snapshot_done);
  status->lag_ms = lag_ms_;
}

}  // namespace binseek::pipeline
