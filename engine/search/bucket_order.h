// Which of an aggregation's buckets are shown, and in which order. Internal to engine/search.
//
// Errors: kInvalidArgument for an order by a number that is not there.
#ifndef BINSEEK_ENGINE_SEARCH_BUCKET_ORDER_H_
#define BINSEEK_ENGINE_SEARCH_BUCKET_ORDER_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/base/result.h"
#include "engine/search/aggregation.h"
#include "engine/search/aggregation_result.h"
#include "engine/search/aggregator.h"

namespace binseek::search {

// Every path of the order leads to a number below `spec`.
Status CheckOrder(const std::vector<BucketOrder>& order, const AggregationSpec& spec);

// So of all specs and what is below them.
Status CheckOrders(const std::vector<AggregationSpec>& specs);

struct CandidateBucket {
  uint32_t id = 0;
  uint64_t count = 0;
  bool gap = false;  // shown between those that documents came to
  // Where the order needs them, with the buckets that they hold.
  std::vector<AggregationResult> children{};
  uint32_t buckets_below = 0;
  std::vector<double> numbers{};  // per criterion that is a path
};

// True where the order looks into sub-aggregations.
bool OrdersByMetric(const std::vector<BucketOrder>& order);

// Puts the first `size` in order (empty: by count, most first) and cuts the rest; equals are ordered by key. `compare_keys`: <0, 0, >0 for two ids.
void SortBuckets(const std::vector<BucketOrder>& order, size_t size,
                 const std::function<int(uint32_t, uint32_t)>& compare_keys,
                 std::vector<CandidateBucket>* buckets);

// Builds what is below the candidates where the order needs it, sorts and cuts them, and builds what is below those that are left. Buckets that are built to be compared and then not shown
// do not count against the limit.
Status BuildAndSort(const std::vector<BucketOrder>& order, size_t size,
                    const std::function<int(uint32_t, uint32_t)>& compare_keys,
                    SubAggregators* children, AggregationContext* context,
                    std::vector<CandidateBucket>* buckets);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BUCKET_ORDER_H_
