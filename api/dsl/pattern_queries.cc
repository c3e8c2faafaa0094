// wildcard, regexp, fuzzy.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/dsl/leaf_queries.h"
#include "api/dsl/query_arguments.h"
#include "engine/search/multi_term_query.h"

namespace binseek::api::dsl {
namespace {

using search::QueryPtr;

// Calls read(key, value) for the members of {"field": {...}}, or once with "value" for {"field": "text"}.
template <class Read>
DslStatus ForEachArgument(const JsonValue& json, Read read) {
  if (!json.is_object()) {
    return read("value", json);
  }
  for (const auto& [key, value] : json.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(read(key, value));
  }
  return std::nullopt;
}

// The text that is looked for, under one of two names.
DslStatus ReadValue(std::string_view query, std::string_view key, const JsonValue& value,
                    std::optional<std::string>* out) {
  if (value.is_array() || value.is_object()) {
    return BadQueryToken(query, key, value);
  }
  if (!value.is_null()) {
    *out = ScalarText(value);
  }
  return std::nullopt;
}

DslStatus ReadRegexpFlags(const JsonValue& value, search::RegexpFlags* flags) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value, {"regexp", "flags"}));
  std::string unknown;
  if (!search::ParseRegexpFlags(text, flags, &unknown)) {
    return IllegalArgument("Unknown regexp flag [" + unknown + "]");
  }
  return std::nullopt;
}

}  // namespace

DslResult<QueryPtr> ParseWildcard(const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const FieldClause clause, ReadFieldClause("wildcard", body));
  search::WildcardOptions options;
  options.field = clause.field;
  std::optional<std::string> text;
  const auto read = [&](std::string_view key, const JsonValue& value) -> DslStatus {
    if (key == "value" || key == "wildcard") {
      return ReadValue("wildcard", key, value, &text);
    }
    if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.boost, ReadBoost(value, "wildcard"));
    } else if (key == "rewrite") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.rewrite, ReadRewrite(value, {"wildcard", key}));
    } else if (key == "case_insensitive") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.case_insensitive, ReadBool(value, {"wildcard", key}));
    } else {
      return BadQueryKey("wildcard", key);
    }
    return std::nullopt;
  };
  BINSEEK_DSL_RETURN_IF_ERROR(ForEachArgument(clause.value, read));
  if (!text) {
    return IllegalArgument("value cannot be null");
  }
  options.value = *std::move(text);
  return search::MakeWildcard(std::move(options));
}

DslResult<QueryPtr> ParseRegexp(const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const FieldClause clause, ReadFieldClause("regexp", body));
  search::RegexpQueryOptions options;
  options.field = clause.field;
  std::optional<std::string> text;
  const auto read = [&](std::string_view key, const JsonValue& value) -> DslStatus {
    if (key == "value") {
      return ReadValue("regexp", key, value, &text);
    }
    if (key == "flags") {
      return ReadRegexpFlags(value, &options.flags);
    }
    if (key == "flags_value") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t flags, ReadInt(value, {"regexp", key}));
      options.flags = search::RegexpFlagsOfValue(flags);
    } else if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.boost, ReadBoost(value, "regexp"));
    } else if (key == "rewrite") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.rewrite, ReadRewrite(value, {"regexp", key}));
    } else if (key == "case_insensitive") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.case_insensitive, ReadBool(value, {"regexp", key}));
    } else if (key == "max_determinized_states") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(
          const uint32_t states,
          ReadCount(value, {"regexp", key}, 1, "[max_determinized_states] must be positive"));
      constexpr uint32_t kMaxStates = 50'000;
      options.max_determinized_states = std::min(states, kMaxStates);
    } else {
      return BadQueryKey("regexp", key);
    }
    return std::nullopt;
  };
  BINSEEK_DSL_RETURN_IF_ERROR(ForEachArgument(clause.value, read));
  if (!text) {
    return IllegalArgument("value cannot be null");
  }
  options.value = *std::move(text);
  return search::MakeRegexpQuery(std::move(options));
}

DslResult<QueryPtr> ParseFuzzy(const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const FieldClause clause, ReadFieldClause("fuzzy", body));
  search::FuzzyOptions options;
  options.field = clause.field;
  std::optional<std::string> text;
  const auto read = [&](std::string_view key, const JsonValue& value) -> DslStatus {
    const Place place{"fuzzy", key};
    if (value.is_array()) {
      return ParsingError("[fuzzy] unexpected token [START_ARRAY] after [" + std::string(key) +
                          "]");
    }
    if (key == "value" || key == "term") {
      return ReadValue("fuzzy", key, value, &text);
    }
    if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.boost, ReadBoost(value, "fuzzy"));
    } else if (key == "fuzziness") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.fuzziness, ReadFuzziness(value, place));
    } else if (key == "prefix_length") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.prefix_length,
                                   ReadCount(value, place, 0, "prefixLength cannot be negative."));
    } else if (key == "max_expansions") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.max_expansions,
                                   ReadCount(value, place, 1, "maxExpansions must be positive."));
    } else if (key == "transpositions") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.transpositions, ReadBool(value, place));
    } else if (key == "rewrite") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.rewrite, ReadRewrite(value, place));
    } else {
      return BadQueryKey("fuzzy", key);
    }
    return std::nullopt;
  };
  BINSEEK_DSL_RETURN_IF_ERROR(ForEachArgument(clause.value, read));
  if (!text) {
    return IllegalArgument("query value cannot be null");
  }
  options.value = *std::move(text);
  return search::MakeFuzzy(std::move(options));
}

}  // namespace binseek::api::dsl
