#include "sync/binlog/crc32.h"

#include <zlib.h>

#include <cstddef>

#include "engine/base/check.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace binseek::binlog {
namespace internal {

uint32_t Crc32Zlib(std::string_view bytes, uint32_t seed) {
  return static_cast<uint32_t>(
      crc32_z(seed, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

#if defined(__x86_64__)

namespace {

constexpr size_t kLane = 16;    // bytes
constexpr size_t kStride = 64;  // four lanes, so that multiplications overlap
constexpr size_t kLeastBytes = 4 * kStride;

// x^n modulo the polynomial, with its bits in the order of the bytes' own (lowest first) and moved up by one, which is what a product of two
// such numbers lacks.
constexpr int64_t Power(int n) {
  constexpr uint32_t kPolynomial = 0x04c11db7;
  uint32_t rest = 1;
  for (int i = 0; i < n; ++i) {
    rest = (rest << 1) ^ ((rest >> 31) != 0 ? kPolynomial : 0);
  }
  uint64_t turned = 0;
  for (int bit = 0; bit < 32; ++bit) {
    turned |= static_cast<uint64_t>(rest >> bit & 1) << (31 - bit);
  }
  return static_cast<int64_t>(turned << 1);
}

// What moves a lane's two halves forward by so many bits.
template <int kBits>
__attribute__((target("pclmul,sse4.1"))) inline __m128i Forward() {
  return _mm_set_epi64x(Power(kBits - 32), Power(kBits + 32));
}

__attribute__((target("pclmul,sse4.1"))) inline __m128i Fold(__m128i lane, __m128i by,
                                                             __m128i next) {
  const __m128i low = _mm_clmulepi64_si128(lane, by, 0x00);
  const __m128i high = _mm_clmulepi64_si128(lane, by, 0x11);
  return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

__attribute__((target("pclmul,sse4.1"))) inline __m128i Load(const char* from) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
}

}  // namespace

bool HasCarrylessMultiply() {
  return __builtin_cpu_supports("pclmul") != 0 && __builtin_cpu_supports("sse4.1") != 0;
}

// A message is its bits as a polynomial, and whatever is equal modulo the CRC's has the same CRC. So all that is behind is folded into the lanes
// in front, until 16 bytes are left that stand for it: they, and the tail, are zlib's.
__attribute__((target("pclmul,sse4.1"))) uint32_t Crc32Folded(std::string_view bytes,
                                                              uint32_t seed) {
  if (bytes.size() < kLeastBytes) {
    return Crc32Zlib(bytes, seed);
  }
  const char* next = bytes.data();
  size_t left = bytes.size() - kStride;
  __m128i lanes[4] = {Load(next), Load(next + kLane), Load(next + 2 * kLane),
                      Load(next + 3 * kLane)};
  lanes[0] = _mm_xor_si128(lanes[0], _mm_cvtsi32_si128(static_cast<int>(~seed)));
  next += kStride;
  const __m128i by_stride = Forward<8 * kStride>();
  for (; left >= kStride; next += kStride, left -= kStride) {
    for (size_t i = 0; i < 4; ++i) {
      lanes[i] = Fold(lanes[i], by_stride, Load(next + i * kLane));
    }
  }
  const __m128i by_lane = Forward<8 * kLane>();
  __m128i rest = lanes[0];
  for (size_t i = 1; i < 4; ++i) {
    rest = Fold(rest, by_lane, lanes[i]);
  }
  char folded[kLane];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(folded), rest);
  // From a register of zeros: the seed is in the lanes.
  const uint32_t crc = Crc32Zlib(std::string_view(folded, kLane), ~uint32_t{0});
  return Crc32Zlib(std::string_view(next, left), crc);
}

#else

bool HasCarrylessMultiply() { return false; }

uint32_t Crc32Folded(std::string_view bytes, uint32_t seed) {
  BINSEEK_CHECK(false, "no hardware path on this processor");
  return Crc32Zlib(bytes, seed);
}

#endif

}  // namespace internal

uint32_t Crc32(std::string_view bytes, uint32_t seed) {
  static const bool kFolds = internal::HasCarrylessMultiply();
  return kFolds ? internal::Crc32Folded(bytes, seed) : internal::Crc32Zlib(bytes, seed);
}

}  // namespace binseek::binlog
