// TermDisjunction: documents that have any of several terms, the sum of the terms' scores: block-max MaxScore over their postings.
//
// In a window the terms are ordered by their bound. Those whose bounds together cannot reach the threshold are not essential: nobody who has only these is
// of use, so they are looked up for the others' documents alone; and of an essential term, blocks are passed over that cannot reach it with all other
// terms' help. Where bounds tell nothing apart every term is essential, and all that is left is adding up.
// Single-threaded, as every Scorer.
#ifndef BINSEEK_ENGINE_SEARCH_TERM_DISJUNCTION_H_
#define BINSEEK_ENGINE_SEARCH_TERM_DISJUNCTION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/search/term_scorer.h"
#include "engine/search/weight.h"

namespace binseek::search {

// Sums of a window, all zero while nobody works with them.
struct ZeroSums {
  std::array<double, Window::kDocs> values{};
};

class TermDisjunction final : public Scorer {
 public:
  // REQUIRES: at least one term; all bound for scores.
  explicit TermDisjunction(std::vector<std::unique_ptr<Scorer>> terms);
  bool FillWindow(DocId first, Window* window) override;
  bool NarrowWindow(DocId first, Window* window) override;
  DocId NextMatch(DocId target, float drop_below) override;
  ScoreBound MaxScore(DocId first) override;
  bool PrefersDocs(bool complete) const override;
  DocId NextDocs(DocId from, float drop_below, DocBatch* batch) override;
  TermDisjunction* AsDisjunction() override { return this; }
  size_t size() const { return scorers_.size(); }
  TermScorer* term(size_t i) const { return scorers_[i]->AsTerm(); }
  uint64_t cost() const override { return cost_; }
  Status status() const override;

 private:
  struct Bounded {
    TermScorer* term = nullptr;
    float bound = 0;
    double sum = 0;     // bounds of this and all before it in the order
    double others = 0;  // bounds of all but this
    size_t number = 0;  // in scorers_
    DocId next = 0;     // it has no document between the window that was taken last and this
  };

  void FindBounds(DocId first);
  void SortByBound();
  // How many terms, from the first in order on, cannot reach `least` together.
  size_t NotEssential(float least) const;
  bool FillAllBits(DocId first, Window* window);
  bool FillFromOne(DocId first, float least, bool complete, Window* window);
  void FillEssential(DocId first, float least, size_t from, double* sums, uint64_t* match);
  void AddOthers(DocId first, float least, size_t count, Candidates* candidates);
  float ReachOf(size_t i, float least) const;

  // Documents in order. Each takes those in [from, end) that have an essential term, behind the first `others`, and gives where to go on.
  void FindBoundsIn(DocId from);
  DocId TakeRange(DocId from, float least, DocSums* out);
  DocId TakeMerged(DocId from, DocId end, float least, size_t others, DocSums* out);
  DocId TakeWindow(DocId from, DocId end, float least, size_t others, DocSums* out);

  std::vector<std::unique_ptr<Scorer>> scorers_;
  std::vector<Bounded> order_;  // by bound, after FindBounds
  uint64_t cost_ = 0;
  DocId end_doc_ = 0;  // behind the last document of all terms
  // What order_ holds for, where documents are taken in order.
  DocId bounds_begin_ = 0;
  DocId bounds_end_ = 0;
  std::vector<ScoredBlock> blocks_;  // as scorers_, once they are merged
};

// Whether all of them are scorers of one term.
bool AllTerms(const std::vector<std::unique_ptr<Scorer>>& scorers);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERM_DISJUNCTION_H_
