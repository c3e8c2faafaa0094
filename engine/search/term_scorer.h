// TermScorer: the documents of one term, scored by its field's similarity. The leaf that every text query comes down to.
//
// Single-threaded, as every Scorer. Borrows postings and norms from the segment, and the score from its Weight.
// Cost of a window: without scores the bits of its blocks as they lie; with scores the blocks are unpacked once each, but for those whose bound says that
// nobody wants their scores.
#ifndef BINSEEK_ENGINE_SEARCH_TERM_SCORER_H_
#define BINSEEK_ENGINE_SEARCH_TERM_SCORER_H_

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>

#include "engine/codec/block_codec.h"
#include "engine/codec/segment.h"
#include "engine/search/similarity.h"
#include "engine/search/weight.h"

namespace binseek::search {

// Whether so many documents of a segment lie so far apart that going from one to the next is faster than going by windows.
inline bool IsRare(uint64_t docs, uint32_t max_doc) { return docs * 32 < max_doc; }

// Documents of one window, ascending, with what has been added up of their scores.
struct Candidates {
  uint32_t count = 0;
  std::array<uint16_t, Window::kDocs> offsets;
  std::array<double, Window::kDocs> sums;
};

// The same of any range of documents, of which more come in several calls.
struct DocSums {
  uint32_t count = 0;
  std::array<DocId, Window::kDocs> docs;
  std::array<double, Window::kDocs> sums;

  void Add(DocId doc, double sum) {
    docs[count] = doc;
    sums[count++] = sum;
  }
};

// A block of a term's documents with their scores, and a place in it.
struct ScoredBlock {
  static constexpr uint32_t kNone = UINT32_MAX;
  uint32_t block = kNone;
  size_t at = 0;
  std::span<const DocId> docs;
  std::array<float, codec::kBlockSize> scores;

  DocId doc() const { return at < docs.size() ? docs[at] : codec::kNoMoreDocs; }
};

class TermScorer final : public Scorer {
 public:
  // `norms` is null for fields that keep no lengths; `score` is null where scores are not wanted.
  TermScorer(const codec::FieldTerms& terms, const codec::TermInfo& info, const uint8_t* norms,
             const TermScore* score);
  bool FillWindow(DocId first, Window* window) override;
  bool NarrowWindow(DocId first, Window* window) override;
  DocId NextMatch(DocId target, float drop_below) override;
  ScoreBound MaxScore(DocId first) override;
  TermScorer* AsTerm() override { return this; }
  bool PrefersDocs(bool complete) const override;
  DocId NextDocs(DocId from, float drop_below, DocBatch* batch) override;
  // To what bits there are. Where it is bound for scores, they have a place of their own: they may be asked for beside all else.
  bool can_add_bits() const override { return true; }
  void AddBits(DocId first, DocId end, uint64_t* bits) override;
  bool can_test() const override { return true; }
  bool HasDoc(DocId doc) override { return postings_.Advance(doc) == doc; }
  uint64_t cost() const override { return postings_.cost(); }
  // Behind its last document, as the table says, which nobody has vouched for.
  DocId end_doc() const {
    const uint32_t blocks = postings_.block_count();
    return blocks == 0 ? 0 : postings_.last_doc_of(blocks - 1) + 1;
  }
  Status status() const override;

  // --- For who combines terms. REQUIRES: bound for scores; windows ascend; each at most once by either of the first two. ---

  // Adds the scores of the window's documents from `from` on to `sums`, and sets their bits; leaves out blocks that have none of at least `least`. Gives a
  // place behind the window before which it has no other document.
  DocId AddScores(DocId first, DocId from, float least, double* sums, uint64_t* match);
  // Adds the scores of candidates that the term has.
  void AddScoresOf(DocId first, Candidates* candidates);

  // --- The same without windows. REQUIRES: bound for scores; documents ascend over all of these, and no window comes behind them. ---

  // Adds its documents in [from, end) that score at least `least`, with their scores, of some blocks. Gives the place behind, at most `end`.
  DocId CollectDocs(DocId from, DocId end, float least, DocSums* out);
  // Adds to the documents' sums its score of them. Leaves out who cannot reach `least` although others add `rest`, and, where it is `required`, who
  // lacks it.
  void AddScoresTo(bool required, float least, double rest, DocSums* docs);
  // Moves to the first document at or behind `from`, but for blocks that have none of at least `least`. False: there is none.
  bool LoadBlock(DocId from, float least, ScoredBlock* out);
  // A bound for its documents in [first, last].
  float MaxScoreIn(DocId first, DocId last);

 private:
  static constexpr float kLowest = std::numeric_limits<float>::lowest();
  struct CachedBound {
    uint32_t impacts = 0;
    float bound = -1;  // none
  };

  float Score(size_t i, std::span<const DocId> docs, std::span<const uint32_t> freqs) const;
  float BoundOf(const codec::Impacts& impacts) const;
  float BlockBound(uint32_t block);
  float LoneBlockBound() const;
  uint32_t FindBlock(DocId doc);
  // Calls use(score), score(freq, doc) being what mostly runs, or anything else, each in a loop of its own.
  template <class Use>
  void UseScore(Use use) const {
    const uint8_t* const norms = norms_;
    if (const Bm25Scorer* const bm25 = score_->bm25(); bm25 != nullptr && norms != nullptr) {
      use([bm25, norms](uint32_t freq, DocId doc) { return bm25->Score(freq, norms[doc]); });
    } else {
      const TermScore* const score = score_;
      use([score, norms](uint32_t freq, DocId doc) {
        return score->Score(static_cast<float>(freq), norms == nullptr ? kNormOfOne : norms[doc]);
      });
    }
  }
  // Calls visit(docs, freqs), subspans in the window, for blocks that have documents of at least `least`. Gives a place behind it before
  // which there are no others.
  template <class Visit>
  DocId VisitBlocks(DocId first, DocId end, float least, Visit visit);
  template <class Take>
  void TakeFromBlock(DocId from, DocId end, float least, Take take);
  template <class Take>
  DocId TakeDocs(DocId from, DocId end, float least, Take take);
  uint32_t LookUp(bool required, uint32_t begin, uint32_t end, DocSums* docs);
  uint32_t LookUpInBlock(bool required, uint32_t begin, uint32_t end, DocSums* docs);
  float RatioFor(const Bm25Scorer& bm25, float least);
  void NarrowByCandidates(DocId first, float least, Window* window);
  void NarrowByBlocks(DocId first, float least, Window* window);
  bool NarrowBits(DocId first, bool few, Window* window);

  codec::BlockPostings postings_;
  const uint8_t* const norms_;
  const TermScore* const score_;
  std::unique_ptr<codec::BlockPostings> matches_;  // a second place, for bits beside scores

  // Bounds. Those of blocks repeat a lot.
  std::array<CachedBound, 64> cached_bounds_{};
  float term_bound_ = -1;  // where blocks have none of their own; -1: not known yet
  DocId found_at_ = 0;     // what block_at_ was looked up for
  uint32_t block_at_ = 0;
  float ratio_for_ = kLowest;  // what ratio_ was computed for
  float ratio_ = -1;
  DocId bound_from_ = codec::kNoMoreDocs;  // of the bound that was given last
  ScoreBound bound_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERM_SCORER_H_
