#include "engine/search/constant_query.h"

#include "engine/search/query.h"

namespace binseek::search {

bool AllScorer::FillWindow(DocId first, Window* window) {
  window->ClearMatches();
  if (first >= max_doc_) {
    return false;
  }
  const uint32_t count = std::min(max_doc_ - first, Window::kDocs);
  std::fill_n(window->match, count / 64, ~uint64_t{0});
  if (count % 64 != 0) {
    window->match[count / 64] = (uint64_t{1} << (count % 64)) - 1;
  }
  if (scores_) {
    FillScores(score_, window);
  }
  return true;
}

bool SegmentBitsScorer::FillWindow(DocId first, Window* window) {
  if (first / 64 >= bits_.size()) {
    window->ClearMatches();
    return false;
  }
  std::memcpy(window->match, bits_.Words(first), sizeof(window->match));
  if (scores_) {
    FillScores(score_, window);
  }
  return window->AnyMatch();
}

namespace {

class AllWeight final : public Weight {
 public:
  AllWeight(bool scores, float score) : scores_(scores), score_(score) {}
  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    return std::unique_ptr<Scorer>(std::make_unique<AllScorer>(segment.max_doc(), scores_, score_));
  }

 private:
  const bool scores_;
  const float score_;
};

class MatchAllQuery final : public Query {
 public:
  explicit MatchAllQuery(float boost) : boost_(boost) {}
  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    return std::unique_ptr<Weight>(std::make_unique<AllWeight>(context.scores, boost_ * boost));
  }
  bool constant_score() const override { return true; }

 private:
  const float boost_;
};

class MatchNoneQuery final : public Query {
 public:
  Result<std::unique_ptr<Weight>> Bind(const BindContext&, float) const override {
    return std::unique_ptr<Weight>(std::make_unique<NoneWeight>());
  }
  bool constant_score() const override { return true; }
};

class ConstantScoreScorer final : public Scorer {
 public:
  ConstantScoreScorer(std::unique_ptr<Scorer> scorer, bool scores, float score)
      : scorer_(std::move(scorer)), scores_(scores), score_(score) {}
  bool FillWindow(DocId first, Window* window) override {
    if (!scorer_->FillWindow(first, window)) {
      return false;
    }
    if (scores_) {
      FillScores(score_, window);
    }
    return true;
  }
  uint64_t cost() const override { return scorer_->cost(); }
  Status status() const override { return scorer_->status(); }

 private:
  const std::unique_ptr<Scorer> scorer_;
  const bool scores_;
  const float score_;
};

class ConstantScoreWeight final : public Weight {
 public:
  ConstantScoreWeight(std::unique_ptr<Weight> weight, bool scores, float score)
      : weight_(std::move(weight)), scores_(scores), score_(score) {}
  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Scorer> scorer, weight_->MakeScorer(segment));
    if (scorer == nullptr) {
      return scorer;
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<ConstantScoreScorer>(std::move(scorer), scores_, score_));
  }

 private:
  const std::unique_ptr<Weight> weight_;
  const bool scores_;
  const float score_;
};

class ConstantScoreQuery final : public Query {
 public:
  ConstantScoreQuery(QueryPtr query, float boost) : query_(std::move(query)), boost_(boost) {}
  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    BindContext unscored = context;
    unscored.scores = false;
    BINSEEK_ASSIGN_OR_RETURN(std::unique_ptr<Weight> weight, query_->Bind(unscored, 1));
    return std::unique_ptr<Weight>(
        std::make_unique<ConstantScoreWeight>(std::move(weight), context.scores, boost_ * boost));
  }
  std::vector<const Query*> children() const override { return {query_.get()}; }
  bool constant_score() const override { return true; }

 private:
  const QueryPtr query_;
  const float boost_;
};

class IdsWeight final : public Weight {
 public:
  IdsWeight(std::vector<std::string> ids, bool scores, float score)
      : ids_(std::move(ids)), scores_(scores), score_(score) {}
  Result<std::unique_ptr<Scorer>> MakeScorer(const index::SegmentView& segment) const override {
    SegmentBits bits(segment.max_doc());
    uint64_t found = 0;
    for (const std::string& id : ids_) {
      // An older copy of the key in the same segment is dead, so the newest is the only candidate.
      if (const std::optional<DocId> doc = segment.segment().FindKey(id); doc) {
        bits.Set(*doc);
        ++found;
      }
    }
    if (found == 0) {
      return std::unique_ptr<Scorer>();
    }
    return std::unique_ptr<Scorer>(
        std::make_unique<SegmentBitsScorer>(std::move(bits), found, scores_, score_));
  }

 private:
  const std::vector<std::string> ids_;
  const bool scores_;
  const float score_;
};

class IdsQuery final : public Query {
 public:
  IdsQuery(std::vector<std::string> ids, float boost) : ids_(std::move(ids)), boost_(boost) {}
  Result<std::unique_ptr<Weight>> Bind(const BindContext& context, float boost) const override {
    return std::unique_ptr<Weight>(
        std::make_unique<IdsWeight>(ids_, context.scores, boost_ * boost));
  }
  bool constant_score() const override { return true; }

 private:
  const std::vector<std::string> ids_;
  const float boost_;
};

}  // namespace

QueryPtr MakeMatchAll(float boost) { return std::make_shared<MatchAllQuery>(boost); }
QueryPtr MakeMatchNone() { return std::make_shared<MatchNoneQuery>(); }
QueryPtr MakeConstantScore(QueryPtr query, float boost) {
  return std::make_shared<ConstantScoreQuery>(std::move(query), boost);
}
QueryPtr MakeIds(std::vector<std::string> ids, float boost) {
  return std::make_shared<IdsQuery>(std::move(ids), boost);
}

Status CheckLimits(const Query& query) {
  std::vector<std::pair<const Query*, uint32_t>> pending = {{&query, 1}};
  uint32_t clauses = 0;
  while (!pending.empty()) {
    const auto [next, depth] = pending.back();
    pending.pop_back();
    if (depth > kMaxQueryDepth) {
      return Status::InvalidArgument(
          "The nested depth of the query exceeds the maximum nested depth for queries [" +
          std::to_string(kMaxQueryDepth) + "]");
    }
    if (++clauses > kMaxClauses) {
      return Status::InvalidArgument("failed to create query: maxClauseCount is set to " +
                                     std::to_string(kMaxClauses));
    }
    for (const Query* child : next->children()) {
      pending.emplace_back(child, depth + 1);
    }
  }
  return Status::Ok();
}

}  // namespace binseek::search
