#include "engine/search/aggregation.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engine/search/composite_aggregation.h"
#include "engine/search/filters_aggregation.h"
#include "engine/search/histogram_aggregation.h"
#include "engine/search/range_aggregation.h"
#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

class AggregationTest : public ShopTest {
 protected:
  Result<SearchResult> TryRun(const AggregationSpec& spec, const QueryPtr& query = nullptr) const {
    SearchRequest request;
    request.query = query;
    request.size = 0;
    request.aggregations = {spec};
    return shop_.TrySearch(request);
  }
  AggregationResult Run(const AggregationSpec& spec, const QueryPtr& query = nullptr) const {
    return TryRun(spec, query).value().aggregations[0];
  }
  static std::string Show(const AggregationResult& result) {
    std::string out;
    for (const AggregationBucket& bucket : Buckets(result)) {
      out += (out.empty() ? "" : " ") + bucket.key_json + "=" + std::to_string(bucket.doc_count);
    }
    return out;
  }
};

TEST_F(AggregationTest, TermsCountLiveDocumentsByValue) {
  const AggregationResult tags = Run(TermsSpec("tags"));
  EXPECT_EQ(tags.type_name, "sterms");
  EXPECT_EQ(Show(tags), R"("sale"=2 "home"=1 "sport"=1 "winter"=1)");
  EXPECT_EQ(Show(Run(TermsSpec("sizes"))), "42=2 41=1 43=1 44=1");
  EXPECT_EQ(Show(Run(TermsSpec("attrs.color"))), R"("blue"=1 "brown"=1 "red"=1)");
  const AggregationResult active = Run(TermsSpec("active"));
  EXPECT_EQ(Show(active), "1=2 0=1");
  EXPECT_EQ(active.type_name, "lterms");
  EXPECT_EQ(Buckets(active)[0].key_as_string, "true");
  const AggregationResult made = Run(TermsSpec("made"), MakeIds({"lamp"}));
  EXPECT_EQ(Buckets(made)[0].key_as_string, "2026-02-01T00:00:00.000Z");
  EXPECT_EQ(Run(TermsSpec("nothing")).type_name, "sterms");
}

TEST_F(AggregationTest, TermsAreCutOrderedAndFilled) {
  TermsAggregation tags = Terms("tags", 1);
  EXPECT_EQ(Run(SpecOf("t", tags)).As<BucketsResult>()->sum_other_doc_count, 3u);
  tags.size = 10;
  tags.order = {{.by = BucketOrder::By::kKey, .descending = true}};
  EXPECT_EQ(Show(Run(SpecOf("t", tags))), R"("winter"=1 "sport"=1 "sale"=2 "home"=1)");
  tags.source.missing = "none";
  tags.min_doc_count = 2;
  EXPECT_EQ(Show(Run(SpecOf("t", tags))), R"("sale"=2 "none"=2)");
  tags.source.missing.reset();
  tags.min_doc_count = 0;
  EXPECT_EQ(Show(Run(SpecOf("t", tags), MakeIds({"boot"}))),
            R"("winter"=1 "sport"=0 "sale"=0 "home"=0)");
}

TEST_F(AggregationTest, EmptyTermsAreShownBelowEveryParent) {
  TermsAggregation tags = Terms("tags");
  tags.min_doc_count = 0;
  TermsAggregation sizes = Terms("sizes");
  sizes.min_doc_count = 0;
  const AggregationResult result =
      Run(SpecOf("n", Terms("active"), {SpecOf("t", tags), SpecOf("s", sizes)}));
  for (const AggregationBucket& bucket : Buckets(result)) {
    EXPECT_EQ(Buckets(bucket.children[0]).size(), 4u) << bucket.key_text;
    EXPECT_EQ(Buckets(bucket.children[1]).size(), 4u) << bucket.key_text;
  }
}

TEST_F(AggregationTest, TermsOrderByAMetricBelow) {
  TermsAggregation tags = Terms("tags");
  tags.order = {{.by = BucketOrder::By::kMetric, .descending = true, .metric = "price.max"}};
  const std::vector<AggregationSpec> price = {MetricSpec(Metric::kStats, "price")};
  EXPECT_EQ(Show(Run(SpecOf("t", tags, price))), R"("winter"=1 "sale"=2 "sport"=1 "home"=1)");
  tags.order[0].metric = "all>price.max";
  EXPECT_EQ(Show(Run(SpecOf("t", tags, {SpecOf("all", FilterAggregation(MakeMatchAll()), price)}))),
            R"("winter"=1 "sale"=2 "sport"=1 "home"=1)")
      << "through a single bucket";
  tags.order[0].metric = "price.median";
  EXPECT_STATUS(TryRun(SpecOf("t", tags, price)), kInvalidArgument);
}

TEST_F(AggregationTest, TermsCanBeChosen) {
  TermsAggregation tags = Terms("tags");
  tags.filter.include_regexp = "s.*";
  EXPECT_EQ(Show(Run(SpecOf("t", tags))), R"("sale"=2 "sport"=1)");
  tags.filter.exclude_values = std::vector<std::string>{"sale"};
  EXPECT_EQ(Show(Run(SpecOf("t", tags))), R"("sport"=1)");
  EXPECT_EQ(Show(Run(SpecOf("t", tags, {MetricSpec(Metric::kMax, "price")}))), R"("sport"=1)");
  TermsAggregation sizes = Terms("sizes");
  sizes.filter.include_values = std::vector<std::string>{"42", "44"};
  EXPECT_EQ(Show(Run(SpecOf("s", sizes))), "42=2 44=1");
  sizes.filter.include_regexp = "4.*";
  EXPECT_STATUS(TryRun(SpecOf("s", sizes)), kInvalidArgument);
  uint64_t all = 0;
  for (uint32_t partition = 0; partition < 3; ++partition) {
    TermsAggregation part = Terms("tags");
    part.filter.partition = partition;
    part.filter.partitions = 3;
    all += Buckets(Run(SpecOf("t", part))).size();
  }
  EXPECT_EQ(all, 4u);
}

TEST_F(AggregationTest, MetricsOverNumbers) {
  const AggregationResult run = Run(MetricSpec(Metric::kStats, "price"));
  const StatsResult& stats = Stats(run);
  EXPECT_EQ(stats.count, 3u);
  EXPECT_EQ(stats.sum, 204.5);
  EXPECT_EQ(stats.min, 25);
  EXPECT_EQ(stats.max, 120);
  EXPECT_EQ(Number(Run(MetricSpec(Metric::kValueCount, "sizes"))), 5);
  EXPECT_EQ(Number(Run(MetricSpec(Metric::kValueCount, "tags"))), 5);
  EXPECT_EQ(Number(Run(MetricSpec(Metric::kMax, "nothing"))), std::nullopt);
  MetricAggregation stock(Metric::kSum);
  stock.source.field = "stock";
  EXPECT_EQ(Number(Run(SpecOf("s", stock))), 14);
  stock.source.missing = "10";
  EXPECT_EQ(Number(Run(SpecOf("s", stock))), 34);
  EXPECT_EQ(TryRun(MetricSpec(Metric::kAvg, "tags")).status().message(),
            "Field [tags] of type [keyword] is not supported for aggregation [avg]");
}

TEST_F(AggregationTest, RangesMayOverlapAndCountADocumentOnce) {
  RangeAggregation sizes;
  sizes.source.field = "sizes";
  sizes.ranges = {{.from = 42}, {.to = 43}, {.key = "middle", .from = 41, .to = 44}};
  EXPECT_EQ(Show(Run(SpecOf("r", sizes))), R"("*-43.0"=2 "middle"=2 "42.0-*"=2)");
}

TEST_F(AggregationTest, FiltersHaveBucketsOfTheirOwnWithAggregationsBelow) {
  FiltersAggregation filters;
  filters.named = true;
  filters.filters = {{"red", MakeTerm("name", "red")},
                     {"cheap", MakeRange("price", std::nullopt, Bound{"60"})}};
  const AggregationResult result = Run(SpecOf("f", filters, {TermsSpec("tags")}));
  EXPECT_EQ(Show(result), R"("cheap"=2 "red"=3)");
  EXPECT_EQ(Show(Buckets(result)[0].children[0]), R"("sale"=2 "home"=1 "sport"=1)");
  EXPECT_EQ(Show(Buckets(result)[1].children[0]), R"("sale"=2 "home"=1 "sport"=1 "winter"=1)");
  const AggregationResult one = Run(SpecOf("f", FilterAggregation(MakeTerm("name", "red"))));
  EXPECT_EQ(one.As<SingleBucketResult>()->doc_count, 3u);
  filters.has_other = true;
  EXPECT_EQ(Buckets(Run(SpecOf("f", filters))).back().key_text, "_other_");
  AdjacencyMatrixAggregation matrix;
  matrix.filters = filters.filters;
  EXPECT_EQ(Show(Run(SpecOf("m", matrix))), R"("cheap"=2 "cheap&red"=2 "red"=3)");
}

TEST_F(AggregationTest, MoreBucketsThanAllowedAreRefused) {
  const auto view = shop_.view();
  SearchRequest request;
  request.aggregations = {TermsSpec("tags")};
  SearchOptions options = shop_.options();
  options.max_buckets = 3;
  const Result<SearchResult> result =
      search::Search(*view, {{view->Find("products")}}, request, options);
  EXPECT_STATUS(result, kResourceExhausted);
  EXPECT_TRUE(result.status().message().starts_with(
      "Trying to create too many buckets. Must be less than or equal to: [3]"));
  AggregationSpec deep = TermsSpec("tags");
  for (uint32_t i = 0; i < kMaxAggregationDepth; ++i) {
    AggregationSpec outer = TermsSpec("tags");
    outer.children = {deep};
    deep = outer;
  }
  EXPECT_STATUS(TryRun(deep), kInvalidArgument);
}

TEST_F(AggregationTest, GapsOfAHistogramAreBuckets) {
  HistogramAggregation prices;
  prices.options.source.field = "price";
  prices.interval = 50;
  EXPECT_EQ(Show(Run(SpecOf("h", prices))), "0.0=1 50.0=1 100.0=1");
  for (const double interval : {1e-6, 1e-300}) {
    prices.interval = interval;
    EXPECT_STATUS(TryRun(SpecOf("h", prices)), kResourceExhausted);
  }
  DateHistogramAggregation seconds;
  seconds.options.source.field = "made";
  seconds.fixed_ms = 1000;
  EXPECT_STATUS(TryRun(SpecOf("d", seconds)), kResourceExhausted);
  seconds.options.hard_bounds.max_text = "2026-01-03";
  seconds.fixed_ms = 86'400'000;
  EXPECT_EQ(Show(Run(SpecOf("d", seconds))), "1767312000000=2");
}

// `levels` of 200 filters that match all, a metric below.
AggregationSpec NestedFilters(int levels) {
  AggregationSpec spec = MetricSpec(Metric::kMax, "price");
  for (int level = 0; level < levels; ++level) {
    FiltersAggregation outer;
    outer.named = true;
    for (int i = 0; i < 200; ++i) {
      outer.filters.push_back({std::to_string(i), MakeMatchAll()});
    }
    spec = SpecOf("filters", outer, {spec});
  }
  return spec;
}

TEST_F(AggregationTest, AllMemoryOfASearchIsBounded) {
  const auto view = shop_.view();
  SearchOptions options = shop_.options();
  options.max_aggregation_bytes = 100'000;
  for (const AggregationSpec& spec :
       {NestedFilters(2), NestedFilters(3), MetricSpec(Metric::kMax, "price")}) {
    SearchRequest request;
    request.aggregations = {spec};
    const Result<SearchResult> result =
        search::Search(*view, {{view->Find("products")}}, request, options);
    if (spec.children.empty()) {
      EXPECT_OK(result);
    } else {
      EXPECT_STATUS(result, kResourceExhausted);
      EXPECT_EQ(
          result.status().message(),
          "The aggregations need more memory than a search may take for them: [100000] bytes");
    }
  }
  const AggregationResult whole = Run(NestedFilters(2));
  ASSERT_EQ(Buckets(whole).size(), 200u);
  EXPECT_EQ(Number(Buckets(Buckets(whole)[199].children[0])[199].children[0]), 120);
}

TEST_F(AggregationTest, TermsCountAgainstTheMemoryToo) {
  const auto view = shop_.view();
  SearchOptions options = shop_.options();
  options.max_aggregation_bytes = 200;
  for (const char* field : {"tags", "sizes"}) {
    SearchRequest request;
    request.aggregations = {TermsSpec(field)};
    EXPECT_STATUS(search::Search(*view, {{view->Find("products")}}, request, options),
                  kResourceExhausted);
  }
}

// Each combination comes before those that were there, and pushes one out.
TEST_F(AggregationTest, CompositesPassOverAnyNumberOfCombinations) {
  TestEngine engine;
  engine.CreateIndex("many", R"({"properties": {"a": {"type": "long"}, "b": {"type": "long"}}})");
  std::string values;
  for (int i = 0; i < 4100; ++i) {
    values += (i == 0 ? "" : ",") + std::to_string(i);
  }
  engine.Put("many", "1", R"({"a": [)" + values + R"(], "b": [)" + values + "]}");
  engine.Apply();
  CompositeAggregation composite;
  composite.size = 1;
  for (const char* const field : {"a", "b"}) {
    CompositeSource& source = composite.sources.emplace_back();
    source.name = source.source.field = field;
    source.descending = true;
  }
  SearchRequest request;
  request.size = 0;
  request.aggregations = {SpecOf("all", composite)};
  const auto result = engine.TrySearch(request);
  ASSERT_OK(result);
  const auto& buckets = Buckets(result->aggregations.at(0));
  ASSERT_EQ(buckets.size(), 1U);
  EXPECT_EQ(buckets[0].key_json, R"({"a":4099,"b":4099})");
}

TEST_F(AggregationTest, OnlySoManyInARequest) {
  AggregationSpec spec = TermsSpec("tags");
  spec.children.assign(kMaxAggregations - 1, MetricSpec(Metric::kMax, "price"));
  EXPECT_OK(TryRun(spec));
  spec.children.push_back(MetricSpec(Metric::kMax, "price"));
  EXPECT_STATUS(TryRun(spec), kInvalidArgument);
}

TEST_F(AggregationTest, WhatComesAfterTheEndOfASearchIsNotAggregated) {
  TestEngine engine;
  engine.CreateIndex("many", R"({"properties": {"n": {"type": "long"}}})");
  for (int i = 0; i < 100; ++i) {
    engine.Put("many", std::to_string(i), R"({"n": 1})");
  }
  engine.Apply();
  SearchRequest request;
  request.aggregations = {TermsSpec("n")};
  request.terminate_after = 30;
  const auto counted = [&] {
    const SearchResult result = engine.Search(request);
    EXPECT_TRUE(result.terminated_early);
    return Buckets(result.aggregations.at(0)).at(0).doc_count;
  };
  EXPECT_EQ(counted(), 30U);
  request.size = 0;
  EXPECT_EQ(counted(), 30U);
  // What a post filter takes out was aggregated before it.
  request.post_filter = MakeTerm("n", "1");
  EXPECT_EQ(counted(), 100U);
}

// A clock that is asked often enough passes any deadline: what it says is the number of looks.
class CountingClock final : public Clock {
 public:
  int64_t NowMicros() const override { return 0; }
  int64_t MonotonicMicros() const override { return looks_++ * 1000; }

 private:
  mutable int64_t looks_ = 0;
};

TEST_F(AggregationTest, TheDeadlineIsSeenWithinAWindow) {
  const auto view = shop_.view();
  const CountingClock clock;
  SearchOptions options = shop_.options();
  options.clock = &clock;
  SearchRequest request;
  request.aggregations = {NestedFilters(1)};
  request.timeout_ms =
      3;  // two segments of one window each are two looks; the third is within the first window
  const Result<SearchResult> result =
      search::Search(*view, {{view->Find("products")}}, request, options);
  ASSERT_OK(result);
  EXPECT_TRUE(result->timed_out);
}

TEST_F(AggregationTest, TheDeadlineIsSeenAmongTheKeysOfRangesAndOfGaps) {
  TestEngine engine;
  engine.CreateIndex("spans", R"({"properties": {"span": {"type": "integer_range"},
                                                 "at": {"type": "date"}}})");
  for (int i = 0; i < 10; ++i) {
    engine.Put("spans", std::to_string(i),
               R"({"span": {"gte": 0, "lte": 60000}, "at": "2000-01-01"})");
  }
  engine.Apply();
  const auto view = engine.view();
  HistogramAggregation spans;
  spans.options.source.field = "span";
  DateHistogramAggregation days;
  days.options.source.field = "at";
  days.calendar = CalendarUnit::kDay;
  days.options.extended_bounds.max_text = "2100-01-01";
  for (const AggregationSpec& spec : {SpecOf("spans", spans), SpecOf("days", days)}) {
    const CountingClock clock;
    SearchOptions options = engine.options();
    options.clock = &clock;
    SearchRequest request;
    request.aggregations = {spec};
    request.timeout_ms = 7;  // the window and what is around it are fewer looks
    const Result<SearchResult> result =
        search::Search(*view, {{view->Find("spans")}}, request, options);
    ASSERT_OK(result);
    EXPECT_TRUE(result->timed_out) << spec.name;
  }
}

}  // namespace
}  // namespace binseek::search::test
