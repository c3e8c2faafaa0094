// What requests say of aliases: {"filter": ..., "routing": ...}, and the rules that names of aliases follow.
//
// Pure functions, thread-safe. Errors are worded as Elasticsearch words them.
#ifndef BINSEEK_API_HANDLERS_ALIAS_PARSER_H_
#define BINSEEK_API_HANDLERS_ALIAS_PARSER_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/alias_table.h"
#include "api/rest_error.h"
#include "engine/base/json.h"
#include "engine/index/engine_view.h"

namespace binseek::api {

using NamedAliases = std::vector<std::pair<std::string, AliasEntry>>;

// Takes a member of an alias's definition; false: it is none.
RestResult<bool> ReadAliasMember(const std::string& key, const JsonValue& value, AliasEntry* entry);
// {"alias": {"filter": ...}, ...}: what an index is made with.
RestResult<NamedAliases> ParseAliases(const JsonValue& json);

// The error for a name that cannot be an alias's; `index` is one that is about to be made, or empty.
std::optional<RestError> CheckAliasName(const index::EngineView& view, const std::string& alias,
                                        const std::string& index);
// An alias writes to one index at most.
std::optional<RestError> CheckWriteIndices(const AliasTable& aliases);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_ALIAS_PARSER_H_
