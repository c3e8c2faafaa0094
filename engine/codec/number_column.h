// Number column: the int64 values of one field, none, one or several per document, as they were written to a segment.
//
//   PackedColumnWriter writer(&sink);
//   writer.Add(doc, values);   // documents in ascending order; those that are left out have none
//   writer.Finish(max_doc);
//   BINSEEK_ASSIGN_OR_RETURN(const auto column, PackedColumn::Open(sink.bytes(), max_doc));
//
// A document's smallest value stands in packed blocks of 256 documents (packed_blocks.h), so that sorting and single values never look further; of
// documents with several all of them stand in a list, found by a second sequence, which costs nothing where there are none.
// The writer belongs to one thread, borrows its sink and holds three blocks and their directories. PackedColumn is const, thread-safe, cheap to
// copy, and borrows its bytes, of which it trusts none: opening looks at their frame only, and flipped ones give other values or none. Lists that
// overlap, or are longer than the column says, are none: a block's are never longer together than what is stored. Check finds them.
// Cost of one value: about 5 ns; of whole blocks: below 1 ns a value.
#ifndef BINSEEK_ENGINE_CODEC_NUMBER_COLUMN_H_
#define BINSEEK_ENGINE_CODEC_NUMBER_COLUMN_H_

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/byte_sink.h"
#include "engine/codec/doc_id.h"
#include "engine/codec/packed_blocks.h"

namespace binseek::codec {

class PackedColumnWriter {
 public:
  // The sink is to stand at a multiple of 8; what the column writes is a multiple of 8 long.
  explicit PackedColumnWriter(ByteSink* sink);

  // REQUIRES: `doc` is greater than the one before. `values` ascend and may repeat; none: as if not added.
  void Add(DocId doc, std::span<const int64_t> values);
  void Add(DocId doc, int64_t value);
  // Once, last. REQUIRES: every document is below `max_doc`. `values_below`: of ordinals or ids, how many there must be for all to be known.
  void Finish(uint32_t max_doc, uint32_t values_below = 0);

 private:
  ByteSink* const sink_;
  const uint64_t start_;
  PackedBlocksWriter first_;
  PackedBlocksWriter starts_;
  PackedBlocksWriter lists_;
  uint32_t docs_with_value_ = 0;
  uint32_t longest_list_ = 0;
};

class PackedColumn {
 public:
  PackedColumn() = default;  // of no document

  // `bytes` are what a writer wrote, 8-byte aligned. kCorruption, also where they are not of `max_doc` documents. `values_below` gets what Finish was
  // given; null: that must be 0.
  [[nodiscard]] static Result<PackedColumn> Open(std::string_view bytes, uint32_t max_doc,
                                                 uint32_t* values_below = nullptr);

  uint32_t max_doc() const { return static_cast<uint32_t>(first_.size()); }
  uint32_t docs_with_value() const { return docs_with_value_; }
  bool multi_valued() const { return lists_.size() > 0; }  // some document has several
  // The most values that a document has where some have several, else 0.
  uint32_t longest_list() const { return longest_list_; }

  // The smallest value of a document; false and 0 where it has none. REQUIRES: doc < max_doc().
  bool Get(DocId doc, int64_t* value) const { return first_.Get(doc, value); }

  // All values of a document, ascending; they stand in `scratch`. REQUIRES: doc < max_doc().
  std::span<const int64_t> GetAll(DocId doc, std::vector<int64_t>* scratch) const;

  // Calls visit(value) with each of them.
  template <class Visit>
  void ForEach(DocId doc, Visit visit) const {
    int64_t value = 0;
    const Range list = ListOf(doc);
    if (list.begin == list.end && first_.Get(doc, &value)) {
      visit(value);
    }
    for (uint64_t i = list.begin; i < list.end; ++i) {
      if (lists_.Get(i, &value)) {
        visit(value);
      }
    }
  }

  // The smallest values of [first, first + n), absent ones as 0, with a bit for each that says whether it is there. REQUIRES: `first` is a multiple
  // of 256, first + n <= max_doc(), and there is room for n rounded up to a multiple of 256.
  void Read(DocId first, uint32_t n, int64_t* values, uint64_t* present) const;

  // All values of the 256 documents of one block: those of its document i are values[starts[i] .. starts[i+1]).
  struct Lists {
    std::array<uint32_t, kBlock256 + 1> starts;
    std::vector<int64_t> values;
  };
  void ReadLists(uint32_t block, Lists* lists) const;

  // The zone map: the least and the greatest of all values of a block's documents, also as an array of entries with `min` and `max`. A block without
  // values lies in no range: its least is the greatest number, its greatest the least.
  uint32_t block_count() const { return static_cast<uint32_t>(first_.block_count()); }
  int64_t block_min(uint32_t block) const { return first_.entries()[block].min; }
  int64_t block_max(uint32_t block) const { return first_.entries()[block].max; }
  std::span<const PackedEntry> blocks() const { return first_.entries(); }
  bool has_values(uint32_t block) const { return first_.has_values(block); }

  // The documents of a block that have a value, and those that have one in [low, high], bit d%256 of `match`.
  void ReadPresent(uint32_t block, BlockBits* present) const { first_.ReadPresent(block, present); }
  void MatchRange(uint32_t block, int64_t low, int64_t high, BlockBits* match) const;

  // Reads everything and compares it with what is said of it. kCorruption.
  [[nodiscard]] Status Check() const;

 private:
  // Where the values of a document with several stand in lists_; empty for one with one or none.
  struct Range {
    uint64_t begin = 0;
    uint64_t end = 0;
  };
  Range ListOf(DocId doc) const;
  // Where the lists of a block's documents begin, and at the end where the last one ends. False: not as a writer writes them.
  using Starts = std::array<uint64_t, kBlock256 + 1>;
  bool ReadStarts(uint32_t block, Starts* starts) const;
  bool AnyInRange(Range list, int64_t low, int64_t high) const;
  Status CheckLists() const;

  PackedBlocks first_;   // by document
  PackedBlocks starts_;  // by document and one more; empty where no document has several
  PackedBlocks lists_;
  uint32_t docs_with_value_ = 0;
  uint32_t longest_list_ = 0;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_NUMBER_COLUMN_H_
