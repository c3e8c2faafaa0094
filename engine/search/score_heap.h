// ScoreHeap: the k best of documents that come in the order of their places, by score. Single-threaded.
#ifndef BINSEEK_ENGINE_SEARCH_SCORE_HEAP_H_
#define BINSEEK_ENGINE_SEARCH_SCORE_HEAP_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace binseek::search {

class ScoreHeap {
 public:
  struct Entry {
    float score = 0;
    uint64_t position = 0;

    // Better: of equal scores the one that came first.
    bool IsBefore(const Entry& other) const {
      return score != other.score ? score > other.score : position < other.position;
    }
  };

  explicit ScoreHeap(size_t k) : k_(k) {}
  bool full() const { return entries_.size() == k_; }
  // REQUIRES: full(), k > 0.
  float worst_score() const { return entries_.front().score; }

  // REQUIRES: k > 0; where full(), `score` is above the worst one's, which goes.
  void Insert(float score, uint64_t position) {
    const Entry entry{score, position};
    if (!full()) {
      entries_.push_back(entry);
      if (full()) {
        std::make_heap(entries_.begin(), entries_.end(), Before);
      }
      return;
    }
    // The worst is on top. What comes goes down to where all below are better.
    size_t hole = 0;
    for (size_t child = 1; child < k_; child = 2 * hole + 1) {
      child += static_cast<size_t>(child + 1 < k_ && entries_[child].IsBefore(entries_[child + 1]));
      if (!entry.IsBefore(entries_[child])) {
        break;
      }
      entries_[hole] = entries_[child];
      hole = child;
    }
    entries_[hole] = entry;
  }

  // Best first; once, last.
  std::vector<Entry> Take() {
    std::sort(entries_.begin(), entries_.end(), Before);
    return std::move(entries_);
  }

 private:
  static bool Before(const Entry& a, const Entry& b) { return a.IsBefore(b); }

  const size_t k_;
  std::vector<Entry> entries_;  // a heap once there are k
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SCORE_HEAP_H_
