// What many handlers read from a request: typed parameters, the body as JSON, the indices that it names.
//
// Pure functions, thread-safe. Errors are worded as Elasticsearch words them.
#ifndef BINSEEK_API_HANDLERS_PARAMETERS_H_
#define BINSEEK_API_HANDLERS_PARAMETERS_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "api/dsl/source_filter.h"
#include "api/http_message.h"
#include "api/index_expression.h"
#include "api/node.h"
#include "api/rest_error.h"
#include "engine/base/json.h"
#include "engine/index/engine_view.h"

namespace binseek::api {

// Names of parameters for Router::Add.
#define BINSEEK_INDICES_PARAMETERS \
  "ignore_unavailable,allow_no_indices,expand_wildcards,ignore_throttled"
#define BINSEEK_SOURCE_PARAMETERS "_source,_source_includes,_source_excludes"

// "" and "true" are true; absent: `fallback`.
RestResult<bool> BoolParameter(const Request& request, std::string_view name, bool fallback);
RestResult<std::optional<uint64_t>> UintParameter(const Request& request, std::string_view name);
RestResult<std::optional<float>> FloatParameter(const Request& request, std::string_view name);

// `refresh` of a write.
std::optional<RestError> CheckRefresh(const Request& request);
// A status of indices that a parameter names; "" where it is not given. All of ours are green.
RestResult<std::string> HealthParameter(const Request& request, std::string_view name);

// The body, or the parameter `source`; an empty object where there is neither. Its top must be an object.
RestResult<JsonValue> JsonBody(const Request& request);
RestError BodyError(const Status& status);  // of ParseJson

// ignore_unavailable, allow_no_indices, expand_wildcards. `with_hidden`: where the last is not given, wildcards mean hidden indices too.
RestResult<IndexExpressionOptions> IndexOptions(const Request& request, bool with_hidden = false);
// {index} of the route, by these. Results are borrowed from the view.
RestResult<IndexSelection> RequestedSelection(const Names& names, const Request& request,
                                              bool with_hidden = false);
// The same without what aliases filter.
RestResult<std::vector<const index::IndexView*>> RequestedIndices(const Names& names,
                                                                  const Request& request,
                                                                  bool with_hidden = false);
// Exactly one index that exists.
RestResult<const index::IndexView*> RequestedIndex(const Names& names, std::string_view name);

// The query that the parameter q is, by df, default_operator, analyzer and lenient; null: there is none.
#define BINSEEK_QUERY_PARAMETERS "q,df,default_operator,analyzer,analyze_wildcard,lenient"
RestResult<search::QueryPtr> QueryParameter(const Request& request);

bool HasSourceParameters(const Request& request);
dsl::SourceFilter SourceParameters(const Request& request);

// "_shards":{"total":n,"successful":n,"skipped":0,"failed":0}
void WriteShards(size_t count, bool with_skipped, JsonWriter* writer);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_PARAMETERS_H_
