// filter, filters, adjacency_matrix, global, missing, range, date_range.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/dsl/aggregation_kinds.h"
#include "api/dsl/query_parser.h"
#include "engine/search/filters_aggregation.h"
#include "engine/search/range_aggregation.h"
#include "engine/search/single_bucket_aggregation.h"

namespace binseek::api::dsl {
namespace {

using search::AdjacencyMatrixAggregation;
using search::FiltersAggregation;
using search::MissingAggregation;
using search::NamedFilter;
using search::RangeAggregation;

constexpr size_t kMaxFilters = 1024;
constexpr size_t kMaxRanges = 1024;
constexpr size_t kMaxMatrixFilters = 100;

DslStatus AddFilter(const std::string& name, const JsonValue& json, size_t most,
                    std::vector<NamedFilter>* filters) {
  if (filters->size() == most) {
    return IllegalArgument("Number of filters is too large, must be less than or equal to: [" +
                           std::to_string(most) + "]");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(search::QueryPtr query, ParseQuery(json));
  filters->push_back({.name = name, .query = std::move(query)});
  return std::nullopt;
}

// {"a": query, "b": query}, or [query, query], without names.
DslStatus ReadFilters(const JsonValue& json, FiltersAggregation* out) {
  if (json.is_array()) {
    for (const JsonValue& element : json.array()) {
      BINSEEK_DSL_RETURN_IF_ERROR(AddFilter("", element, kMaxFilters, &out->filters));
    }
    return std::nullopt;
  }
  if (!json.is_object()) {
    return ParsingError("Unknown key for a " + std::string(TokenName(json)) + " in [filters].");
  }
  for (const auto& [name, query] : json.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(AddFilter(name, query, kMaxFilters, &out->filters));
  }
  std::sort(out->filters.begin(), out->filters.end(),
            [](const NamedFilter& a, const NamedFilter& b) { return a.name < b.name; });
  out->named = true;
  return std::nullopt;
}

DslStatus ReadMatrixFilters(const ArgumentValue& value, AdjacencyMatrixAggregation* out) {
  if (!value.json.is_object()) {
    return WrongToken(value.json, value.place());
  }
  for (const auto& [name, query] : value.json.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(AddFilter(name, query, kMaxMatrixFilters, &out->filters));
  }
  return std::nullopt;
}
DslStatus ReadSeparator(const ArgumentValue& value, AdjacencyMatrixAggregation* out) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(out->separator, ReadText(value.json, value.place()));
  return std::nullopt;
}
constexpr Argument<AdjacencyMatrixAggregation> kMatrixArguments[] = {{"filters", ReadMatrixFilters},
                                                                     {"separator", ReadSeparator}};

constexpr Argument<MissingAggregation> kMissingArguments[] = {{"field", ReadSourceOf},
                                                              {"missing", ReadSourceOf},
                                                              {"value_type", ReadNothing},
                                                              {"script", nullptr}};

DslStatus ReadBound(const JsonValue& value, Place place, bool dates, std::optional<double>* number,
                    std::optional<std::string>* text) {
  if (value.is_string()) {
    *text = value.AsString();
    if (!dates) {
      // A range over numbers that are written as texts; over dates they are dates.
      DslResult<double> read = ReadDouble(value, place);
      *number = read.ok() ? std::optional(*read) : std::nullopt;
    }
    return std::nullopt;
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(*number, ReadDouble(value, place));
  if (dates) {
    *text = ScalarText(value);
  }
  return std::nullopt;
}

DslStatus ReadRange(const ArgumentValue& of, const JsonValue& json, RangeAggregation* out) {
  constexpr std::string_view kKeys[] = {"key", "from", "to"};
  if (!json.is_object()) {
    return WrongToken(json, of.place());
  }
  search::AggregationRange range;
  for (const auto& [key, value] : json.members()) {
    const Place place{of.body.type, key};
    if (!Contains(kKeys, key)) {
      return UnknownField(of.body.type, key, kKeys);
    }
    if (value.is_null()) {
      continue;
    }
    if (key == "key") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(range.key, ReadText(value, place));
    } else if (key == "from") {
      BINSEEK_DSL_RETURN_IF_ERROR(
          ReadBound(value, place, out->dates, &range.from, &range.from_text));
    } else {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadBound(value, place, out->dates, &range.to, &range.to_text));
    }
  }
  out->ranges.push_back(std::move(range));
  return std::nullopt;
}

DslStatus ReadRanges(const ArgumentValue& value, RangeAggregation* out) {
  if (!value.json.is_array()) {
    return WrongToken(value.json, value.place());
  }
  if (value.json.array().size() > kMaxRanges) {
    return IllegalArgument("[ranges] takes at most [" + std::to_string(kMaxRanges) + "] ranges");
  }
  for (const JsonValue& range : value.json.array()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadRange(value, range, out));
  }
  return std::nullopt;
}

constexpr Argument<RangeAggregation> kRangeArguments[] = {
    {"field", ReadSourceOf}, {"missing", ReadSourceOf}, {"format", ReadSourceOf},
    {"ranges", ReadRanges},  {"keyed", ReadKeyed},      {"value_type", ReadNothing},
    {"script", nullptr}};
constexpr Argument<RangeAggregation> kDateRangeArguments[] = {
    {"field", ReadSourceOf},     {"missing", ReadSourceOf}, {"format", ReadSourceOf},
    {"ranges", ReadRanges},      {"keyed", ReadKeyed},      {"time_zone", ReadSourceOf},
    {"value_type", ReadNothing}, {"script", nullptr}};

}  // namespace

AggregationResultOr ParseRangeAggregation(const AggregationBody& body) {
  auto range = std::make_shared<RangeAggregation>(body.type == "date_range");
  if (range->dates) {
    BINSEEK_DSL_RETURN_IF_ERROR(
        ReadArguments<RangeAggregation>(body, kDateRangeArguments, range.get()));
  } else {
    BINSEEK_DSL_RETURN_IF_ERROR(
        ReadArguments<RangeAggregation>(body, kRangeArguments, range.get()));
  }
  if (range->ranges.empty()) {
    return IllegalArgument("No [ranges] specified for the [" + body.name + "] aggregation");
  }
  BINSEEK_DSL_RETURN_IF_ERROR(CheckField(range->source));
  return search::AggregationPtr(std::move(range));
}

AggregationResultOr ParseFilterAggregation(const AggregationBody& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(search::QueryPtr query, ParseQuery(body.json));
  return search::AggregationPtr(std::make_shared<search::FilterAggregation>(std::move(query)));
}

AggregationResultOr ParseFiltersAggregation(const AggregationBody& body) {
  auto filters = std::make_shared<FiltersAggregation>();
  for (const auto& [key, value] : body.json.members()) {
    const Place place{"filters", key};
    if (key == "filters") {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadFilters(value, filters.get()));
    } else if (key == "keyed") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(filters->keyed, ReadBool(value, place));
    } else if (key == "other_bucket") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(filters->has_other, ReadBool(value, place));
    } else if (key == "other_bucket_key") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(filters->other_key, ReadText(value, place));
      filters->has_other = true;
    } else {
      return ParsingError("Unknown key for a " + std::string(TokenName(value)) + " in [" + key +
                          "].");
    }
  }
  if (filters->filters.empty()) {
    return IllegalArgument("[filters] cannot be empty");
  }
  return search::AggregationPtr(std::move(filters));
}

AggregationResultOr ParseAdjacencyMatrixAggregation(const AggregationBody& body) {
  auto matrix = std::make_shared<AdjacencyMatrixAggregation>();
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<AdjacencyMatrixAggregation>(body, kMatrixArguments, matrix.get()));
  if (matrix->filters.empty()) {
    return IllegalArgument("[filters] cannot be empty");
  }
  return search::AggregationPtr(std::move(matrix));
}

AggregationResultOr ParseGlobalAggregation(const AggregationBody& body) {
  if (!body.json.members().empty()) {
    return UnknownField("global", body.json.members()[0].first, {});
  }
  return search::AggregationPtr(std::make_shared<search::GlobalAggregation>());
}

AggregationResultOr ParseMissingAggregation(const AggregationBody& body) {
  auto missing = std::make_shared<MissingAggregation>();
  BINSEEK_DSL_RETURN_IF_ERROR(
      ReadArguments<MissingAggregation>(body, kMissingArguments, missing.get()));
  BINSEEK_DSL_RETURN_IF_ERROR(CheckField(missing->source));
  return search::AggregationPtr(std::move(missing));
}

}  // namespace binseek::api::dsl
