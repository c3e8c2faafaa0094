// Clock: where time comes from, so that tests own it (FakeClock in tests/support).
// Thread-safe. Pass a `const Clock*`, which is borrowed; Clock::Real() lives for ever.
#ifndef BINSEEK_ENGINE_BASE_CLOCK_H_
#define BINSEEK_ENGINE_BASE_CLOCK_H_

#include <cstdint>

namespace binseek {

class Clock {
 public:
  virtual ~Clock() = default;

  // Wall time in microseconds since 1970-01-01T00:00:00Z. May jump, in both directions: for what is
  // shown or compared with other machines' times.
  virtual int64_t NowMicros() const = 0;

  // Microseconds since some fixed moment; never goes back: for durations, timeouts, rates.
  virtual int64_t MonotonicMicros() const = 0;

  static const Clock* Real();
};

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_CLOCK_H_
