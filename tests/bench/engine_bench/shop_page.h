// The page that a shop shows for a search: words, two filters and a price range; the best 24, the exact total, eight facets. Free functions; thread-safe.
#ifndef BINSEEK_TESTS_BENCH_ENGINE_BENCH_SHOP_PAGE_H_
#define BINSEEK_TESTS_BENCH_ENGINE_BENCH_SHOP_PAGE_H_

#include <cstdint>
#include <vector>

#include "engine/search/aggregation.h"
#include "engine/search/query.h"
#include "engine/search/searcher.h"

namespace binseek::bench {

search::QueryPtr PriceRange(int64_t low_cents, int64_t high_cents);
// In stock, rated 2.0 or better, and the price range.
std::vector<search::QueryPtr> ShopFilters(int64_t low_cents, int64_t high_cents);
// The ten commonest brands, categories and ratings; ranges of price and stock, a histogram of prices, months of change, and the prices' statistics.
std::vector<search::AggregationSpec> ShopFacets();
// Documents in all buckets that are shown, added up: the same on both sides.
uint64_t CountOfFacets(const search::SearchResult& result);

}  // namespace binseek::bench

#endif  // BINSEEK_TESTS_BENCH_ENGINE_BENCH_SHOP_PAGE_H_
