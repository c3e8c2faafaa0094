// Numeric values as intervals of column values, and the weight that finds the documents whose value lies in one.
//
// Terms, ranges and sets of values over numbers, dates and booleans all become sorted, disjoint intervals. Thread-safe.
// Errors: kInvalidArgument for a text that is none of the field's kind, worded as Elasticsearch words it.
#ifndef BINSEEK_ENGINE_SEARCH_NUMBER_RANGE_H_
#define BINSEEK_ENGINE_SEARCH_NUMBER_RANGE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/mapping/field.h"
#include "engine/search/date_math.h"
#include "engine/search/query.h"
#include "engine/search/weight.h"

namespace binseek::search {

struct Interval {
  int64_t low = 0;  // both ends belong to it
  int64_t high = 0;
};

// Column values that are equal to `text`: usually one, none where the field's type cannot hold it (12.5 among integers), and for dates all
// moments that the text leaves open ("2026-01-02" is a day). REQUIRES (here and below): field.is_numeric().
Result<std::optional<Interval>> IntervalOfValue(const mapping::Field& field, std::string_view text,
                                                int64_t now_micros);
// nullopt: no value can lie between the bounds. `form`: of dates; its format empty: the field's.
Result<std::optional<Interval>> IntervalOfBounds(const mapping::Field& field,
                                                 const std::optional<Bound>& lower,
                                                 const std::optional<Bound>& upper,
                                                 int64_t now_micros, const DateForm& form = {});

// Sorts, and joins those that touch.
std::vector<Interval> NormalizeIntervals(std::vector<Interval> intervals);

// Matches documents with a value in any of the intervals, each with `score`. Where the context has a cache of filters, by its bits. REQUIRES: intervals are
// normalised.
std::unique_ptr<Weight> MakeIntervalsWeight(const BindContext& context, mapping::FieldId field,
                                            std::vector<Interval> intervals, float score);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_NUMBER_RANGE_H_
