// StreamPosition: where in which file a dump stream stands, in 64 bits.
//
// An event tells the low 32 bits of its end; a file grows beyond them within one transaction. And a stream that
// resumes by GTID passes over what is known already, so sizes alone do not add up.
//
// Thread-compatible value type.
#ifndef BINSEEK_SYNC_BINLOG_STREAM_POSITION_H_
#define BINSEEK_SYNC_BINLOG_STREAM_POSITION_H_

#include <cstdint>
#include <string_view>

#include "sync/binlog/event.h"
#include "sync/change/position.h"

namespace binseek::binlog {

class StreamPosition {
 public:
  const change::BinlogPosition& position() const { return position_; }

  void MoveTo(std::string_view file, uint64_t offset);
  // Goes behind an event that lies in the file (one made for the stream moves nothing).
  void Pass(const EventHeader& header);
  // Where an event began that was passed last; for one that lies in the file.
  change::BinlogPosition BeginOf(const EventHeader& header) const;
  // A heartbeat: the server has nothing before this that it has not sent.
  void Hear(const HeartbeatEvent& heartbeat);

 private:
  void RollTo(uint32_t log_pos);

  change::BinlogPosition position_;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_STREAM_POSITION_H_
