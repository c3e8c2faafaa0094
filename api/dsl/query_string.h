// Lucene's query language: `title:(red OR blue) -sold price:[10 TO 20} "running shoe"~1^2 sho* /sh.e/`, as the query string query and the parameter q have it.
//
// Operators bind as in Lucene's classic parser: AND makes the clauses on both of its sides required, whatever the default is; words that stand side by side are
// analysed together. Pure functions, thread-safe.
// Errors: query_shard_exception "Failed to parse query [..]" for what is no query, illegal_argument_exception for options.
#ifndef BINSEEK_API_DSL_QUERY_STRING_H_
#define BINSEEK_API_DSL_QUERY_STRING_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "api/dsl/error.h"
#include "engine/base/json.h"
#include "engine/search/query.h"

namespace binseek::api::dsl {

struct QueryStringOptions {
  std::string query{};
  std::vector<std::pair<std::string, float>> fields{};  // with their boosts; empty: all
  bool operator_and = false;
  bool lenient = false;
  bool allow_leading_wildcard = true;
  bool escape = false;  // the text is words alone, whatever characters it has
  std::string analyzer{};
  std::string quote_analyzer{};
  std::string fuzziness = "AUTO";
  uint32_t fuzzy_prefix_length = 0;
  uint32_t fuzzy_max_expansions = 50;
  bool fuzzy_transpositions = true;
  uint32_t phrase_slop = 0;
  uint32_t max_determinized_states = 10'000;
  std::string rewrite{};
  std::string minimum_should_match{};
  std::string time_zone{};
  search::MultiMatchOptions::Kind kind = search::MultiMatchOptions::Kind::kWords;
  bool most_fields = false;
  bool cross_fields = false;
  std::optional<float> tie_breaker{};  // absent: the type's
  float TieBreaker() const { return tie_breaker.value_or(most_fields ? 1.0F : 0.0F); }
  float boost = 1;
};

DslResult<search::QueryPtr> MakeQueryString(const QueryStringOptions& options);
// The body of a query_string query.
DslResult<search::QueryPtr> ParseQueryString(const JsonValue& body);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_QUERY_STRING_H_
