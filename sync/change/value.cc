#include "sync/change/value.h"

#include <bit>
#include <cstdio>

namespace binseek::change {
namespace {

constexpr int kMicrosBits = 24;

bool IsLeapYear(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int DaysInMonth(int year, int month) {
  constexpr uint8_t kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

std::string HexText(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text = "x'";
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  text.push_back('\'');
  return text;
}

std::string CalendarText(int64_t packed, bool with_time) {
  const Calendar c = UnpackCalendar(packed);
  char text[64];
  if (with_time) {
    std::snprintf(text, sizeof(text), "%04d-%02d-%02d %02d:%02d:%02d.%06u", c.year, c.month, c.day,
                  c.hour, c.minute, c.second, c.micros);
  } else {
    std::snprintf(text, sizeof(text), "%04d-%02d-%02d", c.year, c.month, c.day);
  }
  return text;
}

std::string RealText(double real) {
  char text[40];
  std::snprintf(text, sizeof(text), "%.17g", real);
  return text;
}

}  // namespace

int64_t PackCalendar(const Calendar& c) {
  const int64_t date = static_cast<int64_t>(c.year * 13 + c.month) << 5 | c.day;
  const int64_t time = static_cast<int64_t>(c.hour) << 12 | c.minute << 6 | c.second;
  return (date << 17 | time) << kMicrosBits | c.micros;
}

Calendar UnpackCalendar(int64_t packed) {
  Calendar c;
  c.micros = static_cast<uint32_t>(packed & ((1 << kMicrosBits) - 1));
  const int64_t seconds = packed >> kMicrosBits;
  c.second = static_cast<uint8_t>(seconds & 63);
  c.minute = static_cast<uint8_t>(seconds >> 6 & 63);
  c.hour = static_cast<uint8_t>(seconds >> 12 & 31);
  const int64_t date = seconds >> 17;
  c.day = static_cast<uint8_t>(date & 31);
  const int64_t months = date >> 5;
  c.year = static_cast<uint16_t>(months / 13);
  c.month = static_cast<uint8_t>(months % 13);
  return c;
}

bool IsRealMoment(const Calendar& c) {
  return c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= DaysInMonth(c.year, c.month) &&
         c.hour < 24 && c.minute < 60 && c.second < 60 && c.micros < 1'000'000;
}

Value Value::Real(ValueKind kind, double v) {
  Value value;
  value.kind = kind;
  value.real = v;
  return value;
}

Value Value::Of(ValueKind kind, int64_t v) {
  Value value;
  value.kind = kind;
  value.integer = v;
  return value;
}

Value Value::Bytes(ValueKind kind, std::string_view v) {
  Value value;
  value.kind = kind;
  value.bytes.assign(v);
  return value;
}

bool operator==(const Value& a, const Value& b) {
  return a.kind == b.kind && a.integer == b.integer &&
         std::bit_cast<uint64_t>(a.real) == std::bit_cast<uint64_t>(b.real) && a.bytes == b.bytes;
}

std::string DebugString(const Value& value) {
  switch (value.kind) {
    case ValueKind::kAbsent:
      return "<absent>";
    case ValueKind::kUnknown:
      return "<unknown>";
    case ValueKind::kNull:
      return "NULL";
    case ValueKind::kInt:
    case ValueKind::kTime:
    case ValueKind::kTimestamp:
      return std::to_string(value.integer);
    case ValueKind::kUint:
      return std::to_string(value.unsigned_integer());
    case ValueKind::kFloat:
    case ValueKind::kDouble:
      return RealText(value.real);
    case ValueKind::kDecimal:
    case ValueKind::kJson:
      return value.bytes;
    case ValueKind::kText:
    case ValueKind::kEnum:
    case ValueKind::kSet:
      return "\"" + value.bytes + "\"";
    case ValueKind::kDate:
      return CalendarText(value.integer, false);
    case ValueKind::kDateTime:
      return CalendarText(value.integer, true);
    case ValueKind::kBytes:
    case ValueKind::kGeometry:
    case ValueKind::kVector:
      return HexText(value.bytes);
  }
  return "<bad kind>";
}

}  // namespace binseek::change
