#include "api/handlers/alias_parser.h"

#include "api/dsl/arguments.h"
#include "api/dsl/query_parser.h"
#include "engine/index/engine.h"

namespace binseek::api {
namespace {

RestResult<std::string> RoutingText(const std::string& key, const JsonValue& value) {
  if (!value.is_string() && !value.is_number()) {
    return RestError(400, "parse_exception", "[" + key + "] of an alias must be a text");
  }
  return value.is_string() ? value.AsString() : std::string(value.number_text());
}

RestResult<bool> ReadBoolMember(const std::string& key, const JsonValue& value) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const bool flag, dsl::ReadBool(value, {"alias", key}));
  return flag;
}

}  // namespace

RestResult<bool> ReadAliasMember(const std::string& key, const JsonValue& value,
                                 AliasEntry* entry) {
  if (key == "filter") {
    if (value.is_null()) {
      return true;
    }
    BINSEEK_DSL_ASSIGN_OR_RETURN(entry->query, dsl::ParseQuery(value));
    entry->filter.clear();
    JsonWriter(&entry->filter).Value(value);
  } else if (key == "routing") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(entry->index_routing, RoutingText(key, value));
    entry->search_routing = entry->index_routing;
  } else if (key == "index_routing" || key == "indexRouting" || key == "index-routing") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(entry->index_routing, RoutingText(key, value));
  } else if (key == "search_routing" || key == "searchRouting" || key == "search-routing") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(entry->search_routing, RoutingText(key, value));
  } else if (key == "is_write_index") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(entry->is_write_index, ReadBoolMember(key, value));
  } else if (key == "is_hidden") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(entry->is_hidden, ReadBoolMember(key, value));
  } else {
    return false;
  }
  return true;
}

RestResult<NamedAliases> ParseAliases(const JsonValue& json) {
  NamedAliases aliases;
  for (const auto& [alias, definition] : json.members()) {
    if (!definition.is_object()) {
      return RestError(400, "parse_exception", "the alias [" + alias + "] must be an object");
    }
    AliasEntry entry;
    for (const auto& [key, value] : definition.members()) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(const bool known, ReadAliasMember(key, value, &entry));
      if (!known) {
        return RestError(400, "parse_exception",
                         std::string("Unknown field [")
                             .append(key)
                             .append("] in alias [")
                             .append(alias)
                             .append("]"));
      }
    }
    aliases.emplace_back(alias, std::move(entry));
  }
  return aliases;
}

std::optional<RestError> CheckAliasName(const index::EngineView& view, const std::string& alias,
                                        const std::string& index) {
  const auto invalid = [&](const std::string& why) {
    return RestError(400, "invalid_alias_name_exception",
                     "Invalid alias name [" + alias + "]" + why);
  };
  if (alias == index || view.Find(alias) != nullptr) {
    return invalid(": an index or data stream exists with the same name as the alias");
  }
  // Capitals are the one thing that names of aliases may have and names of indices may not.
  std::string lower;
  for (const char c : alias) {
    lower.push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c);
  }
  if (const Status status = index::CheckIndexName(lower); !status.ok()) {
    return invalid(": " + status.message());
  }
  return std::nullopt;
}

std::optional<RestError> CheckWriteIndices(const AliasTable& aliases) {
  for (const auto& [alias, members] : aliases.aliases()) {
    std::string names;
    size_t count = 0;
    for (const auto& [index, entry] : members) {
      if (entry.is_write_index.value_or(false)) {
        names += (count++ == 0 ? "" : ",") + index;
      }
    }
    if (count > 1) {
      return RestError(400, "illegal_state_exception",
                       std::string("alias [")
                           .append(alias)
                           .append("] has more than one write index [")
                           .append(names)
                           .append("]"));
    }
  }
  return std::nullopt;
}

}  // namespace binseek::api
