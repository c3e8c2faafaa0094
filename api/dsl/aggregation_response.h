// Aggregations as Elasticsearch's JSON. Internal to api/dsl. Thread-safe free function.
#ifndef BINSEEK_API_DSL_AGGREGATION_RESPONSE_H_
#define BINSEEK_API_DSL_AGGREGATION_RESPONSE_H_

#include <vector>

#include "engine/base/json.h"
#include "engine/search/aggregation.h"

namespace binseek::api::dsl {

// Writes one member per aggregation into the object that `writer` is in; `typed_keys`: "sterms#colors" instead of "colors".
void WriteAggregations(const std::vector<search::AggregationResult>& aggregations, bool typed_keys,
                       JsonWriter* writer);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_AGGREGATION_RESPONSE_H_
