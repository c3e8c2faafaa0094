#include "sync/binlog/reconnect_backoff.h"

#include <algorithm>

namespace binseek::binlog {

using std::chrono::milliseconds;

ReconnectBackoff::ReconnectBackoff(const Limits& limits)
    : limits_(limits), random_(std::random_device{}()), silence_(limits.silence) {}

milliseconds ReconnectBackoff::Next(TimePoint now, bool clash) {
  if (now - connected_at_ > limits_.clash_memory) {
    clash_pause_ = milliseconds(0);
  }
  milliseconds& pause = clash ? clash_pause_ : pause_;
  pause = std::clamp(pause * 2, limits_.least, limits_.longest);
  const auto jitter = random_() % static_cast<uint64_t>(pause.count() / 2 + 1);
  return pause - milliseconds(static_cast<int64_t>(jitter));
}

std::string DescribeIdClash(uint32_t server_id, const Status& lost) {
  std::string text = "another replica asks the server for its binlog under our server id";
  if (server_id != 0) {
    text += " " + std::to_string(server_id) + ": give one of the two another server_id";
  }
  return text + " (" + lost.message() + ")";
}

}  // namespace binseek::binlog
