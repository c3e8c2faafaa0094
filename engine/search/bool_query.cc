// MakeBool: all, at least some, and none of its clauses.
#include <algorithm>
#include <memory>
#include <utility>

#include "engine/search/bool_scorer.h"
#include "engine/search/constant_query.h"
#include "engine/search/query.h"

namespace binseek::search {
namespace {

using Weights = std::vector<std::unique_ptr<Weight>>;

Result<Weights> BindAll(const std::vector<QueryPtr>& queries, const BindContext& context,
                        float boost) {
  Weights weights;
  for (const QueryPtr& query : queries) {
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> weight, query->Bind(context, boost));
    weights.push_back(std::move(weight));
  }
  return weights;
}

struct BoolWeights {
  Weights filters;
  Weights musts;
  Weights shoulds;
  Weights prohibited;
  uint32_t minimum_should_match = 0;
};

class BoolWeight final : public Weight {
 public:
  BoolWeight(BoolWeights weights, bool scores) : weights_(std::move(weights)), scores_(scores) {}

  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    BoolClauses clauses;
    clauses.minimum_should_match = weights_.minimum_should_match;
    BINSEEK_ASSIGN_OR_RETURN(const bool filtered,
                             MakeScorers(weights_.filters, segment, &clauses.filters));
    BINSEEK_ASSIGN_OR_RETURN(const bool required,
                             MakeScorers(weights_.musts, segment, &clauses.musts));
    if (!filtered || !required) {
      return std::unique_ptr<Scorer>();
    }
    BINSEEK_RETURN_IF_ERROR(MakeScorers(weights_.shoulds, segment, &clauses.shoulds));
    if (clauses.shoulds.size() < clauses.minimum_should_match) {
      return std::unique_ptr<Scorer>();
    }
    BINSEEK_RETURN_IF_ERROR(MakeScorers(weights_.prohibited, segment, &clauses.prohibited));
    return Simplify(std::move(clauses));
  }

 private:
  // False: one of them matches nothing. Those are left out.
  static Result<bool> MakeScorers(const Weights& weights, const index::SegmentView& segment,
                                  std::vector<std::unique_ptr<Scorer>>* scorers) {
    for (const auto& weight : weights) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> scorer, weight->MakeScorer(segment));
      if (scorer != nullptr) {
        scorers->push_back(std::move(scorer));
      }
    }
    return scorers->size() == weights.size();
  }

  // A lone clause whose score is the sum's is the whole query.
  std::unique_ptr<Scorer> Simplify(BoolClauses clauses) const {
    const size_t all = clauses.filters.size() + clauses.musts.size() + clauses.shoulds.size() +
                       clauses.prohibited.size();
    if (all == 1 && clauses.musts.size() == 1) {
      return std::move(clauses.musts[0]);
    }
    if (all == 1 && clauses.shoulds.size() == 1) {
      return std::move(clauses.shoulds[0]);
    }
    if (all == 1 && clauses.filters.size() == 1 && !scores_) {
      return std::move(clauses.filters[0]);
    }
    return std::make_unique<BoolScorer>(std::move(clauses), scores_);
  }

  const BoolWeights weights_;
  const bool scores_;
};

class BoolQuery final : public Query {
 public:
  explicit BoolQuery(BoolOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const float total_boost = options_.boost * boost;
    const bool required = !options_.must.empty() || !options_.filter.empty();
    if (!required && options_.should.empty() && options_.must_not.empty()) {
      return MakeMatchAll()->Bind(context, total_boost);
    }
    BindContext unscored = context;
    unscored.scores = false;
    BoolWeights weights;
    BINSEEK_ASSIGN_OR_RETURN(weights.musts, BindAll(options_.must, context, total_boost));
    BINSEEK_ASSIGN_OR_RETURN(weights.shoulds, BindAll(options_.should, context, total_boost));
    BINSEEK_ASSIGN_OR_RETURN(weights.filters, BindAll(options_.filter, unscored, 1));
    BINSEEK_ASSIGN_OR_RETURN(weights.prohibited, BindAll(options_.must_not, unscored, 1));
    int minimum = 0;
    if (!options_.minimum_should_match.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(minimum,
                               ParseMinimumShouldMatch(options_.minimum_should_match,
                                                       static_cast<int>(options_.should.size())));
    }
    if (static_cast<size_t>(minimum) > options_.should.size()) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    weights.minimum_should_match = static_cast<uint32_t>(minimum);
    if (!required && options_.should.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> all, MakeMatchAll()->Bind(unscored, 1));
      weights.filters.push_back(std::move(all));  // must_not alone: all others, score 0
    } else if (!required) {
      weights.minimum_should_match = std::max(weights.minimum_should_match, 1u);
    }
    return std::unique_ptr<Weight>(
        std::make_unique<BoolWeight>(std::move(weights), context.scores));
  }

  std::vector<const Query*> children() const override {
    std::vector<const Query*> out;
    for (const auto* clauses :
         {&options_.must, &options_.should, &options_.filter, &options_.must_not}) {
      for (const QueryPtr& query : *clauses) {
        out.push_back(query.get());
      }
    }
    return out;
  }
  bool constant_score() const override { return options_.must.empty() && options_.should.empty(); }

 private:
  const BoolOptions options_;
};

}  // namespace

QueryPtr MakeBool(BoolOptions options) { return std::make_shared<BoolQuery>(std::move(options)); }

}  // namespace binseek::search
