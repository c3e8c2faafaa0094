// TermScorer: the documents of one term, scored by BM25. The leaf that every text query comes down to.
//
// Single-threaded, as every Scorer. Borrows postings and norms from the segment, and the BM25 table from its Weight.
#ifndef BINSEEK_ENGINE_SEARCH_TERM_SCORER_H_
#define BINSEEK_ENGINE_SEARCH_TERM_SCORER_H_

#include <cstddef>
#include <span>

#include "engine/codec/postings.h"
#include "engine/search/similarity.h"
#include "engine/search/weight.h"

namespace binseek::search {

class TermScorer final : public Scorer {
 public:
  // `norms` is null for fields that keep no lengths; `bm25` is null where scores are not wanted.
  TermScorer(const codec::PostingsIterator& postings, const uint8_t* norms, const Bm25Scorer* bm25)
      : docs_(postings.docs()), freqs_(postings.freqs()), norms_(norms), bm25_(bm25) {}
  bool FillWindow(DocId first, Window* window) override;
  uint64_t cost() const override { return docs_.size(); }

 private:
  // Place of the first document >= target, at or behind `from`.
  size_t Seek(size_t from, DocId target) const;
  void ScoreRun(size_t begin, size_t end, DocId first, Window* window) const;

  const std::span<const DocId> docs_;
  const std::span<const uint32_t> freqs_;
  const uint8_t* const norms_;
  const Bm25Scorer* const bm25_;
  size_t at_ = 0;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERM_SCORER_H_
