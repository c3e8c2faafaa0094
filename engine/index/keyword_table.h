// KeywordTable: the values of one keyword field of an index, each with an id: 0, 1, 2 ... in the order in which they came. Segments store ids.
//
// Append-only, so an id means the same value in every segment and for good; a value that no document has any more keeps its id.
// One writer, under the index's claim; readers beside it, without a lock: a view says how many values there were when it was published (KeywordView), and
// those are never written again. Entries lie in chunks that double and never move.
// Values have an order too (keyword_ranks.h), which is made when somebody needs it, and brought up to date by merges and commits from then on.
// Memory: the bytes of the values and some 18 bytes for each, 8 more for its order.
#ifndef BINSEEK_ENGINE_INDEX_KEYWORD_TABLE_H_
#define BINSEEK_ENGINE_INDEX_KEYWORD_TABLE_H_

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/index/keyword_ranks.h"
#include "engine/mapping/field.h"

namespace binseek::index {

class KeywordTable {
 public:
  static constexpr uint32_t kMaxValues = uint32_t{1} << 30;

  KeywordTable() = default;
  ~KeywordTable() = default;
  KeywordTable(const KeywordTable&) = delete;
  KeywordTable& operator=(const KeywordTable&) = delete;

  // For the writer. It sees to it that no value comes twice (keyword_writer.h). REQUIRES: size() < kMaxValues.
  uint32_t Append(std::string_view value);
  // Takes the newest ones back. REQUIRES: no view was published with more than `size`.
  void Truncate(uint32_t size);
  uint32_t size() const { return size_; }
  uint64_t value_bytes() const { return value_bytes_; }

  // For everybody, REQUIRES: id < the size of a view that is held.
  std::string_view Value(uint32_t id) const {
    const char* at = *EntryOf(id);
    uint32_t size = 0;
    for (int shift = 0;; shift += 7, ++at) {  // as Append wrote it
      size |= (static_cast<uint32_t>(*at) & 0x7f) << shift;
      if ((static_cast<unsigned char>(*at) & 0x80) == 0) {
        return {at + 1, size};
      }
    }
  }
  // The order of at least the first `size` values, as a view has them; it goes with the table. Cost: a lock, where it is known; else
  // that of the values that are new to it, and the first time of sorting them all.
  std::shared_ptr<const KeywordRanks> Ranks(uint32_t size) const BINSEEK_EXCLUDES(making_, mutex_);
  // The same in advance, where somebody has asked for it before.
  void RefreshRanks(uint32_t size) const BINSEEK_EXCLUDES(making_, mutex_);

  // Of the values and their order; not of what the writer has beside them to find an id.
  size_t memory_bytes() const BINSEEK_EXCLUDES(mutex_);

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size = 0;
  };
  // Chunk c holds kFirstChunk << c entries.
  static constexpr uint32_t kFirstChunk = 16;
  static constexpr size_t kChunks = 27;

  const char* const* EntryOf(uint32_t id) const {
    const uint32_t place = id + kFirstChunk;
    const auto chunk = static_cast<size_t>(std::bit_width(place) - std::bit_width(kFirstChunk));
    return &chunks_[chunk][place - (kFirstChunk << chunk)];
  }
  char* Allocate(size_t size);
  std::shared_ptr<const KeywordRanks> KnownRanks() const BINSEEK_EXCLUDES(mutex_);

  // The writer's; what they point to is everybody's.
  std::array<std::unique_ptr<const char*[]>, kChunks> chunks_;
  std::vector<Block> blocks_;  // of bytes
  size_t used_ = 0;            // of the last block
  uint32_t size_ = 0;
  uint64_t value_bytes_ = 0;

  // Self-synchronised.
  std::atomic<size_t> memory_bytes_{0};

  mutable Mutex making_;  // one makes ranks at a time; before mutex_
  mutable Mutex mutex_;   // leaf
  mutable std::shared_ptr<const KeywordRanks> ranks_ BINSEEK_GUARDED_BY(mutex_);
};

// A field's table as a view has it.
struct KeywordView {
  mapping::FieldId field{};
  std::shared_ptr<const KeywordTable> table;
  uint32_t size = 0;
  uint64_t value_bytes = 0;
  bool closed = false;  // its new segments keep ordinals of their own
};

// Those of an index, by field.
struct KeywordViews {
  std::vector<KeywordView> fields;

  const KeywordView* Find(mapping::FieldId field) const;
  size_t memory_bytes() const;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_KEYWORD_TABLE_H_
