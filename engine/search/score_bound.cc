#include "engine/search/score_bound.h"

#include <bit>
#include <cmath>
#include <limits>

namespace binseek::search {
namespace {

// Floats in their order, as integers.
int64_t Rank(float value) {
  const auto bits = std::bit_cast<int32_t>(value);
  return bits >= 0 ? bits : int64_t{std::numeric_limits<int32_t>::min()} - bits;
}
float AtRank(int64_t rank) {
  return std::bit_cast<float>(
      static_cast<int32_t>(rank >= 0 ? rank : int64_t{std::numeric_limits<int32_t>::min()} - rank));
}

}  // namespace

float ChildThreshold(float threshold, double others) {
  constexpr float kLeast = std::numeric_limits<float>::lowest();
  constexpr float kGreatest = std::numeric_limits<float>::max();
  if (!std::isfinite(others) || !(threshold > kLeast)) {
    return kLeast;
  }
  if (others == 0) {
    return threshold;
  }
  const auto reaches = [&](float score) {
    return static_cast<float>(static_cast<double>(score) + others) >= threshold;
  };
  // The least score that reaches it; mostly next to the difference.
  const double guess = static_cast<double>(threshold) - others;
  if (!(guess > static_cast<double>(kLeast)) || !(guess < static_cast<double>(kGreatest))) {
    return guess > 0 ? kGreatest : kLeast;
  }
  int64_t low = Rank(static_cast<float>(guess));
  int64_t step = 1;
  const int64_t lowest = Rank(kLeast);
  while (low > lowest && reaches(AtRank(low))) {  // until one is below
    low = low - step > lowest ? low - step : lowest;
    step *= 2;
  }
  if (reaches(AtRank(low))) {
    return kLeast;
  }
  int64_t high = low + 1;
  for (step = 1; high < Rank(kGreatest) && !reaches(AtRank(high)); step *= 2) {
    low = high;
    high = high + step < Rank(kGreatest) ? high + step : Rank(kGreatest);
  }
  while (high - low > 1) {
    const int64_t middle = low + (high - low) / 2;
    (reaches(AtRank(middle)) ? high : low) = middle;
  }
  return AtRank(high);
}

}  // namespace binseek::search
