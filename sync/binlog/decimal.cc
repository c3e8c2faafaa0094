#include "sync/binlog/decimal.h"

#include <algorithm>
#include <array>

#include "engine/base/byte_reader.h"

namespace binseek::binlog {
namespace {

constexpr int kGroupDigits = 9;
constexpr int kGroupBytes = 4;
constexpr int kMaxPrecision = 65;
constexpr int kMaxScale = 30;
constexpr size_t kMaxBytes = 40;
constexpr std::array<uint8_t, kGroupDigits + 1> kBytesOfDigits = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4};

// Appends a group as exactly `digits` digits; false where it holds a greater number.
bool AppendGroup(uint64_t group, int digits, std::string* out) {
  char text[kGroupDigits];
  for (int i = digits - 1; i >= 0; --i) {
    text[i] = static_cast<char>('0' + group % 10);
    group /= 10;
  }
  out->append(text, static_cast<size_t>(digits));
  return group == 0;
}

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
  char plain[kMaxBytes];
  const char mask = negative ? static_cast<char>(0xff) : '\0';
  std::transform(bytes.begin(), bytes.end(), plain,
                 [&](char c) { return static_cast<char>(c ^ mask); });
  plain[0] = static_cast<char>(plain[0] ^ static_cast<char>(0x80));

  ByteReader reader(std::string_view(plain, bytes.size()));
  bool good = true;
  out->clear();
  out->push_back('-');
  const int whole = precision - scale;
  const int lead = whole % kGroupDigits;
  if (lead > 0) {
    good = AppendGroup(reader.UintBe(kBytesOfDigits[lead]), lead, out) && good;
  }
  for (int i = 0; i < whole / kGroupDigits; ++i) {
    good = AppendGroup(reader.UintBe(kGroupBytes), kGroupDigits, out) && good;
  }
  // Leading zeros go, but for one.
  const size_t digits_end = out->size();
  size_t first = 1;
  while (first + 1 < digits_end && (*out)[first] == '0') {
    ++first;
  }
  if (digits_end == 1) {
    out->push_back('0');
  } else {
    out->erase(1, first - 1);
  }
  if (scale > 0) {
    out->push_back('.');
    for (int i = 0; i < scale / kGroupDigits; ++i) {
      good = AppendGroup(reader.UintBe(kGroupBytes), kGroupDigits, out) && good;
    }
    const int tail = scale % kGroupDigits;
    if (tail > 0) {
      good = AppendGroup(reader.UintBe(kBytesOfDigits[tail]), tail, out) && good;
    }
  }
  if (!negative || out->find_first_not_of("-0.") == std::string::npos) {
    out->erase(0, 1);
  }
  return good;
}

}  // namespace binseek::binlog
