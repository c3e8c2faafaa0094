// top_hits: the best documents of each bucket. Immutable options; see aggregation.h.
//
// Hits are those of a search, and are shown as those are: whoever makes the options hands along what is to be shown of them, and gets it back with the result.
#ifndef BINSEEK_ENGINE_SEARCH_TOP_HITS_AGGREGATION_H_
#define BINSEEK_ENGINE_SEARCH_TOP_HITS_AGGREGATION_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/search/aggregation.h"
#include "engine/search/searcher.h"
#include "engine/search/sort.h"

namespace binseek::search {

struct TopHitsAggregation final : Aggregation {
  static constexpr uint64_t kMaxWindow = 100;      // from + size, as Elasticsearch has it
  static constexpr uint64_t kMostWindow = 10'000;  // where an index was given a greater one

  std::string_view type() const override { return "top_hits"; }
  bool needs_scores() const override;
  Result<std::unique_ptr<Aggregator>> Make(const AggregationSpec& spec,
                                           AggregationContext* context) const override;

  uint64_t from = 0;
  uint64_t size = 3;
  std::vector<SortKey> sort{};  // empty: by score, best first
  bool track_scores = false;
  HitParts parts{};
  std::shared_ptr<const void> shown{};
};

// Of one bucket.
struct TopHits {
  uint64_t total = 0;
  std::optional<float> max_score{};
  std::vector<Hit> hits{};
  std::string level{};  // of the hits: the path of a nested field; empty: roots
  std::shared_ptr<const void> shown{};
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TOP_HITS_AGGREGATION_H_
