// MakeDisMax: any of its queries, with the best one's score plus a share of the others'.
#include <array>
#include <memory>
#include <utility>

#include "engine/search/constant_query.h"
#include "engine/search/query.h"

namespace binseek::search {
namespace {

class DisMaxScorer final : public Scorer {
 public:
  DisMaxScorer(std::vector<std::unique_ptr<Scorer>> scorers, bool scores, float tie_breaker)
      : scorers_(std::move(scorers)), scores_(scores), tie_breaker_(tie_breaker) {}

  bool FillWindow(DocId first, Window* window) override {
    window->ClearMatches();
    if (scores_) {
      best_.fill(0);
      others_.fill(0);
    }
    for (const auto& scorer : scorers_) {
      if (!scorer->FillWindow(first, &child_)) {
        continue;
      }
      for (uint32_t w = 0; w < Window::kWords; ++w) {
        window->match[w] |= child_.match[w];
      }
      if (scores_) {
        AddScores();
      }
    }
    if (scores_) {
      ForEachBit(window->match, [&](uint32_t offset) {
        window->score[offset] =
            static_cast<float>(static_cast<double>(best_[offset]) +
                               others_[offset] * static_cast<double>(tie_breaker_));
      });
    }
    return window->AnyMatch();
  }
  Status status() const override {
    for (const auto& scorer : scorers_) {
      BINSEEK_RETURN_IF_ERROR(scorer->status());
    }
    return Status::Ok();
  }

 private:
  void AddScores() {
    ForEachBit(child_.match, [&](uint32_t offset) {
      const float score = child_.score[offset];
      const float best = best_[offset];
      others_[offset] += static_cast<double>(score >= best ? best : score);
      best_[offset] = score >= best ? score : best;
    });
  }

  const std::vector<std::unique_ptr<Scorer>> scorers_;
  const bool scores_;
  const float tie_breaker_;
  Window child_{};
  std::array<float, Window::kDocs> best_{};
  std::array<double, Window::kDocs> others_{};
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
    std::vector<std::unique_ptr<Weight>> weights;
    for (const QueryPtr& query : queries_) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> weight,
                               query->Bind(context, boost_ * boost));
      weights.push_back(std::move(weight));
    }
    return std::unique_ptr<Weight>(
        std::make_unique<DisMaxWeight>(std::move(weights), context.scores, tie_breaker_));
  }
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
