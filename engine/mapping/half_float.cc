// RoundToHalf: numbers of 16 bits.
#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/mapping/number.h"

namespace binseek::mapping {

double RoundToHalf(double value) {
  const float narrow = static_cast<float>(value);
  const float magnitude = std::abs(narrow);
  if (!(magnitude < 65520.0F)) {
    return std::copysign(std::numeric_limits<double>::infinity(), value);
  }
  // Ten bits behind the leading one; fewer below 2^-14.
  const int exponent = magnitude == 0 ? -14 : std::max(std::ilogb(magnitude), -14);
  const double step = std::ldexp(1.0, exponent - 10);
  return std::copysign(std::nearbyint(static_cast<double>(magnitude) / step) * step, value);
}

}  // namespace binseek::mapping
