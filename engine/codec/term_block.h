// term_block: how one block of a term dictionary lies: its terms, front-coded, and the TermInfo of each. Byte table: FORMATS.md, "Term dictionary".
//
// Shared by BlockTermDictionaryWriter and BlockTermDictionary; nobody else needs it. Single-threaded value types; views borrow from the section.
// The bytes may be hostile: nothing here reads past its view or allocates; malformed bytes end a scan with failed(), or Parse and Get say false.
#ifndef BINSEEK_ENGINE_CODEC_TERM_BLOCK_H_
#define BINSEEK_ENGINE_CODEC_TERM_BLOCK_H_

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/coding.h"
#include "engine/codec/term_info.h"

namespace binseek::codec {

inline constexpr size_t kMaxTermBytes = 32'766;    // Lucene's limit of one term
inline constexpr uint32_t kMaxTermBlockShift = 6;  // a block holds 2^shift terms: at most 64
inline constexpr uint32_t kTermBlockShift = 5;     // what is written

// Length of the longest common prefix.
inline size_t CommonPrefix(std::string_view a, std::string_view b) {
  const size_t limit = std::min(a.size(), b.size());
  size_t n = 0;
  for (; n + 8 <= limit; n += 8) {
    const uint64_t difference = LoadU64(a.data() + n) ^ LoadU64(b.data() + n);
    if (difference != 0) {
      return n + static_cast<size_t>(std::countr_zero(difference)) / 8;
    }
  }
  while (n < limit && a[n] == b[n]) {
    ++n;
  }
  return n;
}

// Appends a term that shares its first `shared` bytes with the one before it.
void PutTermEntry(std::string* out, size_t shared, std::string_view suffix);

// Walks the entries of a block, forwards, without rebuilding the terms.
class TermEntryScanner {
 public:
  TermEntryScanner() = default;
  explicit TermEntryScanner(std::string_view entries)
      : next_(entries.data()), end_(entries.data() + entries.size()) {}

  // False at the end of the bytes and at a malformed entry: a caller that expects another entry takes both for corruption.
  bool Next() {
    if (next_ == end_) [[unlikely]] {
      return false;
    }
    const uint8_t head = static_cast<uint8_t>(*next_++);
    shared_ = head >> 4;
    suffix_size_ = head & 15;
    if ((shared_ == kLong && !AddVarint(&shared_)) ||
        (suffix_size_ == kLong && !AddVarint(&suffix_size_)) ||
        suffix_size_ > static_cast<size_t>(end_ - next_)) [[unlikely]] {
      next_ = end_;
      return false;
    }
    suffix_ = next_;
    next_ += suffix_size_;
    return true;
  }
  size_t shared() const { return shared_; }
  std::string_view suffix() const { return {suffix_, suffix_size_}; }

 private:
  static constexpr size_t kLong = 15;
  bool AddVarint(size_t* length);  // at most kMaxTermBytes in the end

  const char* next_ = nullptr;
  const char* end_ = nullptr;
  const char* suffix_ = nullptr;
  size_t shared_ = 0;
  size_t suffix_size_ = 0;
};

// Where a seek within a block ended.
struct TermSeek {
  uint32_t index =
      0;  // first term that is not below the target; the number of terms where there is none
  bool exact = false;
  bool corrupt = false;
};

// Continues `scanner`, whose next entry is the term `index` of `terms`, up to the first term >= `target`. `matched` is what the target shares with
// the term before `index` (with the block's separator before the first), which is below the target. Afterwards the term is made of the target's
// first scanner->shared() bytes and scanner->suffix(). Cost: a few instructions per entry; bytes are compared only where they decide.
TermSeek SeekTerm(TermEntryScanner* scanner, uint32_t index, uint32_t terms, size_t matched,
                  std::string_view target);

// Appends the infos of a block. REQUIRES: 1..64 infos, each with doc_freq > 0.
void PutTermInfos(std::string* out, std::span<const TermInfo> infos, PostingsShape shape);

// The infos of a block: columns of packed bits, so that one term's info costs the same wherever it stands.
class TermInfoBlock {
 public:
  // `bytes`: the infos of `terms` <= 64 terms.
  bool Parse(std::string_view bytes, uint32_t terms, PostingsShape shape);
  // False where the info is impossible for a segment of `max_doc` documents. Starts are as the bytes say: whoever follows them must check them.
  // REQUIRES: Parse() was true; index < terms.
  bool Get(uint32_t index, uint32_t max_doc, TermInfo* info) const;

 private:
  struct Column {
    uint64_t base = 0;  // the smallest value
    uint64_t bit = 0;   // where the column begins in packed_
    uint32_t width = 0;
  };
  enum ColumnId : uint8_t {
    kDoc,        // of terms with one document: the document
    kFreq,       // of those: frequency - 1
    kDocFreq,    // of the others: doc_freq - 2
    kExtraFreq,  // of those: total_term_freq - doc_freq
    kPostings,   // of those
    kPositions,  // of all terms
    kOffsets,    // of all terms
    kColumns,
  };
  friend void PutTermInfos(std::string* out, std::span<const TermInfo> infos, PostingsShape shape);
  // Whether, and for how many terms, there is a column.
  static uint32_t ColumnSize(uint8_t id, uint32_t singles, uint32_t terms, PostingsShape shape);
  uint64_t Value(ColumnId id, uint32_t index) const;

  std::string_view packed_;
  uint64_t singles_ = 0;  // bit i: term i has one document
  PostingsShape shape_;
  std::array<Column, kColumns> columns_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_TERM_BLOCK_H_
