// terms and rare_terms: a bucket per value of a field. Counts are exact. Immutable options; see aggregation.h.
#ifndef BINSEEK_ENGINE_SEARCH_TERMS_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_TERMS_AGGREGATION_H_

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/search/aggregation.h"
#include "engine/search/include_exclude.h"

namespace binseek::search {

struct TermsAggregation final : Aggregation {
  std::string_view type() const override { return "terms"; }
  bool has_buckets() const override { return true; }
  const std::vector<BucketOrder>* bucket_order() const override { return &order; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  ValuesSource source{};
  uint32_t size = 10;
  uint64_t min_doc_count = 1;        // 0: values of documents that do not match are shown too
  std::vector<BucketOrder> order{};  // empty: count descending; ties are broken by key ascending
  IncludeExclude filter{};
  bool shows_errors = false;  // show_term_doc_count_error
};

// Values of few documents, least first.
struct RareTermsAggregation final : Aggregation {
  std::string_view type() const override { return "rare_terms"; }
  bool has_buckets() const override { return true; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  ValuesSource source{};
  uint64_t max_doc_count = 1;
  IncludeExclude filter{};
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERMS_AGGREGATION_H_
