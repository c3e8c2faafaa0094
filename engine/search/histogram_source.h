// Where a histogram's keys come from: numbers of documents, or fields whose values are ranges, which count in every bucket that they touch.
//
// Internal to engine/search. Single-threaded, owner: an aggregator. Borrows from the view.
#ifndef BINSEEK_ENGINE_SEARCH_HISTOGRAM_SOURCE_H_
#define BINSEEK_ENGINE_SEARCH_HISTOGRAM_SOURCE_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/mapping/date.h"
#include "engine/mapping/number.h"
#include "engine/mapping/range_value.h"
#include "engine/search/aggregator.h"
#include "engine/search/field_values.h"
#include "engine/search/histogram_bounds.h"
#include "engine/search/number_values.h"

namespace binseek::search {

class NumberSource {
 public:
  static constexpr bool kNumbers = true;

  explicit NumberSource(NumberValues values) : values_(std::move(values)) {}

  const ValueFormatPtr& format() const { return values_.format(); }
  void OpenSegment(size_t index, const index::SegmentView& segment) {
    values_.OpenSegment(index, segment);
  }
  void Open(DocId first, size_t wanted) { values_.Open(first, wanted); }
  // One number of each document, as the steps take them; null where that is not so.
  template <class Steps>
  const auto* All(const Steps& /*steps*/, std::span<const uint32_t> offsets) {
    return Steps::All(&values_, offsets);
  }
  // Calls visit(key) for each bucket that the document is in, once; false from it: enough. `in_bounds` says which keys there may be.
  template <class Steps, class InBounds>
  Status AddKeys(const Steps& steps, uint32_t offset, const InBounds& in_bounds,
                 std::vector<int64_t>* keys) {
    Steps::ForEach(&values_, offset, [&](auto value) {
      const int64_t key = steps.KeyOf(value);
      if ((keys->empty() || keys->back() != key) && in_bounds(key)) {  // values ascend
        keys->push_back(key);
      }
    });
    return Status::Ok();
  }

 private:
  NumberValues values_;
};

class RangeSource {
 public:
  static constexpr bool kNumbers = false;

  // `limits`: hard bounds as they were given; ranges end there. `most`: buckets that one range may have.
  RangeSource(std::vector<std::optional<FieldRef>> refs, ValueFormatPtr format,
              HistogramLimits limits, uint32_t most)
      : refs_(std::move(refs)), format_(std::move(format)), limits_(limits), most_(most) {}

  // The field in every index; nullopt: in none of them it is one of ranges.
  static std::optional<std::vector<std::optional<FieldRef>>> Find(const AggregationContext& context,
                                                                  const std::string& field) {
    std::vector<std::optional<FieldRef>> refs;
    bool any = false;
    for (const index::IndexView* const index : context.indices) {
      std::optional<FieldRef> ref = FindField(*index->mapping, field);
      const bool ranges =
          ref && ref->field->is_range() && ref->field->kind != mapping::FieldKind::kIpRange;
      if (ranges) {
        ref->keywords = index->Keywords(ref->field->id);
      }
      any = any || ranges;
      refs.push_back(ranges ? std::move(ref) : std::nullopt);
    }
    return any ? std::optional(std::move(refs)) : std::nullopt;
  }

  const ValueFormatPtr& format() const { return format_; }
  void OpenSegment(size_t index, const index::SegmentView& segment) {
    ords_.reset();
    field_ = nullptr;
    if (refs_[index]) {
      field_ = refs_[index]->field;
      ords_ = std::make_unique<OrdReader>(segment, *refs_[index]);
    }
  }
  void Open(DocId first, size_t wanted) {
    if (ords_ != nullptr) {
      ords_->Open(first, wanted);
    }
  }
  template <class Steps, class InBounds>
  Status AddKeys(const Steps& steps, uint32_t offset, const InBounds& /*in_bounds*/,
                 std::vector<int64_t>* keys) {
    if (ords_ == nullptr) {
      return Status::Ok();
    }
    found_.clear();
    ords_->ForEach(offset, [this](uint32_t ord) { found_.push_back(ord); });
    for (const uint32_t ord : found_) {
      std::string term;
      BINSEEK_RETURN_IF_ERROR(ords_->Text(ord, &term));
      if (term.size() != 2 * mapping::EndBytes(*field_)) {
        return Status::Corruption("a term of field [" + field_->name + "] is no range");
      }
      const size_t half = term.size() / 2;
      BINSEEK_RETURN_IF_ERROR(
          AddRange(steps, EndOf(term.substr(0, half)), EndOf(term.substr(half)), keys));
    }
    std::sort(keys->begin(), keys->end());
    keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
    return ords_->status();
  }

 private:
  // Of dates in milliseconds.
  double EndOf(const std::string& bytes) const {
    const int64_t value = mapping::ColumnValueOfEnd(bytes);
    switch (field_->kind) {
      case mapping::FieldKind::kDateRange:
        return static_cast<double>(mapping::MillisFromMicros(value));
      case mapping::FieldKind::kFloatRange:
      case mapping::FieldKind::kDoubleRange:
        return mapping::DoubleFromSortable(value);
      default:
        return static_cast<double>(value);
    }
  }
  template <class Steps>
  Status AddRange(const Steps& steps, double from, double to, std::vector<int64_t>* keys) const {
    from = limits_.min ? std::max(from, *limits_.min) : from;
    to = limits_.max ? std::min(to, *limits_.max) : to;
    if (from > to) {
      return Status::Ok();
    }
    const int64_t last = steps.KeyOfEnd(to);
    uint64_t count = 0;
    for (int64_t key = steps.KeyOfEnd(from); key <= last; key = steps.Next(key)) {
      if (++count > most_) {
        return Status::ResourceExhausted("Trying to create too many buckets.");
      }
      keys->push_back(key);
    }
    return Status::Ok();
  }

  const std::vector<std::optional<FieldRef>> refs_;
  const ValueFormatPtr format_;
  const HistogramLimits limits_;
  const uint32_t most_;
  const mapping::Field* field_ = nullptr;
  std::unique_ptr<OrdReader> ords_;
  std::vector<uint32_t> found_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_HISTOGRAM_SOURCE_H_
