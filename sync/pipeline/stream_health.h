// How far behind a stream is, and whether losing it again and again can be mended.
//
// LagOf is a pure function but for the clock; HistoryLosses is single-threaded: the thread of the stream.
#ifndef BINSEEK_SYNC_PIPELINE_STREAM_HEALTH_H_
#define BINSEEK_SYNC_PIPELINE_STREAM_HEALTH_H_

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "engine/base/clock.h"
#include "sync/change/transaction.h"

namespace binseek::pipeline {

// Milliseconds since the transaction's commit; 0 where its time is not known.
inline int64_t LagOf(const change::Transaction& transaction) {
  constexpr int64_t kSecond = 1'000'000;
  if (transaction.commit_time_us == 0) {
    return 0;
  }
  // MariaDB tells whole seconds only: then the end of that second, so that a lag is never invented.
  const bool whole_second = transaction.commit_time_us % kSecond == 0;
  const int64_t committed = transaction.commit_time_us + (whole_second ? kSecond : 0);
  return std::max<int64_t>(0, (Clock::Real()->NowMicros() - committed) / 1000);
}

// A server that cannot give what it has just told, again and again, is not mended by one more beginning.
class HistoryLosses {
 public:
  // Counts one more; false where they come too close.
  bool MayBeginAnew() {
    const auto now = std::chrono::steady_clock::now();
    in_a_row_ = in_a_row_ > 0 && now - last_ < kClose ? in_a_row_ + 1 : 1;
    last_ = now;
    return in_a_row_ <= kMost;
  }

 private:
  static constexpr std::chrono::seconds kClose{30};
  static constexpr int kMost = 5;

  std::chrono::steady_clock::time_point last_;
  int in_a_row_ = 0;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_STREAM_HEALTH_H_
