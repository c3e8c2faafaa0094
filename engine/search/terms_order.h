// Order of a terms aggregation's buckets, and which of them are shown. Internal to engine/search.
//
// Errors: kInvalidArgument for an order by a metric that is not there.
#ifndef BINSEEK_ENGINE_SEARCH_TERMS_ORDER_H_
#define BINSEEK_ENGINE_SEARCH_TERMS_ORDER_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/base/result.h"
#include "engine/search/aggregation.h"

namespace binseek::search {

// Every metric of the order is a direct sub-aggregation, and one of its values: "price" or "price.max".
Status CheckTermsOrder(const AggregationSpec& spec);

struct CandidateBucket {
  uint32_t id = 0;
  uint64_t count = 0;
  // Where the order needs them, with the buckets that they hold.
  std::vector<AggregationResult> children;
  uint32_t buckets_below = 0;
};

// True where the order looks into sub-aggregations.
bool OrdersByMetric(const AggregationSpec& spec);

// Puts the first spec.size in order and cuts the rest. `compare_keys`: <0, 0, >0 for two ids.
void SortBuckets(const AggregationSpec& spec,
                 const std::function<int(uint32_t, uint32_t)>& compare_keys,
                 std::vector<CandidateBucket>* buckets);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERMS_ORDER_H_
