// Queries for all terms of a kind: wildcards, regular expressions, fuzzy matches; and what they share with prefixes.
//
//   QueryPtr query = MakeFuzzy({.field = "name", .value = "shoo"});
//
// Thread-safe. Errors, at Bind: kInvalidArgument where the field has no terms, or the pattern is none, or takes too many states.
#ifndef BINSEEK_ENGINE_SEARCH_MULTI_TERM_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_MULTI_TERM_QUERY_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/codec/term_dictionary_reader.h"
#include "engine/search/automaton.h"
#include "engine/search/field_ref.h"
#include "engine/search/query.h"
#include "engine/search/regexp.h"
#include "engine/search/weight.h"

namespace binseek::search {

struct WildcardOptions {
  std::string field{};
  std::string value{};
  bool case_insensitive = false;
  std::string rewrite{};
  float boost = 1;
};
QueryPtr MakeWildcard(WildcardOptions options);
// The exact term, whatever its case; with constant score.
QueryPtr MakeTermIgnoringCase(std::string field, std::string value, float boost = 1);

struct RegexpQueryOptions {
  std::string field{};
  std::string value{};
  RegexpFlags flags{};
  bool case_insensitive = false;
  uint32_t max_determinized_states = 10'000;
  std::string rewrite{};
  float boost = 1;
};
QueryPtr MakeRegexpQuery(RegexpQueryOptions options);

struct FuzzyOptions {
  std::string field{};
  std::string value{};
  std::string fuzziness = "AUTO";
  uint32_t prefix_length = 0;
  uint32_t max_expansions = 50;
  bool transpositions = true;
  std::string rewrite{};  // empty: top_terms_blended_freqs of max_expansions
  float boost = 1;
};
QueryPtr MakeFuzzy(FuzzyOptions options);

// How many edits a text may have by "AUTO", "AUTO:3,6", "0", "1" or "2". kInvalidArgument in Elasticsearch's words.
Result<uint32_t> EditsFor(std::string_view fuzziness, std::string_view text);

// --- For those who make such queries ---

struct Rewrite {
  enum class Kind : uint8_t {
    kConstant,         // all terms, with the query's boost as score
    kScoringBoolean,   // all terms, each scored as itself; too many are refused
    kTopTerms,         // the best ones, each scored as itself
    kTopTermsBoost,    // the best ones, each with its boost as score
    kTopTermsBlended,  // the best ones, all as frequent as the most frequent one
  };
  Kind kind = Kind::kConstant;
  uint32_t terms = 0;
};
// kInvalidArgument: "Failed to parse rewrite_method [..]".
Result<Rewrite> ParseRewrite(std::string_view text, Rewrite by_default);

// Which terms of a field are meant. Immutable, thread-safe.
class TermPattern {
 public:
  // False: enough.
  using Visit =
      std::function<bool(std::string_view term, const codec::TermInfo& info, float boost)>;

  virtual ~TermPattern() = default;
  // Ascending.
  virtual void VisitTerms(const codec::BlockTermDictionary& terms, const Visit& visit) const = 0;
  virtual bool Accepts(std::string_view term) const = 0;
};
using TermPatternPtr = std::shared_ptr<const TermPattern>;
// Boost 1 for all.
TermPatternPtr MakePattern(CodePointDfa dfa);

Result<std::unique_ptr<Weight>> BindPattern(const BindContext& context, const FieldRef& ref,
                                            TermPatternPtr pattern, const Rewrite& rewrite,
                                            float boost);

// The field's meaning where it has terms that patterns may look at; null where there is no such field.
// "Can only use wildcard queries on keyword, text and wildcard fields - not on [price] which is of type [double]"
Result<std::optional<FieldRef>> FindPatternField(const BindContext& context,
                                                 const std::string& field, std::string_view query,
                                                 std::string_view kinds);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_MULTI_TERM_QUERY_H_
