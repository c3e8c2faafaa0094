// Weight and Scorer: a query bound to one index of one view, and its work on one segment.
//
// Bind gives a Weight with the index's statistics (over all its segments, deleted documents included until merged, as Lucene counts);
// the Weight makes one Scorer per segment, which fills windows in ascending order.
//
// A Weight is immutable and thread-safe; a Scorer is single-threaded, owner: the search that made it. Both borrow from the view.
#ifndef BINSEEK_ENGINE_SEARCH_WEIGHT_H_
#define BINSEEK_ENGINE_SEARCH_WEIGHT_H_

#include <cstdint>
#include <memory>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/search/query.h"
#include "engine/search/similarity.h"
#include "engine/search/window.h"

namespace binseek::analysis {
class AnalysisRegistry;
}

namespace binseek::search {

// What a query is bound to. Everything is borrowed and must outlive the weights.
struct BindContext {
  const index::IndexView* index = nullptr;
  const analysis::AnalysisRegistry* analysis = nullptr;  // null: the built-in analyzers
  ScoreForm form = ScoreForm::kElasticsearch;
  bool scores = true;      // false: scorers leave Window::score alone
  int64_t now_micros = 0;  // what "now" means
};

class Scorer {
 public:
  virtual ~Scorer() = default;

  // Sets the matches, and if scores are wanted the scores, of documents [first, first + Window::kDocs) that match, dead ones
  // included; overwrites all of Window::match. False where nothing matches (match is then all zero).
  // REQUIRES: first is a multiple of Window::kDocs and greater than in the call before.
  virtual bool FillWindow(DocId first, Window* window) = 0;
  // kCorruption where what was read cannot be right, so that windows may lack documents. To be asked after the last window that is wanted.
  [[nodiscard]] virtual Status status() const { return Status::Ok(); }
  // About how many documents a walk over the segment touches: what is cheap is asked first.
  virtual uint64_t cost() const { return UINT64_MAX; }
};

class Weight {
 public:
  virtual ~Weight() = default;

  // Null: nothing of the segment matches.
  [[nodiscard]] virtual Result<std::unique_ptr<Scorer>> MakeScorer(
      const index::SegmentView& segment) const = 0;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_WEIGHT_H_
