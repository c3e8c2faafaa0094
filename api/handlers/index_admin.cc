// /{index}, _mapping, _settings: what indices there are, making and dropping those that no source owns.
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/handlers/alias_parser.h"
#include "api/handlers/document_writer.h"
#include "api/handlers/drop_indices.h"
#include "api/handlers/handlers.h"
#include "api/handlers/index_settings.h"
#include "api/handlers/parameters.h"
#include "engine/base/json.h"

namespace binseek::api {
namespace {

enum Part : unsigned { kAliases = 1, kMappings = 2, kSettings = 4 };

Response Acknowledged() {
  Response response;
  response.body = R"({"acknowledged":true})";
  return response;
}

std::string TextOf(const JsonValue& json) {
  std::string text;
  JsonWriter(&text).Value(json);
  return text;
}

HandlerResult Show(const Node& node, const Request& request, unsigned parts) {
  const Names names = node.names();
  const auto& aliases = names.aliases;
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto indices, RequestedIndices(names, request));
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  for (const index::IndexView* index : indices) {
    writer.Key(index->name).BeginObject();
    if ((parts & kAliases) != 0) {
      writer.Key("aliases").BeginObject();
      for (const auto& [alias, members] : aliases->aliases()) {
        if (const auto member = members.find(index->name); member != members.end()) {
          writer.Key(alias);
          WriteAliasEntry(member->second, &writer);
        }
      }
      writer.EndObject();
    }
    if ((parts & kMappings) != 0) {
      writer.Key("mappings").Raw(index->mapping->ToJson());
    }
    if ((parts & kSettings) != 0) {
      writer.Key("settings");
      WriteSettings(AllSettings(*index), &writer);
    }
    writer.EndObject();
  }
  writer.EndObject();
  return response;
}

RestError AlreadyExists(const index::IndexView& index) {
  RestError error(400, "resource_already_exists_exception",
                  "index [" + index.name + "/" + index.uuid + "] already exists");
  error.details = {{"index_uuid", index.uuid}, {"index", index.name}};
  return error;
}

// What an index is made with.
struct NewIndex {
  mapping::Mapping mapping;
  FlatSettings settings;
  NamedAliases aliases;
};

RestResult<NewIndex> ParseNewIndex(const JsonValue& body) {
  NewIndex made;
  if (const JsonValue* const given = body.Find("settings")) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(made.settings, ParseSettings(*given));
    made.mapping.set_ignores_malformed(IgnoresMalformed(made.settings));
  }
  for (const auto& [key, value] : body.members()) {
    if (key == "settings") {
      continue;
    }
    if (key == "mappings" && value.is_object()) {
      Status parsed = made.mapping.Merge(TextOf(value));
      if (parsed.ok()) {
        parsed = mapping::CheckMappingLimits(made.mapping, MappingLimitsOf(made.settings));
      }
      if (!parsed.ok()) {
        return RestError(400, "mapper_parsing_exception",
                         "Failed to parse mapping: " + parsed.message());
      }
    } else if (key == "aliases" && value.is_object()) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(made.aliases, ParseAliases(value));
    } else {
      return RestError(400, "parse_exception", "unknown key [" + key + "] for create index");
    }
  }
  return made;
}

HandlerResult Create(Node* node, const Request& request) {
  const std::string& name = request.Capture("index");
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue body, JsonBody(request));
  BINSEEK_DSL_ASSIGN_OR_RETURN(NewIndex made, ParseNewIndex(body));
  {
    const MutexLock lock(node->write_mutex());
    const auto view = node->engine()->View();
    if (const index::IndexView* index = view->Find(name)) {
      return AlreadyExists(*index);
    }
    if (std::optional<RestError> refused = RefuseIfOwned(*node, name)) {
      return *std::move(refused);
    }
    AliasTable aliases = *node->aliases();
    if (aliases.Find(name) != nullptr) {
      return InvalidIndexName(name, "Invalid index name [" + name + "], already exists as alias");
    }
    for (auto& [alias, entry] : made.aliases) {
      if (std::optional<RestError> refused = CheckAliasName(*view, alias, name)) {
        return *std::move(refused);
      }
      aliases.Add(alias, name, std::move(entry));
    }
    if (std::optional<RestError> refused = CheckWriteIndices(aliases)) {
      return *std::move(refused);
    }
    Result<mapping::IndexSort> sort = MakeIndexSort(SortSettings(made.settings), made.mapping);
    if (!sort.ok()) {
      return IllegalArgument(sort.status().message());
    }
    made.mapping.set_index_sort(*std::move(sort));
    const Result<index::IndexId> created =
        node->engine()->CreateIndex(name, std::move(made.mapping), SettingsJson(made.settings));
    if (!created.ok()) {
      return InvalidIndexName(name, created.status().message());
    }
    if (!made.aliases.empty()) {
      BINSEEK_REST_RETURN_IF_ERROR(node->SetAliases(std::move(aliases)));
    }
  }
  BINSEEK_REST_RETURN_IF_ERROR(node->commits()->AwaitDurable());
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  writer.Key("acknowledged").Bool(true);
  writer.Key("shards_acknowledged").Bool(true);
  writer.Key("index").String(name);
  writer.EndObject();
  return response;
}

// What a source once wrote may go once no source that the config names has it: which do is not known until they are up.
std::optional<RestError> RefuseDrop(const Node& node, const index::IndexView& index) {
  return node.source_configured() && !node.IsLeftBehind(index.name)
             ? RefuseIfSynced(node, index)
             : RefuseIfOwned(node, index.name);
}

HandlerResult Drop(Node* node, const Request& request) {
  const std::string& expression = request.Capture("index");
  if (expression == "_all" || expression.find('*') != std::string::npos) {
    return IllegalArgument("Wildcard expressions or all indices are not allowed");
  }
  {
    const MutexLock lock(node->write_mutex());
    const auto view = node->engine()->View();
    AliasTable aliases = *node->aliases();
    BINSEEK_DSL_ASSIGN_OR_RETURN(IndexExpressionOptions options, IndexOptions(request));
    options.refuse_aliases = true;
    BINSEEK_DSL_ASSIGN_OR_RETURN(const IndexSelection selection,
                                 SelectIndices(*view, aliases, expression, options));
    for (const index::IndexView* index : selection.indices) {
      if (std::optional<RestError> refused = RefuseDrop(*node, *index)) {
        return *std::move(refused);
      }
    }
    for (const index::IndexView* index : selection.indices) {
      aliases.RemoveIndex(index->name);
    }
    BINSEEK_REST_RETURN_IF_ERROR(DropIndices(node, selection.indices, std::move(aliases)));
  }
  BINSEEK_REST_RETURN_IF_ERROR(node->commits()->AwaitDurable());
  return Acknowledged();
}

HandlerResult PutMapping(Node* node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue body, JsonBody(request));
  const std::string text = TextOf(body);
  {
    const MutexLock lock(node->write_mutex());
    const Names names = node->names();
    BINSEEK_DSL_ASSIGN_OR_RETURN(const auto indices, RequestedIndices(names, request));
    for (const index::IndexView* index : indices) {
      if (std::optional<RestError> refused = RefuseIfSynced(*node, *index)) {
        return *std::move(refused);
      }
      mapping::Mapping mapping = *index->mapping;
      const FlatSettings settings = AllSettings(*index);
      mapping.set_ignores_malformed(IgnoresMalformed(settings));
      BINSEEK_REST_RETURN_IF_ERROR(mapping.Merge(text));
      if (mapping.fields().size() != index->mapping->fields().size()) {
        BINSEEK_REST_RETURN_IF_ERROR(
            mapping::CheckMappingLimits(mapping, MappingLimitsOf(settings)));
      }
      BINSEEK_REST_RETURN_IF_ERROR(
          node->engine()->UpdateMapping(index->id, std::move(mapping), index::Durability::kLogged));
    }
  }
  BINSEEK_REST_RETURN_IF_ERROR(node->engine()->SyncLog());
  return Acknowledged();
}

HandlerResult ForceMerge(Node* node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::optional<uint64_t> max_segments,
                               UintParameter(request, "max_num_segments"));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const bool only_deletes,
                               BoolParameter(request, "only_expunge_deletes", false));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const bool flush, BoolParameter(request, "flush", true));
  BINSEEK_DSL_ASSIGN_OR_RETURN(const bool wait,
                               BoolParameter(request, "wait_for_completion", true));
  if (!wait) {
    return IllegalArgument(
        "[wait_for_completion] must be true: a forced merge is answered when it has ended");
  }
  if (only_deletes && max_segments) {
    return RestError(400, "action_request_validation_exception",
                     "Validation Failed: 1: cannot set only_expunge_deletes and max_num_segments "
                     "at the same time, those two parameters are mutually exclusive;");
  }
  std::vector<index::IndexId> ids;
  {
    const Names names = node->names();
    BINSEEK_DSL_ASSIGN_OR_RETURN(const auto indices, RequestedIndices(names, request));
    for (const index::IndexView* index : indices) {
      ids.push_back(index->id);
    }
  }
  BINSEEK_REST_RETURN_IF_ERROR(node->commits()->AwaitDurable());  // only files are merged
  for (const index::IndexId id : ids) {
    // Without either the policy decides, and it has already.
    const Status status = max_segments   ? node->engine()->ForceMerge(id, *max_segments)
                          : only_deletes ? node->engine()->ExpungeDeletes(id)
                                         : Status::Ok();
    if (!status.ok() && status.code() != StatusCode::kNotFound) {  // dropped meanwhile
      return ErrorOf(status);
    }
  }
  if (flush) {
    BINSEEK_REST_RETURN_IF_ERROR(node->commits()->AwaitDurable());
  }
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  WriteShards(ids.size(), false, &writer);
  writer.EndObject();
  return response;
}

// A forced merge takes as long as it takes, and waits for whoever has its segments. One at a time: a client that gives up and asks again must not end up with all
// threads that answer requests.
class OneForcedMerge {
 public:
  HandlerResult Run(Node* node, const Request& request) {
    if (running_.exchange(true)) {
      return RestError(429, "es_rejected_execution_exception",
                       "a forced merge is running already; try again when it has ended");
    }
    HandlerResult result = ForceMerge(node, request);
    running_ = false;
    return result;
  }

 private:
  std::atomic<bool> running_{false};
};

}  // namespace

void AddIndexHandlers(Node* node, Router* router) {
  constexpr std::string_view kReadParameters =
      "local,master_timeout,include_defaults,flat_settings,features," BINSEEK_INDICES_PARAMETERS;
  constexpr std::string_view kWriteParameters =
      "timeout,master_timeout,wait_for_active_shards," BINSEEK_INDICES_PARAMETERS;
  const auto show = [node](unsigned parts) {
    return [node, parts](const Request& request) { return Show(*node, request, parts); };
  };
  router->Add("GET,HEAD", "/{index}", kReadParameters, show(kAliases | kMappings | kSettings));
  router->Add("GET", "/_mapping", kReadParameters, show(kMappings));
  router->Add("GET", "/{index}/_mapping", kReadParameters, show(kMappings));
  router->Add("GET", "/_settings", kReadParameters, show(kSettings));
  router->Add("GET", "/{index}/_settings", kReadParameters, show(kSettings));
  router->Add("PUT", "/{index}", kWriteParameters,
              [node](const Request& request) { return Create(node, request); });
  router->Add("DELETE", "/{index}", kWriteParameters,
              [node](const Request& request) { return Drop(node, request); });
  constexpr std::string_view kForceMergeParameters =
      "max_num_segments,only_expunge_deletes,flush,wait_for_completion," BINSEEK_INDICES_PARAMETERS;
  const auto force_merge = [node, one = std::make_shared<OneForcedMerge>()](
                               const Request& request) { return one->Run(node, request); };
  router->Add("POST", "/_forcemerge", kForceMergeParameters, force_merge);
  router->Add("POST", "/{index}/_forcemerge", kForceMergeParameters, force_merge);
  router->Add("PUT,POST", "/{index}/_mapping", kWriteParameters,
              [node](const Request& request) { return PutMapping(node, request); });
}

}  // namespace binseek::api
