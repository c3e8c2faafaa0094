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
#include <vector>

#include "engine/base/result.h"

namespace binseek::search {

class Weight;
struct BindContext;

inline constexpr uint32_t kMaxClauses = 1024;  // leaves and branches of one tree
inline constexpr uint32_t kMaxQueryDepth = 50;
inline constexpr uint32_t kMaxTermsValues = 65536;  // values of one terms query

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

 protected:
  Query() = default;
};
using QueryPtr = std::shared_ptr<const Query>;

// kInvalidArgument where the tree is deeper or larger than the limits above. Does not recurse.
Status CheckLimits(const Query& query);

QueryPtr MakeMatchAll(float boost = 1);
QueryPtr MakeMatchNone();

// The exact term: not analysed on text, normalised on keywords; the exact value on numbers, dates, booleans.
QueryPtr MakeTerm(std::string field, std::string value, float boost = 1);
// Any of the values, with constant score.
QueryPtr MakeTerms(std::string field, std::vector<std::string> values, float boost = 1);

struct Bound {
  std::string value{};
  bool inclusive = true;
};
// Between the bounds (absent = open): by value on numbers and dates ("now-7d/d" and "2026-01-01||+1M" are read as date arithmetic), by term
// bytes on keywords and text.
QueryPtr MakeRange(std::string field, std::optional<Bound> lower, std::optional<Bound> upper,
                   float boost = 1);

struct MatchOptions {
  std::string field{};
  std::string text{};
  bool operator_and = false;
  // "2", "-1", "75%", "-25%", "2<75% 9<-3"; empty = at least one.
  std::string minimum_should_match{};
  std::string analyzer{};       // empty: the field's
  bool zero_terms_all = false;  // a text without tokens matches all instead of nothing
  bool lenient = false;         // a value that is none of the field's kind matches nothing
  float boost = 1;
};
// Text is analysed, its tokens are the terms of a boolean query; other kinds match as by MakeTerm.
QueryPtr MakeMatch(MatchOptions options);

struct MultiMatchOptions {
  std::vector<std::pair<std::string, float>> fields{};  // name (may hold '*') and boost
  MatchOptions match{};                                 // its field is not looked at
  bool most_fields = false;  // sum of the fields' scores instead of the best one's
  float tie_breaker = 0;
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
QueryPtr MakePrefix(std::string field, std::string prefix, bool case_insensitive = false,
                    float boost = 1);

// How many of `clauses` optional clauses must match by Elasticsearch's specification; kInvalidArgument where it is none.
Result<int> ParseMinimumShouldMatch(const std::string& specification, int clauses);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_QUERY_H_
