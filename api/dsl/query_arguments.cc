#include "api/dsl/query_arguments.h"

#include <utility>

#include "engine/search/multi_term_query.h"

namespace binseek::api::dsl {

DslResult<uint32_t> ReadCount(const JsonValue& value, Place place, int32_t least,
                              std::string_view complaint) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t number, ReadInt(value, place));
  if (number < least) {
    return IllegalArgument(std::string(complaint));
  }
  return static_cast<uint32_t>(number);
}

DslResult<std::vector<std::string>> ReadStrings(const JsonValue& value, Place place) {
  std::vector<std::string> out;
  if (!value.is_array()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(value, place));
    out.push_back(std::move(text));
    return out;
  }
  for (const JsonValue& element : value.array()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(element, place));
    out.push_back(std::move(text));
  }
  return out;
}

DslResult<std::string> ReadFuzziness(const JsonValue& value, Place place) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(value, place));
  const Result<uint32_t> edits = search::EditsFor(text, "");
  if (!edits.ok()) {
    return IllegalArgument(edits.status().message());
  }
  return text;
}

DslResult<std::string> ReadRewrite(const JsonValue& value, Place place) {
  if (value.is_null()) {
    return std::string();
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(value, place));
  const Result<search::Rewrite> rewrite = search::ParseRewrite(text, search::Rewrite());
  if (!rewrite.ok()) {
    return IllegalArgument("Failed to parse rewrite_method [" + text + "]");
  }
  return text;
}

DslResult<GeoValidation> ReadGeoValidation(const JsonValue& value, std::string_view query) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text,
                               ReadText(value, {query, "validation_method"}));
  const std::string lower = LowerAscii(text);
  if (lower == "strict") {
    return GeoValidation::kStrict;
  }
  if (lower == "coerce") {
    return GeoValidation::kCoerce;
  }
  if (lower == "ignore_malformed") {
    return GeoValidation::kIgnore;
  }
  return IllegalArgument(
      "operator needs to be either STRICT, COERCE, or IGNORE_MALFORMED, but not "
      "[" +
      text + "]");
}

DslResult<mapping::GeoPoint> Validated(mapping::GeoPoint point, GeoValidation validation,
                                       std::string_view query) {
  if (validation != GeoValidation::kStrict) {
    return mapping::NormalizeGeo(point);
  }
  const Status status = mapping::CheckGeo(point, "[" + std::string(query) + "]");
  if (!status.ok()) {
    return ErrorFromStatus(Status::InvalidArgument("failed to create query: " + status.message()));
  }
  return point;
}

DslResult<bool> ReadIsPlane(const JsonValue& value, std::string_view query) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value, {query, "distance_type"}));
  const std::string lower = LowerAscii(text);
  if (lower != "plane" && lower != "arc") {
    return IllegalArgument("No geo distance for [" + text + "]");
  }
  return lower == "plane";
}

}  // namespace binseek::api::dsl
