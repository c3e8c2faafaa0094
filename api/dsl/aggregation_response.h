// Aggregations as Elasticsearch's JSON: a writer per shape of result. Internal to api/dsl. Thread-safe free function.
#ifndef BINSEEK_API_DSL_AGGREGATION_RESPONSE_H_
#define BINSEEK_API_DSL_AGGREGATION_RESPONSE_H_

#include <vector>

#include "api/dsl/hit_writer.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/search/aggregation_result.h"

namespace binseek::api::dsl {

struct AggregationForm {
  bool typed_keys = false;           // "sterms#colors" instead of "colors"
  bool total_hits_as_int = false;    // of top_hits
  const HitContext* hits = nullptr;  // of top_hits; the search that these come from
};

// Writes one member per aggregation into the object that `writer` is in. Errors: those of fetching the hits of top_hits; the output is of no use then.
Status WriteAggregations(const std::vector<search::AggregationResult>& aggregations,
                         AggregationForm form, JsonWriter* writer);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_AGGREGATION_RESPONSE_H_
