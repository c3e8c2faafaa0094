#include "engine/search/boosting_query.h"

#include <limits>
#include <memory>
#include <utility>

#include "engine/search/weight.h"

namespace binseek::search {
namespace {

class BoostingScorer final : public Scorer {
 public:
  // `negative` may be null.
  BoostingScorer(std::unique_ptr<Scorer> positive, std::unique_ptr<Scorer> negative, float factor)
      : positive_(std::move(positive)), negative_(std::move(negative)), factor_(factor) {}

  bool FillWindow(DocId first, Window* window) override {
    const AllOfUse all(window);
    return positive_->FillWindow(first, window) && Demote(first, window);
  }
  bool NarrowWindow(DocId first, Window* window) override {
    const AllOfUse all(window);
    return positive_->NarrowWindow(first, window) && Demote(first, window);
  }
  DocId NextMatch(DocId target, float /*drop_below*/) override {
    return positive_->NextMatch(target, std::numeric_limits<float>::lowest());
  }
  Status status() const override {
    BINSEEK_RETURN_IF_ERROR(positive_->status());
    return negative_ == nullptr ? Status::Ok() : negative_->status();
  }
  uint64_t cost() const override { return positive_->cost(); }

 private:
  // Always true: whoever is demoted stays.
  bool Demote(DocId first, Window* window) {
    if (negative_ == nullptr) {
      return true;
    }
    std::memcpy(demoted_.match, window->match, sizeof(demoted_.match));
    if (negative_->NarrowWindow(first, &demoted_)) {
      ForEachBit(demoted_.match, [&](uint32_t offset) { window->score[offset] *= factor_; });
    }
    return true;
  }

  const std::unique_ptr<Scorer> positive_;
  const std::unique_ptr<Scorer> negative_;
  const float factor_;
  Window demoted_{};
};

class BoostingWeight final : public Weight {
 public:
  BoostingWeight(std::unique_ptr<Weight> positive, std::unique_ptr<Weight> negative, float factor,
                 bool scores)
      : positive_(std::move(positive)),
        negative_(std::move(negative)),
        factor_(factor),
        scores_(scores) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> positive, positive_->MakeScorer(segment));
    if (positive == nullptr || !scores_) {
      return positive;
    }
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> negative, negative_->MakeScorer(segment));
    return std::unique_ptr<Scorer>(
        std::make_unique<BoostingScorer>(std::move(positive), std::move(negative), factor_));
  }

  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override {
    BINSEEK_ASSIGN_OR_RETURN(Explanation inner, positive_->Explain(segment, doc));
    BINSEEK_ASSIGN_OR_RETURN(const DocMatch demoted, MatchDoc(*negative_, segment, doc));
    if (!inner.matches || !demoted.matches) {
      return inner;
    }
    Explanation out{.matches = true,
                    .value = inner.value * factor_,
                    .description = "product of:",
                    .details = {}};
    out.details.push_back(std::move(inner));
    out.details.push_back({.matches = true,
                           .value = factor_,
                           .description = "negative_boost, since the negative query matches",
                           .details = {}});
    return out;
  }

  void VisitTerms(TermVisitor* visitor) const override { positive_->VisitTerms(visitor); }

 private:
  const std::unique_ptr<Weight> positive_;
  const std::unique_ptr<Weight> negative_;
  const float factor_;
  const bool scores_;
};

class BoostingQuery final : public Query {
 public:
  BoostingQuery(QueryPtr positive, QueryPtr negative, float negative_boost, float boost)
      : positive_(std::move(positive)),
        negative_(std::move(negative)),
        negative_boost_(negative_boost),
        boost_(boost) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    BindContext unscored = context;
    unscored.scores = false;
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> positive,
                             positive_->Bind(context, boost_ * boost));
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> negative, negative_->Bind(unscored, 1));
    return std::unique_ptr<Weight>(std::make_unique<BoostingWeight>(
        std::move(positive), std::move(negative), negative_boost_, context.scores));
  }
  std::vector<const Query*> children() const override { return {positive_.get(), negative_.get()}; }

 private:
  const QueryPtr positive_;
  const QueryPtr negative_;
  const float negative_boost_;
  const float boost_;
};

}  // namespace

QueryPtr MakeBoosting(QueryPtr positive, QueryPtr negative, float negative_boost, float boost) {
  return std::make_shared<BoostingQuery>(std::move(positive), std::move(negative), negative_boost,
                                         boost);
}

}  // namespace binseek::search
