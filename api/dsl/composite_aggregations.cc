#include <cmath>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "api/dsl/aggregation_kinds.h"
#include "engine/search/composite_aggregation.h"

namespace binseek::api::dsl {
namespace {

using search::CompositeAggregation;
using search::CompositeSource;

// Before the values of the sources are known, `after` is only an object.
struct CompositeBody {
  CompositeAggregation* out;
  const JsonValue* after = nullptr;
};

DslStatus ReadSourceOrder(const ArgumentValue& value, CompositeSource* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string order, ReadText(value.json, value.place()));
  const std::string lower = LowerAscii(order);
  if (lower != "asc" && lower != "desc") {
    return IllegalArgument("Unknown SortOrder [" + order + "]");
  }
  out->descending = lower == "desc";
  return std::nullopt;
}
DslStatus ReadMissingBucket(const ArgumentValue& value, CompositeSource* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->missing_bucket, ReadBool(value.json, value.place()));
  return std::nullopt;
}
DslStatus ReadMissingOrder(const ArgumentValue& value, CompositeSource* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string order, ReadText(value.json, value.place()));
  const std::string lower = LowerAscii(order);
  if (lower != "first" && lower != "last" && lower != "default") {
    return IllegalArgument("Unknown missing order: [" + order + "]");
  }
  out->missing_order = lower == "first"  ? CompositeSource::MissingOrder::kFirst
                       : lower == "last" ? CompositeSource::MissingOrder::kLast
                                         : CompositeSource::MissingOrder::kDefault;
  return std::nullopt;
}
DslStatus ReadSourceInterval(const ArgumentValue& value, CompositeSource* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->interval, ReadDouble(value.json, value.place()));
  if (!(out->interval > 0) || !std::isfinite(out->interval)) {
    return IllegalArgument("[interval] must be greater than 0 for [histogram] source");
  }
  return std::nullopt;
}
DslStatus ReadSourceDateInterval(const ArgumentValue& value, CompositeSource* out) {
  DateInterval interval{.calendar = out->calendar, .fixed_ms = out->fixed_ms};
  BINSEEK_DSL_RETURN_IF_ERROR(ReadDateInterval(value, &interval));
  out->calendar = interval.calendar;
  out->fixed_ms = interval.fixed_ms;
  return std::nullopt;
}
DslStatus ReadSourceOffset(const ArgumentValue& value, CompositeSource* out) {
  return ReadDateOffset(value, &out->offset_ms);
}

constexpr Argument<CompositeSource> kTermsArguments[] = {{"field", ReadSourceOf},
                                                         {"format", ReadSourceOf},
                                                         {"order", ReadSourceOrder},
                                                         {"missing_bucket", ReadMissingBucket},
                                                         {"missing_order", ReadMissingOrder},
                                                         {"value_type", ReadNothing},
                                                         {"script", nullptr}};
constexpr Argument<CompositeSource> kHistogramArguments[] = {{"field", ReadSourceOf},
                                                             {"format", ReadSourceOf},
                                                             {"order", ReadSourceOrder},
                                                             {"missing_bucket", ReadMissingBucket},
                                                             {"missing_order", ReadMissingOrder},
                                                             {"interval", ReadSourceInterval},
                                                             {"value_type", ReadNothing},
                                                             {"script", nullptr}};
constexpr Argument<CompositeSource> kDateHistogramArguments[] = {
    {"field", ReadSourceOf},
    {"format", ReadSourceOf},
    {"time_zone", ReadSourceOf},
    {"order", ReadSourceOrder},
    {"missing_bucket", ReadMissingBucket},
    {"missing_order", ReadMissingOrder},
    {"calendar_interval", ReadSourceDateInterval},
    {"fixed_interval", ReadSourceDateInterval},
    {"interval", ReadSourceDateInterval},
    {"offset", ReadSourceOffset},
    {"value_type", ReadNothing},
    {"script", nullptr}};

// {"terms": {"field": "color"}}
DslStatus ReadCompositeSource(const std::string& name, const JsonValue& json,
                              CompositeAggregation* out) {
  if (!json.is_object() || json.members().size() != 1) {
    return ParsingError("expected a source for [" + name + "]");
  }
  const auto& [type, body] = json.members()[0];
  CompositeSource source;
  source.name = name;
  if (!body.is_object()) {
    return WrongToken(body, {"composite", type});
  }
  const AggregationBody of{type, name, body};
  if (type == "terms") {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadArguments<CompositeSource>(of, kTermsArguments, &source));
  } else if (type == "histogram") {
    source.kind = CompositeSource::Kind::kHistogram;
    BINSEEK_DSL_RETURN_IF_ERROR(ReadArguments<CompositeSource>(of, kHistogramArguments, &source));
  } else if (type == "date_histogram") {
    source.kind = CompositeSource::Kind::kDateHistogram;
    BINSEEK_DSL_RETURN_IF_ERROR(
        ReadArguments<CompositeSource>(of, kDateHistogramArguments, &source));
    if (!source.calendar && source.fixed_ms == 0) {
      return IllegalArgument("Invalid interval specified, must be non-null and non-empty");
    }
  } else if (type == "geotile_grid") {
    return Unsupported("a source [geotile_grid] of a [composite] aggregation");
  } else {
    return ParsingError("invalid source type: " + type);
  }
  BINSEEK_DSL_RETURN_IF_ERROR(CheckField(source.source));
  if (source.missing_order != CompositeSource::MissingOrder::kDefault && !source.missing_bucket) {
    return IllegalArgument("missing_order can only be used when missing_bucket is true");
  }
  out->sources.push_back(std::move(source));
  return std::nullopt;
}

DslStatus ReadSources(const ArgumentValue& value, CompositeBody* body) {
  if (!value.json.is_array()) {
    return WrongToken(value.json, value.place());
  }
  for (const JsonValue& element : value.json.array()) {
    if (!element.is_object()) {
      return WrongToken(element, value.place());
    }
    for (const auto& [name, source] : element.members()) {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadCompositeSource(name, source, body->out));
    }
  }
  return std::nullopt;
}
DslStatus ReadCompositeSize(const ArgumentValue& value, CompositeBody* body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t size, ReadAtLeast(value, 1));
  body->out->size = static_cast<uint32_t>(size);
  return std::nullopt;
}
DslStatus ReadAfter(const ArgumentValue& value, CompositeBody* body) {
  if (!value.json.is_object()) {
    return WrongToken(value.json, value.place());
  }
  body->after = &value.json;
  return std::nullopt;
}

constexpr Argument<CompositeBody> kCompositeArguments[] = {
    {"sources", ReadSources}, {"size", ReadCompositeSize}, {"after", ReadAfter}};

DslStatus CheckNames(const CompositeAggregation& composite) {
  std::set<std::string> names;
  std::set<std::string> twice;
  for (const CompositeSource& source : composite.sources) {
    if (!names.insert(source.name).second) {
      twice.insert(source.name);
    }
  }
  if (twice.empty()) {
    return std::nullopt;
  }
  std::string list;
  for (const std::string& name : twice) {
    list += (list.empty() ? "" : ",") + name;
  }
  return IllegalArgument("Composite source names must be unique, found duplicates: [" + list + "]");
}

DslStatus SetAfter(const JsonValue& after, const std::string& name,
                   CompositeAggregation* composite) {
  if (after.members().size() != composite->sources.size()) {
    return IllegalArgument("[after] has " + std::to_string(after.members().size()) +
                           " value(s) but [sources] has " +
                           std::to_string(composite->sources.size()));
  }
  composite->after.emplace();
  for (const CompositeSource& source : composite->sources) {
    const JsonValue* const value = after.Find(source.name);
    if (value == nullptr) {
      return IllegalArgument("Missing value for [after." + source.name + "]");
    }
    if (!value->is_null() && !IsScalar(*value)) {
      return IllegalArgument("Invalid value for [after." + source.name + "], expected scalar in [" +
                             name + "]");
    }
    composite->after->push_back(value->is_null() ? std::nullopt
                                                 : std::optional(ScalarText(*value)));
  }
  return std::nullopt;
}

}  // namespace

AggregationResultOr ParseCompositeAggregation(const AggregationBody& body) {
  auto composite = std::make_shared<CompositeAggregation>();
  CompositeBody parts{.out = composite.get()};
  BINSEEK_DSL_RETURN_IF_ERROR(ReadArguments<CompositeBody>(body, kCompositeArguments, &parts));
  if (composite->sources.empty()) {
    return IllegalArgument("Composite [sources] cannot be null or empty");
  }
  BINSEEK_DSL_RETURN_IF_ERROR(CheckNames(*composite));
  if (parts.after != nullptr) {
    BINSEEK_DSL_RETURN_IF_ERROR(SetAfter(*parts.after, body.name, composite.get()));
  }
  return search::AggregationPtr(std::move(composite));
}

}  // namespace binseek::api::dsl
