// histogram and date_histogram.
#include <charconv>
#include <cmath>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "api/dsl/aggregation_kinds.h"
#include "api/dsl/search_request_parser.h"
#include "engine/base/json.h"
#include "engine/search/histogram_aggregation.h"

namespace binseek::api::dsl {
namespace {

using search::DateHistogramAggregation;
using search::HistogramAggregation;
using search::HistogramBounds;

template <class T>
DslStatus ReadOptionsSource(const ArgumentValue& value, T* out) {
  return ReadSource(value, &out->options.source);
}
template <class T>
DslStatus ReadHistogramOrder(const ArgumentValue& value, T* out) {
  return ReadOrders(value, &out->options.order);
}
template <class T>
DslStatus ReadHistogramMinDocCount(const ArgumentValue& value, T* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t count, ReadInt(value.json, value.place()));
  if (count < 0) {
    const std::string key =
        value.body.type == "date_histogram" ? "[minDocCount]" : "[min_doc_count]";
    return IllegalArgument(key + " must be greater than or equal to 0. Found [" +
                           std::to_string(count) + "] in [" + value.body.name + "]");
  }
  out->options.min_doc_count = static_cast<uint64_t>(count);
  return std::nullopt;
}
template <class T>
DslStatus ReadHistogramKeyed(const ArgumentValue& value, T* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->options.keyed, ReadBool(value.json, value.place()));
  return std::nullopt;
}

DslStatus ReadBounds(const ArgumentValue& value, bool dates, HistogramBounds* bounds) {
  constexpr std::string_view kKeys[] = {"min", "max"};
  if (!value.json.is_object()) {
    return WrongToken(value.json, value.place());
  }
  for (const auto& [key, bound] : value.json.members()) {
    if (!Contains(kKeys, key)) {
      return UnknownField(value.key, key, kKeys);
    }
    const bool min = key == "min";
    if (bound.is_null()) {
      continue;
    }
    if (dates && bound.is_string()) {
      (min ? bounds->min_text : bounds->max_text) = bound.AsString();
      continue;
    }
    BINSEEK_DSL_ASSIGN_OR_RETURN((min ? bounds->min : bounds->max),
                                 ReadDouble(bound, {value.key, key}));
  }
  return std::nullopt;
}
template <class T>
DslStatus ReadHistogramBounds(const ArgumentValue& value, T* out) {
  return ReadBounds(
      value, value.body.type == "date_histogram",
      value.key == "hard_bounds" ? &out->options.hard_bounds : &out->options.extended_bounds);
}

DslStatus ReadInterval(const ArgumentValue& value, HistogramAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->interval, ReadDouble(value.json, value.place()));
  if (!(out->interval > 0) || !std::isfinite(out->interval)) {
    return IllegalArgument("[interval] must be >0 for histogram aggregation [" + value.body.name +
                           "]");
  }
  return std::nullopt;
}
DslStatus ReadOffset(const ArgumentValue& value, HistogramAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->offset, ReadDouble(value.json, value.place()));
  return std::nullopt;
}

constexpr Argument<HistogramAggregation> kHistogramArguments[] = {
    {"field", ReadOptionsSource},
    {"missing", ReadOptionsSource},
    {"format", ReadOptionsSource},
    {"interval", ReadInterval},
    {"offset", ReadOffset},
    {"order", ReadHistogramOrder},
    {"keyed", ReadHistogramKeyed},
    {"min_doc_count", ReadHistogramMinDocCount},
    {"extended_bounds", ReadHistogramBounds},
    {"hard_bounds", ReadHistogramBounds},
    {"value_type", ReadNothing},
    {"script", nullptr}};

DslStatus ReadDateHistogramOffset(const ArgumentValue& value, DateHistogramAggregation* out) {
  return ReadDateOffset(value, &out->offset_ms);
}
DslStatus ReadDateHistogramInterval(const ArgumentValue& value, DateHistogramAggregation* out) {
  DateInterval interval{.calendar = out->calendar, .fixed_ms = out->fixed_ms};
  BINSEEK_DSL_RETURN_IF_ERROR(ReadDateInterval(value, &interval));
  out->calendar = interval.calendar;
  out->fixed_ms = interval.fixed_ms;
  return std::nullopt;
}

constexpr Argument<DateHistogramAggregation> kDateHistogramArguments[] = {
    {"field", ReadOptionsSource},
    {"missing", ReadOptionsSource},
    {"format", ReadOptionsSource},
    {"time_zone", ReadOptionsSource},
    {"calendar_interval", ReadDateHistogramInterval},
    {"fixed_interval", ReadDateHistogramInterval},
    {"interval", ReadDateHistogramInterval},
    {"offset", ReadDateHistogramOffset},
    {"order", ReadHistogramOrder},
    {"keyed", ReadHistogramKeyed},
    {"min_doc_count", ReadHistogramMinDocCount},
    {"extended_bounds", ReadHistogramBounds},
    {"hard_bounds", ReadHistogramBounds},
    {"value_type", ReadNothing},
    {"script", nullptr}};

}  // namespace

DslStatus ReadDateInterval(const ArgumentValue& value, DateInterval* interval) {
  if (interval->given()) {
    return IllegalArgument("Cannot use [" + std::string(value.key) +
                           "] with [fixed_interval] or [calendar_interval] configuration options.");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value.json, value.place()));
  if (value.key != "fixed_interval") {
    interval->calendar = search::CalendarUnitOf(text);
    if (interval->calendar) {
      return std::nullopt;
    }
    if (value.key == "calendar_interval") {
      return IllegalArgument("The supplied interval [" + text +
                             "] could not be parsed as a calendar interval.");
    }
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(interval->fixed_ms, ParseTimeValueMs(text, value.key));
  if (interval->fixed_ms <= 0) {
    return IllegalArgument("[" + std::string(value.key) +
                           "] must be 1 or greater for aggregation [" +
                           std::string(value.body.type) + "]");
  }
  return std::nullopt;
}

DslStatus ReadDateOffset(const ArgumentValue& value, int64_t* offset_ms) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(value.json, value.place()));
  if (value.json.is_number()) {
    const std::optional<int64_t> millis = value.json.AsInt64();
    *offset_ms = millis.value_or(0);
    return millis ? std::nullopt
                  : DslStatus(IllegalArgument("failed to parse [" + text + "] as an offset"));
  }
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) {
    text.erase(0, 1);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(
      const int64_t millis, ParseTimeValueMs(text, "DateHistogramAggregationBuilder.parseOffset"));
  *offset_ms = negative ? -millis : millis;
  return std::nullopt;
}

AggregationResultOr ParseHistogramAggregation(const AggregationBody& body) {
  auto histogram = std::make_shared<HistogramAggregation>();
  histogram->interval = 0;
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<HistogramAggregation>(body, kHistogramArguments, histogram.get()));
  if (histogram->interval == 0) {
    return IllegalArgument("[interval] must be >0 for histogram aggregation [" + body.name + "]");
  }
  BINSEEK_DSL_RETURN_IF_ERROR(CheckField(histogram->options.source));
  return search::AggregationPtr(std::move(histogram));
}

AggregationResultOr ParseDateHistogramAggregation(const AggregationBody& body) {
  auto histogram = std::make_shared<DateHistogramAggregation>();
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<DateHistogramAggregation>(body, kDateHistogramArguments, histogram.get()));
  if (!histogram->calendar && histogram->fixed_ms == 0) {
    return IllegalArgument("Invalid interval specified, must be non-null and non-empty");
  }
  BINSEEK_DSL_RETURN_IF_ERROR(CheckField(histogram->options.source));
  return search::AggregationPtr(std::move(histogram));
}

}  // namespace binseek::api::dsl
