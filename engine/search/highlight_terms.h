// HighlightTerms: what a query looks for in each field, as its weights tell it; and where a text has it.
//
// Made of a bound query, per index; terms of must_not are not among them. Immutable once collected, and then thread-safe.
#ifndef BINSEEK_ENGINE_SEARCH_HIGHLIGHT_TERMS_H_
#define BINSEEK_ENGINE_SEARCH_HIGHLIGHT_TERMS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/mapping/field.h"
#include "engine/search/interrupt.h"
#include "engine/search/weight.h"

namespace binseek::search {

struct WantedPhrase {
  std::vector<std::vector<std::string>> positions;  // terms that may stand there; empty: a gap
  uint32_t slop = 0;
};

struct WantedTerms {
  std::set<std::string, std::less<>> terms;
  std::vector<WantedPhrase> phrases;
  std::vector<std::function<bool(std::string_view)>> automatons;

  bool empty() const { return terms.empty() && phrases.empty() && automatons.empty(); }
  void Add(const WantedTerms& other);
};

class HighlightTerms final : public TermVisitor {
 public:
  explicit HighlightTerms(const Weight& weight) { weight.VisitTerms(this); }

  void Term(const mapping::Field& field, std::string_view term) override;
  void Phrase(const mapping::Field& field, const std::vector<std::vector<std::string>>& positions,
              uint32_t slop) override;
  void Terms(const mapping::Field& field, std::function<bool(std::string_view)> accepts) override;

  // Of one field; empty where the query does not look there.
  const WantedTerms& Of(mapping::FieldId field) const;
  WantedTerms OfAll() const;

 private:
  std::map<mapping::FieldId, WantedTerms> fields_;
};

// A token of the text that is highlighted.
struct TextToken {
  std::string term;
  uint32_t position = 0;
  int32_t start = 0;  // UTF-16 units of the field's values, one unit between two of them
  int32_t end = 0;
};

// One place that the query looks for.
struct TextMatch {
  int32_t start = 0;
  int32_t end = 0;
  uint32_t what =
      0;  // equal ones are occurrences of the same thing: a term, or any term of an automaton
  uint32_t freq = 0;  // how many there are of it
};

// In the order of the text; none at all where `interrupt` (may be null) has cut the work short. Terms of a phrase count where the phrase stands only, unless they are wanted alone too. REQUIRES: `tokens` by position.
std::vector<TextMatch> FindMatches(const std::vector<TextToken>& tokens, const WantedTerms& wanted,
                                   Interrupt* interrupt = nullptr);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_HIGHLIGHT_TERMS_H_
