// TermScorer: the documents of one term, scored by BM25. The leaf that every text query comes down to.
//
// Single-threaded, as every Scorer. Borrows postings and norms from the segment, and the BM25 table from its Weight.
// Cost of a window: without scores the bits of its blocks as they lie; with scores the blocks are unpacked once each.
#ifndef BINSEEK_ENGINE_SEARCH_TERM_SCORER_H_
#define BINSEEK_ENGINE_SEARCH_TERM_SCORER_H_

#include <cstdint>
#include <span>

#include "engine/codec/segment.h"
#include "engine/search/similarity.h"
#include "engine/search/weight.h"

namespace binseek::search {

class TermScorer final : public Scorer {
 public:
  // `norms` is null for fields that keep no lengths; `bm25` is null where scores are not wanted.
  TermScorer(const codec::FieldTerms& terms, const codec::TermInfo& info, const uint8_t* norms,
             const Bm25Scorer* bm25)
      : postings_(terms.Postings(info)), norms_(norms), bm25_(bm25) {}
  bool FillWindow(DocId first, Window* window) override;
  uint64_t cost() const override { return postings_.cost(); }
  Status status() const override { return postings_.status(); }

 private:
  void ScoreRun(std::span<const DocId> docs, std::span<const uint32_t> freqs, DocId first,
                Window* window) const;

  codec::BlockPostings postings_;
  const uint8_t* const norms_;
  const Bm25Scorer* const bm25_;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_TERM_SCORER_H_
