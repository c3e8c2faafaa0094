#include "api/dsl/aggregation_parser.h"

#include "tests/api/dsl/dsl_matchers.h"

namespace binseek::api::dsl {
namespace {

using search::AggregationKind;
using search::AggregationSpec;
using search::TermsOrder;

AggregationSpec Only(const char* definition) {
  auto specs = ParseAggregations(Json(std::string(R"({"a":)") + definition + "}"));
  EXPECT_EQ(ErrorOf(specs), "") << definition;
  return specs.ok() && specs->size() == 1 ? (*specs)[0] : AggregationSpec();
}

TEST(AggregationParserTest, TermsAreRead) {
  const AggregationSpec spec = Only(
      R"({"terms":{"field":"color","size":5,"min_doc_count":2,"missing":"none","shard_size":50,)"
      R"("order":[{"avg_price":"desc"},{"stats_price.max":"asc"},{"_count":"asc"},{"_key":"desc"}]},)"
      R"("aggs":{"avg_price":{"avg":{"field":"price"}},"stats_price":{"stats":{"field":"price"}}}})");
  EXPECT_EQ(spec.name, "a");
  EXPECT_EQ(spec.kind, AggregationKind::kTerms);
  EXPECT_EQ(spec.field, "color");
  EXPECT_EQ(spec.size, 5u);
  EXPECT_EQ(spec.min_doc_count, 2u);
  EXPECT_EQ(spec.missing, "none");
  ASSERT_EQ(spec.order.size(), 4u);
  EXPECT_EQ(spec.order[0].metric, "avg_price");
  EXPECT_EQ(spec.order[1].metric, "stats_price.max");
  EXPECT_EQ(spec.order[2].by, TermsOrder::By::kCount);
  EXPECT_FALSE(spec.order[2].descending);
  EXPECT_EQ(spec.order[3].by, TermsOrder::By::kKey);
  ASSERT_EQ(spec.children.size(), 2u);
  EXPECT_EQ(spec.children[1].kind, AggregationKind::kStats);
}

TEST(AggregationParserTest, TermsAreOrderedByTheCountOfAFilter) {
  for (const char* path : {"high", "high._count", "high.doc_count"}) {
    const AggregationSpec spec =
        Only((std::string(R"({"terms":{"field":"a","order":{")") + path + R"(":"desc"}},)" +
              R"("aggs":{"high":{"filter":{"match_all":{}}}}})")
                 .c_str());
    ASSERT_EQ(spec.order.size(), 1u) << path;
    EXPECT_EQ(spec.order[0].metric, path);
  }
}

TEST(AggregationParserTest, RangesAndFiltersAreRead) {
  const AggregationSpec range = Only(
      R"({"range":{"field":"p","keyed":true,"ranges":[{"to":10},{"key":"mid","from":"10","to":20.5},{"from":20.5,"to":null}]}})");
  ASSERT_EQ(range.ranges.size(), 3u);
  EXPECT_TRUE(range.keyed);
  EXPECT_FALSE(range.ranges[0].from);
  EXPECT_EQ(range.ranges[1].key, "mid");
  EXPECT_EQ(range.ranges[1].from, 10.0);
  EXPECT_FALSE(range.ranges[2].to);

  const AggregationSpec named =
      Only(R"({"filters":{"filters":{"b":{"match_all":{}},"a":{"term":{"x":1}}}}})");
  ASSERT_EQ(named.filters.size(), 2u);
  EXPECT_EQ(named.filters[0].name, "a") << "in order of names";
  EXPECT_TRUE(named.keyed);
  EXPECT_FALSE(Only(R"({"filters":{"filters":{"a":{"match_all":{}}},"keyed":false}})").keyed);
  EXPECT_FALSE(Only(R"({"filters":{"filters":[{"match_all":{}}]}})").keyed);
  EXPECT_EQ(Only(R"({"filter":{"term":{"x":1}}})").filters.size(), 1u);
}

TEST(AggregationParserTest, MetricsAreRead) {
  for (const char* type : {"min", "max", "avg", "sum", "stats", "value_count"}) {
    const AggregationSpec spec =
        Only((std::string(R"({")") + type + R"(":{"field":"price","missing":0}})").c_str());
    EXPECT_EQ(spec.field, "price") << type;
    EXPECT_EQ(spec.missing, "0") << type;
  }
}

TEST(AggregationParserTest, BadAggregationsAreRefused) {
  const std::string illegal = "400 illegal_argument_exception: ";
  const std::string parsing = "400 parsing_exception: ";
  const std::string content = "400 x_content_parse_exception: ";
  const std::pair<const char*, std::string> refusals[] = {
      {R"({"a":1})", parsing + "Aggregation definition for [a starts with a [VALUE_NUMBER], "
                               "expected a [START_OBJECT]."},
      {R"({"a":{}})", parsing + "Missing definition for aggregation [a]"},
      {R"({"a[1]":{"avg":{"field":"x"}}})",
       parsing + "Invalid aggregation name [a[1]]. Aggregation names can contain any character "
                 "except '[', ']', and '>'"},
      {R"({"a":{"avg":1}})",
       parsing + "Expected [START_OBJECT] under [avg], but got a [VALUE_NUMBER] in [a]"},
      {R"({"a":{"trms":{}}})", parsing + "Unknown aggregation type [trms] did you mean [terms]?"},
      {R"({"a":{"avg":{"field":"x"},"min":{"field":"x"}}})",
       parsing + "Found two aggregation type definitions in [a]: [avg] and [min]"},
      {R"({"a":{"avg":{"field":"x"},"aggs":{"b":{"avg":{"field":"x"}}}}})",
       "400 aggregation_initialization_exception: Aggregator [a] of type [avg] cannot accept "
       "sub-aggregations"},
      {R"({"a":{"avg":{}}})",
       illegal + "Required one of fields [field, script], but none were specified. "},
      {R"({"a":{"terms":{"field":"x","sise":1}}})",
       content + "[terms] unknown field [sise] did you mean [size]?"},
      {R"({"a":{"terms":{"field":"x","size":0}}})",
       illegal + "[size] must be greater than 0. Found [0] in [a]"},
      {R"({"a":{"terms":{"field":"x","order":{"b":"asc"}}}})",
       "400 aggregation_execution_exception: Invalid aggregation order path [b]. The provided "
       "aggregation [b] either does not "
       "exist, or is a pipeline aggregation and cannot be used to sort the buckets."},
      {R"({"a":{"range":{"field":"x"}}})",
       illegal + "No [ranges] specified for the [a] aggregation"},
      {R"({"a":{"range":{"field":"x","ranges":[{"frm":1}]}}})",
       content + "[range] unknown field [frm] did you mean [from]?"},
      {R"({"a":{"filters":{}}})", illegal + "[filters] cannot be empty"},
      {R"({"a":{"filters":{"filters":[]}}})", illegal + "[filters] cannot be empty"},
      {R"({"a":{"filter":{}}})", illegal + "query malformed, empty clause found"},
      {R"({"a":{"histogram":{"field":"x"}}})",
       illegal + "[histogram] aggregation is not supported by binseek"},
      {R"({"a":{"terms":{"field":"x","include":"a.*"}}})",
       illegal + "[include] of a [terms] aggregation is not supported by binseek"},
      {R"({"a":{"avg":{"field":"x","script":{}}}})",
       illegal + "[script] of a [avg] aggregation is not supported by binseek"},
  };
  for (const auto& [json, error] : refusals) {
    EXPECT_EQ(ErrorOf(ParseAggregations(Json(json))), error) << json;
  }
}

TEST(AggregationParserTest, DeepNestingIsRefused) {
  const auto nested = [](uint32_t depth) {
    std::string json = R"({"a":{"filter":{"match_all":{}}}})";
    for (uint32_t i = 1; i < depth; ++i) {
      json = R"({"a":{"filter":{"match_all":{}},"aggs":)" + json + "}}";
    }
    return json;
  };
  EXPECT_EQ(ErrorOf(ParseAggregations(Json(nested(search::kMaxAggregationDepth)))), "");
  EXPECT_NE(ErrorOf(ParseAggregations(Json(nested(search::kMaxAggregationDepth + 1)))), "");
}

}  // namespace
}  // namespace binseek::api::dsl
