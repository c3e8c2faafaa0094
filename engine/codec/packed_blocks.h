// Packed blocks: a sequence of optional 64-bit integers in blocks of 256, each packed by what its own values need. What numeric columns and
// ordinal columns are made of.
//
// A block stores (value - least) / divisor in as few bits as its largest takes; the divisor is the greatest that all its values share (prices in
// whole hundreds, dates in whole seconds). A block of one value everywhere, or of none, takes no bytes but its 32 in the directory; one with few
// values has a bitmap and only those that are there. The directory holds the least and the greatest value of every block: the zone map.
// Arithmetic is modulo 2^64, so the whole range of int64 is exact. Layout: FORMATS.md.
//
// The writer belongs to one thread and borrows its sink; it holds one block and the directory. PackedBlocks is const, thread-safe, borrows its
// bytes and trusts none of them: what lies outside is absent, what was flipped gives other values.
#ifndef BINSEEK_ENGINE_CODEC_PACKED_BLOCKS_H_
#define BINSEEK_ENGINE_CODEC_PACKED_BLOCKS_H_

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/bit_packing.h"
#include "engine/codec/byte_sink.h"

namespace binseek::codec {

using BlockBits = std::array<uint64_t, kBlock256 / 64>;  // a bit per value of a block

// Persisted: what the directory says of a block. One without values has the greatest number as its least and the other way round, so that it lies in
// no range.
struct PackedEntry {
  int64_t min;
  int64_t max;
  uint64_t divisor;
  uint64_t
      place;  // bits 0 to 6 width, 7 compact, 8 and 9 presence (0 none, 1 all, 2 by a bitmap), the others offset / 8
};
static_assert(sizeof(PackedEntry) == 32);

class PackedBlocksWriter {
 public:
  // Offsets in the directory count from `start`, a size of the sink. Several writers may share one: their blocks may lie between each other.
  PackedBlocksWriter(ByteSink* sink, uint64_t start) : sink_(sink), start_(start) {}

  void Add(int64_t value) {
    Stage(value);
    Advance();
  }
  void AddAbsent(uint64_t count) { AddRun(0, count, false); }
  void AddEqual(int64_t value, uint64_t count) { AddRun(value, count, true); }
  // The zone map is to say that the block of the value that was added last has one as large as this.
  void WidenLast(int64_t value);

  // The last block. Nothing may be added after it.
  void Flush();
  // REQUIRES: flushed.
  void AppendDirectory(std::string* out) const;

  uint64_t size() const { return size_; }  // values and gaps so far

 private:
  void Stage(int64_t value) {
    present_[in_block_ / 64] |= uint64_t{1} << in_block_ % 64;
    values_[count_++] = value;
  }
  void Advance() {
    ++size_;
    if (++in_block_ == kBlock256) {
      Flush();
    }
  }
  void AddRun(int64_t value, uint64_t count, bool present);
  PackedEntry Pack();

  ByteSink* const sink_;
  const uint64_t start_;
  uint64_t size_ = 0;
  std::vector<PackedEntry> directory_;
  uint32_t in_block_ = 0;  // values and gaps that wait
  uint32_t count_ = 0;     // values that wait
  BlockBits present_{};
  std::array<int64_t, kBlock256> values_{};  // without the gaps
  int64_t widened_ = std::numeric_limits<int64_t>::min();
};

class PackedBlocks {
 public:
  // So much must be readable behind the data: a directory, or whatever else stands there.
  static constexpr size_t kPadBytes = 16;
  static_assert(kPadBytes >= kBlock256Pad);

  PackedBlocks() = default;  // of no value
  // `directory` is 8-byte aligned and has an entry per block. REQUIRES: kPadBytes are readable behind `data`.
  PackedBlocks(std::string_view data, const char* directory, uint64_t size)
      : data_(data),
        entries_(reinterpret_cast<const PackedEntry*>(directory)),
        size_(size),
        blocks_((size + kBlock256 - 1) / kBlock256) {}

  uint64_t size() const { return size_; }
  uint64_t block_count() const { return blocks_; }

  // The zone map among it: min and max.
  std::span<const PackedEntry> entries() const { return {entries_, blocks_}; }
  bool has_values(uint64_t block) const { return Presence(entries_[block].place) != kNone; }

  // False where there is none; then 0. REQUIRES: index < size().
  bool Get(uint64_t index, int64_t* value) const;

  // All of one block, absent ones and those beyond the end as 0.
  void ReadBlock(uint64_t block, int64_t* values, BlockBits* present) const;
  void ReadPresent(uint64_t block, BlockBits* present) const;

  // Which values of a block are in [low, high]. The zone map saves reading it where none or all are.
  void MatchRange(uint64_t block, int64_t low, int64_t high, BlockBits* match) const;

  // Whether every block says of itself what is so; `widened`: greatest values may be less than the zone map says. kCorruption.
  [[nodiscard]] Status Check(bool widened) const;

  // Blocks of `size` values take this much directory.
  static uint64_t DirectoryBytes(uint64_t size) {
    return (size / kBlock256 + (size % kBlock256 != 0 ? 1 : 0)) * sizeof(PackedEntry);
  }

 private:
  friend class PackedBlocksWriter;
  // Persisted: which values of a block are there.
  enum PresenceKind : uint64_t { kNone = 0, kAll = 1, kSome = 2 };
  static constexpr uint64_t kWidthMask = 0x7f;
  static constexpr uint64_t kCompact = 0x80;
  static constexpr uint32_t kPresenceShift = 8;
  static constexpr uint32_t kOffsetShift = 10;
  static constexpr size_t kBitmapBytes = kBlock256 / 8;
  // With as many values or fewer they are packed without gaps, which takes counting when one is looked for.
  static constexpr uint32_t kMaxCompact = 128;
  // As many of them are rather fetched one by one than unpacked all together.
  static constexpr uint32_t kFew = 24;

  struct Block {
    const char* bitmap = nullptr;  // null: all slots or none
    const uint8_t* packed = nullptr;
    uint64_t room = 0;  // bytes from `packed`
    uint32_t width = 0;
    uint32_t slots = 0;  // of the block that exist: 256 but at the end
    bool compact = false;
    PresenceKind presence = kNone;
  };

  static PresenceKind Presence(uint64_t place) {
    return static_cast<PresenceKind>(place >> kPresenceShift & 3);
  }
  Block Locate(uint64_t block) const;
  bool GetSparse(uint64_t index, int64_t* value) const;
  static void PresentBits(const Block& block, BlockBits* present);
  // All slots that exist have a value, side by side, of a width that the kernels of bit_packing.h take as it lies.
  static bool IsNarrow(const Block& block) {
    return block.presence == kAll && !block.compact && block.width - 1 < kNarrowWidth;
  }
  static void Unpack(const Block& block, const BlockBits& present, uint64_t* out);
  static void UnpackCompact(const Block& block, const BlockBits& present, uint64_t* out);
  // `match` is 0. REQUIRES: the block has values, first <= last
  static void MatchStored(const Block& block, uint64_t first, uint64_t last, BlockBits* match);
  Status CheckBlock(uint64_t block, bool widened) const;

  std::string_view data_;
  const PackedEntry* entries_ = nullptr;
  uint64_t size_ = 0;
  uint64_t blocks_ = 0;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_PACKED_BLOCKS_H_
