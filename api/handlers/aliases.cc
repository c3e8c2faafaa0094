// _alias, _aliases, _cat/aliases: other names of indices.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/source_filter.h"
#include "api/handlers/alias_parser.h"
#include "api/handlers/document_writer.h"
#include "api/handlers/drop_indices.h"
#include "api/handlers/handlers.h"
#include "api/handlers/parameters.h"
#include "engine/base/json.h"
#include "engine/base/name_pattern.h"

namespace binseek::api {
namespace {

Response Acknowledged() {
  Response response;
  response.body = R"({"acknowledged":true})";
  return response;
}

std::vector<std::string> SplitNames(std::string_view text) {
  std::vector<std::string> names;
  while (!text.empty()) {
    const std::string_view name = text.substr(0, text.find(','));
    text.remove_prefix(std::min(name.size() + 1, text.size()));
    if (!name.empty()) {
      names.emplace_back(name);
    }
  }
  return names;
}

bool IsPattern(std::string_view name) {
  return name == "_all" || name.find('*') != std::string_view::npos;
}
bool Means(std::string_view pattern, std::string_view alias) {
  return pattern == "_all" || MatchesPattern(pattern, alias);
}

RestError AliasesMissing(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ",") + name;
  }
  RestError error(404, "aliases_not_found_exception", "aliases [" + list + "] missing");
  error.details = {{"resource.type", "aliases"}, {"resource.id", list}};
  return error;
}

// One step of a change: what it does to which indices.
struct Action {
  enum class Kind : uint8_t { kAdd, kRemove, kRemoveIndex };
  Kind kind = Kind::kAdd;
  std::vector<std::string> indices;
  std::vector<std::string> aliases;
  AliasEntry entry{};
  std::optional<bool> must_exist{};
};

// A change of aliases from its first action to its last; nothing is kept where one of them fails.
class Change {
 public:
  Change(Node* node, const index::EngineView& view)
      : node_(node), view_(view), aliases_(*node->aliases()) {}

  // Indices that go free their names for the aliases that are added, whichever comes first.
  std::optional<RestError> ApplyAll(const std::vector<Action>& actions) {
    for (const bool drops : {true, false}) {
      for (const Action& action : actions) {
        if ((action.kind == Action::Kind::kRemoveIndex) != drops) {
          continue;
        }
        if (std::optional<RestError> error = Apply(action)) {
          return error;
        }
      }
    }
    for (const index::IndexView* const index : dropped_) {
      aliases_.RemoveIndex(index->name);
    }
    return std::nullopt;
  }

  // Under the lock of writes.
  std::optional<RestError> Finish() {
    if (std::optional<RestError> refused = CheckWriteIndices(aliases_)) {
      return refused;
    }
    BINSEEK_REST_RETURN_IF_ERROR(DropIndices(node_, dropped_, std::move(aliases_)));
    return std::nullopt;
  }

 private:
  std::optional<RestError> Apply(const Action& action) {
    std::string expression;
    for (const std::string& name : action.indices) {
      expression += (expression.empty() ? "" : ",") + name;
    }
    IndexExpressionOptions options;
    options.refuse_aliases = true;
    options.allow_no_indices = false;
    BINSEEK_DSL_ASSIGN_OR_RETURN(const IndexSelection selection,
                                 SelectIndices(view_, aliases_, expression, options));
    switch (action.kind) {
      case Action::Kind::kAdd:
        return Add(action, selection);
      case Action::Kind::kRemove:
        return Remove(action, selection);
      case Action::Kind::kRemoveIndex:
        return RemoveIndices(selection);
    }
    return std::nullopt;
  }

  std::optional<RestError> Add(const Action& action, const IndexSelection& selection) {
    for (const std::string& alias : action.aliases) {
      const bool freed = IsDropped(view_.Find(alias));
      if (std::optional<RestError> refused =
              freed ? std::nullopt : CheckAliasName(view_, alias, "")) {
        return refused;
      }
      for (const index::IndexView* const index : selection.indices) {
        if (IsDropped(index)) {
          return IndexNotFound(index->name);
        }
        aliases_.Add(alias, index->name, action.entry);
      }
    }
    return std::nullopt;
  }
  std::optional<RestError> Remove(const Action& action, const IndexSelection& selection) {
    std::vector<std::string> missing;
    for (const std::string& name : action.aliases) {
      std::vector<std::string> meant;
      for (const auto& [alias, members] : aliases_.aliases()) {
        if (IsPattern(name) ? Means(name, alias) : name == alias) {
          meant.push_back(alias);
        }
      }
      bool removed = false;
      for (const std::string& alias : meant) {
        for (const index::IndexView* const index : selection.indices) {
          removed = aliases_.Remove(alias, index->name) || removed;
        }
      }
      if (!removed) {
        missing.push_back(name);
      }
    }
    const bool fails = action.must_exist.value_or(missing.size() == action.aliases.size());
    return !missing.empty() && fails && action.must_exist.value_or(true)
               ? std::optional(AliasesMissing(missing))
               : std::nullopt;
  }
  std::optional<RestError> RemoveIndices(const IndexSelection& selection) {
    for (const index::IndexView* const index : selection.indices) {
      if (std::optional<RestError> refused = RefuseIfSynced(*node_, *index)) {
        return refused;
      }
      if (!IsDropped(index)) {  // by an action before
        dropped_.push_back(index);
      }
    }
    return std::nullopt;
  }

  bool IsDropped(const index::IndexView* index) const {
    return std::find(dropped_.begin(), dropped_.end(), index) != dropped_.end();
  }

  Node* const node_;
  const index::EngineView& view_;
  AliasTable aliases_;
  std::vector<const index::IndexView*> dropped_;
};

HandlerResult Run(Node* node, const std::vector<Action>& actions) {
  {
    const MutexLock lock(node->write_mutex());
    const auto view = node->engine()->View();
    Change change(node, *view);
    if (std::optional<RestError> error = change.ApplyAll(actions)) {
      return *std::move(error);
    }
    if (std::optional<RestError> error = change.Finish()) {
      return *std::move(error);
    }
  }
  BINSEEK_REST_RETURN_IF_ERROR(node->commits()->AwaitDurable());
  return Acknowledged();
}

RestResult<std::vector<std::string>> ReadNames(const std::string& key, const JsonValue& value) {
  if (value.is_string()) {
    return SplitNames(value.AsString());
  }
  std::vector<std::string> names;
  for (const JsonValue& name : value.array()) {
    if (!name.is_string()) {
      return RestError(400, "x_content_parse_exception", "[" + key + "] must be a list of names");
    }
    names.push_back(name.AsString());
  }
  return names;
}

RestResult<Action> ParseAction(const std::string& kind, const JsonValue& json) {
  Action action;
  if (kind == "remove") {
    action.kind = Action::Kind::kRemove;
  } else if (kind == "remove_index") {
    action.kind = Action::Kind::kRemoveIndex;
  } else if (kind != "add") {
    return RestError(400, "x_content_parse_exception",
                     "[alias_action] unknown field [" + kind + "]");
  }
  for (const auto& [key, value] : json.members()) {
    if (key == "index" || key == "indices") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(action.indices, ReadNames(key, value));
    } else if ((key == "alias" || key == "aliases") && action.kind != Action::Kind::kRemoveIndex) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(action.aliases, ReadNames(key, value));
    } else if (key == "must_exist" && action.kind != Action::Kind::kAdd && value.is_bool()) {
      action.must_exist = value.AsBool();
    } else {
      BINSEEK_DSL_ASSIGN_OR_RETURN(const bool known, ReadAliasMember(key, value, &action.entry));
      if (!known || action.kind != Action::Kind::kAdd) {
        return RestError(
            400, "x_content_parse_exception",
            std::string("[").append(kind).append("] unknown field [").append(key).append("]"));
      }
    }
  }
  if (action.indices.empty()) {
    return IllegalArgument("One of [index] or [indices] is required");
  }
  if (action.aliases.empty() && action.kind != Action::Kind::kRemoveIndex) {
    return IllegalArgument("One of [alias] or [aliases] is required");
  }
  return action;
}

HandlerResult Update(Node* node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue body, JsonBody(request));
  std::vector<Action> actions;
  for (const auto& [key, list] : body.members()) {
    if (key != "actions" || !list.is_array()) {
      return RestError(400, "x_content_parse_exception", "[aliases] unknown field [" + key + "]");
    }
    for (const JsonValue& element : list.array()) {
      if (!element.is_object() || element.members().size() != 1) {
        return IllegalArgument("Too many operations declared in one action");
      }
      BINSEEK_DSL_ASSIGN_OR_RETURN(
          Action action, ParseAction(element.members()[0].first, element.members()[0].second));
      actions.push_back(std::move(action));
    }
  }
  if (actions.empty()) {
    return IllegalArgument("No action specified");
  }
  return Run(node, actions);
}

HandlerResult Put(Node* node, const Request& request) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue body, JsonBody(request));
  Action action;
  action.indices = SplitNames(request.Capture("index"));
  action.aliases = {request.Capture("name")};
  for (const auto& [key, value] : body.members()) {
    if (key == "index") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(action.indices, ReadNames(key, value));
    } else if (key == "alias") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(action.aliases, ReadNames(key, value));
    } else {
      BINSEEK_DSL_ASSIGN_OR_RETURN(const bool known, ReadAliasMember(key, value, &action.entry));
      if (!known) {
        return RestError(400, "x_content_parse_exception", "unknown field [" + key + "]");
      }
    }
  }
  return Run(node, {action});
}

HandlerResult Delete(Node* node, const Request& request) {
  Action action;
  action.kind = Action::Kind::kRemove;
  action.indices = SplitNames(request.Capture("index"));
  action.aliases = SplitNames(request.Capture("name"));
  return Run(node, {action});
}

// The aliases that a request names, by index: all of them where it names none.
struct Shown {
  std::map<std::string, std::vector<std::string>> by_index;
  std::vector<std::string> missing;  // names that are no alias of these indices
};

RestResult<Shown> Select(const Node& node, const Request& request) {
  const Names known = node.names();
  const auto& aliases = known.aliases;
  BINSEEK_DSL_ASSIGN_OR_RETURN(const auto indices, RequestedIndices(known, request, true));
  const std::vector<std::string> names = SplitNames(request.Capture("name"));
  Shown shown;
  std::set<std::string> found;
  for (const index::IndexView* const index : indices) {
    if (names.empty()) {
      shown.by_index[index->name];
    }
    for (const auto& [alias, members] : aliases->aliases()) {
      bool wanted = names.empty();
      for (const std::string& name : names) {
        const bool exclude = name.size() > 1 && name.front() == '-' && &name != names.data();
        if (Means(exclude ? std::string_view(name).substr(1) : name, alias)) {
          wanted = !exclude;
        }
      }
      if (wanted && members.contains(index->name)) {
        shown.by_index[index->name].push_back(alias);
        found.insert(alias);
      }
    }
  }
  for (const std::string& name : names) {
    if (!IsPattern(name) && name.front() != '-' && !found.contains(name)) {
      shown.missing.push_back(name);
    }
  }
  std::sort(shown.missing.begin(), shown.missing.end());
  return shown;
}

HandlerResult Get(const Node& node, const Request& request) {
  const auto aliases = node.aliases();
  BINSEEK_DSL_ASSIGN_OR_RETURN(const Shown shown, Select(node, request));
  Response response;
  JsonWriter writer(&response.body);
  writer.BeginObject();
  if (!shown.missing.empty()) {
    std::string list;
    for (const std::string& name : shown.missing) {
      list += (list.empty() ? "" : ",") + name;
    }
    response.status = 404;
    writer.Key("error").String((shown.missing.size() > 1 ? "aliases [" : "alias [") + list +
                               "] missing");
    writer.Key("status").Int(404);
  } else if (request.method == "HEAD" && shown.by_index.empty()) {
    response.status = 404;
  }
  for (const auto& [index, names] : shown.by_index) {
    writer.Key(index).BeginObject();
    writer.Key("aliases").BeginObject();
    for (const std::string& alias : names) {
      const AliasTable::Members* const members = aliases->Find(alias);
      const auto member =
          members == nullptr ? AliasTable::Members::const_iterator() : members->find(index);
      if (members != nullptr && member != members->end()) {
        writer.Key(alias);
        WriteAliasEntry(member->second, &writer);
      }
    }
    writer.EndObject();
    writer.EndObject();
  }
  writer.EndObject();
  return response;
}

}  // namespace

void AddAliasHandlers(Node* node, Router* router) {
  constexpr std::string_view kReadParameters = "local,master_timeout," BINSEEK_INDICES_PARAMETERS;
  constexpr std::string_view kWriteParameters =
      "timeout,master_timeout,cluster_manager_timeout," BINSEEK_INDICES_PARAMETERS;
  const auto get = [node](const Request& request) { return Get(*node, request); };
  for (const std::string_view path :
       {"/_alias", "/_alias/{name}", "/{index}/_alias", "/{index}/_alias/{name}"}) {
    router->Add("GET,HEAD", path, kReadParameters, get);
  }
  for (const std::string_view path : {"/{index}/_alias/{name}", "/{index}/_aliases/{name}"}) {
    router->Add("PUT,POST", path, kWriteParameters,
                [node](const Request& request) { return Put(node, request); });
    router->Add("DELETE", path, kWriteParameters,
                [node](const Request& request) { return Delete(node, request); });
  }
  router->Add("POST", "/_aliases", kWriteParameters,
              [node](const Request& request) { return Update(node, request); });
}

}  // namespace binseek::api
