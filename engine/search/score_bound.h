// Arithmetic of bounds: what a clause must score so that the sum that it is part of can reach a threshold. Pure functions.
//
// Sums are taken in double and cut to float once, as scorers do (bool_scorer.h), so a bound is one of what comes out, not of what real numbers would give.
#ifndef BINSEEK_ENGINE_SEARCH_SCORE_BOUND_H_
#define BINSEEK_ENGINE_SEARCH_SCORE_BOUND_H_

#include <cstdint>

namespace binseek::search {

// The greatest float t such that a clause that scores below t surely ends below `threshold`, others adding at most `others`: float(score + others) <
// threshold for every score < t. The lowest float where nothing is sure (others infinite or not a number). Used wherever a threshold is handed down.
float ChildThreshold(float threshold, double others);

// A bound of a sum of scores of which each is at most its bound, whatever the order in which they are added.
class BoundSum {
 public:
  // Scores that are negative do not lower a sum that may lack them.
  void Add(float bound) {
    sum_ += bound > 0 ? static_cast<double>(bound) : 0.0;
    ++terms_;
  }
  // Above what any order of additions gives.
  double value() const { return terms_ < 2 ? sum_ : sum_ * (1 + 0x1p-52 * terms_); }
  float score() const { return static_cast<float>(value()); }

 private:
  double sum_ = 0;
  uint32_t terms_ = 0;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SCORE_BOUND_H_
