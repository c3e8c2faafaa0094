#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "api/dsl/aggregation_kinds.h"
#include "engine/search/bucket_metric_pipelines.h"
#include "engine/search/bucket_script.h"
#include "engine/search/date_rounding.h"
#include "engine/search/parent_pipelines.h"
#include "engine/search/pipeline_aggregation.h"

namespace binseek::api::dsl {
namespace {

using search::BucketMetric;
using search::BucketMetricPipeline;
using search::BucketSortPipeline;
using search::GapPolicy;
using search::ScriptPipeline;
using search::Sequence;
using search::SequencePipeline;

template <class T>
DslStatus ReadGapPolicy(const ArgumentValue& value, T* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string policy, ReadText(value.json, value.place()));
  if (policy == "skip") {
    out->gap_policy = GapPolicy::kSkip;
  } else if (policy == "insert_zeros") {
    out->gap_policy = GapPolicy::kInsertZeros;
  } else if (policy == "keep_values") {
    out->gap_policy = GapPolicy::kKeepValues;
  } else {
    return ParsingError("Invalid gap policy: [" + policy +
                        "], accepted values: [insert_zeros, skip, keep_values]");
  }
  return std::nullopt;
}
template <class T>
DslStatus ReadFormat(const ArgumentValue& value, T* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->format, ReadText(value.json, value.place()));
  return std::nullopt;
}
// "a>b", or ["a>b"].
template <class T>
DslStatus ReadPath(const ArgumentValue& value, T* out) {
  const bool list = value.json.is_array();
  if (list && value.json.array().size() != 1) {
    return IllegalArgument("buckets_path must contain a single entry for aggregation [" +
                           value.body.name + "]");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->path,
                               ReadText(list ? value.json.array()[0] : value.json, value.place()));
  return std::nullopt;
}
DslError NoPath(const AggregationBody& body) {
  return ParsingError("Missing required field [buckets_path] for " + std::string(body.type) +
                      " aggregation [" + body.name + "]");
}

DslStatus ReadBucketSigma(const ArgumentValue& value, BucketMetricPipeline* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->sigma, ReadDouble(value.json, value.place()));
  return out->sigma >= 0 ? std::nullopt
                         : DslStatus(IllegalArgument("sigma must be a non-negative double"));
}
DslStatus ReadBucketPercents(const ArgumentValue& value, BucketMetricPipeline* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->percents, ReadDoubles(value));
  for (const double percent : out->percents) {
    if (percent < 0 || percent > 100) {
      return IllegalArgument(
          "percents must only contain non-null doubles from 0.0-100.0 inclusive");
    }
  }
  return std::nullopt;
}

constexpr Argument<BucketMetricPipeline> kBucketMetricArguments[] = {
    {"buckets_path", ReadPath}, {"gap_policy", ReadGapPolicy}, {"format", ReadFormat}};
constexpr Argument<BucketMetricPipeline> kExtendedStatsArguments[] = {{"buckets_path", ReadPath},
                                                                      {"gap_policy", ReadGapPolicy},
                                                                      {"format", ReadFormat},
                                                                      {"sigma", ReadBucketSigma}};
constexpr Argument<BucketMetricPipeline> kPercentilesArguments[] = {
    {"buckets_path", ReadPath},
    {"gap_policy", ReadGapPolicy},
    {"format", ReadFormat},
    {"percents", ReadBucketPercents},
    {"keyed", ReadKeyed}};

// {"source": "...", "params": {...}}, or the source alone.
DslStatus ReadScript(const ArgumentValue& value, search::BucketScript* script,
                     search::BucketScript::Params* params) {
  std::string source;
  if (value.json.is_object()) {
    constexpr std::string_view kKeys[] = {"source", "inline", "lang", "params"};
    for (const auto& [key, part] : value.json.members()) {
      if (!Contains(kKeys, key)) {
        return UnknownField("script", key, kKeys);
      }
      if (key == "params") {
        for (const auto& [name, number] : part.members()) {
          BINSEEK_DSL_ASSIGN_OR_RETURN((*params)[name], ReadDouble(number, {"script", "params"}));
        }
      } else if (key != "lang") {
        BINSEEK_DSL_ASSIGN_OR_RETURN(source, ReadText(part, {"script", key}));
      }
    }
  } else {
    BINSEEK_DSL_ASSIGN_OR_RETURN(source, ReadText(value.json, value.place()));
  }
  Result<search::BucketScript> parsed = search::BucketScript::Parse(source);
  if (!parsed.ok()) {
    return DslError{.type = "script_exception", .reason = parsed.status().message()};
  }
  *script = *std::move(parsed);
  return std::nullopt;
}

DslStatus ReadUnit(const ArgumentValue& value, SequencePipeline* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value.json, value.place()));
  constexpr std::pair<search::CalendarUnit, double> kUnits[] = {
      {search::CalendarUnit::kSecond, 1e3},        {search::CalendarUnit::kMinute, 6e4},
      {search::CalendarUnit::kHour, 3.6e6},        {search::CalendarUnit::kDay, 8.64e7},
      {search::CalendarUnit::kWeek, 7 * 8.64e7},   {search::CalendarUnit::kMonth, 2629746e3},
      {search::CalendarUnit::kQuarter, 7889238e3}, {search::CalendarUnit::kYear, 31556952e3}};
  if (const std::optional<search::CalendarUnit> unit = search::CalendarUnitOf(text)) {
    for (const auto& [known, millis] : kUnits) {
      out->unit_ms = known == *unit ? millis : out->unit_ms;
    }
    return std::nullopt;
  }
  DateInterval interval;
  const ArgumentValue fixed{value.body, "fixed_interval", value.json};
  BINSEEK_DSL_RETURN_IF_ERROR(ReadDateInterval(fixed, &interval));
  out->unit_ms = static_cast<double>(interval.fixed_ms);
  return std::nullopt;
}
DslStatus ReadLag(const ArgumentValue& value, SequencePipeline* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t lag, ReadInt(value.json, value.place()));
  if (lag <= 0) {
    return ParsingError("Lag must be a positive, non-zero integer.  Value supplied was" +
                        std::to_string(lag) + " in [" + value.body.name + "].");
  }
  out->lag = static_cast<uint32_t>(lag);
  return std::nullopt;
}
DslStatus ReadWindow(const ArgumentValue& value, SequencePipeline* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t window, ReadInt(value.json, value.place()));
  if (window <= 0) {
    return IllegalArgument("[window] must be a positive, non-zero integer.");
  }
  out->window = static_cast<uint32_t>(window);
  return std::nullopt;
}
DslStatus ReadShift(const ArgumentValue& value, SequencePipeline* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->shift, ReadInt(value.json, value.place()));
  return std::nullopt;
}
DslStatus ReadMovingScript(const ArgumentValue& value, SequencePipeline* out) {
  search::BucketScript::Params params;
  return ReadScript(value, &out->script, &params);
}

constexpr Argument<SequencePipeline> kCumulativeSumArguments[] = {{"buckets_path", ReadPath},
                                                                  {"format", ReadFormat}};
constexpr Argument<SequencePipeline> kDerivativeArguments[] = {{"buckets_path", ReadPath},
                                                               {"gap_policy", ReadGapPolicy},
                                                               {"format", ReadFormat},
                                                               {"unit", ReadUnit}};
constexpr Argument<SequencePipeline> kSerialDiffArguments[] = {{"buckets_path", ReadPath},
                                                               {"gap_policy", ReadGapPolicy},
                                                               {"format", ReadFormat},
                                                               {"lag", ReadLag}};
constexpr Argument<SequencePipeline> kMovingArguments[] = {
    {"buckets_path", ReadPath}, {"gap_policy", ReadGapPolicy}, {"format", ReadFormat},
    {"window", ReadWindow},     {"shift", ReadShift},          {"script", ReadMovingScript}};

// {"name": "path", ...}, ["path", ...] or "path", the latter two as _value0, _value1, ... and _value.
DslStatus ReadVariables(const ArgumentValue& value, ScriptPipeline* out) {
  if (value.json.is_object()) {
    for (const auto& [name, path] : value.json.members()) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(path, value.place()));
      out->variables.emplace_back(name, std::move(text));
    }
    return std::nullopt;
  }
  if (!value.json.is_array()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(value.json, value.place()));
    out->variables.emplace_back("_value", std::move(text));
    return std::nullopt;
  }
  for (const JsonValue& path : value.json.array()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(path, value.place()));
    out->variables.emplace_back("_value" + std::to_string(out->variables.size()), std::move(text));
  }
  return std::nullopt;
}
DslStatus ReadBucketScript(const ArgumentValue& value, ScriptPipeline* out) {
  return ReadScript(value, &out->script, &out->constants);
}
constexpr Argument<ScriptPipeline> kScriptArguments[] = {{"buckets_path", ReadVariables},
                                                         {"script", ReadBucketScript},
                                                         {"gap_policy", ReadGapPolicy},
                                                         {"format", ReadFormat}};

DslStatus AddSortKey(const ArgumentValue& value, const JsonValue& json, BucketSortPipeline* out) {
  if (json.is_string()) {
    out->sort.push_back({.path = json.AsString()});
    return std::nullopt;
  }
  if (!json.is_object() || json.members().size() != 1) {
    return WrongToken(json, value.place());
  }
  const auto& [path, order] = json.members()[0];
  const JsonValue* const inner = order.is_object() ? order.Find("order") : &order;
  BucketSortPipeline::Key key{.path = path};
  if (inner != nullptr) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(*inner, value.place()));
    const std::string lower = LowerAscii(text);
    if (lower != "asc" && lower != "desc") {
      return IllegalArgument("Unknown SortOrder [" + text + "]");
    }
    key.descending = lower == "desc";
  }
  out->sort.push_back(std::move(key));
  return std::nullopt;
}
DslStatus ReadBucketSort(const ArgumentValue& value, BucketSortPipeline* out) {
  if (!value.json.is_array()) {
    return AddSortKey(value, value.json, out);
  }
  for (const JsonValue& element : value.json.array()) {
    BINSEEK_DSL_RETURN_IF_ERROR(AddSortKey(value, element, out));
  }
  return std::nullopt;
}
DslStatus ReadBucketFrom(const ArgumentValue& value, BucketSortPipeline* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t from, ReadInt(value.json, value.place()));
  if (from < 0) {
    return IllegalArgument("[from] must be a non-negative integer: [" + std::to_string(from) + "]");
  }
  out->from = static_cast<uint64_t>(from);
  return std::nullopt;
}
DslStatus ReadBucketSize(const ArgumentValue& value, BucketSortPipeline* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t size, ReadInt(value.json, value.place()));
  if (size <= 0) {
    return IllegalArgument("[size] must be a positive integer: [" + std::to_string(size) + "]");
  }
  out->size = static_cast<uint64_t>(size);
  return std::nullopt;
}
constexpr Argument<BucketSortPipeline> kBucketSortArguments[] = {{"sort", ReadBucketSort},
                                                                 {"from", ReadBucketFrom},
                                                                 {"size", ReadBucketSize},
                                                                 {"gap_policy", ReadGapPolicy}};

template <class T, size_t kTypes>
T KindOf(std::string_view type, const std::string_view (&types)[kTypes]) {
  return static_cast<T>(std::find(types, types + kTypes, type) - types);
}

}  // namespace

AggregationResultOr ParseBucketMetricPipeline(const AggregationBody& body) {
  constexpr std::string_view kTypes[] = {"avg_bucket",        "max_bucket",
                                         "min_bucket",        "sum_bucket",
                                         "stats_bucket",      "extended_stats_bucket",
                                         "percentiles_bucket"};
  auto pipeline = std::make_shared<BucketMetricPipeline>(KindOf<BucketMetric>(body.type, kTypes));
  std::span<const Argument<BucketMetricPipeline>> arguments = kBucketMetricArguments;
  if (pipeline->metric == BucketMetric::kExtendedStats) {
    arguments = kExtendedStatsArguments;
  } else if (pipeline->metric == BucketMetric::kPercentiles) {
    arguments = kPercentilesArguments;
  }
  BINSEEK_DSL_RETURN_IF_ERROR(ReadArguments<BucketMetricPipeline>(body, arguments, pipeline.get()));
  if (pipeline->path.empty()) {
    return NoPath(body);
  }
  return search::AggregationPtr(std::move(pipeline));
}

AggregationResultOr ParseSequencePipeline(const AggregationBody& body) {
  constexpr std::string_view kTypes[] = {"cumulative_sum", "derivative", "serial_diff",
                                         "moving_fn"};
  auto pipeline = std::make_shared<SequencePipeline>(KindOf<Sequence>(body.type, kTypes));
  const std::span<const Argument<SequencePipeline>> arguments[] = {
      kCumulativeSumArguments, kDerivativeArguments, kSerialDiffArguments, kMovingArguments};
  BINSEEK_DSL_RETURN_IF_ERROR(ReadArguments<SequencePipeline>(
      body, arguments[static_cast<size_t>(pipeline->sequence)], pipeline.get()));
  if (pipeline->path.empty()) {
    return NoPath(body);
  }
  if (pipeline->sequence == Sequence::kMovingFunction &&
      (body.json.Find("window") == nullptr || body.json.Find("script") == nullptr)) {
    return IllegalArgument(std::string("Required [") +
                           (body.json.Find("window") == nullptr ? "window" : "script") + "]");
  }
  return search::AggregationPtr(std::move(pipeline));
}

AggregationResultOr ParseScriptPipeline(const AggregationBody& body) {
  auto pipeline = std::make_shared<ScriptPipeline>(body.type == "bucket_selector");
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<ScriptPipeline>(body, kScriptArguments, pipeline.get()));
  if (body.json.Find("buckets_path") == nullptr) {
    return NoPath(body);
  }
  if (body.json.Find("script") == nullptr) {
    return ParsingError("Missing required field [script] for " + std::string(body.type) +
                        " aggregation [" + body.name + "]");
  }
  return search::AggregationPtr(std::move(pipeline));
}

AggregationResultOr ParseBucketSortPipeline(const AggregationBody& body) {
  auto pipeline = std::make_shared<BucketSortPipeline>();
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<BucketSortPipeline>(body, kBucketSortArguments, pipeline.get()));
  if (pipeline->sort.empty() && !pipeline->size && pipeline->from == 0) {
    return IllegalArgument("[" + body.name +
                           "] is configured to perform nothing. Please set either of [sort, size, "
                           "from] to use bucket_sort");
  }
  return search::AggregationPtr(std::move(pipeline));
}

}  // namespace binseek::api::dsl
