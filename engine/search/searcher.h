// Searcher: runs a request over indices of one view, and gives the k best hits, the count and the aggregations.
//
//   std::shared_ptr<const index::EngineView> view = engine->View();
//   const index::IndexView* shop = view->Find("products");
//   Result<SearchResult> result = Search(*view, {{shop}}, request, {.analysis = &registry});
//   index::AppendSource(*result->hits[0].index, result->hits[0].address, &json);
//
// Work goes over the segments in windows of 4,096 documents: matches, counting, top-k and aggregations in one pass; deadline and cancel flag are
// looked at once per window, and within it where aggregations multiply the work. The order of hits is total: equal ones by index (as given), segment, document.
// Where there is a pool, segments of a search that takes long are dealt out to its threads.
//
// Thread-safe: free functions on immutable views. Ownership: results borrow IndexViews, so hold the view as long as the result.
// Errors: kInvalidArgument (bad value for a field, unsortable field, window over 10,000; the text is what Elasticsearch says),
// kResourceExhausted (more buckets than allowed, or memory for aggregations), kCorruption (bytes of a segment that the search came upon cannot be right: no answer
// rather than a wrong one), kAborted (cancelled). A passed deadline is no error: `timed_out` with what was found so far.
#ifndef BINSEEK_ENGINE_SEARCH_SEARCHER_H_
#define BINSEEK_ENGINE_SEARCH_SEARCHER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/aggregation.h"
#include "engine/search/aggregation_result.h"
#include "engine/search/query.h"
#include "engine/search/rescore.h"
#include "engine/search/similarity.h"
#include "engine/search/sort.h"

namespace binseek::analysis {
class AnalysisRegistry;
}

namespace binseek::search {

class FilterCache;
class SearchPool;

inline constexpr uint64_t kMaxResultWindow = 10000;       // from + size
inline constexpr uint64_t kMostResultWindow = 1'000'000;  // where an index was given a greater one

// What is looked up of hits; the rest stays empty. Each is read at as many places of the segments as there are hits.
struct HitParts {
  bool ids = true;
  bool versions = false;  // Hit::version and Hit::seq_no
};

struct SearchRequest {
  QueryPtr query;  // null: match all
  // What may be seen at all; null: everything. Narrows hits, total and aggregations, those too that do not go by the query; scores nothing.
  QueryPtr restriction{};
  QueryPtr post_filter;  // null: none; narrows hits and total, not aggregations
  uint64_t from = 0;
  uint64_t size = 10;
  std::vector<SortKey> sort;  // empty: by score, best first
  bool track_scores = false;  // scores although sorted by something else
  // Count exactly up to here, then say "gte"; kCountAll, kCountNone.
  uint64_t track_total_hits = 10000;
  static constexpr uint64_t kCountAll = UINT64_MAX;
  static constexpr uint64_t kCountNone = 0;
  std::optional<float> min_score;
  uint64_t terminate_after = 0;  // documents per index; 0: no limit
  std::vector<AggregationSpec> aggregations;
  // One value per sort key as JSON token text (null: "null"; strings without quotes): only hits behind it.
  std::optional<std::vector<std::optional<std::string>>> search_after;
  // As search_after, but exact over ties: where the page before ended. Only valid on the view, indices and sort that made it.
  std::shared_ptr<const Cursor> after;
  int64_t timeout_ms = 0;  // 0: none
  // One after the other, over the best hits by score; each sees the scores that the one before left. Not together with a sort or collapse_field.
  std::vector<Rescorer> rescorers;
  // Not empty: of the hits with one value in this keyword or number the best alone; those without a value are one group. The total counts all of them.
  std::string collapse_field;
  // Multiplies the scores of each index, in the order of the indices; empty: 1.
  std::vector<float> index_boosts;
  bool profile = false;  // say where the time went
  HitParts parts;
};

struct SearchOptions {
  const analysis::AnalysisRegistry* analysis = nullptr;
  ScoreForm form = ScoreForm::kElasticsearch;
  const Clock* clock = Clock::Real();
  const std::atomic<bool>* cancel =
      nullptr;  // set by another thread: the search ends with kAborted
  uint32_t max_buckets = kDefaultMaxBuckets;
  uint64_t max_aggregation_bytes = kDefaultMaxAggregationBytes;  // tables and result of all of them
  // Of indices that were not given one by index.max_result_window.
  uint64_t max_result_window = kMaxResultWindow;
  FilterCache* filters = nullptr;  // of searches before and to come; null: none
  // Threads that join in searches which take long; null: each has its own alone. The result is the same, to the bit.
  SearchPool* pool = nullptr;
};

struct Hit {
  const index::IndexView* index = nullptr;  // borrowed from the view
  index::DocAddress address;
  std::string id;                 // where HitParts want it
  std::optional<float> score;     // absent where not computed
  std::vector<std::string> sort;  // one JSON token per sort key; empty where sorted by score alone
  int64_t version = 0;            // where HitParts want them
  int64_t seq_no = 0;
  std::string collapse_value;  // one JSON token; empty where the search does not collapse
  uint64_t rescored = 0;       // a bit for each rescorer in whose window it was
};

// What one index took of a search.
struct IndexProfile {
  uint64_t bind_nanos = 0;
  uint64_t build_scorer_nanos = 0;
  uint64_t build_scorer_count = 0;
  uint64_t match_nanos = 0;  // finding and scoring
  uint64_t match_count = 0;  // windows
  uint64_t collect_nanos = 0;
  uint64_t collect_count = 0;
};

struct TotalHits {
  uint64_t value = 0;
  bool exact = true;  // false: at least `value`
};

struct SearchResult {
  std::vector<Hit> hits;
  std::optional<TotalHits> total;  // absent: not counted
  std::optional<float> max_score;  // absent: no hits or no scores
  std::vector<AggregationResult> aggregations;
  bool timed_out = false;
  bool terminated_early = false;
  uint32_t shards = 0;                // indices searched
  std::vector<IndexProfile> profile;  // in the order of the indices, where asked for
  // Behind the last hit; null where there was no hit.
  std::shared_ptr<const Cursor> cursor;
};

Result<SearchResult> Search(const index::EngineView& view,
                            std::span<const index::IndexView* const> indices,
                            const SearchRequest& request, const SearchOptions& options);

// Number of live documents that match, and score so much; `query` null: all. kAborted where `timeout_ms` (0: none) was not enough: half a count is none.
Result<uint64_t> Count(const index::EngineView& view,
                       std::span<const index::IndexView* const> indices, const QueryPtr& query,
                       const SearchOptions& options, int64_t timeout_ms = 0,
                       std::optional<float> min_score = std::nullopt);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SEARCHER_H_
