// MakeRange: by value on numbers and dates, by bytes of the terms on keywords and text. Constant score.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/search/number_range.h"
#include "engine/search/query.h"
#include "engine/search/term_union.h"

namespace binseek::search {
namespace {

class TermRangeWeight final : public TermUnionWeight {
 public:
  TermRangeWeight(const FieldRef& field, std::optional<Bound> lower, std::optional<Bound> upper,
                  bool scores, float score)
      : TermUnionWeight(field, scores, score), lower_(std::move(lower)), upper_(std::move(upper)) {}

 private:
  void CollectTerms(const codec::BlockTermDictionary& terms, TermUnion* out) const override {
    OrdRange range = OrdsOf(ref(), terms);
    if (lower_) {
      range.begin = std::max(range.begin, Place(terms, *lower_, !lower_->inclusive));
    }
    if (upper_) {
      range.end = std::min(range.end, Place(terms, *upper_, upper_->inclusive));
    }
    codec::BlockTermDictionary::Cursor cursor(terms);
    for (bool ok = range.begin < range.end && cursor.SeekOrd(range.begin);
         ok && cursor.ord() < range.end; ok = cursor.Next()) {
      if (IsValueTerm(ref(), cursor.term())) {
        out->Add(cursor.info());
      }
    }
  }

  // First term at, or `behind` the bound.
  uint32_t Place(const codec::BlockTermDictionary& terms, const Bound& bound, bool behind) const {
    const std::string term = TermFor(ref(), bound.value);
    uint32_t ord = 0;
    if (terms.Find(term, nullptr, &ord)) {
      return behind ? ord + 1 : ord;
    }
    return terms.LowerBound(term);
  }

  const std::optional<Bound> lower_;
  const std::optional<Bound> upper_;
};

class RangeQuery final : public Query {
 public:
  RangeQuery(std::string field, std::optional<Bound> lower, std::optional<Bound> upper, float boost)
      : field_(std::move(field)),
        lower_(std::move(lower)),
        upper_(std::move(upper)),
        boost_(boost) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, field_);
    if (ref && ref->has_terms()) {
      return std::unique_ptr<Weight>(
          std::make_unique<TermRangeWeight>(*ref, lower_, upper_, context.scores, boost_ * boost));
    }
    if (ref && ref->is_numeric()) {
      BINSEEK_ASSIGN_OR_RETURN(const std::optional<Interval> interval,
                               IntervalOfBounds(*ref->field, lower_, upper_, context.now_micros));
      std::vector<Interval> intervals;
      if (interval) {
        intervals.push_back(*interval);
      }
      return MakeIntervalsWeight(ref->field->id, std::move(intervals), context.scores,
                                 boost_ * boost);
    }
    return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
  }
  bool constant_score() const override { return true; }

 private:
  const std::string field_;
  const std::optional<Bound> lower_;
  const std::optional<Bound> upper_;
  const float boost_;
};

}  // namespace

QueryPtr MakeRange(std::string field, std::optional<Bound> lower, std::optional<Bound> upper,
                   float boost) {
  return std::make_shared<RangeQuery>(std::move(field), std::move(lower), std::move(upper), boost);
}

}  // namespace binseek::search
