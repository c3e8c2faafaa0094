// PowerOfTen: what decimals are scaled by. Thread-safe; a pure function.
#ifndef BINSEEK_ENGINE_MAPPING_POWER_OF_TEN_H_
#define BINSEEK_ENGINE_MAPPING_POWER_OF_TEN_H_

#include <array>
#include <cmath>
#include <cstdint>

namespace binseek::mapping {

// All exact, as std::pow gives them.
inline constexpr std::array<double, 19> kPowersOfTen = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,
                                                        1e7,  1e8,  1e9,  1e10, 1e11, 1e12, 1e13,
                                                        1e14, 1e15, 1e16, 1e17, 1e18};

// 10 to the `exponent`. Looked up, since aggregations ask for every value.
inline double PowerOfTen(uint8_t exponent) {
  return exponent < kPowersOfTen.size() ? kPowersOfTen[exponent] : std::pow(10.0, exponent);
}

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_POWER_OF_TEN_H_
