#include "sync/pipeline/sync_progress.h"

#include <algorithm>
#include <utility>

#include "engine/base/log.h"
#include "sync/pipeline/stream_health.h"

namespace binseek::pipeline {
namespace {

using std::chrono::steady_clock;

// Behind by more than this: catching up.
constexpr int64_t kLiveLagMs = 1000;
constexpr std::chrono::milliseconds kLookAgain{100};  // what tables have come to is told by nobody

// Of which the largest unit is enough.
std::string InWords(std::chrono::seconds time) {
  constexpr int64_t kMinute = 60;
  constexpr int64_t kHour = 60 * kMinute;
  const int64_t seconds = time.count();
  return seconds >= 2 * kHour     ? std::to_string(seconds / kHour) + " hours"
         : seconds >= 2 * kMinute ? std::to_string(seconds / kMinute) + " minutes"
                                  : std::to_string(seconds) + " seconds";
}

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
    case TableState::kRebuilding:
      return "rebuilding";
  }
  return "unknown";
}

void SyncProgress::Connecting(change::StopReason why) {
  const MutexLock lock(&mutex_);
  phase_ = Phase::kConnecting;
  caught_up_ = false;
  stops_.Add(why.code);
  error_ = std::move(why);
}

void SyncProgress::Running() {
  const MutexLock lock(&mutex_);
  phase_ = Phase::kRunning;
  error_ = change::StopReason();
  changed_.NotifyAll();
}

void SyncProgress::Halted(change::StopReason why) {
  const MutexLock lock(&mutex_);
  phase_ = Phase::kHalted;
  stops_.Add(why.code);
  error_ = std::move(why);
  changed_.NotifyAll();
}

void SyncProgress::Stopped() {
  const MutexLock lock(&mutex_);
  phase_ = phase_ == Phase::kHalted ? phase_ : Phase::kStopped;
  changed_.NotifyAll();
}

void SyncProgress::Failing(change::StopReason why) {
  const MutexLock lock(&mutex_);
  if (error_.code != why.code) {  // else it goes on
    stops_.Add(why.code);
  }
  error_ = std::move(why);
}

void SyncProgress::Mended() {
  const MutexLock lock(&mutex_);
  error_ = change::StopReason();
}

void SyncProgress::Warn(std::vector<std::string> warnings) {
  const MutexLock lock(&mutex_);
  if (warnings != warnings_) {
    for (const std::string& warning : warnings) {
      Log(LogLevel::kWarn, "the source's settings", {{"warning", warning}});
    }
  }
  warnings_ = std::move(warnings);
}

void SyncProgress::ServerKeeps(std::chrono::seconds retention) {
  const MutexLock lock(&mutex_);
  retention_ = retention;
}

std::string SyncProgress::PurgeWarning() const {
  if (!up_to_ || retention_.count() == 0) {
    return {};
  }
  // By the clock, not by the lag: of a stream that has halted nobody takes that on.
  const auto behind = steady_clock::now() - *up_to_;
  if (behind * 2 < retention_) {
    return {};
  }
  return "the index is " + InWords(std::chrono::duration_cast<std::chrono::seconds>(behind)) +
         " behind, and the server deletes binlog files that are older than " + InWords(retention_) +
         " (binlog_expire_logs_seconds): once it has deleted what is still needed, all tables are "
         "read again";
}

void SyncProgress::WatchPurge() {
  const std::string warning = PurgeWarning();
  if (!warning.empty() && !warned_of_purge_) {
    Log(LogLevel::kWarn, "the server may delete what is still needed", {{"warning", warning}});
  }
  warned_of_purge_ = !warning.empty();
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

void SyncProgress::Applied(std::span<const change::Transaction> transactions,
                           const StreamPlace& place, uint64_t settled) {
  const int64_t lag_ms = LagOf(transactions.back());
  const MutexLock lock(&mutex_);
  settled_ordinal_ = settled;
  transactions_ += transactions.size();
  for (const change::Transaction& transaction : transactions) {
    rows_ += transaction.rows->size();
  }
  position_ = place.position;
  ordinal_ = place.ordinal;
  lag_ms_ = lag_ms;
  up_to_ = steady_clock::now() - std::chrono::milliseconds(lag_ms);
  caught_up_ = lag_ms <= kLiveLagMs;
  WatchPurge();
  changed_.NotifyAll();
}

change::BinlogPosition SyncProgress::Idle(const change::BinlogPosition& reached, uint64_t settled) {
  const MutexLock lock(&mutex_);
  settled_ordinal_ = settled;
  position_.binlog = std::max(position_.binlog, reached);
  lag_ms_ = 0;
  up_to_ = steady_clock::now();
  caught_up_ = true;
  changed_.NotifyAll();
  return position_.binlog;
}

void SyncProgress::Waits(uint64_t settled) {
  const auto now = steady_clock::now();
  const MutexLock lock(&mutex_);
  settled_ordinal_ = settled;
  if (up_to_) {
    lag_ms_ = std::chrono::duration_cast<std::chrono::milliseconds>(now - *up_to_).count();
    caught_up_ = caught_up_ && lag_ms_ <= kLiveLagMs;
  }
  WatchPurge();
  changed_.NotifyAll();
}

void SyncProgress::AwaitChange(std::chrono::milliseconds most) const {
  const MutexLock lock(&mutex_);
  changed_.WaitFor(&mutex_, most);
}

bool SyncProgress::WaitUntilLive(const std::function<SyncState()>& state,
                                 std::chrono::milliseconds timeout) const {
  const auto deadline = steady_clock::now() + timeout;
  for (;;) {
    const SyncState now = state();
    if (now == SyncState::kLive || now == SyncState::kHalted || now == SyncState::kStopped) {
      return now == SyncState::kLive;
    }
    if (steady_clock::now() >= deadline) {
      return false;
    }
    AwaitChange(kLookAgain);
  }
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
  status->error = error_.text;
  status->code = error_.code;
  status->stops += stops_;
  status->warnings = warnings_;
  if (std::string warning = PurgeWarning(); !warning.empty()) {
    status->warnings.push_back(std::move(warning));
  }
  status->state = State(snapshot_done);
  status->lag_ms = lag_ms_;
}

}  // namespace binseek::pipeline
