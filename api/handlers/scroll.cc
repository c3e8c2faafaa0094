// _search/scroll: further pages of a search, and their end.
#include <memory>
#include <string>
#include <vector>

#include "api/dsl/response.h"
#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "api/handlers/scroll_context.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

constexpr size_t kMaxIds = 1000;  // of one request

RestError UnknownKey(const std::string& name) {
  return {400, "illegal_argument_exception",
          "Unknown parameter [" + name + "] in request body or parameter is of the wrong type"};
}

// scroll_id of the body, the query or the path: one, a list, or separated by commas.
RestResult<std::vector<std::string>> ScrollIds(const Request& request, const JsonValue& body) {
  std::vector<std::string> ids;
  const auto add = [&ids](std::string_view list) {
    while (!list.empty() && ids.size() <= kMaxIds) {
      const std::string_view id = list.substr(0, list.find(','));
      list.remove_prefix(std::min(id.size() + 1, list.size()));
      ids.emplace_back(id);
    }
  };
  if (const JsonValue* given = body.Find("scroll_id")) {
    if (given->is_string()) {
      add(given->AsString());
    } else if (given->is_array()) {
      for (const JsonValue& id : given->array()) {
        if (!id.is_string()) {
          return IllegalArgument("scroll_id array element should only contain scroll_id");
        }
        add(id.AsString());
      }
    } else {
      return UnknownKey("scroll_id");
    }
  } else {
    add(request.Capture("scroll_id").empty() ? request.ParameterOr("scroll_id")
                                             : std::string_view(request.Capture("scroll_id")));
  }
  if (ids.size() > kMaxIds) {
    return IllegalArgument("more than " + std::to_string(kMaxIds) + " scroll ids in one request");
  }
  return ids;
}

std::optional<RestError> CheckKeys(const JsonValue& body) {
  for (const auto& [name, value] : body.members()) {
    if (name != "scroll_id" && name != "scroll") {
      return UnknownKey(name);
    }
  }
  return std::nullopt;
}

HandlerResult Next(Node* node, const Request& request) {
  const SearchStart start = std::chrono::steady_clock::now();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue body, JsonBody(request));
  if (std::optional<RestError> unknown = CheckKeys(body)) {
    return *std::move(unknown);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::vector<std::string> ids, ScrollIds(request, body));
  if (ids.size() != 1) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: scrollId is missing;");
  }
  std::string_view keep_alive = request.ParameterOr("scroll");
  if (const JsonValue* scroll = body.Find("scroll")) {
    if (!scroll->is_string()) {
      return UnknownKey("scroll");
    }
    keep_alive = scroll->AsString();
  }
  int64_t keep_alive_ms = 0;
  if (!keep_alive.empty()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(keep_alive_ms, dsl::ParseTimeValueMs(keep_alive, "scroll"));
  }
  const Result<search::ScrollPage> page = node->scrolls()->Next(ids[0], keep_alive_ms);
  if (!page.ok() && page.status().code() == StatusCode::kNotFound) {
    return RestError(404, "search_context_missing_exception",
                     "No search context found for id [" + ids[0] + "]");
  }
  if (!page.ok()) {
    return ErrorOf(page.status());
  }
  return RenderScrollPage(*page, node, start);
}

HandlerResult Clear(Node* node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue body, JsonBody(request));
  if (std::optional<RestError> unknown = CheckKeys(body)) {
    return *std::move(unknown);
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::vector<std::string> ids, ScrollIds(request, body));
  if (ids.empty()) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: no scroll ids specified;");
  }
  size_t freed = 0;
  bool all = false;
  for (const std::string& id : ids) {
    all = all || id == "_all";
    freed += id == "_all" ? node->scrolls()->CloseAll() : (node->scrolls()->Close(id) ? 1 : 0);
  }
  Response response;
  response.status = freed > 0 || all ? 200 : 404;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("succeeded").Bool(true);
  writer.Key("num_freed").Uint(freed);
  writer.EndObject();
  return response;
}

}  // namespace

HandlerResult RenderSearch(const search::SearchResult& result, const ScrollContext& context,
                           const index::EngineView& view, std::string_view scroll_id,
                           const Node& node, SearchStart start) {
  const auto took = std::chrono::steady_clock::now() - start;
  dsl::ResponseOptions options;
  options.took_ms = std::chrono::duration_cast<std::chrono::milliseconds>(took).count();
  options.scroll_id = scroll_id;
  options.total_hits_as_int = context.total_hits_as_int;
  options.typed_keys = context.typed_keys;
  options.max_bytes = node.max_response_bytes();
  options.hits.view = &view;
  options.hits.indices = context.indices;
  options.hits.options = node.search_options();
  options.hits.total_hits_as_int = context.total_hits_as_int;
  Response response;
  const Status status = dsl::AppendSearchResponse(result, context.body, options, &response.body);
  if (status.code() == StatusCode::kResourceExhausted) {
    return ResponseTooLarge(options.max_bytes);
  }
  if (!status.ok()) {
    return ErrorOf(status);
  }
  return response;
}

HandlerResult RenderScrollPage(const search::ScrollPage& page, Node* node, SearchStart start) {
  HandlerResult rendered =
      RenderSearch(page.result, *static_cast<const ScrollContext*>(page.context.get()), *page.view,
                   page.id, *node, start);
  if (!rendered.ok()) {
    node->scrolls()->Close(page.id);  // it is past these hits, which nobody has seen
  }
  return rendered;
}

void AddScrollHandlers(Node* node, Router* router) {
  constexpr std::string_view kParameters =
      "scroll,scroll_id,rest_total_hits_as_int,source,source_content_type";
  const auto next = [node](const Request& request) { return Next(node, request); };
  const auto clear = [node](const Request& request) { return Clear(node, request); };
  router->Add("GET,POST", "/_search/scroll", kParameters, next);
  router->Add("GET,POST", "/_search/scroll/{scroll_id}", kParameters, next);
  router->Add("DELETE", "/_search/scroll", "scroll_id", clear);
  router->Add("DELETE", "/_search/scroll/{scroll_id}", "scroll_id", clear);
}

}  // namespace binseek::api
