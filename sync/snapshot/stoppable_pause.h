// A pause that a stop token ends.
//
// Thread-safety: pure function.
#ifndef BINSEEK_SYNC_SNAPSHOT_STOPPABLE_PAUSE_H_
#define BINSEEK_SYNC_SNAPSHOT_STOPPABLE_PAUSE_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace binseek::snapshot {

// False where `stop` came first.
inline bool Pause(const std::stop_token& stop, std::chrono::milliseconds duration) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock<std::mutex> lock(mutex);
  stopped.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

}  // namespace binseek::snapshot

#endif  // BINSEEK_SYNC_SNAPSHOT_STOPPABLE_PAUSE_H_
