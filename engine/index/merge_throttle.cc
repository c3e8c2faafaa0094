#include "engine/index/merge_throttle.h"

#include <algorithm>

namespace binseek::index {
namespace {

constexpr uint64_t kMinCpuPercent = 10;

}  // namespace

MergeThrottle::MergeThrottle(uint64_t max_bytes_per_second)
    : max_(std::max<uint64_t>(max_bytes_per_second, 1)),
      rate_(std::min(kStartBytesPerSecond, max_)) {}

MergeThrottle::Duration MergeThrottle::Pause(uint64_t bytes, Duration cpu, Time now) {
  const MutexLock lock(&mutex_);
  const std::chrono::duration<double> takes(static_cast<double>(bytes) /
                                            static_cast<double>(rate_));
  free_ = std::max(free_, now) + std::chrono::duration_cast<Duration>(takes);
  const int64_t percent = CpuPercent();
  return std::max(free_ - now, cpu * (100 - percent) / percent);
}

void MergeThrottle::Adapt(bool behind) {
  const MutexLock lock(&mutex_);
  const uint64_t least = std::min(kMinBytesPerSecond, max_);
  rate_ = std::clamp(behind ? rate_ + rate_ / 5 + 1 : rate_ - rate_ / 10, least, max_);
}

uint64_t MergeThrottle::bytes_per_second() const {
  const MutexLock lock(&mutex_);
  return rate_;
}

uint32_t MergeThrottle::cpu_percent() const {
  const MutexLock lock(&mutex_);
  return CpuPercent();
}

uint32_t MergeThrottle::CpuPercent() const {
  return static_cast<uint32_t>(
      std::clamp<uint64_t>(rate_ * 50 / kStartBytesPerSecond, kMinCpuPercent, 100));
}

}  // namespace binseek::index
