// MakeRange: by value on numbers and dates, by bytes of the terms on keywords and text. Constant score.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/search/ip_query.h"
#include "engine/search/number_range.h"
#include "engine/search/query.h"
#include "engine/search/range_field_query.h"
#include "engine/search/term_union.h"

namespace binseek::search {
namespace {

// "[10 TO 20}"; an open end is a star.
std::string RangeText(const std::optional<Bound>& lower, const std::optional<Bound>& upper) {
  return std::string(lower && !lower->inclusive ? "{" : "[") + (lower ? lower->value : "*") +
         " TO " + (upper ? upper->value : "*") + (upper && !upper->inclusive ? "}" : "]");
}

class TermRangeWeight final : public TermUnionWeight {
 public:
  TermRangeWeight(const FieldRef& field, std::optional<Bound> lower, std::optional<Bound> upper,
                  bool scores, float score)
      : TermUnionWeight(field, scores, score), lower_(std::move(lower)), upper_(std::move(upper)) {}

  void VisitTerms(TermVisitor* visitor) const override {
    const auto term_of = [this](const std::optional<Bound>& bound) {
      return bound ? std::optional(TermFor(ref(), bound->value)) : std::nullopt;
    };
    visitor->Terms(*ref().field, [lower = term_of(lower_), upper = term_of(upper_),
                                  path = ref().path, with_lower = lower_ && lower_->inclusive,
                                  with_upper = upper_ && upper_->inclusive](std::string_view term) {
      return term.starts_with(path) && (!lower || (with_lower ? term >= *lower : term > *lower)) &&
             (!upper || (with_upper ? term <= *upper : term < *upper));
    });
  }
  std::string description() const override {
    return ref().field->name + ":" + RangeText(lower_, upper_);
  }

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
  RangeQuery(std::string field, std::optional<Bound> lower, std::optional<Bound> upper,
             RangeOptions options)
      : field_(std::move(field)),
        lower_(std::move(lower)),
        upper_(std::move(upper)),
        options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const std::optional<FieldRef> ref = FindField(*context.index->mapping, field_);
    const float score = options_.boost * boost;
    if (ref && ref->field->is_range()) {
      return BindRangeField(context, *ref, lower_, upper_, options_.relation, score,
                            {options_.format, options_.time_zone});
    }
    if (ref && ref->field->kind == mapping::FieldKind::kIp) {
      return BindIpRange(context, *ref, lower_, upper_, score);
    }
    if (ref && ref->has_terms()) {
      return std::unique_ptr<Weight>(
          std::make_unique<TermRangeWeight>(*ref, lower_, upper_, context.scores, score));
    }
    if (ref && ref->is_numeric()) {
      BINSEEK_ASSIGN_OR_RETURN(const std::optional<Interval> interval,
                               IntervalOfBounds(*ref->field, lower_, upper_, context.now_micros,
                                                {options_.format, options_.time_zone}));
      std::vector<Interval> intervals;
      if (interval) {
        intervals.push_back(*interval);
      }
      return Describe(MakeIntervalsWeight(context, ref->field->id, std::move(intervals), score),
                      field_ + ":" + RangeText(lower_, upper_));
    }
    return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
  }
  bool constant_score() const override { return true; }
  std::string Key() const override {
    const auto text = [](const std::optional<Bound>& bound) {
      return bound ? (bound->inclusive ? "=" : "<") + bound->value : std::string();
    };
    return "range " + field_ + '\0' + text(lower_) + '\0' + text(upper_) + '\0' +
           std::to_string(static_cast<int>(options_.relation)) + '\0' + options_.format + '\0' +
           options_.time_zone;
  }
  float boost() const override { return options_.boost; }
  QueryPtr WithBoost(float boost) const override {
    RangeOptions options = options_;
    options.boost = boost;
    return MakeRange(field_, lower_, upper_, std::move(options));
  }

 private:
  const std::string field_;
  const std::optional<Bound> lower_;
  const std::optional<Bound> upper_;
  const RangeOptions options_;
};

}  // namespace

QueryPtr MakeRange(std::string field, std::optional<Bound> lower, std::optional<Bound> upper,
                   RangeOptions options) {
  return std::make_shared<RangeQuery>(std::move(field), std::move(lower), std::move(upper),
                                      std::move(options));
}

QueryPtr MakeRange(std::string field, std::optional<Bound> lower, std::optional<Bound> upper,
                   float boost, RangeRelation relation) {
  RangeOptions options;
  options.boost = boost;
  options.relation = relation;
  return MakeRange(std::move(field), std::move(lower), std::move(upper), std::move(options));
}

}  // namespace binseek::search
