#include "engine/codec/range_match.h"

#include <cstddef>

#if defined(__x86_64__)
// g++ 12 takes the "undefined" registers in its own header for uses of uninitialised variables.
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#define BINSEEK_AVX2 __attribute__((target("avx2")))
#define BINSEEK_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl")))
#endif

namespace binseek::codec {
namespace internal {
namespace {

constexpr uint32_t kValues = 256;
constexpr uint32_t kWords = kValues / 64;

void MatchScalar(const uint64_t* values, uint64_t low, uint64_t high, uint64_t* match) {
  for (uint32_t w = 0; w < kWords; ++w) {
    uint64_t bits = 0;
    for (uint32_t i = 0; i < 64; ++i) {
      bits |= uint64_t{values[64 * w + i] - low <= high - low} << i;
    }
    match[w] = bits;
  }
}

void RebaseScalar(uint64_t base, uint64_t factor, const uint64_t* present, uint64_t* values) {
  for (uint32_t i = 0; i < kValues; ++i) {
    const bool keep = present == nullptr || (present[i / 64] >> i % 64 & 1) != 0;
    values[i] = keep ? base + factor * values[i] : 0;
  }
}

void NarrowScalar(const uint64_t* values, const uint64_t* present, uint64_t limit, uint32_t none,
                  uint32_t* out) {
  for (uint32_t i = 0; i < kValues; ++i) {
    const bool keep = (present[i / 64] >> i % 64 & 1) != 0 && values[i] < limit;
    out[i] = keep ? static_cast<uint32_t>(values[i]) : none;
  }
}

constexpr RangeKernels kScalar = {"scalar", MatchScalar, RebaseScalar, NarrowScalar};

}  // namespace

const RangeKernels& ScalarRangeKernels() { return kScalar; }

#if defined(__x86_64__)

namespace {

BINSEEK_AVX2 inline __m256i Load4(const uint64_t* from) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// There is only a signed comparison; flipping the top bit of both sides makes it unsigned.
BINSEEK_AVX2 void MatchAvx2(const uint64_t* values, uint64_t low, uint64_t high, uint64_t* match) {
  const __m256i top = _mm256_set1_epi64x(INT64_MIN);
  const __m256i from = _mm256_set1_epi64x(static_cast<int64_t>(low));
  const __m256i span = _mm256_xor_si256(_mm256_set1_epi64x(static_cast<int64_t>(high - low)), top);
  for (size_t w = 0; w < kWords; ++w) {
    uint64_t outside = 0;
    for (uint32_t i = 0; i < 64; i += 4) {
      const __m256i above = _mm256_sub_epi64(Load4(values + 64 * w + i), from);
      const __m256i greater = _mm256_cmpgt_epi64(_mm256_xor_si256(above, top), span);
      const int bits = _mm256_movemask_pd(_mm256_castsi256_pd(greater));
      outside |= static_cast<uint64_t>(bits) << i;
    }
    match[w] = ~outside;
  }
}

// The product of 64-bit lanes modulo 2^64, from three of 32 bits.
BINSEEK_AVX2 inline __m256i Multiply(__m256i values, __m256i factor, __m256i factor_high) {
  const __m256i low = _mm256_mul_epu32(values, factor);
  const __m256i cross = _mm256_add_epi64(_mm256_mul_epu32(_mm256_srli_epi64(values, 32), factor),
                                         _mm256_mul_epu32(values, factor_high));
  return _mm256_add_epi64(low, _mm256_slli_epi64(cross, 32));
}

// Four lanes that say which bits of `bits` are set, as a mask.
BINSEEK_AVX2 inline __m256i SpreadBits(uint64_t bits) {
  const __m256i lanes = _mm256_setr_epi64x(1, 2, 4, 8);
  const __m256i set = _mm256_and_si256(_mm256_set1_epi64x(static_cast<int64_t>(bits)), lanes);
  return _mm256_cmpeq_epi64(set, lanes);
}

BINSEEK_AVX2 void RebaseAvx2(uint64_t base, uint64_t factor, const uint64_t* present,
                             uint64_t* values) {
  const __m256i bases = _mm256_set1_epi64x(static_cast<int64_t>(base));
  const __m256i factors = _mm256_set1_epi64x(static_cast<int64_t>(factor));
  const __m256i factors_high = _mm256_srli_epi64(factors, 32);
  for (uint32_t i = 0; i < kValues; i += 4) {
    __m256i v = Load4(values + i);
    v = _mm256_add_epi64(bases, factor == 1 ? v : Multiply(v, factors, factors_high));
    if (present != nullptr) {
      v = _mm256_and_si256(v, SpreadBits(present[i / 64] >> i % 64));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + i), v);
  }
}

BINSEEK_AVX2 void NarrowAvx2(const uint64_t* values, const uint64_t* present, uint64_t limit,
                             uint32_t none, uint32_t* out) {
  const __m256i top = _mm256_set1_epi64x(INT64_MIN);
  const __m256i end = _mm256_set1_epi64x(static_cast<int64_t>(limit ^ uint64_t{1} << 63));
  const __m256i nones = _mm256_set1_epi64x(none);
  const __m256i low_halves = _mm256_setr_epi32(0, 2, 4, 6, 0, 2, 4, 6);
  for (uint32_t i = 0; i < kValues; i += 4) {
    const __m256i v = Load4(values + i);
    const __m256i below = _mm256_cmpgt_epi64(end, _mm256_xor_si256(v, top));
    const __m256i keep = _mm256_and_si256(below, SpreadBits(present[i / 64] >> i % 64));
    const __m256i kept = _mm256_blendv_epi8(nones, v, keep);
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i),
                     _mm256_castsi256_si128(_mm256_permutevar8x32_epi32(kept, low_halves)));
  }
}

BINSEEK_AVX512 void MatchAvx512(const uint64_t* values, uint64_t low, uint64_t high,
                                uint64_t* match) {
  const __m512i from = _mm512_set1_epi64(static_cast<int64_t>(low));
  const __m512i span = _mm512_set1_epi64(static_cast<int64_t>(high - low));
  for (size_t w = 0; w < kWords; ++w) {
    uint64_t bits = 0;
    for (uint32_t i = 0; i < 64; i += 8) {
      const __m512i above = _mm512_sub_epi64(_mm512_loadu_si512(values + 64 * w + i), from);
      bits |= uint64_t{_mm512_cmple_epu64_mask(above, span)} << i;
    }
    match[w] = bits;
  }
}

BINSEEK_AVX512 void RebaseAvx512(uint64_t base, uint64_t factor, const uint64_t* present,
                                 uint64_t* values) {
  const __m512i bases = _mm512_set1_epi64(static_cast<int64_t>(base));
  const __m512i factors = _mm512_set1_epi64(static_cast<int64_t>(factor));
  for (uint32_t i = 0; i < kValues; i += 8) {
    __m512i v = _mm512_loadu_si512(values + i);
    v = factor == 1 ? v : _mm512_mullo_epi64(v, factors);
    const uint64_t bits = present == nullptr ? ~uint64_t{0} : present[i / 64] >> i % 64;
    _mm512_storeu_si512(values + i, _mm512_maskz_add_epi64(static_cast<__mmask8>(bits), bases, v));
  }
}

BINSEEK_AVX512 void NarrowAvx512(const uint64_t* values, const uint64_t* present, uint64_t limit,
                                 uint32_t none, uint32_t* out) {
  const __m512i end = _mm512_set1_epi64(static_cast<int64_t>(limit));
  const __m256i nones = _mm256_set1_epi32(static_cast<int>(none));
  for (uint32_t i = 0; i < kValues; i += 8) {
    const __m512i v = _mm512_loadu_si512(values + i);
    const auto keep = static_cast<__mmask8>(present[i / 64] >> i % 64);
    _mm256_storeu_si256(
        reinterpret_cast<__m256i*>(out + i),
        _mm512_mask_cvtepi64_epi32(nones, _mm512_mask_cmplt_epu64_mask(keep, v, end), v));
  }
}

constexpr RangeKernels kAvx2 = {"avx2", MatchAvx2, RebaseAvx2, NarrowAvx2};
constexpr RangeKernels kAvx512 = {"avx512", MatchAvx512, RebaseAvx512, NarrowAvx512};

}  // namespace

const RangeKernels* Avx2RangeKernels() {
  return __builtin_cpu_supports("avx2") != 0 ? &kAvx2 : nullptr;
}

const RangeKernels* Avx512RangeKernels() {
  const bool present = __builtin_cpu_supports("avx512f") != 0 &&
                       __builtin_cpu_supports("avx512dq") != 0 &&
                       __builtin_cpu_supports("avx512vl") != 0;
  return present ? &kAvx512 : nullptr;
}

#else

const RangeKernels* Avx2RangeKernels() { return nullptr; }
const RangeKernels* Avx512RangeKernels() { return nullptr; }

#endif

namespace {

const RangeKernels* Choose() {
  if (const RangeKernels* kernels = Avx512RangeKernels()) {
    return kernels;
  }
  if (const RangeKernels* kernels = Avx2RangeKernels()) {
    return kernels;
  }
  return &kScalar;
}

const RangeKernels& Best() {
  static const RangeKernels* const kBest = Choose();
  return *kBest;
}

}  // namespace
}  // namespace internal

void MatchRange256(const uint64_t* values, uint64_t low, uint64_t high, uint64_t* match) {
  internal::Best().match_range(values, low, high, match);
}

void Rebase256(uint64_t base, uint64_t factor, const uint64_t* present, uint64_t* values) {
  internal::Best().rebase(base, factor, present, values);
}

void Narrow256(const uint64_t* values, const uint64_t* present, uint64_t limit, uint32_t none,
               uint32_t* out) {
  internal::Best().narrow(values, present, limit, none, out);
}

}  // namespace binseek::codec
