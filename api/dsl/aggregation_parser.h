// The `aggs` of a request. Internal to api/dsl. Thread-safe free functions.
#ifndef BINSEEK_API_DSL_AGGREGATION_PARSER_H_
#define BINSEEK_API_DSL_AGGREGATION_PARSER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/dsl/error.h"
#include "engine/base/json.h"
#include "engine/search/aggregation.h"

namespace binseek::api::dsl {

// {"colors": {"terms": {"field": "color"}, "aggs": {...}}, ...}. terms, range, filter, filters, min, max, avg, sum, stats, value_count.
DslResult<std::vector<search::AggregationSpec>> ParseAggregations(const JsonValue& json);

// The body of one aggregation, {"field": "color"}, into `spec`, whose name and kind are set already.
DslStatus ParseAggregationBody(std::string_view type, const JsonValue& body,
                               search::AggregationSpec* spec);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_AGGREGATION_PARSER_H_
