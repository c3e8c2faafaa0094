// Window: what a scorer says about 4,096 neighbouring documents of one segment: who matches, and with what score.
//
// All execution goes window by window, so that no virtual call is made per document and what a query touches stays in the
// cache: the bitset is 512 bytes, the scores are 16 KB. Plain value type; reused from window to window.
#ifndef BINSEEK_ENGINE_SEARCH_WINDOW_H_
#define BINSEEK_ENGINE_SEARCH_WINDOW_H_

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#include "engine/codec/bit_packing.h"
#include "engine/codec/doc_id.h"

namespace binseek::search {

using codec::DocId;

struct Window {
  static constexpr uint32_t kDocs = 4096;
  static constexpr uint32_t kWords = kDocs / 64;

  uint64_t match[kWords];
  float score[kDocs];  // of matching documents; all else is undefined
  // What who asks has no use for; set before the window is filled, and obliging nobody. Neither ever falls from one window to the next.
  // Documents that score less may be left out of `match`.
  float drop_below = std::numeric_limits<float>::lowest();
  // Of documents that score less, `score` may be too low: some, or none, of what adds up to it.
  float score_below = std::numeric_limits<float>::lowest();

  void ClearMatches() { std::memset(match, 0, sizeof(match)); }
  void Set(uint32_t offset) { match[offset / 64] |= uint64_t{1} << (offset % 64); }
  bool Test(uint32_t offset) const { return ((match[offset / 64] >> (offset % 64)) & 1) != 0; }
  bool AnyMatch() const {
    uint64_t any = 0;
    for (const uint64_t word : match) {
      any |= word;
    }
    return any != 0;
  }
  uint32_t CountMatches() const {
    return static_cast<uint32_t>(codec::BestKernels().count_bits(match, kWords));
  }
};

// Boosts may multiply beyond what a float holds; and only finite scores have one order.
inline float Finite(float score) {
  if (std::isfinite(score)) [[likely]] {
    return score;
  }
  return std::isnan(score) ? 0 : std::copysign(std::numeric_limits<float>::max(), score);
}

// While it lives, all of a window is of use: for who makes other scores of those that it is filled with, and so cannot say which of them matter.
class AllOfUse {
 public:
  explicit AllOfUse(Window* window)
      : window_(window), drop_below_(window->drop_below), score_below_(window->score_below) {
    window->drop_below = std::numeric_limits<float>::lowest();
    window->score_below = std::numeric_limits<float>::lowest();
  }
  ~AllOfUse() {
    window_->drop_below = drop_below_;
    window_->score_below = score_below_;
  }
  AllOfUse(const AllOfUse&) = delete;
  AllOfUse& operator=(const AllOfUse&) = delete;

 private:
  Window* const window_;
  const float drop_below_;
  const float score_below_;
};

// Calls visit(offset) for every set bit, ascending. `words` is an array of Window::kWords words.
template <class Words, class Visit>
void ForEachBit(const Words& words, Visit visit) {
  for (uint32_t w = 0; w < Window::kWords; ++w) {
    for (uint64_t word = words[w]; word != 0; word &= word - 1) {
      visit(w * 64 + static_cast<uint32_t>(std::countr_zero(word)));
    }
  }
}

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_WINDOW_H_
