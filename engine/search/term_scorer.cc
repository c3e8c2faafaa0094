#include "engine/search/term_scorer.h"

#include <algorithm>

namespace binseek::search {

size_t TermScorer::Seek(size_t from, DocId target) const {
  // Gallop, then search: targets are usually near.
  size_t step = 1;
  size_t low = from;
  while (low < docs_.size() && docs_[low] < target) {
    from = low + 1;
    low += step;
    step *= 2;
  }
  const auto begin = docs_.begin();
  const size_t high = std::min(low, docs_.size());
  return static_cast<size_t>(std::lower_bound(begin + static_cast<std::ptrdiff_t>(from),
                                              begin + static_cast<std::ptrdiff_t>(high), target) -
                             begin);
}

void TermScorer::ScoreRun(size_t begin, size_t end, DocId first, Window* window) const {
  if (norms_ == nullptr && freqs_.empty()) {
    const float score = bm25_->Score(1, kNormOfOne);
    for (size_t i = begin; i < end; ++i) {
      window->score[docs_[i] - first] = score;
    }
    return;
  }
  for (size_t i = begin; i < end; ++i) {
    const uint8_t norm = norms_ == nullptr ? kNormOfOne : norms_[docs_[i]];
    window->score[docs_[i] - first] = bm25_->Score(freqs_.empty() ? 1 : freqs_[i], norm);
  }
}

bool TermScorer::FillWindow(DocId first, Window* window) {
  window->ClearMatches();
  const size_t begin = Seek(at_, first);
  const size_t end = Seek(begin, first + Window::kDocs);
  at_ = end;
  for (size_t i = begin; i < end; ++i) {
    window->Set(docs_[i] - first);
  }
  if (bm25_ != nullptr) {
    ScoreRun(begin, end, first, window);
  }
  return begin != end;
}

}  // namespace binseek::search
