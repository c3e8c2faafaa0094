// ProfileTimer: the time between its calls, where anybody wants to know it. Internal to engine/search. Single-threaded.
#ifndef BINSEEK_ENGINE_SEARCH_PROFILE_TIMER_H_
#define BINSEEK_ENGINE_SEARCH_PROFILE_TIMER_H_

#include <chrono>
#include <cstdint>

namespace binseek::search {

class ProfileTimer {
 public:
  explicit ProfileTimer(bool on) : on_(on) { Restart(); }
  void Restart() {
    if (on_) {
      start_ = std::chrono::steady_clock::now();
    }
  }
  // Adds what has passed since the call before. `count` may be null. REQUIRES: on.
  void Lap(uint64_t* nanos, uint64_t* count) {
    const auto now = std::chrono::steady_clock::now();
    *nanos += static_cast<uint64_t>(
        std::chrono::duration_cast<std::chrono::nanoseconds>(now - start_).count());
    if (count != nullptr) {
      ++*count;
    }
    start_ = now;
  }

 private:
  const bool on_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_PROFILE_TIMER_H_
