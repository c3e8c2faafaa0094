// Working memory and arithmetic of a BoolScorer. Internal to it.
#ifndef BINSEEK_ENGINE_SEARCH_BOOL_SCORER_WORK_H_
#define BINSEEK_ENGINE_SEARCH_BOOL_SCORER_WORK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "engine/search/bool_scorer.h"
#include "engine/search/score_bound.h"

namespace binseek::search {
namespace bool_scorer {

inline constexpr float kLowest = std::numeric_limits<float>::lowest();
using Words = std::array<uint64_t, Window::kWords>;
using Sums = std::array<double, Window::kDocs>;

inline bool Any(const Words& words) {
  uint64_t any = 0;
  for (const uint64_t word : words) {
    any |= word;
  }
  return any != 0;
}

inline uint32_t CountOf(const Words& words) {
  return static_cast<uint32_t>(codec::BestKernels().count_bits(words.data(), words.size()));
}

inline void ClearBit(uint32_t offset, Words* words) {
  (*words)[offset / 64] &= ~(uint64_t{1} << (offset % 64));
}

// What clause `i` of a sum must score for the sum to reach `threshold`.
template <class Clauses>
float Reach(const Clauses& clauses, size_t i, float threshold) {
  if (!(threshold > kLowest)) {
    return kLowest;
  }
  BoundSum others;
  for (size_t j = 0; j < clauses.size(); ++j) {
    if (j != i && clauses[j].scored) {
      others.Add(clauses[j].bound);
    }
  }
  return ChildThreshold(threshold, others.value());
}

template <class Clauses>
float BoundOf(const Clauses& clauses) {
  BoundSum sum;
  for (const auto& clause : clauses) {
    if (clause.scored) {
      sum.Add(clause.bound);
    }
  }
  return sum.score();
}

}  // namespace bool_scorer

// Of one call; a document's sums are defined once it has a bit for them.
struct BoolScorer::Work {
  bool_scorer::Words match;           // documents with all required clauses so far
  bool_scorer::Words optional_from;   // those whose optional clauses are looked at
  bool_scorer::Words optional_match;  // of these, who has some, and at the end enough, of them
  bool has_must_sums;
  bool_scorer::Sums must_sums;
  bool_scorer::Sums optional_sums;
  std::array<uint16_t, Window::kDocs> counts;
  Window child;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BOOL_SCORER_WORK_H_
