#include "engine/search/aggregation.h"

#include <gtest/gtest.h>

#include <map>

#include "tests/engine/search/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

class AggregationTest : public ShopTest {
 protected:
  static AggregationSpec Spec(AggregationKind kind, const std::string& field) {
    AggregationSpec spec;
    spec.name = field;
    spec.kind = kind;
    spec.field = field;
    return spec;
  }
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
    for (const AggregationBucket& bucket : result.buckets) {
      out += (out.empty() ? "" : " ") + bucket.key_json + "=" + std::to_string(bucket.doc_count);
    }
    return out;
  }
};

TEST_F(AggregationTest, TermsCountLiveDocumentsByValue) {
  const AggregationResult tags = Run(Spec(AggregationKind::kTerms, "tags"));
  EXPECT_EQ(tags.type_name, "sterms");
  EXPECT_EQ(Show(tags), R"("sale"=2 "home"=1 "sport"=1 "winter"=1)");
  EXPECT_EQ(Show(Run(Spec(AggregationKind::kTerms, "sizes"))), "42=2 41=1 43=1 44=1");
  EXPECT_EQ(Show(Run(Spec(AggregationKind::kTerms, "attrs.color"))),
            R"("blue"=1 "brown"=1 "red"=1)");
  const AggregationResult active = Run(Spec(AggregationKind::kTerms, "active"));
  EXPECT_EQ(Show(active), "1=2 0=1");
  EXPECT_EQ(active.type_name, "lterms");
  EXPECT_EQ(active.buckets[0].key_as_string, "true");
  const AggregationResult made = Run(Spec(AggregationKind::kTerms, "made"), MakeIds({"lamp"}));
  EXPECT_EQ(made.buckets[0].key_as_string, "2026-02-01T00:00:00.000Z");
  EXPECT_EQ(Run(Spec(AggregationKind::kTerms, "nothing")).type_name, "umterms");
}

TEST_F(AggregationTest, TermsAreCutOrderedAndFilled) {
  AggregationSpec spec = Spec(AggregationKind::kTerms, "tags");
  spec.size = 1;
  EXPECT_EQ(Run(spec).sum_other_doc_count, 3u);
  spec.size = 10;
  spec.order = {{.by = TermsOrder::By::kKey, .descending = true, .metric = ""}};
  EXPECT_EQ(Show(Run(spec)), R"("winter"=1 "sport"=1 "sale"=2 "home"=1)");
  spec.missing = "none";
  spec.min_doc_count = 2;
  EXPECT_EQ(Show(Run(spec)), R"("sale"=2 "none"=2)");
  spec.missing.reset();
  spec.min_doc_count = 0;
  EXPECT_EQ(Show(Run(spec, MakeIds({"boot"}))), R"("winter"=1 "sport"=0 "sale"=0 "home"=0)");
}

TEST_F(AggregationTest, TermsOrderByAMetricBelow) {
  AggregationSpec spec = Spec(AggregationKind::kTerms, "tags");
  spec.children = {Spec(AggregationKind::kStats, "price")};
  spec.order = {{.by = TermsOrder::By::kMetric, .descending = true, .metric = "price.max"}};
  EXPECT_EQ(Show(Run(spec)), R"("winter"=1 "sale"=2 "sport"=1 "home"=1)");
  spec.order[0].metric = "price.median";
  EXPECT_STATUS(TryRun(spec), kInvalidArgument);
}

TEST_F(AggregationTest, MetricsOverNumbers) {
  const AggregationResult stats = Run(Spec(AggregationKind::kStats, "price"));
  EXPECT_EQ(stats.count, 3u);
  EXPECT_EQ(stats.sum, 204.5);
  EXPECT_EQ(stats.min, 25);
  EXPECT_EQ(stats.max, 120);
  EXPECT_EQ(Run(Spec(AggregationKind::kValueCount, "sizes")).count, 5u);
  EXPECT_EQ(Run(Spec(AggregationKind::kValueCount, "tags")).count, 5u);
  EXPECT_EQ(Run(Spec(AggregationKind::kMax, "nothing")).count, 0u);
  AggregationSpec with_missing = Spec(AggregationKind::kSum, "stock");
  EXPECT_EQ(Run(with_missing).sum, 14);
  with_missing.missing = "10";
  EXPECT_EQ(Run(with_missing).sum, 34);
  EXPECT_EQ(TryRun(Spec(AggregationKind::kAvg, "tags")).status().message(),
            "Field [tags] of type [keyword] is not supported for aggregation [avg]");
}

TEST_F(AggregationTest, RangesMayOverlapAndCountADocumentOnce) {
  AggregationSpec spec = Spec(AggregationKind::kRange, "sizes");
  spec.ranges.resize(3);
  spec.ranges[0].from = 42;
  spec.ranges[1].to = 43;
  spec.ranges[2].from = 41;
  spec.ranges[2].to = 44;
  spec.ranges[2].key = "middle";
  EXPECT_EQ(Show(Run(spec)), R"("*-43.0"=2 "middle"=2 "42.0-*"=2)");
}

TEST_F(AggregationTest, FiltersHaveBucketsOfTheirOwnWithAggregationsBelow) {
  AggregationSpec spec;
  spec.kind = AggregationKind::kFilters;
  spec.keyed = true;
  spec.filters = {{"red", MakeTerm("name", "red")},
                  {"cheap", MakeRange("price", std::nullopt, Bound{"60"})}};
  spec.children = {Spec(AggregationKind::kTerms, "tags")};
  const AggregationResult result = Run(spec);
  EXPECT_EQ(Show(result), R"("cheap"=2 "red"=3)");
  EXPECT_EQ(Show(result.buckets[0].children[0]), R"("sale"=2 "home"=1 "sport"=1)");
  EXPECT_EQ(Show(result.buckets[1].children[0]), R"("sale"=2 "home"=1 "sport"=1 "winter"=1)");
  spec.kind = AggregationKind::kFilter;
  spec.filters.resize(1);
  EXPECT_EQ(Run(spec).buckets[0].doc_count, 3u);
}

TEST_F(AggregationTest, MoreBucketsThanAllowedAreRefused) {
  const auto view = shop_.view();
  SearchRequest request;
  request.aggregations = {Spec(AggregationKind::kTerms, "tags")};
  SearchOptions options = shop_.options();
  options.max_buckets = 3;
  const Result<SearchResult> result =
      search::Search(*view, {{view->Find("products")}}, request, options);
  EXPECT_STATUS(result, kResourceExhausted);
  EXPECT_TRUE(result.status().message().starts_with(
      "Trying to create too many buckets. Must be less than or equal to: [3]"));
  AggregationSpec deep = Spec(AggregationKind::kTerms, "tags");
  for (uint32_t i = 0; i < kMaxAggregationDepth; ++i) {
    AggregationSpec outer = Spec(AggregationKind::kTerms, "tags");
    outer.children = {deep};
    deep = outer;
  }
  EXPECT_STATUS(TryRun(deep), kInvalidArgument);
}

// `levels` of 200 filters that match all, a metric below.
AggregationSpec NestedFilters(int levels) {
  AggregationSpec spec;
  spec.name = "max";
  spec.kind = AggregationKind::kMax;
  spec.field = "price";
  for (int level = 0; level < levels; ++level) {
    AggregationSpec outer;
    outer.name = "filters";
    outer.kind = AggregationKind::kFilters;
    for (int i = 0; i < 200; ++i) {
      outer.filters.push_back({std::to_string(i), MakeMatchAll()});
    }
    outer.children = {spec};
    spec = outer;
  }
  return spec;
}

TEST_F(AggregationTest, AllMemoryOfASearchIsBounded) {
  const auto view = shop_.view();
  SearchOptions options = shop_.options();
  options.max_aggregation_bytes = 100'000;
  for (const AggregationSpec& spec :
       {NestedFilters(2), NestedFilters(3), Spec(AggregationKind::kMax, "price")}) {
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
  ASSERT_EQ(whole.buckets.size(), 200u);
  EXPECT_EQ(whole.buckets[199].children[0].buckets[199].children[0].max, 120);
}

TEST_F(AggregationTest, TermsCountAgainstTheMemoryToo) {
  const auto view = shop_.view();
  SearchOptions options = shop_.options();
  options.max_aggregation_bytes = 200;
  for (const char* field : {"tags", "sizes"}) {
    SearchRequest request;
    request.aggregations = {Spec(AggregationKind::kTerms, field)};
    EXPECT_STATUS(search::Search(*view, {{view->Find("products")}}, request, options),
                  kResourceExhausted);
  }
}

TEST_F(AggregationTest, OnlySoManyInARequest) {
  AggregationSpec spec = Spec(AggregationKind::kTerms, "tags");
  spec.children.assign(kMaxAggregations - 1, Spec(AggregationKind::kMax, "price"));
  EXPECT_OK(TryRun(spec));
  spec.children.push_back(Spec(AggregationKind::kMax, "price"));
  EXPECT_STATUS(TryRun(spec), kInvalidArgument);
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

}  // namespace
}  // namespace binseek::search::test
