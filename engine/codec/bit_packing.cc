#include "engine/codec/bit_packing.h"

#include <algorithm>
#include <cstring>

#include "engine/base/coding.h"

namespace binseek::codec {
namespace {

constexpr uint64_t LowBits(uint32_t width) {
  return width >= 64 ? ~uint64_t{0} : (uint64_t{1} << width) - 1;
}

// `count` is a multiple of 8, so a block ends at a byte.
template <class T>
void Pack(const T* in, size_t count, uint32_t width, uint8_t* out) {
  const uint64_t mask = LowBits(width);
  uint64_t pending = 0;
  uint32_t bits = 0;  // of `pending`, below 64
  for (size_t i = 0; i < count && width > 0; ++i) {
    const uint64_t value = in[i] & mask;
    pending |= value << bits;
    bits += width;
    if (bits >= 64) {
      std::memcpy(out, &pending, 8);
      out += 8;
      bits -= 64;
      // What of the value did not fit; all of it did where bits is 0.
      pending = bits == 0 ? 0 : value >> (width - bits);
    }
  }
  if (bits > 0) {
    std::memcpy(out, &pending, bits / 8);
  }
}

void UnpackBlock256Scalar(const uint8_t* in, uint32_t width, uint64_t* out) {
  if (width == 0) {
    std::fill_n(out, kBlock256, 0);
    return;
  }
  for (uint32_t i = 0; i < kBlock256; ++i) {
    out[i] = UnpackOne(in, width, i);
  }
}

void MatchBlock256Scalar(const uint8_t* in, uint32_t width, uint32_t low, uint32_t high,
                         uint64_t* match) {
  std::fill_n(match, kBlock256 / 64, 0);
  for (uint32_t i = 0; i < kBlock256; ++i) {
    const uint64_t value = UnpackOne(in, width, i);
    match[i / 64] |= uint64_t{low <= value && value <= high} << i % 64;
  }
}

void ExpandBlock256Scalar(const uint8_t* in, uint32_t width, uint64_t base, uint64_t factor,
                          uint64_t* out) {
  for (uint32_t i = 0; i < kBlock256; ++i) {
    out[i] = base + factor * UnpackOne(in, width, i);
  }
}

uint64_t CountBitsScalar(const uint64_t* words, size_t size) {
  uint64_t count = 0;
  for (size_t w = 0; w < size; ++w) {
    count += static_cast<uint64_t>(std::popcount(words[w]));
  }
  return count;
}

// Value `index` of up to 32 bits. Reads eight bytes from where it begins: within the pad at the end of a block.
uint32_t Unpack32(const uint8_t* in, uint32_t width, uint32_t index) {
  const uint32_t bit = index * width;
  return static_cast<uint32_t>(LoadU64(in + bit / 8) >> (bit % 8) & LowBits(width));
}

void UnpackBlock128Scalar(const uint8_t* in, uint32_t width, uint32_t* out) {
  if (width == 0) {
    std::fill_n(out, kBlock128, 0);
    return;
  }
  for (uint32_t i = 0; i < kBlock128; ++i) {
    out[i] = Unpack32(in, width, i);
  }
}

void UnpackGaps128Scalar(const uint8_t* in, uint32_t width, uint32_t base, uint32_t* out) {
  for (uint32_t i = 0; i < kBlock128; ++i) {
    base += (width == 0 ? 0 : Unpack32(in, width, i)) + 1;
    out[i] = base;
  }
}

size_t ExpandBitsScalar(const uint8_t* in, size_t words, uint32_t base, size_t limit,
                        uint32_t* out) {
  size_t count = 0;
  for (size_t w = 0; w < words; ++w) {
    for (uint64_t word = LoadU64(in + 8 * w); word != 0; word &= word - 1) {
      if (count == limit) {
        return limit + 1;
      }
      out[count++] =
          base + static_cast<uint32_t>(64 * w) + static_cast<uint32_t>(std::countr_zero(word));
    }
  }
  return count;
}

size_t FindFirstGeScalar(const uint8_t* values, size_t from, size_t size, uint32_t target) {
  // Targets are usually near: gallop, then halve.
  size_t step = 1;
  size_t low = from;
  while (low < size && LoadU32(values + 4 * low) < target) {
    from = low + 1;
    low += step;
    step *= 2;
  }
  size_t high = std::min(low, size);
  while (from < high) {
    const size_t middle = from + (high - from) / 2;
    if (LoadU32(values + 4 * middle) < target) {
      from = middle + 1;
    } else {
      high = middle;
    }
  }
  return high;
}

constexpr Kernels kScalar = {.name = "scalar",
                             .unpack_block256 = UnpackBlock256Scalar,
                             .match_block256 = MatchBlock256Scalar,
                             .expand_block256 = ExpandBlock256Scalar,
                             .count_bits = CountBitsScalar,
                             .unpack_block128 = UnpackBlock128Scalar,
                             .unpack_gaps128 = UnpackGaps128Scalar,
                             .expand_bits = ExpandBitsScalar,
                             .find_first_ge = FindFirstGeScalar};

const Kernels* Choose() {
  if (const Kernels* kernels = internal::Avx512Kernels()) {
    return kernels;
  }
  if (const Kernels* kernels = internal::Avx2Kernels()) {
    return kernels;
  }
  return &kScalar;
}

}  // namespace

namespace internal {

const Kernels& ScalarKernels() { return kScalar; }

}  // namespace internal

const Kernels& BestKernels() {
  static const Kernels* const kBest = Choose();
  return *kBest;
}

void PackBlock256(const uint64_t* in, uint32_t width, uint8_t* out) {
  Pack(in, kBlock256, width, out);
}

void PackBlock128(const uint32_t* in, uint32_t width, uint8_t* out) {
  Pack(in, kBlock128, width, out);
}

void UnpackBlock256(const uint8_t* in, uint32_t width, uint64_t* out) {
  BestKernels().unpack_block256(in, width, out);
}

uint64_t UnpackOne(const uint8_t* in, uint32_t width, uint32_t index) {
  if (width == 0) {
    return 0;
  }
  const size_t bit = size_t{index} * width;
  // Near the end an earlier load holds the value too: it ends with the block at the latest.
  const size_t byte = std::min(bit / 8, Block256Bytes(width) - 8);
  const auto shift = static_cast<uint32_t>(bit - 8 * byte);
  uint64_t value = LoadU64(in + byte) >> shift;
  if (shift + width > 64) {
    value |= uint64_t{in[byte + 8]} << (64 - shift);
  }
  return value & LowBits(width);
}

}  // namespace binseek::codec
