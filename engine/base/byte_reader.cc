#include "engine/base/byte_reader.h"

#include <cstring>

#include "engine/base/check.h"

namespace binseek {

uint64_t ByteReader::UintLeNearEnd(int bytes) {
  BINSEEK_CHECK(bytes >= 0 && bytes <= 8);
  const std::string_view raw = Bytes(static_cast<size_t>(bytes));
  uint64_t value = 0;
  for (size_t i = raw.size(); i-- > 0;) {
    value = value << 8 | static_cast<uint8_t>(raw[i]);
  }
  return value;
}

uint64_t ByteReader::UintBeNearEnd(int bytes) {
  BINSEEK_CHECK(bytes >= 0 && bytes <= 8);
  uint64_t value = 0;
  for (const char byte : Bytes(static_cast<size_t>(bytes))) {
    value = value << 8 | static_cast<uint8_t>(byte);
  }
  return value;
}

uint64_t ByteReader::Varint() {
  uint64_t value = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    const uint8_t byte = U8();
    if (shift == 63 && byte > 1) {
      break;
    }
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return value;
    }
  }
  Fail("varint of more than 64 bits");
  return 0;
}

uint64_t ByteReader::LenEnc() {
  const uint8_t first = U8();
  switch (first) {
    case 0xfc:
      return U16();
    case 0xfd:
      return U24();
    case 0xfe:
      return U64();
    case 0xfb:
    case 0xff:
      Fail("bad length-encoded integer");
      return 0;
    default:
      return first;
  }
}

// A length that the rest cannot hold must fail before it is narrowed to size_t or allocated.
std::string_view ByteReader::LenEncBytes() { return Bytes(static_cast<size_t>(LenEnc())); }

std::string_view ByteReader::LengthPrefixed() { return Bytes(static_cast<size_t>(Varint())); }

std::string_view ByteReader::NulTerminated() {
  const void* nul = AtEnd() ? nullptr : std::memchr(next_, 0, remaining());
  if (nul == nullptr) {
    Fail("missing end of string");
    return {};
  }
  const std::string_view text = Bytes(static_cast<size_t>(static_cast<const char*>(nul) - next_));
  Skip(1);
  return text;
}

void ByteReader::Fail(std::string_view why) {
  if (failed_) {
    return;
  }
  failed_at_ = next_ - begin_;
  failed_ = true;
  why_ = why;
  next_ = end_;
}

void ByteReader::FailShort(size_t wanted) {
  if (failed_) {
    return;
  }
  Fail("needs " + std::to_string(wanted) + " bytes, has " + std::to_string(remaining()));
}

Status ByteReader::status(std::string_view what) const {
  if (!failed_) {
    return Status::Ok();
  }
  std::string message(what);
  message.append(": ").append(why_).append(" at offset ").append(std::to_string(offset()));
  return Status::Corruption(std::move(message));
}

}  // namespace binseek
