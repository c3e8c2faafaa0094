#include "api/dsl/response.h"

#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "engine/index/engine.h"
#include "engine/search/aggregation_result.h"
#include "engine/search/value_format.h"
#include "engine/store/ram_directory.h"
#include "tests/api/dsl/dsl_matchers.h"
#include "tests/support/status_matchers.h"

namespace binseek::api::dsl {
namespace {

using search::AggregationBucket;
using search::AggregationResult;
using search::SearchResult;

std::string Written(const SearchResult& result, const SearchBody& body = {},
                    const ResponseOptions& options = {}) {
  std::string out;
  EXPECT_OK(AppendSearchResponse(result, body, options, &out));
  return out;
}

std::string Aggregations(AggregationResult aggregation, bool typed_keys = false) {
  SearchResult result;
  result.aggregations.push_back(std::move(aggregation));
  const std::string response = Written(result, {}, {.typed_keys = typed_keys});
  const std::string start = R"("aggregations":)";
  const size_t at = response.find(start);
  return at == std::string::npos
             ? response
             : response.substr(at + start.size(), response.size() - at - start.size() - 1);
}

AggregationResult Named(AggregationResult::Body body, const char* type = "x") {
  return {.name = "m", .type_name = type, .body = std::move(body)};
}

TEST(ResponseTest, NoHits) {
  SearchResult result;
  result.shards = 2;
  result.total = search::TotalHits{};
  EXPECT_EQ(
      Written(result, {}, {.took_ms = 3}),
      R"({"took":3,"timed_out":false,"_shards":{"total":2,"successful":2,"skipped":0,"failed":0},)"
      R"("hits":{"total":{"value":0,"relation":"eq"},"max_score":null,"hits":[]}})");
}

TEST(ResponseTest, HitsShowWhatTheBodyAsksFor) {
  index::EngineOptions engine_options;
  engine_options.directory = std::make_shared<store::RamDirectory>();
  const auto engine = index::Engine::Open(std::move(engine_options)).value();
  const index::IndexId id = engine->CreateIndex("shop", mapping::Mapping(), "{}").value();
  index::Batch batch;
  batch.operations.emplace_back();
  batch.operations[0].index = id;
  batch.operations[0].key = "7";
  ASSERT_OK(engine->Apply(batch));
  const auto view = engine->View();
  SearchResult result;
  result.shards = 1;
  result.total = search::TotalHits{.value = 10000, .exact = false};
  result.max_score = 1.5F;
  result.terminated_early = true;
  search::Hit hit;
  hit.index = view->Find("shop");
  hit.id = "7";
  hit.score = 1.5F;
  hit.sort = {"12", "\"red\"", "null"};
  hit.version = 3;
  hit.seq_no = 9;
  result.hits = {hit};
  SearchBody body;
  body.version = true;
  body.seq_no_primary_term = true;
  body.source = SourceFilter::None();
  body.request.terminate_after = 5;
  EXPECT_EQ(
      Written(result, body, {.scroll_id = "abc"}),
      R"({"_scroll_id":"abc","took":0,"timed_out":false,"terminated_early":true,)"
      R"("_shards":{"total":1,"successful":1,"skipped":0,"failed":0},)"
      R"("hits":{"total":{"value":10000,"relation":"gte"},"max_score":1.5,"hits":[{"_index":"shop","_id":"7",)"
      R"("_version":3,"_seq_no":9,"_primary_term":1,"_score":1.5,"sort":[12,"red",null]}]}})");
}

TEST(ResponseTest, TotalsAsNumbers) {
  SearchResult result;
  EXPECT_NE(Written(result, {}, {.total_hits_as_int = true}).find(R"("hits":{"total":-1,)"),
            std::string::npos);
  EXPECT_NE(Written(result).find(R"("hits":{"max_score")"), std::string::npos)
      << "not counted: left out";
  result.total = search::TotalHits{.value = 12};
  EXPECT_NE(Written(result, {}, {.total_hits_as_int = true}).find(R"("total":12,)"),
            std::string::npos);
}

TEST(ResponseTest, TermsBuckets) {
  AggregationBucket bucket;
  bucket.key_json = "1";
  bucket.key_text = "1";
  bucket.key_number = 1;
  bucket.key_as_string = "true";
  bucket.doc_count = 2;
  bucket.children.push_back(Named(search::NumberResult{.value = 2.5}, "avg"));
  search::BucketsResult terms;
  terms.sum_other_doc_count = 4;
  terms.buckets.push_back(bucket);
  EXPECT_EQ(Aggregations(Named(terms, "sterms")),
            R"({"m":{"doc_count_error_upper_bound":0,"sum_other_doc_count":4,)"
            R"("buckets":[{"key":1,"key_as_string":"true","doc_count":2,"m":{"value":2.5}}]}})");
  EXPECT_EQ(
      Aggregations(Named(terms, "sterms"), true),
      R"({"sterms#m":{"doc_count_error_upper_bound":0,"sum_other_doc_count":4,)"
      R"("buckets":[{"key":1,"key_as_string":"true","doc_count":2,"avg#m":{"value":2.5}}]}})");
  terms.shows_errors = true;
  EXPECT_NE(Aggregations(Named(terms)).find(R"("doc_count":2,"doc_count_error_upper_bound":0)"),
            std::string::npos);
}

TEST(ResponseTest, RangesAndFiltersKeyedAndNot) {
  search::BucketsResult ranges;
  AggregationBucket bucket;
  bucket.key_json = R"("*-50.0")";
  bucket.key_text = "*-50.0";
  bucket.to = 50;
  bucket.doc_count = 1;
  ranges.buckets.push_back(bucket);
  EXPECT_EQ(Aggregations(Named(ranges)),
            R"({"m":{"buckets":[{"key":"*-50.0","to":50.0,"doc_count":1}]}})");
  ranges.keyed = true;
  EXPECT_EQ(Aggregations(Named(ranges)),
            R"({"m":{"buckets":{"*-50.0":{"to":50.0,"doc_count":1}}}})");

  search::BucketsResult filters;
  filters.shows_keys = false;
  filters.buckets.emplace_back();
  filters.buckets[0].key_json = "\"\"";
  EXPECT_EQ(Aggregations(Named(filters)), R"({"m":{"buckets":[{"doc_count":0}]}})");
  filters.keyed = true;
  filters.buckets[0].key_text = "a";
  EXPECT_EQ(Aggregations(Named(filters)), R"({"m":{"buckets":{"a":{"doc_count":0}}}})");
  EXPECT_EQ(Aggregations(Named(search::SingleBucketResult{})), R"({"m":{"doc_count":0}})");
}

TEST(ResponseTest, MetricsWithAndWithoutValues) {
  EXPECT_EQ(Aggregations(Named(search::NumberResult{})), R"({"m":{"value":null}})");
  EXPECT_EQ(Aggregations(Named(search::NumberResult{.value = 0})), R"({"m":{"value":0.0}})");
  EXPECT_EQ(Aggregations(Named(search::NumberResult{.value = 0, .integer = true})),
            R"({"m":{"value":0}})");
  EXPECT_EQ(Aggregations(Named(search::StatsResult{})),
            R"({"m":{"count":0,"min":null,"max":null,"avg":null,"sum":0.0}})");
  search::NumberResult max{.value = 86400000};
  max.format = search::MakeDateFormat("", "").value();
  EXPECT_EQ(Aggregations(Named(max, "max"), true),
            R"({"max#m":{"value":86400000.0,"value_as_string":"1970-01-02T00:00:00.000Z"}})");
  AggregationResult with_meta = Named(search::NumberResult{});
  with_meta.meta = R"({"a":1})";
  EXPECT_EQ(Aggregations(with_meta), R"({"m":{"meta":{"a":1},"value":null}})");
  search::StatsResult extended{.count = 2, .sum = 6, .min = 2, .max = 4};
  extended.extended = {.sum_of_squares = 20, .sigma = 2};
  EXPECT_EQ(
      Aggregations(Named(extended)),
      R"({"m":{"count":2,"min":2.0,"max":4.0,"avg":3.0,"sum":6.0,"sum_of_squares":20.0,"variance":1.0,)"
      R"("variance_population":1.0,"variance_sampling":2.0,"std_deviation":1.0,"std_deviation_population":1.0,)"
      R"("std_deviation_sampling":1.4142135623730951,"std_deviation_bounds":{"upper":5.0,"lower":1.0,)"
      R"("upper_population":5.0,"lower_population":1.0,"upper_sampling":5.82842712474619,"lower_sampling":0.1715728752538097}}})");
}

TEST(ResponseTest, PercentilesKeyedAndNot) {
  search::PercentilesResult percentiles{.values = {{50, 1.5}, {99.9, std::nan("")}}};
  EXPECT_EQ(Aggregations(Named(percentiles)), R"({"m":{"values":{"50.0":1.5,"99.9":null}}})");
  percentiles.keyed = false;
  EXPECT_EQ(Aggregations(Named(percentiles)),
            R"({"m":{"values":[{"key":50.0,"value":1.5},{"key":99.9,"value":null}]}})");
}

TEST(ErrorTest, ResponsesHaveElasticsearchsShape) {
  std::string out;
  AppendErrorResponse(ParsingError("unknown query [foo]"), &out);
  EXPECT_EQ(
      out,
      R"({"error":{"root_cause":[{"type":"parsing_exception","reason":"unknown query [foo]"}],)"
      R"("type":"parsing_exception","reason":"unknown query [foo]"},"status":400})");
  out.clear();
  AppendErrorResponse(
      ErrorFromStatus(Status::InvalidArgument("failed to create query: For input string: \"x\"")),
      &out);
  EXPECT_EQ(
      out,
      R"({"error":{"root_cause":[{"type":"query_shard_exception","reason":"failed to create query: For input string: \"x\""}],)"
      R"("type":"search_phase_execution_exception","reason":"all shards failed","phase":"query","grouped":true,)"
      R"("failed_shards":[{"shard":0,"reason":{"type":"query_shard_exception",)"
      R"("reason":"failed to create query: For input string: \"x\""}}]},"status":400})");
}

TEST(ErrorTest, EveryCodeHasAnHttpStatus) {
  const std::pair<Status, int> cases[] = {
      {Status::InvalidArgument("x"), 400},   {Status::NotFound("x"), 404},
      {Status::ResourceExhausted("x"), 429}, {Status::ResourceExhausted("many buckets"), 400},
      {Status::Unavailable("x"), 503},       {Status::Aborted("x"), 400},
      {Status::Corruption("x"), 500},        {Status::IoError("x"), 500},
      {Status::Internal("x"), 500},          {Status::FormatTooNew("x"), 500}};
  for (const auto& [status, http] : cases) {
    EXPECT_EQ(ErrorFromStatus(status).status, http) << status.ToString();
  }
}

}  // namespace
}  // namespace binseek::api::dsl
