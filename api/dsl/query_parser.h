// One query of Elasticsearch's DSL, {"match": {...}}, to a search::Query.
//
// match_all, match_none, term, terms, terms_set, range, match, multi_match, combined_fields, bool, boosting, exists, ids, prefix, wildcard, regexp, fuzzy,
// constant_score, dis_max, function_score, rank_feature, distance_feature, geo_distance, geo_bounding_box, geo_polygon, more_like_this; any of
// them with a `_name`.
// Depth and number of clauses are bounded (engine/search/query.h). Thread-safe free functions.
#ifndef BINSEEK_API_DSL_QUERY_PARSER_H_
#define BINSEEK_API_DSL_QUERY_PARSER_H_

#include "api/dsl/error.h"
#include "engine/base/json.h"
#include "engine/search/query.h"

namespace binseek::api::dsl {

DslResult<search::QueryPtr> ParseQuery(const JsonValue& json);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_QUERY_PARSER_H_
