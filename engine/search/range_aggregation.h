// range and date_range: a bucket per interval of numbers or dates. Immutable options; see aggregation.h.
#ifndef BINSEEK_ENGINE_SEARCH_RANGE_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_RANGE_AGGREGATION_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/mapping/geo.h"
#include "engine/search/aggregation.h"

namespace binseek::search {

// From `from` on, up to but without `to`. A text is read as the field's kind asks: "now-7d/d", or by source.format.
struct AggregationRange {
  std::string key{};  // empty: made of the bounds, "10.0-20.0"
  std::optional<double> from{};
  std::optional<double> to{};
  std::optional<std::string> from_text{};  // in place of the number
  std::optional<std::string> to_text{};
};

struct RangeAggregation final : Aggregation {
  explicit RangeAggregation(bool over_dates = false) : dates(over_dates) {}
  std::string_view type() const override { return dates ? "date_range" : "range"; }
  bool has_buckets() const override { return true; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  bool dates;
  ValuesSource source{};
  std::vector<AggregationRange> ranges{};  // shown by from, then by to
  bool keyed = false;
};

// A bucket per range of distances from a point.
struct GeoDistanceAggregation final : Aggregation {
  std::string_view type() const override { return "geo_distance"; }
  bool has_buckets() const override { return true; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  std::string field{};
  mapping::GeoPoint origin{};
  double meters = 1;  // of the unit that the ranges count in
  bool plane = false;
  std::vector<AggregationRange> ranges{};
  bool keyed = false;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_RANGE_AGGREGATION_H_
