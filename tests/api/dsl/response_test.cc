#include "api/dsl/response.h"

#include <memory>
#include <utility>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "tests/api/dsl/dsl_matchers.h"
#include "tests/support/status_matchers.h"

namespace binseek::api::dsl {
namespace {

using search::AggregationBucket;
using search::AggregationKind;
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

AggregationResult Metric(AggregationKind kind, const char* type) {
  AggregationResult metric;
  metric.name = "m";
  metric.kind = kind;
  metric.type_name = type;
  return metric;
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
  AggregationResult terms;
  terms.name = "colors";
  terms.kind = AggregationKind::kTerms;
  terms.type_name = "sterms";
  terms.sum_other_doc_count = 4;
  AggregationBucket bucket;
  bucket.key_json = "1";
  bucket.key_text = "1";
  bucket.key_as_string = "true";
  bucket.doc_count = 2;
  AggregationResult average = Metric(AggregationKind::kAvg, "avg");
  average.count = 2;
  average.sum = 5;
  bucket.children.push_back(average);
  terms.buckets.push_back(bucket);
  EXPECT_EQ(Aggregations(terms),
            R"({"colors":{"doc_count_error_upper_bound":0,"sum_other_doc_count":4,)"
            R"("buckets":[{"key":1,"key_as_string":"true","doc_count":2,"m":{"value":2.5}}]}})");
  EXPECT_EQ(
      Aggregations(terms, true),
      R"({"sterms#colors":{"doc_count_error_upper_bound":0,"sum_other_doc_count":4,)"
      R"("buckets":[{"key":1,"key_as_string":"true","doc_count":2,"avg#m":{"value":2.5}}]}})");
}

TEST(ResponseTest, RangesAndFiltersKeyedAndNot) {
  AggregationResult ranges;
  ranges.name = "r";
  ranges.kind = AggregationKind::kRange;
  AggregationBucket bucket;
  bucket.key_json = R"("*-50.0")";
  bucket.key_text = "*-50.0";
  bucket.to = 50;
  bucket.doc_count = 1;
  ranges.buckets.push_back(bucket);
  EXPECT_EQ(Aggregations(ranges),
            R"({"r":{"buckets":[{"key":"*-50.0","to":50.0,"doc_count":1}]}})");
  ranges.keyed = true;
  EXPECT_EQ(Aggregations(ranges), R"({"r":{"buckets":{"*-50.0":{"to":50.0,"doc_count":1}}}})");

  AggregationResult filters;
  filters.name = "f";
  filters.kind = AggregationKind::kFilters;
  filters.buckets.emplace_back();
  filters.buckets[0].key_json = "\"\"";
  EXPECT_EQ(Aggregations(filters), R"({"f":{"buckets":[{"doc_count":0}]}})");
  filters.keyed = true;
  filters.buckets[0].key_text = "a";
  EXPECT_EQ(Aggregations(filters), R"({"f":{"buckets":{"a":{"doc_count":0}}}})");
  filters.kind = AggregationKind::kFilter;
  EXPECT_EQ(Aggregations(filters), R"({"f":{"doc_count":0}})");
}

TEST(ResponseTest, MetricsWithAndWithoutValues) {
  EXPECT_EQ(Aggregations(Metric(AggregationKind::kMin, "min")), R"({"m":{"value":null}})");
  EXPECT_EQ(Aggregations(Metric(AggregationKind::kAvg, "avg")), R"({"m":{"value":null}})");
  EXPECT_EQ(Aggregations(Metric(AggregationKind::kSum, "sum")), R"({"m":{"value":0.0}})");
  EXPECT_EQ(Aggregations(Metric(AggregationKind::kValueCount, "value_count")),
            R"({"m":{"value":0}})");
  EXPECT_EQ(Aggregations(Metric(AggregationKind::kStats, "stats")),
            R"({"m":{"count":0,"min":null,"max":null,"avg":null,"sum":0.0}})");
  AggregationResult max = Metric(AggregationKind::kMax, "max");
  max.count = 1;
  max.max = 86400000;
  max.date = true;
  EXPECT_EQ(Aggregations(max, true),
            R"({"max#m":{"value":86400000.0,"value_as_string":"1970-01-02T00:00:00.000Z"}})");
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
