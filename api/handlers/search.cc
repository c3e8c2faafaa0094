// _search and _count: parameters and body to one search over one view of all the indices named.
#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "api/dsl/hit_highlights.h"
#include "api/dsl/response.h"
#include "api/dsl/search_request_parser.h"
#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "api/handlers/scroll_context.h"
#include "api/handlers/search_handler.h"
#include "api/handlers/wait_for.h"
#include "api/index_expression.h"
#include "engine/base/json.h"
#include "engine/search/index_setting.h"
#include "engine/search/request_limits.h"

namespace binseek::api {
namespace {

constexpr std::string_view kSearchParameters =
    "from,size,sort,track_total_hits,track_scores,timeout,terminate_after,scroll,version,seq_no_"
    "primary_term,source,explain,stored_fields,docvalue_fields,stats,include_named_queries_score,"
    "source_content_type,rest_total_hits_as_int,typed_keys,preference,routing,search_type,batched_"
    "reduce_size,"
    "max_concurrent_shard_requests,pre_filter_shard_size,ccs_minimize_roundtrips,request_cache,"
    "allow_partial_search_results," BINSEEK_QUERY_PARAMETERS "," BINSEEK_WAIT_PARAMETERS
    "," BINSEEK_SOURCE_PARAMETERS "," BINSEEK_INDICES_PARAMETERS;
constexpr uint64_t kMaxDocValueFields = 100;

RestError Invalid(const std::string& what) {
  return {400, "action_request_validation_exception", "Validation Failed: 1: " + what + ";"};
}

// Shards are one each, so that both ways to count terms give the same.
std::optional<RestError> CheckSearchType(const Request& request) {
  const std::string_view type = request.ParameterOr("search_type", "query_then_fetch");
  if (type != "query_then_fetch" && type != "dfs_query_then_fetch") {
    return IllegalArgument("No search type for [" + std::string(type) + "]");
  }
  return std::nullopt;
}

JsonValue ListOf(std::string_view names) {
  JsonValue::Array list;
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(','));
    names.remove_prefix(std::min(name.size() + 1, names.size()));
    list.push_back(JsonValue::String(std::string(name)));
  }
  return JsonValue::FromArray(std::move(list));
}

// Parts of the body that have a parameter of the same name.
RestResult<JsonValue> WithParameters(const Request& request, const JsonValue& body) {
  JsonValue::Members members = body.members();
  const auto set = [&members](std::string_view key, JsonValue value) {
    std::erase_if(members, [key](const auto& member) { return member.first == key; });
    members.emplace_back(key, std::move(value));
  };
  for (const std::string_view name : {"stored_fields", "docvalue_fields", "stats"}) {
    if (const auto list = request.Parameter(name)) {
      set(name, ListOf(*list));
    }
  }
  for (const std::string_view name : {"explain", "version", "seq_no_primary_term", "track_scores",
                                      "include_named_queries_score"}) {
    if (const auto flag = request.Parameter(name)) {
      set(name, JsonValue::String(std::string(flag->empty() ? "true" : *flag)));
    }
  }
  return JsonValue::FromMembers(std::move(members));
}

RestResult<dsl::SearchBody> ParseBody(const Node& node, const Request& request,
                                      const JsonValue& json) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue with, WithParameters(request, json));
  BINSEEK_DSL_ASSIGN_OR_RETURN(dsl::SearchBody body, dsl::ParseSearchBody(with));
  search::SearchRequest& search = body.request;
  BINSEEK_DSL_ASSIGN_OR_RETURN(search::QueryPtr query, QueryParameter(request));
  search.query = query != nullptr ? std::move(query) : search.query;
  for (const std::string_view name : {"from", "size"}) {
    if (const auto bound = request.Parameter(name); bound && bound->starts_with('-')) {
      return IllegalArgument("[" + std::string(name) + "] parameter cannot be negative, found [" +
                             std::string(*bound) + "]");
    }
  }
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
    body.total_hits_given = true;
  }
  if (const auto timeout = request.Parameter("timeout")) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(search.timeout_ms, dsl::ParseTimeValueMs(*timeout, "timeout"));
  }
  if (HasSourceParameters(request)) {
    body.source = SourceParameters(request);
  }
  if (search.timeout_ms <= 0) {
    search.timeout_ms = node.default_timeout_ms();
  }
  return body;
}

std::optional<RestError> CheckScroll(const Request& request, const dsl::SearchBody& body) {
  const search::SearchRequest& search = body.request;
  if (request.Parameter("request_cache")) {
    return Invalid("[request_cache] cannot be used in a scroll context");
  }
  if (search.from > 0) {
    return Invalid("using [from] is not allowed in a scroll context");
  }
  if (body.point_in_time) {
    return Invalid("using [point in time] is not allowed in a scroll context");
  }
  if (!search.rescorers.empty()) {
    return Invalid("using [rescore] is not allowed in a scroll context");
  }
  if (search.search_after) {
    return IllegalArgument("`search_after` cannot be used in a scroll context.");
  }
  if (!search.collapse_field.empty()) {
    return IllegalArgument("cannot use `collapse` in a scroll context");
  }
  return std::nullopt;
}

std::optional<RestError> CheckScrollPage(const ScrollContext& context,
                                         const search::SearchOptions& options) {
  const uint64_t size = context.body.request.size;
  const uint64_t most = search::ResultWindow(context.indices, options);
  if (size > most) {
    return ErrorOf(Status::InvalidArgument(
        "Batch size is too large, size must be less than or equal to: [" + std::to_string(most) +
        "] but was [" + std::to_string(size) +
        "]. Scroll batch sizes cost as much memory as result windows so they are controlled by the "
        "[index.max_result_window] index level setting."));
  }
  return std::nullopt;
}

// The boost of each index: that of the first name or pattern that means it.
std::optional<RestError> ResolveBoosts(const Names& names, const Request& request,
                                       ScrollContext* context) {
  dsl::SearchBody& body = context->body;
  if (body.indices_boost.empty()) {
    return std::nullopt;
  }
  IndexExpressionOptions options;
  BINSEEK_DSL_ASSIGN_OR_RETURN(options.ignore_unavailable,
                               BoolParameter(request, "ignore_unavailable", false));
  std::vector<float>& boosts = body.request.index_boosts;
  boosts.assign(context->indices.size(), 1);
  std::vector<bool> given(boosts.size(), false);
  for (const auto& [expression, boost] : body.indices_boost) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const IndexSelection meant,
                                 SelectIndices(*names.view, *names.aliases, expression, options));
    const auto& named = meant.indices;
    for (size_t i = 0; i < boosts.size(); ++i) {
      if (!given[i] && std::find(named.begin(), named.end(), context->indices[i]) != named.end()) {
        given[i] = true;
        boosts[i] = boost;
      }
    }
  }
  return std::nullopt;
}

std::optional<RestError> CheckDocValueFields(const ScrollContext& context) {
  const size_t wanted = context.body.docvalue_fields.size();
  for (const index::IndexView* const index : context.indices) {
    const uint64_t most =
        wanted == 0
            ? kMaxDocValueFields
            : search::IndexSetting(*index, "index.max_docvalue_fields_search", kMaxDocValueFields);
    if (wanted > most) {
      RestError error = IllegalArgument(
          "Trying to retrieve too many docvalue_fields. Must be less than or equal to: [" +
          std::to_string(most) + "] but was [" + std::to_string(wanted) +
          "]. This limit can be set by changing the [index.max_docvalue_fields_search] index level "
          "setting.");
      error.from_shard = true;
      return error;
    }
  }
  return std::nullopt;
}

// What is searched: the request's for one slice only, where it asks for one.
search::SearchRequest Sliced(const dsl::SearchBody& body) {
  search::SearchRequest request = body.request;
  if (body.slice) {
    search::BoolOptions options;
    options.must = {request.query != nullptr ? request.query : search::MakeMatchAll()};
    options.filter = {search::MakeSlice(body.slice->id, body.slice->max, body.slice->field)};
    request.query = search::MakeBool(std::move(options));
  }
  return request;
}

RestResult<Names> ViewOf(Node* node, const Request& request, ScrollContext* context) {
  dsl::SearchBody& body = context->body;
  if (!body.point_in_time) {
    Names names = node->names();
    BINSEEK_DSL_ASSIGN_OR_RETURN(IndexSelection selection, RequestedSelection(names, request));
    context->indices = std::move(selection.indices);
    body.request.restriction = std::move(selection.restriction);
    return names;
  }
  if (!request.Capture("index").empty()) {
    return Invalid(
        "[indices] cannot be used with point in time. Do not specify any index with point in "
        "time.");
  }
  for (const std::string_view name : {"routing", "preference"}) {
    if (request.Parameter(name)) {
      return Invalid("[" + std::string(name) + "] cannot be used with point in time");
    }
  }
  const dsl::PointInTimeUse& use = *body.point_in_time;
  Result<search::PointInTime> held = node->scrolls()->UsePointInTime(use.id, use.keep_alive_ms);
  if (!held.ok() && held.status().code() == StatusCode::kNotFound) {
    return RestError(404, "search_context_missing_exception", held.status().message());
  }
  if (!held.ok()) {
    return ErrorOf(held.status());
  }
  context->indices = std::move(held->indices);
  body.request.restriction = std::move(held->restriction);
  // Equal hits in the order of their places, which the next page can go on from; not for who goes on with a value for each key of its own.
  std::vector<search::SortKey>& sort = body.request.sort;
  const auto& after = body.request.search_after;
  if (!sort.empty() && sort.back().kind != search::SortKey::Kind::kDoc &&
      (!after || after->size() != sort.size()) && body.request.collapse_field.empty() &&
      body.request.rescorers.empty()) {
    sort.emplace_back().kind = search::SortKey::Kind::kDoc;
  }
  return Names{node->aliases(), std::move(held->view)};
}

HandlerResult Search(Node* node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue json, JsonBody(request));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto context, ParseSearch(*node, request, json));
  return RunSearch(node, request, context);
}

HandlerResult Count(const Node& node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue json, JsonBody(request));
  BINSEEK_DSL_ASSIGN_OR_RETURN(search::QueryPtr query, dsl::ParseCountBody(json));
  BINSEEK_DSL_ASSIGN_OR_RETURN(search::QueryPtr given, QueryParameter(request));
  query = given != nullptr ? std::move(given) : query;
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto terminate_after,
                               UintParameter(request, "terminate_after"));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto min_score, FloatParameter(request, "min_score"));
  BINSEEK_DSL_RETURN_IF_ERROR(AwaitSource(node, request));
  const Names names = node.names();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const IndexSelection selection, RequestedSelection(names, request));
  const auto& indices = selection.indices;
  BINSEEK_REST_ASSIGN_OR_RETURN(
      uint64_t count, search::Count(*names.view, indices, Restricted(query, selection),
                                    node.search_options(), node.default_timeout_ms(), min_score));
  if (terminate_after && *terminate_after > 0) {
    count = std::min<uint64_t>(count, *terminate_after * indices.size());
  }
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("count").Uint(count);
  WriteShards(indices.size(), true, &writer);
  writer.EndObject();
  return response;
}

}  // namespace

RestResult<std::shared_ptr<ScrollContext>> ParseSearch(const Node& node, const Request& request,
                                                       const JsonValue& json) {
  if (std::optional<RestError> refused = CheckSearchType(request)) {
    return *std::move(refused);
  }
  auto context = std::make_shared<ScrollContext>();
  BINSEEK_DSL_ASSIGN_OR_RETURN(context->body, ParseBody(node, request, json));
  BINSEEK_DSL_ASSIGN_OR_RETURN(context->total_hits_as_int,
                               BoolParameter(request, "rest_total_hits_as_int", false));
  BINSEEK_DSL_ASSIGN_OR_RETURN(context->typed_keys, BoolParameter(request, "typed_keys", false));
  dsl::SearchBody& body = context->body;
  uint64_t& track = body.request.track_total_hits;
  if (context->total_hits_as_int && !body.total_hits_given) {
    track = search::SearchRequest::kCountAll;
  }
  if (context->total_hits_as_int && track != search::SearchRequest::kCountAll &&
      track != search::SearchRequest::kCountNone) {
    return IllegalArgument(
        "[rest_total_hits_as_int] cannot be used if the tracking of total hits is not accurate, "
        "got " +
        std::to_string(track));
  }
  if (body.slice && !body.point_in_time && !request.Parameter("scroll")) {
    return IllegalArgument("[slice] can only be used with [scroll] or [point-in-time] requests");
  }
  return context;
}

HandlerResult RunSearch(Node* node, const Request& request,
                        const std::shared_ptr<ScrollContext>& context) {
  const auto start = std::chrono::steady_clock::now();
  BINSEEK_DSL_RETURN_IF_ERROR(AwaitSource(*node, request));
  const auto scroll = request.Parameter("scroll");
  if (scroll) {
    BINSEEK_DSL_RETURN_IF_ERROR(CheckScroll(request, context->body));
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(Names names, ViewOf(node, request, context.get()));
  BINSEEK_DSL_RETURN_IF_ERROR(ResolveBoosts(names, request, context.get()));
  BINSEEK_DSL_RETURN_IF_ERROR(CheckDocValueFields(*context));
  search::SearchRequest search = Sliced(context->body);
  if (scroll) {
    BINSEEK_DSL_RETURN_IF_ERROR(CheckScrollPage(*context, node->search_options()));
    BINSEEK_DSL_ASSIGN_OR_RETURN(const int64_t keep_alive,
                                 dsl::ParseTimeValueMs(*scroll, "scroll"));
    search.track_total_hits = search::SearchRequest::kCountAll;
    auto indices = context->indices;
    BINSEEK_REST_ASSIGN_OR_RETURN(
        const search::ScrollPage page,
        node->scrolls()->Open(std::move(names.view), std::move(indices), std::move(search),
                              node->search_options(), keep_alive, context));
    return RenderScrollPage(page, node, start);
  }
  BINSEEK_REST_ASSIGN_OR_RETURN(
      const search::SearchResult result,
      search::Search(*names.view, context->indices, search, node->search_options()));
  return RenderSearch(result, *context, *names.view, {}, *node, start);
}

void AddSearchHandlers(Node* node, Router* router) {
  constexpr std::string_view kCountParameters =
      "source,source_content_type,preference,routing,terminate_after,min_"
      "score," BINSEEK_QUERY_PARAMETERS "," BINSEEK_WAIT_PARAMETERS "," BINSEEK_INDICES_PARAMETERS;
  const auto search = [node](const Request& request) { return Search(node, request); };
  const auto count = [node](const Request& request) { return Count(*node, request); };
  router->Add("GET,POST", "/_search", kSearchParameters, search);
  router->Add("GET,POST", "/{index}/_search", kSearchParameters, search);
  router->Add("GET,POST", "/_count", kCountParameters, count);
  router->Add("GET,POST", "/{index}/_count", kCountParameters, count);
}

}  // namespace binseek::api
