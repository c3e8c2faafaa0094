#include "engine/search/scored_terms.h"

#include <utility>

#include "engine/search/any_term_scorer.h"
#include "engine/search/bool_scorer.h"
#include "engine/search/constant_query.h"
#include "engine/search/similarity.h"
#include "engine/search/term_disjunction.h"
#include "engine/search/term_scorer.h"

namespace binseek::search {
namespace {

class ScoredTermsWeight final : public Weight {
 public:
  ScoredTermsWeight(const BindContext& context, const FieldRef& ref, std::vector<ScoredTerm> terms,
                    float boost, uint32_t minimum)
      : field_(*ref.field), terms_(std::move(terms)), scores_(context.scores), minimum_(minimum) {
    if (!scores_) {
      return;
    }
    const FieldStatistics statistics = CollectFieldStatistics(*context.index, ref);
    scorers_.reserve(terms_.size());
    for (const ScoredTerm& term : terms_) {
      scorers_.emplace_back(Bm25Scorer(context.form, boost * term.boost,
                                       Bm25Idf(term.doc_freq, statistics.doc_count), statistics));
    }
  }

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    const codec::FieldTerms* const terms = segment.segment().Terms(field_.id);
    if (terms == nullptr) {
      return std::unique_ptr<Scorer>();
    }
    BoolClauses clauses;
    clauses.minimum_should_match = minimum_;
    for (size_t i = 0; i < terms_.size(); ++i) {
      codec::TermInfo info;
      if (terms->dictionary().Find(terms_[i].term, &info, nullptr)) {
        clauses.shoulds.push_back(std::make_unique<TermScorer>(
            *terms, info, segment.segment().Norms(field_.id), scores_ ? &scorers_[i] : nullptr));
      }
    }
    BINSEEK_RETURN_IF_ERROR(CheckDictionary(terms->dictionary()));
    if (clauses.shoulds.size() < minimum_) {
      return std::unique_ptr<Scorer>();
    }
    if (clauses.shoulds.size() == 1) {
      return std::move(clauses.shoulds[0]);
    }
    if (scores_ && minimum_ == 1) {
      return std::unique_ptr<Scorer>(std::make_unique<TermDisjunction>(std::move(clauses.shoulds)));
    }
    if (!scores_ && minimum_ == 1) {
      return std::unique_ptr<Scorer>(std::make_unique<AnyTermScorer>(std::move(clauses.shoulds)));
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<BoolScorer>(std::move(clauses), &segment, scores_));
  }

  void VisitTerms(TermVisitor* visitor) const override {
    for (const ScoredTerm& term : terms_) {
      visitor->Term(field_, term.term);
    }
  }

 private:
  const mapping::Field field_;
  const std::vector<ScoredTerm> terms_;
  const bool scores_;
  const uint32_t minimum_;
  std::vector<TermScore> scorers_;
};

}  // namespace

std::unique_ptr<Weight> MakeScoredTerms(const BindContext& context, const FieldRef& ref,
                                        std::vector<ScoredTerm> terms, float boost,
                                        uint32_t minimum_should_match) {
  if (terms.empty()) {
    return std::make_unique<NoneWeight>();
  }
  return std::make_unique<ScoredTermsWeight>(context, ref, std::move(terms), boost,
                                             minimum_should_match);
}

}  // namespace binseek::search
