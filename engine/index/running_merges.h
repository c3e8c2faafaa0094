// RunningMerges: the merges that are under way: how many at a time, in how much memory, how fast, and until when.
//
//   RunningMerges::Ticket ticket = running.Begin(index, bytes, docs, kThrottled);     // waits for memory
//   ... ticket.Check() every millisecond or so, ticket.Wrote(n) ...                   // waits where the merge is too fast
//
// Thread-safe; `mutex_` is a leaf. A ticket belongs to the merge's thread, and must go before what gave it. Check and Begin end at once, with kAborted, where the
// index or all merges are cancelled.
#ifndef BINSEEK_ENGINE_INDEX_RUNNING_MERGES_H_
#define BINSEEK_ENGINE_INDEX_RUNNING_MERGES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <utility>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/index/merge_throttle.h"

namespace binseek::index {

class RunningMerges {
 public:
  // Merges together hold about `memory_bytes`, but one may always run.
  RunningMerges(uint64_t max_bytes_per_second, size_t memory_bytes)
      : throttle_(max_bytes_per_second), memory_limit_(memory_bytes) {}
  ~RunningMerges() = default;
  RunningMerges(const RunningMerges&) = delete;
  RunningMerges& operator=(const RunningMerges&) = delete;

  struct Work {
    IndexId index{};
    size_t memory_bytes = 0;  // 0: so little that it need not wait
    bool throttled = false;
    std::function<bool()> behind = {};  // asked once a second of a throttled one: are others due?
  };

  class Ticket {
   public:
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    // So much more is written.
    void Wrote(uint64_t bytes) { wrote_ += bytes; }
    // Pauses where the merge is ahead of the throttle. kAborted: it is to end.
    [[nodiscard]] Status Check();

   private:
    friend class RunningMerges;
    Ticket(RunningMerges* owner, Work work) : owner_(owner), work_(std::move(work)) {}

    RunningMerges* const owner_;
    const Work work_;
    bool cancelled_ = false;  // guarded by the owner's mutex_
    uint64_t wrote_ = 0;      // since the last pause
    MergeThrottle::Duration cpu_{};
    MergeThrottle::Time adapted_;
  };

  // Waits until the memory is there. kAborted: Stop was called.
  [[nodiscard]] Result<std::unique_ptr<Ticket>> Begin(Work work) BINSEEK_EXCLUDES(mutex_);
  // Those of the index that run end soon.
  void Cancel(IndexId index) BINSEEK_EXCLUDES(mutex_);
  // All of them do, and those that begin later.
  void Stop() BINSEEK_EXCLUDES(mutex_);
  void Restart() BINSEEK_EXCLUDES(mutex_);
  bool stopping() const BINSEEK_EXCLUDES(mutex_);
  size_t throttled() const BINSEEK_EXCLUDES(mutex_);  // how many run
  bool awaited() const BINSEEK_EXCLUDES(mutex_);      // does somebody wait in Begin?
  MergeThrottle* throttle() { return &throttle_; }

 private:
  // Until `until`, or until the ticket is to end. kAborted then.
  Status Sleep(const Ticket& ticket, MergeThrottle::Time until) BINSEEK_EXCLUDES(mutex_);
  void End(const Ticket* ticket) BINSEEK_EXCLUDES(mutex_);

  MergeThrottle throttle_;
  const size_t memory_limit_;
  mutable Mutex mutex_;
  CondVar changed_;
  bool stopping_ BINSEEK_GUARDED_BY(mutex_) = false;
  size_t memory_ BINSEEK_GUARDED_BY(mutex_) = 0;
  size_t waiting_ BINSEEK_GUARDED_BY(mutex_) = 0;  // for memory
  std::list<Ticket*> tickets_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_RUNNING_MERGES_H_
