// WindowCollector: the pass over documents of a search: segment by segment, window by window, it counts, aggregates and keeps the best.
//
// It raises the thresholds of the windows that it has filled (EXECUTION.md, "Contract of a Scorer") as soon as what is counted allows it, so scorers leave
// out what cannot come into the result. Where all matches are needed beside the best, these are found apart where that is faster: the best by a scorer that
// passes over all else, the matches as bits by one that knows no scores.
// Where several threads go over a search, each has a collector, and they share a SharedProgress: thresholds and the end of counting are then those of all of them.
// Single-threaded; owner: one thread of the search. Borrows everything in its CollectPlan.
// Errors: kCorruption (of what scorers came upon), kAborted (cancelled), kResourceExhausted (aggregations).
#ifndef BINSEEK_ENGINE_SEARCH_WINDOW_COLLECTOR_H_
#define BINSEEK_ENGINE_SEARCH_WINDOW_COLLECTOR_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "engine/base/status.h"
#include "engine/index/segment_view.h"
#include "engine/search/aggregator.h"
#include "engine/search/interrupt.h"
#include "engine/search/searcher.h"
#include "engine/search/shared_progress.h"
#include "engine/search/top_docs.h"
#include "engine/search/weight.h"
#include "engine/search/window.h"

namespace binseek::search {

struct CollectPlan {
  const SearchRequest* request = nullptr;
  TopDocs* top_docs = nullptr;
  SubAggregators* aggregations = nullptr;
  Interrupt* interrupt = nullptr;
  bool scores = false;             // the weights are bound for scores
  bool aggregates_scores = false;  // aggregations read them, so all have to be right
  bool seeks_max_score = false;   // the best of all matches, where it is not simply the first hit's
  bool stops_when_full = false;   // matches come in the order of the result
  bool best_score_first = false;  // the result's order is by score alone: who
                                  // scores less than the worst kept is of no use
  bool sorts_by_keys = false;     // its order is another than by score
  uint64_t start = 0;             // nothing before this position is looked at
  SharedProgress* shared = nullptr;  // with other threads of the search; null: there are none
  std::function<void()> between_windows{};  // may be empty
};

class WindowCollector {
 public:
  explicit WindowCollector(CollectPlan plan) : plan_(std::move(plan)) {}

  // `query` is what the weights of its segments are of, bound by `context`; borrowed. Where `profile` is not null, it is added up in there where the time
  // goes.
  void OpenIndex(const Query& query, const BindContext& context, IndexProfile* profile);
  // One segment after another, in the order of places; not all of them where there are other threads. `post_filter` may be null.
  Status CollectSegment(size_t index, uint32_t segment_ord, const index::SegmentView& segment,
                        const Weight& weight, const Weight* post_filter);

  bool index_done() const { return index_done_ || stopped_; }
  // Nothing that is still to come can change the result.
  bool stopped() const { return stopped_; }
  // Where there are other threads, theirs included.
  uint64_t hits() const { return plan_.shared == nullptr ? hits_ : plan_.shared->hits(); }
  bool terminated_early() const { return terminated_early_; }
  std::optional<float> max_score() const { return max_score_; }

 private:
  bool CountAhead(const Weight& weight, const index::SegmentView& segment);
  // To be asked before each window; false: that was all.
  Result<bool> GoesOn();
  void AddHits(uint64_t matches);
  Status Walk(const index::SegmentView& segment, DocId begin, Scorer* scorer);
  bool TakesDocs() const;
  bool PrefersDocs(const index::SegmentView& segment, const Scorer& scorer) const;
  Status WalkDocs(const index::SegmentView& segment, DocId from, Scorer* scorer);
  bool TakesApart(const index::SegmentView& segment, const Scorer& scorer) const;
  Status WalkApart(const index::SegmentView& segment, Scorer* best, Scorer* all);
  Result<DocId> CollectMatches(const index::SegmentView& segment, DocId first, Scorer* all);
  bool OnlyCounts(const Scorer& scorer) const;
  Status WalkBits(const index::SegmentView& segment, DocId first, Scorer* scorer);
  DocId CountBits(const index::SegmentView& segment, DocId first, Scorer* scorer);
  // The query's matches, without scores.
  Result<std::unique_ptr<Scorer>> MakeMatcher(const index::SegmentView& segment);
  // The thresholds of the next window.
  void SetThresholds();
  float UsefulScore();
  bool MatchesNeeded() const;
  bool counted() const;
  Status CollectWindow(DocId first);
  Status Aggregate(DocId first);
  // The first `count` of offsets_.
  Status AggregateOffsets(DocId first, size_t count);
  Status AggregateDocs(const DocBatch& batch);
  Status FlushDocs();

  const CollectPlan plan_;
  // Large, and of no use to searches that go through documents in order: written before they are read.
  Window window_;
  Window filter_window_;
  std::array<uint32_t, Window::kDocs> offsets_;
  size_t held_ = 0;  // of them, of a window that is not through, where documents come in order
  DocId held_first_ = 0;
  IndexProfile* profile_ = nullptr;
  const Query* query_ = nullptr;
  BindContext match_context_;
  std::unique_ptr<Weight> match_weight_;  // null: not asked for yet
  std::unique_ptr<Scorer> post_filter_scorer_;
  bool has_post_filter_ = false;
  bool counted_ahead_ = false;  // the segment's matches are in hits_ already
  bool matches_needed_ = true;  // all of them, whatever they score
  uint64_t hits_ = 0;
  uint64_t index_hits_ = 0;
  bool index_done_ = false;
  bool stopped_ = false;
  bool terminated_early_ = false;
  std::optional<float> max_score_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_WINDOW_COLLECTOR_H_
