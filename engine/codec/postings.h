// PostingsIterator: the documents of one term, ascending, with their frequencies.
//
// Satisfies the DocIterator shape that scorers rely on: doc() is kNoDoc before the first Next, kNoMoreDocs at the end;
// Next and Advance on an exhausted iterator stay there. Single-threaded; borrows from its segment.
#ifndef BINSEEK_ENGINE_CODEC_POSTINGS_H_
#define BINSEEK_ENGINE_CODEC_POSTINGS_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>

namespace binseek::codec {

using DocId = uint32_t;
inline constexpr DocId kNoMoreDocs = std::numeric_limits<DocId>::max();

class PostingsIterator {
 public:
  PostingsIterator() = default;
  // `freqs` is empty where every frequency is 1.
  PostingsIterator(std::span<const DocId> docs, std::span<const uint32_t> freqs)
      : docs_(docs), freqs_(freqs) {}

  // The current document; REQUIRES: Next or Advance was called.
  DocId doc() const { return at_ < docs_.size() ? docs_[at_] : kNoMoreDocs; }
  uint32_t freq() const { return freqs_.empty() ? 1 : freqs_[at_]; }
  uint64_t cost() const { return docs_.size(); }

  DocId Next() {
    at_ = started_ ? at_ + (at_ < docs_.size() ? 1 : 0) : 0;
    started_ = true;
    return doc();
  }
  // First document >= target at or behind the current place.
  DocId Advance(DocId target) {
    started_ = true;
    if (at_ >= docs_.size() || docs_[at_] >= target) {
      return doc();
    }
    // Gallop, then search: targets are usually near.
    size_t step = 1;
    size_t low = at_;
    while (low + step < docs_.size() && docs_[low + step] < target) {
      low += step;
      step *= 2;
    }
    const size_t high = std::min(low + step + 1, docs_.size());
    at_ = static_cast<size_t>(std::lower_bound(docs_.begin() + static_cast<std::ptrdiff_t>(low + 1),
                                               docs_.begin() + static_cast<std::ptrdiff_t>(high),
                                               target) -
                              docs_.begin());
    return doc();
  }
  std::span<const DocId> docs() const { return docs_; }
  std::span<const uint32_t> freqs() const { return freqs_; }

 private:
  std::span<const DocId> docs_;
  std::span<const uint32_t> freqs_;
  size_t at_ = 0;
  bool started_ = false;
};

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_POSTINGS_H_
