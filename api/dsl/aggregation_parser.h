// The `aggs` of a request. Internal to api/dsl. Thread-safe free functions.
#ifndef BINSEEK_API_DSL_AGGREGATION_PARSER_H_
#define BINSEEK_API_DSL_AGGREGATION_PARSER_H_

#include <vector>

#include "api/dsl/error.h"
#include "engine/base/json.h"
#include "engine/search/aggregation.h"

namespace binseek::api::dsl {

// {"colors": {"terms": {"field": "color"}, "aggs": {...}}, ...}. The kinds are in the registry of aggregation_parser.cc.
DslResult<std::vector<search::AggregationSpec>> ParseAggregations(const JsonValue& json);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_AGGREGATION_PARSER_H_
