// _pit, and _search/point_in_time as OpenSearch has it: views that searches of several requests share.
#include <chrono>
#include <string>
#include <vector>

#include "api/dsl/search_request_parser.h"
#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

constexpr size_t kMaxIds = 1000;  // of one request

struct Opened {
  std::string id;
  size_t indices = 0;
};

RestResult<Opened> OpenView(Node* node, const Request& request) {
  const auto keep_alive = request.Parameter("keep_alive");
  if (!keep_alive) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: [keep_alive] is not specified;");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int64_t keep_alive_ms,
                               dsl::ParseTimeValueMs(*keep_alive, "keep_alive"));
  Names names = node->names();
  BINSEEK_DSL_ASSIGN_OR_RETURN(IndexSelection selection, RequestedSelection(names, request));
  Opened opened;
  opened.indices = selection.indices.size();
  BINSEEK_REST_ASSIGN_OR_RETURN(opened.id, node->scrolls()->OpenPointInTime(
                                               std::move(names.view), std::move(selection.indices),
                                               keep_alive_ms, std::move(selection.restriction)));
  return opened;
}

HandlerResult Open(Node* node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const Opened opened, OpenView(node, request));
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("id").String(opened.id);
  WriteShards(opened.indices, true, &writer);
  writer.EndObject();
  return response;
}

HandlerResult OpenAsOpenSearch(Node* node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const Opened opened, OpenView(node, request));
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("pit_id").String(opened.id);
  WriteShards(opened.indices, true, &writer);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  writer.Key("creation_time")
      .Int(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  writer.EndObject();
  return response;
}

// A text or a list of them under `key`, and nothing else.
RestResult<std::vector<std::string>> IdsOf(const Request& request, std::string_view key) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue body, JsonBody(request));
  std::vector<std::string> ids;
  for (const auto& [name, value] : body.members()) {
    if (name != key || (!value.is_string() && !value.is_array())) {
      return IllegalArgument("Unknown parameter [" + name +
                             "] in request body or parameter is of the wrong type");
    }
    if (value.is_string()) {
      ids.push_back(value.AsString());
    }
    for (const JsonValue& id : value.array()) {
      ids.push_back(id.AsString());
    }
  }
  if (ids.empty()) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: no pit ids specified;");
  }
  if (ids.size() > kMaxIds) {
    return IllegalArgument("more than " + std::to_string(kMaxIds) + " ids in one request");
  }
  return ids;
}

HandlerResult Close(Node* node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::vector<std::string> ids, IdsOf(request, "id"));
  size_t freed = 0;
  for (const std::string& id : ids) {
    freed += node->scrolls()->ClosePointInTime(id) ? 1 : 0;
  }
  Response response;
  response.status = freed > 0 ? 200 : 404;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("succeeded").Bool(true);
  writer.Key("num_freed").Uint(freed);
  writer.EndObject();
  return response;
}

HandlerResult CloseAsOpenSearch(Node* node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::vector<std::string> ids, IdsOf(request, "pit_id"));
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("pits").BeginArray();
  for (const std::string& id : ids) {
    writer.BeginObject();
    writer.Key("successful").Bool(node->scrolls()->ClosePointInTime(id));
    writer.Key("pit_id").String(id);
    writer.EndObject();
  }
  writer.EndArray();
  writer.EndObject();
  return response;
}

HandlerResult CloseAll(Node* node) {
  Response response;
  JsonWriter writer(&response.body);
  const size_t freed = node->scrolls()->CloseAllPointsInTime();
  writer.BeginObject();
  writer.Key("succeeded").Bool(true);
  writer.Key("num_freed").Uint(freed);
  writer.EndObject();
  return response;
}

}  // namespace

void AddPointInTimeHandlers(Node* node, Router* router) {
  constexpr std::string_view kParameters =
      "keep_alive,preference,routing,allow_partial_search_results,allow_partial_pit_creation,max_"
      "concurrent_shard_requests," BINSEEK_INDICES_PARAMETERS;
  router->Add("POST", "/{index}/_pit", kParameters,
              [node](const Request& request) { return Open(node, request); });
  router->Add("DELETE", "/_pit", "",
              [node](const Request& request) { return Close(node, request); });
  router->Add("POST", "/{index}/_search/point_in_time", kParameters,
              [node](const Request& request) { return OpenAsOpenSearch(node, request); });
  router->Add("DELETE", "/_search/point_in_time", "",
              [node](const Request& request) { return CloseAsOpenSearch(node, request); });
  router->Add("DELETE", "/_search/point_in_time/_all", "",
              [node](const Request&) { return CloseAll(node); });
}

}  // namespace binseek::api
