// AnyTermScorer: documents that have any of several terms, without scores: their postings laid over one another, window by window.
//
// For counts, filters and facets; TermDisjunction scores. Single-threaded, as every Scorer.
#ifndef BINSEEK_ENGINE_SEARCH_ANY_TERM_SCORER_H_
#define BINSEEK_ENGINE_SEARCH_ANY_TERM_SCORER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/search/term_scorer.h"
#include "engine/search/weight.h"

namespace binseek::search {

class AnyTermScorer final : public Scorer {
 public:
  // REQUIRES: at least one; all are scorers of one term, bound without scores.
  explicit AnyTermScorer(std::vector<std::unique_ptr<Scorer>> terms);
  bool FillWindow(DocId first, Window* window) override;
  bool NarrowWindow(DocId first, Window* window) override;
  DocId NextMatch(DocId target, float drop_below) override;
  ScoreBound MaxScore(DocId /*first*/) override { return {0, codec::kNoMoreDocs}; }
  bool can_add_bits() const override { return true; }
  void AddBits(DocId first, DocId end, uint64_t* bits) override;
  bool can_test() const override { return true; }
  bool HasDoc(DocId doc) override;
  uint64_t cost() const override { return cost_; }
  Status status() const override;

 private:
  std::vector<std::unique_ptr<Scorer>> scorers_;
  uint64_t cost_ = 0;
  DocId end_doc_ = 0;  // behind the last document of all terms
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_ANY_TERM_SCORER_H_
