// Weight and Scorer: a query bound to one index of one view, and its work on one segment. EXECUTION.md has the contract in full.
//
// Bind gives a Weight with the index's statistics (over all its segments, deleted documents included until merged, as Lucene counts);
// the Weight makes one Scorer per segment, which fills windows in ascending order.
//
// A Weight is immutable and thread-safe; a Scorer is single-threaded, owner: the search that made it. Both borrow from the view.
#ifndef BINSEEK_ENGINE_SEARCH_WEIGHT_H_
#define BINSEEK_ENGINE_SEARCH_WEIGHT_H_

#include <array>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/codec/doc_id.h"
#include "engine/index/engine_view.h"
#include "engine/mapping/field.h"
#include "engine/search/explanation.h"
#include "engine/search/query.h"
#include "engine/search/similarity.h"
#include "engine/search/window.h"

namespace binseek::analysis {
class AnalysisRegistry;
}

namespace binseek::search {

class FilterCache;
class Interrupt;

// What a query is bound to. Everything is borrowed and must outlive the weights.
struct BindContext {
  const index::IndexView* index = nullptr;
  const analysis::AnalysisRegistry* analysis = nullptr;  // null: the built-in analyzers
  ScoreForm form = ScoreForm::kElasticsearch;
  bool scores = true;      // false: scorers leave Window::score alone
  int64_t now_micros = 0;  // what "now" means
  // Looked at by Bind and MakeScorer where they walk over terms or postings: cancelled is an error, past the deadline they give what they have. Null: never.
  Interrupt* interrupt = nullptr;
  const index::EngineView* view =
      nullptr;  // for queries that take values from documents; null: there are none
  FilterCache* filters = nullptr;  // null: none are kept
  // The path of the nested field whose objects are looked for, each as a document; empty: roots. Matches at other levels may be given too; who collects leaves
  // them out.
  std::string_view level{};
};

// No document from the one asked about up to and including `last` scores above `score`.
struct ScoreBound {
  float score = std::numeric_limits<float>::infinity();
  DocId last = codec::kNoMoreDocs;
};

class TermDisjunction;
class TermScorer;

// Matches of one segment, ascending, each with its score.
struct DocBatch {
  uint32_t count = 0;
  std::array<DocId, Window::kDocs> docs;
  std::array<float, Window::kDocs> scores;
};

class Scorer {
 public:
  virtual ~Scorer() = default;

  // Sets the matches, and if scores are wanted the scores, of documents [first, first + Window::kDocs) that match, dead ones
  // included; overwrites all of Window::match. False where nothing matches (match is then all zero). See Window for what may be left out.
  // REQUIRES: first is a multiple of Window::kDocs and greater than in the call before, of this or of any below that takes a window.
  virtual bool FillWindow(DocId first, Window* window) = 0;
  // As FillWindow, of the documents in Window::match alone: takes the others out. False where none is left.
  // REQUIRES: as above, or FillCandidates filled this window before.
  virtual bool NarrowWindow(DocId first, Window* window);
  // The first of two phases: bits of documents among which all matches are; NarrowWindow may follow for the same window, and then knows the scores.
  // Where match_cost() is 0 this is FillWindow: nothing is left to narrow. Who overrides match_cost overrides this.
  virtual bool FillCandidates(DocId first, Window* window) { return FillWindow(first, window); }
  // The first document >= target that may match and score `drop_below`; kNoMoreDocs where there is none. May say `target` without looking. Lets go only
  // of what lies before target's window, or has none that could be of use.
  virtual DocId NextMatch(DocId target, float /*drop_below*/) { return target; }
  // A bound from `first` on, and how far it holds: at least up to the end of first's window. Moves nothing. REQUIRES: not before the last window.
  virtual ScoreBound MaxScore(DocId /*first*/) { return {}; }
  // Whether who keeps few of the matches, and needs no bits, is served faster by NextDocs than by windows. `complete`: needs to see all of them.
  virtual bool PrefersDocs(bool /*complete*/) const { return false; }
  // The next matches at or behind `from`, dead ones included, among them all that score `drop_below`; none in a batch says nothing of the next. Gives
  // where to go on, kNoMoreDocs at the end. A call takes about as long as a window. REQUIRES: PrefersDocs; `from` is what the call before gave, or
  // the begin of a window; no window is asked for from the first call on.
  virtual DocId NextDocs(DocId from, float drop_below, DocBatch* batch);
  // Whether AddBits may be called, and is faster than windows.
  virtual bool can_add_bits() const { return false; }
  // Sets bit doc - first for each match in [first, end), dead ones included, whatever it scores: for stretches of any length, where windows are of no use.
  // REQUIRES: can_add_bits; all bits are 0; `first` is a multiple of Window::kDocs, and so is `end`, or it is the segment's; stretches ascend, as windows do. Where it
  // can_test too, documents of a stretch may be asked for in place of its bits.
  virtual void AddBits(DocId first, DocId end, uint64_t* bits);
  // Whether HasDoc may be called.
  virtual bool can_test() const { return false; }
  // Whether `doc` matches. REQUIRES: can_test; documents ascend; no window is asked for from the first call on.
  virtual bool HasDoc(DocId doc);
  // The same of several, ascending: has[i] is 1 or 0. Who can looks at them side by side, since each may have to come from far away.
  virtual void TestDocs(std::span<const DocId> docs, uint8_t* has);
  // About how many nanoseconds NarrowWindow takes for one candidate; 0: nothing to speak of, it works on bits.
  virtual uint32_t match_cost() const { return 0; }
  // kCorruption where what was read cannot be right, so that windows may lack documents. To be asked after the last window that is wanted.
  [[nodiscard]] virtual Status status() const { return Status::Ok(); }
  // Itself where it is the scorer of one term: who combines several of them uses their postings directly.
  virtual TermScorer* AsTerm() { return nullptr; }
  // The same of a disjunction of terms.
  virtual TermDisjunction* AsDisjunction() { return nullptr; }
  // About how many documents a walk over the segment touches: what is cheap is asked first.
  virtual uint64_t cost() const { return UINT64_MAX; }
};

// NextMatch of a scorer, `whole`, which any one of `clauses` makes match: passes over what its own bounds show to be below `drop_below`, and then to the nearest
// document of a clause. Bounds of the clauses hold for a while only, so these are asked for any match.
DocId NextOfAny(Scorer* whole, std::span<const std::unique_ptr<Scorer>> clauses, DocId target,
                float drop_below);

// Is told what could have made a document match, in the query's order; for highlighting. Fields and terms as they are in the index that the weight is bound to.
class TermVisitor {
 public:
  virtual ~TermVisitor() = default;
  virtual void Term(const mapping::Field& field, std::string_view term) = 0;
  // `positions`: the terms that may stand at each position; an empty one is a gap.
  virtual void Phrase(const mapping::Field& field,
                      const std::vector<std::vector<std::string>>& positions, uint32_t slop) = 0;
  // All terms that `accepts` says true of. The function may be kept.
  virtual void Terms(const mapping::Field& field,
                     std::function<bool(std::string_view)> accepts) = 0;
};

class Weight {
 public:
  virtual ~Weight() = default;

  // Null: nothing of the segment matches.
  [[nodiscard]] virtual Result<std::unique_ptr<Scorer>> MakeScorer(
      const index::SegmentView& segment) const = 0;
  // Why `doc` of `segment` has its score; where it matches, the value is the score to the bit. Default: the score and no details.
  // Bound without scores: whether it matches.
  [[nodiscard]] virtual Result<Explanation> Explain(const index::SegmentView& segment,
                                                    DocId doc) const;
  virtual void VisitTerms(TermVisitor* /*visitor*/) const {}
  // How many live roots of the segment match, where that is known without a walk over them.
  [[nodiscard]] virtual std::optional<uint64_t> Count(const index::SegmentView& /*segment*/) const {
    return std::nullopt;
  }
  // The query in Lucene's short form, "price:[10 TO 20]", for explanations. Empty: it has none.
  virtual std::string description() const { return {}; }
};

// Whether `doc` matches, and with what score (0 where the weight was not bound for scores).
struct DocMatch {
  bool matches = false;
  float score = 0;
};
// REQUIRES: doc < segment.max_doc().
Result<DocMatch> MatchDoc(const Weight& weight, const index::SegmentView& segment, DocId doc);
// The same of several, ascending and distinct, by one scorer.
Result<std::vector<DocMatch>> MatchDocs(const Weight& weight, const index::SegmentView& segment,
                                        std::span<const DocId> docs);

// `weight` with a description, for those of its kind that know none.
std::unique_ptr<Weight> Describe(std::unique_ptr<Weight> weight, std::string description);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_WEIGHT_H_
