// min, max, avg, sum, value_count, stats, extended_stats, weighted_avg: numbers computed from the values of a bucket's documents.
//
// Sums are compensated, so that the order of segments does not show in a result. Immutable options; see aggregation.h.
#ifndef BINSEEK_ENGINE_SEARCH_METRIC_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_METRIC_AGGREGATION_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/search/aggregation.h"

namespace binseek::search {

enum class Metric : uint8_t { kMin, kMax, kAvg, kSum, kValueCount, kStats, kExtendedStats };

struct MetricAggregation final : Aggregation {
  explicit MetricAggregation(Metric of) : metric(of) {}

  std::string_view type() const override;
  bool HasNumber(std::string_view name) const override;
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  Metric metric;
  ValuesSource source{};  // kValueCount: any field with values; else numbers
  double sigma = 2;       // kExtendedStats: how many deviations the bounds are away
};

struct WeightedAvgAggregation final : Aggregation {
  std::string_view type() const override { return "weighted_avg"; }
  bool HasNumber(std::string_view name) const override { return name.empty() || name == "value"; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  ValuesSource value{};
  ValuesSource weight{};  // one per document
};

// What follows from count, sums and sigma. NaN where there is nothing to say.
struct StatsResult;
struct ExtendedStats {
  double variance_population = 0;
  double variance_sampling = 0;
  double deviation_population = 0;
  double deviation_sampling = 0;
  double upper_population = 0;
  double lower_population = 0;
  double upper_sampling = 0;
  double lower_sampling = 0;
};
ExtendedStats ExtendedStatsOf(const StatsResult& stats);
// A number of stats or extended_stats by its name in the response, "avg" or "std_deviation_bounds.upper"; NaN for one that has no value.
double StatsNumber(const StatsResult& stats, std::string_view name);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_METRIC_AGGREGATION_H_
