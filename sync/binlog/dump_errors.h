// What a server's error 1236 says: whether the history that was asked for is gone, or only cannot be read.
//
// IsHistoryGone is a pure function; DumpFailures is single-threaded: the thread of the stream.
#ifndef BINSEEK_SYNC_BINLOG_DUMP_ERRORS_H_
#define BINSEEK_SYNC_BINLOG_DUMP_ERRORS_H_

#include <cstdint>
#include <string_view>

#include "engine/base/status.h"
#include "sync/change/position.h"

namespace binseek::binlog {

// Both servers say by one error number that they cannot go on, and only in words why. True where the position is one that this server cannot
// go on from, now or ever: purged, ahead of it, or not of its GTIDs; of a text that is not known, false.
bool IsHistoryGone(std::string_view server_text);

// Failures to read the binlog that say nothing of the position (a damaged file, an event above max_allowed_packet, a full disk): they may pass, so
// it is tried again, but not for ever at one place.
class DumpFailures {
 public:
  // One more, with the stream behind `ordinal`, at `place`; kAborted where there were too many there.
  [[nodiscard]] Status Take(uint64_t ordinal, const change::BinlogPosition& place,
                            const Status& why);

  static constexpr int kMost = 20;  // some four minutes, by the longest pauses

 private:
  uint64_t ordinal_ = 0;
  int at_one_place_ = 0;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_DUMP_ERRORS_H_
