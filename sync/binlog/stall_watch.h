// StallWatch: notices a stream that hangs while its connection lives.
//
// A server whose binlog is reset under a dump goes on sending heartbeats of a file that is gone, and nothing else for ever. So while nothing
// comes, it is asked now and then where its binlog ends, on a connection beside the stream's.
//
// Single-threaded: the reader of the stream. Errors: kUnavailable where the stream should have come further, or has come further than
// there is: connect again. That the server cannot be asked is none; the stream itself tells that soon enough.
#ifndef BINSEEK_SYNC_BINLOG_STALL_WATCH_H_
#define BINSEEK_SYNC_BINLOG_STALL_WATCH_H_

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "engine/base/result.h"
#include "sync/change/position.h"
#include "sync/mysql/connection.h"

namespace binseek::binlog {

class StallWatch {
 public:
  using Connect = std::function<Result<std::unique_ptr<mysql::Connection>>()>;

  explicit StallWatch(Connect connect) : connect_(std::move(connect)) {}

  // A stream has begun. While nothing comes, the server is asked once in an interval.
  void Begin(std::chrono::milliseconds interval);
  // An event has come. Heartbeats do not count.
  void Heard(std::string_view event);
  // Nothing comes, and the stream of `server` has come to `reached`. Asks at most once in an interval, and believes it at the second time.
  [[nodiscard]] Status Look(const change::BinlogPosition& reached, const mysql::ServerInfo& server);

 private:
  void Heard();
  Result<change::BinlogPosition> ServerEnd(const mysql::ServerInfo& server);

  const Connect connect_;
  std::chrono::milliseconds interval_{};
  std::unique_ptr<mysql::Connection> connection_;  // null: none yet, or it was lost
  std::chrono::steady_clock::time_point next_{};
  change::BinlogPosition
      behind_;  // where the stream was when the server was seen to be further; empty: it was not
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_STALL_WATCH_H_
