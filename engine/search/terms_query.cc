// MakeTerms: any of a set of exact values, with constant score.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "engine/search/number_range.h"
#include "engine/search/query.h"
#include "engine/search/system_field.h"
#include "engine/search/term_union.h"

namespace binseek::search {
namespace {

class TermsWeight final : public TermUnionWeight {
 public:
  // `terms` sorted and distinct.
  TermsWeight(const FieldRef& ref, std::vector<std::string> terms, bool scores, float score)
      : TermUnionWeight(ref, scores, score), terms_(std::move(terms)) {}

 private:
  void CollectTerms(const codec::BlockTermDictionary& terms, TermUnion* out) const override {
    for (const std::string& term : terms_) {
      codec::TermInfo info;
      if (terms.Find(term, &info, nullptr)) {
        out->Add(info);
      }
    }
  }

  const std::vector<std::string> terms_;
};

class TermsQuery final : public Query {
 public:
  TermsQuery(std::string field, std::vector<std::string> values, float boost)
      : field_(std::move(field)), values_(std::move(values)), boost_(boost) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    if (values_.size() > kMaxTermsValues) {
      return Status::InvalidArgument(
          "failed to create query: The number of terms [" + std::to_string(values_.size()) +
          "] used in the Terms Query request has exceeded the allowed maximum of [" +
          std::to_string(kMaxTermsValues) +
          "]. This maximum can be set by changing the "
          "[index.max_terms_count] index level setting.");
    }
    if (IsSystemField(field_)) {
      return BindSystemTerms(context, field_, values_, boost_ * boost);
    }
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, field_);
    if (ref && ref->has_terms()) {
      std::vector<std::string> terms;
      terms.reserve(values_.size());
      for (const std::string& value : values_) {
        terms.push_back(TermFor(*ref, value));
      }
      std::sort(terms.begin(), terms.end());
      terms.erase(std::unique(terms.begin(), terms.end()), terms.end());
      return std::unique_ptr<Weight>(
          std::make_unique<TermsWeight>(*ref, std::move(terms), context.scores, boost_ * boost));
    }
    if (ref && ref->is_numeric()) {
      return BindNumbers(context, *ref->field, boost_ * boost);
    }
    return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
  }
  bool constant_score() const override { return true; }

 private:
  Result<std::unique_ptr<Weight>> BindNumbers(const BindContext& context,
                                              const mapping::Field& field, float score) const {
    std::vector<Interval> intervals;
    for (const std::string& value : values_) {
      BINSEEK_ASSIGN_OR_RETURN(const std::optional<Interval> interval,
                               IntervalOfValue(field, value, context.now_micros));
      if (interval) {
        intervals.push_back(*interval);
      }
    }
    return MakeIntervalsWeight(field.id, NormalizeIntervals(std::move(intervals)), context.scores,
                               score);
  }

  const std::string field_;
  const std::vector<std::string> values_;
  const float boost_;
};

}  // namespace

QueryPtr MakeTerms(std::string field, std::vector<std::string> values, float boost) {
  return std::make_shared<TermsQuery>(std::move(field), std::move(values), boost);
}

}  // namespace binseek::search
