#include "sync/binlog/stream_position.h"

#include <algorithm>

namespace binseek::binlog {
namespace {

constexpr uint64_t kWrap = uint64_t{1} << 32;

}  // namespace

void StreamPosition::MoveTo(std::string_view file, uint64_t offset) {
  position_.file.assign(file);
  position_.offset = offset;
}

void StreamPosition::Pass(const EventHeader& header) {
  if ((header.flags & kFlagArtificial) != 0) {
    return;
  }
  if (header.log_pos != 0) {
    RollTo(header.log_pos);
  } else if (header.type != EventType::kFormatDescription) {
    position_.offset += header.size;  // MariaDB 11.4 and later leave it out of ordinary events
  }
}

// From its end: what lies before it may not have come by this stream.
change::BinlogPosition StreamPosition::BeginOf(const EventHeader& header) const {
  change::BinlogPosition begin = position_;
  begin.offset -= std::min<uint64_t>(begin.offset, header.size);
  return begin;
}

void StreamPosition::Hear(const HeartbeatEvent& heartbeat) {
  if (heartbeat.position == 0) {
    return;
  }
  if (heartbeat.file != position_.file) {
    MoveTo(heartbeat.file, heartbeat.position);
  } else if (heartbeat.position >= kWrap) {
    position_.offset = std::max(position_.offset, heartbeat.position);
  } else {
    RollTo(static_cast<uint32_t>(heartbeat.position));
  }
}

void StreamPosition::RollTo(uint32_t log_pos) {
  uint64_t candidate = (position_.offset & ~(kWrap - 1)) | log_pos;
  if (candidate < position_.offset) {
    if (position_.offset - candidate < kWrap / 2) {
      return;  // a description sent again, or a heartbeat that an event overtook
    }
    candidate += kWrap;
  }
  position_.offset = candidate;
}

}  // namespace binseek::binlog
