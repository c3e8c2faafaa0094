// nested and reverse_nested: one bucket, of the nested objects of the documents that come in, or of the documents that the objects belong to. Immutable options; see
// aggregation.h. What is below them sees those documents, and binds its queries and sorts at their level.
#ifndef BINSEEK_ENGINE_SEARCH_NESTED_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_NESTED_AGGREGATION_H_

#include <memory>
#include <string>
#include <string_view>

#include "engine/search/aggregation.h"
#include "engine/search/single_bucket_aggregation.h"

namespace binseek::search {

// An index that does not have the path, or not below the level that documents come from, has no objects.
struct NestedAggregation final : SingleBucketAggregation {
  std::string_view type() const override { return "nested"; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  std::string path{};
};

struct ReverseNestedAggregation final : SingleBucketAggregation {
  std::string_view type() const override { return "reverse_nested"; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  std::string path{};  // empty: roots
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_NESTED_AGGREGATION_H_
