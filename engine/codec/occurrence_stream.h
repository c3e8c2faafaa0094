// Occurrence streams: one or two numbers for each occurrence of a term, in order: positions (and their lengths), or offsets.
//
// A stream knows nothing of documents; postings say at which occurrence of the term a document's begin. Any occurrence can be reached directly: a
// term with several blocks has an array of their ends behind them. Bytes: FORMATS.md, "Postings". Single-threaded.
#ifndef BINSEEK_ENGINE_CODEC_OCCURRENCE_STREAM_H_
#define BINSEEK_ENGINE_CODEC_OCCURRENCE_STREAM_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "engine/codec/block_codec.h"
#include "engine/codec/byte_sink.h"

namespace binseek::codec {

class OccurrenceWriter {
 public:
  // `sink` is borrowed; null where there is no such stream, then nothing may be added. columns: 1 or 2.
  // From `wide_from` bytes on a term's offsets take eight bytes instead of four; only tests lower it.
  OccurrenceWriter(ByteSink* sink, uint32_t columns, uint64_t wide_from = uint64_t{1} << 32)
      : sink_(sink), columns_(columns), wide_from_(wide_from) {}

  void Begin();
  // `second` is dropped where there is one column.
  void Add(uint32_t first, uint32_t second);
  // Returns where the term starts, for Open. REQUIRES: Begin was called, and something was added since.
  uint64_t End();

 private:
  void WriteBlock();

  ByteSink* const sink_;
  const uint32_t columns_;
  const uint64_t wide_from_;
  std::array<std::array<uint32_t, kBlockSize>, 2> values_;
  uint32_t pending_ = 0;
  uint64_t begin_ = 0;
  std::vector<uint64_t> ends_;
  std::string scratch_;
};

class OccurrenceReader {
 public:
  OccurrenceReader() = default;  // of no occurrences
  // The term at `start` of a stream; `count` occurrences in all. Anything may be corrupt. `bytes` is borrowed. REQUIRES: called once.
  void Open(std::string_view bytes, uint64_t start, uint64_t count, uint32_t columns);

  uint64_t count() const { return count_; }
  // 0 where the bytes are corrupt, and then corrupt() is set. REQUIRES: index < count(), column < columns.
  // Cost: unpacks a block of 128 when `index` lies in another one than the call before.
  uint32_t Get(uint64_t index, uint32_t column) {
    if (index / kBlockSize != block_) {
      Load(index / kBlockSize);
    }
    return values_[column][index % kBlockSize];
  }
  bool corrupt() const { return corrupt_; }

 private:
  static constexpr uint64_t kNoBlock = std::numeric_limits<uint64_t>::max();
  void Load(uint64_t block);
  bool Decode(uint64_t block);

  std::string_view bytes_;
  std::string_view area_;  // the term's blocks and rest
  OffsetArray ends_;
  uint64_t count_ = 0;
  uint64_t block_ = kNoBlock;
  uint32_t columns_ = 0;
  bool has_ends_ = false;
  bool corrupt_ = false;
  std::array<std::array<uint32_t, kBlockSize>, 2> values_;  // of block_
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_OCCURRENCE_STREAM_H_
