#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "api/dsl/aggregation_kinds.h"
#include "engine/base/json.h"
#include "engine/search/cardinality_aggregation.h"
#include "engine/search/metric_aggregation.h"
#include "engine/search/percentiles_aggregation.h"

namespace binseek::api::dsl {
namespace {

using search::CardinalityAggregation;
using search::Metric;
using search::MetricAggregation;
using search::PercentilesAggregation;
using search::ValuesSource;
using search::WeightedAvgAggregation;

std::string DoubleText(double value) {
  std::string text;
  JsonWriter(&text).Double(value);
  return text;
}

DslStatus ReadSigma(const ArgumentValue& value, MetricAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->sigma, ReadDouble(value.json, value.place()));
  if (out->sigma < 0) {
    return IllegalArgument("[sigma] must be greater than or equal to 0. Found [" +
                           DoubleText(out->sigma) + "] in [" + value.body.name + "]");
  }
  return std::nullopt;
}

constexpr Argument<MetricAggregation> kMetricArguments[] = {{"field", ReadSourceOf},
                                                            {"missing", ReadSourceOf},
                                                            {"format", ReadSourceOf},
                                                            {"value_type", ReadNothing},
                                                            {"script", nullptr}};
constexpr Argument<MetricAggregation> kExtendedStatsArguments[] = {
    {"field", ReadSourceOf}, {"missing", ReadSourceOf},   {"format", ReadSourceOf},
    {"sigma", ReadSigma},    {"value_type", ReadNothing}, {"script", nullptr}};

DslStatus ReadThreshold(const ArgumentValue& value, CardinalityAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t threshold,
                               ReadAtLeast(value, 0, "precisionThreshold"));
  out->precision_threshold = static_cast<uint32_t>(threshold);
  return std::nullopt;
}

constexpr Argument<CardinalityAggregation> kCardinalityArguments[] = {
    {"field", ReadSourceOf},     {"missing", ReadSourceOf},
    {"format", ReadSourceOf},    {"precision_threshold", ReadThreshold},
    {"rehash", ReadNothing},     {"execution_hint", ReadNothing},
    {"value_type", ReadNothing}, {"script", nullptr}};

DslStatus ReadSide(const ArgumentValue& value, ValuesSource* out) {
  struct Side {
    ValuesSource source;
  } side;
  constexpr Argument<Side> kArguments[] = {
      {"field", ReadSourceOf}, {"missing", ReadSourceOf}, {"script", nullptr}};
  if (!value.json.is_object()) {
    return WrongToken(value.json, value.place());
  }
  const AggregationBody body{value.body.type, value.body.name, value.json};
  BINSEEK_DSL_RETURN_IF_ERROR(ReadArguments<Side>(body, kArguments, &side));
  BINSEEK_DSL_RETURN_IF_ERROR(CheckField(side.source));
  *out = std::move(side.source);
  return std::nullopt;
}
DslStatus ReadWeightedValue(const ArgumentValue& value, WeightedAvgAggregation* out) {
  const std::string format = out->value.format;
  BINSEEK_DSL_RETURN_IF_ERROR(ReadSide(value, &out->value));
  out->value.format = format;
  return std::nullopt;
}
DslStatus ReadWeight(const ArgumentValue& value, WeightedAvgAggregation* out) {
  return ReadSide(value, &out->weight);
}
DslStatus ReadWeightedFormat(const ArgumentValue& value, WeightedAvgAggregation* out) {
  return ReadSource(value, &out->value);
}
constexpr Argument<WeightedAvgAggregation> kWeightedAvgArguments[] = {
    {"value", ReadWeightedValue},
    {"weight", ReadWeight},
    {"format", ReadWeightedFormat},
    {"value_type", ReadNothing}};

DslStatus ReadPoints(const ArgumentValue& value, PercentilesAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->points, ReadDoubles(value));
  if (out->points.empty()) {
    return IllegalArgument("[" + std::string(value.key) + "] must not be an empty array: [" +
                           value.body.name + "]");
  }
  for (const double percent : out->points) {
    if (!out->ranks && (percent < 0 || percent > 100)) {
      return IllegalArgument("the values of [percents] must be in [0, 100], got [" +
                             DoubleText(percent) + "]: [" + value.body.name + "]");
    }
  }
  std::sort(out->points.begin(), out->points.end());
  return std::nullopt;
}

DslStatus ReadCompression(const ArgumentValue& value, PercentilesAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->compression, ReadDouble(value.json, value.place()));
  if (out->compression < 0) {
    return IllegalArgument("[compression] must be greater than or equal to 0. Found [" +
                           DoubleText(out->compression) + "]");
  }
  out->compression = std::clamp(out->compression, 10.0, 1000.0);
  return std::nullopt;
}

DslStatus ReadTDigest(const ArgumentValue& value, PercentilesAggregation* out) {
  constexpr Argument<PercentilesAggregation> kArguments[] = {{"compression", ReadCompression},
                                                             {"execution_hint", ReadNothing}};
  if (!value.json.is_object()) {
    return WrongToken(value.json, value.place());
  }
  return ReadArguments<PercentilesAggregation>({"tdigest", value.body.name, value.json}, kArguments,
                                               out);
}

DslStatus ReadDigits(const ArgumentValue& value, PercentilesAggregation* /*out*/) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t digits, ReadInt(value.json, value.place()));
  if (digits < 0 || digits > 5) {
    return IllegalArgument("[numberOfSignificantValueDigits] must be between 0 and 5: [" +
                           value.body.name + "]");
  }
  return std::nullopt;
}

DslStatus ReadHdr(const ArgumentValue& value, PercentilesAggregation* out) {
  constexpr Argument<PercentilesAggregation> kArguments[] = {
      {"number_of_significant_value_digits", ReadDigits}};
  if (!value.json.is_object()) {
    return WrongToken(value.json, value.place());
  }
  out->hdr = true;
  return ReadArguments<PercentilesAggregation>({"hdr", value.body.name, value.json}, kArguments,
                                               out);
}

constexpr Argument<PercentilesAggregation> kPercentilesArguments[] = {
    {"field", ReadSourceOf},
    {"missing", ReadSourceOf},
    {"format", ReadSourceOf},
    {"percents", ReadPoints},
    {"keyed", ReadKeyed},
    {"tdigest", ReadTDigest},
    {"hdr", ReadHdr},
    {"compression", ReadCompression},
    {"value_type", ReadNothing},
    {"script", nullptr}};
constexpr Argument<PercentilesAggregation> kPercentileRanksArguments[] = {
    {"field", ReadSourceOf},
    {"missing", ReadSourceOf},
    {"format", ReadSourceOf},
    {"values", ReadPoints},
    {"keyed", ReadKeyed},
    {"tdigest", ReadTDigest},
    {"hdr", ReadHdr},
    {"compression", ReadCompression},
    {"value_type", ReadNothing},
    {"script", nullptr}};

}  // namespace

AggregationResultOr ParseMetricAggregation(const AggregationBody& body) {
  constexpr std::string_view kMetrics[] = {"min",         "max",   "avg",           "sum",
                                           "value_count", "stats", "extended_stats"};
  const auto at =
      std::find(std::begin(kMetrics), std::end(kMetrics), body.type) - std::begin(kMetrics);
  auto metric = std::make_shared<MetricAggregation>(static_cast<Metric>(at));
  if (metric->metric == Metric::kExtendedStats) {
    BINSEEK_DSL_RETURN_IF_ERROR(
        ReadArguments<MetricAggregation>(body, kExtendedStatsArguments, metric.get()));
  } else {
    BINSEEK_DSL_RETURN_IF_ERROR(
        ReadArguments<MetricAggregation>(body, kMetricArguments, metric.get()));
  }
  BINSEEK_DSL_RETURN_IF_ERROR(CheckField(metric->source));
  return search::AggregationPtr(std::move(metric));
}

AggregationResultOr ParseWeightedAvgAggregation(const AggregationBody& body) {
  auto average = std::make_shared<WeightedAvgAggregation>();
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<WeightedAvgAggregation>(body, kWeightedAvgArguments, average.get()));
  for (const auto& [source, name] :
       {std::pair(&average->value, "value"), std::pair(&average->weight, "weight")}) {
    if (source->field.empty()) {
      return IllegalArgument("Required [" + std::string(name) + "]");
    }
  }
  return search::AggregationPtr(std::move(average));
}

AggregationResultOr ParseCardinalityAggregation(const AggregationBody& body) {
  auto cardinality = std::make_shared<CardinalityAggregation>();
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<CardinalityAggregation>(body, kCardinalityArguments, cardinality.get()));
  BINSEEK_DSL_RETURN_IF_ERROR(CheckField(cardinality->source));
  return search::AggregationPtr(std::move(cardinality));
}

AggregationResultOr ParsePercentilesAggregation(const AggregationBody& body) {
  auto percentiles = std::make_shared<PercentilesAggregation>(body.type == "percentile_ranks");
  if (percentiles->ranks) {
    percentiles->points.clear();
    BINSEEK_DSL_RETURN_IF_ERROR(
        ReadArguments<PercentilesAggregation>(body, kPercentileRanksArguments, percentiles.get()));
    if (percentiles->points.empty()) {
      return IllegalArgument("Required [values]");
    }
  } else {
    BINSEEK_DSL_RETURN_IF_ERROR(
        ReadArguments<PercentilesAggregation>(body, kPercentilesArguments, percentiles.get()));
  }
  BINSEEK_DSL_RETURN_IF_ERROR(CheckField(percentiles->source));
  return search::AggregationPtr(std::move(percentiles));
}

}  // namespace binseek::api::dsl
