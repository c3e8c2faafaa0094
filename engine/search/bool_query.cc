// MakeBool: all, at least some, and none of its clauses.
#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/search/any_term_scorer.h"
#include "engine/search/bool_rewrite.h"
#include "engine/search/bool_scorer.h"
#include "engine/search/constant_query.h"
#include "engine/search/query.h"
#include "engine/search/term_disjunction.h"

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
    return Simplify(std::move(clauses), segment);
  }

  Result<Explanation> Explain(const index::SegmentView& segment, DocId doc) const override;
  void VisitTerms(TermVisitor* visitor) const override {
    for (const Weights* const weights : {&weights_.musts, &weights_.shoulds, &weights_.filters}) {
      for (const auto& weight : *weights) {
        weight->VisitTerms(visitor);
      }
    }
  }
  std::string description() const override;

  std::optional<uint64_t> Count(const index::SegmentView& segment) const override {
    if (!weights_.prohibited.empty()) {
      return std::nullopt;
    }
    const size_t required = weights_.filters.size() + weights_.musts.size();
    if (required == 1 && weights_.minimum_should_match == 0) {
      return (weights_.filters.empty() ? weights_.musts : weights_.filters)[0]->Count(segment);
    }
    if (required == 0 && weights_.shoulds.size() == 1) {
      return weights_.shoulds[0]->Count(segment);
    }
    return std::nullopt;
  }

 private:
  Status ExplainRequired(const index::SegmentView& segment, DocId doc,
                         std::vector<Explanation>* details, bool* failed) const;
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
  std::unique_ptr<Scorer> Simplify(BoolClauses clauses, const index::SegmentView& segment) const {
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
    if (!scores_ && clauses.minimum_should_match == 1 && clauses.shoulds.size() > 1 &&
        AllTerms(clauses.shoulds)) {
      const bool alone = all == clauses.shoulds.size();
      auto any = std::make_unique<AnyTermScorer>(std::move(clauses.shoulds));
      if (alone) {
        return any;
      }
      clauses.shoulds.clear();
      clauses.shoulds.push_back(std::move(any));
    }
    if (scores_ && clauses.minimum_should_match <= 1 && clauses.shoulds.size() > 1 &&
        AllTerms(clauses.shoulds)) {
      auto any = std::make_unique<TermDisjunction>(std::move(clauses.shoulds));
      if (all == any->size()) {
        return any;
      }
      clauses.shoulds.clear();
      clauses.shoulds.push_back(std::move(any));
    }
    return std::make_unique<BoolScorer>(std::move(clauses), &segment, scores_);
  }

  const BoolWeights weights_;
  const bool scores_;
};

std::string BoolWeight::description() const {
  std::string text;
  const auto add = [&text](const Weights& weights, std::string_view sign) {
    for (const auto& weight : weights) {
      const std::string clause = weight->description();
      const bool compound = clause.find(' ') != std::string::npos && !clause.ends_with(')') &&
                            !clause.ends_with(']') && !clause.ends_with('}');
      text +=
          (text.empty() ? "" : " ") + std::string(sign) + (compound ? "(" + clause + ")" : clause);
    }
  };
  add(weights_.musts, "+");
  add(weights_.prohibited, "-");
  add(weights_.shoulds, "");
  add(weights_.filters, "#");
  return weights_.minimum_should_match > 1
             ? "(" + text + ")~" + std::to_string(weights_.minimum_should_match)
             : text;
}

// Of must, filter and must_not: those that match as details, and whether one of them rules the document out.
Status BoolWeight::ExplainRequired(const index::SegmentView& segment, DocId doc,
                                   std::vector<Explanation>* details, bool* failed) const {
  const auto missing = [&](const Weight& weight, Explanation why) {
    *failed = true;
    details->push_back(
        NotMatched("no match on required clause (" + weight.description() + ")", {std::move(why)}));
  };
  for (const auto& weight : weights_.musts) {
    BINSEEK_ASSIGN_OR_RETURN(Explanation clause, weight->Explain(segment, doc));
    clause.matches ? details->push_back(std::move(clause)) : missing(*weight, std::move(clause));
  }
  for (const auto& weight : weights_.filters) {
    BINSEEK_ASSIGN_OR_RETURN(Explanation clause, weight->Explain(segment, doc));
    if (!clause.matches) {
      missing(*weight, std::move(clause));
      continue;
    }
    details->push_back(Matched(
        0, "match on required clause, product of:", {Matched(0, "# clause"), std::move(clause)}));
  }
  for (const auto& weight : weights_.prohibited) {
    BINSEEK_ASSIGN_OR_RETURN(Explanation clause, weight->Explain(segment, doc));
    if (clause.matches) {
      *failed = true;
      details->push_back(NotMatched("match on prohibited clause (" + weight->description() + ")",
                                    {std::move(clause)}));
    }
  }
  return Status::Ok();
}

Result<Explanation> BoolWeight::Explain(const index::SegmentView& segment, DocId doc) const {
  const size_t all = weights_.filters.size() + weights_.musts.size() + weights_.shoulds.size() +
                     weights_.prohibited.size();
  if (all == 1 && weights_.filters.empty() && weights_.prohibited.empty()) {
    return (weights_.musts.empty() ? weights_.shoulds : weights_.musts)[0]->Explain(segment, doc);
  }
  std::vector<Explanation> details;
  bool failed = false;
  BINSEEK_RETURN_IF_ERROR(ExplainRequired(segment, doc, &details, &failed));
  uint32_t optional = 0;
  for (const auto& weight : weights_.shoulds) {
    BINSEEK_ASSIGN_OR_RETURN(Explanation clause, weight->Explain(segment, doc));
    if (clause.matches) {
      ++optional;
      details.push_back(std::move(clause));
    }
  }
  if (failed) {
    return NotMatched("Failure to meet condition(s) of required/prohibited clause(s)",
                      std::move(details));
  }
  if (details.empty()) {
    return NotMatched("No matching clauses");
  }
  if (optional < weights_.minimum_should_match) {
    return NotMatched("Failure to match minimum number of optional clauses: " +
                          std::to_string(weights_.minimum_should_match),
                      std::move(details));
  }
  // The sum as the scorer rounds it.
  BINSEEK_ASSIGN_OR_RETURN(const DocMatch match, MatchDoc(*this, segment, doc));
  return Matched(match.score, "sum of:", std::move(details));
}

class BoolQuery final : public Query {
 public:
  explicit BoolQuery(BoolOptions options) : options_(std::move(options)) {}

  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    const bool required = !options_.must.empty() || !options_.filter.empty();
    if (!required && options_.should.empty() && options_.must_not.empty()) {
      return MakeMatchAll()->Bind(context, options_.boost * boost);
    }
    BINSEEK_ASSIGN_OR_RETURN(const BoolOptions rewritten, RewriteBool(options_, context));
    if (const QueryPtr only = OnlyClause(rewritten); only != nullptr) {
      return only->Bind(context, rewritten.boost * boost);
    }
    return BindRewritten(rewritten, context, rewritten.boost * boost);
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
  const BoolOptions* AsBool() const override { return &options_; }
  float boost() const override { return options_.boost; }

 private:
  static Result<std::unique_ptr<Weight>> BindRewritten(const BoolOptions& options,
                                                       const BindContext& context, float boost) {
    const bool required = !options.must.empty() || !options.filter.empty();
    BindContext unscored = context;
    unscored.scores = false;
    BoolWeights weights;
    BINSEEK_ASSIGN_OR_RETURN(weights.musts, BindAll(options.must, context, boost));
    BINSEEK_ASSIGN_OR_RETURN(weights.shoulds, BindAll(options.should, context, boost));
    BINSEEK_ASSIGN_OR_RETURN(weights.filters, BindAll(options.filter, unscored, 1));
    BINSEEK_ASSIGN_OR_RETURN(weights.prohibited, BindAll(options.must_not, unscored, 1));
    int minimum = 0;
    if (!options.minimum_should_match.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(minimum,
                               ParseMinimumShouldMatch(options.minimum_should_match,
                                                       static_cast<int>(options.should.size())));
    }
    if (static_cast<size_t>(minimum) > options.should.size()) {
      return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
    }
    weights.minimum_should_match = static_cast<uint32_t>(minimum);
    if (!required && options.should.empty()) {
      BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> all, MakeMatchAll()->Bind(unscored, 1));
      weights.filters.push_back(std::move(all));  // must_not alone: all others, score 0
    } else if (!required) {
      weights.minimum_should_match = std::max(weights.minimum_should_match, 1u);
    }
    return std::unique_ptr<Weight>(
        std::make_unique<BoolWeight>(std::move(weights), context.scores));
  }

  const BoolOptions options_;
};

}  // namespace

QueryPtr MakeBool(BoolOptions options) { return std::make_shared<BoolQuery>(std::move(options)); }

}  // namespace binseek::search
