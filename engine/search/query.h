// Query: what to look for, as an immutable tree that knows no index yet.
//
// A query is made by the functions below, shared freely, and bound by Bind to one index of one view; the Weight holds that
// index's statistics and makes a Scorer per segment (weight.h).
//
//   QueryPtr query = MakeBool({.must = {MakeMatch({.field = "name", .text = "red shoe"})},
//                              .filter = {MakeRange("price", Bound{"10"}, Bound{"20"})}});
//
// Values are texts, and are read as the field's kind asks ("12.5", "true", "2026-01-02"); so one query runs over indices whose mappings
// differ. A field that an index does not have matches nothing there.
// Names resolve as: a mapped field (multi-fields by their path, "name.keyword"); a flattened field, any leaf; "attrs.color" with `attrs`
// flattened, the leaves at that path.
//
// Thread-safe: const after construction. Ownership: a query shares its children.
// Errors: the makers cannot fail. CheckLimits and Bind: kInvalidArgument for a value that is none of the field's kind (the message starts
// with "failed to create query: ") or a tree beyond the limits.
#ifndef BINSEEK_ENGINE_SEARCH_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_QUERY_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"

namespace binseek::index {
enum class IndexId : uint32_t;
}

namespace binseek::search {

class Weight;
class Query;
struct BindContext;
struct BoolOptions;
struct NestedOptions;
using QueryPtr = std::shared_ptr<const Query>;

inline constexpr uint32_t kMaxClauses = 1024;  // leaves and branches of one tree
inline constexpr uint32_t kMaxQueryDepth = 50;
inline constexpr uint32_t kMaxTermsValues = 65536;     // values of one terms query
inline constexpr uint32_t kMostTermsValues = 1 << 19;  // where an index was given a greater limit

class Query {
 public:
  virtual ~Query() = default;

  // `boost` multiplies into every score below. The weight borrows the context's view, not the query.
  [[nodiscard]] virtual Result<std::unique_ptr<Weight>> Bind(const BindContext& context,
                                                             float boost) const = 0;
  // Children, for walking the tree.
  virtual std::vector<const Query*> children() const { return {}; }
  // True where every match has the same score, so that order is that of documents.
  virtual bool constant_score() const { return false; }
  // What hits are told that match it (`_name`); empty: nothing. See MakeNamed.
  virtual std::string_view name() const { return {}; }

  virtual const NestedOptions* AsNested() const { return nullptr; }  // null: it is something else

  // --- For rewriting (bool_rewrite.h) ---

  // What it comes down to in an index where that is a query of another kind (words of a text are a boolean query of terms); null: it is that already.
  [[nodiscard]] virtual Result<QueryPtr> Resolve(const BindContext& /*context*/) const {
    return QueryPtr();
  }
  virtual const BoolOptions* AsBool() const { return nullptr; }  // null: it is something else
  // Equal keys, equal matches and, boosts apart, equal scores. Empty: not known.
  virtual std::string Key() const { return {}; }
  virtual float boost() const { return 1; }
  // The same with another boost in place of its own; null: it has none that can be changed.
  virtual QueryPtr WithBoost(float /*boost*/) const { return nullptr; }

 protected:
  Query() = default;
};

// kInvalidArgument where the tree is deeper or larger than the limits above. Does not recurse.
Status CheckLimits(const Query& query);

QueryPtr MakeMatchAll(float boost = 1);
QueryPtr MakeMatchNone();

// The exact term: not analysed on text, normalised on keywords; the exact value on numbers, dates, booleans.
QueryPtr MakeTerm(std::string field, std::string value, float boost = 1);
// Any of the values, with constant score.
QueryPtr MakeTerms(std::string field, std::vector<std::string> values, float boost = 1);

// Any of the values that a document has at a path of its source: the terms of a user's list. A document that is not there has none. With a query instead of
// an id, those of all documents that match it.
struct TermsLookup {
  std::string index{};
  std::string id{};
  std::string path{};
  QueryPtr query{};
};
QueryPtr MakeTermsLookup(std::string field, TermsLookup lookup, float boost = 1);

struct Bound {
  std::string value{};
  bool inclusive = true;
};
// What a range of a document has to be to the wanted one: overlap with it, lie in it, hold it.
enum class RangeRelation : uint8_t { kIntersects, kWithin, kContains };
// Between the bounds (absent = open): by value on numbers and dates ("now-7d/d" and "2026-01-01||+1M" are read as date arithmetic), by term
// bytes on keywords and text.
struct RangeOptions {
  float boost = 1;
  RangeRelation relation = RangeRelation::kIntersects;  // where the field's values are ranges
  // How the bounds are written where they are dates, and whose days they mean; see DateForm (date_math.h). Empty: the field's format, UTC.
  std::string format{};
  std::string time_zone{};
};
QueryPtr MakeRange(std::string field, std::optional<Bound> lower, std::optional<Bound> upper,
                   RangeOptions options);
QueryPtr MakeRange(std::string field, std::optional<Bound> lower, std::optional<Bound> upper,
                   float boost = 1, RangeRelation relation = RangeRelation::kIntersects);

struct MatchOptions {
  std::string field{};
  std::string text{};
  bool operator_and = false;
  // "2", "-1", "75%", "-25%", "2<75% 9<-3"; empty = at least one.
  std::string minimum_should_match{};
  std::string analyzer{};       // empty: the field's
  bool zero_terms_all = false;  // a text without tokens matches all instead of nothing
  bool lenient = false;         // a value that is none of the field's kind matches nothing
  std::string fuzziness{};      // "AUTO", "AUTO:3,6", "1", ...; empty: exact
  uint32_t prefix_length = 0;   // of fuzzy terms: code points that are as they are
  uint32_t max_expansions = 50;
  bool fuzzy_transpositions = true;
  std::string fuzzy_rewrite{};
  float boost = 1;
  bool last_is_prefix =
      false;  // the last token stands for all terms that begin so, with constant score
};
// Text is analysed, its tokens are the terms of a boolean query; other kinds match as by MakeTerm.
QueryPtr MakeMatch(MatchOptions options);

struct MatchPhraseOptions {
  std::string field{};
  std::string text{};
  uint32_t slop = 0;            // moves of terms that an occurrence may need
  std::string analyzer{};       // empty: the field's
  bool zero_terms_all = false;  // a text without tokens matches all instead of nothing
  bool lenient = false;         // a value that is none of the field's kind matches nothing
  float boost = 1;
  bool last_is_prefix = false;   // the last token stands for terms that begin so,
  uint32_t max_expansions = 50;  // at most so many of them
};
// Text is analysed, and its tokens must stand one behind the other, with the gaps that they have there; tokens at one position are alternatives. A single
// token is a term; other kinds than text match as by MakeTerm.
QueryPtr MakeMatchPhrase(MatchPhraseOptions options);

struct MultiMatchOptions {
  enum class Kind : uint8_t { kWords, kPhrase, kPhrasePrefix };
  std::vector<std::pair<std::string, float>> fields{};  // name (may hold '*') and boost
  MatchOptions match{};                                 // its field is not looked at
  Kind kind = Kind::kWords;
  uint32_t slop = 0;             // of phrases
  uint32_t max_expansions = 50;  // of phrases whose last term is a prefix
  bool most_fields = false;      // sum of the fields' scores instead of the best one's
  float tie_breaker = 0;
  bool cross_fields = false;  // term by term in any field, see blended_query.h
};
QueryPtr MakeMultiMatch(MultiMatchOptions options);

struct BoolOptions {
  std::vector<QueryPtr> must{};        // all, scored
  std::vector<QueryPtr> should{};      // at least minimum_should_match, scored
  std::vector<QueryPtr> filter{};      // all, not scored
  std::vector<QueryPtr> must_not{};    // none
  std::string minimum_should_match{};  // empty: 1 where there is neither must nor filter, else 0
  float boost = 1;
};
// Without any clause it matches all; with must_not alone it matches all others, score 0.
QueryPtr MakeBool(BoolOptions options);

// The best child's score, plus tie_breaker times the others'.
QueryPtr MakeDisMax(std::vector<QueryPtr> queries, float tie_breaker, float boost = 1);
QueryPtr MakeConstantScore(QueryPtr query, float boost = 1);

// Documents with a value in the field (or in any field below it).
QueryPtr MakeExists(std::string field, float boost = 1);
QueryPtr MakeIds(std::vector<std::string> ids, float boost = 1);
// `rewrite` (also of the queries of multi_term_query.h): how terms score: "constant_score" (empty), "scoring_boolean", "top_terms_N", ...
QueryPtr MakePrefix(std::string field, std::string prefix, bool case_insensitive = false,
                    float boost = 1, std::string rewrite = "");
// In each index the query that is given for it; in others all documents. Its children are not shown: what they look for is nobody's wish.
QueryPtr MakeByIndex(std::vector<std::pair<index::IndexId, QueryPtr>> queries);
// The query as it is, under a name.
QueryPtr MakeNamed(QueryPtr query, std::string name);
// Documents whose key falls into part `id` of `max`; of a field with numbers, those whose first value does. Of documents the same part has always the same.
// REQUIRES: id < max.
QueryPtr MakeSlice(uint32_t id, uint32_t max, std::string field = "_id");

// How many of `clauses` optional clauses must match by Elasticsearch's specification; kInvalidArgument where it is none.
Result<int> ParseMinimumShouldMatch(const std::string& specification, int clauses);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_QUERY_H_
