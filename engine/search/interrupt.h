// Interrupt: deadline and cancel flag of one search, looked at between steps that are short.
//
// Thread-safe: the threads of one search share it, and whoever sets the flag is another one. Borrows clock and flag. Error: kAborted (cancelled). A passed deadline is none.
#ifndef BINSEEK_ENGINE_SEARCH_INTERRUPT_H_
#define BINSEEK_ENGINE_SEARCH_INTERRUPT_H_

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "engine/base/clock.h"
#include "engine/base/status.h"

namespace binseek::search {

class Interrupt {
 public:
  // `cancel` may be null; `timeout_ms` 0: no deadline.
  Interrupt(const std::atomic<bool>* cancel, const Clock* clock, int64_t timeout_ms)
      : cancel_(cancel),
        clock_(timeout_ms > 0 ? clock : nullptr),
        deadline_(clock_ == nullptr
                      ? 0
                      : clock_->MonotonicMicros() + std::min(timeout_ms, kMaxTimeoutMs) * 1000) {}

  Status Check() const {
    return cancel_ != nullptr && cancel_->load(std::memory_order_relaxed)
               ? Status::Aborted("The search was cancelled")
               : Status::Ok();
  }
  // Looks at the clock.
  bool TimedOut() {
    if (!timed_out() && clock_ != nullptr && clock_->MonotonicMicros() >= deadline_) {
      timed_out_.store(true, std::memory_order_relaxed);
    }
    return timed_out();
  }
  // Whether somebody who looked has seen the deadline passed, and so left work undone.
  bool timed_out() const { return timed_out_.load(std::memory_order_relaxed); }

 private:
  static constexpr int64_t kMaxTimeoutMs = int64_t{1} << 40;

  const std::atomic<bool>* const cancel_;
  const Clock* const clock_;  // null: no deadline
  const int64_t deadline_;
  std::atomic<bool> timed_out_{false};
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_INTERRUPT_H_
