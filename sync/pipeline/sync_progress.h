// SyncProgress: how far a source's indices have come, and how it fares, for whoever asks.
//
// Thread-safe; written by the thread of the stream, and by whoever stops it.
#ifndef BINSEEK_SYNC_PIPELINE_SYNC_PROGRESS_H_
#define BINSEEK_SYNC_PIPELINE_SYNC_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "sync/change/position.h"
#include "sync/change/stop_code.h"
#include "sync/change/transaction.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/commit_loop.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::pipeline {

class SyncProgress {
 public:
  // The stream begins, for the first time or anew.
  void Connecting(change::StopReason why) BINSEEK_EXCLUDES(mutex_);
  void Running() BINSEEK_EXCLUDES(mutex_);
  void Halted(change::StopReason why) BINSEEK_EXCLUDES(mutex_);
  void Stopped() BINSEEK_EXCLUDES(mutex_);  // stays halted where it is
  // Something that failed is tried again.
  void Failing(change::StopReason why) BINSEEK_EXCLUDES(mutex_);
  void Mended() BINSEEK_EXCLUDES(mutex_);  // it has succeeded
  // What the server's settings give up, in place of what was said of them before.
  void Warn(std::vector<std::string> warnings) BINSEEK_EXCLUDES(mutex_);
  // The server deletes what is older from its binlog, needed or not; 0: nothing by age. Who has come more than half of the way there is warned.
  void ServerKeeps(std::chrono::seconds retention) BINSEEK_EXCLUDES(mutex_);
  // What is applied, of which server.
  void StandsAt(const StreamPlace& place, const std::string& server_version)
      BINSEEK_EXCLUDES(mutex_);
  // Places of the server before mean nothing any more.
  void MovesTo(const std::string& server_version) BINSEEK_EXCLUDES(mutex_);
  // REQUIRES: not empty. `settled`: writes of transactions up to this ordinal can come from nowhere any more.
  void Applied(std::span<const change::Transaction> transactions, const StreamPlace& place,
               uint64_t settled) BINSEEK_EXCLUDES(mutex_);
  // Nothing has come for a while from a server that is there: there is nothing that is not applied. Gives the place that this holds for.
  change::BinlogPosition Idle(const change::BinlogPosition& reached, uint64_t settled)
      BINSEEK_EXCLUDES(mutex_);
  // Nothing has come, but something may be on its way: the lag grows from when nothing was.
  void Waits(uint64_t settled) BINSEEK_EXCLUDES(mutex_);

  // Waits for a change, at most so long.
  void AwaitChange(std::chrono::milliseconds most) const BINSEEK_EXCLUDES(mutex_);
  // As Supervisor::WaitUntilLive; `state` gives the source's.
  bool WaitUntilLive(const std::function<SyncState()>& state,
                     std::chrono::milliseconds timeout) const BINSEEK_EXCLUDES(mutex_);
  CommitPlace Place() const BINSEEK_EXCLUDES(mutex_);
  // Fills in what it knows. `snapshot_done`: and durable.
  void Tell(bool snapshot_done, SyncStatus* status) const BINSEEK_EXCLUDES(mutex_);

 private:
  enum class Phase : uint8_t { kConnecting, kRunning, kHalted, kStopped };
  SyncState State(bool snapshot_done) const BINSEEK_REQUIRES(mutex_);
  // How near the server is to deleting what is still needed; empty where it is far.
  std::string PurgeWarning() const BINSEEK_REQUIRES(mutex_);
  // Logs that once.
  void WatchPurge() BINSEEK_REQUIRES(mutex_);

  mutable Mutex mutex_;
  mutable CondVar changed_;
  Phase phase_ BINSEEK_GUARDED_BY(mutex_) = Phase::kConnecting;
  bool caught_up_ BINSEEK_GUARDED_BY(mutex_) = false;
  int64_t lag_ms_ BINSEEK_GUARDED_BY(mutex_) = 0;
  // Everything that the server had written then is applied; not set: since when we are behind is not known.
  std::optional<std::chrono::steady_clock::time_point> up_to_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t transactions_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t rows_ BINSEEK_GUARDED_BY(mutex_) = 0;
  change::SourcePosition position_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t ordinal_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t settled_ordinal_ BINSEEK_GUARDED_BY(mutex_) = 0;
  std::string server_version_ BINSEEK_GUARDED_BY(mutex_);
  change::StopReason error_ BINSEEK_GUARDED_BY(mutex_);
  change::StopCounts stops_ BINSEEK_GUARDED_BY(mutex_);
  std::vector<std::string> warnings_ BINSEEK_GUARDED_BY(mutex_);
  std::chrono::seconds retention_ BINSEEK_GUARDED_BY(mutex_){0};
  bool warned_of_purge_ BINSEEK_GUARDED_BY(mutex_) = false;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SYNC_PROGRESS_H_
