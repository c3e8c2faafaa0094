// sampler: the aggregations below see the best-scored documents of each index alone. Immutable options; see aggregation.h.
#ifndef BINSEEK_ENGINE_SEARCH_SAMPLER_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_SAMPLER_AGGREGATION_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/search/aggregation.h"
#include "engine/search/single_bucket_aggregation.h"

namespace binseek::search {

struct SamplerAggregation final : SingleBucketAggregation {
  std::string_view type() const override { return "sampler"; }
  bool needs_scores() const override { return true; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  uint32_t shard_size = 100;  // documents of each index, per bucket of the parent
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SAMPLER_AGGREGATION_H_
