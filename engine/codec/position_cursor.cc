#include "engine/codec/position_cursor.h"

namespace binseek::codec {

void PositionCursor::Open(std::string_view positions, std::string_view offsets, PostingsShape shape,
                          const TermInfo& info) {
  has_lengths_ = shape.position_lengths;
  has_offsets_ = shape.offsets;
  positions_.Open(positions, info.positions_start, info.total_term_freq, has_lengths_ ? 2 : 1);
  if (has_offsets_) {
    offsets_.Open(offsets, info.offsets_start, info.total_term_freq, 2);
  }
}

void PositionCursor::MoveTo(uint64_t first, uint32_t freq) {
  const uint64_t count = positions_.count();
  corrupt_ |= first > count || freq > count - first;
  next_ = corrupt_ ? 0 : first;
  end_ = corrupt_ ? 0 : first + freq;
  next_offset_ = next_;
  position_ = 0;
  start_offset_ = 0;
  offset_length_ = 0;
}

void PositionCursor::ReadOffsets() {
  for (; has_offsets_ && next_offset_ < next_; ++next_offset_) {
    start_offset_ += offsets_.Get(next_offset_, 0);
    offset_length_ = offsets_.Get(next_offset_, 1);
  }
}

}  // namespace binseek::codec
