#include "sync/binlog/temporal.h"

namespace binseek::binlog {
namespace {

using change::Calendar;
using change::PackCalendar;
using change::Value;
using change::ValueKind;

constexpr int64_t kMicros = 1'000'000;

// Microseconds that one unit of a stored fraction of 1..6 digits stands for: two digits a byte.
constexpr int64_t kFractionUnit[] = {0, 10'000, 100, 1};

int FractionBytes(int scale) { return (scale + 1) / 2; }

uint32_t ReadFraction(int scale, ByteReader* reader) {
  const int bytes = FractionBytes(scale);
  return static_cast<uint32_t>(static_cast<int64_t>(reader->UintBe(bytes)) * kFractionUnit[bytes]);
}

// Three bytes of time above an offset, then the fraction: one big-endian number, so that a negative time's fraction
// counts backwards.
Value DecodeTime(int scale, ByteReader* reader) {
  const int fraction_bytes = FractionBytes(scale);
  const int64_t offset = int64_t{0x800000} << (8 * fraction_bytes);
  const int64_t number = static_cast<int64_t>(reader->UintBe(3 + fraction_bytes)) - offset;
  const bool negative = number < 0;
  const int64_t magnitude = negative ? -number : number;
  const int64_t clock = magnitude >> (8 * fraction_bytes);
  const int64_t fraction = magnitude & ((int64_t{1} << (8 * fraction_bytes)) - 1);
  const int64_t seconds = ((clock >> 12 & 1023) * 60 + (clock >> 6 & 63)) * 60 + (clock & 63);
  const int64_t micros = seconds * kMicros + fraction * kFractionUnit[fraction_bytes];
  return Value::Of(ValueKind::kTime, negative ? -micros : micros);
}

Value DecodeDateTime(int scale, ByteReader* reader) {
  constexpr int64_t kOffset = int64_t{1} << 39;
  const int64_t number = static_cast<int64_t>(reader->UintBe(5)) - kOffset;
  if (number < 0) {
    reader->Fail("DATETIME below zero");
    return {};
  }
  return Value::Of(ValueKind::kDateTime, number << 24 | ReadFraction(scale, reader));
}

Value DecodeTimestamp(int scale, ByteReader* reader) {
  const auto seconds = static_cast<int64_t>(reader->UintBe(4));
  return Value::Of(ValueKind::kTimestamp, seconds * kMicros + ReadFraction(scale, reader));
}

Value DecodeDate(ByteReader* reader) {
  const uint32_t number = reader->U24();
  Calendar c;
  c.day = static_cast<uint8_t>(number & 31);
  c.month = static_cast<uint8_t>(number >> 5 & 15);
  c.year = static_cast<uint16_t>(number >> 9);
  if (c.month > 12) {
    reader->Fail("DATE with month " + std::to_string(c.month));
  }
  return Value::Of(ValueKind::kDate, PackCalendar(c));
}

// HHMMSS as a signed decimal number of three bytes.
Value DecodeOldTime(ByteReader* reader) {
  const int64_t number = static_cast<int32_t>(reader->U24() << 8) >> 8;
  const int64_t magnitude = number < 0 ? -number : number;
  const int64_t seconds = (magnitude / 10000 * 60 + magnitude / 100 % 100) * 60 + magnitude % 100;
  return Value::Of(ValueKind::kTime, (number < 0 ? -seconds : seconds) * kMicros);
}

// YYYYMMDDHHMMSS as a decimal number.
Value DecodeOldDateTime(ByteReader* reader) {
  const uint64_t number = reader->U64();
  Calendar c;
  c.second = static_cast<uint8_t>(number % 100);
  c.minute = static_cast<uint8_t>(number / 100 % 100);
  c.hour = static_cast<uint8_t>(number / 10'000 % 100);
  c.day = static_cast<uint8_t>(number / 1'000'000 % 100);
  c.month = static_cast<uint8_t>(number / 100'000'000 % 100);
  const uint64_t year = number / 10'000'000'000;
  if (year > 9999 || c.month > 12 || c.day > 31 || c.hour > 23 || c.minute > 59 || c.second > 59) {
    reader->Fail("DATETIME " + std::to_string(number));
    return {};
  }
  c.year = static_cast<uint16_t>(year);
  return Value::Of(ValueKind::kDateTime, PackCalendar(c));
}

}  // namespace

Value DecodeTemporal(WireType type, int scale, ByteReader* reader) {
  switch (type) {
    case WireType::kTime:
      return DecodeTime(scale, reader);
    case WireType::kDateTime:
      return DecodeDateTime(scale, reader);
    case WireType::kTimestamp:
      return DecodeTimestamp(scale, reader);
    case WireType::kTimeOld:
      return DecodeOldTime(reader);
    case WireType::kDateTimeOld:
      return DecodeOldDateTime(reader);
    case WireType::kTimestampOld:
      return Value::Of(ValueKind::kTimestamp, static_cast<int64_t>(reader->U32()) * kMicros);
    default:
      return DecodeDate(reader);
  }
}

}  // namespace binseek::binlog
