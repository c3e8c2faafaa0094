#include "tests/sync/mapper/source_oracle.h"

#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "engine/base/coding.h"

namespace binseek::mapper {
namespace {

using change::Calendar;
using change::Column;
using change::ColumnType;
using change::Value;
using change::ValueKind;

std::string Print(const char* format, ...) {
  char buffer[200];
  va_list arguments;
  va_start(arguments, format);
  const int size = std::vsnprintf(buffer, sizeof(buffer), format, arguments);
  va_end(arguments);
  return {buffer, static_cast<size_t>(size)};
}

// Only the characters that RandomText draws.
std::string Quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c == '\n'     ? std::string("\\n")
           : c == '\x01' ? std::string("\\u0001")
                         : std::string(1, c);
  }
  return out + "\"";
}

std::string RandomText(const Draw& draw) {
  static const char* const kPieces[] = {"red",     " ", "苹果", "\"",   "\\", "\n",
                                        "Ünïcode", "😀", ":",    "\x01", "x"};
  std::string text;
  for (uint64_t n = draw(8); n > 0; --n) {
    text += kPieces[draw(std::size(kPieces))];
  }
  return text;
}

std::string RandomJson(const Draw& draw) {
  switch (draw(4)) {
    case 0:
      return "{}";
    case 1:
      return "[1, 2.50, \"x\"]";
    case 2:
      return "{\"color\":\"red\",\"n\":" + std::to_string(draw(5)) + "}";
    default:
      return "null";
  }
}

Value RandomCalendar(ValueKind kind, const Draw& draw) {
  Calendar c;
  if (draw(6) != 0) {
    c.year = static_cast<uint16_t>(1 + draw(9999));
    c.month = static_cast<uint8_t>(1 + draw(12));
    c.day = static_cast<uint8_t>(draw(29));  // 0: partial
    if (kind == ValueKind::kDateTime) {
      c.hour = static_cast<uint8_t>(draw(24));
      c.minute = static_cast<uint8_t>(draw(60));
      c.second = static_cast<uint8_t>(draw(60));
      c.micros = static_cast<uint32_t>(draw(1000) * 1000);
    }
  }
  return Value::Of(kind, change::PackCalendar(c));
}

// Quarters: their decimal digits are exact and the shortest.
std::string QuarterText(double value) {
  std::string text = Print("%.2f", value);
  if (text.back() == '0') {
    text.pop_back();
  }
  return text;
}

double RandomQuarter(const Draw& draw) { return (static_cast<double>(draw(8000)) - 4000) / 4; }

std::string TimestampText(int64_t micros) {
  const std::time_t seconds = static_cast<std::time_t>(micros / 1'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[64];
  std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
  return Print("\"%s.%06dZ\"", text, static_cast<int>(micros % 1'000'000));
}

std::string TimeText(int64_t micros) {
  const int64_t magnitude = std::llabs(micros);
  const int64_t seconds = magnitude / 1'000'000;
  return Print("\"%s%02lld:%02lld:%02lld.%lld\"", micros < 0 ? "-" : "",
               static_cast<long long>(seconds / 3600), static_cast<long long>(seconds / 60 % 60),
               static_cast<long long>(seconds % 60),
               static_cast<long long>(magnitude % 1'000'000 / 100'000));
}

std::string SetText(const std::string& labels) {
  std::string out;
  std::string label;
  for (const char c : labels + (labels.empty() ? "" : ",")) {
    if (c != ',') {
      label += c;
      continue;
    }
    out += (out.empty() ? "" : ",") + Quoted(label);
    label.clear();
  }
  return "[" + out + "]";
}

std::string PointText(const std::string& bytes) {
  double x = 0;
  double y = 0;
  std::memcpy(&x, bytes.data() + 9, sizeof(x));
  std::memcpy(&y, bytes.data() + 17, sizeof(y));
  return "{\"lat\":" + QuarterText(y) + ",\"lon\":" + QuarterText(x) + "}";
}

// Bit by bit, unlike the code under test.
std::string Base64Text(const std::string& bytes) {
  static const std::string kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "\"";
  for (size_t bit = 0; bit < bytes.size() * 8; bit += 6) {
    size_t digit = 0;
    for (size_t i = bit; i < bit + 6; ++i) {
      digit = digit * 2 +
              (i < bytes.size() * 8 ? static_cast<uint8_t>(bytes[i / 8]) >> (7 - i % 8) & 1 : 0);
    }
    out += kDigits[digit];
  }
  while (out.size() % 4 != 1) {
    out += '=';
  }
  return out + "\"";
}

std::string VectorText(const std::string& bytes) {
  std::string out = "[";
  for (size_t i = 0; i < bytes.size(); i += 4) {
    float number = 0;
    std::memcpy(&number, bytes.data() + i, sizeof(number));
    out += (i == 0 ? "" : ",") + QuarterText(number);
  }
  return out + "]";
}

std::string ExpectedToken(const Column& column, const Value& value) {
  if (value.is_null()) {
    return "null";
  }
  const Calendar c = change::UnpackCalendar(value.integer);
  const bool real = c.year != 0 && c.month != 0 && c.day != 0;
  switch (column.type) {
    case ColumnType::kInt:
      return std::to_string(value.integer);
    case ColumnType::kBigInt:
      return std::to_string(static_cast<uint64_t>(value.integer));
    case ColumnType::kDecimal:
    case ColumnType::kJson:
      return value.bytes;
    case ColumnType::kDouble:
    case ColumnType::kFloat:
      return QuarterText(value.real);
    case ColumnType::kDate:
      return real ? Print("\"%04d-%02d-%02d\"", c.year, c.month, c.day) : "null";
    case ColumnType::kDateTime:
      return real ? Print("\"%04d-%02d-%02dT%02d:%02d:%02d.%03u\"", c.year, c.month, c.day, c.hour,
                          c.minute, c.second, c.micros / 1000)
                  : "null";
    case ColumnType::kTimestamp:
      return TimestampText(value.integer);
    case ColumnType::kTime:
      return TimeText(value.integer);
    case ColumnType::kSet:
      return SetText(value.bytes);
    case ColumnType::kGeometry:
      return PointText(value.bytes);
    case ColumnType::kBlob:
      return Base64Text(value.bytes);
    case ColumnType::kVector:
      return VectorText(value.bytes);
    default:
      return Quoted(value.bytes);
  }
}

Value RandomGeometry(const Draw& draw) {
  std::string bytes;
  PutU32(&bytes, 0);
  PutU8(&bytes, 1);
  PutU32(&bytes, 1);
  PutF64(&bytes, RandomQuarter(draw));
  PutF64(&bytes, RandomQuarter(draw));
  return Value::Bytes(ValueKind::kGeometry, bytes);
}

Value RandomBytes(ValueKind kind, size_t unit, const Draw& draw) {
  std::string bytes;
  for (uint64_t n = draw(5); n > 0; --n) {
    if (unit == sizeof(float)) {
      PutF32(&bytes, static_cast<float>(RandomQuarter(draw)));
    } else {
      bytes.push_back(static_cast<char>(draw(256)));
    }
  }
  return Value::Bytes(kind, bytes);
}

}  // namespace

TablePointer EveryKindOfColumn(const std::string& name) {
  return MakeTable(
      name,
      {MakeColumn("id", ColumnType::kInt), MakeColumn("lang", ColumnType::kChar),
       MakeColumn("name", ColumnType::kVarchar), MakeColumn("stock", ColumnType::kInt),
       Decimal("price", 10, 2), MakeColumn("kind", ColumnType::kEnum),
       MakeColumn("flags", ColumnType::kSet), Decimal("wide", 25, 5),
       Unsigned("big", ColumnType::kBigInt), MakeColumn("ratio", ColumnType::kDouble),
       MakeColumn("score", ColumnType::kFloat), MakeColumn("day", ColumnType::kDate),
       WithScale("at", ColumnType::kDateTime, 3), WithScale("stamp", ColumnType::kTimestamp, 6),
       WithScale("span", ColumnType::kTime, 1), MakeColumn("attrs", ColumnType::kJson),
       Geometry("place", "point"), MakeColumn("raw", ColumnType::kBlob),
       MakeColumn("vec", ColumnType::kVector)},
      {0, 1});
}

Value RandomValue(const change::TableSchema& table, uint32_t ordinal, const Draw& draw) {
  static const char* const kLabels[] = {"", "red", "it's", "中"};
  static const char* const kSets[] = {"", "x", "x,y", "y,中"};
  if (ordinal >= kKeyColumns && draw(8) == 0) {
    return Value::Null();
  }
  switch (table.columns[ordinal].type) {
    case ColumnType::kInt:
      return Value::Int(static_cast<int64_t>(draw(20)) - 5);
    case ColumnType::kChar:
      return Text(std::vector<const char*>{"en", "zh", "a:b", "\\", ""}[draw(5)]);
    case ColumnType::kDecimal:
      return Dec(ordinal == 4
                     ? Print("%s%d.%02d", draw(2) == 0 ? "-" : "",
                             1 + static_cast<int>(draw(99'999)), static_cast<int>(draw(100)))
                     : Print("1234567890123456789%d.%05d", static_cast<int>(draw(10)),
                             static_cast<int>(draw(100'000))));
    case ColumnType::kBigInt:
      return Value::Uint(draw(3) == 0 ? ~draw(1000) : draw(1000));
    case ColumnType::kDouble:
      return Value::Real(ValueKind::kDouble, RandomQuarter(draw));
    case ColumnType::kFloat:
      return Value::Real(ValueKind::kFloat, RandomQuarter(draw));
    case ColumnType::kDate:
      return RandomCalendar(ValueKind::kDate, draw);
    case ColumnType::kDateTime:
      return RandomCalendar(ValueKind::kDateTime, draw);
    case ColumnType::kTimestamp:
      return Value::Of(ValueKind::kTimestamp,
                       static_cast<int64_t>(1 + draw(4'000'000'000'000'000)));
    case ColumnType::kTime:
      return Value::Of(ValueKind::kTime,
                       (static_cast<int64_t>(draw(60'000'000)) - 30'000'000) * 100'000);
    case ColumnType::kEnum:
      return Value::Bytes(ValueKind::kEnum, kLabels[draw(4)]);
    case ColumnType::kSet:
      return Value::Bytes(ValueKind::kSet, kSets[draw(4)]);
    case ColumnType::kJson:
      return Json(RandomJson(draw));
    case ColumnType::kGeometry:
      return RandomGeometry(draw);
    case ColumnType::kBlob:
      return RandomBytes(ValueKind::kBytes, 1, draw);
    case ColumnType::kVector:
      return RandomBytes(ValueKind::kVector, sizeof(float), draw);
    default:
      return Text(RandomText(draw));
  }
}

std::string ExpectedSource(const change::TableSchema& table, const change::RowImage& row) {
  std::string out = "{";
  for (size_t i = 0; i < row.size(); ++i) {
    out += (i == 0 ? "\"" : ",\"") + table.columns[i].name +
           "\":" + ExpectedToken(table.columns[i], row[i]);
  }
  return out + "}";
}

}  // namespace binseek::mapper
