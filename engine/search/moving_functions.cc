#include "engine/search/moving_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace binseek::search {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

double StandardDeviation(const std::vector<double>& values, double mean) {
  double squares = 0;
  for (const double value : values) {
    squares += (value - mean) * (value - mean);
  }
  return std::sqrt(squares / static_cast<double>(values.size()));
}

double LinearAverage(const std::vector<double>& values) {
  double sum = 0;
  double weights = 1;
  double weight = 1;
  for (const double value : values) {
    sum += value * weight;
    weights += weight;
    weight += 1;
  }
  return sum / weights;
}

double FadingAverage(const std::vector<double>& values, double alpha) {
  double average = values.front();
  for (size_t i = 1; i < values.size(); ++i) {
    average = values[i] * alpha + average * (1 - alpha);
  }
  return average;
}

}  // namespace

bool HasMovingFunction(std::string_view name, size_t arguments) {
  constexpr std::string_view kPlain[] = {"max", "min", "sum", "unweightedAvg", "linearWeightedAvg"};
  if (name == "stdDev" || name == "ewma") {
    return arguments == 1;
  }
  return arguments == 0 &&
         std::find(std::begin(kPlain), std::end(kPlain), name) != std::end(kPlain);
}

double MovingFunction(std::string_view name, std::span<const double> values, double argument) {
  std::vector<double> present;
  std::copy_if(values.begin(), values.end(), std::back_inserter(present),
               [](double value) { return !std::isnan(value); });
  double sum = 0;
  for (const double value : present) {
    sum += value;
  }
  if (name == "sum") {
    return sum;
  }
  if (present.empty()) {
    return kNone;
  }
  if (name == "max") {
    return *std::max_element(present.begin(), present.end());
  }
  if (name == "min") {
    return *std::min_element(present.begin(), present.end());
  }
  if (name == "stdDev") {
    return StandardDeviation(present, argument);
  }
  if (name == "ewma") {
    return FadingAverage(present, argument);
  }
  return name == "linearWeightedAvg" ? LinearAverage(present)
                                     : sum / static_cast<double>(present.size());
}

}  // namespace binseek::search
