#include "api/dsl/sort_parser.h"

#include <memory>
#include <string_view>
#include <utility>

#include "api/dsl/query_arguments.h"
#include "api/dsl/query_parser.h"
#include "api/dsl/search_request_parser.h"

namespace binseek::api::dsl {
namespace {

using search::SortKey;

constexpr size_t kMaxSortKeys = 32;
constexpr std::string_view kFieldKeys[] = {"order",  "missing",      "mode",   "unmapped_type",
                                           "nested", "numeric_type", "format", "nested_path"};
constexpr std::string_view kForeignSorts[] = {"_script"};

SortKey KeyOf(const std::string& name) {
  SortKey key;
  if (name == "_score") {
    key.kind = SortKey::Kind::kScore;
    key.descending = true;
  } else if (name == "_doc" || name == "_shard_doc") {
    key.kind = SortKey::Kind::kDoc;
  } else {
    key.field = name;
  }
  return key;
}

std::string_view ParserName(const SortKey& key) {
  return key.kind == SortKey::Kind::kScore ? "_score" : "field_sort";
}

DslStatus ReadOrder(const JsonValue& value, SortKey* key) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text,
                               ReadText(value, {ParserName(*key), "order"}));
  const std::string lower = LowerAscii(text);
  if (lower != "asc" && lower != "desc") {
    return IllegalArgument("[order] must be [asc] or [desc], found [" + text + "]");
  }
  key->descending = lower == "desc";
  return std::nullopt;
}

DslStatus ReadMode(const JsonValue& value, SortKey* key) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value, {"field_sort", "mode"}));
  constexpr struct {
    std::string_view name;
    SortKey::Mode mode;
  } kModes[] = {{"min", SortKey::Mode::kMin},
                {"max", SortKey::Mode::kMax},
                {"sum", SortKey::Mode::kSum},
                {"avg", SortKey::Mode::kAvg},
                {"median", SortKey::Mode::kMedian}};
  const std::string lower = LowerAscii(text);
  for (const auto& mode : kModes) {
    if (mode.name == lower) {
      key->mode = mode.mode;
      return std::nullopt;
    }
  }
  return IllegalArgument("Unknown SortMode [" + text + "]");
}

DslStatus ReadMissing(const JsonValue& value, SortKey* key) {
  if (value.is_null()) {
    return std::nullopt;
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(value, {"field_sort", "missing"}));
  if (text.empty()) {
    return Unsupported("an empty text as [missing] of a sort");
  }
  key->missing_first = text == "_first";
  key->missing_value = text == "_first" || text == "_last" ? "" : std::move(text);
  return std::nullopt;
}

DslResult<std::shared_ptr<const search::NestedSort>> ReadNestedSort(const JsonValue& value) {
  constexpr std::string_view kName = "nested_sort";
  constexpr std::string_view kKeys[] = {"path", "filter", "max_children", "nested"};
  if (!value.is_object()) {
    return WrongToken(value, {"field_sort", "nested"});
  }
  auto nested = std::make_shared<search::NestedSort>();
  for (const auto& [key, argument] : value.members()) {
    const Place place{kName, key};
    if (key == "path") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(nested->path, ReadText(argument, place));
    } else if (key == "filter") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(nested->filter, ParseQuery(argument));
    } else if (key == "max_children") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t most, ReadInt(argument, place));
      nested->max_children = most < 0 ? UINT64_MAX : static_cast<uint64_t>(most);
    } else if (key == "nested") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(nested->nested, ReadNestedSort(argument));
    } else {
      return UnknownField(kName, key, kKeys);
    }
  }
  if (nested->path.empty()) {
    return IllegalArgument("Required [path]");
  }
  return std::shared_ptr<const search::NestedSort>(std::move(nested));
}

DslStatus ReadSortArgument(std::string_view name, const JsonValue& value, SortKey* key) {
  if (name == "order") {
    return ReadOrder(value, key);
  }
  if (key->kind == SortKey::Kind::kScore) {
    constexpr std::string_view kScoreKeys[] = {"order"};
    return UnknownField("_score", name, kScoreKeys);
  }
  if (name == "missing") {
    return ReadMissing(value, key);
  }
  if (name == "mode") {
    return ReadMode(value, key);
  }
  if (name == "nested") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(key->nested, ReadNestedSort(value));
    return std::nullopt;
  }
  if (name == "unmapped_type") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(key->unmapped_type, ReadText(value, {"field_sort", name}));
    return std::nullopt;
  }
  if (name == "format") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(key->format, ReadText(value, {"field_sort", name}));
    return std::nullopt;
  }
  if (Contains(kFieldKeys, name)) {
    return Unsupported("[" + std::string(name) + "] of a sort");
  }
  return UnknownField("field_sort", name, kFieldKeys);
}

// One of the arguments of a distance; the one that is none of them is the field's: its points.
DslStatus ReadDistanceArgument(const std::string& name, const JsonValue& value, SortKey* key,
                               GeoValidation* validation, const JsonValue** points) {
  constexpr std::string_view kName = "_geo_distance";
  if (name == "order") {
    return ReadOrder(value, key);
  }
  if (name == "mode") {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadMode(value, key));
    if (key->mode == SortKey::Mode::kSum) {
      return IllegalArgument("sort_mode [sum] isn't supported for sorting by geo distance");
    }
  } else if (name == "unit") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string unit, ReadText(value, {kName, name}));
    key->meters_per_unit = mapping::MetersOfUnit(unit);
    if (key->meters_per_unit == 0) {
      return IllegalArgument("No distance unit match [" + unit + "]");
    }
  } else if (name == "distance_type") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(key->plane, ReadIsPlane(value, kName));
  } else if (name == "ignore_unmapped") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(key->ignore_unmapped, ReadBool(value, {kName, name}));
  } else if (name == "validation_method") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(*validation, ReadGeoValidation(value, kName));
  } else if (name == "nested") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(key->nested, ReadNestedSort(value));
  } else if (name == "nested_path" || name == "nested_filter") {
    return Unsupported("[" + name + "] of a sort");
  } else if (*points != nullptr) {
    return ParsingError("Trying to reset fieldName to [" + name + "], already set to [" +
                        key->field + "].");
  } else {
    key->field = name;
    *points = &value;
  }
  return std::nullopt;
}

DslStatus AddDistance(const JsonValue& arguments, std::vector<SortKey>* keys) {
  constexpr size_t kMaxPoints = 1024;
  SortKey key;
  key.kind = SortKey::Kind::kGeoDistance;
  GeoValidation validation = GeoValidation::kStrict;
  const JsonValue* json = nullptr;
  for (const auto& [name, value] : arguments.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadDistanceArgument(name, value, &key, &validation, &json));
  }
  if (json == nullptr || keys->size() == kMaxSortKeys) {
    return ParsingError("[_geo_distance] needs a field and a point");
  }
  const auto points = mapping::ParseGeoPoints(*json);
  if (!points.ok()) {
    return DslError{.type = "parse_exception", .reason = points.status().message()};
  }
  if (points->empty() || points->size() > kMaxPoints) {
    return IllegalArgument("Must provide at least one point for geo_distance sort.");
  }
  for (const mapping::GeoPoint& point : *points) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const mapping::GeoPoint valid,
                                 Validated(point, validation, "_geo_distance"));
    key.points.push_back(valid);
  }
  keys->push_back(std::move(key));
  return std::nullopt;
}

DslStatus AddKey(const std::string& name, const JsonValue* arguments, std::vector<SortKey>* keys) {
  if (Contains(kForeignSorts, name)) {
    return Unsupported("[" + name + "] sort");
  }
  if ((name == "_geo_distance" || name == "_geoDistance") && arguments != nullptr &&
      arguments->is_object()) {
    return AddDistance(*arguments, keys);
  }
  if (name.empty()) {
    return IllegalArgument("fieldName must not be null");
  }
  if (keys->size() == kMaxSortKeys) {
    return IllegalArgument("[sort] takes at most [" + std::to_string(kMaxSortKeys) + "] keys");
  }
  SortKey key = KeyOf(name);
  if (arguments != nullptr) {
    if (arguments->is_object()) {
      for (const auto& [argument, value] : arguments->members()) {
        BINSEEK_DSL_RETURN_IF_ERROR(ReadSortArgument(argument, value, &key));
      }
    } else {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadOrder(*arguments, &key));
    }
  }
  keys->push_back(std::move(key));
  return std::nullopt;
}

// {"price": "desc", "name": {...}}: each member a key.
DslStatus AddObject(const JsonValue& object, std::vector<SortKey>* keys) {
  for (const auto& [name, arguments] : object.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(AddKey(name, &arguments, keys));
  }
  return std::nullopt;
}

}  // namespace

DslResult<std::vector<SortKey>> ParseSort(const JsonValue& json) {
  std::vector<SortKey> keys;
  if (json.is_string()) {
    BINSEEK_DSL_RETURN_IF_ERROR(AddKey(json.AsString(), nullptr, &keys));
  } else if (json.is_object()) {
    BINSEEK_DSL_RETURN_IF_ERROR(AddObject(json, &keys));
  } else if (json.is_array()) {
    for (const JsonValue& element : json.array()) {
      if (element.is_object()) {
        BINSEEK_DSL_RETURN_IF_ERROR(AddObject(element, &keys));
      } else if (element.is_string()) {
        BINSEEK_DSL_RETURN_IF_ERROR(AddKey(element.AsString(), nullptr, &keys));
      } else {
        return IllegalArgument(
            "malformed sort format, within the sort array, an object, or an actual string are "
            "allowed");
      }
    }
  } else {
    return IllegalArgument(
        "malformed sort format, either start with array, object, or an actual string");
  }
  return keys;
}

DslResult<std::vector<SortKey>> ParseSortParameter(std::string_view text) {
  std::vector<SortKey> keys;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(part.size() == text.size() ? text.size() : part.size() + 1);
    if (part.empty()) {
      continue;
    }
    const size_t colon = part.rfind(':');
    if (colon == std::string_view::npos) {
      BINSEEK_DSL_RETURN_IF_ERROR(AddKey(std::string(part), nullptr, &keys));
    } else {
      const JsonValue order = JsonValue::String(std::string(part.substr(colon + 1)));
      BINSEEK_DSL_RETURN_IF_ERROR(AddKey(std::string(part.substr(0, colon)), &order, &keys));
    }
  }
  return keys;
}

DslResult<std::vector<std::optional<std::string>>> ParseSearchAfter(const JsonValue& json) {
  if (json.array().empty()) {
    return IllegalArgument("Values must contains at least one value.");
  }
  if (json.array().size() > kMaxSortKeys) {
    return IllegalArgument("[search_after] takes at most [" + std::to_string(kMaxSortKeys) +
                           "] values");
  }
  std::vector<std::optional<std::string>> values;
  for (const JsonValue& element : json.array()) {
    if (element.is_null()) {
      values.emplace_back();
    } else if (IsScalar(element)) {
      values.emplace_back(ScalarText(element));
    } else {
      return ParsingError(
          "Expected [VALUE_STRING] or [VALUE_NUMBER] or [VALUE_BOOLEAN] or [VALUE_NULL] but found "
          "[" +
          std::string(TokenName(element)) + "] inside search_after.");
    }
  }
  return values;
}

}  // namespace binseek::api::dsl
