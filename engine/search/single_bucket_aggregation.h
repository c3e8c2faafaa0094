// global and missing: one bucket, of all documents or of those without a value. Immutable options; see aggregation.h.
//
// A bucket of nested documents (nested, reverse_nested) has its place here too, once mappings know them: it would hand on other documents than it was given.
#ifndef BINSEEK_ENGINE_SEARCH_SINGLE_BUCKET_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_SINGLE_BUCKET_AGGREGATION_H_

#include <memory>
#include <string_view>

#include "engine/search/aggregation.h"

namespace binseek::search {

struct SingleBucketAggregation : Aggregation {
  bool has_buckets() const override { return true; }
  bool is_single_bucket() const override { return true; }
  bool HasNumber(std::string_view name) const override {
    return name.empty() || name == "_count" || name == "doc_count";
  }
};

// All live documents of the indices, whatever the query.
struct GlobalAggregation final : SingleBucketAggregation {
  std::string_view type() const override { return "global"; }
  bool is_top_level_only() const override { return true; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;
};

// Documents without a value of the field. With source.missing there are none.
struct MissingAggregation final : SingleBucketAggregation {
  std::string_view type() const override { return "missing"; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  ValuesSource source{};
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SINGLE_BUCKET_AGGREGATION_H_
