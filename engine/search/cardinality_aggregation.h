// cardinality: how many different values. Exact up to precision_threshold; of keywords that have value ids exact always, at the top of a request.
//
// Immutable options; see aggregation.h.
#ifndef BINSEEK_ENGINE_SEARCH_CARDINALITY_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_CARDINALITY_AGGREGATION_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/search/aggregation.h"

namespace binseek::search {

struct CardinalityAggregation final : Aggregation {
  static constexpr uint32_t kMaxThreshold = 40'000;

  std::string_view type() const override { return "cardinality"; }
  bool HasNumber(std::string_view name) const override { return name.empty() || name == "value"; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  ValuesSource source{};
  uint32_t precision_threshold = 3000;  // at most kMaxThreshold
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_CARDINALITY_AGGREGATION_H_
