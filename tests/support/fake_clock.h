// FakeClock: time that moves only when a test says so. Thread-safe.
#ifndef BINSEEK_TESTS_SUPPORT_FAKE_CLOCK_H_
#define BINSEEK_TESTS_SUPPORT_FAKE_CLOCK_H_

#include <atomic>
#include <chrono>
#include <cstdint>

#include "engine/base/clock.h"

namespace binseek::test {

class FakeClock final : public Clock {
 public:
  // Starts at 2026-01-01T00:00:00Z.
  explicit FakeClock(int64_t now_micros = 1'767'225'600'000'000) : now_(now_micros) {}

  int64_t NowMicros() const override { return now_.load(); }
  int64_t MonotonicMicros() const override { return monotonic_.load(); }

  void Advance(std::chrono::microseconds time) {
    now_ += time.count();
    monotonic_ += time.count();
  }
  // As when somebody sets the machine's clock: monotonic time does not notice.
  void SetNow(int64_t now_micros) { now_ = now_micros; }

 private:
  std::atomic<int64_t> now_;
  std::atomic<int64_t> monotonic_{0};
};

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_SUPPORT_FAKE_CLOCK_H_
