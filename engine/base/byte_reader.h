// ByteReader: a bounded cursor over bytes that nobody vouches for (packets, binlog events, metadata
// of segments). It never reads past the end and never allocates by what the bytes claim.
//
// The first violation is sticky: from then on every getter returns 0 or an empty view, remaining()
// is 0 and AtEnd() is true, so a decoder reads a whole struct first and asks once:
//
//   ByteReader reader(event_bytes, event_position);
//   header.timestamp = reader.U32();
//   header.type = reader.U8();
//   header.name = reader.LenEncBytes();
//   BINSEEK_RETURN_IF_ERROR(reader.status("format description event"));
//
// A loop over a count that was read from the bytes must also stop on !ok(), and must compare the
// count with remaining() before it reserves memory.
//
// Thread-safety: thread-compatible. Ownership: borrows the bytes; the views that it returns point
// into them. Errors: kCorruption, by status(). Integers are little-endian unless a name says Be.
#ifndef BINSEEK_ENGINE_BASE_BYTE_READER_H_
#define BINSEEK_ENGINE_BASE_BYTE_READER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/base/status.h"

namespace binseek {

class ByteReader {
 public:
  // `base_offset` is where `bytes` begin in their file or stream: offsets in errors count from it.
  explicit ByteReader(std::string_view bytes, uint64_t base_offset = 0)
      : begin_(bytes.data()),
        next_(begin_),
        end_(begin_ + bytes.size()),
        base_offset_(base_offset) {}

  uint8_t U8() { return static_cast<uint8_t>(FixedLe<1>()); }
  uint16_t U16() { return static_cast<uint16_t>(FixedLe<2>()); }
  uint32_t U24() { return static_cast<uint32_t>(FixedLe<3>()); }
  uint32_t U32() { return static_cast<uint32_t>(FixedLe<4>()); }
  uint64_t U48() { return FixedLe<6>(); }
  uint64_t U64() { return FixedLe<8>(); }

  // The next `bytes` bytes as an unsigned integer. REQUIRES: 0 <= bytes <= 8.
  uint64_t UintLe(int bytes) {
    if (remaining() >= sizeof(uint64_t) && bytes > 0) [[likely]] {
      return Load64AndPass(bytes) & (~uint64_t{0} >> (64 - 8 * bytes));
    }
    return UintLeNearEnd(bytes);
  }
  uint64_t UintBe(int bytes) {
    if (remaining() >= sizeof(uint64_t) && bytes > 0) [[likely]] {
      return __builtin_bswap64(Load64AndPass(bytes)) >> (64 - 8 * bytes);
    }
    return UintBeNearEnd(bytes);
  }

  float F32() { return std::bit_cast<float>(U32()); }    // IEEE 754
  double F64() { return std::bit_cast<double>(U64()); }  // IEEE 754

  uint64_t Varint();  // LEB128 of at most 64 bits; what coding.h writes
  uint64_t LenEnc();  // MySQL's length-encoded integer; its NULL (0xfb) and 0xff are violations

  std::string_view Bytes(size_t n) {
    const char* from = Take(n);
    return from == nullptr ? std::string_view() : std::string_view(from, n);
  }
  std::string_view LenEncBytes();     // LenEnc() length, then as many bytes
  std::string_view LengthPrefixed();  // Varint() length, then as many bytes
  std::string_view NulTerminated();   // up to the next 0x00, which is consumed
  std::string_view Rest() { return Bytes(remaining()); }
  void Skip(size_t n) { Take(n); }

  // The next byte, not consumed; 0 at the end, which is no violation.
  uint8_t PeekU8() const { return next_ == end_ ? 0 : static_cast<uint8_t>(*next_); }

  size_t remaining() const { return static_cast<size_t>(end_ - next_); }
  bool AtEnd() const { return next_ == end_; }
  bool ok() const { return !failed_; }

  // Of the next byte; after a violation, of the value that could not be read.
  uint64_t offset() const { return base_offset_ + static_cast<uint64_t>(position()); }

  // For the decoder's own findings: "bad column type 77". The first failure wins.
  void Fail(std::string_view why);

  // OK, or kCorruption: "`what`: `why` at offset N".
  Status status(std::string_view what) const;

 private:
  const char* Take(size_t n) {
    if (n > remaining()) [[unlikely]] {
      FailShort(n);
      return nullptr;
    }
    const char* from = next_;
    next_ += n;
    return from;
  }

  template <int kBytes>
  uint64_t FixedLe() {
    const char* from = Take(kBytes);
    if (from == nullptr) [[unlikely]] {
      return 0;
    }
    uint64_t value = 0;
    for (int i = 0; i < kBytes; ++i) {
      value |= static_cast<uint64_t>(static_cast<uint8_t>(from[i])) << (8 * i);
    }
    return value;
  }

  // All eight bytes are there, and `bytes` of them are taken.
  uint64_t Load64AndPass(int bytes) {
    uint64_t value = 0;
    std::memcpy(&value, next_, sizeof(value));
    next_ += bytes;
    return value;
  }
  uint64_t UintLeNearEnd(int bytes);
  uint64_t UintBeNearEnd(int bytes);

  ptrdiff_t position() const { return failed_ ? failed_at_ : next_ - begin_; }
  void FailShort(size_t wanted);

  const char* begin_;
  const char* next_;
  const char* end_;
  uint64_t base_offset_;
  ptrdiff_t failed_at_ = 0;  // meaningful when failed_
  bool failed_ = false;
  std::string why_;  // empty until a violation
};

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_BYTE_READER_H_
