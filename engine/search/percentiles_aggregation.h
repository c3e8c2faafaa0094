// percentiles and percentile_ranks, by t-digest: rank error below 1 %, exact for few values. Immutable options; see aggregation.h.
#ifndef BINSEEK_ENGINE_SEARCH_PERCENTILES_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_PERCENTILES_AGGREGATION_H_

#include <memory>
#include <string_view>
#include <vector>

#include "engine/search/aggregation.h"

namespace binseek::search {

struct PercentilesAggregation final : Aggregation {
  explicit PercentilesAggregation(bool of_values) : ranks(of_values) {}
  std::string_view type() const override { return ranks ? "percentile_ranks" : "percentiles"; }
  bool HasNumber(std::string_view name) const override;
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  bool ranks;  // the percentage below each of `points`, instead of the value at each percentage
  ValuesSource source{};
  std::vector<double> points{1, 5, 25, 50, 75, 95, 99};
  double compression = 100;
  bool keyed = true;
  bool hdr = false;  // asked for as by an HDR histogram; only the result's type differs
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_PERCENTILES_AGGREGATION_H_
