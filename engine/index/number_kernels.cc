#include "engine/index/number_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <type_traits>

namespace binseek::index {

namespace {

// Calls Kernel<T>(…) for the integer type of `width`.
#define BINSEEK_BY_WIDTH(width, Kernel, ...) \
  switch (width) {                           \
    case 1:                                  \
      return Kernel<uint8_t>(__VA_ARGS__);   \
    case 2:                                  \
      return Kernel<uint16_t>(__VA_ARGS__);  \
    case 4:                                  \
      return Kernel<uint32_t>(__VA_ARGS__);  \
    default:                                 \
      return Kernel<int64_t>(__VA_ARGS__);   \
  }

template <class T>
void WidenScalarOf(const T* from, uint32_t begin, uint32_t n, int64_t frame, int64_t* values) {
  for (uint32_t i = begin; i < n; ++i) {
    values[i] = static_cast<int64_t>(static_cast<uint64_t>(frame) + static_cast<uint64_t>(from[i]));
  }
}

template <class T>
void WidenScalar(const void* integers, uint32_t n, int64_t frame, int64_t* values) {
  WidenScalarOf(static_cast<const T*>(integers), 0, n, frame, values);
}

template <class T>
void MatchScalar(const void* integers, uint32_t words, int64_t low, int64_t high, uint64_t* match) {
  const T* from = static_cast<const T*>(integers);
  const T lo = static_cast<T>(low);
  const T hi = static_cast<T>(high);
  for (uint32_t w = 0; w < words; ++w, from += 64) {
    uint64_t word = 0;
    for (uint32_t i = 0; i < 64; ++i) {
      word |= static_cast<uint64_t>(from[i] >= lo && from[i] <= hi) << i;
    }
    match[w] = word;
  }
}

void WidenScalarAny(uint32_t width, const void* integers, uint32_t n, int64_t frame,
                    int64_t* values) {
  BINSEEK_BY_WIDTH(width, WidenScalar, integers, n, frame, values);
}
void MatchScalarAny(uint32_t width, const void* integers, uint32_t words, int64_t low, int64_t high,
                    uint64_t* match) {
  BINSEEK_BY_WIDTH(width, MatchScalar, integers, words, low, high, match);
}

constexpr NumberKernels kScalar{"scalar", WidenScalarAny, MatchScalarAny};

#if defined(__x86_64__)

template <class T>
__attribute__((target("avx2"))) void WidenAvx2(const void* integers, uint32_t n, int64_t frame,
                                               int64_t* values) {
  const T* from = static_cast<const T*>(integers);
  if constexpr (sizeof(T) == 8) {
    std::copy_n(from, n, values);
  } else {
    const __m256i base = _mm256_set1_epi64x(frame);
    uint32_t i = 0;
    for (; i + 16 <= n; i += 16) {
      for (uint32_t j = 0; j < 16; j += 4) {
        __m256i wide;
        if constexpr (sizeof(T) == 1) {
          wide = _mm256_cvtepu8_epi64(_mm_loadu_si32(from + i + j));
        } else if constexpr (sizeof(T) == 2) {
          wide = _mm256_cvtepu16_epi64(_mm_loadu_si64(from + i + j));
        } else {
          wide = _mm256_cvtepu32_epi64(
              _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i + j)));
        }
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(values + i + j),
                            _mm256_add_epi64(wide, base));
      }
    }
    WidenScalarOf(from, i, n, frame, values);
  }
}

// Bits of 32 bytes, or of four integers of 64 bits. Unsigned: x - low <= high - low.
template <class T>
__attribute__((target("avx2"))) uint32_t MatchVectorAvx2(const T* from, __m256i low,
                                                         __m256i other) {
  const __m256i x = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
  if constexpr (sizeof(T) == 1) {
    const __m256i d = _mm256_sub_epi8(x, low);
    return static_cast<uint32_t>(
        _mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_min_epu8(d, other), d)));
  } else {
    const __m256i out = _mm256_or_si256(_mm256_cmpgt_epi64(low, x), _mm256_cmpgt_epi64(x, other));
    return ~static_cast<uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(out))) & 0xF;
  }
}

__attribute__((target("avx2"))) uint32_t MatchShortsAvx2(const uint16_t* from, __m256i low,
                                                         __m256i span) {
  const __m256i a =
      _mm256_sub_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)), low);
  const __m256i b =
      _mm256_sub_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from + 16)), low);
  // packs puts the halves of both side by side per lane; the permutation puts them in order again.
  const __m256i both = _mm256_packs_epi16(_mm256_cmpeq_epi16(_mm256_min_epu16(a, span), a),
                                          _mm256_cmpeq_epi16(_mm256_min_epu16(b, span), b));
  return static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_permute4x64_epi64(both, 0xD8)));
}

// 32 of them. Unsigned: x - low <= span.
__attribute__((target("avx2"))) inline __m256i MatchIntsAvx2(const uint32_t* from, __m256i low,
                                                             __m256i span) {
  const __m256i d =
      _mm256_sub_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(from)), low);
  return _mm256_cmpeq_epi32(_mm256_min_epu32(d, span), d);
}
__attribute__((target("avx2"))) uint32_t Match32IntsAvx2(const uint32_t* from, __m256i low,
                                                         __m256i span) {
  const __m256i a =
      _mm256_packs_epi32(MatchIntsAvx2(from, low, span), MatchIntsAvx2(from + 8, low, span));
  const __m256i b =
      _mm256_packs_epi32(MatchIntsAvx2(from + 16, low, span), MatchIntsAvx2(from + 24, low, span));
  // Packing interleaves the halves of the registers.
  const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  const __m256i bytes = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(a, b), order);
  return static_cast<uint32_t>(_mm256_movemask_epi8(bytes));
}

template <class T>
__attribute__((target("avx2"))) void MatchAvx2(const void* integers, uint32_t words, int64_t low,
                                               int64_t high, uint64_t* match) {
  const T* from = static_cast<const T*>(integers);
  __m256i first;
  __m256i second;
  if constexpr (sizeof(T) == 1) {
    first = _mm256_set1_epi8(static_cast<char>(low));
    second = _mm256_set1_epi8(static_cast<char>(high - low));
  } else if constexpr (sizeof(T) == 2) {
    first = _mm256_set1_epi16(static_cast<int16_t>(low));
    second = _mm256_set1_epi16(static_cast<int16_t>(high - low));
  } else if constexpr (sizeof(T) == 4) {
    first = _mm256_set1_epi32(static_cast<int32_t>(low));
    second = _mm256_set1_epi32(static_cast<int32_t>(high - low));
  } else {
    first = _mm256_set1_epi64x(low);
    second = _mm256_set1_epi64x(high);
  }
  constexpr uint32_t kStep = sizeof(T) == 8 ? 4 : 32;
  for (uint32_t w = 0; w < words; ++w, from += 64) {
    uint64_t word = 0;
    for (uint32_t i = 0; i < 64; i += kStep) {
      uint64_t bits;
      if constexpr (sizeof(T) == 2) {
        bits = MatchShortsAvx2(from + i, first, second);
      } else if constexpr (sizeof(T) == 4) {
        bits = Match32IntsAvx2(from + i, first, second);
      } else {
        bits = MatchVectorAvx2(from + i, first, second);
      }
      word |= bits << i;
    }
    match[w] = word;
  }
}

template <class T>
__attribute__((target("avx512f,avx512bw"))) void MatchAvx512(const void* integers, uint32_t words,
                                                             int64_t low, int64_t high,
                                                             uint64_t* match) {
  const T* from = static_cast<const T*>(integers);
  for (uint32_t w = 0; w < words; ++w, from += 64) {
    uint64_t word = 0;
    for (uint32_t i = 0; i < 64; i += 64 / sizeof(T)) {
      const __m512i x = _mm512_loadu_si512(from + i);
      if constexpr (sizeof(T) == 1) {
        const __m512i d = _mm512_sub_epi8(x, _mm512_set1_epi8(static_cast<char>(low)));
        word = _mm512_cmple_epu8_mask(d, _mm512_set1_epi8(static_cast<char>(high - low)));
      } else if constexpr (sizeof(T) == 2) {
        const __m512i d = _mm512_sub_epi16(x, _mm512_set1_epi16(static_cast<int16_t>(low)));
        const __m512i span = _mm512_set1_epi16(static_cast<int16_t>(high - low));
        word |= static_cast<uint64_t>(_mm512_cmple_epu16_mask(d, span)) << i;
      } else if constexpr (sizeof(T) == 4) {
        const __m512i d = _mm512_sub_epi32(x, _mm512_set1_epi32(static_cast<int32_t>(low)));
        const __m512i span = _mm512_set1_epi32(static_cast<int32_t>(high - low));
        word |= static_cast<uint64_t>(_mm512_cmple_epu32_mask(d, span)) << i;
      } else {
        const __mmask8 above = _mm512_cmpge_epi64_mask(x, _mm512_set1_epi64(low));
        word |=
            static_cast<uint64_t>(_mm512_mask_cmple_epi64_mask(above, x, _mm512_set1_epi64(high)))
            << i;
      }
    }
    match[w] = word;
  }
}

void WidenAvx2Any(uint32_t width, const void* integers, uint32_t n, int64_t frame,
                  int64_t* values) {
  BINSEEK_BY_WIDTH(width, WidenAvx2, integers, n, frame, values);
}
void MatchAvx2Any(uint32_t width, const void* integers, uint32_t words, int64_t low, int64_t high,
                  uint64_t* match) {
  BINSEEK_BY_WIDTH(width, MatchAvx2, integers, words, low, high, match);
}
void MatchAvx512Any(uint32_t width, const void* integers, uint32_t words, int64_t low, int64_t high,
                    uint64_t* match) {
  BINSEEK_BY_WIDTH(width, MatchAvx512, integers, words, low, high, match);
}

constexpr NumberKernels kAvx2{"avx2", WidenAvx2Any, MatchAvx2Any};
// Widening is bound by memory already at 256 bits.
constexpr NumberKernels kAvx512{"avx512", WidenAvx2Any, MatchAvx512Any};

#endif  // __x86_64__

#undef BINSEEK_BY_WIDTH

}  // namespace

std::vector<const NumberKernels*> NumberKernels::Supported() {
  std::vector<const NumberKernels*> supported{&kScalar};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0) {
    supported.push_back(&kAvx2);
    if (__builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0) {
      supported.push_back(&kAvx512);
    }
  }
#endif
  return supported;
}

const NumberKernels& NumberKernels::Best() {
  static const NumberKernels& best = *Supported().back();
  return best;
}

}  // namespace binseek::index
