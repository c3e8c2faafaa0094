// Ord column: the ordinals of each document's values of a keyword field, none, one or several per document, ascending and distinct; or their index-wide ids.
//
// It lies as a number column does (number_column.h): one ordinal a document in packed blocks, lists beside them where a document has several. A
// reader is told how many ordinals there are and hands out none beyond, whatever the bytes say, so that whoever counts by them may leave out the
// check. Threads, ownership and trust as for number columns.
#ifndef BINSEEK_ENGINE_CODEC_ORD_COLUMN_H_
#define BINSEEK_ENGINE_CODEC_ORD_COLUMN_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/number_column.h"

namespace binseek::codec {

inline constexpr uint32_t kNoOrd = std::numeric_limits<uint32_t>::max();

class OrdColumnWriter {
 public:
  explicit OrdColumnWriter(ByteSink* sink) : column_(sink) {}

  // REQUIRES: `doc` is greater than the one before; `ords` ascend and are distinct. None: as if not added.
  void Add(DocId doc, std::span<const uint32_t> ords);
  void Finish(uint32_t max_doc) { column_.Finish(max_doc, ords_below_); }

 private:
  PackedColumnWriter column_;
  std::vector<int64_t> values_;
  uint32_t ords_below_ = 0;
};

class OrdColumn {
 public:
  OrdColumn() = default;  // of no document

  // `bytes` are what a writer wrote, 8-byte aligned; `ord_count` is less than kNoOrd. kCorruption, also where they are not of `max_doc` documents, or need
  // more ordinals than there are.
  [[nodiscard]] static Result<OrdColumn> Open(std::string_view bytes, uint32_t max_doc,
                                              uint32_t ord_count);

  // The same for who knows of fewer ordinals.
  OrdColumn Below(uint32_t ord_count) const {
    OrdColumn bounded = *this;
    bounded.ord_count_ = std::min(ord_count, ord_count_);
    return bounded;
  }

  uint32_t max_doc() const { return column_.max_doc(); }
  uint32_t ord_count() const { return ord_count_; }
  // One more than the greatest that the column has, 0 where it has none: so many there must be.
  uint32_t ords_below() const { return ords_below_; }
  uint32_t docs_with_value() const { return column_.docs_with_value(); }
  bool multi_valued() const { return column_.multi_valued(); }

  // The smallest ordinal of a document, kNoOrd where it has none. REQUIRES: doc < max_doc().
  uint32_t Ord(DocId doc) const {
    int64_t value = 0;
    return column_.Get(doc, &value) ? Narrow(value) : kNoOrd;
  }

  // All of them; they stand in `scratch`. REQUIRES: doc < max_doc().
  std::span<const uint32_t> Ords(DocId doc, std::vector<uint32_t>* scratch) const;

  // The smallest ordinals of [first, first + n), kNoOrd where there is none: all that there is where the column is not multi_valued().
  // REQUIRES: `first` is a multiple of 256, first + n <= max_doc(), and there is room for n rounded up to a multiple of 256.
  void Read(DocId first, uint32_t n, uint32_t* ords) const;

  // All ordinals of the 256 documents of one block: those of its document i are ords[starts[i] .. starts[i+1]).
  struct Lists {
    std::array<uint32_t, kBlock256 + 1> starts;
    std::vector<uint32_t> ords;
    PackedColumn::Lists wide;  // scratch
  };
  void ReadLists(uint32_t block, Lists* lists) const;

  // As of a number column: its zone map, documents with a value, those with an ordinal in [low, high].
  const PackedColumn& numbers() const { return column_; }

  // Reads everything and compares it with what is said of it. kCorruption.
  [[nodiscard]] Status Check() const;

 private:
  uint32_t Narrow(int64_t value) const {
    return static_cast<uint64_t>(value) < ord_count_ ? static_cast<uint32_t>(value) : kNoOrd;
  }

  PackedColumn column_;
  uint32_t ord_count_ = 0;
  uint32_t ords_below_ = 0;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_ORD_COLUMN_H_
