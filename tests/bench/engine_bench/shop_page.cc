#include "tests/bench/engine_bench/shop_page.h"

#include <memory>
#include <string>
#include <utility>

#include "engine/search/aggregation_result.h"
#include "engine/search/histogram_aggregation.h"
#include "engine/search/metric_aggregation.h"
#include "engine/search/range_aggregation.h"
#include "engine/search/terms_aggregation.h"

namespace binseek::bench {
namespace {

using search::AggregationSpec;

std::string Decimal(int64_t cents) {
  std::string fraction = std::to_string(cents % 100);
  return std::to_string(cents / 100) + (fraction.size() == 1 ? ".0" : ".") + fraction;
}

AggregationSpec TopTerms(const std::string& field) {
  auto terms = std::make_shared<search::TermsAggregation>();
  terms->source.field = field;
  return {.name = field, .what = std::move(terms)};
}

// From each bound to the next one, the first and the last open.
AggregationSpec Ranges(const std::string& field, const std::vector<double>& bounds) {
  auto ranges = std::make_shared<search::RangeAggregation>();
  ranges->source.field = field;
  for (size_t i = 0; i <= bounds.size(); ++i) {
    search::AggregationRange range;
    if (i > 0) {
      range.from = bounds[i - 1];
    }
    if (i < bounds.size()) {
      range.to = bounds[i];
    }
    ranges->ranges.push_back(std::move(range));
  }
  return {.name = field + " ranges", .what = std::move(ranges)};
}

}  // namespace

search::QueryPtr PriceRange(int64_t low_cents, int64_t high_cents) {
  return search::MakeRange("price", search::Bound{Decimal(low_cents)},
                           search::Bound{Decimal(high_cents)});
}

std::vector<search::QueryPtr> ShopFilters(int64_t low_cents, int64_t high_cents) {
  return {search::MakeRange("stock", search::Bound{"1"}, std::nullopt),
          search::MakeRange("rating", search::Bound{"2.0"}, std::nullopt),
          PriceRange(low_cents, high_cents)};
}

std::vector<AggregationSpec> ShopFacets() {
  auto prices = std::make_shared<search::HistogramAggregation>();
  prices->options.source.field = "price";
  prices->options.min_doc_count = 1;
  prices->interval = 50;
  auto months = std::make_shared<search::DateHistogramAggregation>();
  months->options.source.field = "updated_at";
  months->calendar = search::CalendarUnit::kMonth;
  auto statistics = std::make_shared<search::MetricAggregation>(search::Metric::kStats);
  statistics->source.field = "price";
  return {TopTerms("brand"),
          TopTerms("category"),
          TopTerms("rating"),
          Ranges("price", {20, 50, 100, 200}),
          Ranges("stock", {10, 100}),
          {.name = "prices", .what = std::move(prices)},
          {.name = "months", .what = std::move(months)},
          {.name = "statistics", .what = std::move(statistics)}};
}

uint64_t CountOfFacets(const search::SearchResult& result) {
  uint64_t count = 0;
  for (const search::AggregationResult& facet : result.aggregations) {
    if (const auto* const statistics = facet.As<search::StatsResult>()) {
      count += statistics->count;
    }
    if (facet.buckets() != nullptr) {
      for (const search::AggregationBucket& bucket : *facet.buckets()) {
        count += bucket.doc_count;
      }
    }
  }
  return count;
}

}  // namespace binseek::bench
