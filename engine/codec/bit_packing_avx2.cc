// AVX2 kernels. Eight values of width w lie in w bytes: each half of a register loads the bytes of four of them, one byte shuffle brings the bytes of each value
// into its lane, then one shift per lane and one mask. Only the tables depend on the width.
#include "engine/codec/bit_packing.h"

#if defined(__x86_64__)

#include <immintrin.h>

#include <algorithm>
#include <array>

#define BINSEEK_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))

namespace binseek::codec::internal {
namespace {

// A value that begins within a byte must end within the four (eight) bytes from there.
constexpr uint32_t kNarrow32 = kNarrowWidth;
constexpr uint32_t kNarrow64 = 57;

struct Spread {
  alignas(32) std::array<uint8_t, 32> bytes{};
  alignas(32) std::array<uint32_t, 8> shifts{};
};

// Lanes 4 to 7 begin in the middle of a byte where the width is odd.
constexpr auto MakeSpreads() {
  std::array<Spread, kNarrow32 + 1> spreads{};
  for (size_t width = 0; width < spreads.size(); ++width) {
    for (size_t lane = 0; lane < 8; ++lane) {
      const size_t bit = lane < 4 ? lane * width : (lane - 4) * width + 4 * width % 8;
      spreads[width].shifts[lane] = bit % 8;
      for (size_t byte = 0; byte < 4; ++byte) {
        spreads[width].bytes[4 * lane + byte] = static_cast<uint8_t>(bit / 8 + byte);
      }
    }
  }
  return spreads;
}
constexpr auto kSpreads = MakeSpreads();

BINSEEK_AVX2 inline __m256i LoadHalves(const uint8_t* low, const uint8_t* high) {
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(low))),
      _mm_loadu_si128(reinterpret_cast<const __m128i*>(high)), 1);
}
BINSEEK_AVX2 inline void Store(void* out, __m256i values) {
  _mm256_storeu_si256(static_cast<__m256i*>(out), values);
}

// REQUIRES: width <= kNarrow32.
struct Unpacker32 {
  __m256i bytes;
  __m256i shifts;
  __m256i mask;
  uint32_t half;

  BINSEEK_AVX2 explicit Unpacker32(uint32_t width)
      : bytes(_mm256_load_si256(reinterpret_cast<const __m256i*>(kSpreads[width].bytes.data()))),
        shifts(_mm256_load_si256(reinterpret_cast<const __m256i*>(kSpreads[width].shifts.data()))),
        mask(_mm256_set1_epi32(static_cast<int>(_bzhi_u32(~uint32_t{0}, width)))),
        half(width / 2) {}
  // Each value in its lane, not yet shifted to its begin, between bits of its neighbours.
  BINSEEK_AVX2 __m256i Spread(const uint8_t* in) const {
    return _mm256_shuffle_epi8(LoadHalves(in, in + half), bytes);
  }
  BINSEEK_AVX2 __m256i operator()(const uint8_t* in) const {
    return _mm256_and_si256(_mm256_srlv_epi32(Spread(in), shifts), mask);
  }
};

BINSEEK_AVX2 void UnpackBlock128(const uint8_t* in, uint32_t width, uint32_t* out) {
  if (width > kNarrow32) {
    ScalarKernels().unpack_block128(in, width, out);
    return;
  }
  const Unpacker32 unpack(width);
  for (size_t group = 0; group < 16; ++group) {
    Store(out + 8 * group, unpack(in + group * width));
  }
}

BINSEEK_AVX2 void UnpackGaps128(const uint8_t* in, uint32_t width, uint32_t base, uint32_t* out) {
  if (width > kNarrow32) {
    ScalarKernels().unpack_gaps128(in, width, base, out);
    return;
  }
  const Unpacker32 unpack(width);
  const __m256i last = _mm256_set1_epi32(7);
  const __m256i one = _mm256_set1_epi32(1);
  __m256i before = _mm256_set1_epi32(static_cast<int>(base));
  for (size_t group = 0; group < 16; ++group) {
    __m256i sums = _mm256_add_epi32(unpack(in + group * width), one);
    sums = _mm256_add_epi32(sums, _mm256_slli_si256(sums, 4));
    sums = _mm256_add_epi32(sums, _mm256_slli_si256(sums, 8));
    // The lower half's sum goes to all lanes of the upper one.
    const __m256i low = _mm256_permute2x128_si256(sums, sums, 0x08);
    sums = _mm256_add_epi32(sums, _mm256_shuffle_epi32(low, 0xff));
    Store(out + 8 * group, _mm256_add_epi32(sums, before));
    // Only this addition waits for the group before.
    before = _mm256_add_epi32(before, _mm256_permutevar8x32_epi32(sums, last));
  }
}

// Groups of four values: two halves with two values each, eight bytes a value.
BINSEEK_AVX2 void UnpackBlock256(const uint8_t* in, uint32_t width, uint64_t* out) {
  if (width == 0 || width > kNarrow64) {
    ScalarKernels().unpack_block256(in, width, out);
    return;
  }
  const __m256i mask = _mm256_set1_epi64x(static_cast<int64_t>(_bzhi_u64(~uint64_t{0}, width)));
  // Value i of eight begins at bit i * width from a byte's begin.
  std::array<uint32_t, 8> starts{};
  alignas(32) std::array<uint64_t, 8> shifts{};
  for (uint32_t i = 0; i < 8; ++i) {
    starts[i] = i * width / 8;
    shifts[i] = i * width % 8;
  }
  const __m256i low_shifts = _mm256_load_si256(reinterpret_cast<const __m256i*>(shifts.data()));
  const __m256i high_shifts =
      _mm256_load_si256(reinterpret_cast<const __m256i*>(shifts.data() + 4));
  // Every load takes eight bytes: the last eights of values are left to the plain variant, which reads nothing behind the block.
  const size_t block = Block256Bytes(width);
  size_t group = 0;
  for (; group * width + starts[7] + 8 <= block && group < 32; ++group) {
    const uint8_t* from = in + group * width;
    const auto load = [ from, &starts ](size_t i) __attribute__((target("avx2,bmi,bmi2,popcnt"))) {
      return _mm_unpacklo_epi64(
          _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + starts[i])),
          _mm_loadl_epi64(reinterpret_cast<const __m128i*>(from + starts[i + 1])));
    };
    const __m256i low = _mm256_inserti128_si256(_mm256_castsi128_si256(load(0)), load(2), 1);
    const __m256i high = _mm256_inserti128_si256(_mm256_castsi128_si256(load(4)), load(6), 1);
    Store(out + 8 * group, _mm256_and_si256(_mm256_srlv_epi64(low, low_shifts), mask));
    Store(out + 8 * group + 4, _mm256_and_si256(_mm256_srlv_epi64(high, high_shifts), mask));
  }
  for (auto i = static_cast<uint32_t>(8 * group); i < kBlock256; ++i) {
    out[i] = UnpackOne(in, width, i);
  }
}

// Values are compared where they lie: the range is shifted as they are, and (value - low) <= (high - low), without signs, holds for both shifted by as much,
// since they end within the lane.
struct PackedRange {
  Unpacker32 unpack;
  __m256i mask;
  __m256i low;
  __m256i span;

  BINSEEK_AVX2 PackedRange(uint32_t width, uint32_t from, uint32_t to)
      : unpack(width),
        mask(_mm256_sllv_epi32(unpack.mask, unpack.shifts)),
        low(_mm256_sllv_epi32(_mm256_set1_epi32(static_cast<int>(from)), unpack.shifts)),
        span(_mm256_sllv_epi32(_mm256_set1_epi32(static_cast<int>(to - from)), unpack.shifts)) {}
  // Eight lanes: all ones where the value is within.
  BINSEEK_AVX2 __m256i Match(const uint8_t* in) const {
    const __m256i above = _mm256_sub_epi32(_mm256_and_si256(unpack.Spread(in), mask), low);
    return _mm256_cmpeq_epi32(_mm256_min_epu32(above, span), above);
  }
};

BINSEEK_AVX2 void MatchBlock256(const uint8_t* in, uint32_t width, uint32_t low, uint32_t high,
                                uint64_t* match) {
  const PackedRange range(width, low, high);
  // Packing interleaves the halves of the registers.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  for (size_t w = 0; w < kBlock256 / 64; ++w) {
    uint64_t word = 0;
    for (size_t i = 0; i < 64; i += 32, in += size_t{4} * width) {
      const __m256i first = _mm256_packs_epi32(range.Match(in), range.Match(in + width));
      const __m256i second = _mm256_packs_epi32(range.Match(in + size_t{2} * width),
                                                range.Match(in + size_t{3} * width));
      const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(first, second), order);
      word |= uint64_t{static_cast<uint32_t>(_mm256_movemask_epi8(bytes))} << i;
    }
    match[w] = word;
  }
}

// base + factor * value of four values of up to 32 bits.
BINSEEK_AVX2 inline __m256i Linear(__m128i values, __m256i base, __m256i factor,
                                   __m256i factor_high) {
  const __m256i wide = _mm256_cvtepu32_epi64(values);
  const __m256i high = _mm256_slli_epi64(_mm256_mul_epu32(wide, factor_high), 32);
  return _mm256_add_epi64(_mm256_add_epi64(_mm256_mul_epu32(wide, factor), high), base);
}

BINSEEK_AVX2 void ExpandBlock256(const uint8_t* in, uint32_t width, uint64_t base, uint64_t factor,
                                 uint64_t* out) {
  const Unpacker32 unpack(width);
  const __m256i bases = _mm256_set1_epi64x(static_cast<int64_t>(base));
  if (factor == 1) {
    for (size_t i = 0; i < kBlock256; i += 8, in += width) {
      const __m256i values = unpack(in);
      const __m256i low = _mm256_cvtepu32_epi64(_mm256_castsi256_si128(values));
      const __m256i high = _mm256_cvtepu32_epi64(_mm256_extracti128_si256(values, 1));
      Store(out + i, _mm256_add_epi64(low, bases));
      Store(out + i + 4, _mm256_add_epi64(high, bases));
    }
    return;
  }
  const __m256i factors = _mm256_set1_epi64x(static_cast<int64_t>(factor));
  const __m256i factors_high = _mm256_srli_epi64(factors, 32);
  for (size_t i = 0; i < kBlock256; i += 8, in += width) {
    const __m256i values = unpack(in);
    Store(out + i, Linear(_mm256_castsi256_si128(values), bases, factors, factors_high));
    Store(out + i + 4, Linear(_mm256_extracti128_si256(values, 1), bases, factors, factors_high));
  }
}

BINSEEK_AVX2 uint64_t CountBits(const uint64_t* words, size_t size) {
  uint64_t count = 0;
  for (size_t w = 0; w < size; ++w) {
    count += static_cast<uint64_t>(_mm_popcnt_u64(words[w]));
  }
  return count;
}

BINSEEK_AVX2 size_t ExpandBits(const uint8_t* in, size_t words, uint32_t base, size_t limit,
                               uint32_t* out) {
  size_t count = 0;
  for (size_t w = 0; w < words; ++w, base += 64) {
    uint64_t word = static_cast<uint64_t>(
        _mm_cvtsi128_si64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(in + 8 * w))));
    const auto set = static_cast<size_t>(_mm_popcnt_u64(word));
    if (set > limit - count) {
      return limit + 1;
    }
    // Four at a time without a branch in between; what is too many is overwritten, or lies in the pad.
    for (size_t done = 0; done < set; done += 4) {
      for (size_t i = 0; i < 4; ++i) {
        out[count + done + i] = base + static_cast<uint32_t>(_tzcnt_u64(word));
        word = _blsr_u64(word);
      }
    }
    count += set;
  }
  return count;
}

// Near targets by comparing eight values at a time, far ones as the plain variant does.
BINSEEK_AVX2 size_t FindFirstGe(const uint8_t* values, size_t from, size_t size, uint32_t target) {
  constexpr size_t kNear = 128;
  const __m256i targets = _mm256_set1_epi32(static_cast<int>(target));
  const size_t end = std::min(size, from + kNear);
  for (; from + 8 <= end; from += 8) {
    const __m256i lanes = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(values + 4 * from));
    const __m256i not_less = _mm256_cmpeq_epi32(_mm256_max_epu32(lanes, targets), lanes);
    const auto found = static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(not_less)));
    if (found != 0) {
      return from + _tzcnt_u32(found);
    }
  }
  return ScalarKernels().find_first_ge(values, from, size, target);
}

constexpr Kernels kAvx2 = {.name = "avx2",
                           .unpack_block256 = UnpackBlock256,
                           .match_block256 = MatchBlock256,
                           .expand_block256 = ExpandBlock256,
                           .count_bits = CountBits,
                           .unpack_block128 = UnpackBlock128,
                           .unpack_gaps128 = UnpackGaps128,
                           .expand_bits = ExpandBits,
                           .find_first_ge = FindFirstGe};

}  // namespace

const Kernels* Avx2Kernels() {
  const bool present = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 &&
                       __builtin_cpu_supports("bmi2") != 0;
  return present ? &kAvx2 : nullptr;
}

}  // namespace binseek::codec::internal

#else

namespace binseek::codec::internal {

const Kernels* Avx2Kernels() { return nullptr; }

}  // namespace binseek::codec::internal

#endif
