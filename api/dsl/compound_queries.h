// Queries that hold queries and functions: boosting, function_score, nested. Internal to api/dsl.
//
// `depth` is that of the query itself. Thread-safe free functions.
#ifndef BINSEEK_API_DSL_COMPOUND_QUERIES_H_
#define BINSEEK_API_DSL_COMPOUND_QUERIES_H_

#include <cstdint>

#include "api/dsl/error.h"
#include "engine/base/json.h"
#include "engine/search/query.h"

namespace binseek::api::dsl {

DslResult<search::QueryPtr> ParseBoosting(const JsonValue& body, uint32_t depth);
DslResult<search::QueryPtr> ParseFunctionScore(const JsonValue& body, uint32_t depth);
DslResult<search::QueryPtr> ParseNested(const JsonValue& body, uint32_t depth);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_COMPOUND_QUERIES_H_
