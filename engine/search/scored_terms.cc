#include "engine/search/scored_terms.h"

#include <utility>

#include "engine/search/any_term_scorer.h"
#include "engine/search/bool_scorer.h"
#include "engine/search/constant_query.h"
#include "engine/search/similarity.h"
#include "engine/search/term_disjunction.h"
#include "engine/search/term_explanation.h"
#include "engine/search/term_scorer.h"

namespace binseek::search {
namespace {

class ScoredTermsWeight final : public Weight {
 public:
  ScoredTermsWeight(const BindContext& context, const FieldRef& ref, std::vector<ScoredTerm> terms,
                    float boost, uint32_t minimum, std::function<bool(std::string_view)> accepts)
      : ref_(ref),
        field_(*ref.field),
        terms_(std::move(terms)),
        scores_(context.scores),
        form_(context.form),
        boost_(boost),
        minimum_(minimum),
        accepts_(std::move(accepts)) {
    if (!scores_) {
      return;
    }
    const FieldStatistics& statistics = statistics_ = CollectFieldStatistics(*context.index, ref);
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

  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override {
    BINSEEK_ASSIGN_OR_RETURN(const DocMatch match, MatchDoc(*this, segment, doc));
    if (!match.matches || !scores_) {
      return match.matches ? Weight::Explain(segment, doc) : NotMatched("no matching term");
    }
    const uint8_t* const norms = segment.segment().Norms(field_.id);
    std::vector<Explanation> details;
    for (size_t i = 0; i < terms_.size(); ++i) {
      BINSEEK_ASSIGN_OR_RETURN(const uint32_t freq,
                               FrequencyIn(segment, field_.id, terms_[i].term, doc));
      if (freq == 0) {
        continue;
      }
      const TermFacts facts{.statistics = statistics_,
                            .doc_freq = terms_[i].doc_freq,
                            .boost = boost_ * terms_[i].boost,
                            .form = form_};
      const float score =
          scorers_[i].Score(static_cast<float>(freq), norms == nullptr ? kNormOfOne : norms[doc]);
      BINSEEK_ASSIGN_OR_RETURN(Explanation term,
                               ExplainTerm(ref_, terms_[i].term, facts, segment, doc, score));
      details.push_back(std::move(term));
    }
    return details.size() == 1 ? std::move(details[0])
                               : Matched(match.score, "sum of:", std::move(details));
  }

  void VisitTerms(TermVisitor* visitor) const override {
    if (accepts_) {
      visitor->Terms(field_, accepts_);
      return;
    }
    for (const ScoredTerm& term : terms_) {
      visitor->Term(field_, term.term);
    }
  }

 private:
  const FieldRef ref_;
  const mapping::Field field_;
  const std::vector<ScoredTerm> terms_;
  const bool scores_;
  const ScoreForm form_;
  const float boost_;
  FieldStatistics statistics_;
  const uint32_t minimum_;
  const std::function<bool(std::string_view)> accepts_;
  std::vector<TermScore> scorers_;
};

}  // namespace

std::unique_ptr<Weight> MakeScoredTerms(const BindContext& context, const FieldRef& ref,
                                        std::vector<ScoredTerm> terms, float boost,
                                        uint32_t minimum_should_match,
                                        std::function<bool(std::string_view)> accepts) {
  if (terms.empty()) {
    return std::make_unique<NoneWeight>();
  }
  return std::make_unique<ScoredTermsWeight>(context, ref, std::move(terms), boost,
                                             minimum_should_match, std::move(accepts));
}

}  // namespace binseek::search
