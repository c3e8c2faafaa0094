// MakeDisMax: any of its queries, with the best one's score plus a share of the others'.
#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/constant_query.h"
#include "engine/search/query.h"
#include "engine/search/score_bound.h"
#include "engine/search/scratch.h"

namespace binseek::search {
namespace {

class DisMaxScorer final : public Scorer {
 public:
  DisMaxScorer(std::vector<std::unique_ptr<Scorer>> scorers, bool scores, float tie_breaker)
      : scorers_(std::move(scorers)), scores_(scores), tie_breaker_(tie_breaker) {}

  bool FillWindow(DocId first, Window* window) override {
    window->ClearMatches();
    return Run(first, false, window);
  }
  bool NarrowWindow(DocId first, Window* window) override {
    return window->AnyMatch() && Run(first, true, window);
  }
  ScoreBound MaxScore(DocId first) override {
    float best = 0;
    BoundSum all;
    DocId last = codec::kNoMoreDocs;
    for (const auto& scorer : scorers_) {
      const ScoreBound bound = scorer->MaxScore(first);
      best = std::max(best, bound.score);
      all.Add(bound.score);
      last = std::min(last, bound.last);
    }
    // Each of the others is one that is not the best, or that equals it: taking them all, the best included, is not below.
    const double others = tie_breaker_ > 0 ? all.value() * static_cast<double>(tie_breaker_) : 0;
    return {static_cast<float>((static_cast<double>(best) + others) * (1 + 0x1p-50)), last};
  }
  DocId NextMatch(DocId target, float drop_below) override {
    return NextOfAny(this, scorers_, target, scores_ ? drop_below : kLowest);
  }
  uint64_t cost() const override {
    uint64_t sum = 0;
    for (const auto& scorer : scorers_) {
      const uint64_t cost = scorer->cost();
      sum = cost > UINT64_MAX - sum ? UINT64_MAX : sum + cost;
    }
    return sum;
  }
  Status status() const override {
    for (const auto& scorer : scorers_) {
      BINSEEK_RETURN_IF_ERROR(scorer->status());
    }
    return Status::Ok();
  }

 private:
  static constexpr float kLowest = std::numeric_limits<float>::lowest();
  struct Work {
    Window child;
    std::array<uint64_t, Window::kWords> match;
    std::array<float, Window::kDocs> best;
    std::array<double, Window::kDocs> others;
  };

  bool Run(DocId first, bool narrow, Window* window) {
    Scratch<Work> work;
    work->match.fill(0);
    Window& child = work->child;
    for (const auto& scorer : scorers_) {
      // Where only the best counts, what a child scores below the threshold is not it.
      const bool alone = scores_ && tie_breaker_ == 0;
      child.score_below = alone ? window->score_below : kLowest;
      child.drop_below = alone ? std::min(window->drop_below, window->score_below) : kLowest;
      if (narrow) {
        std::copy(std::begin(window->match), std::end(window->match), child.match);
      }
      if (narrow ? scorer->NarrowWindow(first, &child) : scorer->FillWindow(first, &child)) {
        Add(work.get());
      }
    }
    std::copy(work->match.begin(), work->match.end(), window->match);
    if (scores_) {
      ForEachBit(window->match, [&](uint32_t offset) {
        window->score[offset] =
            static_cast<float>(static_cast<double>(work->best[offset]) +
                               work->others[offset] * static_cast<double>(tie_breaker_));
      });
    }
    return window->AnyMatch();
  }

  void Add(Work* work) const {
    if (scores_) {
      ForEachBit(work->child.match, [&](uint32_t offset) {
        const bool known = (work->match[offset / 64] >> (offset % 64) & 1) != 0;
        const float score = work->child.score[offset];
        const float best = known ? work->best[offset] : 0;
        work->others[offset] =
            (known ? work->others[offset] : 0) + static_cast<double>(score >= best ? best : score);
        work->best[offset] = score >= best ? score : best;
      });
    }
    for (uint32_t w = 0; w < Window::kWords; ++w) {
      work->match[w] |= work->child.match[w];
    }
  }

  const std::vector<std::unique_ptr<Scorer>> scorers_;
  const bool scores_;
  const float tie_breaker_;
};

class DisMaxWeight final : public Weight {
 public:
  DisMaxWeight(std::vector<std::unique_ptr<Weight>> weights, bool scores, float tie_breaker)
      : weights_(std::move(weights)), scores_(scores), tie_breaker_(tie_breaker) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    std::vector<std::unique_ptr<Scorer>> scorers;
    for (const auto& weight : weights_) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> scorer, weight->MakeScorer(segment));
      if (scorer != nullptr) {
        scorers.push_back(std::move(scorer));
      }
    }
    if (scorers.empty()) {
      return std::unique_ptr<Scorer>();
    }
    if (scorers.size() == 1) {
      return std::move(scorers[0]);
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<DisMaxScorer>(std::move(scorers), scores_, tie_breaker_));
  }

  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override {
    if (weights_.size() == 1) {
      return weights_[0]->Explain(segment, doc);
    }
    std::vector<Explanation> details;
    for (const auto& weight : weights_) {
      BINSEEK_ASSIGN_OR_RETURN(Explanation clause, weight->Explain(segment, doc));
      if (clause.matches) {
        details.push_back(std::move(clause));
      }
    }
    if (details.empty()) {
      return NotMatched("No matching clause");
    }
    BINSEEK_ASSIGN_OR_RETURN(const DocMatch match, MatchDoc(*this, segment, doc));
    return Matched(match.score,
                   tie_breaker_ == 0 ? "max of:"
                   : tie_breaker_ == 1
                       ? "sum of:"
                       : "max plus " + FloatText(tie_breaker_) + " times others of:",
                   std::move(details));
  }
  void VisitTerms(TermVisitor* visitor) const override {
    for (const auto& weight : weights_) {
      weight->VisitTerms(visitor);
    }
  }
  std::string description() const override {
    std::string text = "(";
    for (size_t i = 0; i < weights_.size(); ++i) {
      text += (i == 0 ? "" : " | ") + weights_[i]->description();
    }
    return text + (tie_breaker_ == 0 ? ")" : ")~" + FloatText(tie_breaker_));
  }

 private:
  const std::vector<std::unique_ptr<Weight>> weights_;
  const bool scores_;
  const float tie_breaker_;
};

class DisMaxQuery final : public Query {
 public:
  DisMaxQuery(std::vector<QueryPtr> queries, float tie_breaker, float boost)
      : queries_(std::move(queries)), tie_breaker_(tie_breaker), boost_(boost) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    BINSEEK_ASSIGN_OR_RETURN(const QueryPtr sum, Resolve(context));
    if (sum != nullptr) {
      return sum->Bind(context, boost);
    }
    std::vector<std::unique_ptr<Weight>> weights;
    for (const QueryPtr& query : queries_) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> weight,
                               query->Bind(context, boost_ * boost));
      weights.push_back(std::move(weight));
    }
    return std::unique_ptr<Weight>(
        std::make_unique<DisMaxWeight>(std::move(weights), context.scores, tie_breaker_));
  }
  // One alone is itself; where all count in full it is their sum.
  Result<QueryPtr> Resolve(const BindContext& /*context*/) const override {
    if (queries_.size() == 1 && boost_ == 1) {
      return queries_[0];
    }
    if ((tie_breaker_ != 1 && queries_.size() != 1) || queries_.empty()) {
      return QueryPtr();
    }
    BoolOptions any;
    any.should = queries_;
    any.boost = boost_;
    return MakeBool(std::move(any));
  }
  float boost() const override { return boost_; }
  std::vector<const Query*> children() const override {
    std::vector<const Query*> out;
    for (const QueryPtr& query : queries_) {
      out.push_back(query.get());
    }
    return out;
  }

 private:
  const std::vector<QueryPtr> queries_;
  const float tie_breaker_;
  const float boost_;
};

}  // namespace

QueryPtr MakeDisMax(std::vector<QueryPtr> queries, float tie_breaker, float boost) {
  return std::make_shared<DisMaxQuery>(std::move(queries), tie_breaker, boost);
}

}  // namespace binseek::search
