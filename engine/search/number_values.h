// NumberValues: the numbers of a field over several indices, for aggregations that compute with them. NumberReader reads one index's column; this adds what
// stands in for documents without a value, and what is common to indices whose kinds differ.
//
// Single-threaded, owner: an aggregator. Borrows from the view. Errors: kInvalidArgument for a field of another sort, a missing value or a format that is none.
#ifndef BINSEEK_ENGINE_SEARCH_NUMBER_VALUES_H_
#define BINSEEK_ENGINE_SEARCH_NUMBER_VALUES_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "engine/base/result.h"
#include "engine/mapping/number.h"
#include "engine/search/aggregation.h"
#include "engine/search/aggregator.h"
#include "engine/search/date_rounding.h"
#include "engine/search/field_values.h"
#include "engine/search/value_form.h"
#include "engine/search/value_format.h"

namespace binseek::search {

class NumberValues {
 public:
  // `type`: of the aggregation, for errors.
  static Result<NumberValues> Make(const ValuesSource& source, std::string_view type,
                                   AggregationContext* context);
  // For aggregations over dates. Numbers are milliseconds since the epoch; they have a text where the source has a format.
  static Result<NumberValues> MakeDates(const ValuesSource& source, std::string_view type,
                                        AggregationContext* context);

  const ValueForm& form() const { return form_; }
  // ForEach and ForEachMillis give dates in milliseconds, however they are kept.
  bool is_moment() const { return form_.is_moment(); }
  // The segment's column has microseconds of moments.
  bool has_micros() const {
    return is_moment() && field_ != nullptr && field_->kind == mapping::FieldKind::kDate;
  }
  // Of a result's numbers; null: none is wanted.
  const ValueFormatPtr& format() const { return format_; }

  void OpenSegment(size_t index, const index::SegmentView& segment);
  void Open(DocId first, size_t wanted) {
    if (numbers_ != nullptr) {
      numbers_->Open(first, wanted);
    }
  }
  // The numbers of documents of the window, one of each, as ForEach gives them; null where some may have none or several. As NumberReader's.
  const double* All(std::span<const uint32_t> offsets) {
    return numbers_ == nullptr ? nullptr : numbers_->AllAsDoubles(*field_, offsets);
  }
  // The same as the column has them.
  const int64_t* AllOfColumn(std::span<const uint32_t> offsets) {
    return numbers_ == nullptr ? nullptr : numbers_->All(offsets);
  }
  // Calls visit(double) for every value, ascending; dates are in milliseconds. False: there is none.
  template <class Visit>
  bool ForEach(uint32_t offset, Visit visit) {
    const bool any = numbers_ != nullptr && numbers_->ForEach(offset, [&](int64_t value) {
      visit(mapping::ToDouble(*field_, value));
    });
    if (!any && missing_) {
      visit(*missing_);
      return true;
    }
    return any;
  }
  // As ForEach, in whole milliseconds; of numbers that are too far for dates (IsTooFarForDate) some that are.
  template <class Visit>
  bool ForEachMillis(uint32_t offset, Visit visit) {
    if (is_moment()) {
      return ForEachCommon(offset, visit);
    }
    constexpr auto kFar = static_cast<double>(kFarDateMs);
    return ForEach(
        offset, [&](double value) { visit(static_cast<int64_t>(std::clamp(value, -kFar, kFar))); });
  }
  // As ForEach, of common numbers (ValueForm); a date's are whole milliseconds.
  template <class Visit>
  bool ForEachCommon(uint32_t offset, Visit visit) {
    const bool any = numbers_ != nullptr && numbers_->ForEach(offset, [&](int64_t value) {
      visit(form_.Common(*field_, value));
    });
    if (!any && missing_common_) {
      visit(*missing_common_);
      return true;
    }
    return any;
  }

 private:
  static Result<NumberValues> Resolve(const ValuesSource& source, std::string_view type,
                                      AggregationContext* context, bool dates);

  ValueForm form_;
  ValueFormatPtr format_;
  std::optional<double> missing_;
  std::optional<int64_t> missing_common_;
  const mapping::Field* field_ = nullptr;
  NumberReaders* readers_ = nullptr;  // of the search
  std::shared_ptr<NumberReader> numbers_;
};

// A format for numbers of that form: the one given, or that of the kind (dates and booleans have one); null where there is none.
Result<ValueFormatPtr> FormatFor(const ValueForm& form, const ValuesSource& source);

// What stands in for a document without a value, as common number. Dates are read in the format and the zone of the aggregation, "now/d" too; where no index has
// the field, it is a double. REQUIRES: source.missing, and a form that is not of terms.
Result<int64_t> MissingNumber(const ValueForm& form, const ValuesSource& source,
                              int64_t now_micros);

// "Field [tags] of type [keyword] is not supported for aggregation [avg]"
Status NotSupported(const ValueForm& form, const ValuesSource& source, std::string_view type);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_NUMBER_VALUES_H_
