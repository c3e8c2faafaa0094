// _search and _count: parameters and body to one search over one view of all the indices named.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "api/dsl/response.h"
#include "api/dsl/search_request_parser.h"
#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "api/handlers/scroll_context.h"
#include "api/handlers/wait_for.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

constexpr std::string_view kSearchParameters =
    "from,size,sort,track_total_hits,track_scores,timeout,terminate_after,scroll,version,seq_no_"
    "primary_term,q,source,"
    "source_content_type,rest_total_hits_as_int,typed_keys,preference,routing,search_type,batched_"
    "reduce_size,"
    "max_concurrent_shard_requests,pre_filter_shard_size,ccs_minimize_roundtrips,request_cache,"
    "allow_partial_search_results," BINSEEK_WAIT_PARAMETERS "," BINSEEK_SOURCE_PARAMETERS
    "," BINSEEK_INDICES_PARAMETERS;

// q= needs Lucene's query string syntax; to ignore it would answer another question.
std::optional<RestError> RefuseQueryString(const Request& request) {
  if (request.Parameter("q")) {
    return IllegalArgument(
        "the parameter [q] is not supported; send the query in the body, as {\"query\": "
        "{\"match\": ...}}");
  }
  return std::nullopt;
}

// URL parameters are stronger than the body.
RestResult<dsl::SearchBody> ParseRequest(const Node& node, const Request& request) {
  if (std::optional<RestError> refused = RefuseQueryString(request)) {
    return *std::move(refused);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue json, JsonBody(request));
  BINSEEK_DSL_ASSIGN_OR_RETURN(dsl::SearchBody body, dsl::ParseSearchBody(json));
  search::SearchRequest& search = body.request;
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto from, UintParameter(request, "from"));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto size, UintParameter(request, "size"));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto terminate_after,
                               UintParameter(request, "terminate_after"));
  search.from = from.value_or(search.from);
  search.size = size.value_or(search.size);
  search.terminate_after = terminate_after.value_or(search.terminate_after);
  if (const auto sort = request.Parameter("sort")) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(search.sort, dsl::ParseSortParameter(*sort));
  }
  if (const auto track = request.Parameter("track_total_hits")) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(search.track_total_hits, dsl::ParseTrackTotalHits(*track));
  }
  if (const auto timeout = request.Parameter("timeout")) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(search.timeout_ms, dsl::ParseTimeValueMs(*timeout, "timeout"));
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(search.track_scores,
                               BoolParameter(request, "track_scores", search.track_scores));
  BINSEEK_DSL_ASSIGN_OR_RETURN(body.version, BoolParameter(request, "version", body.version));
  BINSEEK_DSL_ASSIGN_OR_RETURN(
      body.seq_no_primary_term,
      BoolParameter(request, "seq_no_primary_term", body.seq_no_primary_term));
  if (HasSourceParameters(request)) {
    body.source = SourceParameters(request);
  }
  if (search.timeout_ms <= 0) {
    search.timeout_ms = node.default_timeout_ms();
  }
  return body;
}

HandlerResult Search(Node* node, const Request& request) {
  const auto start = std::chrono::steady_clock::now();
  auto context = std::make_shared<ScrollContext>();
  BINSEEK_DSL_ASSIGN_OR_RETURN(context->body, ParseRequest(*node, request));
  BINSEEK_DSL_ASSIGN_OR_RETURN(context->total_hits_as_int,
                               BoolParameter(request, "rest_total_hits_as_int", false));
  BINSEEK_DSL_ASSIGN_OR_RETURN(context->typed_keys, BoolParameter(request, "typed_keys", false));
  search::SearchRequest& search = context->body.request;
  if (context->total_hits_as_int && !request.Parameter("track_total_hits")) {
    search.track_total_hits = search::SearchRequest::kCountAll;
  }
  BINSEEK_DSL_RETURN_IF_ERROR(AwaitSource(*node, request));
  std::shared_ptr<const index::EngineView> view = node->engine()->View();
  BINSEEK_DSL_ASSIGN_OR_RETURN(auto indices, RequestedIndices(*view, request));
  if (const auto scroll = request.Parameter("scroll")) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const int64_t keep_alive,
                                 dsl::ParseTimeValueMs(*scroll, "scroll"));
    if (search.from > 0) {
      return IllegalArgument("using [from] is not allowed in a scroll context");
    }
    search.track_total_hits = search::SearchRequest::kCountAll;
    BINSEEK_REST_ASSIGN_OR_RETURN(
        const search::ScrollPage page,
        node->scrolls()->Open(std::move(view), std::move(indices), search, node->search_options(),
                              keep_alive, context));
    return RenderScrollPage(page, node->max_response_bytes(), start);
  }
  BINSEEK_REST_ASSIGN_OR_RETURN(const search::SearchResult result,
                                search::Search(*view, indices, search, node->search_options()));
  return RenderSearch(result, *context, {}, node->max_response_bytes(), start);
}

HandlerResult Count(const Node& node, const Request& request) {
  if (std::optional<RestError> refused = RefuseQueryString(request)) {
    return *std::move(refused);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue json, JsonBody(request));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const search::QueryPtr query, dsl::ParseCountBody(json));
  BINSEEK_DSL_RETURN_IF_ERROR(AwaitSource(node, request));
  const auto view = node.engine()->View();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto indices, RequestedIndices(*view, request));
  BINSEEK_REST_ASSIGN_OR_RETURN(const uint64_t count,
                                search::Count(*view, indices, query, node.search_options()));
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("count").Uint(count);
  WriteShards(indices.size(), true, &writer);
  writer.EndObject();
  return response;
}

}  // namespace

void AddSearchHandlers(Node* node, Router* router) {
  constexpr std::string_view kCountParameters =
      "q,source,source_content_type,preference,routing," BINSEEK_WAIT_PARAMETERS
      "," BINSEEK_INDICES_PARAMETERS;
  const auto search = [node](const Request& request) { return Search(node, request); };
  const auto count = [node](const Request& request) { return Count(*node, request); };
  router->Add("GET,POST", "/_search", kSearchParameters, search);
  router->Add("GET,POST", "/{index}/_search", kSearchParameters, search);
  router->Add("GET,POST", "/_count", kCountParameters, count);
  router->Add("GET,POST", "/{index}/_count", kCountParameters, count);
}

}  // namespace binseek::api
