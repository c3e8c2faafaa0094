// significant_terms: values that are more frequent among a bucket's documents than among all others. Immutable options; see aggregation.h.
//
// Counts of the background are those of live documents, of all indices of the search or of those that a filter matches; they cost a walk over these.
#ifndef BINSEEK_ENGINE_SEARCH_SIGNIFICANT_TERMS_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_SIGNIFICANT_TERMS_AGGREGATION_H_

#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/search/aggregation.h"
#include "engine/search/include_exclude.h"
#include "engine/search/query.h"

namespace binseek::search {

enum class SignificanceMeasure : uint8_t {
  kJlh,
  kPercentage,
  kChiSquare,
  kGnd,
  kMutualInformation
};

struct SignificanceHeuristic {
  SignificanceMeasure measure = SignificanceMeasure::kJlh;
  bool include_negatives = false;      // values that are rarer than in the background
  bool background_is_superset = true;  // the background holds the bucket's documents too

  // How much more frequent a value is in the foreground (in `fg` of `fg_size` documents) than in the background.
  double Score(uint64_t fg, uint64_t fg_size, uint64_t bg, uint64_t bg_size) const;
};

struct SignificantTermsAggregation final : Aggregation {
  std::string_view type() const override { return "significant_terms"; }
  bool has_buckets() const override { return true; }
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  ValuesSource source{};
  uint32_t size = 10;
  uint64_t min_doc_count = 3;
  QueryPtr background{};  // null: all documents
  SignificanceHeuristic heuristic{};
  IncludeExclude filter{};
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SIGNIFICANT_TERMS_AGGREGATION_H_
