#include <utility>
#include <vector>

#include "api/dsl/arguments.h"
#include "api/dsl/leaf_queries.h"
#include "api/dsl/query_arguments.h"

namespace binseek::api::dsl {
namespace {

using search::MatchOptions;
using search::QueryPtr;

// It says how synonyms of several words go, of which there is none here: clients that write every default down send it, and it changes nothing.
constexpr std::string_view kWithoutEffect[] = {"auto_generate_synonyms_phrase_query"};
constexpr size_t kMaxFields = 1024;

DslStatus ReadOperator(const JsonValue& value, std::string_view query, MatchOptions* match) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value, {query, "operator"}));
  const std::string lower = LowerAscii(text);
  if (lower != "and" && lower != "or") {
    return IllegalArgument("[" + std::string(query) + "] operator must be [and] or [or], found [" +
                           text + "]");
  }
  match->operator_and = lower == "and";
  return std::nullopt;
}

// "name^3"
DslStatus AddField(const std::string& text, std::string_view query,
                   std::vector<std::pair<std::string, float>>* fields) {
  const size_t caret = text.find('^');
  float boost = 1;
  if (caret != std::string::npos) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(boost,
                                 ReadBoost(JsonValue::String(text.substr(caret + 1)), query));
  }
  if (caret == 0 || text.empty()) {
    return IllegalArgument("field name is null or empty");
  }
  fields->emplace_back(text.substr(0, caret), boost);
  return std::nullopt;
}

DslStatus ReadType(const JsonValue& value, search::MultiMatchOptions* options) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string type, ReadText(value, {"multi_match", "type"}));
  if (type == "phrase" || type == "phrase_prefix") {
    options->kind = type == "phrase" ? search::MultiMatchOptions::Kind::kPhrase
                                     : search::MultiMatchOptions::Kind::kPhrasePrefix;
    return std::nullopt;
  }
  options->cross_fields = type == "cross_fields";
  options->match.last_is_prefix = type == "bool_prefix";
  options->most_fields = type == "most_fields" || type == "bool_prefix";
  if (type != "best_fields" && !options->most_fields && !options->cross_fields) {
    return DslError{
        .type = "parse_exception",
        .reason = "failed to parse [multi_match] query type [" + type + "]. unknown type."};
  }
  return std::nullopt;
}

DslResult<uint32_t> ReadNatural(const JsonValue& value, std::string_view key,
                                std::string_view what) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const int32_t number, ReadInt(value, {"multi_match", key}));
  if (number < 0) {
    return IllegalArgument("No negative " + std::string(what) + " allowed.");
  }
  return static_cast<uint32_t>(number);
}

}  // namespace

DslStatus ReadMatchArgument(std::string_view query, std::string_view key, const JsonValue& value,
                            MatchOptions* match, bool* has_text) {
  if (!IsScalar(value) && !(key == "query" && value.is_null())) {
    return BadQueryToken(query, key, value);
  }
  if (key == "query") {
    *has_text = !value.is_null();
    match->text = *has_text ? ScalarText(value) : "";
  } else if (key == "operator") {
    return ReadOperator(value, query, match);
  } else if (key == "zero_terms_query") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(match->zero_terms_all, ReadZeroTermsQuery(value, query));
  } else if (key == "minimum_should_match") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(match->minimum_should_match, ReadMinimumShouldMatch(value, query));
  } else if (key == "analyzer") {
    match->analyzer = ScalarText(value);
  } else if (key == "lenient") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(match->lenient, ReadBool(value, {query, key}));
  } else if (key == "boost") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(match->boost, ReadBoost(value, query));
  } else if (key == "fuzziness") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(match->fuzziness, ReadFuzziness(value, {query, key}));
  } else if (key == "prefix_length") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(
        match->prefix_length,
        ReadCount(value, {query, key}, 0,
                  "[" + std::string(query) + "] requires prefix length to be non-negative."));
  } else if (key == "max_expansions") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(
        match->max_expansions,
        ReadCount(value, {query, key}, 1,
                  "[" + std::string(query) + "] requires maxExpansions to be positive."));
  } else if (key == "fuzzy_transpositions") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(match->fuzzy_transpositions, ReadBool(value, {query, key}));
  } else if (key == "fuzzy_rewrite") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(match->fuzzy_rewrite, ReadRewrite(value, {query, key}));
  } else if (!Contains(kWithoutEffect, key)) {
    return BadQueryKey(query, key);
  }
  return std::nullopt;
}

DslStatus ReadMatchFields(const JsonValue& value, std::string_view query,
                          std::vector<std::pair<std::string, float>>* fields) {
  if (value.is_string()) {
    return AddField(value.AsString(), query, fields);
  }
  if (!value.is_array()) {
    return BadQueryToken(query, "fields", value);
  }
  if (value.array().size() > kMaxFields) {
    return IllegalArgument(
        "field expansion matches too many fields, limit: " + std::to_string(kMaxFields) +
        ", got: " + std::to_string(value.array().size()));
  }
  for (const JsonValue& element : value.array()) {
    if (!element.is_string()) {
      return BadQueryToken(query, "fields", element);
    }
    BINSEEK_DSL_RETURN_IF_ERROR(AddField(element.AsString(), query, fields));
  }
  return std::nullopt;
}

namespace {

DslResult<QueryPtr> ParseWords(std::string_view query, bool last_is_prefix, const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const FieldClause clause, ReadFieldClause(query, body));
  MatchOptions match;
  match.last_is_prefix = last_is_prefix;
  match.field = clause.field;
  bool has_text = false;
  if (clause.value.is_object()) {
    for (const auto& [key, value] : clause.value.members()) {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadMatchArgument(query, key, value, &match, &has_text));
    }
  } else if (clause.value.is_array()) {
    return BadQueryToken(query, clause.field, clause.value);
  } else {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadMatchArgument(query, "query", clause.value, &match, &has_text));
  }
  if (!has_text) {
    return IllegalArgument("[" + std::string(query) + "] requires query value");
  }
  return search::MakeMatch(std::move(match));
}

}  // namespace

DslResult<bool> ReadZeroTermsQuery(const JsonValue& value, std::string_view query) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text,
                               ReadText(value, {query, "zero_terms_query"}));
  const std::string lower = LowerAscii(text);
  if (lower != "all" && lower != "none") {
    return ParsingError("Unsupported zero_terms_query value [" + text + "]");
  }
  return lower == "all";
}

DslResult<QueryPtr> ParseMatch(const JsonValue& body) { return ParseWords("match", false, body); }

DslResult<QueryPtr> ParseMatchBoolPrefix(const JsonValue& body) {
  return ParseWords("match_bool_prefix", true, body);
}

DslResult<QueryPtr> ParseMultiMatch(const JsonValue& body) {
  search::MultiMatchOptions options;
  bool has_text = false;
  std::optional<float> tie_breaker;
  for (const auto& [key, value] : body.members()) {
    if (key == "fields") {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadMatchFields(value, "multi_match", &options.fields));
    } else if (key == "type") {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadType(value, &options));
    } else if (key == "tie_breaker") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(tie_breaker, ReadFloat(value, {"multi_match", key}));
    } else if (key == "slop") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.slop, ReadNatural(value, key, "slop"));
    } else if (key == "max_expansions") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(options.max_expansions,
                                   ReadNatural(value, key, "maxExpansions"));
      options.match.max_expansions = options.max_expansions;
    } else {
      BINSEEK_DSL_RETURN_IF_ERROR(
          ReadMatchArgument("multi_match", key, value, &options.match, &has_text));
    }
  }
  if (!has_text) {
    return ParsingError("No text specified for multi_match query");
  }
  if (options.cross_fields && !options.match.fuzziness.empty()) {
    return ParsingError("Fuzziness not allowed for type [cross_fields]");
  }
  if (tie_breaker) {
    // Where all fields count in full, it is the sum.
    options.most_fields = *tie_breaker == 1;
    options.tie_breaker = *tie_breaker;
  }
  if (options.fields.empty()) {
    options.fields.emplace_back("*", 1.0F);
    options.match.lenient = true;
  }
  return search::MakeMultiMatch(std::move(options));
}

}  // namespace binseek::api::dsl
