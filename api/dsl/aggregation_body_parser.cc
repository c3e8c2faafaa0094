#include <algorithm>
#include <span>
#include <utility>

#include "api/dsl/aggregation_parser.h"
#include "api/dsl/arguments.h"
#include "api/dsl/query_parser.h"

namespace binseek::api::dsl {
namespace {

using search::AggregationKind;
using search::AggregationSpec;
using search::TermsOrder;

constexpr size_t kMaxFilters = 1024;
constexpr size_t kMaxRanges = 1024;

// Of Elasticsearch's: they say how to count, which changes nothing where all counts are exact.
constexpr std::string_view kWithoutEffect[] = {"shard_size", "execution_hint", "collect_mode"};

DslError UnsupportedKey(std::string_view type, std::string_view key) {
  return Unsupported("[" + std::string(key) + "] of a [" + std::string(type) + "] aggregation");
}

// "field" and "missing". False: the key is another.
DslResult<bool> ReadFieldArgument(std::string_view type, std::string_view key,
                                  const JsonValue& value, AggregationSpec* spec) {
  if (key == "field") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(spec->field, ReadText(value, {type, key}));
    return true;
  }
  if (key == "missing") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(spec->missing, ReadText(value, {type, key}));
    return true;
  }
  return false;
}

DslStatus CheckField(const AggregationSpec& spec) {
  if (spec.field.empty()) {
    return IllegalArgument("Required one of fields [field, script], but none were specified. ");
  }
  return std::nullopt;
}

DslStatus ParseMetric(std::string_view type, const JsonValue& body, AggregationSpec* spec) {
  constexpr std::string_view kKeys[] = {"field", "missing", "script", "format", "value_type"};
  for (const auto& [key, value] : body.members()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const bool taken, ReadFieldArgument(type, key, value, spec));
    if (!taken) {
      return Contains(kKeys, key) ? UnsupportedKey(type, key) : UnknownField(type, key, kKeys);
    }
  }
  return CheckField(*spec);
}

// {"_count": "asc"}
DslStatus ReadOrder(const JsonValue& json, std::vector<TermsOrder>* orders) {
  if (!json.is_object() || json.members().size() != 1) {
    return ParsingError("Must specify at least one field for [order]");
  }
  const auto& [key, value] = json.members()[0];
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string direction, ReadText(value, {"terms", "order"}));
  const std::string lower = LowerAscii(direction);
  if (lower != "asc" && lower != "desc") {
    return ParsingError("Unknown order direction [" + direction + "]");
  }
  TermsOrder order;
  order.descending = lower == "desc";
  if (key == "_key") {
    order.by = TermsOrder::By::kKey;
  } else if (key != "_count") {
    order.by = TermsOrder::By::kMetric;
    order.metric = key;
  }
  orders->push_back(std::move(order));
  return std::nullopt;
}

DslStatus ReadOrders(const JsonValue& json, std::vector<TermsOrder>* orders) {
  if (!json.is_array()) {
    return ReadOrder(json, orders);
  }
  for (const JsonValue& element : json.array()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadOrder(element, orders));
  }
  return std::nullopt;
}

DslStatus ReadTermsArgument(std::string_view key, const JsonValue& value, AggregationSpec* spec) {
  constexpr std::string_view kKeys[] = {"field",
                                        "missing",
                                        "size",
                                        "min_doc_count",
                                        "order",
                                        "shard_size",
                                        "execution_hint",
                                        "include",
                                        "exclude",
                                        "collect_mode",
                                        "shard_min_doc_count",
                                        "show_term_doc_count_error",
                                        "script",
                                        "format",
                                        "value_type"};
  const Place place{"terms", key};
  BINSEEK_DSL_ASSIGN_OR_RETURN(const bool taken, ReadFieldArgument("terms", key, value, spec));
  if (taken || Contains(kWithoutEffect, key)) {
    return std::nullopt;
  }
  if (key == "size") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t size, ReadInt(value, place));
    if (size <= 0) {
      return IllegalArgument("[size] must be greater than 0. Found [" + std::to_string(size) +
                             "] in [" + spec->name + "]");
    }
    spec->size = static_cast<uint32_t>(size);
    return std::nullopt;
  }
  if (key == "min_doc_count") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t count, ReadInt(value, place));
    if (count < 0) {
      return IllegalArgument("[min_doc_count] must be greater than or equal to 0. Found [" +
                             std::to_string(count) + "] in [" + spec->name + "]");
    }
    spec->min_doc_count = static_cast<uint64_t>(count);
    return std::nullopt;
  }
  if (key == "order") {
    return ReadOrders(value, &spec->order);
  }
  if (key == "show_term_doc_count_error" || key == "shard_min_doc_count") {
    // Their defaults, written down.
    if (value.is_bool() ? !value.AsBool() : value.AsInt64() == 0) {
      return std::nullopt;
    }
  }
  return Contains(kKeys, key) ? UnsupportedKey("terms", key) : UnknownField("terms", key, kKeys);
}

DslStatus ParseTermsBody(const JsonValue& body, AggregationSpec* spec) {
  for (const auto& [key, value] : body.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadTermsArgument(key, value, spec));
  }
  return CheckField(*spec);
}

DslStatus ReadRange(const JsonValue& json, AggregationSpec* spec) {
  constexpr std::string_view kKeys[] = {"key", "from", "to"};
  if (!json.is_object()) {
    return WrongToken(json, {"range", "ranges"});
  }
  search::AggregationRange range;
  for (const auto& [key, value] : json.members()) {
    const Place place{"range", key};
    if (!Contains(kKeys, key)) {
      return UnknownField("range", key, kKeys);
    }
    if (value.is_null()) {
      continue;
    }
    if (key == "key") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(range.key, ReadText(value, place));
    } else {
      BINSEEK_DSL_ASSIGN_OR_RETURN((key == "from" ? range.from : range.to),
                                   ReadDouble(value, place));
    }
  }
  spec->ranges.push_back(std::move(range));
  return std::nullopt;
}

DslStatus ParseRangeBody(const JsonValue& body, AggregationSpec* spec) {
  constexpr std::string_view kKeys[] = {"field", "missing", "ranges", "keyed", "script", "format"};
  for (const auto& [key, value] : body.members()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const bool taken, ReadFieldArgument("range", key, value, spec));
    if (taken) {
      continue;
    }
    if (key == "keyed") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(spec->keyed, ReadBool(value, {"range", key}));
    } else if (key != "ranges") {
      return Contains(kKeys, key) ? UnsupportedKey("range", key)
                                  : UnknownField("range", key, kKeys);
    } else if (!value.is_array()) {
      return WrongToken(value, {"range", key});
    } else if (value.array().size() > kMaxRanges) {
      return IllegalArgument("[ranges] takes at most [" + std::to_string(kMaxRanges) + "] ranges");
    } else {
      for (const JsonValue& range : value.array()) {
        BINSEEK_DSL_RETURN_IF_ERROR(ReadRange(range, spec));
      }
    }
  }
  if (spec->ranges.empty()) {
    return IllegalArgument("No [ranges] specified for the [" + spec->name + "] aggregation");
  }
  return CheckField(*spec);
}

DslStatus AddFilter(const std::string& name, const JsonValue& json, AggregationSpec* spec) {
  if (spec->filters.size() == kMaxFilters) {
    return IllegalArgument("Number of filters is too large, must be less than or equal to: [" +
                           std::to_string(kMaxFilters) + "]");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(search::QueryPtr query, ParseQuery(json));
  spec->filters.push_back({.name = name, .query = std::move(query)});
  return std::nullopt;
}

// {"a": query, "b": query}, in order of names, or [query, query], without names.
DslStatus ReadFilters(const JsonValue& json, AggregationSpec* spec) {
  if (json.is_array()) {
    for (const JsonValue& element : json.array()) {
      BINSEEK_DSL_RETURN_IF_ERROR(AddFilter("", element, spec));
    }
    return std::nullopt;
  }
  if (!json.is_object()) {
    return ParsingError("Unknown key for a " + std::string(TokenName(json)) + " in [filters].");
  }
  for (const auto& [name, query] : json.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(AddFilter(name, query, spec));
  }
  std::sort(
      spec->filters.begin(), spec->filters.end(),
      [](const search::NamedFilter& a, const search::NamedFilter& b) { return a.name < b.name; });
  spec->keyed = true;
  return std::nullopt;
}

DslStatus ParseFiltersBody(const JsonValue& body, AggregationSpec* spec) {
  constexpr std::string_view kKeys[] = {"filters", "keyed", "other_bucket", "other_bucket_key"};
  std::optional<bool> keyed;
  for (const auto& [key, value] : body.members()) {
    if (key == "filters") {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadFilters(value, spec));
    } else if (key == "keyed") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(keyed, ReadBool(value, {"filters", key}));
    } else if (key != "other_bucket" || value.AsBool() || !value.is_bool()) {
      return Contains(kKeys, key)
                 ? UnsupportedKey("filters", key)
                 : ParsingError("Unknown key for a " + std::string(TokenName(value)) + " in [" +
                                key + "].");
    }
  }
  if (spec->filters.empty()) {
    return IllegalArgument("[filters] cannot be empty");
  }
  spec->keyed = spec->keyed && keyed.value_or(true);
  return std::nullopt;
}

}  // namespace

DslStatus ParseAggregationBody(std::string_view type, const JsonValue& body,
                               AggregationSpec* spec) {
  switch (spec->kind) {
    case AggregationKind::kTerms:
      return ParseTermsBody(body, spec);
    case AggregationKind::kRange:
      return ParseRangeBody(body, spec);
    case AggregationKind::kFilter:
      return AddFilter("", body, spec);
    case AggregationKind::kFilters:
      return ParseFiltersBody(body, spec);
    case AggregationKind::kMin:
    case AggregationKind::kMax:
    case AggregationKind::kAvg:
    case AggregationKind::kSum:
    case AggregationKind::kStats:
    case AggregationKind::kValueCount:
      break;
  }
  return ParseMetric(type, body, spec);
}

}  // namespace binseek::api::dsl
