// geo_distance, geo_bounding_box, geo_polygon.
#include "engine/search/geo_query.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/dsl/leaf_queries.h"
#include "api/dsl/query_arguments.h"

namespace binseek::api::dsl {
namespace {

using mapping::GeoPoint;
using search::QueryPtr;

// Arguments that the three have in common, and the one that is none of them: the field's.
struct GeoArguments {
  std::string field{};
  const JsonValue* shape = nullptr;
  GeoValidation validation = GeoValidation::kStrict;
  bool ignore_unmapped = false;
  float boost = 1;
};

// False: `key` is none of them.
DslResult<bool> ReadGeoArgument(std::string_view query, std::string_view key,
                                const JsonValue& value, GeoArguments* out) {
  if (key == "boost") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(out->boost, ReadBoost(value, query));
  } else if (key == "ignore_unmapped") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(out->ignore_unmapped, ReadBool(value, {query, key}));
  } else if (key == "validation_method") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(out->validation, ReadGeoValidation(value, query));
  } else {
    return false;
  }
  return true;
}

DslError UnexpectedField(std::string_view query, std::string_view key) {
  return ParsingError("failed to parse [" + std::string(query) + "] query. unexpected field [" +
                      std::string(key) + "]");
}

DslStatus TakeField(std::string_view query, const std::string& name, const JsonValue& value,
                    GeoArguments* out) {
  if (out->shape != nullptr && name != out->field) {
    return ParsingError("[" + std::string(query) +
                        "] query doesn't support multiple fields, found [" + out->field +
                        "] and [" + name + "]");
  }
  out->field = name;
  out->shape = &value;
  return std::nullopt;
}

DslResult<GeoPoint> ReadPoint(const JsonValue& value, const GeoArguments& arguments,
                              std::string_view query) {
  const Result<GeoPoint> point = mapping::ParseGeo(value);
  if (!point.ok()) {
    return DslError{.type = "parse_exception", .reason = point.status().message()};
  }
  return Validated(*point, arguments.validation, query);
}

DslResult<double> ReadMeters(const JsonValue& value, const std::string& unit) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text,
                               ReadText(value, {"geo_distance", "distance"}));
  const Result<double> meters = mapping::ParseDistance(text, unit);
  if (!meters.ok()) {
    return IllegalArgument(meters.status().message());
  }
  if (*meters <= 0) {
    return IllegalArgument("distance must be greater than zero");
  }
  return *meters;
}

struct Corners {
  std::optional<double> top, left, bottom, right;
};

DslStatus ReadWkt(const JsonValue& value, Corners* corners) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text,
                               ReadText(value, {"geo_bounding_box", "wkt"}));
  const DslError error{
      .type = "parse_exception",
      .reason = "failed to parse WKT bounding box. [" + text + "] is no BBOX or ENVELOPE"};
  const std::string lower = LowerAscii(text);
  const size_t open = text.find('(');
  if ((!lower.starts_with("bbox") && !lower.starts_with("envelope")) || open == std::string::npos ||
      text.back() != ')') {
    return error;
  }
  const Result<JsonValue> numbers =
      ParseJson("[" + text.substr(open + 1, text.size() - open - 2) + "]");
  if (!numbers.ok() || numbers->array().size() != 4) {
    return error;
  }
  // West, east, north, south.
  std::optional<double>* const order[] = {&corners->left, &corners->right, &corners->top,
                                          &corners->bottom};
  for (size_t i = 0; i < 4; ++i) {
    *order[i] = numbers->array()[i].AsDouble();
    if (!*order[i]) {
      return error;
    }
  }
  return std::nullopt;
}

DslStatus ReadCorner(std::string_view key, const JsonValue& value, Corners* corners) {
  if (key == "wkt") {
    return ReadWkt(value, corners);
  }
  if (key == "top" || key == "left" || key == "bottom" || key == "right") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const double number, ReadDouble(value, {"geo_bounding_box", key}));
    (key == "top"     ? corners->top
     : key == "left"  ? corners->left
     : key == "right" ? corners->right
                      : corners->bottom) = number;
    return std::nullopt;
  }
  const bool top = key == "top_left" || key == "topLeft" || key == "top_right" || key == "topRight";
  const bool left =
      key == "top_left" || key == "topLeft" || key == "bottom_left" || key == "bottomLeft";
  if (!top && !left && key != "bottom_right" && key != "bottomRight") {
    return DslError{
        .type = "parse_exception",
        .reason = "failed to parse bounding box. unexpected field [" + std::string(key) + "]"};
  }
  const Result<GeoPoint> point = mapping::ParseGeo(value);
  if (!point.ok()) {
    return DslError{.type = "parse_exception", .reason = point.status().message()};
  }
  (top ? corners->top : corners->bottom) = point->lat;
  (left ? corners->left : corners->right) = point->lon;
  return std::nullopt;
}

DslResult<mapping::GeoBox> ReadBox(const GeoArguments& arguments) {
  constexpr std::string_view kQuery = "geo_bounding_box";
  if (!arguments.shape->is_object()) {
    return DslError{.type = "parse_exception",
                    .reason = "failed to parse bounding box. object expected"};
  }
  Corners corners;
  for (const auto& [key, value] : arguments.shape->members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadCorner(key, value, &corners));
  }
  if (!corners.top || !corners.left || !corners.bottom || !corners.right) {
    return DslError{.type = "parse_exception",
                    .reason = "failed to parse bounding box. not all corners are given"};
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const GeoPoint north_west, Validated({*corners.top, *corners.left},
                                                                    arguments.validation, kQuery));
  BINSEEK_DSL_ASSIGN_OR_RETURN(
      const GeoPoint south_east,
      Validated({*corners.bottom, *corners.right}, arguments.validation, kQuery));
  if (north_west.lat < south_east.lat) {
    std::string top;
    std::string bottom;
    JsonWriter(&top).Double(north_west.lat);
    JsonWriter(&bottom).Double(south_east.lat);
    return IllegalArgument("top is below bottom corner: " + top + " vs. " + bottom);
  }
  return mapping::GeoBox{.south = south_east.lat,
                         .west = north_west.lon,
                         .north = north_west.lat,
                         .east = south_east.lon};
}

}  // namespace

DslResult<QueryPtr> ParseGeoDistance(const JsonValue& body) {
  constexpr std::string_view kQuery = "geo_distance";
  GeoArguments arguments;
  search::GeoDistanceOptions options;
  const JsonValue* distance = nullptr;
  std::string unit = "m";
  JsonValue::Members split;  // "field.lat" and "field.lon"
  for (const auto& [key, value] : body.members()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const bool shared,
                                 ReadGeoArgument(kQuery, key, value, &arguments));
    if (shared) {
      continue;
    }
    if (key == "distance") {
      distance = &value;
    } else if (key == "unit") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(unit, ReadText(value, {kQuery, key}));
      if (mapping::MetersOfUnit(unit) == 0) {
        return IllegalArgument("No distance unit match [" + unit + "]");
      }
    } else if (key == "distance_type") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.plane, ReadIsPlane(value, kQuery));
    } else if (value.is_object() || value.is_array() || value.is_string()) {
      BINSEEK_DSL_RETURN_IF_ERROR(TakeField(kQuery, key, value, &arguments));
    } else if (key.ends_with(".lat") || key.ends_with(".lon")) {
      arguments.field = key.substr(0, key.size() - 4);
      split.emplace_back(key.substr(key.size() - 3), value);
    } else {
      return UnexpectedField(kQuery, key);
    }
  }
  if (distance == nullptr) {
    return ParsingError("geo_distance requires 'distance' to be specified");
  }
  const JsonValue joined = JsonValue::FromMembers(std::move(split));
  if (arguments.shape == nullptr && joined.members().empty()) {
    return ParsingError("failed to parse [geo_distance] query. no point was given");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(options.meters, ReadMeters(*distance, unit));
  BINSEEK_DSL_ASSIGN_OR_RETURN(
      options.center,
      ReadPoint(arguments.shape == nullptr ? joined : *arguments.shape, arguments, kQuery));
  options.field = arguments.field;
  options.ignore_unmapped = arguments.ignore_unmapped;
  options.boost = arguments.boost;
  return search::MakeGeoDistance(std::move(options));
}

DslResult<QueryPtr> ParseGeoBoundingBox(const JsonValue& body) {
  constexpr std::string_view kQuery = "geo_bounding_box";
  GeoArguments arguments;
  for (const auto& [key, value] : body.members()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const bool shared,
                                 ReadGeoArgument(kQuery, key, value, &arguments));
    // How the box is looked for is no business of the caller's any more.
    if (shared || (key == "type" && value.is_string())) {
      continue;
    }
    if (!value.is_object()) {
      return UnexpectedField(kQuery, key);
    }
    BINSEEK_DSL_RETURN_IF_ERROR(TakeField(kQuery, key, value, &arguments));
  }
  if (arguments.shape == nullptr) {
    return ParsingError("failed to parse [geo_bounding_box] query. no box was given");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const mapping::GeoBox box, ReadBox(arguments));
  return search::MakeGeoBoundingBox({.field = arguments.field,
                                     .box = box,
                                     .ignore_unmapped = arguments.ignore_unmapped,
                                     .boost = arguments.boost});
}

DslResult<QueryPtr> ParseGeoPolygon(const JsonValue& body) {
  constexpr std::string_view kQuery = "geo_polygon";
  constexpr size_t kMaxPoints = 10'000;
  GeoArguments arguments;
  for (const auto& [key, value] : body.members()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const bool shared,
                                 ReadGeoArgument(kQuery, key, value, &arguments));
    if (shared) {
      continue;
    }
    if (!value.is_object()) {
      return ParsingError("[geo_polygon] unexpected token type [" + std::string(TokenName(value)) +
                          "]");
    }
    BINSEEK_DSL_RETURN_IF_ERROR(TakeField(kQuery, key, value, &arguments));
  }
  std::vector<GeoPoint> points;
  const JsonValue::Members none;
  for (const auto& [key, value] : arguments.shape == nullptr ? none : arguments.shape->members()) {
    if (key != "points" || !value.is_array()) {
      return ParsingError("[geo_polygon] query does not support [" + key + "]");
    }
    for (const JsonValue& element : value.array()) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(const GeoPoint point, ReadPoint(element, arguments, kQuery));
      points.push_back(point);
    }
  }
  if (!points.empty() && points.front() == points.back()) {
    points.pop_back();
  }
  if (points.size() < 3) {
    return IllegalArgument("too few points defined for geo_polygon query");
  }
  if (points.size() > kMaxPoints) {
    return IllegalArgument("a polygon of more than [" + std::to_string(kMaxPoints) +
                           "] points is not supported by binseek");
  }
  return search::MakeGeoPolygon({.field = arguments.field,
                                 .points = std::move(points),
                                 .ignore_unmapped = arguments.ignore_unmapped,
                                 .boost = arguments.boost});
}

}  // namespace binseek::api::dsl
