#include "sync/binlog/decimal.h"

#include <algorithm>
#include <array>

namespace binseek::binlog {
namespace {

constexpr int kGroupDigits = 9;
constexpr int kGroupBytes = 4;
constexpr int kMaxPrecision = 65;
constexpr int kMaxScale = 30;
constexpr size_t kMaxBytes = 40;
constexpr std::array<uint8_t, kGroupDigits + 1> kBytesOfDigits = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};

// Writes a group as exactly `digits` digits; false where it holds a greater number.
bool WriteGroup(uint32_t group, int digits, char* to) {
  for (int i = digits - 1; i >= 0; --i) {
    to[i] = static_cast<char>('0' + group % 10);
    group /= 10;
  }
  return group == 0;
}

// Digits from packed groups, one after the other. REQUIRES: both are large enough.
class GroupWriter {
 public:
  GroupWriter(const uint8_t* from, char* to) : from_(from), to_(to) {}

  void Write(int digits) {
    uint32_t group = 0;
    for (int i = 0; i < kBytesOfDigits[static_cast<size_t>(digits)]; ++i) {
      group = group << 8 | *from_++;
    }
    good_ = WriteGroup(group, digits, to_) && good_;
    to_ += digits;
  }
  // Whole groups first or last, as they lie on either side of the point.
  void WriteWhole(int digits) {
    if (digits % kGroupDigits > 0) {
      Write(digits % kGroupDigits);
    }
    for (int i = 0; i < digits / kGroupDigits; ++i) {
      Write(kGroupDigits);
    }
  }
  void WriteFraction(int digits) {
    *to_++ = '.';
    for (int i = 0; i < digits / kGroupDigits; ++i) {
      Write(kGroupDigits);
    }
    if (digits % kGroupDigits > 0) {
      Write(digits % kGroupDigits);
    }
  }
  char* end() const { return to_; }
  bool good() const { return good_; }

 private:
  const uint8_t* from_;
  char* to_;
  bool good_ = true;
};

}  // namespace

bool IsDecimalShape(int precision, int scale) {
  return precision >= 1 && precision <= kMaxPrecision && scale >= 0 && scale <= kMaxScale &&
         scale <= precision;
}

size_t DecimalBytes(int precision, int scale) {
  const int whole = precision - scale;
  const int bytes = whole / kGroupDigits * kGroupBytes + kBytesOfDigits[whole % kGroupDigits] +
                    scale / kGroupDigits * kGroupBytes + kBytesOfDigits[scale % kGroupDigits];
  return static_cast<size_t>(bytes);
}

bool DecodeDecimal(std::string_view bytes, int precision, int scale, std::string* out) {
  // The highest bit is the sign, inverted, so that packed decimals sort as bytes; negative ones are complemented.
  const bool negative = (static_cast<uint8_t>(bytes[0]) & 0x80) == 0;
  std::array<uint8_t, kMaxBytes> plain;
  const uint8_t mask = negative ? 0xff : 0;
  std::transform(bytes.begin(), bytes.end(), plain.begin(),
                 [&](char c) { return static_cast<uint8_t>(static_cast<uint8_t>(c) ^ mask); });
  plain[0] ^= 0x80;

  const int whole = precision - scale;
  std::array<char, 2 + kMaxPrecision + 1> text;  // a sign, a zero and a point beside the digits
  char* const digits = text.data() + 2;
  GroupWriter writer(plain.data(), digits);
  writer.WriteWhole(whole);
  char* const point = writer.end();
  if (scale > 0) {
    writer.WriteFraction(scale);
  }
  // Leading zeros go, but for one.
  char* first = digits;
  while (first + 1 < point && *first == '0') {
    ++first;
  }
  if (whole == 0) {
    *--first = '0';
  }
  const std::string_view number(first, static_cast<size_t>(writer.end() - first));
  if (negative && number.find_first_not_of("0.") != std::string_view::npos) {
    *--first = '-';
  }
  out->assign(first, static_cast<size_t>(writer.end() - first));
  return writer.good();
}

}  // namespace binseek::binlog
