// AVX-512 kernels. Sixteen values of width w lie in 2w <= 64 bytes: one load, one byte permutation that brings the bytes of each value into its lane, one
// shift per lane, one mask. Only two tables depend on the width, so there is one loop for all. Loads are masked: no byte behind a block is read.
#include "engine/codec/bit_packing.h"

#if defined(__x86_64__)

// g++ 12 takes the "undefined" registers in its own header for uses of uninitialised variables.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include <algorithm>
#include <array>

#define BINSEEK_AVX512                                                    \
  __attribute__((                                                         \
      target("avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi,avx512vbmi2," \
             "avx512vpopcntdq,bmi,bmi2,popcnt")))

namespace binseek::codec::internal {
namespace {

// How to bring the values of one width into lanes of T: for each byte of a register the byte of the source, for each lane the shift.
template <class T>
struct Spread {
  alignas(64) std::array<uint8_t, 64> bytes{};
  alignas(64) std::array<T, 64 / sizeof(T)> shifts{};
};

template <class T>
constexpr auto MakeSpreads() {
  std::array<Spread<T>, 8 * sizeof(T) + 1> spreads{};
  for (size_t width = 0; width < spreads.size(); ++width) {
    for (size_t lane = 0; lane < 64 / sizeof(T); ++lane) {
      spreads[width].shifts[lane] = lane * width % 8;
      for (size_t byte = 0; byte < sizeof(T); ++byte) {
        spreads[width].bytes[lane * sizeof(T) + byte] =
            static_cast<uint8_t>((lane * width / 8 + byte) % 64);
      }
    }
  }
  return spreads;
}

constexpr auto kSpreads32 = MakeSpreads<uint32_t>();
constexpr auto kSpreads64 = MakeSpreads<uint64_t>();
// A value that begins within a byte may end behind its lane where it is wider than this; then a second permutation brings what follows.
constexpr uint32_t kNarrow32 = 25;
constexpr uint32_t kNarrow64 = 57;

constexpr std::array<uint8_t, 64> MakeIota() {
  std::array<uint8_t, 64> iota{};
  for (size_t i = 0; i < iota.size(); ++i) {
    iota[i] = static_cast<uint8_t>(i);
  }
  return iota;
}
alignas(64) constexpr std::array<uint8_t, 64> kIota = MakeIota();

BINSEEK_AVX512 inline __m512i Load(const void* from) { return _mm512_loadu_si512(from); }

BINSEEK_AVX512 inline __mmask64 FirstBytes(uint32_t count) {
  return _bzhi_u64(~uint64_t{0}, count);
}

// Calls sink(group, 16 values) for the 8 groups of a block of 128.
struct Unpacker32 {
  __m512i bytes;
  __m512i shifts;
  __m512i mask;
  __mmask64 readable;

  BINSEEK_AVX512 explicit Unpacker32(uint32_t width)
      : bytes(Load(kSpreads32[width].bytes.data())),
        shifts(Load(kSpreads32[width].shifts.data())),
        mask(_mm512_set1_epi32(static_cast<int>(_bzhi_u32(~uint32_t{0}, width)))),
        readable(FirstBytes(2 * width)) {}
  BINSEEK_AVX512 __m512i Narrow(const uint8_t* in) const {
    const __m512i raw = _mm512_permutexvar_epi8(bytes, _mm512_maskz_loadu_epi8(readable, in));
    return _mm512_and_si512(_mm512_srlv_epi32(raw, shifts), mask);
  }
  BINSEEK_AVX512 __m512i Wide(const uint8_t* in) const {
    const __m512i raw = _mm512_maskz_loadu_epi8(readable, in);
    const __m512i low = _mm512_permutexvar_epi8(bytes, raw);
    const __m512i high = _mm512_permutexvar_epi8(_mm512_add_epi8(bytes, _mm512_set1_epi8(4)), raw);
    return _mm512_and_si512(_mm512_shrdv_epi32(low, high, shifts), mask);
  }
};

BINSEEK_AVX512 void UnpackBlock128(const uint8_t* in, uint32_t width, uint32_t* out) {
  const Unpacker32 unpacker(width);
  const bool narrow = width <= kNarrow32;
  for (size_t group = 0; group < 8; ++group) {
    const uint8_t* from = in + group * 2 * width;
    _mm512_storeu_si512(out + 16 * group, narrow ? unpacker.Narrow(from) : unpacker.Wide(from));
  }
}

// Inclusive sums over the sixteen lanes.
BINSEEK_AVX512 inline __m512i Sums(__m512i values) {
  const __m512i zero = _mm512_setzero_si512();
  values = _mm512_add_epi32(values, _mm512_alignr_epi32(values, zero, 15));
  values = _mm512_add_epi32(values, _mm512_alignr_epi32(values, zero, 14));
  values = _mm512_add_epi32(values, _mm512_alignr_epi32(values, zero, 12));
  return _mm512_add_epi32(values, _mm512_alignr_epi32(values, zero, 8));
}

BINSEEK_AVX512 void UnpackGaps128(const uint8_t* in, uint32_t width, uint32_t base, uint32_t* out) {
  const Unpacker32 unpacker(width);
  const bool narrow = width <= kNarrow32;
  const __m512i last = _mm512_set1_epi32(15);
  const __m512i one = _mm512_set1_epi32(1);
  __m512i before = _mm512_set1_epi32(static_cast<int>(base));
  for (size_t group = 0; group < 8; ++group) {
    const uint8_t* from = in + group * 2 * width;
    const __m512i gaps = narrow ? unpacker.Narrow(from) : unpacker.Wide(from);
    const __m512i sums = Sums(_mm512_add_epi32(gaps, one));
    _mm512_storeu_si512(out + 16 * group, _mm512_add_epi32(sums, before));
    // Only this addition waits for the group before.
    before = _mm512_add_epi32(before, _mm512_permutexvar_epi32(last, sums));
  }
}

BINSEEK_AVX512 void UnpackBlock256(const uint8_t* in, uint32_t width, uint64_t* out) {
  const __m512i bytes = Load(kSpreads64[width].bytes.data());
  const __m512i bytes_behind = _mm512_add_epi8(bytes, _mm512_set1_epi8(8));
  const __m512i shifts = Load(kSpreads64[width].shifts.data());
  const __m512i mask = _mm512_set1_epi64(static_cast<int64_t>(_bzhi_u64(~uint64_t{0}, width)));
  const __mmask64 readable = FirstBytes(width);
  for (size_t group = 0; group < 32; ++group) {
    const __m512i raw = _mm512_maskz_loadu_epi8(readable, in + group * width);
    __m512i values = _mm512_permutexvar_epi8(bytes, raw);
    if (width <= kNarrow64) {
      values = _mm512_srlv_epi64(values, shifts);
    } else {
      values = _mm512_shrdv_epi64(values, _mm512_permutexvar_epi8(bytes_behind, raw), shifts);
    }
    _mm512_storeu_si512(out + 8 * group, _mm512_and_si512(values, mask));
  }
}

BINSEEK_AVX512 size_t ExpandBits(const uint8_t* in, size_t words, uint32_t base, size_t limit,
                                 uint32_t* out) {
  const __m512i iota = Load(kIota.data());
  size_t count = 0;
  for (size_t w = 0; w < words; ++w, base += 64) {
    const uint64_t word = static_cast<uint64_t>(
        _mm_cvtsi128_si64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(in + 8 * w))));
    const auto set = static_cast<size_t>(_mm_popcnt_u64(word));
    if (set > limit - count) {
      return limit + 1;
    }
    __m512i numbers = _mm512_maskz_compress_epi8(word, iota);
    const __m512i bases = _mm512_set1_epi32(static_cast<int>(base));
    for (size_t done = 0; done < set; done += 16) {
      const __m512i lanes = _mm512_cvtepu8_epi32(_mm512_castsi512_si128(numbers));
      _mm512_storeu_si512(out + count + done, _mm512_add_epi32(lanes, bases));
      numbers = _mm512_alignr_epi64(numbers, numbers, 2);
    }
    count += set;
  }
  return count;
}

// Near targets by comparing sixteen values at a time, far ones as the plain variant does.
BINSEEK_AVX512 size_t FindFirstGe(const uint8_t* values, size_t from, size_t size,
                                  uint32_t target) {
  constexpr size_t kNear = 128;
  const __m512i targets = _mm512_set1_epi32(static_cast<int>(target));
  const size_t end = std::min(size, from + kNear);
  for (; from < end; from += 16) {
    const auto valid = static_cast<__mmask16>(
        _bzhi_u32(0xffff, static_cast<uint32_t>(std::min<size_t>(16, end - from))));
    const __m512i lanes = _mm512_maskz_loadu_epi32(valid, values + 4 * from);
    const uint32_t found = _mm512_mask_cmp_epu32_mask(valid, lanes, targets, _MM_CMPINT_NLT);
    if (found != 0) {
      return from + _tzcnt_u32(found);
    }
  }
  return end == size ? size : ScalarKernels().find_first_ge(values, end, size, target);
}

BINSEEK_AVX512 uint64_t CountBits(const uint64_t* words, size_t size) {
  __m512i counts = _mm512_setzero_si512();
  for (size_t w = 0; w < size; w += 8) {
    const auto valid = static_cast<__mmask8>(
        _bzhi_u32(0xff, static_cast<uint32_t>(std::min<size_t>(8, size - w))));
    counts =
        _mm512_add_epi64(counts, _mm512_popcnt_epi64(_mm512_maskz_loadu_epi64(valid, words + w)));
  }
  return static_cast<uint64_t>(_mm512_reduce_add_epi64(counts));
}

// What is not here, the narrower registers do.
Kernels Make() {
  Kernels kernels = *Avx2Kernels();
  kernels.name = "avx512";
  kernels.unpack_block256 = UnpackBlock256;
  kernels.count_bits = CountBits;
  kernels.unpack_block128 = UnpackBlock128;
  kernels.unpack_gaps128 = UnpackGaps128;
  kernels.expand_bits = ExpandBits;
  kernels.find_first_ge = FindFirstGe;
  return kernels;
}

}  // namespace

const Kernels* Avx512Kernels() {
  const bool present =
      __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
      __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512vbmi") != 0 &&
      __builtin_cpu_supports("avx512vbmi2") != 0 &&
      __builtin_cpu_supports("avx512vpopcntdq") != 0 && Avx2Kernels() != nullptr;
  if (!present) {
    return nullptr;
  }
  static const Kernels kAvx512 = Make();
  return &kAvx512;
}

}  // namespace binseek::codec::internal

#else

namespace binseek::codec::internal {

const Kernels* Avx512Kernels() { return nullptr; }

}  // namespace binseek::codec::internal

#endif
