// BoolScorer: combines the windows of its clauses: required, optional (at least so many), prohibited.
//
// Matches combine as bitsets, the cheapest required clause first, the others looking only at what is left; who looks at documents one by one comes last. Scores
// combine as sums: in double over the scored required clauses and over the optional ones apart, each is cut to float, and then they are added as
// floats: Lucene's way, so that scores are equal to the bit and order is stable.
// Thresholds are handed down to clauses as what they must score for the sum to reach it (score_bound.h).
// Single-threaded.
#ifndef BINSEEK_ENGINE_SEARCH_BOOL_SCORER_H_
#define BINSEEK_ENGINE_SEARCH_BOOL_SCORER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/index/segment_view.h"
#include "engine/search/bit_intersection.h"
#include "engine/search/weight.h"

namespace binseek::search {

struct DocSums;

struct BoolClauses {
  std::vector<std::unique_ptr<Scorer>> filters;  // required, not scored
  std::vector<std::unique_ptr<Scorer>> musts;    // required, scored
  std::vector<std::unique_ptr<Scorer>> shoulds;  // optional, scored
  std::vector<std::unique_ptr<Scorer>> prohibited;
  uint32_t minimum_should_match = 0;
};

class BoolScorer final : public Scorer {
 public:
  // `segment` is borrowed: its dead documents are not looked at one by one.
  // REQUIRES: a required or an optional clause; where there is no required one, minimum_should_match >= 1.
  BoolScorer(BoolClauses clauses, const index::SegmentView* segment, bool scores);
  bool FillWindow(DocId first, Window* window) override;
  bool NarrowWindow(DocId first, Window* window) override;
  bool FillCandidates(DocId first, Window* window) override;
  DocId NextMatch(DocId target, float drop_below) override;
  ScoreBound MaxScore(DocId first) override;
  bool PrefersDocs(bool complete) const override;
  DocId NextDocs(DocId from, float drop_below, DocBatch* batch) override;
  bool can_add_bits() const override { return !bits_.empty(); }
  void AddBits(DocId first, DocId end, uint64_t* bits) override;
  uint32_t match_cost() const override { return match_cost_; }
  uint64_t cost() const override;
  Status status() const override;

 private:
  struct Clause {
    Scorer* scorer = nullptr;  // of clauses_
    bool scored = false;
    bool pending = false;  // has given candidates, and is to narrow them
    float bound = 0;       // in the window at hand
  };
  // What scores must reach in the window at hand; the lowest float: anything is of use.
  struct Thresholds {
    float drop = 0;           // the whole, to be a match
    float score = 0;          // the whole, to have its score
    float required_drop = 0;  // the same two of the required part's sum
    float required_score = 0;
    float optional_drop = 0;  // and of the optional part's
    float optional_score = 0;
  };
  struct Work;

  bool Run(DocId first, bool narrow, Window* window);
  Thresholds FindThresholds(DocId first, const Window& window);
  bool Require(DocId first, bool narrow, const Thresholds& thresholds, Work* work);
  bool RequireOne(DocId first, bool narrow, Clause* clause, Work* work);
  bool NarrowPending(DocId first, const Thresholds& thresholds, Work* work);
  void AddRequired(const Clause& clause, Work* work) const;
  bool Prohibit(DocId first, bool per_document, Work* work);
  bool FillOptional(DocId first, bool narrow, const Thresholds& thresholds, Work* work);
  void PickCandidates(const Thresholds& thresholds, Work* work) const;
  void CountEnough(Work* work) const;
  void AddOptional(Work* work) const;
  void KeepLive(DocId first, Work* work) const;
  void Combine(const Work& work, Window* window) const;

  // Documents in order (bool_scorer_docs.cc): one required clause gives them, the others look them up.
  struct DocsPlan {
    Scorer* lead = nullptr;          // null: it cannot be done
    std::vector<TermScorer*> musts;  // the others, the rarest first
    std::vector<TermScorer*> shoulds;
    // In the range of documents at hand.
    DocId end = 0;
    std::vector<double> must_bounds;  // of this and all behind it
    float should_bound = 0;
  };
  void PlanDocs();
  bool PlanLead();
  void FindDocBounds(DocId from);
  DocId TakeDocs(DocId from, float drop_below, DocBatch* batch);
  DocId TakeFromLead(DocId from, float least, DocBatch* batch, DocSums* out);
  void KeepTested(DocSums* docs) const;
  void AddShoulds(float drop_below, DocSums* docs, DocBatch* batch) const;

  // Stretches of bits (bool_scorer_bits.cc).
  void PlanBits();

  BoolClauses clauses_;
  const index::SegmentView* const segment_;
  const bool scores_;
  std::vector<Clause> required_;  // the cheapest first, so that most windows end with it
  std::vector<Clause> optional_;
  uint32_t match_cost_ = 0;
  bool has_musts_ = false;
  DocsPlan docs_;
  std::vector<Scorer*>
      bits_;  // all that have to match, the rarest first; empty: it does not go by bits alone
  BitIntersection intersection_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BOOL_SCORER_H_
