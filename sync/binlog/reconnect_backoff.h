// ReconnectBackoff: how long a lost stream waits before it connects again, and how long silence may last before it counts as lost.
//
// Pauses double from the least to the longest, and begin anew once a connection was good. A connection that was lost to another replica
// under the same server id says nothing by having been good: whoever connects last ends the other's. So such pauses grow on until a
// connection has lasted.
//
// Single-threaded: the thread of the stream.
#ifndef BINSEEK_SYNC_BINLOG_RECONNECT_BACKOFF_H_
#define BINSEEK_SYNC_BINLOG_RECONNECT_BACKOFF_H_

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>

#include "engine/base/status.h"

namespace binseek::binlog {

class ReconnectBackoff {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  struct Limits {
    std::chrono::milliseconds least{100};
    std::chrono::milliseconds longest{15000};
    std::chrono::milliseconds clash_memory{
        60000};  // a connection that lasts for so long ends a clash of ids
    std::chrono::milliseconds silence{10000};
  };

  explicit ReconnectBackoff(const Limits& limits);

  void Connected(TimePoint now) { connected_at_ = now; }
  // The connection is a good one.
  void Trust() {
    pause_ = std::chrono::milliseconds(0);
    silence_ = limits_.silence;
  }
  // The connection was lost because nothing came. A server that looks for the place to begin at may be as silent as a dead one, for as long as
  // it takes to read a large file, every time anew: the next connection gets twice as long, up to eight times the limit.
  void Silent() { silence_ = std::min(2 * silence_, 8 * limits_.silence); }
  std::chrono::milliseconds silence_limit() const { return silence_; }
  // The connection was lost, or did not come about: how long to wait. Between half of the pause and all of it, so that many that lost
  // one server do not come back as one. `clash`: lost to another of our server id.
  std::chrono::milliseconds Next(TimePoint now, bool clash);

 private:
  const Limits limits_;
  std::mt19937_64 random_;
  std::chrono::milliseconds pause_{0};
  std::chrono::milliseconds clash_pause_{0};
  std::chrono::milliseconds silence_;
  TimePoint connected_at_{};
};

// For the user: what has happened, and what mends it. `server_id`: as the config has it; 0: it has none.
std::string DescribeIdClash(uint32_t server_id, const Status& lost);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_RECONNECT_BACKOFF_H_
