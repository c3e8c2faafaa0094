// JoinScorer: matches of children to matches of the documents that they belong to, with a score made of theirs.
//
// A block may reach over windows, the children before their parent: what is known of those of a block whose parent is still to come is carried on. Windows of children
// are asked for once each and in order, and only where a parent behind them is asked for. EXECUTION.md, "Levels of blocks", has what thresholds and bounds become.
// Single-threaded. Borrows the segment.
#ifndef BINSEEK_ENGINE_SEARCH_JOIN_SCORER_H_
#define BINSEEK_ENGINE_SEARCH_JOIN_SCORER_H_

#include <array>
#include <cstdint>
#include <memory>
#include <optional>

#include "engine/search/block_level.h"
#include "engine/search/nested_query.h"
#include "engine/search/weight.h"

namespace binseek::search {

class JoinScorer final : public Scorer {
 public:
  // `children` gives documents of one level below `parents`. Without scores, or with kNone, theirs are not looked at.
  JoinScorer(std::unique_ptr<Scorer> children, Level parents, const index::SegmentView* segment,
             NestedScoreMode mode, bool scores)
      : children_(std::move(children)),
        parents_(std::move(parents)),
        segment_(segment),
        mode_(mode),
        scores_(scores),
        adds_(scores && mode != NestedScoreMode::kNone) {}

  bool FillWindow(DocId first, Window* window) override;
  bool NarrowWindow(DocId first, Window* window) override;
  bool FillCandidates(DocId first, Window* window) override;
  DocId NextMatch(DocId target, float drop_below) override;
  ScoreBound MaxScore(DocId first) override;
  uint32_t match_cost() const override { return children_->match_cost(); }
  uint64_t cost() const override { return children_->cost(); }
  Status status() const override { return children_->status(); }

 private:
  // The children so far of a block whose parent has not come.
  struct Block {
    uint32_t count = 0;
    double score = 0;
    float greatest = 0;
  };
  using Words = std::array<uint64_t, Window::kWords>;

  bool HasParents(DocId first) const {
    return parents_.Next(first) < uint64_t{first} + Window::kDocs;
  }
  void Prepare(const Window& window, Window* child) const;
  void CatchUp(DocId first);
  void Settle();
  void KeepLive(DocId first, Window* child) const;
  void Add(float score);
  // Gives the parents of the children in `child` (null: there are none) that are in `allowed` (null: all).
  bool Join(DocId first, const Window* child, const Words* allowed, Window* window);
  void Emit(DocId parent, DocId first, const Words* allowed, Window* window);
  // Children whose parents are in `match`, or come behind the window.
  Words ChildrenOf(DocId first, const uint64_t* match) const;
  float Score() const;

  const std::unique_ptr<Scorer> children_;
  const Level parents_;
  const index::SegmentView* const segment_;
  const NestedScoreMode mode_;
  const bool scores_;
  const bool adds_;  // scores of children count
  DocId done_ = 0;   // windows of children before it were asked for, or are of no use
  Block open_;       // children before done_, behind the last parent before it
  // A window of children of which candidates alone are known; it ends at done_.
  bool pending_ = false;
  DocId pending_first_ = 0;
  Words candidates_{};
  std::optional<uint32_t> most_children_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_JOIN_SCORER_H_
