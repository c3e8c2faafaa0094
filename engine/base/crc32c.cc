#include "engine/base/crc32c.h"

#include <array>
#include <cstddef>

#include "engine/base/check.h"
#include "engine/base/coding.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace binseek {
namespace {

constexpr uint32_t kReversedPolynomial = 0x82f63b78;

// kTables[k][b]: the CRC of byte b followed by k zero bytes, so that eight bytes fold in one step.
using Tables = std::array<std::array<uint32_t, 256>, 8>;

constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ ((crc & 1) != 0 ? kReversedPolynomial : 0);
    }
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t previous = tables[k - 1][byte];
      tables[k][byte] = previous >> 8 ^ tables[0][previous & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

}  // namespace

namespace internal {

uint32_t Crc32cTable(std::string_view bytes, uint32_t seed) {
  uint32_t crc = ~seed;
  const char* next = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; next += 8, left -= 8) {
    const uint64_t word = LoadU64(next) ^ crc;
    crc = 0;
    for (size_t i = 0; i < 8; ++i) {
      crc ^= kTables[7 - i][word >> (8 * i) & 0xff];
    }
  }
  for (; left > 0; ++next, --left) {
    crc = crc >> 8 ^ kTables[0][(crc ^ static_cast<uint8_t>(*next)) & 0xff];
  }
  return ~crc;
}

#if defined(__x86_64__)

bool HasHardwareCrc32c() { return __builtin_cpu_supports("sse4.2") != 0; }

__attribute__((target("sse4.2"))) uint32_t Crc32cHardware(std::string_view bytes, uint32_t seed) {
  uint64_t crc = ~seed;
  const char* next = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; next += 8, left -= 8) {
    crc = _mm_crc32_u64(crc, LoadU64(next));
  }
  auto tail = static_cast<uint32_t>(crc);
  for (; left > 0; ++next, --left) {
    tail = _mm_crc32_u8(tail, static_cast<uint8_t>(*next));
  }
  return ~tail;
}

#else

bool HasHardwareCrc32c() { return false; }

uint32_t Crc32cHardware(std::string_view bytes, uint32_t seed) {
  BINSEEK_CHECK(false, "no hardware path on this processor");
  return Crc32cTable(bytes, seed);
}

#endif

}  // namespace internal

uint32_t Crc32c(std::string_view bytes, uint32_t seed) {
  static const bool kHardware = internal::HasHardwareCrc32c();
  return kHardware ? internal::Crc32cHardware(bytes, seed) : internal::Crc32cTable(bytes, seed);
}

}  // namespace binseek
