// What moving_fn computes over a window of a metric's values. NaN values are gaps and are passed over. Thread-safe free functions.
#ifndef BINSEEK_ENGINE_SEARCH_MOVING_FUNCTIONS_H_
#define BINSEEK_ENGINE_SEARCH_MOVING_FUNCTIONS_H_

#include <cstddef>
#include <span>
#include <string_view>

namespace binseek::search {

// max, min, sum, unweightedAvg, linearWeightedAvg; with an argument stdDev (the mean) and ewma (how fast older values fade).
bool HasMovingFunction(std::string_view name, size_t arguments);
// NaN where there is nothing to compute it from. REQUIRES: HasMovingFunction.
double MovingFunction(std::string_view name, std::span<const double> values, double argument);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_MOVING_FUNCTIONS_H_
