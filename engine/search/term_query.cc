// MakeTerm: one exact value. Scored by BM25 where the field has terms, with a constant score on numbers.
#include <memory>
#include <string>
#include <utility>

#include "engine/search/constant_query.h"
#include "engine/search/field_ref.h"
#include "engine/search/number_range.h"
#include "engine/search/query.h"
#include "engine/search/system_field.h"
#include "engine/search/term_scorer.h"
#include "engine/search/weight.h"

namespace binseek::search {
namespace {

class TermWeight final : public Weight {
 public:
  TermWeight(const BindContext& context, const FieldRef& ref, std::string term, float boost)
      : field_(ref.field->id), term_(std::move(term)), scores_(context.scores) {
    if (scores_) {
      const FieldStatistics statistics = CollectFieldStatistics(*context.index, ref);
      const float idf =
          Bm25Idf(CollectDocFreq(*context.index, field_, term_), statistics.doc_count);
      bm25_ = Bm25Scorer(context.form, boost, idf, statistics);
    }
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
        *terms, info, segment.segment().Norms(field_), scores_ ? &bm25_ : nullptr));
  }

 private:
  const mapping::FieldId field_;
  const std::string term_;
  const bool scores_;
  Bm25Scorer bm25_;
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
    if (ref->has_terms()) {
      return std::unique_ptr<Weight>(
          std::make_unique<TermWeight>(context, *ref, TermFor(*ref, value_), boost_ * boost));
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
    return MakeIntervalsWeight(ref->field->id, std::move(intervals), context.scores,
                               boost_ * boost);
  }

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
