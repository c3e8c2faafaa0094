// What the parsers of several queries share beside arguments.h. Internal to api/dsl. Thread-safe free functions.
#ifndef BINSEEK_API_DSL_QUERY_ARGUMENTS_H_
#define BINSEEK_API_DSL_QUERY_ARGUMENTS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/dsl/arguments.h"
#include "api/dsl/error.h"
#include "engine/base/json.h"
#include "engine/mapping/geo.h"
#include "engine/search/query.h"

namespace binseek::api::dsl {

// A query within another one that is at `depth`.
DslResult<search::QueryPtr> ParseInnerQuery(const JsonValue& json, uint32_t depth);

// A number of at least `least`; below it an IllegalArgument that says `complaint`.
DslResult<uint32_t> ReadCount(const JsonValue& value, Place place, int32_t least,
                              std::string_view complaint);
// Scalars of an array, or one.
DslResult<std::vector<std::string>> ReadStrings(const JsonValue& value, Place place);
// "AUTO", 1, ...: checked.
DslResult<std::string> ReadFuzziness(const JsonValue& value, Place place);
// Checked, so that a wrong one is refused before any index is asked.
DslResult<std::string> ReadRewrite(const JsonValue& value, Place place);

enum class GeoValidation : uint8_t { kStrict, kCoerce, kIgnore };
DslResult<GeoValidation> ReadGeoValidation(const JsonValue& value, std::string_view query);
// Checks or mends a point.
DslResult<mapping::GeoPoint> Validated(mapping::GeoPoint point, GeoValidation validation,
                                       std::string_view query);
DslResult<bool> ReadIsPlane(const JsonValue& value, std::string_view query);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_QUERY_ARGUMENTS_H_
