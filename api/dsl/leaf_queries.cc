#include "api/dsl/leaf_queries.h"

#include <optional>
#include <utility>
#include <vector>

#include "api/dsl/query_arguments.h"
#include "api/dsl/query_parser.h"
#include "engine/mapping/date_format.h"
#include "engine/search/multi_term_query.h"
#include "engine/search/time_zone.h"

namespace binseek::api::dsl {
namespace {

using search::QueryPtr;

// Keys that Elasticsearch's queries take and binseek's do not.
constexpr std::string_view kForeignKeys[] = {"fuzziness", "fuzzy_rewrite", "cutoff_frequency",
                                             "rewrite",   "relation",      "type"};

// {} or {"boost": 2}, all that match_all and match_none take.
DslResult<float> ReadOnlyBoost(std::string_view query, const JsonValue& body) {
  constexpr std::string_view kKeys[] = {"boost", "_name"};
  float boost = 1;
  for (const auto& [key, value] : body.members()) {
    if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(boost, ReadBoost(value, query));
    } else if (key == "_name") {
      return BadQueryKey(query, key);
    } else {
      return UnknownField(query, key, kKeys);
    }
  }
  return boost;
}

struct TermArguments {
  std::string value;
  float boost = 1;
  bool case_insensitive = false;
  std::string rewrite{};
};

// What a term or prefix query says of its field: "red", or {"value": "red", "boost": 2}.
DslResult<TermArguments> ReadTermArguments(std::string_view query, const JsonValue& json) {
  TermArguments arguments;
  const JsonValue* value = &json;
  if (json.is_object()) {
    value = nullptr;
    for (const auto& [key, argument] : json.members()) {
      if (key == "value" || key == query) {
        value = &argument;
      } else if (key == "boost") {
        BINSEEK_DSL_ASSIGN_OR_RETURN(arguments.boost, ReadBoost(argument, query));
      } else if (key == "case_insensitive") {
        BINSEEK_DSL_ASSIGN_OR_RETURN(arguments.case_insensitive, ReadBool(argument, {query, key}));
      } else if (key == "rewrite" && query == "prefix") {
        BINSEEK_DSL_ASSIGN_OR_RETURN(arguments.rewrite, ReadRewrite(argument, {query, key}));
      } else {
        return BadQueryKey(query, key);
      }
    }
  }
  if (value == nullptr || value->is_null()) {
    return IllegalArgument("value cannot be null");
  }
  if (value->is_array()) {
    return ParsingError("[" + std::string(query) + "] query does not support array of values");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(arguments.value, ReadText(*value, {query, "value"}));
  return arguments;
}

struct RangeArguments {
  std::optional<search::Bound> lower;
  std::optional<search::Bound> upper;
  std::optional<bool> include_lower;
  std::optional<bool> include_upper;
  search::RangeOptions options{};
};

// Takes "gte": 10 and the like; a null leaves that side open.
DslStatus ReadBound(std::string_view key, const JsonValue& value, RangeArguments* range) {
  const bool lower = key == "gt" || key == "gte" || key == "from";
  std::optional<search::Bound>& bound = lower ? range->lower : range->upper;
  if (value.is_null()) {
    bound.reset();
    return std::nullopt;
  }
  if (!IsScalar(value)) {
    return BadQueryToken("range", key, value);
  }
  bound = search::Bound{.value = ScalarText(value), .inclusive = key != "gt" && key != "lt"};
  return std::nullopt;
}

DslStatus ReadRelation(const JsonValue& value, search::RangeRelation* relation) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const std::string text, ReadText(value, {"range", "relation"}));
  const std::string lower = LowerAscii(text);
  if (lower != "intersects" && lower != "within" && lower != "contains") {
    return IllegalArgument("[range] query does not support relation [" + text + "]");
  }
  *relation = lower == "within"     ? search::RangeRelation::kWithin
              : lower == "contains" ? search::RangeRelation::kContains
                                    : search::RangeRelation::kIntersects;
  return std::nullopt;
}

DslStatus ReadRangeArgument(std::string_view key, const JsonValue& value, RangeArguments* range) {
  constexpr std::string_view kBounds[] = {"gt", "gte", "from", "lt", "lte", "to"};
  if (Contains(kBounds, key)) {
    return ReadBound(key, value, range);
  }
  if (key == "include_lower" || key == "include_upper") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(
        (key == "include_lower" ? range->include_lower : range->include_upper),
        ReadBool(value, {"range", key}));
    return std::nullopt;
  }
  if (key == "boost") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(range->options.boost, ReadBoost(value, "range"));
    return std::nullopt;
  }
  if (key == "relation") {
    return ReadRelation(value, &range->options.relation);
  }
  if (key == "format") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(range->options.format, ReadText(value, {"range", key}));
    const Status format = mapping::CheckDateFormat(range->options.format);
    return format.ok() ? std::nullopt : DslStatus(IllegalArgument(format.message()));
  }
  if (key == "time_zone") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(range->options.time_zone, ReadText(value, {"range", key}));
    const Status zone = search::TimeZone::Make(range->options.time_zone).status();
    return zone.ok() ? std::nullopt : DslStatus(IllegalArgument(zone.message()));
  }
  return BadQueryKey("range", key);
}

// The elements of a terms or ids query as texts.
DslResult<std::vector<std::string>> ReadTexts(const JsonValue& array, std::string_view null_reason,
                                              Place place) {
  std::vector<std::string> texts;
  texts.reserve(array.array().size());
  for (const JsonValue& element : array.array()) {
    if (element.is_null()) {
      return IllegalArgument(std::string(null_reason));
    }
    BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(element, place));
    texts.push_back(std::move(text));
  }
  return texts;
}

// {"index": "users", "id": "7", "path": "followers"}
DslResult<QueryPtr> ReadLookup(const std::string& field, const JsonValue& json, float boost) {
  constexpr std::string_view kKeys[] = {"index", "id", "path", "query", "routing"};
  search::TermsLookup lookup;
  for (const auto& [key, value] : json.members()) {
    if (key == "query" && value.is_object()) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(lookup.query, ParseQuery(value));
      continue;
    }
    BINSEEK_DSL_ASSIGN_OR_RETURN(std::string text, ReadText(value, {"terms_lookup", key}));
    if (key == "index") {
      lookup.index = std::move(text);
    } else if (key == "id") {
      lookup.id = std::move(text);
    } else if (key == "path") {
      lookup.path = std::move(text);
    } else if (key != "routing") {
      return UnknownField("terms_lookup", key, kKeys);
    }
  }
  if (lookup.index.empty() || lookup.path.empty() ||
      (lookup.id.empty() && lookup.query == nullptr)) {
    return ParsingError("[terms] query lookup element requires specifying the index, id and path.");
  }
  if (!lookup.id.empty() && lookup.query != nullptr) {
    return ParsingError("[terms] query lookup element cannot specify both id and query.");
  }
  return search::MakeTermsLookup(field, std::move(lookup), boost);
}

}  // namespace

DslResult<FieldClause> ReadFieldClause(std::string_view query, const JsonValue& body) {
  const JsonValue::Members& members = body.members();
  if (members.empty()) {
    return IllegalArgument(query == "match" ? "[match] requires fieldName"
                                            : "field name is null or empty");
  }
  if (members.size() > 1) {
    return ParsingError("[" + std::string(query) +
                        "] query doesn't support multiple fields, found [" + members[0].first +
                        "] and [" + members[1].first + "]");
  }
  if (members[0].first.empty()) {
    return IllegalArgument("field name is null or empty");
  }
  return FieldClause{members[0].first, members[0].second};
}

DslError BadQueryKey(std::string_view query, std::string_view key) {
  if (Contains(kForeignKeys, key)) {
    return Unsupported("[" + std::string(key) + "] of a [" + std::string(query) + "] query");
  }
  return ParsingError("[" + std::string(query) + "] query does not support [" + std::string(key) +
                      "]");
}

DslError BadQueryToken(std::string_view query, std::string_view key, const JsonValue& value) {
  return ParsingError("[" + std::string(query) + "] unknown token [" +
                      std::string(TokenName(value)) + "] after [" + std::string(key) + "]");
}

DslResult<std::string> ReadMinimumShouldMatch(const JsonValue& json, std::string_view query) {
  if (json.is_null()) {
    return std::string();
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(std::string specification,
                               ReadText(json, {query, "minimum_should_match"}));
  const Result<int> parsed = search::ParseMinimumShouldMatch(specification, 1);
  if (!parsed.ok()) {
    return ErrorFromStatus(parsed.status());
  }
  return specification;
}

DslResult<QueryPtr> ParseMatchAll(const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const float boost, ReadOnlyBoost("match_all", body));
  return search::MakeMatchAll(boost);
}

DslResult<QueryPtr> ParseMatchNone(const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN([[maybe_unused]] const float boost,
                               ReadOnlyBoost("match_none", body));
  return search::MakeMatchNone();
}

DslResult<QueryPtr> ParseTerm(const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const FieldClause clause, ReadFieldClause("term", body));
  BINSEEK_DSL_ASSIGN_OR_RETURN(TermArguments term, ReadTermArguments("term", clause.value));
  if (term.case_insensitive) {
    return search::MakeTermIgnoringCase(clause.field, std::move(term.value), term.boost);
  }
  return search::MakeTerm(clause.field, std::move(term.value), term.boost);
}

DslResult<QueryPtr> ParsePrefix(const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const FieldClause clause, ReadFieldClause("prefix", body));
  BINSEEK_DSL_ASSIGN_OR_RETURN(TermArguments prefix, ReadTermArguments("prefix", clause.value));
  return search::MakePrefix(clause.field, std::move(prefix.value), prefix.case_insensitive,
                            prefix.boost, std::move(prefix.rewrite));
}

DslResult<QueryPtr> ParseTerms(const JsonValue& body) {
  const std::string* field = nullptr;
  const JsonValue* values = nullptr;
  const JsonValue* lookup = nullptr;
  float boost = 1;
  for (const auto& [key, value] : body.members()) {
    if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(boost, ReadBoost(value, "terms"));
    } else if (value.is_object()) {
      field = field == nullptr ? &key : field;
      lookup = &value;
    } else if (!value.is_array()) {
      return key == "_name" ? BadQueryKey("terms", key)
                            : ParsingError("[terms] query does not support [" + key + "]");
    } else if (field != nullptr) {
      return ParsingError("[terms] query does not support multiple fields");
    } else {
      field = &key;
      values = &value;
    }
  }
  if (field == nullptr) {
    return ParsingError(
        "[terms] query requires a field name, followed by array of terms or a document lookup "
        "specification");
  }
  if (lookup != nullptr) {
    if (values != nullptr) {
      return ParsingError("[terms] query does not support multiple fields");
    }
    return ReadLookup(*field, *lookup, boost);
  }
  if (values->array().size() > search::kMostTermsValues) {
    DslError error = IllegalArgument(
        "The number of terms [" + std::to_string(values->array().size()) +
        "] used in the Terms Query request has exceeded the allowed maximum of [" +
        std::to_string(search::kMostTermsValues) +
        "]. This maximum can be set by changing the [index.max_terms_count] index level setting.");
    error.from_shard = true;
    return error;
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(
      std::vector<std::string> texts,
      ReadTexts(*values, "No value specified for terms query", {"terms", *field}));
  return search::MakeTerms(*field, std::move(texts), boost);
}

DslResult<QueryPtr> ParseRange(const JsonValue& body) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const FieldClause clause, ReadFieldClause("range", body));
  if (!clause.value.is_object()) {
    return ParsingError("[range] query does not support [" + clause.field + "]");
  }
  RangeArguments range;
  for (const auto& [key, value] : clause.value.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadRangeArgument(key, value, &range));
  }
  if (range.lower && range.include_lower) {
    range.lower->inclusive = *range.include_lower;
  }
  if (range.upper && range.include_upper) {
    range.upper->inclusive = *range.include_upper;
  }
  return search::MakeRange(clause.field, std::move(range.lower), std::move(range.upper),
                           std::move(range.options));
}

DslResult<QueryPtr> ParseExists(const JsonValue& body) {
  std::string field;
  float boost = 1;
  for (const auto& [key, value] : body.members()) {
    if (!IsScalar(value)) {
      return BadQueryToken("exists", key, value);
    }
    if (key == "field") {
      field = ScalarText(value);
    } else if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(boost, ReadBoost(value, "exists"));
    } else {
      return BadQueryKey("exists", key);
    }
  }
  if (field.empty()) {
    return ParsingError("[exists] must be provided with a [field]");
  }
  return search::MakeExists(std::move(field), boost);
}

DslResult<QueryPtr> ParseIds(const JsonValue& body) {
  constexpr std::string_view kKeys[] = {"values", "boost", "_name"};
  std::vector<std::string> ids;
  float boost = 1;
  for (const auto& [key, value] : body.members()) {
    if (key == "values") {
      if (IsScalar(value)) {
        ids = {ScalarText(value)};
      } else if (value.is_array()) {
        BINSEEK_DSL_ASSIGN_OR_RETURN(
            ids, ReadTexts(value, "[ids] requires values, none specified", {"ids", "values"}));
      } else {
        return WrongToken(value, {"ids", "values"});
      }
    } else if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(boost, ReadBoost(value, "ids"));
    } else if (key == "_name") {
      return BadQueryKey("ids", key);
    } else {
      return UnknownField("ids", key, kKeys);
    }
  }
  return search::MakeIds(std::move(ids), boost);
}

}  // namespace binseek::api::dsl
