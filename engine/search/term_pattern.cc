// BindPattern: all terms of a pattern with one score, or its best ones, each with its own.
#include <algorithm>
#include <map>
#include <utility>

#include "engine/search/constant_query.h"
#include "engine/search/multi_term_query.h"
#include "engine/search/scored_terms.h"
#include "engine/search/term_union.h"

namespace binseek::search {
namespace {

class PatternWeight final : public TermUnionWeight {
 public:
  PatternWeight(const FieldRef& ref, TermPatternPtr pattern, bool scores, float score)
      : TermUnionWeight(ref, scores, score), field_(*ref.field), pattern_(std::move(pattern)) {}

  void VisitTerms(TermVisitor* visitor) const override {
    visitor->Terms(field_,
                   [pattern = pattern_](std::string_view term) { return pattern->Accepts(term); });
  }

 private:
  void CollectTerms(const codec::BlockTermDictionary& terms, TermUnion* out) const override {
    pattern_->VisitTerms(terms, [&](std::string_view term, const codec::TermInfo& info, float) {
      if (IsValueTerm(ref(), term)) {
        out->Add(info);
      }
      return true;
    });
  }

  const mapping::Field field_;
  const TermPatternPtr pattern_;
};

struct Found {
  float boost = 1;
  uint64_t doc_freq = 0;
};
using FoundTerms = std::map<std::string, Found, std::less<>>;

// Better boost first, then the smaller term.
std::vector<FoundTerms::iterator> Best(FoundTerms* found, size_t wanted) {
  std::vector<FoundTerms::iterator> order;
  order.reserve(found->size());
  for (auto it = found->begin(); it != found->end(); ++it) {
    order.push_back(it);
  }
  // Equal boosts stay in the order of the terms.
  std::stable_sort(order.begin(), order.end(),
                   [](const auto& a, const auto& b) { return a->second.boost > b->second.boost; });
  order.resize(std::min(order.size(), wanted));
  return order;
}

// Frequencies of a term are complete only while it stays in; who once was behind the wanted ones stays there, since it is compared by what never changes.
void KeepBest(FoundTerms* found, size_t wanted) {
  FoundTerms kept;
  for (const auto& it : Best(found, wanted)) {
    kept.insert(found->extract(it));
  }
  *found = std::move(kept);
}

Result<FoundTerms> Collect(const BindContext& context, const FieldRef& ref,
                           const TermPattern& pattern, const Rewrite& rewrite) {
  const bool all = rewrite.kind == Rewrite::Kind::kScoringBoolean;
  const size_t wanted = all ? kMaxClauses : rewrite.terms;
  FoundTerms found;
  for (const auto& segment : context.index->segments) {
    const codec::FieldTerms* const terms = segment->segment().Terms(ref.field->id);
    if (terms == nullptr) {
      continue;
    }
    pattern.VisitTerms(terms->dictionary(),
                       [&](std::string_view term, const codec::TermInfo& info, float boost) {
                         if (!IsValueTerm(ref, term)) {
                           return true;
                         }
                         auto it = found.find(term);
                         if (it == found.end()) {
                           it = found.emplace(std::string(term), Found{.boost = boost}).first;
                         }
                         it->second.doc_freq += info.doc_freq;
                         if (found.size() > 4 * wanted + 1024 && !all) {
                           KeepBest(&found, wanted);
                         }
                         return !all || found.size() <= kMaxClauses;
                       });
    BINSEEK_RETURN_IF_ERROR(CheckDictionary(terms->dictionary()));
    if (all && found.size() > kMaxClauses) {
      return Status::InvalidArgument("failed to create query: maxClauseCount is set to " +
                                     std::to_string(kMaxClauses));
    }
  }
  KeepBest(&found, wanted);
  return found;
}

}  // namespace

Result<std::unique_ptr<Weight>> BindPattern(const BindContext& context, const FieldRef& ref,
                                            TermPatternPtr pattern, const Rewrite& rewrite,
                                            float boost) {
  using Kind = Rewrite::Kind;
  if (rewrite.kind == Kind::kConstant) {
    return std::unique_ptr<Weight>(
        std::make_unique<PatternWeight>(ref, std::move(pattern), context.scores, boost));
  }
  BINSEEK_ASSIGN_OR_RETURN(const FoundTerms found, Collect(context, ref, *pattern, rewrite));
  if (rewrite.kind == Kind::kTopTermsBoost) {
    std::vector<QueryPtr> clauses;
    for (const auto& [term, facts] : found) {
      clauses.push_back(MakeConstantScore(MakeTerm(ref.field->name, term.substr(ref.path.size())),
                                          std::max(0.0F, facts.boost)));
    }
    return (clauses.empty() ? MakeMatchNone() : MakeBool({.should = std::move(clauses)}))
        ->Bind(context, boost);
  }
  uint64_t most = 0;
  for (const auto& [term, facts] : found) {
    most = std::max(most, facts.doc_freq);
  }
  std::vector<ScoredTerm> terms;
  for (const auto& [term, facts] : found) {
    // A term of fewer characters than edits has a boost below 0, by which it is ranked among the others, but not scored.
    terms.push_back({.term = term,
                     .boost = std::max(0.0F, facts.boost),
                     .doc_freq = rewrite.kind == Kind::kTopTermsBlended ? most : facts.doc_freq});
  }
  // All that the pattern accepts is shown, as Lucene does, whether it is among the best or not.
  return MakeScoredTerms(context, ref, std::move(terms), boost, 1,
                         [pattern](std::string_view term) { return pattern->Accepts(term); });
}

}  // namespace binseek::search
