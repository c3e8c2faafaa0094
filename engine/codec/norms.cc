#include "engine/codec/norms.h"

#include <algorithm>
#include <bit>

namespace binseek::codec {
namespace {

// Four significant bits: values below 8 as they are, then 3 mantissa bits behind the leading one and an exponent.
uint32_t ToFloat4(uint64_t value) {
  const int bits = static_cast<int>(std::bit_width(value));
  if (bits < 4) {
    return static_cast<uint32_t>(value);
  }
  const int shift = bits - 4;
  const uint32_t mantissa = static_cast<uint32_t>(value >> shift) & 0x07;
  return mantissa | static_cast<uint32_t>(shift + 1) << 3;
}

uint64_t FromFloat4(uint32_t encoded) {
  const uint64_t mantissa = encoded & 0x07;
  const int exponent = static_cast<int>(encoded >> 3) - 1;
  return exponent < 0 ? mantissa : (mantissa | 0x08) << exponent;
}

// How many of the 256 bytes the largest 31-bit length leaves free; the smallest lengths use them to be exact.
constexpr uint32_t kMaxFloat4 = 231;           // ToFloat4(2^31 - 1)
constexpr uint32_t kExact = 255 - kMaxFloat4;  // 24

}  // namespace

uint8_t EncodeNorm(uint32_t length) {
  if (length < kExact) {
    return static_cast<uint8_t>(length);
  }
  constexpr uint32_t kLongest = (uint32_t{1} << 31) - 1;
  return static_cast<uint8_t>(kExact + ToFloat4(std::min(length, kLongest) - kExact));
}

uint32_t DecodeNorm(uint8_t norm) {
  if (norm < kExact) {
    return norm;
  }
  return static_cast<uint32_t>(kExact + FromFloat4(norm - kExact));
}

}  // namespace binseek::codec
