#include "api/dsl/aggregation_parser.h"

#include <algorithm>
#include <utility>

#include "api/dsl/arguments.h"

namespace binseek::api::dsl {
namespace {

using search::AggregationKind;
using search::AggregationSpec;

struct AggregationType {
  std::string_view name;
  AggregationKind kind;
};
constexpr AggregationType kTypes[] = {
    {"terms", AggregationKind::kTerms},   {"range", AggregationKind::kRange},
    {"filter", AggregationKind::kFilter}, {"filters", AggregationKind::kFilters},
    {"min", AggregationKind::kMin},       {"max", AggregationKind::kMax},
    {"avg", AggregationKind::kAvg},       {"sum", AggregationKind::kSum},
    {"stats", AggregationKind::kStats},   {"value_count", AggregationKind::kValueCount}};

constexpr std::string_view kNames[] = {"terms", "range", "filter", "filters", "min",
                                       "max",   "avg",   "sum",    "stats",   "value_count"};

// Aggregations of Elasticsearch's that binseek does not have.
constexpr std::string_view kForeignNames[] = {"adjacency_matrix",
                                              "auto_date_histogram",
                                              "avg_bucket",
                                              "boxplot",
                                              "bucket_script",
                                              "bucket_selector",
                                              "bucket_sort",
                                              "cardinality",
                                              "categorize_text",
                                              "children",
                                              "composite",
                                              "cumulative_sum",
                                              "date_histogram",
                                              "date_range",
                                              "derivative",
                                              "diversified_sampler",
                                              "extended_stats",
                                              "extended_stats_bucket",
                                              "frequent_item_sets",
                                              "geo_bounds",
                                              "geo_centroid",
                                              "geo_distance",
                                              "geohash_grid",
                                              "geotile_grid",
                                              "global",
                                              "histogram",
                                              "ip_range",
                                              "matrix_stats",
                                              "max_bucket",
                                              "median_absolute_deviation",
                                              "min_bucket",
                                              "missing",
                                              "moving_fn",
                                              "multi_terms",
                                              "nested",
                                              "normalize",
                                              "parent",
                                              "percentile_ranks",
                                              "percentiles",
                                              "percentiles_bucket",
                                              "rare_terms",
                                              "rate",
                                              "reverse_nested",
                                              "sampler",
                                              "scripted_metric",
                                              "serial_diff",
                                              "significant_terms",
                                              "significant_text",
                                              "stats_bucket",
                                              "string_stats",
                                              "sum_bucket",
                                              "t_test",
                                              "time_series",
                                              "top_hits",
                                              "top_metrics",
                                              "variable_width_histogram",
                                              "weighted_avg"};

bool HasBuckets(AggregationKind kind) { return kind <= AggregationKind::kFilters; }

DslResult<std::vector<AggregationSpec>> ParseLevel(const JsonValue& json, uint32_t depth);

DslStatus FindType(const std::string& type, AggregationKind* kind) {
  for (const AggregationType& known : kTypes) {
    if (known.name == type) {
      *kind = known.kind;
      return std::nullopt;
    }
  }
  if (Contains(kForeignNames, type)) {
    return Unsupported("[" + type + "] aggregation");
  }
  return ParsingError("Unknown aggregation type [" + type + "]" + Suggestion(type, kNames));
}

std::string_view OrderSuffix(std::string_view path) {
  const size_t dot = path.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
}

// Checks that an order's "avg_price", "stats_price.max" or "some_filter" is a number of a direct child, and drops a needless ".value".
DslStatus CheckOrder(const AggregationSpec& spec, search::TermsOrder* order) {
  constexpr std::string_view kStatsNumbers[] = {"min", "max", "avg", "sum", "count"};
  for (const AggregationSpec& child : spec.children) {
    const std::string& path = order->metric;
    if (child.kind == AggregationKind::kFilter &&
        (path == child.name || path == child.name + "._count" ||
         path == child.name + ".doc_count")) {
      return std::nullopt;
    }
    const bool stats = child.kind == AggregationKind::kStats;
    if (!stats && (order->metric == child.name || order->metric == child.name + ".value")) {
      order->metric = child.name;
      return std::nullopt;
    }
    if (stats && order->metric.size() > child.name.size() &&
        order->metric.starts_with(child.name) && order->metric.rfind('.') == child.name.size() &&
        Contains(kStatsNumbers, OrderSuffix(order->metric))) {
      return std::nullopt;
    }
  }
  return DslError{.type = "aggregation_execution_exception",
                  .reason = "Invalid aggregation order path [" + order->metric +
                            "]. The provided aggregation [" + order->metric +
                            "] either does not exist, or is a pipeline aggregation and cannot be "
                            "used to sort the buckets.",
                  .from_shard = true};
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
  BINSEEK_DSL_RETURN_IF_ERROR(FindType(type, &spec->kind));
  return ParseAggregationBody(type, body, spec);
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
      return Unsupported("[meta] of an aggregation");
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
  if (!spec.children.empty() && !HasBuckets(spec.kind)) {
    return DslError{.type = "aggregation_initialization_exception",
                    .reason = "Aggregator [" + name + "] of type [" + type +
                              "] cannot accept sub-aggregations"};
  }
  for (search::TermsOrder& order : spec.order) {
    if (order.by == search::TermsOrder::By::kMetric) {
      BINSEEK_DSL_RETURN_IF_ERROR(CheckOrder(spec, &order));
    }
  }
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
  return ParseLevel(json, 1);
}

}  // namespace binseek::api::dsl
