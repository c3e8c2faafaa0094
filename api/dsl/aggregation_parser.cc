#include "api/dsl/aggregation_parser.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/aggregation_kinds.h"
#include "api/dsl/arguments.h"
#include "engine/search/bucket_order.h"
#include "engine/search/pipeline_aggregation.h"

namespace binseek::api::dsl {
namespace {

using search::AggregationSpec;

struct AggregationType {
  std::string_view name;
  AggregationResultOr (*parse)(const AggregationBody& body);
};
// The registry: a kind of aggregation is a line here, its options and its aggregator in engine/search, and a function that reads its body (aggregation_kinds.h).
constexpr AggregationType kTypes[] = {{"terms", ParseTermsAggregation},
                                      {"rare_terms", ParseRareTermsAggregation},
                                      {"significant_terms", ParseSignificantTermsAggregation},
                                      {"range", ParseRangeAggregation},
                                      {"date_range", ParseRangeAggregation},
                                      {"ip_range", ParseIpRangeAggregation},
                                      {"geo_distance", ParseGeoDistanceAggregation},
                                      {"sampler", ParseSamplerAggregation},
                                      {"filter", ParseFilterAggregation},
                                      {"filters", ParseFiltersAggregation},
                                      {"adjacency_matrix", ParseAdjacencyMatrixAggregation},
                                      {"global", ParseGlobalAggregation},
                                      {"missing", ParseMissingAggregation},
                                      {"histogram", ParseHistogramAggregation},
                                      {"date_histogram", ParseDateHistogramAggregation},
                                      {"composite", ParseCompositeAggregation},
                                      {"top_hits", ParseTopHitsAggregation},
                                      {"nested", ParseNestedAggregation},
                                      {"reverse_nested", ParseReverseNestedAggregation},
                                      {"min", ParseMetricAggregation},
                                      {"max", ParseMetricAggregation},
                                      {"avg", ParseMetricAggregation},
                                      {"sum", ParseMetricAggregation},
                                      {"value_count", ParseMetricAggregation},
                                      {"stats", ParseMetricAggregation},
                                      {"extended_stats", ParseMetricAggregation},
                                      {"weighted_avg", ParseWeightedAvgAggregation},
                                      {"cardinality", ParseCardinalityAggregation},
                                      {"percentiles", ParsePercentilesAggregation},
                                      {"percentile_ranks", ParsePercentilesAggregation},
                                      {"avg_bucket", ParseBucketMetricPipeline},
                                      {"max_bucket", ParseBucketMetricPipeline},
                                      {"min_bucket", ParseBucketMetricPipeline},
                                      {"sum_bucket", ParseBucketMetricPipeline},
                                      {"stats_bucket", ParseBucketMetricPipeline},
                                      {"extended_stats_bucket", ParseBucketMetricPipeline},
                                      {"percentiles_bucket", ParseBucketMetricPipeline},
                                      {"cumulative_sum", ParseSequencePipeline},
                                      {"derivative", ParseSequencePipeline},
                                      {"serial_diff", ParseSequencePipeline},
                                      {"moving_fn", ParseSequencePipeline},
                                      {"bucket_script", ParseScriptPipeline},
                                      {"bucket_selector", ParseScriptPipeline},
                                      {"bucket_sort", ParseBucketSortPipeline}};

// Aggregations of Elasticsearch's that binseek does not have.
constexpr std::string_view kForeignNames[] = {"auto_date_histogram",
                                              "boxplot",
                                              "categorize_text",
                                              "children",
                                              "diversified_sampler",
                                              "frequent_item_sets",
                                              "geo_bounds",
                                              "geo_centroid",
                                              "geohash_grid",
                                              "geotile_grid",
                                              "matrix_stats",
                                              "median_absolute_deviation",
                                              "multi_terms",
                                              "normalize",
                                              "parent",
                                              "rate",
                                              "scripted_metric",
                                              "significant_text",
                                              "string_stats",
                                              "t_test",
                                              "time_series",
                                              "top_metrics",
                                              "variable_width_histogram"};

DslResult<std::vector<AggregationSpec>> ParseLevel(const JsonValue& json, uint32_t depth);

DslResult<const AggregationType*> FindType(const std::string& type) {
  std::vector<std::string_view> names;
  for (const AggregationType& known : kTypes) {
    names.push_back(known.name);
    if (known.name == type) {
      return &known;
    }
  }
  if (Contains(kForeignNames, type)) {
    return Unsupported("[" + type + "] aggregation");
  }
  return ParsingError("Unknown aggregation type [" + type + "]" + Suggestion(type, names));
}

DslStatus ReadType(const std::string& type, const JsonValue& body, bool typed,
                   std::string* name_of_type, AggregationSpec* spec) {
  if (!body.is_object()) {
    return ParsingError("Expected [START_OBJECT] under [" + type + "], but got a [" +
                        std::string(TokenName(body)) + "] in [" + spec->name + "]");
  }
  if (typed) {
    return ParsingError("Found two aggregation type definitions in [" + spec->name + "]: [" +
                        *name_of_type + "] and [" + type + "]");
  }
  *name_of_type = type;
  BINSEEK_DSL_ASSIGN_OR_RETURN(const AggregationType* const known, FindType(type));
  BINSEEK_DSL_ASSIGN_OR_RETURN(spec->what, known->parse({type, spec->name, body}));
  return std::nullopt;
}

// Itself, or within what has one bucket for each that comes in.
bool HasComposite(const AggregationSpec& spec) {
  constexpr std::string_view kSingle[] = {"filter", "nested", "reverse_nested"};
  return spec.what->type() == "composite" ||
         (Contains(kSingle, spec.what->type()) &&
          std::any_of(spec.children.begin(), spec.children.end(), HasComposite));
}

DslStatus CheckChildren(const AggregationSpec& spec, const std::string& type) {
  if (spec.children.empty()) {
    return std::nullopt;
  }
  if (spec.what->pipeline() != nullptr || !spec.what->has_buckets()) {
    return DslError{.type = "aggregation_initialization_exception",
                    .reason = "Aggregator [" + spec.name + "] of type [" + type +
                              "] cannot accept sub-aggregations"};
  }
  constexpr std::string_view kSingle[] = {"filter", "nested", "reverse_nested"};
  for (const AggregationSpec& child : spec.children) {
    if (!Contains(kSingle, type) && HasComposite(child)) {
      return IllegalArgument(
          "[composite] aggregation cannot be used with a parent aggregation of type: [" + type +
          "]");
    }
  }
  return std::nullopt;
}

DslResult<AggregationSpec> ParseOne(const std::string& name, const JsonValue& definition,
                                    uint32_t depth) {
  if (name.empty() || name.find_first_of("[]>") != std::string::npos) {
    return ParsingError("Invalid aggregation name [" + name +
                        "]. Aggregation names can contain any character except '[', ']', and '>'");
  }
  if (!definition.is_object()) {
    return ParsingError("Aggregation definition for [" + name + " starts with a [" +
                        std::string(TokenName(definition)) + "], expected a [START_OBJECT].");
  }
  AggregationSpec spec;
  spec.name = name;
  std::string type;
  bool typed = false;
  bool nested = false;
  for (const auto& [key, value] : definition.members()) {
    if (key == "meta") {
      if (!value.is_object()) {
        return ParsingError("Expected [START_OBJECT] under [meta], but got a [" +
                            std::string(TokenName(value)) + "] in [" + name + "]");
      }
      JsonWriter(&spec.meta).Value(value);
      continue;
    }
    if (key == "aggs" || key == "aggregations") {
      if (nested) {
        return ParsingError("Found two sub aggregation definitions under [" + name + "]");
      }
      nested = true;
      BINSEEK_DSL_ASSIGN_OR_RETURN(spec.children, ParseLevel(value, depth + 1));
    } else {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadType(key, value, typed, &type, &spec));
      typed = true;
    }
  }
  if (!typed) {
    return ParsingError("Missing definition for aggregation [" + name + "]");
  }
  BINSEEK_DSL_RETURN_IF_ERROR(CheckChildren(spec, type));
  return spec;
}

DslResult<std::vector<AggregationSpec>> ParseLevel(const JsonValue& json, uint32_t depth) {
  if (!json.is_object()) {
    return ParsingError("Expected [START_OBJECT] under [aggs], but got a [" +
                        std::string(TokenName(json)) + "]");
  }
  if (depth > search::kMaxAggregationDepth) {
    return IllegalArgument("aggregations are nested deeper than [" +
                           std::to_string(search::kMaxAggregationDepth) + "]");
  }
  std::vector<AggregationSpec> specs;
  for (const auto& [name, definition] : json.members()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(AggregationSpec spec, ParseOne(name, definition, depth));
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace

DslResult<std::vector<AggregationSpec>> ParseAggregations(const JsonValue& json) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(std::vector<AggregationSpec> specs, ParseLevel(json, 1));
  Status status = search::CheckOrders(specs);
  if (status.ok()) {
    status = search::CheckPipelines(specs);
  }
  if (!status.ok()) {
    return ErrorFromStatus(status);
  }
  return specs;
}

}  // namespace binseek::api::dsl
