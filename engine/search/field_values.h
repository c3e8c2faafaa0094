// NumberReader and OrdReader: a field's values of the documents of a segment, a window at a time, for sorting and aggregations. NumberReaders: those that
// the aggregations of a search share.
//
// Single-threaded. Both borrow from the segment view. Null columns and dictionaries (no document has a value) are fine.
#ifndef BINSEEK_ENGINE_SEARCH_FIELD_VALUES_H_
#define BINSEEK_ENGINE_SEARCH_FIELD_VALUES_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/status.h"
#include "engine/codec/segment.h"
#include "engine/index/engine_view.h"
#include "engine/mapping/field.h"
#include "engine/search/field_ref.h"
#include "engine/search/window.h"

namespace binseek::search {

class NumberReader {
 public:
  NumberReader(const index::SegmentView& segment, mapping::FieldId field)
      : column_(segment.Column(field)), max_doc_(segment.max_doc()) {}

  const index::NumberPages* column() const { return column_; }

  // Goes to the window at `first`, of which about `wanted` documents will be asked for. Cost: nothing where it is there already.
  void Open(DocId first, size_t wanted) {
    if (bulk_ && first == first_) {
      return;
    }
    first_ = first;
    bulk_ = column_ != nullptr && !column_->multi_valued() && wanted >= kBulk;
    if (bulk_) {
      present_.fill(0);
      column_->Read(first, std::min(max_doc_ - first, Window::kDocs), values_.data(),
                    present_.data());
    }
  }

  // Calls visit(value) for every value, ascending. False: there is none.
  template <class Visit>
  bool ForEach(uint32_t offset, Visit visit) {
    if (bulk_) {
      if (((present_[offset / 64] >> (offset % 64)) & 1) == 0) {
        return false;
      }
      visit(values_[offset]);
      return true;
    }
    if (column_ == nullptr) {
      return false;
    }
    if (!column_->multi_valued()) {
      int64_t value = 0;
      if (!column_->Get(first_ + offset, &value)) {
        return false;
      }
      visit(value);
      return true;
    }
    const std::span<const int64_t> values = column_->GetAll(first_ + offset, &scratch_);
    for (const int64_t value : values) {
      visit(value);
    }
    return !values.empty();
  }

  // The values of documents of the window, one of each, in their order; null where one of them has none, or some document may have several. Who asks for
  // the same documents again gets what was read then. Valid until the next call for others. REQUIRES: Open.
  const int64_t* All(std::span<const uint32_t> offsets);
  // The same as ToDouble gives them of `field`, which is the column's.
  const double* AllAsDoubles(const mapping::Field& field, std::span<const uint32_t> offsets);

  // The smallest or greatest value.
  bool Get(uint32_t offset, bool greatest, int64_t* value) {
    bool any = false;
    ForEach(offset, [&](int64_t next) {
      *value = any && !greatest ? *value : next;
      any = true;
    });
    return any;
  }

 private:
  static constexpr size_t kBulk = 128;  // from here on copying the whole window is cheaper

  const index::NumberPages* const column_;
  const uint32_t max_doc_;
  DocId first_ = 0;
  bool bulk_ = false;
  std::vector<int64_t> scratch_;
  std::array<int64_t, Window::kDocs> values_{};
  std::array<uint64_t, Window::kWords> present_{};
  // What All read last: of these documents, and whether each has a value.
  struct Gathered {
    bool any = false;
    bool complete = false;
    DocId first = 0;
    std::vector<uint32_t> offsets;
    std::vector<int64_t> values;
    std::vector<double> doubles;  // empty: nobody asked for them
  };
  Gathered gathered_;
};

// Several that go through the same window one after the other read one column once. Who asks calls Open before each walk over documents, and does not hand on
// to others within one, since these may open another window.
class NumberReaders {
 public:
  // The reader that somebody holds of the segment's column, or a new one.
  std::shared_ptr<NumberReader> Get(const index::SegmentView& segment, mapping::FieldId field) {
    std::erase_if(held_, [](const Held& held) { return held.reader.expired(); });
    for (const Held& held : held_) {
      if (held.segment == &segment && held.field == field) {
        return held.reader.lock();
      }
    }
    auto reader = std::make_shared<NumberReader>(segment, field);
    held_.push_back({&segment, field, reader});
    return reader;
  }

 private:
  struct Held {
    const index::SegmentView* segment = nullptr;
    mapping::FieldId field{};
    std::weak_ptr<NumberReader> reader;
  };

  std::vector<Held> held_;
};

// What it reads of keywords are numbers in place of values: the segment's own ordinals, in the order of the values, or, where the segment has
// them, ids that mean the same in all segments of the index, in no order.
class OrdReader {
 public:
  OrdReader(const index::SegmentView& segment, FieldRef ref);
  ~OrdReader() = default;
  OrdReader(const OrdReader&) = delete;
  OrdReader& operator=(const OrdReader&) = delete;

  // Ids, of keywords(), which is not null then; also where no document of the segment has a value.
  bool by_ids() const { return by_ids_; }
  const index::KeywordView* keywords() const { return ref_.keywords; }
  const codec::FieldTerms* terms() const { return terms_; }
  OrdRange range() const { return range_; }
  size_t path_bytes() const { return ref_.path.size(); }  // before the value within a term
  // Calls visit(ord) for every value that the segment's dictionary holds, deleted documents' included. Cost: that of all documents, with ids.
  template <class Visit>
  void ForEachTerm(Visit visit) {
    if (by_ids_) {
      for (const uint32_t id : AllIds()) {
        visit(id);
      }
      return;
    }
    for (uint32_t ord = range_.begin; ord < range_.end; ++ord) {
      if (IsValue(ord)) {
        visit(ord);
      }
    }
  }

  // The value without its path. kCorruption. Cost: a look into the dictionary, so not for every document. REQUIRES: ord within range().
  [[nodiscard]] Status Text(uint32_t ord, std::string* text) const;
  // False: one of the terms of a flattened field that stand for a leaf's path too. REQUIRES: ord within range().
  bool IsValue(uint32_t ord);

  // kCorruption where damage was met in the dictionary.
  [[nodiscard]] Status status() const;

  // Goes to the window at `first`, of which about `wanted` documents will be asked for.
  void Open(DocId first, size_t wanted);

  // Calls visit(ord) for every value, ascending. False: there is none.
  template <class Visit>
  bool ForEach(uint32_t offset, Visit visit) {
    if (!has_values_) {
      return false;
    }
    if (!several_) {
      const uint32_t ord = bulk_ ? ords_[offset] : column_.Ord(first_ + offset);
      if (!Means(ord)) {
        return false;
      }
      visit(ord);
      return true;
    }
    bool any = false;
    for (const int64_t ord : Several(first_ + offset)) {
      if (Means(static_cast<uint64_t>(ord))) {
        visit(static_cast<uint32_t>(ord));
        any = true;
      }
    }
    return any;
  }

  bool Get(uint32_t offset, bool greatest, uint32_t* ord) {
    bool any = false;
    ForEach(offset, [&](uint32_t next) {
      *ord = any && !greatest ? *ord : next;
      any = true;
    });
    return any;
  }

 private:
  static constexpr size_t kBulk = 512;  // from here on unpacking the whole window is cheaper
  enum class Leaf : uint8_t { kUnknown, kValue, kWithPath };

  bool Means(uint64_t ord) {
    return ord >= range_.begin && ord < range_.end &&
           (!mixed_ || IsValue(static_cast<uint32_t>(ord)));
  }
  // As the column's numbers, which nobody has checked to be ordinals.
  std::span<const int64_t> Several(DocId doc);
  std::vector<uint32_t> AllIds() const;

  const FieldRef ref_;
  const codec::FieldTerms* const terms_;
  const bool constant_;  // all documents have id 0
  bool by_ids_ = false;
  bool lacks_ids_ = false;  // it has ids, and nobody knows what they mean
  bool has_values_ = false;
  codec::OrdColumn column_;  // where there are values
  OrdRange range_;
  const bool mixed_;  // terms with and without their path in one range
  bool several_ = false;
  DocId first_ = 0;
  bool bulk_ = false;
  std::vector<Leaf> leaves_;  // of a mixed range, as far as they were asked for
  std::vector<int64_t> scratch_;
  uint32_t block_ = codec::kNoOrd;  // the one in lists_
  codec::PackedColumn::Lists lists_;
  std::array<uint32_t, Window::kDocs> ords_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_FIELD_VALUES_H_
