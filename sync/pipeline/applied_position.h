// AppliedPosition: how far a source's changes can be searched, and who waits for more.
//
//   applied.Set(position);              // the thread of the stream, when a batch has been published
//   applied.Await(awaited, deadline);   // any thread: true when the position holds what is awaited
//
// Each waiter sleeps on a condition variable of its own and is woken once: when it has what it waits for, when it cannot get it, or by its
// deadline. So a batch costs one look at each waiter, and no waiter polls.
//
// Thread-safe; its lock is a leaf. Waiters must have ended before it is destroyed (End makes them).
// Errors of Await: kInvalidArgument where the source can never get there; kResourceExhausted where too many wait; kUnavailable where the
// stream has ended, with the reason.
#ifndef BINSEEK_SYNC_PIPELINE_APPLIED_POSITION_H_
#define BINSEEK_SYNC_PIPELINE_APPLIED_POSITION_H_

#include <chrono>
#include <cstddef>
#include <list>
#include <string>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "sync/change/position.h"
#include "sync/pipeline/awaited_position.h"

namespace binseek::pipeline {

class AppliedPosition {
 public:
  explicit AppliedPosition(size_t max_waiters) : max_waiters_(max_waiters) {}
  AppliedPosition(const AppliedPosition&) = delete;
  AppliedPosition& operator=(const AppliedPosition&) = delete;
  ~AppliedPosition() = default;

  // All of it can be searched. Until the first call nothing is known, not even the source's flavour.
  void Set(const change::SourcePosition& position) BINSEEK_EXCLUDES(mutex_);
  // As Set, where the binlog has come further without a transaction.
  void SetBinlog(const change::BinlogPosition& binlog) BINSEEK_EXCLUDES(mutex_);
  // The stream goes on with another server: places in the files of the one before mean nothing any more.
  void MoveTo() BINSEEK_EXCLUDES(mutex_);
  // Nothing more will come. Who waits, and who comes later and would have to wait, is told the reason. The first reason stays.
  void End(std::string why) BINSEEK_EXCLUDES(mutex_);

  // False where the deadline comes first; one that has passed already only asks.
  [[nodiscard]] Result<bool> Await(const AwaitedPosition& awaited,
                                   std::chrono::steady_clock::time_point deadline)
      BINSEEK_EXCLUDES(mutex_);
  size_t waiters() const BINSEEK_EXCLUDES(mutex_);

 private:
  struct Waiter {
    explicit Waiter(const AwaitedPosition* position) : awaited(position) {}

    const AwaitedPosition* const awaited;
    Result<bool> outcome = false;  // an error or true: it is woken
    bool done = false;
    CondVar wake;
  };

  Result<bool> Look(const AwaitedPosition& awaited) const BINSEEK_REQUIRES(mutex_);
  void WakeWhoIsDone() BINSEEK_REQUIRES(mutex_);

  const size_t max_waiters_;  // constant after construction

  mutable Mutex mutex_;
  bool known_ BINSEEK_GUARDED_BY(mutex_) = false;
  change::SourcePosition position_ BINSEEK_GUARDED_BY(mutex_);
  std::string ended_ BINSEEK_GUARDED_BY(mutex_);           // why; empty: it has not
  std::list<Waiter*> waiters_ BINSEEK_GUARDED_BY(mutex_);  // each lives on the stack of its Await
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_APPLIED_POSITION_H_
