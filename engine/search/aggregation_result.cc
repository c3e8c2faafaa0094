#include "engine/search/aggregation_result.h"

namespace binseek::search {

AggregationBucket::AggregationBucket() = default;
AggregationBucket::~AggregationBucket() = default;
AggregationBucket::AggregationBucket(const AggregationBucket& other) = default;
AggregationBucket::AggregationBucket(AggregationBucket&& other) noexcept = default;
AggregationBucket& AggregationBucket::operator=(const AggregationBucket& other) = default;
AggregationBucket& AggregationBucket::operator=(AggregationBucket&& other) noexcept = default;

}  // namespace binseek::search
