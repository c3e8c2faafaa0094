// GET /, _cluster/health, _refresh: what clients ask a server that they meet.
#include <string>

#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

Response Root() {
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("name").String("binseek");
  writer.Key("cluster_name").String("binseek");
  writer.Key("cluster_uuid").String("_na_");
  writer.Key("version").BeginObject();
  writer.Key("number").String(kReportedVersion);
  writer.Key("build_flavor").String("default");
  writer.Key("build_type").String("binseek " + std::string(BinseekVersion()));
  writer.Key("build_snapshot").Bool(false);
  writer.Key("lucene_version").String("9.12.0");
  writer.Key("minimum_wire_compatibility_version").String("7.17.0");
  writer.Key("minimum_index_compatibility_version").String("7.0.0");
  writer.EndObject();
  writer.Key("tagline").String("You Know, for Search");
  writer.EndObject();
  return response;
}

HandlerResult Health(const Node& node, const Request& request) {
  const Names names = node.names();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto indices, RequestedIndices(names, request, true));
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("cluster_name").String("binseek");
  writer.Key("status").String("green");
  writer.Key("timed_out").Bool(false);
  writer.Key("number_of_nodes").Int(1);
  writer.Key("number_of_data_nodes").Int(1);
  writer.Key("active_primary_shards").Uint(indices.size());
  writer.Key("active_shards").Uint(indices.size());
  writer.Key("relocating_shards").Int(0);
  writer.Key("initializing_shards").Int(0);
  writer.Key("unassigned_shards").Int(0);
  writer.Key("delayed_unassigned_shards").Int(0);
  writer.Key("number_of_pending_tasks").Int(0);
  writer.Key("number_of_in_flight_fetch").Int(0);
  writer.Key("task_max_waiting_in_queue_millis").Int(0);
  writer.Key("active_shards_percent_as_number").Double(100.0);
  writer.EndObject();
  return response;
}

// Everything applied is searchable already.
HandlerResult Refresh(const Node& node, const Request& request) {
  const Names names = node.names();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto indices, RequestedIndices(names, request));
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  WriteShards(indices.size(), false, &writer);
  writer.EndObject();
  return response;
}

}  // namespace

void AddInfoHandlers(Node* node, Router* router) {
  constexpr std::string_view kHealthParameters =
      "wait_for_status,wait_for_no_relocating_shards,wait_for_no_initializing_shards,wait_for_"
      "active_shards,wait_for_nodes,"
      "wait_for_events,timeout,master_timeout,level,local," BINSEEK_INDICES_PARAMETERS;
  const auto health = [node](const Request& request) { return Health(*node, request); };
  const auto refresh = [node](const Request& request) { return Refresh(*node, request); };
  router->Add("GET,HEAD", "/", "", [](const Request&) -> HandlerResult { return Root(); });
  router->Add("GET,HEAD", "/_cluster/health", kHealthParameters, health);
  router->Add("GET", "/_cluster/health/{index}", kHealthParameters, health);
  router->Add("GET,POST", "/_refresh", BINSEEK_INDICES_PARAMETERS, refresh);
  router->Add("GET,POST", "/{index}/_refresh", BINSEEK_INDICES_PARAMETERS, refresh);
}

}  // namespace binseek::api
