// MakeTerm: one exact value. Scored by BM25 where the field has terms, with a constant score on numbers.
#include <memory>
#include <string>
#include <utility>

#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/ip_query.h"
#include "engine/search/number_range.h"
#include "engine/search/query.h"
#include "engine/search/range_field_query.h"
#include "engine/search/system_field.h"
#include "engine/search/term_explanation.h"
#include "engine/search/term_scorer.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

class TermWeight final : public Weight {
 public:
  static Result<std::unique_ptr<Weight>> Make(const BindContext& context, const FieldRef& ref,
                                              std::string term, float boost) {
    TermScore score;
    if (context.scores) {
      BINSEEK_ASSIGN_OR_RETURN(score, MakeTermScore(context, ref, {term}, boost));
    }
    return std::unique_ptr<Weight>(
        new TermWeight(context, ref, std::move(term), boost, std::move(score)));
  }

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    const codec::FieldTerms* const terms = segment.segment().Terms(field_);
    if (terms == nullptr) {
      return std::unique_ptr<Scorer>();
    }
    codec::TermInfo info;
    const bool found = terms->dictionary().Find(term_, &info, nullptr);
    BINSEEK_RETURN_IF_ERROR(CheckDictionary(terms->dictionary()));
    if (!found) {
      return std::unique_ptr<Scorer>();
    }
    return std::unique_ptr<Scorer>(std::make_unique<TermScorer>(
        *terms, info, segment.segment().Norms(field_), scores_ ? &score_ : nullptr));
  }
  std::optional<uint64_t> Count(const index::SegmentView& segment) const override {
    if (segment.has_deletions() || segment.segment().roots() != nullptr) {
      return std::nullopt;
    }
    const codec::FieldTerms* const terms = segment.segment().Terms(field_);
    codec::TermInfo info;
    const bool found = terms != nullptr && terms->dictionary().Find(term_, &info, nullptr);
    if (terms != nullptr && terms->dictionary().corrupt()) {
      return std::nullopt;
    }
    return found ? info.doc_freq : 0;
  }

  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override {
    if (!scores_) {
      return Weight::Explain(segment, doc);  // of a filter
    }
    BINSEEK_ASSIGN_OR_RETURN(const DocMatch match, MatchDoc(*this, segment, doc));
    if (!match.matches) {
      return NotMatched("no matching term");
    }
    TermFacts facts{.statistics = CollectFieldStatistics(index_, ref_),
                    .doc_freq = CollectDocFreq(index_, field_, term_),
                    .boost = boost_,
                    .form = form_};
    TellSimilarity(score_, &facts);
    return ExplainTerm(ref_, term_, facts, segment, doc, match.score);
  }
  void VisitTerms(TermVisitor* visitor) const override { visitor->Term(*ref_.field, term_); }
  std::string description() const override { return TermText(ref_, term_); }

 private:
  TermWeight(const BindContext& context, FieldRef ref, std::string term, float boost,
             TermScore score)
      : index_(*context.index),
        form_(context.form),
        boost_(boost),
        ref_(std::move(ref)),
        field_(ref_.field->id),
        term_(std::move(term)),
        scores_(context.scores),
        score_(std::move(score)) {}

  const index::IndexView& index_;
  const ScoreForm form_;
  const float boost_;
  const FieldRef ref_;
  const mapping::FieldId field_;
  const std::string term_;
  const bool scores_;
  const TermScore score_;
};

class TermQuery final : public Query {
 public:
  TermQuery(std::string field, std::string value, float boost)
      : field_(std::move(field)), value_(std::move(value)), boost_(boost) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    if (IsSystemField(field_)) {
      return BindSystemTerms(context, field_, {value_}, boost_ * boost);
    }
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, field_);
    if (!ref) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    if (ref->field->is_range()) {
      return BindRangeField(context, *ref, Bound{value_}, Bound{value_}, RangeRelation::kIntersects,
                            boost_ * boost);
    }
    if (ref->field->kind == mapping::FieldKind::kIp) {
      return BindIpValues(context, *ref, {value_}, boost_ * boost);
    }
    if (const Status searchable = CheckTermsOn(*ref, field_); !searchable.ok()) {
      return searchable;
    }
    if (ref->has_terms()) {
      return TermWeight::Make(context, *ref, TermFor(*ref, value_), boost_ * boost);
    }
    if (!ref->is_numeric()) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    BINSEEK_ASSIGN_OR_RETURN(const std::optional<Interval> interval,
                             IntervalOfValue(*ref->field, value_, context.now_micros));
    std::vector<Interval> intervals;
    if (interval) {
      intervals.push_back(*interval);
    }
    return Describe(
        MakeIntervalsWeight(context, ref->field->id, std::move(intervals), boost_ * boost),
        field_ + ":" + value_);
  }

  std::string Key() const override { return "term " + field_ + '\0' + value_; }
  float boost() const override { return boost_; }
  QueryPtr WithBoost(float boost) const override { return MakeTerm(field_, value_, boost); }

 private:
  const std::string field_;
  const std::string value_;
  const float boost_;
};

}  // namespace

QueryPtr MakeTerm(std::string field, std::string value, float boost) {
  return std::make_shared<TermQuery>(std::move(field), std::move(value), boost);
}

}  // namespace binseek::search
