// NumberReader and OrdReader: a field's values of the documents of a segment, a window at a time, for sorting and aggregations.
//
// Single-threaded. Both borrow from the segment view. Null columns and dictionaries (no document has a value) are fine.
#ifndef BINSEEK_ENGINE_SEARCH_FIELD_VALUES_H_
#define BINSEEK_ENGINE_SEARCH_FIELD_VALUES_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "engine/index/engine_view.h"
#include "engine/search/field_ref.h"
#include "engine/search/window.h"

namespace binseek::search {

class NumberReader {
 public:
  NumberReader(const index::SegmentView& segment, mapping::FieldId field)
      : column_(segment.Column(field)), max_doc_(segment.max_doc()) {}

  // Goes to the window at `first`, of which about `wanted` documents will be asked for.
  void Open(DocId first, size_t wanted) {
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
  bool ForEach(uint32_t offset, Visit visit) const {
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
    int64_t scratch = 0;
    const std::span<const int64_t> values = column_->GetAll(first_ + offset, &scratch);
    for (const int64_t value : values) {
      visit(value);
    }
    return !values.empty();
  }

  // The smallest or greatest value.
  bool Get(uint32_t offset, bool greatest, int64_t* value) const {
    bool any = false;
    ForEach(offset, [&](int64_t next) {
      *value = any && !greatest ? *value : next;
      any = true;
    });
    return any;
  }

 private:
  static constexpr size_t kBulk = 128;  // from here on copying the whole window is cheaper

  const index::ColumnPages* const column_;
  const uint32_t max_doc_;
  DocId first_ = 0;
  bool bulk_ = false;
  std::array<int64_t, Window::kDocs> values_{};
  std::array<uint64_t, Window::kWords> present_{};
};

class OrdReader {
 public:
  OrdReader(const index::SegmentView& segment, FieldRef ref)
      : ref_(std::move(ref)),
        terms_(segment.segment().Terms(ref_.field->id)),
        keywords_(segment.segment().Keywords(ref_.field->id)) {
    if (terms_ != nullptr) {
      range_ = OrdsOf(ref_, *terms_);
    }
  }

  const codec::TermDictionary* terms() const { return terms_; }
  OrdRange range() const { return range_; }
  // The value without its path. REQUIRES: ord within range().
  std::string_view Text(uint32_t ord) const { return terms_->Term(ord).substr(ref_.path.size()); }
  bool IsValue(uint32_t ord) const { return IsValueTerm(ref_, terms_->Term(ord)); }

  // Calls visit(ord) for every value, ascending. False: there is none.
  template <class Visit>
  bool ForEach(DocId doc, Visit visit) const {
    if (keywords_ == nullptr || terms_ == nullptr) {
      return false;
    }
    bool any = false;
    for (const uint32_t ord : keywords_->Ords(doc)) {
      if (ref_.is_flattened() && (ord < range_.begin || ord >= range_.end || !IsValue(ord))) {
        continue;
      }
      visit(ord);
      any = true;
    }
    return any;
  }

  bool Get(DocId doc, bool greatest, uint32_t* ord) const {
    bool any = false;
    ForEach(doc, [&](uint32_t next) {
      *ord = any && !greatest ? *ord : next;
      any = true;
    });
    return any;
  }

 private:
  const FieldRef ref_;
  const codec::TermDictionary* const terms_;
  const codec::KeywordColumn* const keywords_;
  OrdRange range_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_FIELD_VALUES_H_
