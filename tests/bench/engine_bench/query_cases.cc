#include "tests/bench/engine_bench/query_cases.h"

#include <array>
#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/search/searcher.h"
#include "tests/bench/engine_bench/floor.h"
#include "tests/bench/engine_bench/shop_page.h"
#include "tests/bench/engine_bench/word_cases.h"

namespace binseek::bench {
namespace {

using search::QueryPtr;
using search::SearchRequest;

constexpr std::array kClasses = {"or", "and", "or_count", "or_range", "or_sort", "sort"};

SearchRequest MakeRequest(const std::string& query_class, const TextQuery& query) {
  SearchRequest request;
  request.track_total_hits = SearchRequest::kCountNone;
  if (query_class != "sort") {
    request.query = search::MakeMatch(
        {.field = "title", .text = query.text, .operator_and = query_class == "and"});
  }
  if (query_class == "or_range") {
    request.query = search::MakeBool(
        {.must = {request.query}, .filter = {PriceRange(query.low_cents, query.high_cents)}});
  }
  if (query_class == "or_count") {
    request.size = 100;
    request.track_total_hits = SearchRequest::kCountAll;
  }
  if (query_class == "or_sort" || query_class == "sort") {
    search::SortKey key;
    key.field = "price";
    request.sort = {key};
  }
  return request;
}

std::vector<SearchRequest> MakeRequests(const Corpus& corpus, const std::string& query_class) {
  std::vector<SearchRequest> requests;
  const std::vector<TextQuery>& queries = corpus.queries();
  if (query_class == "mixed") {
    for (size_t i = 0; i < queries.size(); ++i) {
      for (const char* each : kClasses) {
        // Sorting all is one query, and the most expensive: once in ten.
        if (std::string_view(each) != "sort" || i % 10 == 0) {
          requests.push_back(MakeRequest(each, queries[i]));
        }
      }
    }
  } else if (query_class == "sort") {
    requests.assign(10, MakeRequest(query_class, {}));
  } else {
    for (const TextQuery& query : queries) {
      requests.push_back(MakeRequest(query_class, query));
    }
  }
  return requests;
}

// The newest view and the shop's index in it.
struct Snapshot {
  explicit Snapshot(ShopEngine* shop)
      : view(shop->engine()->View()), indices{view->Find(kIndexName)} {}

  const std::shared_ptr<const index::EngineView> view;
  const std::array<const index::IndexView*, 1> indices;
};

Result<std::vector<SearchRequest>> RequestsOf(ShopEngine* shop, const std::string& query_class) {
  if (!IsWordClass(query_class)) {
    return MakeRequests(shop->corpus(), query_class);
  }
  std::vector<SearchRequest>& drawn = shop->drawn()[query_class];
  if (drawn.empty()) {
    const Snapshot snapshot(shop);
    BINSEEK_ASSIGN_OR_RETURN(drawn,
                             MakeWordRequests(*snapshot.indices[0], shop->corpus(), query_class));
  }
  return drawn;
}

const search::SearchOptions kOptions{.form = search::ScoreForm::kLucene};

}  // namespace

Result<Report> RunQueries(ShopEngine* shop, const std::string& query_class,
                          const QueryOptions& options) {
  std::vector<double> micros;
  uint64_t hits = 0;
  BINSEEK_ASSIGN_OR_RETURN(std::vector<SearchRequest> requests, RequestsOf(shop, query_class));
  search::SearchOptions search_options = kOptions;
  search_options.filters = options.filters;
  search_options.pool = options.pool;
  for (SearchRequest& request : requests) {
    request.parts.ids = options.keys;
    const Stopwatch watch;
    const Snapshot snapshot(shop);
    BINSEEK_ASSIGN_OR_RETURN(
        const search::SearchResult result,
        search::Search(*snapshot.view, snapshot.indices, request, search_options));
    micros.push_back(watch.Micros());
    hits += result.hits.size() + (result.total ? result.total->value : 0);
  }
  if (hits == 0) {
    return Status::Internal("queries without a single hit: " + query_class);
  }
  return Report().AddLatencies(std::move(micros));
}

Result<Report> CountHits(ShopEngine* shop, const std::string& query_class) {
  const Snapshot snapshot(shop);
  uint64_t hits = 0;
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<SearchRequest> requests,
                           RequestsOf(shop, query_class));
  for (const SearchRequest& request : requests) {
    BINSEEK_ASSIGN_OR_RETURN(const uint64_t count, search::Count(*snapshot.view, snapshot.indices,
                                                                 request.query, kOptions));
    hits += count;
    if (!request.aggregations.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(const search::SearchResult result,
                               search::Search(*snapshot.view, snapshot.indices, request, kOptions));
      hits += CountOfFacets(result);
    }
  }
  return Report().Add("hits", static_cast<double>(hits));
}

Result<Report> DigestAnswers(ShopEngine* shop, const std::string& query_class,
                             const QueryOptions& options) {
  search::SearchOptions search_options = kOptions;
  search_options.pool = options.pool;
  const Snapshot snapshot(shop);
  uint64_t digest = 0;
  const auto add = [&digest](uint64_t value) {
    digest = (digest ^ value) * 0x9E3779B97F4A7C15ULL;
    digest ^= digest >> 29;
  };
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<SearchRequest> requests,
                           RequestsOf(shop, query_class));
  for (const SearchRequest& request : requests) {
    BINSEEK_ASSIGN_OR_RETURN(
        const search::SearchResult result,
        search::Search(*snapshot.view, snapshot.indices, request, search_options));
    for (const search::Hit& hit : result.hits) {
      add(hit.address.doc);
      add(std::bit_cast<uint32_t>(hit.score.value_or(0)));
    }
    add(result.total ? result.total->value : 0);
    add(CountOfFacets(result));
  }
  return Report().Add("digest", static_cast<double>(digest >> 12));
}

Result<Report> MeasureFloor(ShopEngine* shop, const std::string& query_class) {
  const Snapshot snapshot(shop);
  BINSEEK_ASSIGN_OR_RETURN(const std::vector<SearchRequest> requests,
                           RequestsOf(shop, query_class));
  return FloorOf(*snapshot.view, *snapshot.indices[0], requests);
}

Result<Report> ScanPrices(ShopEngine* shop, const std::string& how) {
  const Corpus& corpus = shop->corpus();
  std::vector<int64_t> wide;
  std::vector<int32_t> narrow;
  if (how != "engine") {
    for (size_t i = 0; i < corpus.size(); ++i) {
      wide.push_back(corpus.at(i).price_cents);
    }
    narrow.assign(wide.begin(), wide.end());
  }
  const Snapshot snapshot(shop);
  std::vector<double> micros;
  uint64_t hits = 0;
  for (int64_t low : {0, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10000}) {
    const int64_t high = low + 3000;
    const Stopwatch watch;
    if (how == "engine") {
      BINSEEK_ASSIGN_OR_RETURN(
          const uint64_t count,
          search::Count(*snapshot.view, snapshot.indices, PriceRange(low, high), kOptions));
      hits += count;
    } else if (how == "int64") {
      hits += CountBetween(wide, low, high);
    } else {
      hits += CountBetween(narrow, static_cast<int32_t>(low), static_cast<int32_t>(high));
    }
    if (low != 0) {  // the first one only warms
      micros.push_back(watch.Micros());
    }
  }
  Report report;
  report.AddLatencies(std::move(micros)).Add("hits", static_cast<double>(hits));
  return report;
}

}  // namespace binseek::bench
