// Aggregations, JSON in and JSON out, over the documents of a small shop.
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "api/dsl/response.h"
#include "api/dsl/search_request_parser.h"
#include "tests/api/dsl/dsl_matchers.h"
#include "tests/engine/search/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::api::dsl {
namespace {

class AggregationsTest : public search::test::ShopTest {
 protected:
  AggregationsTest() {
    shop_.CreateIndex("sales",
                      R"({"properties": {"at": {"type": "date"}, "amount": {"type": "double"},
      "who": {"type": "keyword"}}})");
    const char* const sales[] = {R"({"at":"2026-01-10T12:00:00Z","amount":10,"who":"ann"})",
                                 R"({"at":"2026-01-20T23:30:00Z","amount":20,"who":"bob"})",
                                 R"({"at":"2026-02-01T08:00:00Z","amount":60,"who":"ann"})",
                                 R"({"at":"2026-04-30T22:30:00Z","amount":30,"who":"cid"})"};
    int id = 0;
    for (const char* sale : sales) {
      shop_.Put("sales", std::to_string(id++), sale);
      shop_.Apply();
    }
  }

  // What stands under "aggregations", or the whole answer where there is an error.
  std::string Answer(std::string_view aggregations, const ResponseOptions& options = {},
                     const std::string& index = "sales") const {
    std::string out;
    auto body = ParseSearchBody(Json(R"({"size":0,"aggs":)" + std::string(aggregations) + "}"));
    if (!body.ok()) {
      AppendErrorResponse(body.error(), &out);
      return out;
    }
    const Result<search::SearchResult> result = shop_.TrySearch(body->request, {index});
    if (!result.ok()) {
      AppendErrorResponse(ErrorFromStatus(result.status()), &out);
      return out;
    }
    EXPECT_OK(AppendSearchResponse(*result, *body, options, &out));
    const std::string start = R"("aggregations":)";
    const size_t at = out.find(start) + start.size();
    return out.substr(at, out.size() - at - 1);
  }
};

TEST_F(AggregationsTest, MonthsAreFilledAndFormatted) {
  EXPECT_EQ(
      Answer(
          R"({"m":{"date_histogram":{"field":"at","calendar_interval":"month","format":"yyyy-MM"}}})"),
      R"({"m":{"buckets":[{"key":1767225600000,"key_as_string":"2026-01","doc_count":2},)"
      R"({"key":1769904000000,"key_as_string":"2026-02","doc_count":1},)"
      R"({"key":1772323200000,"key_as_string":"2026-03","doc_count":0},)"
      R"({"key":1775001600000,"key_as_string":"2026-04","doc_count":1}]}})");
  EXPECT_EQ(
      Answer(
          R"({"m":{"date_histogram":{"field":"at","calendar_interval":"month","time_zone":"Europe/Berlin",)"
          R"("min_doc_count":1,"keyed":true}}})",
          {.typed_keys = true}),
      R"({"date_histogram#m":{"buckets":{"2026-01-01T00:00:00.000+01:00":{"key":1767222000000,)"
      R"("key_as_string":"2026-01-01T00:00:00.000+01:00","doc_count":2},)"
      R"("2026-02-01T00:00:00.000+01:00":{"key":1769900400000,"key_as_string":"2026-02-01T00:00:00.000+01:00","doc_count":1},)"
      R"("2026-05-01T00:00:00.000+02:00":{"key":1777586400000,"key_as_string":"2026-05-01T00:00:00.000+02:00","doc_count":1}}}})")
      << "the last sale is of May there";
  EXPECT_EQ(
      Answer(
          R"({"h":{"histogram":{"field":"amount","interval":25,"format":"0.00","min_doc_count":1}}})"),
      R"({"h":{"buckets":[{"key":0.0,"key_as_string":"0.00","doc_count":2},)"
      R"({"key":25.0,"key_as_string":"25.00","doc_count":1},{"key":50.0,"key_as_string":"50.00","doc_count":1}]}})");
}

TEST_F(AggregationsTest, DateRangesAreReadInTheirFormatAndZone) {
  EXPECT_EQ(
      Answer(
          R"({"r":{"date_range":{"field":"at","format":"dd.MM.yyyy","ranges":[{"to":"01.02.2026"},{"from":"01.02.2026||+1d"}]}}})"),
      R"({"r":{"buckets":[{"key":"*-01.02.2026","to":1.769904e+12,"to_as_string":"01.02.2026","doc_count":2},)"
      R"({"key":"02.02.2026-*","from":1769990400000.0,"from_as_string":"02.02.2026","doc_count":1}]}})");
  EXPECT_EQ(
      Answer(
          R"({"r":{"date_range":{"field":"at","time_zone":"Europe/Berlin","ranges":[{"key":"spring","from":"2026-05-01"}]}}})"),
      R"({"r":{"buckets":[{"key":"spring","from":1777586400000.0,"from_as_string":"2026-05-01T00:00:00.000+02:00","doc_count":1}]}})");
}

TEST_F(AggregationsTest, PipelinesComputeFromBuckets) {
  const std::string months =
      R"({"m":{"date_histogram":{"field":"at","calendar_interval":"month","format":"M"},"aggs":{)"
      R"("s":{"sum":{"field":"amount"}},)";
  const auto bucket = [](const char* key, const char* month, int count, const char* sum,
                         const std::string& more) {
    return std::string(R"({"key":)") + key + R"(,"key_as_string":")" + month + R"(","doc_count":)" +
           std::to_string(count) + R"(,"s":{"value":)" + sum + "}" + more + "}";
  };
  const auto all = [&](const std::string& a, const std::string& b, const std::string& c,
                       const std::string& d) {
    return R"({"m":{"buckets":[)" + bucket("1767225600000", "1", 2, "30.0", a) + "," +
           bucket("1769904000000", "2", 1, "60.0", b) + "," +
           bucket("1772323200000", "3", 0, "0.0", c) + "," +
           bucket("1775001600000", "4", 1, "30.0", d) + "]}}";
  };
  EXPECT_EQ(Answer(months + R"("c":{"cumulative_sum":{"buckets_path":"s"}}}}})"),
            all(R"(,"c":{"value":30.0})", R"(,"c":{"value":90.0})", R"(,"c":{"value":90.0})",
                R"(,"c":{"value":120.0})"));
  EXPECT_EQ(
      Answer(months + R"("d":{"derivative":{"buckets_path":"s","gap_policy":"insert_zeros"}}}}})"),
      all("", R"(,"d":{"value":30.0})", R"(,"d":{"value":-60.0})", R"(,"d":{"value":30.0})"));
  EXPECT_EQ(Answer(months + R"("d":{"derivative":{"buckets_path":"s"}}}}})"),
            all("", R"(,"d":{"value":30.0})", R"(,"d":{"value":null})", R"(,"d":{"value":null})"))
      << "an empty bucket has no value";
  EXPECT_EQ(
      Answer(
          months +
          R"("a":{"bucket_script":{"buckets_path":{"s":"s","n":"_count"},"script":"params.s / params.n"}}}}})"),
      all(R"(,"a":{"value":15.0})", R"(,"a":{"value":60.0})", "", R"(,"a":{"value":30.0})"));
  EXPECT_EQ(
      Answer(
          months +
          R"json("f":{"moving_fn":{"buckets_path":"s","window":2,"gap_policy":"insert_zeros","script":"MovingFunctions.sum(values)"}}}}})json"),
      all(R"(,"f":{"value":0.0})", R"(,"f":{"value":30.0})", R"(,"f":{"value":90.0})",
          R"(,"f":{"value":60.0})"));
  EXPECT_EQ(
      Answer(months +
             R"("x":{"serial_diff":{"buckets_path":"s","lag":1,"gap_policy":"insert_zeros"}}}}})"),
      all("", R"(,"x":{"value":30.0})", R"(,"x":{"value":-60.0})", R"(,"x":{"value":30.0})"));
  EXPECT_EQ(
      Answer(months +
             R"("t":{"bucket_selector":{"buckets_path":{"s":"s"},"script":"params.s > 30"}}}}})"),
      R"({"m":{"buckets":[)" + bucket("1769904000000", "2", 1, "60.0", "") + "]}}");
  EXPECT_EQ(
      Answer(
          months +
          R"("o":{"bucket_sort":{"sort":[{"s":{"order":"desc"}},{"_key":{"order":"desc"}}],"from":1,"size":1}}}}})"),
      R"({"m":{"buckets":[)" + bucket("1775001600000", "4", 1, "30.0", "") + "]}}");
  EXPECT_EQ(
      Answer(
          R"({"w":{"terms":{"field":"who"},"aggs":{"s":{"sum":{"field":"amount"}},"o":{"bucket_sort":{"sort":["s"],"size":2}}}},)"
          R"("best":{"max_bucket":{"buckets_path":"w>s"}},"mean":{"avg_bucket":{"buckets_path":"w>s"}},)"
          R"("all":{"stats_bucket":{"buckets_path":"w>s"}},"half":{"percentiles_bucket":{"buckets_path":"w>s","percents":[50]}}})"),
      R"({"w":{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":"bob","doc_count":1,"s":{"value":20.0}},)"
      R"({"key":"cid","doc_count":1,"s":{"value":30.0}}]},"best":{"value":30.0,"keys":["cid"]},"mean":{"value":25.0},)"
      R"("all":{"count":2,"min":20.0,"max":30.0,"avg":25.0,"sum":50.0},"half":{"values":{"50.0":30.0}}})")
      << "siblings see what the bucket_sort has left";
}

TEST_F(AggregationsTest, PathsThatLeadToNoNumberAreRefused) {
  EXPECT_NE(
      Answer(
          R"({"w":{"terms":{"field":"who"},"aggs":{"x":{"terms":{"field":"who"}}}},"b":{"max_bucket":{"buckets_path":"w>x"}}})")
          .find("got: [StringTerms] at aggregation [x]"),
      std::string::npos);
  EXPECT_NE(
      Answer(
          R"({"w":{"terms":{"field":"who"},"aggs":{"x":{"percentiles":{"field":"amount"}}}},"b":{"max_bucket":{"buckets_path":"w>x"}}})")
          .find("but [x] contains multiple values. Please specify which to use."),
      std::string::npos);
  EXPECT_NE(Answer(R"({"w":{"terms":{"field":"who","order":{"nothing":"asc"}}}})")
                .find("aggregation_execution_exception"),
            std::string::npos);
  EXPECT_NE(Answer(R"({"w":{"terms":{"field":"who"},"aggs":{"g":{"global":{}}}}})")
                .find("aggregations can only be defined at the top level"),
            std::string::npos);
}

TEST_F(AggregationsTest, TopHitsAreShownAsHitsAre) {
  EXPECT_EQ(
      Answer(
          R"({"w":{"terms":{"field":"who","size":1},"aggs":{"t":{"top_hits":{"size":1,"sort":[{"amount":"desc"}],"_source":["amount"]}}}}})"),
      R"({"w":{"doc_count_error_upper_bound":0,"sum_other_doc_count":2,"buckets":[{"key":"ann","doc_count":2,)"
      R"("t":{"hits":{"total":{"value":2,"relation":"eq"},"max_score":null,"hits":[)"
      R"({"_index":"sales","_id":"2","_score":null,"_source":{"amount":60},"sort":[60.0]}]}}}]}})");
  EXPECT_EQ(
      Answer(R"({"t":{"top_hits":{"size":1,"_source":false}}})", {.total_hits_as_int = true}),
      R"({"t":{"hits":{"total":4,"max_score":1.0,"hits":[{"_index":"sales","_id":"0","_score":1.0}]}}})");
  EXPECT_NE(
      Answer(R"({"t":{"top_hits":{"size":101}}})").find("Top hits result window is too large"),
      std::string::npos);
}

TEST_F(AggregationsTest, CompositesNameWhereTheyEnd) {
  EXPECT_EQ(
      Answer(
          R"({"c":{"composite":{"size":2,"sources":[{"m":{"date_histogram":{"field":"at","calendar_interval":"month","format":"yyyy-MM"}}},{"w":{"terms":{"field":"who"}}}]}}})"),
      R"({"c":{"after_key":{"m":"2026-01","w":"bob"},"buckets":[{"key":{"m":"2026-01","w":"ann"},"doc_count":1},)"
      R"({"key":{"m":"2026-01","w":"bob"},"doc_count":1}]}})");
  EXPECT_EQ(
      Answer(
          R"({"c":{"composite":{"size":9,"after":{"m":"2026-02","w":"ann"},"sources":[{"m":{"date_histogram":{"field":"at","calendar_interval":"month","format":"yyyy-MM"}}},{"w":{"terms":{"field":"who"}}}]}}})"),
      R"({"c":{"after_key":{"m":"2026-04","w":"cid"},"buckets":[{"key":{"m":"2026-04","w":"cid"},"doc_count":1}]}})");
}

TEST_F(AggregationsTest, OtherKindsAreWrittenAsElasticsearchWritesThem) {
  EXPECT_EQ(
      Answer(
          R"({"n":{"cardinality":{"field":"who"}},"p":{"percentiles":{"field":"amount","percents":[50]}},)"
          R"("x":{"missing":{"field":"who"}},"g":{"global":{},"aggs":{"c":{"value_count":{"field":"who"}}}},)"
          R"("v":{"weighted_avg":{"value":{"field":"amount"},"weight":{"field":"amount"}}}})",
          {.typed_keys = true}),
      R"({"cardinality#n":{"value":3},"tdigest_percentiles#p":{"values":{"50.0":30.0}},"missing#x":{"doc_count":0},)"
      R"("global#g":{"doc_count":4,"value_count#c":{"value":4}},"weighted_avg#v":{"value":41.666666666666664}})");
  EXPECT_EQ(
      Answer(
          R"({"s":{"significant_terms":{"field":"who","min_doc_count":1,"background_filter":{"range":{"amount":{"gt":15}}}}}})",
          {.typed_keys = true}),
      R"({"sigsterms#s":{"doc_count":4,"bg_count":3,"buckets":[{"key":"ann","doc_count":2,"score":0.25,"bg_count":1}]}})");
  EXPECT_EQ(
      Answer(R"({"r":{"rare_terms":{"field":"who"}}})", {.typed_keys = true}),
      R"({"srareterms#r":{"buckets":[{"key":"bob","doc_count":1},{"key":"cid","doc_count":1}]}})");
}

}  // namespace
}  // namespace binseek::api::dsl
