// Blocks of 128 integers as postings keep them, and the short rests behind the last whole block.
//
// Encoders append to a string. Decoders read bytes that nobody has vouched for: they get the end of what may be read, return the place behind what they
// consumed, or null where the bytes cannot be right; they allocate nothing and need no alignment. They are faster where kBlock128Pad bytes behind the
// block are readable, so give the end of the section. Bytes: FORMATS.md, "Postings". Pure functions.
#ifndef BINSEEK_ENGINE_CODEC_BLOCK_CODEC_H_
#define BINSEEK_ENGINE_CODEC_BLOCK_CODEC_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/base/coding.h"
#include "engine/codec/bit_packing.h"
#include "engine/codec/doc_id.h"

namespace binseek::codec {

inline constexpr uint32_t kBlockSize = kBlock128;
// Room that a decoder of documents wants: it may scribble behind the block.
inline constexpr size_t kDocBufferSize = kBlockSize + kBitsPad;

// What the caller knows of a block of documents: every one is in [first, last], and the last one is `last`.
struct DocRange {
  DocId first = 0;
  DocId last = 0;
};

// Appends 128 ascending documents >= `first`. `all_ones`: the block has no frequencies, each is 1.
void EncodeDocBlock(const DocId* docs, DocId first, bool all_ones, std::string* out);
struct DocBlockEnd {
  const uint8_t* next = nullptr;  // null: corrupt
  bool all_ones = false;
};
// Writes 128 ascending documents within `range`, whose last is range.last. REQUIRES: range.first <= range.last, docs has room for kDocBufferSize.
DocBlockEnd DecodeDocBlock(const uint8_t* in, const uint8_t* end, DocRange range, DocId* docs);

// The documents of a block as they lie, for who wants a set of them and not a list.
struct RawDocBlock {
  enum class Encoding : uint8_t { kGaps, kRun, kBitset };
  Encoding encoding = Encoding::kGaps;
  const uint8_t* words =
      nullptr;  // kBitset: 64-bit words, the last bit of which is the last document
  size_t word_count = 0;
};
// kGaps, too, where the bytes cannot be right: DecodeDocBlock will say so.
RawDocBlock PeekDocBlock(const uint8_t* in, const uint8_t* end);

// Any 128 values, bit-packed; a few that are much greater than the others are patched in.
void EncodeValueBlock(const uint32_t* values, std::string* out);
const uint8_t* DecodeValueBlock(const uint8_t* in, const uint8_t* end, uint32_t* values);

// A varint (coding.h) of at most 64 bits. Null: truncated or too long.
inline const uint8_t* DecodeVarint(const uint8_t* in, const uint8_t* end, uint64_t* value) {
  if (in < end && *in < 0x80) {
    *value = *in;
    return in + 1;
  }
  uint64_t result = 0;
  for (uint32_t shift = 0; shift < 64 && in < end; shift += 7) {
    const uint8_t byte = *in++;
    result |= uint64_t{byte & 0x7fu} << shift;
    if (byte < 0x80) {
      *value = result;
      return in;
    }
  }
  return nullptr;
}

// An array of offsets of four or, where a term is huge, eight bytes each.
class OffsetArray {
 public:
  OffsetArray() = default;
  OffsetArray(const uint8_t* data, bool wide) : data_(data), wide_(wide) {}
  static constexpr size_t EntryBytes(bool wide) { return wide ? 8 : 4; }
  uint64_t operator[](size_t index) const {
    return wide_ ? LoadU64(data_ + 8 * index) : LoadU32(data_ + 4 * index);
  }

 private:
  const uint8_t* data_ = nullptr;
  bool wide_ = false;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_BLOCK_CODEC_H_
