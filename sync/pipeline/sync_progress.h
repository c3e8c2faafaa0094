// SyncProgress: how far a source's indices have come, and how it fares, for whoever asks.
//
// Thread-safe; written by the thread of the stream, and by whoever stops it.
#ifndef BINSEEK_SYNC_PIPELINE_SYNC_PROGRESS_H_
#define BINSEEK_SYNC_PIPELINE_SYNC_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "engine/base/mutex.h"
#include "sync/change/position.h"
#include "sync/change/transaction.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/commit_loop.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::pipeline {

class SyncProgress {
 public:
  // The stream begins, for the first time or anew.
  void Connecting(const std::string& why) BINSEEK_EXCLUDES(mutex_);
  void Running() BINSEEK_EXCLUDES(mutex_);
  void Halted(const std::string& why) BINSEEK_EXCLUDES(mutex_);
  void Stopped() BINSEEK_EXCLUDES(mutex_);  // stays halted where it is
  // Something that failed is tried again.
  void Failing(const std::string& error) BINSEEK_EXCLUDES(mutex_);
  // What is applied, of which server.
  void StandsAt(const StreamPlace& place, const std::string& server_version)
      BINSEEK_EXCLUDES(mutex_);
  // Places of the server before mean nothing any more.
  void MovesTo(const std::string& server_version) BINSEEK_EXCLUDES(mutex_);
  // `settled`: writes of transactions up to this ordinal can come from nowhere any more.
  void Applied(const change::Transaction& transaction, const StreamPlace& place, uint64_t settled)
      BINSEEK_EXCLUDES(mutex_);
  // Nothing has come for a while from a server that is there: there is nothing that is not applied. Gives the place that this holds for.
  change::BinlogPosition Idle(const change::BinlogPosition& reached, uint64_t settled)
      BINSEEK_EXCLUDES(mutex_);
  // Nothing has come, and the server is away.
  void Waits(uint64_t settled) BINSEEK_EXCLUDES(mutex_);

  // Waits for a change, at most so long.
  void AwaitChange(std::chrono::milliseconds most) const BINSEEK_EXCLUDES(mutex_);
  CommitPlace Place() const BINSEEK_EXCLUDES(mutex_);
  // Fills in what it knows. `snapshot_done`: and durable.
  void Tell(bool snapshot_done, SyncStatus* status) const BINSEEK_EXCLUDES(mutex_);

 private:
  enum class Phase : uint8_t { kConnecting, kRunning, kHalted, kStopped };
  SyncState State(bool snapshot_done) const BINSEEK_REQUIRES(mutex_);

  mutable Mutex mutex_;
  mutable CondVar changed_;
  Phase phase_ BINSEEK_GUARDED_BY(mutex_) = Phase::kConnecting;
  bool caught_up_ BINSEEK_GUARDED_BY(mutex_) = false;
  int64_t lag_ms_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t transactions_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t rows_ BINSEEK_GUARDED_BY(mutex_) = 0;
  change::SourcePosition position_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t ordinal_ BINSEEK_GUARDED_BY(mutex_) = 0;
  uint64_t settled_ordinal_ BINSEEK_GUARDED_BY(mutex_) = 0;
  std::string server_version_ BINSEEK_GUARDED_BY(mutex_);
  std::string error_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SYNC_PROGRESS_H_
