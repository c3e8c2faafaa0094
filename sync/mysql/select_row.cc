#include "sync/mysql/select_row.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include "sync/mysql/charset.h"
#include "sync/mysql/value_text.h"

namespace binseek::mysql {
namespace {

using change::Calendar;
using change::Column;
using change::ColumnType;
using change::Value;
using change::ValueKind;

constexpr int64_t kMicros = 1'000'000;

Status Bad(const Column& column, std::string_view text) {
  return Status::Corruption("column " + column.name + ": cell of " + std::to_string(text.size()) +
                            " bytes does not read as its type");
}

template <class Number>
bool ParseNumber(std::string_view text, Number* number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *number);
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

// Reads exactly `digits` digits, and a `separator` behind them unless it is 0.
bool TakeDigits(std::string_view* text, size_t digits, char separator, uint32_t* value) {
  const size_t wanted = digits + (separator == 0 ? 0 : 1);
  if (text->size() < wanted || !ParseNumber(text->substr(0, digits), value)) {
    return false;
  }
  if (separator != 0 && (*text)[digits] != separator) {
    return false;
  }
  text->remove_prefix(wanted);
  return true;
}

// "" or ".678" as microseconds.
bool ParseFraction(std::string_view text, uint32_t* micros) {
  *micros = 0;
  if (text.empty()) {
    return true;
  }
  if (text.front() != '.' || text.size() < 2 || text.size() > 7 ||
      !ParseNumber(text.substr(1), micros)) {
    return false;
  }
  for (size_t i = text.size(); i < 7; ++i) {
    *micros *= 10;
  }
  return true;
}

bool ParseDate(std::string_view* text, char behind, Calendar* c) {
  uint32_t year = 0;
  uint32_t month = 0;
  uint32_t day = 0;
  if (!TakeDigits(text, 4, '-', &year) || !TakeDigits(text, 2, '-', &month) ||
      !TakeDigits(text, 2, behind, &day)) {
    return false;
  }
  c->year = static_cast<uint16_t>(year);
  c->month = static_cast<uint8_t>(month);
  c->day = static_cast<uint8_t>(day);
  return month <= 12 && day <= 31;
}

bool ParseDateTime(std::string_view text, Calendar* c) {
  uint32_t hour = 0;
  uint32_t minute = 0;
  uint32_t second = 0;
  if (!ParseDate(&text, ' ', c) || !TakeDigits(&text, 2, ':', &hour) ||
      !TakeDigits(&text, 2, ':', &minute) || !TakeDigits(&text, 2, 0, &second)) {
    return false;
  }
  c->hour = static_cast<uint8_t>(hour);
  c->minute = static_cast<uint8_t>(minute);
  c->second = static_cast<uint8_t>(second);
  return hour < 24 && minute < 60 && second < 60 && ParseFraction(text, &c->micros);
}

// Days since 1970-01-01 of a real date in the proleptic Gregorian calendar.
int64_t DaysSinceEpoch(const Calendar& c) {
  const int64_t year = c.year - (c.month <= 2 ? 1 : 0);
  const int64_t era = year / 400;
  const int64_t year_of_era = year - era * 400;
  const int64_t day_of_year = (153 * (c.month + (c.month > 2 ? -3 : 9)) + 2) / 5 + c.day - 1;
  return era * 146'097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
         719'468;
}

bool ParseTimestamp(std::string_view text, int64_t* micros) {
  Calendar c;
  if (!ParseDateTime(text, &c)) {
    return false;
  }
  if (c.year == 0 && c.month == 0 && c.day == 0) {
    *micros = 0;  // the zero timestamp; no real one is 0
    return true;
  }
  *micros = ((DaysSinceEpoch(c) * 24 + c.hour) * 60 + c.minute) * 60 * kMicros +
            c.second * kMicros + c.micros;
  return change::IsRealMoment(c);
}

// "-838:59:59.000000"
bool ParseTime(std::string_view text, int64_t* micros) {
  const bool negative = text.starts_with('-');
  text.remove_prefix(negative ? 1 : 0);
  uint32_t hours = 0;
  uint32_t minutes = 0;
  uint32_t seconds = 0;
  uint32_t fraction = 0;
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon > 3 || !TakeDigits(&text, colon, ':', &hours) ||
      !TakeDigits(&text, 2, ':', &minutes) || !TakeDigits(&text, 2, 0, &seconds) ||
      !ParseFraction(text, &fraction)) {
    return false;
  }
  *micros = ((int64_t{hours} * 60 + minutes) * 60 + seconds) * kMicros + fraction;
  if (negative) {
    *micros = -*micros;
  }
  return true;
}

bool ParseUuid(std::string_view text, std::string* raw) {
  const auto digit = [](char c) {
    const char lower = static_cast<char>(c | 0x20);
    return c >= '0' && c <= '9' ? c - '0' : lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  int high = -1;
  for (const char c : text) {
    if (c == '-') {
      continue;
    }
    const int value = digit(c);
    if (value < 0) {
      return false;
    }
    if (high < 0) {
      high = value;
    } else {
      raw->push_back(static_cast<char>(high << 4 | value));
      high = -1;
    }
  }
  return high < 0 && raw->size() == 16;
}

bool ParseInet(int family, size_t size, std::string_view text, std::string* raw) {
  raw->resize(size);
  return inet_pton(family, std::string(text).c_str(), raw->data()) == 1;
}

bool ParseReal(std::string_view text, double* real) { return ParseNumber(text, real); }

Result<Value> DecodeNumber(const Column& column, std::string_view text) {
  switch (column.type) {
    case ColumnType::kFloat:
    case ColumnType::kDouble: {
      double real = 0;
      if (!ParseReal(text, &real)) {
        return Bad(column, text);
      }
      return Value::Real(column.type == ColumnType::kFloat ? ValueKind::kFloat : ValueKind::kDouble,
                         real);
    }
    case ColumnType::kDecimal: {
      Value value = Value::Bytes(ValueKind::kDecimal, {});
      return NormalizeDecimal(text, &value.bytes) ? Result<Value>(std::move(value))
                                                  : Bad(column, text);
    }
    default:
      break;
  }
  if (column.is_unsigned || column.type == ColumnType::kBit) {
    uint64_t number = 0;
    return ParseNumber(text, &number) ? Result<Value>(Value::Uint(number)) : Bad(column, text);
  }
  int64_t number = 0;
  return ParseNumber(text, &number) ? Result<Value>(Value::Int(number)) : Bad(column, text);
}

Result<Value> DecodeTemporal(const Column& column, std::string_view text) {
  Calendar c;
  int64_t micros = 0;
  switch (column.type) {
    case ColumnType::kDate:
      if (std::string_view rest = text; ParseDate(&rest, 0, &c) && rest.empty()) {
        return Value::Of(ValueKind::kDate, change::PackCalendar(c));
      }
      break;
    case ColumnType::kDateTime:
      if (ParseDateTime(text, &c)) {
        return Value::Of(ValueKind::kDateTime, change::PackCalendar(c));
      }
      break;
    case ColumnType::kTimestamp:
      if (ParseTimestamp(text, &micros)) {
        return Value::Of(ValueKind::kTimestamp, micros);
      }
      break;
    default:
      if (ParseTime(text, &micros)) {
        return Value::Of(ValueKind::kTime, micros);
      }
  }
  return Bad(column, text);
}

Value DecodeText(ValueKind kind, std::string_view text) {
  Value value = Value::Bytes(kind, {});
  SanitizeUtf8(text, &value.bytes);
  return value;
}

Result<Value> DecodeAddress(const Column& column, std::string_view text) {
  Value value = Value::Bytes(ValueKind::kBytes, {});
  const bool ok = column.type == ColumnType::kUuid    ? ParseUuid(text, &value.bytes)
                  : column.type == ColumnType::kInet4 ? ParseInet(AF_INET, 4, text, &value.bytes)
                                                      : ParseInet(AF_INET6, 16, text, &value.bytes);
  return ok ? Result<Value>(std::move(value)) : Bad(column, text);
}

Value DecodeJson(const Column& column, std::string_view text) {
  if (!column.charset.empty()) {
    return DecodeText(ValueKind::kJson, text);  // MariaDB keeps the text that was written
  }
  Value value = Value::Bytes(ValueKind::kJson, {});
  CompactJson(text, &value.bytes);
  return value;
}

}  // namespace

bool TellsErrorValue(const Column& column) {
  return column.type == ColumnType::kEnum &&
         std::find(column.labels.begin(), column.labels.end(), "") != column.labels.end();
}

std::string SelectExpression(const Column& column) {
  std::string name = QuoteIdentifier(column.name);
  switch (column.type) {
    case ColumnType::kFloat:
    case ColumnType::kDouble:
      // FLOAT prints with 6 digits, FLOAT(M,D) and DOUBLE(M,D) with D places.
      return "CAST(" + name + " AS DOUBLE) AS " + name;
    case ColumnType::kBit:
      return "CAST(" + name + " AS UNSIGNED) AS " + name;
    case ColumnType::kEnum:
      return TellsErrorValue(column) ? "IF(" + name + " = 0, '" + std::string(kErrorValueCell) +
                                           "', " + name + ") AS " + name
                                     : name;
    default:
      return name;
  }
}

std::string SelectList(const change::TableSchema& table) {
  std::string list;
  for (const Column& column : table.columns) {
    list += (list.empty() ? "" : ",") + SelectExpression(column);
  }
  return list;
}

Result<Value> DecodeSelected(const Column& column, std::optional<std::string_view> text) {
  if (!text) {
    return Value::Null();
  }
  switch (column.type) {
    case ColumnType::kTinyInt:
    case ColumnType::kSmallInt:
    case ColumnType::kMediumInt:
    case ColumnType::kInt:
    case ColumnType::kBigInt:
    case ColumnType::kFloat:
    case ColumnType::kDouble:
    case ColumnType::kDecimal:
    case ColumnType::kBit:
    case ColumnType::kYear:
      return DecodeNumber(column, *text);
    case ColumnType::kDate:
    case ColumnType::kTime:
    case ColumnType::kDateTime:
    case ColumnType::kTimestamp:
      return DecodeTemporal(column, *text);
    case ColumnType::kChar:
    case ColumnType::kVarchar:
    case ColumnType::kText:
      return DecodeText(ValueKind::kText, *text);
    case ColumnType::kEnum:
      return DecodeText(ValueKind::kEnum,
                        *text == kErrorValueCell && TellsErrorValue(column) ? "" : *text);
    case ColumnType::kSet:
      return DecodeText(ValueKind::kSet, *text);
    case ColumnType::kJson:
      return DecodeJson(column, *text);
    case ColumnType::kUuid:
    case ColumnType::kInet4:
    case ColumnType::kInet6:
      return DecodeAddress(column, *text);
    case ColumnType::kGeometry:
      return Value::Bytes(ValueKind::kGeometry, *text);
    case ColumnType::kVector:
      return Value::Bytes(ValueKind::kVector, *text);
    case ColumnType::kBinary:
    case ColumnType::kVarbinary:
    case ColumnType::kBlob:
      return Value::Bytes(ValueKind::kBytes, *text);
  }
  return Bad(column, *text);
}

Result<change::RowImage> DecodeSelectedRow(const change::TableSchema& table,
                                           const RowCells& cells) {
  BINSEEK_CHECK(cells.size() == table.columns.size());
  change::RowImage row;
  row.reserve(cells.size());
  for (size_t i = 0; i < cells.size(); ++i) {
    auto value = DecodeSelected(table.columns[i], cells[i]);
    if (!value.ok()) {
      return value.status().WithContext("table " + table.QualifiedName());
    }
    row.push_back(std::move(value).value());
  }
  return row;
}

}  // namespace binseek::mysql
