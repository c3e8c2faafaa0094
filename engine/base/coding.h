// Byte encodings of the files that we write: little-endian integers, LEB128 varints, zigzag.
// Written by appending to a std::string; read back through ByteReader, whose getters bear the same
// names, or, in hot loops whose bounds were checked before, through the Load functions.
//
// Thread-safety: pure functions.
#ifndef BINSEEK_ENGINE_BASE_CODING_H_
#define BINSEEK_ENGINE_BASE_CODING_H_

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace binseek {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "loads and stores copy bytes as they lie");

namespace internal {

template <class T>
void PutRaw(std::string* out, T value) {
  out->append(reinterpret_cast<const char*>(&value), sizeof(value));
}

template <class T>
T LoadRaw(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

}  // namespace internal

inline void PutU8(std::string* out, uint8_t value) { out->push_back(static_cast<char>(value)); }
inline void PutU16(std::string* out, uint16_t value) { internal::PutRaw(out, value); }
inline void PutU32(std::string* out, uint32_t value) { internal::PutRaw(out, value); }
inline void PutU64(std::string* out, uint64_t value) { internal::PutRaw(out, value); }
inline void PutF32(std::string* out, float value) { internal::PutRaw(out, value); }
inline void PutF64(std::string* out, double value) { internal::PutRaw(out, value); }

// 7 bits per byte, lowest first; 1 byte below 128, at most 10.
inline void PutVarint(std::string* out, uint64_t value) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}

// A varint length, then the bytes.
inline void PutLengthPrefixed(std::string* out, std::string_view bytes) {
  PutVarint(out, bytes.size());
  out->append(bytes);
}

// Maps 0, -1, 1, -2, ... to 0, 1, 2, 3, ..., so that small magnitudes make short varints.
constexpr uint64_t ZigZagEncode(int64_t value) {
  return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}
constexpr int64_t ZigZagDecode(uint64_t value) {
  return static_cast<int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

// REQUIRES: as many bytes as the name says are readable at `from`; no alignment is needed.
inline uint16_t LoadU16(const void* from) { return internal::LoadRaw<uint16_t>(from); }
inline uint32_t LoadU32(const void* from) { return internal::LoadRaw<uint32_t>(from); }
inline uint64_t LoadU64(const void* from) { return internal::LoadRaw<uint64_t>(from); }

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_CODING_H_
