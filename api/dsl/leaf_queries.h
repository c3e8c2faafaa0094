// Queries that hold no other query. Internal to api/dsl.
//
// Each function takes what stands behind the query's name, an object: {"match": THIS}. Thread-safe free functions.
#ifndef BINSEEK_API_DSL_LEAF_QUERIES_H_
#define BINSEEK_API_DSL_LEAF_QUERIES_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/error.h"
#include "engine/base/json.h"
#include "engine/search/query.h"

namespace binseek::api::dsl {

DslResult<search::QueryPtr> ParseMatchAll(const JsonValue& body);
DslResult<search::QueryPtr> ParseMatchNone(const JsonValue& body);
DslResult<search::QueryPtr> ParseTerm(const JsonValue& body);
DslResult<search::QueryPtr> ParseTerms(const JsonValue& body);
DslResult<search::QueryPtr> ParseRange(const JsonValue& body);
DslResult<search::QueryPtr> ParseExists(const JsonValue& body);
DslResult<search::QueryPtr> ParseIds(const JsonValue& body);
DslResult<search::QueryPtr> ParsePrefix(const JsonValue& body);
DslResult<search::QueryPtr> ParseMatch(const JsonValue& body);
DslResult<search::QueryPtr> ParseMultiMatch(const JsonValue& body);
DslResult<search::QueryPtr> ParseMatchBoolPrefix(const JsonValue& body);
DslResult<search::QueryPtr> ParseMatchPhrase(const JsonValue& body);
DslResult<search::QueryPtr> ParseMatchPhrasePrefix(const JsonValue& body);
DslResult<search::QueryPtr> ParseWildcard(const JsonValue& body);
DslResult<search::QueryPtr> ParseRegexp(const JsonValue& body);
DslResult<search::QueryPtr> ParseFuzzy(const JsonValue& body);
DslResult<search::QueryPtr> ParseGeoDistance(const JsonValue& body);
DslResult<search::QueryPtr> ParseGeoBoundingBox(const JsonValue& body);
DslResult<search::QueryPtr> ParseGeoPolygon(const JsonValue& body);
DslResult<search::QueryPtr> ParseRankFeature(const JsonValue& body);
DslResult<search::QueryPtr> ParseDistanceFeature(const JsonValue& body);
DslResult<search::QueryPtr> ParseTermsSet(const JsonValue& body);
DslResult<search::QueryPtr> ParseMoreLikeThis(const JsonValue& body);
DslResult<search::QueryPtr> ParseCombinedFields(const JsonValue& body);

// {"<field>": <value>}, the form of term, match, prefix and range.
struct FieldClause {
  const std::string& field;
  const JsonValue& value;
};
DslResult<FieldClause> ReadFieldClause(std::string_view query, const JsonValue& body);

// "[term] query does not support [valeu]", or, for what Elasticsearch would take, that binseek does not.
DslError BadQueryKey(std::string_view query, std::string_view key);
// "[match] unknown token [START_ARRAY] after [query]"
DslError BadQueryToken(std::string_view query, std::string_view key, const JsonValue& value);

// What queries that match a text have in common: its argument `key`. `has_text` is set once the text is seen.
DslStatus ReadMatchArgument(std::string_view query, std::string_view key, const JsonValue& value,
                            search::MatchOptions* match, bool* has_text);
// ["name^3", "title"]
DslStatus ReadMatchFields(const JsonValue& value, std::string_view query,
                          std::vector<std::pair<std::string, float>>* fields);

// `minimum_should_match` of a query: a number or a specification that is one.
DslResult<std::string> ReadMinimumShouldMatch(const JsonValue& json, std::string_view query);
// `zero_terms_query` of a query: true where it is "all".
DslResult<bool> ReadZeroTermsQuery(const JsonValue& value, std::string_view query);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_LEAF_QUERIES_H_
