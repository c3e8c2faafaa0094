// The kinds of aggregations, each from its body. Internal to api/dsl; aggregation_parser.cc has the registry of their names. Thread-safe free functions.
#ifndef BINSEEK_API_DSL_AGGREGATION_KINDS_H_
#define BINSEEK_API_DSL_AGGREGATION_KINDS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "api/dsl/aggregation_arguments.h"
#include "api/dsl/error.h"
#include "engine/search/aggregation.h"
#include "engine/search/date_rounding.h"

namespace binseek::api::dsl {

using AggregationResultOr = DslResult<search::AggregationPtr>;

AggregationResultOr ParseTermsAggregation(const AggregationBody& body);
AggregationResultOr ParseRareTermsAggregation(const AggregationBody& body);
AggregationResultOr ParseSignificantTermsAggregation(const AggregationBody& body);
AggregationResultOr ParseRangeAggregation(const AggregationBody& body);  // range, date_range
AggregationResultOr ParseIpRangeAggregation(const AggregationBody& body);
AggregationResultOr ParseGeoDistanceAggregation(const AggregationBody& body);
AggregationResultOr ParseSamplerAggregation(const AggregationBody& body);
AggregationResultOr ParseFilterAggregation(const AggregationBody& body);
AggregationResultOr ParseFiltersAggregation(const AggregationBody& body);
AggregationResultOr ParseAdjacencyMatrixAggregation(const AggregationBody& body);
AggregationResultOr ParseGlobalAggregation(const AggregationBody& body);
AggregationResultOr ParseMissingAggregation(const AggregationBody& body);
AggregationResultOr ParseNestedAggregation(const AggregationBody& body);
AggregationResultOr ParseReverseNestedAggregation(const AggregationBody& body);
AggregationResultOr ParseHistogramAggregation(const AggregationBody& body);
AggregationResultOr ParseDateHistogramAggregation(const AggregationBody& body);
AggregationResultOr ParseCompositeAggregation(const AggregationBody& body);
AggregationResultOr ParseTopHitsAggregation(const AggregationBody& body);
// min, max, avg, sum, value_count, stats, extended_stats
AggregationResultOr ParseMetricAggregation(const AggregationBody& body);
AggregationResultOr ParseWeightedAvgAggregation(const AggregationBody& body);
AggregationResultOr ParseCardinalityAggregation(const AggregationBody& body);
AggregationResultOr ParsePercentilesAggregation(
    const AggregationBody& body);  // and percentile_ranks
// avg_bucket and the like, and percentiles_bucket
AggregationResultOr ParseBucketMetricPipeline(const AggregationBody& body);
// cumulative_sum, derivative, serial_diff, moving_fn
AggregationResultOr ParseSequencePipeline(const AggregationBody& body);
AggregationResultOr ParseScriptPipeline(
    const AggregationBody& body);  // bucket_script, bucket_selector
AggregationResultOr ParseBucketSortPipeline(const AggregationBody& body);

// The interval of a date_histogram and of such a source of a composite.
struct DateInterval {
  std::optional<search::CalendarUnit> calendar{};
  int64_t fixed_ms = 0;
  bool given() const { return calendar.has_value() || fixed_ms > 0; }
};
// calendar_interval, fixed_interval, interval (either of them). REQUIRES: the key is one of these.
DslStatus ReadDateInterval(const ArgumentValue& value, DateInterval* interval);
// "+1h", "-30m", milliseconds
DslStatus ReadDateOffset(const ArgumentValue& value, int64_t* offset_ms);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_AGGREGATION_KINDS_H_
