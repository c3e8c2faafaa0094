#include "sync/mapper/value_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/mapping/date.h"

namespace binseek::mapper {
namespace {

using change::Calendar;
using change::Column;
using change::ColumnType;
using change::Value;
using change::ValueKind;

constexpr uint64_t kMicrosPerSecond = 1'000'000;

template <class Number>
void AppendNumber(Number value, std::string* out) {
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  out->append(buffer, end);
}

// `value` in at least `width` digits.
void AppendPadded(uint64_t value, size_t width, std::string* out) {
  char buffer[24];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  const auto size = static_cast<size_t>(end - buffer);
  out->append(width > size ? width - size : 0, '0');
  out->append(buffer, size);
}

// ".ffffff", cut to `scale` digits.
void AppendFraction(uint64_t micros, int scale, std::string* out) {
  if (scale <= 0) {
    return;
  }
  out->push_back('.');
  const size_t begin = out->size();
  AppendPadded(micros, 6, out);
  out->resize(begin + static_cast<size_t>(std::min(scale, 6)));
}

// Written from the parts, not from a count of days: a key may be a zero or partial date.
void AppendCalendar(const Calendar& c, bool with_time, int scale, std::string* out) {
  AppendPadded(c.year, 4, out);
  out->push_back('-');
  AppendPadded(c.month, 2, out);
  out->push_back('-');
  AppendPadded(c.day, 2, out);
  if (!with_time) {
    return;
  }
  out->push_back('T');
  AppendPadded(c.hour, 2, out);
  out->push_back(':');
  AppendPadded(c.minute, 2, out);
  out->push_back(':');
  AppendPadded(c.second, 2, out);
  AppendFraction(c.micros, scale, out);
}

void AppendTimestamp(int64_t micros, int scale, std::string* out) {
  if (micros != 0) {
    mapping::AppendIsoDate(micros, mapping::DateStyle::kInstant, scale, out);
    return;
  }
  AppendCalendar(Calendar{}, /*with_time=*/true, scale, out);  // the server's mark of a zero date
  out->push_back('Z');
}

Status AppendUuid(std::string_view raw, std::string* out) {
  if (raw.size() != 16) {
    return Status::InvalidArgument("a UUID of " + std::to_string(raw.size()) + " bytes");
  }
  static constexpr char kHex[] = "0123456789abcdef";
  for (size_t i = 0; i < raw.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      out->push_back('-');
    }
    const auto byte = static_cast<uint8_t>(raw[i]);
    out->push_back(kHex[byte >> 4]);
    out->push_back(kHex[byte & 15]);
  }
  return Status::Ok();
}

Status AppendInet(int family, std::string_view raw, std::string* out) {
  char text[INET6_ADDRSTRLEN];
  if (raw.size() != (family == AF_INET ? 4u : 16u) ||
      inet_ntop(family, raw.data(), text, sizeof(text)) == nullptr) {
    return Status::InvalidArgument("an address of " + std::to_string(raw.size()) + " bytes");
  }
  out->append(text);
  return Status::Ok();
}

Status AppendBytes(const Column& column, std::string_view bytes, std::string* out) {
  switch (column.type) {
    case ColumnType::kUuid:
      return AppendUuid(bytes, out);
    case ColumnType::kInet4:
      return AppendInet(AF_INET, bytes, out);
    case ColumnType::kInet6:
      return AppendInet(AF_INET6, bytes, out);
    default:
      AppendBase64(bytes, out);
      return Status::Ok();
  }
}

}  // namespace

void AppendBase64(std::string_view bytes, std::string* out) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  out->reserve(out->size() + (bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    uint32_t group = 0;
    for (size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<uint8_t>(bytes[i + j]) : 0u);
    }
    out->push_back(kDigits[group >> 18]);
    out->push_back(kDigits[group >> 12 & 63]);
    out->push_back(count > 1 ? kDigits[group >> 6 & 63] : '=');
    out->push_back(count > 2 ? kDigits[group & 63] : '=');
  }
}

void AppendTime(int64_t micros, int scale, std::string* out) {
  const bool negative = micros < 0;
  const uint64_t magnitude =
      negative ? ~static_cast<uint64_t>(micros) + 1 : static_cast<uint64_t>(micros);
  const uint64_t seconds = magnitude / kMicrosPerSecond;
  if (negative) {
    out->push_back('-');
  }
  AppendPadded(seconds / 3600, 2, out);
  out->push_back(':');
  AppendPadded(seconds / 60 % 60, 2, out);
  out->push_back(':');
  AppendPadded(seconds % 60, 2, out);
  AppendFraction(magnitude % kMicrosPerSecond, scale, out);
}

Status AppendValueText(const Column& column, const Value& value, std::string* out) {
  switch (value.kind) {
    case ValueKind::kAbsent:
    case ValueKind::kUnknown:
      return Status::InvalidArgument("the row image does not carry it");
    case ValueKind::kNull:
      return Status::InvalidArgument("it is NULL");
    case ValueKind::kInt:
      AppendNumber(value.integer, out);
      return Status::Ok();
    case ValueKind::kUint:
      AppendNumber(value.unsigned_integer(), out);
      return Status::Ok();
    case ValueKind::kFloat:
      AppendNumber(static_cast<float>(value.real), out);
      return Status::Ok();
    case ValueKind::kDouble:
      AppendNumber(value.real, out);
      return Status::Ok();
    case ValueKind::kDecimal:
    case ValueKind::kText:
    case ValueKind::kJson:
    case ValueKind::kEnum:
    case ValueKind::kSet:
      out->append(value.bytes);
      return Status::Ok();
    case ValueKind::kBytes:
      return AppendBytes(column, value.bytes, out);
    case ValueKind::kDate:
      AppendCalendar(change::UnpackCalendar(value.integer), /*with_time=*/false, 0, out);
      return Status::Ok();
    case ValueKind::kDateTime:
      AppendCalendar(change::UnpackCalendar(value.integer), /*with_time=*/true, column.scale, out);
      return Status::Ok();
    case ValueKind::kTimestamp:
      AppendTimestamp(value.integer, column.scale, out);
      return Status::Ok();
    case ValueKind::kTime:
      AppendTime(value.integer, column.scale, out);
      return Status::Ok();
    case ValueKind::kGeometry:
    case ValueKind::kVector:
      AppendBase64(value.bytes, out);
      return Status::Ok();
  }
  return Status::InvalidArgument("unknown kind of value");
}

}  // namespace binseek::mapper
