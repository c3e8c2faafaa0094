// The classes of queries that the bench times, over the newest view of a shop. Single-threaded free functions.
//
// or, and: ten best by score, not counted. or_count: hundred best, counted exactly. or_range: as `or`, filtered by a price range.
// or_sort: cheapest ten of those that match. sort: cheapest ten of all. mixed: each of these in turn. And the classes of word_cases.h.
#ifndef BINSEEK_TESTS_BENCH_ENGINE_BENCH_QUERY_CASES_H_
#define BINSEEK_TESTS_BENCH_ENGINE_BENCH_QUERY_CASES_H_

#include <string>

#include "engine/base/result.h"
#include "engine/search/filter_cache.h"
#include "engine/search/search_pool.h"
#include "tests/bench/engine_bench/measure.h"
#include "tests/bench/engine_bench/shop_engine.h"

namespace binseek::bench {

struct QueryOptions {
  bool keys = false;  // look up the hits' keys too; the peers give numbers of documents
  search::FilterCache* filters =
      nullptr;  // null: nothing is kept from one query to the next, as the peers do
  search::SearchPool* pool = nullptr;  // null: each query has one thread
};
// Runs every query of the class once, each on a view taken for it: the latencies.
Result<Report> RunQueries(ShopEngine* shop, const std::string& query_class,
                          const QueryOptions& options);
// Exact counts of every query of the class, added up: the same on both sides of the bench.
Result<Report> CountHits(ShopEngine* shop, const std::string& query_class);
// A number that all hits, scores and totals of the class go into: two builds that answer alike have the same.
Result<Report> DigestAnswers(ShopEngine* shop, const std::string& query_class,
                             const QueryOptions& options);
// floor.h, of the class.
Result<Report> MeasureFloor(ShopEngine* shop, const std::string& query_class);
// Counts prices in a range by the engine ("engine"), or in a flat array of the corpus' prices ("int64", "int32"); several ranges.
Result<Report> ScanPrices(ShopEngine* shop, const std::string& how);

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_ENGINE_BENCH_QUERY_CASES_H_
