// histogram and date_histogram: buckets of equal width over numbers, or of calendar units or intervals over dates. Immutable options; see aggregation.h.
#ifndef BINSEEK_ENGINE_SEARCH_HISTOGRAM_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_HISTOGRAM_AGGREGATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/search/aggregation.h"
#include "engine/search/date_rounding.h"

namespace binseek::search {

// Of numbers, or of dates as texts.
struct HistogramBounds {
  std::optional<double> min{};
  std::optional<double> max{};
  std::optional<std::string> min_text{};
  std::optional<std::string> max_text{};
  bool empty() const { return !min && !max && !min_text && !max_text; }
};

// What both have.
struct HistogramOptions {
  ValuesSource source{};
  uint64_t min_doc_count = 0;        // 0: gaps are filled with empty buckets
  std::vector<BucketOrder> order{};  // empty: key ascending
  bool keyed = false;
  HistogramBounds extended_bounds{};  // buckets are shown at least from here to there
  HistogramBounds hard_bounds{};      // and none outside of here
};

struct HistogramAggregation final : Aggregation {
  std::string_view type() const override { return "histogram"; }
  bool has_buckets() const override { return true; }
  const std::vector<BucketOrder>* bucket_order() const override { return &options.order; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  HistogramOptions options{};
  double interval = 1;  // > 0
  double offset = 0;
};

struct DateHistogramAggregation final : Aggregation {
  std::string_view type() const override { return "date_histogram"; }
  bool has_buckets() const override { return true; }
  const std::vector<BucketOrder>* bucket_order() const override { return &options.order; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  HistogramOptions options{};
  std::optional<CalendarUnit> calendar{};
  int64_t fixed_ms = 0;  // > 0 where there is no calendar unit
  int64_t offset_ms = 0;
};

Result<DateRounding> MakeRounding(const std::optional<CalendarUnit>& calendar, int64_t fixed_ms,
                                  int64_t offset_ms, const std::string& zone);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_HISTOGRAM_AGGREGATION_H_
