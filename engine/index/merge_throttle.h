// MergeThrottle: how fast merges of files may go, so that queries, writes and commits keep the disk and the processors.
//
// All merges together write at most so many bytes a second, and each of them works for a share of the time only. The rate adapts as Elasticsearch's does: it
// rises by a fifth each time that merges are found to have fallen behind, and falls by a tenth where one begins and no other is due; the share goes along with it.
//
//   throttle.Adapt(behind);
//   sleep_for(throttle.Pause(bytes, cpu, now));       // after each portion of work
//
// Thread-safe; `mutex_` is a leaf. It never sleeps itself.
#ifndef BINSEEK_ENGINE_INDEX_MERGE_THROTTLE_H_
#define BINSEEK_ENGINE_INDEX_MERGE_THROTTLE_H_

#include <chrono>
#include <cstdint>

#include "engine/base/mutex.h"

namespace binseek::index {

class MergeThrottle {
 public:
  using Duration = std::chrono::nanoseconds;
  using Time = std::chrono::steady_clock::time_point;

  static constexpr uint64_t kStartBytesPerSecond = uint64_t{20} << 20;
  static constexpr uint64_t kMinBytesPerSecond = uint64_t{5} << 20;

  // The rate stays at or below `max_bytes_per_second`, which is above 0.
  explicit MergeThrottle(uint64_t max_bytes_per_second);

  // What a merge is to pause that has written `bytes` more until `now`, for which its thread has worked for `cpu`.
  Duration Pause(uint64_t bytes, Duration cpu, Time now) BINSEEK_EXCLUDES(mutex_);
  // Merges are due that no thread is free for; or this is not so, and one begins.
  void Adapt(bool behind) BINSEEK_EXCLUDES(mutex_);
  uint64_t bytes_per_second() const BINSEEK_EXCLUDES(mutex_);
  // Of a thread's time, in percent: a half at the rate of the start, all of it at twice that.
  uint32_t cpu_percent() const BINSEEK_EXCLUDES(mutex_);

 private:
  uint32_t CpuPercent() const BINSEEK_REQUIRES(mutex_);

  const uint64_t max_;
  mutable Mutex mutex_;
  uint64_t rate_ BINSEEK_GUARDED_BY(mutex_);
  Time free_ BINSEEK_GUARDED_BY(mutex_);  // what was written so far is paid for then
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_MERGE_THROTTLE_H_
