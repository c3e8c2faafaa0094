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

}  // namespace
}  // namespace binseek::search::test
