#include "api/dsl/aggregation_parser.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/check.h"
#include "engine/search/cardinality_aggregation.h"
#include "engine/search/composite_aggregation.h"
#include "engine/search/filters_aggregation.h"
#include "engine/search/histogram_aggregation.h"
#include "engine/search/metric_aggregation.h"
#include "engine/search/percentiles_aggregation.h"
#include "engine/search/range_aggregation.h"
#include "engine/search/terms_aggregation.h"
#include "engine/search/top_hits_aggregation.h"
#include "tests/api/dsl/dsl_matchers.h"

namespace binseek::api::dsl {
namespace {

using search::AggregationSpec;
using search::BucketOrder;

AggregationSpec Only(const std::string& definition) {
  auto specs = ParseAggregations(Json(R"({"a":)" + definition + "}"));
  EXPECT_EQ(ErrorOf(specs), "") << definition;
  return specs.ok() && specs->size() == 1 ? (*specs)[0] : AggregationSpec();
}

template <class T>
T Options(const std::string& definition) {
  const AggregationSpec spec = Only(definition);
  const auto* const options = dynamic_cast<const T*>(spec.what.get());
  EXPECT_NE(options, nullptr) << definition;
  BINSEEK_CHECK(options != nullptr, "options of the kind");
  return *options;
}

TEST(AggregationParserTest, TermsAreRead) {
  const std::string json =
      R"({"terms":{"field":"color","size":5,"min_doc_count":2,"missing":"none","shard_size":50,)"
      R"("order":[{"avg_price":"desc"},{"stats_price.max":"asc"},{"_count":"asc"},{"_key":"desc"}]},)"
      R"("meta":{"x":1},"aggs":{"avg_price":{"avg":{"field":"price"}},"stats_price":{"stats":{"field":"price"}}}})";
  const AggregationSpec spec = Only(json);
  EXPECT_EQ(spec.name, "a");
  EXPECT_EQ(spec.meta, R"({"x":1})");
  ASSERT_EQ(spec.children.size(), 2u);
  EXPECT_EQ(spec.children[1].what->type(), "stats");
  const auto terms = Options<search::TermsAggregation>(json);
  EXPECT_EQ(terms.source.field, "color");
  EXPECT_EQ(terms.size, 5u);
  EXPECT_EQ(terms.min_doc_count, 2u);
  EXPECT_EQ(terms.source.missing, "none");
  ASSERT_EQ(terms.order.size(), 4u);
  EXPECT_EQ(terms.order[0].metric, "avg_price");
  EXPECT_EQ(terms.order[1].metric, "stats_price.max");
  EXPECT_EQ(terms.order[2].by, BucketOrder::By::kCount);
  EXPECT_FALSE(terms.order[2].descending);
  EXPECT_EQ(terms.order[3].by, BucketOrder::By::kKey);
}

TEST(AggregationParserTest, TermsAreOrderedByTheCountOfAFilter) {
  for (const char* path : {"high", "high._count", "high.doc_count", "high>top.max"}) {
    const auto terms = Options<search::TermsAggregation>(
        std::string(R"({"terms":{"field":"a","order":{")") + path +
        R"(":"desc"}},"aggs":{"high":{"filter":{"match_all":{}},"aggs":{"top":{"stats":{"field":"x"}}}}}})");
    ASSERT_EQ(terms.order.size(), 1u) << path;
    EXPECT_EQ(terms.order[0].metric, path);
  }
}

TEST(AggregationParserTest, TermsAreChosen) {
  auto terms = Options<search::TermsAggregation>(
      R"({"terms":{"field":"a","include":"a.*","exclude":["b",1],"collect_mode":"breadth_first","value_type":"string"}})");
  EXPECT_EQ(terms.filter.include_regexp, "a.*");
  EXPECT_EQ(terms.filter.exclude_values, (std::vector<std::string>{"b", "1"}));
  terms = Options<search::TermsAggregation>(
      R"({"terms":{"field":"a","include":{"partition":1,"num_partitions":3},"show_term_doc_count_error":true}})");
  EXPECT_EQ(terms.filter.partition, 1u);
  EXPECT_EQ(terms.filter.partitions, 3u);
  EXPECT_TRUE(terms.shows_errors);
}

TEST(AggregationParserTest, RangesAndFiltersAreRead) {
  const auto range = Options<search::RangeAggregation>(
      R"({"range":{"field":"p","keyed":true,"ranges":[{"to":10},{"key":"mid","from":"10","to":20.5},{"from":20.5,"to":null}]}})");
  ASSERT_EQ(range.ranges.size(), 3u);
  EXPECT_TRUE(range.keyed);
  EXPECT_FALSE(range.ranges[0].from);
  EXPECT_EQ(range.ranges[1].key, "mid");
  EXPECT_EQ(range.ranges[1].from, 10.0);
  EXPECT_FALSE(range.ranges[2].to);

  using search::FiltersAggregation;
  const auto named = Options<FiltersAggregation>(
      R"({"filters":{"filters":{"b":{"match_all":{}},"a":{"term":{"x":1}}}}})");
  ASSERT_EQ(named.filters.size(), 2u);
  EXPECT_EQ(named.filters[0].name, "a") << "in order of names";
  EXPECT_TRUE(named.named && named.keyed);
  EXPECT_FALSE(
      Options<FiltersAggregation>(R"({"filters":{"filters":{"a":{"match_all":{}}},"keyed":false}})")
          .keyed);
  EXPECT_FALSE(Options<FiltersAggregation>(R"({"filters":{"filters":[{"match_all":{}}]}})").named);
  EXPECT_NE(Options<search::FilterAggregation>(R"({"filter":{"term":{"x":1}}})").query, nullptr);
}

TEST(AggregationParserTest, HistogramsAreRead) {
  const auto numbers = Options<search::HistogramAggregation>(
      R"({"histogram":{"field":"p","interval":"2.5","offset":1,"keyed":true,"min_doc_count":1,)"
      R"("extended_bounds":{"min":0,"max":10},"hard_bounds":{"max":20},"order":{"_key":"desc"}}})");
  EXPECT_EQ(numbers.interval, 2.5);
  EXPECT_EQ(numbers.offset, 1);
  EXPECT_TRUE(numbers.options.keyed);
  EXPECT_EQ(numbers.options.min_doc_count, 1u);
  EXPECT_EQ(numbers.options.extended_bounds.max, 10);
  EXPECT_EQ(numbers.options.hard_bounds.max, 20);
  EXPECT_FALSE(numbers.options.hard_bounds.min);
  const auto dates = Options<search::DateHistogramAggregation>(
      R"({"date_histogram":{"field":"d","calendar_interval":"1M","offset":"-6h","time_zone":"Europe/Berlin",)"
      R"("extended_bounds":{"min":"2026-01","max":1770000000000}}})");
  EXPECT_EQ(dates.calendar, search::CalendarUnit::kMonth);
  EXPECT_EQ(dates.offset_ms, -6 * 3'600'000);
  EXPECT_EQ(dates.options.source.time_zone, "Europe/Berlin");
  EXPECT_EQ(dates.options.extended_bounds.min_text, "2026-01");
  EXPECT_EQ(dates.options.extended_bounds.max, 1.77e12);
  EXPECT_EQ(Options<search::DateHistogramAggregation>(
                R"({"date_histogram":{"field":"d","fixed_interval":"90m"}})")
                .fixed_ms,
            90 * 60'000);
}

TEST(AggregationParserTest, CompositesAreRead) {
  const auto composite = Options<search::CompositeAggregation>(
      R"({"composite":{"size":2,"sources":[{"c":{"terms":{"field":"color","order":"desc","missing_bucket":true}}},)"
      R"({"d":{"date_histogram":{"field":"d","fixed_interval":"1d"}}}],"after":{"d":5,"c":null}}})");
  ASSERT_EQ(composite.sources.size(), 2u);
  EXPECT_TRUE(composite.sources[0].descending && composite.sources[0].missing_bucket);
  EXPECT_EQ(composite.sources[1].fixed_ms, 86'400'000);
  EXPECT_EQ(composite.after, (search::CompositeAggregation::AfterKey{
                                 std::nullopt, std::optional<std::string>("5")}));
}

TEST(AggregationParserTest, TopHitsTakeThePartsOfASearch) {
  const auto top = Options<search::TopHitsAggregation>(
      R"({"top_hits":{"size":2,"from":1,"sort":[{"price":"desc"}],"_source":["name"]}})");
  EXPECT_EQ(top.size, 2u);
  EXPECT_EQ(top.from, 1u);
  ASSERT_EQ(top.sort.size(), 1u);
  EXPECT_EQ(top.sort[0].field, "price");
  EXPECT_EQ(Options<search::TopHitsAggregation>(R"({"top_hits":{}})").size, 3u);
}

TEST(AggregationParserTest, MetricsAreRead) {
  for (const char* type : {"min", "max", "avg", "sum", "stats", "value_count", "extended_stats"}) {
    const auto metric = Options<search::MetricAggregation>(std::string(R"({")") + type +
                                                           R"(":{"field":"price","missing":0}})");
    EXPECT_EQ(metric.type(), type);
    EXPECT_EQ(metric.source.field, "price") << type;
    EXPECT_EQ(metric.source.missing, "0") << type;
  }
  EXPECT_EQ(Options<search::CardinalityAggregation>(
                R"({"cardinality":{"field":"a","precision_threshold":100}})")
                .precision_threshold,
            100u);
  const auto ranks = Options<search::PercentilesAggregation>(
      R"({"percentile_ranks":{"field":"a","values":[5,1],"tdigest":{"compression":200}}})");
  EXPECT_TRUE(ranks.ranks);
  EXPECT_EQ(ranks.points, (std::vector<double>{1, 5}));
  EXPECT_EQ(ranks.compression, 200);
}

TEST(AggregationParserTest, PipelinesAreRead) {
  const auto specs = ParseAggregations(Json(
      R"({"h":{"date_histogram":{"field":"d","calendar_interval":"day"},"aggs":{"s":{"sum":{"field":"x"}},)"
      R"("sums":{"cumulative_sum":{"buckets_path":"s"}},"change":{"derivative":{"buckets_path":"s","unit":"1h"}},)"
      R"("ratio":{"bucket_script":{"buckets_path":{"a":"s","n":"_count"},"script":"params.a / params.n"}},)"
      R"("few":{"bucket_selector":{"buckets_path":{"n":"_count"},"script":{"source":"params.n > params.least","params":{"least":2}}}},)"
      R"("best":{"bucket_sort":{"sort":[{"s":{"order":"desc"}}],"size":3}},)"
      R"json("last":{"moving_fn":{"buckets_path":"s","window":3,"script":"MovingFunctions.sum(values)"}}}},)json"
      R"("most":{"max_bucket":{"buckets_path":"h>s"}}})"));
  EXPECT_EQ(ErrorOf(specs), "");
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
      {R"({"a":{"boxplot":{"field":"x"}}})",
       illegal + "[boxplot] aggregation is not supported by binseek"},
      {R"({"a":{"histogram":{"field":"x"}}})",
       illegal + "[interval] must be >0 for histogram aggregation [a]"},
      {R"({"a":{"date_histogram":{"field":"x"}}})",
       illegal + "Invalid interval specified, must be non-null and non-empty"},
      {R"({"a":{"date_histogram":{"field":"x","calendar_interval":"2d"}}})",
       illegal + "The supplied interval [2d] could not be parsed as a calendar interval."},
      {R"({"a":{"date_histogram":{"field":"x","calendar_interval":"day","fixed_interval":"1h"}}})",
       illegal + "Cannot use [fixed_interval] with [fixed_interval] or [calendar_interval] "
                 "configuration options."},
      {R"({"a":{"cardinality":{"field":"x","precision_threshold":-1}}})",
       illegal + "[precisionThreshold] must be greater than or equal to 0. Found [-1] in [a]"},
      {R"({"a":{"extended_stats":{"field":"x","sigma":-1}}})",
       illegal + "[sigma] must be greater than or equal to 0. Found [-1.0] in [a]"},
      {R"({"a":{"percentiles":{"field":"x","percents":[]}}})",
       illegal + "[percents] must not be an empty array: [a]"},
      {R"({"a":{"percentiles":{"field":"x","tdigest":{"compression":-1}}}})",
       illegal + "[compression] must be greater than or equal to 0. Found [-1.0]"},
      {R"({"a":{"significant_terms":{"field":"x","jlp":{}}}})",
       content + "[significant_terms] unknown field [jlp] did you mean [jlh]?"},
      {R"({"a":{"composite":{"sources":[]}}})",
       illegal + "Composite [sources] cannot be null or empty"},
      {R"({"a":{"composite":{"sources":[{"k":{"terms":{"field":"x"}}},{"k":{"terms":{"field":"y"}}}]}}})",
       illegal + "Composite source names must be unique, found duplicates: [k]"},
      {R"({"a":{"composite":{"sources":[{"k":{"terms":{"field":"x"}}}],"after":{"l":1}}}})",
       illegal + "Missing value for [after.k]"},
      {R"({"a":{"terms":{"field":"x"},"aggs":{"b":{"composite":{"sources":[{"k":{"terms":{"field":"x"}}}]}}}}})",
       illegal +
           "[composite] aggregation cannot be used with a parent aggregation of type: [terms]"},
      {R"({"a":{"bucket_sort":{"sort":["b"]}}})",
       "400 action_request_validation_exception: Validation Failed: 1: bucket_sort aggregation [a] "
       "must be declared inside of another aggregation;"},
      {R"({"a":{"max_bucket":{"buckets_path":"b>c"}}})",
       "400 action_request_validation_exception: Validation Failed: 1: buckets_path aggregation "
       "does not exist for aggregation [a]: b>c;"},
      {R"({"a":{"terms":{"field":"x"},"aggs":{"b":{"derivative":{"buckets_path":"_count"}}}}})",
       "400 action_request_validation_exception: Validation Failed: 1: derivative aggregation [b] "
       "must have a histogram, date_histogram or auto_date_histogram as parent;"},
      {R"({"a":{"terms":{"field":"x"},"aggs":{"b":{"bucket_script":{"buckets_path":{"c":"_count"},"script":"params.c +"}}}}})",
       "400 script_exception: compile error: script [params.c +]: unexpected token at 10; formulas "
       "over params are all that binseek runs"},
      {R"({"a":{"max_bucket":{}}})",
       parsing + "Missing required field [buckets_path] for max_bucket aggregation [a]"},
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
