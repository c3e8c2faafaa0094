// PositionCursor: the occurrences of a term in one document after another: positions, position lengths, offsets in the text.
//
// Belongs to a BlockPostings (postings_reader.h), which moves it. Offsets are read only when asked for. Single-threaded; borrows the segment's bytes,
// which nobody has vouched for: where they cannot be right, corrupt() is set and the numbers are arbitrary.
#ifndef BINSEEK_ENGINE_CODEC_POSITION_CURSOR_H_
#define BINSEEK_ENGINE_CODEC_POSITION_CURSOR_H_

#include <cstdint>
#include <limits>
#include <string_view>

#include "engine/codec/occurrence_stream.h"
#include "engine/codec/term_info.h"

namespace binseek::codec {

inline constexpr uint32_t kNoMorePositions = std::numeric_limits<uint32_t>::max();

class PositionCursor {
 public:
  PositionCursor() = default;  // without occurrences

  // The next occurrence in the document, in the order in which they were added; kNoMorePositions behind the last one, and stays there.
  uint32_t NextPosition() {
    if (next_ >= end_) {
      return kNoMorePositions;
    }
    position_ += positions_.Get(next_++, 0);
    return position_;
  }
  // How many NextPosition will still give.
  uint64_t left() const { return end_ - next_; }
  // Of the occurrence that NextPosition gave last. REQUIRES: it gave one; the shape has offsets.
  uint32_t start_offset() {
    ReadOffsets();
    return start_offset_;
  }
  uint32_t end_offset() {
    ReadOffsets();
    return start_offset_ + offset_length_;
  }
  // 1 where the shape has no lengths. REQUIRES: as above.
  uint32_t position_length() { return has_lengths_ ? positions_.Get(next_ - 1, 1) + 1 : 1; }

  bool corrupt() const { return corrupt_ || positions_.corrupt() || offsets_.corrupt(); }

 private:
  friend class BlockPostings;
  void Open(std::string_view positions, std::string_view offsets, PostingsShape shape,
            const TermInfo& info);
  // To a document with occurrences [first, first + freq) of the term.
  void MoveTo(uint64_t first, uint32_t freq);
  void ReadOffsets();

  OccurrenceReader positions_;
  OccurrenceReader offsets_;
  uint64_t next_ = 0;
  uint64_t end_ = 0;
  uint64_t next_offset_ = 0;  // below it the starts are summed up in start_offset_
  uint32_t position_ = 0;
  uint32_t start_offset_ = 0;
  uint32_t offset_length_ = 0;
  bool has_lengths_ = false;
  bool has_offsets_ = false;
  bool corrupt_ = false;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_POSITION_CURSOR_H_
