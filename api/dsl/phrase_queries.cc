// match_phrase and match_phrase_prefix.
#include <string>
#include <string_view>
#include <utility>

#include "api/dsl/arguments.h"
#include "api/dsl/leaf_queries.h"

namespace binseek::api::dsl {
namespace {

using search::MatchPhraseOptions;
using search::QueryPtr;

DslResult<uint32_t> ReadNatural(const JsonValue& value, Place place, std::string_view what) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t number, ReadInt(value, place));
  if (number < 0) {
    return IllegalArgument("No negative " + std::string(what) + " allowed.");
  }
  return static_cast<uint32_t>(number);
}

DslStatus ReadArgument(std::string_view query, std::string_view key, const JsonValue& value,
                       MatchPhraseOptions* options, bool* has_text) {
  if (!IsScalar(value) && !(key == "query" && value.is_null())) {
    return BadQueryToken(query, key, value);
  }
  if (key == "query") {
    *has_text = !value.is_null();
    options->text = *has_text ? ScalarText(value) : "";
  } else if (key == "slop") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->slop, ReadNatural(value, {query, key}, "slop"));
  } else if (key == "analyzer") {
    options->analyzer = ScalarText(value);
  } else if (key == "boost") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->boost, ReadBoost(value, query));
  } else if (key == "zero_terms_query") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->zero_terms_all, ReadZeroTermsQuery(value, query));
  } else if (key == "max_expansions" && options->last_is_prefix) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->max_expansions,
                                 ReadNatural(value, {query, key}, "maxExpansions"));
  } else {
    return BadQueryKey(query, key);
  }
  return std::nullopt;
}

DslResult<QueryPtr> Parse(std::string_view query, bool last_is_prefix, const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const FieldClause clause, ReadFieldClause(query, body));
  MatchPhraseOptions options;
  options.field = clause.field;
  options.last_is_prefix = last_is_prefix;
  bool has_text = false;
  if (clause.value.is_object()) {
    for (const auto& [key, value] : clause.value.members()) {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadArgument(query, key, value, &options, &has_text));
    }
  } else if (clause.value.is_array()) {
    return BadQueryToken(query, clause.field, clause.value);
  } else {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadArgument(query, "query", clause.value, &options, &has_text));
  }
  if (!has_text) {
    return IllegalArgument("[" + std::string(query) + "] requires query value");
  }
  return search::MakeMatchPhrase(std::move(options));
}

}  // namespace

DslResult<QueryPtr> ParseMatchPhrase(const JsonValue& body) {
  return Parse("match_phrase", false, body);
}

DslResult<QueryPtr> ParseMatchPhrasePrefix(const JsonValue& body) {
  return Parse("match_phrase_prefix", true, body);
}

}  // namespace binseek::api::dsl
