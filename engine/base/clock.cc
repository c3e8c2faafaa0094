#include "engine/base/clock.h"

#include <chrono>

namespace binseek {
namespace {

template <class StdClock>
int64_t MicrosSinceEpochOf() {
  return std::chrono::duration_cast<std::chrono::microseconds>(StdClock::now().time_since_epoch())
      .count();
}

class RealClock final : public Clock {
 public:
  int64_t NowMicros() const override { return MicrosSinceEpochOf<std::chrono::system_clock>(); }
  int64_t MonotonicMicros() const override {
    return MicrosSinceEpochOf<std::chrono::steady_clock>();
  }
};

}  // namespace

const Clock* Clock::Real() {
  static const RealClock* const kClock = new RealClock;  // outlives every static destructor
  return kClock;
}

}  // namespace binseek
