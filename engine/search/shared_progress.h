// SharedProgress: what the threads that go over the segments of one search tell each other, so that each leaves out as much as one alone would.
//
// Thread-safe. Invariants: both numbers only grow. `hits` counts no match twice, and never more than there are; so once it is above what has to be counted exactly,
// there are more than that. Every document that scores less than `worst_score` comes behind k others. Who scores just as much may still be of use, since it may come before
// those in order of place. Nothing else is read by what they say, so relaxed order is enough.
#ifndef BINSEEK_ENGINE_SEARCH_SHARED_PROGRESS_H_
#define BINSEEK_ENGINE_SEARCH_SHARED_PROGRESS_H_

#include <atomic>
#include <cstdint>
#include <limits>

namespace binseek::search {

class SharedProgress {
 public:
  uint64_t hits() const { return hits_.load(std::memory_order_relaxed); }
  void AddHits(uint64_t hits) { hits_.fetch_add(hits, std::memory_order_relaxed); }

  float worst_score() const { return worst_score_.load(std::memory_order_relaxed); }
  // The worst score of k documents that one thread has kept.
  void RaiseWorstScore(float score) {
    float worst = worst_score();
    while (score > worst &&
           !worst_score_.compare_exchange_weak(worst, score, std::memory_order_relaxed)) {
    }
  }

  // Set by an error: what is still to be found is of no use.
  bool failed() const { return failed_.load(std::memory_order_relaxed); }
  void Fail() { failed_.store(true, std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> hits_{0};
  std::atomic<float> worst_score_{std::numeric_limits<float>::lowest()};
  std::atomic<bool> failed_{false};
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SHARED_PROGRESS_H_
