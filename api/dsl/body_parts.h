// Parts of a search's body that say what is shown of hits, and how they are chosen beyond the query. Internal to api/dsl.
//
// Each reads one key of the body into `body`; errors are worded as Elasticsearch words them. Thread-safe free functions.
#ifndef BINSEEK_API_DSL_BODY_PARTS_H_
#define BINSEEK_API_DSL_BODY_PARTS_H_

#include <string_view>

#include "api/dsl/error.h"
#include "api/dsl/search_body.h"
#include "engine/base/json.h"

namespace binseek::api::dsl {

DslStatus ReadHighlight(std::string_view key, const JsonValue& value, SearchBody* body);
DslStatus ReadRescore(std::string_view key, const JsonValue& value, SearchBody* body);
DslStatus ReadCollapse(std::string_view key, const JsonValue& value, SearchBody* body);
DslStatus ReadExplain(std::string_view key, const JsonValue& value, SearchBody* body);
DslStatus ReadFieldPatterns(std::string_view key, const JsonValue& value, SearchBody* body);
DslStatus ReadStoredFields(std::string_view key, const JsonValue& value, SearchBody* body);
DslStatus ReadIndicesBoost(std::string_view key, const JsonValue& value, SearchBody* body);
DslStatus ReadSlice(std::string_view key, const JsonValue& value, SearchBody* body);
DslStatus ReadPointInTime(std::string_view key, const JsonValue& value, SearchBody* body);
DslStatus ReadStats(std::string_view key, const JsonValue& value, SearchBody* body);
DslStatus ReadExt(std::string_view key, const JsonValue& value, SearchBody* body);

// A definition of inner hits; without a name it has `default_name`, where that is not empty.
DslResult<InnerHits> ReadInnerHits(const JsonValue& value, const std::string& default_name);
// Those of nested queries have a name each.
DslStatus CheckInnerHitNames(const search::SearchRequest& request);

// "Unknown key for a START_OBJECT in [size]."
DslError UnknownKey(std::string_view key, const JsonValue& value);
// What cannot be asked for together.
DslStatus CheckCombination(const SearchBody& body);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_BODY_PARTS_H_
