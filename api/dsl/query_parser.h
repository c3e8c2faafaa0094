// One query of Elasticsearch's DSL, {"match": {...}}, to a search::Query.
//
// match_all, match_none, term, terms, range, match, multi_match, bool, exists, ids, prefix, constant_score, dis_max.
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
