// EngineLog: the engine's translog, over its failures.
//
// A translog that has failed once takes nothing any more (translog.h). Logged batches are refused from then on, until a commit has made durable what is
// applied: it opens a new translog behind what is sure of the old one, and lets writers in again once its manifest is there.
//
// Thread-safe; `mutex_` is a leaf. Errors: kUnavailable while batches are refused, with the reason.
#ifndef BINSEEK_ENGINE_INDEX_ENGINE_LOG_H_
#define BINSEEK_ENGINE_INDEX_ENGINE_LOG_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/index/translog.h"

namespace binseek::index {

class EngineLog {
 public:
  // Once, behind what was replayed. `directory` is borrowed.
  [[nodiscard]] Status Open(store::Directory* directory, const TranslogLocation& replayed)
      BINSEEK_EXCLUDES(mutex_);
  // Before Open, while the records of an earlier process are replayed: everything up to `location` is applied, so that a commit by then
  // has to name what comes behind it. Nothing is written meanwhile.
  void Replayed(const TranslogLocation& location) BINSEEK_EXCLUDES(mutex_);

  // The translog to log a batch to. Kept by the caller until its Sync has returned.
  [[nodiscard]] Result<std::shared_ptr<Translog>> Get() const BINSEEK_EXCLUDES(mutex_);
  // A call on `translog` has failed: no batch is logged until the next commit.
  void Failed(const Translog* translog, const Status& why) BINSEEK_EXCLUDES(mutex_);
  // Makes durable what has been logged so far. kUnavailable while batches are refused: what the failed translog held is then durable
  // with the next commit, whatever the one in its place says.
  [[nodiscard]] Status Sync() BINSEEK_EXCLUDES(mutex_);

  // --- For the committer, one commit at a time ---

  // Before a commit takes its state: opens a new translog where the last one failed; batches are still refused.
  [[nodiscard]] Status Repair() BINSEEK_EXCLUDES(mutex_);
  // With the state, while nothing is published: what comes from here on lies behind the place that is returned.
  TranslogLocation Roll() BINSEEK_EXCLUDES(mutex_);
  // Before the manifest names that generation. As Sync, but of the newest translog alone.
  [[nodiscard]] Status SyncAll() BINSEEK_EXCLUDES(mutex_);
  // The manifest is durable: deletes what is before the generation, and lets writers in. Failures cost room only.
  void Committed(uint64_t generation) BINSEEK_EXCLUDES(mutex_);

  // Whether logged batches wait for a commit.
  bool refuses() const BINSEEK_EXCLUDES(mutex_);
  TranslogStats stats() const BINSEEK_EXCLUDES(mutex_);

 private:
  std::shared_ptr<Translog> Current() const BINSEEK_EXCLUDES(mutex_);

  store::Directory* directory_ = nullptr;  // constant after Open
  std::atomic<uint64_t> deleted_before_{0};
  mutable Mutex mutex_;
  std::shared_ptr<Translog> translog_ BINSEEK_GUARDED_BY(mutex_);  // null before Open
  TranslogLocation replayed_ BINSEEK_GUARDED_BY(mutex_);
  Status refused_ BINSEEK_GUARDED_BY(mutex_);  // why batches are refused
  bool failed_ BINSEEK_GUARDED_BY(mutex_) = false;
  uint64_t rolled_records_ BINSEEK_GUARDED_BY(mutex_) = 0;  // how many there were at the last roll
  uint64_t generation_ BINSEEK_GUARDED_BY(mutex_) = 0;      // of the last roll
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_ENGINE_LOG_H_
