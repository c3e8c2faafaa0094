// GET /, _cluster/health, _refresh: what clients ask a server that they meet.
#include <string>
#include <vector>

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

void WriteShardStates(JsonWriter* writer) {
  writer->Key("relocating_shards").Int(0);
  writer->Key("initializing_shards").Int(0);
  writer->Key("unassigned_shards").Int(0);
}

// "indices": of each its health, and that of its only shard.
void WriteIndexHealth(const std::vector<const index::IndexView*>& indices, bool with_shards,
                      JsonWriter* writer) {
  writer->Key("indices").BeginObject();
  for (const index::IndexView* const index : indices) {
    writer->Key(index->name).BeginObject();
    writer->Key("status").String("green");
    writer->Key("number_of_shards").Int(1);
    writer->Key("number_of_replicas").Int(0);
    writer->Key("active_primary_shards").Int(1);
    writer->Key("active_shards").Int(1);
    WriteShardStates(writer);
    if (with_shards) {
      writer->Key("shards").BeginObject();
      writer->Key("0").BeginObject();
      writer->Key("status").String("green");
      writer->Key("primary_active").Bool(true);
      writer->Key("active_shards").Int(1);
      WriteShardStates(writer);
      writer->EndObject();
      writer->EndObject();
    }
    writer->EndObject();
  }
  writer->EndObject();
}

// Whether there are as many shards as a request wants to wait for; more do not come by waiting.
RestResult<bool> HasActiveShards(const Request& request, size_t shards) {
  if (request.ParameterOr("wait_for_active_shards", "all") == "all") {
    return true;
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto wanted, UintParameter(request, "wait_for_active_shards"));
  return wanted.value_or(0) <= shards;
}

HandlerResult Health(const Node& node, const Request& request) {
  const std::string_view level = request.ParameterOr("level", "cluster");
  if (level != "cluster" && level != "indices" && level != "shards") {
    return IllegalArgument("level must be [cluster], [indices] or [shards] but was [" +
                           std::string(level) + "]");
  }
  if (const auto status = HealthParameter(request, "wait_for_status"); !status.ok()) {
    return status.error();
  }
  const Names names = node.names();
  auto found = RequestedIndices(names, request, true);
  if (!found.ok() && found.error().status != 404) {
    return found.error();
  }
  // An index that is not there is one that has not come in time; nobody waits for it here.
  const bool all_there = found.ok();
  const auto indices = all_there ? *std::move(found) : std::vector<const index::IndexView*>();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const bool has_shards, HasActiveShards(request, indices.size()));
  const bool timed_out = !all_there || !has_shards;
  Response response;
  response.status = timed_out ? 408 : 200;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("cluster_name").String("binseek");
  writer.Key("status").String(all_there ? "green" : "red");
  writer.Key("timed_out").Bool(timed_out);
  writer.Key("number_of_nodes").Int(1);
  writer.Key("number_of_data_nodes").Int(1);
  writer.Key("active_primary_shards").Uint(indices.size());
  writer.Key("active_shards").Uint(indices.size());
  WriteShardStates(&writer);
  writer.Key("delayed_unassigned_shards").Int(0);
  writer.Key("number_of_pending_tasks").Int(0);
  writer.Key("number_of_in_flight_fetch").Int(0);
  writer.Key("task_max_waiting_in_queue_millis").Int(0);
  writer.Key("active_shards_percent_as_number").Double(100.0);
  if (level != "cluster") {
    WriteIndexHealth(indices, level == "shards", &writer);
  }
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
