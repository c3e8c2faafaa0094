#include <utility>
#include <vector>

#include "api/dsl/arguments.h"
#include "api/dsl/leaf_queries.h"

namespace binseek::api::dsl {
namespace {

using search::MatchOptions;
using search::QueryPtr;

// They say how fuzzy matching and synonyms of several words go, of which there is none here: clients that write every default down send
// them, and they change nothing.
constexpr std::string_view kWithoutEffect[] = {"prefix_length", "max_expansions",
                                               "fuzzy_transpositions",
                                               "auto_generate_synonyms_phrase_query"};
constexpr std::string_view kPhraseTypes[] = {"phrase", "phrase_prefix", "cross_fields",
                                             "bool_prefix"};
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

DslStatus ReadZeroTerms(const JsonValue& value, std::string_view query, MatchOptions* match) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text,
                               ReadText(value, {query, "zero_terms_query"}));
  const std::string lower = LowerAscii(text);
  if (lower != "all" && lower != "none") {
    return ParsingError("Unsupported zero_terms_query value [" + text + "]");
  }
  match->zero_terms_all = lower == "all";
  return std::nullopt;
}

// Arguments that match and multi_match share. `text` is set to the query's, once it is seen.
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
    return ReadZeroTerms(value, query, match);
  } else if (key == "minimum_should_match") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(match->minimum_should_match, ReadMinimumShouldMatch(value, query));
  } else if (key == "analyzer") {
    match->analyzer = ScalarText(value);
  } else if (key == "lenient") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(match->lenient, ReadBool(value, {query, key}));
  } else if (key == "boost") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(match->boost, ReadBoost(value, query));
  } else if (!Contains(kWithoutEffect, key)) {
    return BadQueryKey(query, key);
  }
  return std::nullopt;
}

// "name^3"
DslStatus AddField(const std::string& text, std::vector<std::pair<std::string, float>>* fields) {
  const size_t caret = text.find('^');
  float boost = 1;
  if (caret != std::string::npos) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(
        boost, ReadBoost(JsonValue::String(text.substr(caret + 1)), "multi_match"));
  }
  if (caret == 0 || text.empty()) {
    return IllegalArgument("field name is null or empty");
  }
  fields->emplace_back(text.substr(0, caret), boost);
  return std::nullopt;
}

DslStatus ReadFields(const JsonValue& value, std::vector<std::pair<std::string, float>>* fields) {
  if (value.is_string()) {
    return AddField(value.AsString(), fields);
  }
  if (!value.is_array()) {
    return BadQueryToken("multi_match", "fields", value);
  }
  if (value.array().size() > kMaxFields) {
    return IllegalArgument(
        "field expansion matches too many fields, limit: " + std::to_string(kMaxFields) +
        ", got: " + std::to_string(value.array().size()));
  }
  for (const JsonValue& element : value.array()) {
    if (!element.is_string()) {
      return BadQueryToken("multi_match", "fields", element);
    }
    BINSEEK_DSL_RETURN_IF_ERROR(AddField(element.AsString(), fields));
  }
  return std::nullopt;
}

DslStatus ReadType(const JsonValue& value, search::MultiMatchOptions* options) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string type, ReadText(value, {"multi_match", "type"}));
  if (Contains(kPhraseTypes, type)) {
    return Unsupported("[type] [" + type + "] of a [multi_match] query");
  }
  if (type != "best_fields" && type != "most_fields") {
    return DslError{
        .type = "parse_exception",
        .reason = "failed to parse [multi_match] query type [" + type + "]. unknown type."};
  }
  options->most_fields = type == "most_fields";
  return std::nullopt;
}

}  // namespace

DslResult<QueryPtr> ParseMatch(const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const FieldClause clause, ReadFieldClause("match", body));
  MatchOptions match;
  match.field = clause.field;
  bool has_text = false;
  if (clause.value.is_object()) {
    for (const auto& [key, value] : clause.value.members()) {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadMatchArgument("match", key, value, &match, &has_text));
    }
  } else if (clause.value.is_array()) {
    return BadQueryToken("match", clause.field, clause.value);
  } else {
    BINSEEK_DSL_RETURN_IF_ERROR(
        ReadMatchArgument("match", "query", clause.value, &match, &has_text));
  }
  if (!has_text) {
    return IllegalArgument("[match] requires query value");
  }
  return search::MakeMatch(std::move(match));
}

DslResult<QueryPtr> ParseMultiMatch(const JsonValue& body) {
  search::MultiMatchOptions options;
  bool has_text = false;
  std::optional<float> tie_breaker;
  for (const auto& [key, value] : body.members()) {
    if (key == "fields") {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadFields(value, &options.fields));
    } else if (key == "type") {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadType(value, &options));
    } else if (key == "tie_breaker") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(tie_breaker, ReadFloat(value, {"multi_match", key}));
    } else if (key == "slop") {
      // Of phrases only.
      BINSEEK_DSL_ASSIGN_OR_RETURN([[maybe_unused]] const int32_t slop,
                                   ReadInt(value, {"multi_match", key}));
    } else {
      BINSEEK_DSL_RETURN_IF_ERROR(
          ReadMatchArgument("multi_match", key, value, &options.match, &has_text));
    }
  }
  if (!has_text) {
    return ParsingError("No text specified for multi_match query");
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
