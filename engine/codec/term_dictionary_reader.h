// BlockTermDictionary: the sorted terms of one field of a segment, read in place. A term's ordinal is its rank: 0..size()-1. Byte table: FORMATS.md,
// "Term dictionary".
//
//   BINSEEK_ASSIGN_OR_RETURN(auto terms, BlockTermDictionary::Open(blocks, index, shape, max_doc));
//   BlockTermDictionary::Cursor cursor(*terms);
//   for (bool ok = cursor.SeekCeil("ab"); ok && cursor.term().starts_with("ab"); ok = cursor.Next()) ...
//
// For terms that an automaton accepts: term_intersection.h.
//
// Thread-safe: const after Open. A Cursor is single-threaded: each thread takes its own. Ownership: borrows the sections, which must outlive it, its
// cursors and every view; no memory grows with the number of terms.
// Errors: the sections may be hostile. Open checks sizes, not content; where content is found to be impossible, lookups say "not there", scans end, and
// corrupt() is true from then on. An answer that came from damaged bytes may be wrong; it is never outside 0..size()-1 or 0..max_doc-1.
// Cost: Find 0.2 µs (hot) to 0.5 µs (random) among 1 M terms.
#ifndef BINSEEK_ENGINE_CODEC_TERM_DICTIONARY_READER_H_
#define BINSEEK_ENGINE_CODEC_TERM_DICTIONARY_READER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/result.h"
#include "engine/codec/term_block.h"
#include "engine/codec/term_info.h"

namespace binseek::codec {

class BlockTermDictionary {
 public:
  // Sections as BlockTermDictionaryWriter wrote them, at any alignment, with the shape that it was given. kCorruption: sizes or statistics do not fit.
  // Cost: constant.
  [[nodiscard]] static Result<std::unique_ptr<const BlockTermDictionary>> Open(
      std::string_view blocks_section, std::string_view index_section, PostingsShape shape,
      uint32_t max_doc);

  ~BlockTermDictionary() = default;
  BlockTermDictionary(const BlockTermDictionary&) = delete;
  BlockTermDictionary& operator=(const BlockTermDictionary&) = delete;

  uint32_t size() const { return size_; }
  PostingsShape shape() const { return shape_; }
  // Statistics over all documents of the segment, deleted ones included.
  uint32_t doc_count() const { return doc_count_; }  // documents with a term
  uint64_t sum_doc_freq() const { return sum_doc_freq_; }
  uint64_t sum_total_term_freq() const { return sum_total_term_freq_; }

  // Whether `term` is there. `info` and `ord` may be null; they are set on true only.
  bool Find(std::string_view term, TermInfo* info, uint32_t* ord) const;
  // First term >= `term`; size() where there is none.
  uint32_t LowerBound(std::string_view term) const;
  // Ordinals [first, second) of the terms that begin with `prefix`.
  std::pair<uint32_t, uint32_t> OrdsWithPrefix(std::string_view prefix) const;
  // The term of an ordinal; false (and `term` unspecified) only where the bytes are damaged. REQUIRES: ord < size().
  bool Term(uint32_t ord, std::string* term) const;
  // Constant cost; doc_freq is 0 where the bytes are damaged. REQUIRES: ord < size().
  TermInfo Info(uint32_t ord) const;

  // Whether damage was met since Open, by whomever.
  bool corrupt() const { return corrupt_.load(std::memory_order_relaxed); }
  // Reads everything and compares it with order, index and statistics. kCorruption. Cost: a scan.
  [[nodiscard]] Status Verify() const;

  class Cursor;

  // One block, for those who walk the dictionary by blocks.
  struct Block {
    std::string_view separator;  // its first term begins with this; > all terms of blocks before
    TermEntryScanner entries;    // the first entry shares the separator
    std::string_view infos;
    uint32_t first_ord = 0;
    uint32_t terms = 0;  // 0 where the bytes are damaged
  };
  uint32_t blocks() const { return blocks_; }
  // The only block that can hold `term`. REQUIRES: size() > 0.
  uint32_t FindBlock(std::string_view term) const;
  std::string_view Separator(uint32_t block) const;  // REQUIRES: block < blocks()
  Block OpenBlock(uint32_t block) const;             // REQUIRES: block < blocks()
  void SetCorrupt() const { corrupt_.store(true, std::memory_order_relaxed); }

 private:
  BlockTermDictionary() = default;
  Status Parse(std::string_view index);
  uint64_t Head(uint32_t block) const { return LoadU64(heads_ + size_t{block} * 8); }

  std::string_view blocks_section_;
  PostingsShape shape_;
  uint32_t max_doc_ = 0;
  uint32_t size_ = 0;
  uint32_t blocks_ = 0;
  uint32_t block_shift_ = 0;
  uint32_t doc_count_ = 0;
  uint64_t sum_doc_freq_ = 0;
  uint64_t sum_total_term_freq_ = 0;
  // The index, in place.
  const char* heads_ = nullptr;             // u64[blocks_]
  const char* block_starts_ = nullptr;      // u64[blocks_+1]
  const char* separator_starts_ = nullptr;  // u32[blocks_+1]
  std::string_view separators_;
  std::string_view prefix_;  // of all separators but the first
  mutable std::atomic<bool> corrupt_ = false;
};

// An ordered scan. Invalid until a move says true, and again after one says false.
class BlockTermDictionary::Cursor {
 public:
  explicit Cursor(const BlockTermDictionary& terms) : terms_(&terms) {}

  bool SeekCeil(std::string_view term);  // to the first term >= `term`; cheap when it is near
  bool SeekOrd(uint32_t ord);            // false where ord >= size()
  bool Next();  // to the first term at the start; at the end it stays false

  bool valid() const { return valid_; }
  // REQUIRES (all three): valid(). The view is valid until the next move.
  std::string_view term() const { return term_; }
  uint32_t ord() const { return block_.first_ord + index_; }
  TermInfo info();  // doc_freq is 0 where the bytes are damaged

 private:
  bool LoadBlock(uint32_t block);
  bool Step();                       // to the next entry of the block. REQUIRES: there must be one
  bool StepToBlock(uint32_t block);  // to the first term of `block`; false beyond the last
  bool Fail();

  const BlockTermDictionary* terms_;
  Block block_;
  uint32_t block_number_ = 0;
  uint32_t index_ = 0;  // within the block
  bool valid_ = false;
  bool started_ = false;
  bool infos_parsed_ = false;  // infos_ are the block's
  TermInfoBlock infos_;
  std::string term_;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_TERM_DICTIONARY_READER_H_
