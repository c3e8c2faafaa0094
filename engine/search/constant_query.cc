#include "engine/search/constant_query.h"

#include <limits>
#include <string>

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

bool AllScorer::NarrowWindow(DocId first, Window* window) {
  if (first + Window::kDocs > max_doc_ || first >= max_doc_) {
    for (uint32_t w = 0; w < Window::kWords; ++w) {
      const uint64_t begin = uint64_t{first} + uint64_t{64} * w;
      if (begin + 64 > max_doc_) {
        window->match[w] &= begin >= max_doc_ ? 0 : (uint64_t{1} << (max_doc_ - begin)) - 1;
      }
    }
  }
  if (scores_) {
    FillScores(score_, window);
  }
  return window->AnyMatch();
}

DocId SegmentBitsScorer::NextMatch(DocId target, float drop_below) {
  if (scores_ && score_ < drop_below) {
    return codec::kNoMoreDocs;
  }
  const uint64_t* const words = bits_->Words(0);
  for (size_t w = target / 64; w < bits_->size(); ++w) {
    const uint64_t word = w == target / 64 ? words[w] & ~uint64_t{0} << (target % 64) : words[w];
    if (word != 0) {
      return static_cast<DocId>(w * 64) + static_cast<DocId>(std::countr_zero(word));
    }
  }
  return codec::kNoMoreDocs;
}

bool SegmentBitsScorer::NarrowWindow(DocId first, Window* window) {
  if (first / 64 >= bits_->size()) {
    window->ClearMatches();
    return false;
  }
  const uint64_t* const words = bits_->Words(first);
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    window->match[w] &= words[w];
  }
  if (scores_) {
    FillScores(score_, window);
  }
  return window->AnyMatch();
}

bool SegmentBitsScorer::FillWindow(DocId first, Window* window) {
  if (first / 64 >= bits_->size()) {
    window->ClearMatches();
    return false;
  }
  std::memcpy(window->match, bits_->Words(first), sizeof(window->match));
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
  std::optional<uint64_t> Count(const index::SegmentView& segment) const override {
    return segment.segment().roots() != nullptr ? std::nullopt
                                                : std::optional<uint64_t>(segment.live_count());
  }
  std::string description() const override { return "*:*"; }

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
  std::string Key() const override { return "all"; }
  float boost() const override { return boost_; }
  QueryPtr WithBoost(float boost) const override { return MakeMatchAll(boost); }

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
    return Scored(scorer_->FillWindow(first, window), window);
  }
  bool NarrowWindow(DocId first, Window* window) override {
    return Scored(scorer_->NarrowWindow(first, window), window);
  }
  bool FillCandidates(DocId first, Window* window) override {
    return Scored(scorer_->FillCandidates(first, window), window);
  }
  DocId NextMatch(DocId target, float drop_below) override {
    return scores_ && score_ < drop_below ? codec::kNoMoreDocs
                                          : scorer_->NextMatch(target, kLowest);
  }
  ScoreBound MaxScore(DocId) override { return {scores_ ? score_ : 0, codec::kNoMoreDocs}; }
  uint32_t match_cost() const override { return scorer_->match_cost(); }
  uint64_t cost() const override { return scorer_->cost(); }
  Status status() const override { return scorer_->status(); }

 private:
  static constexpr float kLowest = std::numeric_limits<float>::lowest();
  bool Scored(bool any, Window* window) const {
    if (any && scores_) {
      FillScores(score_, window);
    }
    return any;
  }

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
  std::optional<uint64_t> Count(const index::SegmentView& segment) const override {
    return weight_->Count(segment);
  }
  void VisitTerms(TermVisitor* visitor) const override { weight_->VisitTerms(visitor); }
  std::string description() const override {
    return "ConstantScore(" + weight_->description() + ")";
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
  std::string Key() const override {
    const std::string key = query_->Key();
    return key.empty() ? key : "const " + key;
  }
  float boost() const override { return boost_; }
  QueryPtr WithBoost(float boost) const override { return MakeConstantScore(query_, boost); }

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
  std::string description() const override {
    std::string text = "_id:(";
    for (size_t i = 0; i < ids_.size(); ++i) {
      text += (i == 0 ? "" : " ") + ids_[i];
    }
    return text + ")";
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
