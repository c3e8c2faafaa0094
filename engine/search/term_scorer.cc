#include "engine/search/term_scorer.h"

namespace binseek::search {

void TermScorer::ScoreRun(std::span<const DocId> docs, std::span<const uint32_t> freqs, DocId first,
                          Window* window) const {
  const auto score = [&](size_t i) {
    const uint32_t offset = docs[i] - first;
    const uint8_t norm = norms_ == nullptr ? kNormOfOne : norms_[docs[i]];
    window->Set(offset);
    window->score[offset] = bm25_->Score(freqs[i], norm);
  };
  // Neighbours mostly share a word of matches, and one has to wait until the other is stored: so from four places in turn.
  const size_t quarter = docs.size() / 4;
  for (size_t i = 0; i < quarter; ++i) {
    score(i);
    score(quarter + i);
    score(2 * quarter + i);
    score(3 * quarter + i);
  }
  for (size_t i = 4 * quarter; i < docs.size(); ++i) {
    score(i);
  }
}

bool TermScorer::FillWindow(DocId first, Window* window) {
  window->ClearMatches();
  const DocId end = first + Window::kDocs;
  if (bm25_ == nullptr) {
    postings_.FillBits(first, end, window->match);
    return window->AnyMatch();
  }
  bool any = false;
  for (bool has_block = postings_.AdvanceBlock(first); has_block;
       has_block = postings_.NextBlock()) {
    std::span<const DocId> docs = postings_.docs();
    if (docs.empty() || docs.front() >= end) {
      break;
    }
    // A block that reaches into another window is searched for where this one begins and ends.
    const size_t begin = docs.front() >= first ? 0 : postings_.LowerBound(first);
    const size_t behind = docs.back() < end ? docs.size() : postings_.LowerBound(end, begin);
    if (begin < behind) {
      ScoreRun(docs.subspan(begin, behind - begin),
               postings_.freqs().subspan(begin, behind - begin), first, window);
      any = true;
    }
    if (postings_.block_last_doc() >= end) {
      break;  // the next window begins with this block
    }
  }
  return any;
}

}  // namespace binseek::search
