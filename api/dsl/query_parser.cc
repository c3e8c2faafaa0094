#include "api/dsl/query_parser.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/compound_queries.h"
#include "api/dsl/leaf_queries.h"
#include "api/dsl/query_arguments.h"
#include "api/dsl/query_string.h"

namespace binseek::api::dsl {
namespace {

using search::QueryPtr;

DslResult<QueryPtr> ParseInner(const JsonValue& json, uint32_t depth);

struct LeafQuery {
  std::string_view name;
  DslResult<QueryPtr> (*parse)(const JsonValue& body);
};
constexpr LeafQuery kLeafQueries[] = {
    {"match_all", ParseMatchAll},
    {"match_none", ParseMatchNone},
    {"term", ParseTerm},
    {"terms", ParseTerms},
    {"range", ParseRange},
    {"exists", ParseExists},
    {"ids", ParseIds},
    {"prefix", ParsePrefix},
    {"match", ParseMatch},
    {"multi_match", ParseMultiMatch},
    {"match_phrase", ParseMatchPhrase},
    {"match_phrase_prefix", ParseMatchPhrasePrefix},
    {"match_bool_prefix", ParseMatchBoolPrefix},
    {"wildcard", ParseWildcard},
    {"regexp", ParseRegexp},
    {"fuzzy", ParseFuzzy},
    {"geo_distance", ParseGeoDistance},
    {"geo_bounding_box", ParseGeoBoundingBox},
    {"geo_polygon", ParseGeoPolygon},
    {"rank_feature", ParseRankFeature},
    {"distance_feature", ParseDistanceFeature},
    {"terms_set", ParseTermsSet},
    {"more_like_this", ParseMoreLikeThis},
    {"combined_fields", ParseCombinedFields},
    {"query_string", ParseQueryString},
};

constexpr std::string_view kNames[] = {"match_all",
                                       "match_none",
                                       "term",
                                       "terms",
                                       "range",
                                       "exists",
                                       "ids",
                                       "prefix",
                                       "match",
                                       "multi_match",
                                       "bool",
                                       "dis_max",
                                       "constant_score",
                                       "boosting",
                                       "combined_fields",
                                       "distance_feature",
                                       "function_score",
                                       "fuzzy",
                                       "geo_bounding_box",
                                       "geo_distance",
                                       "geo_polygon",
                                       "more_like_this",
                                       "nested",
                                       "rank_feature",
                                       "query_string",
                                       "regexp",
                                       "terms_set",
                                       "wildcard",
                                       "match_phrase",
                                       "match_phrase_prefix",
                                       "match_bool_prefix"};

// Those whose arguments, and so their `_name`, stand within the object of their field.
constexpr std::string_view kFieldQueries[] = {"term",
                                              "match",
                                              "prefix",
                                              "wildcard",
                                              "regexp",
                                              "fuzzy",
                                              "range",
                                              "terms_set",
                                              "match_phrase",
                                              "match_phrase_prefix",
                                              "match_bool_prefix",
                                              "span_term"};

// Queries of Elasticsearch's that binseek does not have.
constexpr std::string_view kForeignNames[] = {
    "geo_shape",       "has_child",       "has_parent",
    "hybrid",          "intervals",       "knn",
    "neural",          "parent_id",       "percolate",
    "pinned",          "script",          "script_score",
    "semantic",        "shape",           "simple_query_string",
    "span_containing", "span_first",      "span_multi",
    "span_near",       "span_not",        "span_or",
    "span_term",       "span_within",     "sparse_vector",
    "text_expansion",  "weighted_tokens", "wrapper"};

// The clauses of one occurrence: a query, an array of queries, or null.
DslStatus ReadClauses(const JsonValue& json, Place place, uint32_t depth,
                      std::vector<QueryPtr>* out) {
  if (json.is_null()) {
    return std::nullopt;
  }
  if (!json.is_object() && !json.is_array()) {
    return WrongToken(json, place);
  }
  if (json.is_object()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(QueryPtr query, ParseInner(json, depth));
    out->push_back(std::move(query));
    return std::nullopt;
  }
  for (const JsonValue& element : json.array()) {
    BINSEEK_DSL_ASSIGN_OR_RETURN(QueryPtr query, ParseInner(element, depth));
    out->push_back(std::move(query));
  }
  return std::nullopt;
}

DslStatus ReadBoolArgument(std::string_view key, const JsonValue& value, uint32_t depth,
                           search::BoolOptions* options) {
  constexpr std::string_view kKeys[] = {
      "must",  "should", "filter", "must_not", "minimum_should_match", "adjust_pure_negative",
      "boost", "_name"};
  const Place place{"bool", key};
  if (key == "must") {
    return ReadClauses(value, place, depth, &options->must);
  }
  if (key == "should") {
    return ReadClauses(value, place, depth, &options->should);
  }
  if (key == "filter") {
    return ReadClauses(value, place, depth, &options->filter);
  }
  if (key == "must_not" || key == "mustNot") {
    return ReadClauses(value, place, depth, &options->must_not);
  }
  if (key == "minimum_should_match") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->minimum_should_match,
                                 ReadMinimumShouldMatch(value, "bool"));
  } else if (key == "boost") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(options->boost, ReadBoost(value, "bool"));
  } else if (key == "adjust_pure_negative") {
    BINSEEK_DSL_ASSIGN_OR_RETURN(const bool adjust, ReadBool(value, place));
    if (!adjust) {
      return Unsupported("[adjust_pure_negative] [false] of a [bool] query");
    }
  } else if (key == "_name") {
    return BadQueryKey("bool", key);
  } else {
    return UnknownField("bool", key, kKeys);
  }
  return std::nullopt;
}

DslResult<QueryPtr> ParseBool(const JsonValue& body, uint32_t depth) {
  search::BoolOptions options;
  for (const auto& [key, value] : body.members()) {
    BINSEEK_DSL_RETURN_IF_ERROR(ReadBoolArgument(key, value, depth, &options));
  }
  return search::MakeBool(std::move(options));
}

DslResult<QueryPtr> ParseConstantScore(const JsonValue& body, uint32_t depth) {
  QueryPtr filter;
  float boost = 1;
  for (const auto& [key, value] : body.members()) {
    if (key == "filter" && value.is_object()) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(filter, ParseInner(value, depth));
    } else if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(boost, ReadBoost(value, "constant_score"));
    } else if (key == "filter") {
      return ParsingError("unexpected token [" + std::string(TokenName(value)) + "]");
    } else {
      return BadQueryKey("constant_score", key);
    }
  }
  if (filter == nullptr) {
    return ParsingError("[constant_score] requires a 'filter' element");
  }
  return search::MakeConstantScore(std::move(filter), boost);
}

DslResult<QueryPtr> ParseDisMax(const JsonValue& body, uint32_t depth) {
  std::vector<QueryPtr> queries;
  float tie_breaker = 0;
  float boost = 1;
  for (const auto& [key, value] : body.members()) {
    if (key == "queries") {
      BINSEEK_DSL_RETURN_IF_ERROR(ReadClauses(value, {"dis_max", key}, depth, &queries));
    } else if (key == "tie_breaker") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(tie_breaker, ReadFloat(value, {"dis_max", key}));
    } else if (key == "boost") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(boost, ReadBoost(value, "dis_max"));
    } else {
      return BadQueryKey("dis_max", key);
    }
  }
  if (queries.empty()) {
    return ParsingError("[dis_max] requires 'queries' field with at least one clause");
  }
  return search::MakeDisMax(std::move(queries), tie_breaker, boost);
}

DslResult<QueryPtr> ParseNamed(const std::string& name, const JsonValue& body, uint32_t depth) {
  for (const LeafQuery& leaf : kLeafQueries) {
    if (name == leaf.name) {
      return leaf.parse(body);
    }
  }
  if (name == "bool") {
    return ParseBool(body, depth + 1);
  }
  if (name == "constant_score") {
    return ParseConstantScore(body, depth + 1);
  }
  if (name == "dis_max") {
    return ParseDisMax(body, depth + 1);
  }
  if (name == "boosting") {
    return ParseBoosting(body, depth + 1);
  }
  if (name == "function_score") {
    return ParseFunctionScore(body, depth + 1);
  }
  if (name == "nested") {
    return ParseNested(body, depth + 1);
  }
  if (Contains(kForeignNames, name)) {
    return Unsupported("[" + name + "] query");
  }
  return ParsingError("unknown query [" + name + "]" + Suggestion(name, kNames));
}

// Takes `_name` out of where queries of that kind have it.
DslResult<std::string> TakeName(const std::string& query, JsonValue* body) {
  JsonValue::Members members = body->members();
  const bool in_field = Contains(kFieldQueries, query);
  std::string name;
  for (size_t i = 0; i < members.size(); ++i) {
    if (members[i].first == "_name") {
      BINSEEK_DSL_ASSIGN_OR_RETURN(name, ReadText(members[i].second, {query, "_name"}));
      members.erase(members.begin() + static_cast<std::ptrdiff_t>(i));
      *body = JsonValue::FromMembers(std::move(members));
      return name;
    }
    if (in_field && members[i].second.is_object()) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(name, TakeName("", &members[i].second));
    }
  }
  *body = JsonValue::FromMembers(std::move(members));
  return name;
}

bool HasName(const std::string& query, const JsonValue& body) {
  if (body.Find("_name") != nullptr) {
    return true;
  }
  for (const auto& [key, value] : body.members()) {
    if (Contains(kFieldQueries, query) && value.is_object() && value.Find("_name") != nullptr) {
      return true;
    }
  }
  return false;
}

DslResult<QueryPtr> ParseUnderItsName(const std::string& query, const JsonValue& body,
                                      uint32_t depth) {
  if (!HasName(query, body)) {
    return ParseNamed(query, body, depth);
  }
  JsonValue rest = body;
  BINSEEK_DSL_ASSIGN_OR_RETURN(std::string name, TakeName(query, &rest));
  BINSEEK_DSL_ASSIGN_OR_RETURN(QueryPtr parsed, ParseNamed(query, rest, depth));
  return name.empty() ? parsed : search::MakeNamed(std::move(parsed), std::move(name));
}

DslResult<QueryPtr> ParseInner(const JsonValue& json, uint32_t depth) {
  if (depth > search::kMaxQueryDepth) {
    return IllegalArgument(
        "The nested depth of the query exceeds the maximum nested depth for queries set in [" +
        std::to_string(search::kMaxQueryDepth) + "]");
  }
  if (!json.is_object()) {
    return ParsingError("[_na] query malformed, must start with start_object");
  }
  const JsonValue::Members& members = json.members();
  if (members.empty()) {
    return IllegalArgument("query malformed, empty clause found");
  }
  const auto& [name, body] = members[0];
  if (!body.is_object()) {
    return ParsingError("[" + name + "] query malformed, no start_object after query name");
  }
  BINSEEK_DSL_ASSIGN_OR_RETURN(QueryPtr query, ParseUnderItsName(name, body, depth));
  if (members.size() > 1) {
    return ParsingError("[" + name +
                        "] malformed query, expected [END_OBJECT] but found [FIELD_NAME]");
  }
  return query;
}

}  // namespace

DslResult<search::QueryPtr> ParseInnerQuery(const JsonValue& json, uint32_t depth) {
  return ParseInner(json, depth);
}

DslResult<search::QueryPtr> ParseQuery(const JsonValue& json) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(QueryPtr query, ParseInner(json, 1));
  const Status limits = search::CheckLimits(*query);
  if (!limits.ok()) {
    return ErrorFromStatus(limits);
  }
  return query;
}

}  // namespace binseek::api::dsl
