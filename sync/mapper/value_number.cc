#include "sync/mapper/value_number.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

#include "engine/mapping/date.h"
#include "engine/mapping/number.h"

namespace binseek::mapper {
namespace {

using change::Calendar;
using change::Value;
using change::ValueKind;
using mapping::Field;
using mapping::FieldKind;

Status WrongKind() { return Status::InvalidArgument("the value is not of the column's type"); }

Status LongOf(const Value& value, std::optional<int64_t>* number) {
  if (value.kind == ValueKind::kUint && value.integer < 0) {
    return Status::InvalidArgument("the number is beyond 64 bits with a sign");
  }
  *number = value.integer;
  return value.kind == ValueKind::kInt || value.kind == ValueKind::kUint ? Status::Ok()
                                                                         : WrongKind();
}

Status UnsignedOf(const Value& value, std::optional<int64_t>* number) {
  if (value.kind == ValueKind::kInt && value.integer < 0) {
    return Status::InvalidArgument("the number is negative");
  }
  *number = mapping::SortableFromUnsigned(value.unsigned_integer());
  return value.kind == ValueKind::kInt || value.kind == ValueKind::kUint ? Status::Ok()
                                                                         : WrongKind();
}

// Digits of "-12.50" as one integer of `scale` decimal places.
Status ScaledOf(std::string_view text, int scale, std::optional<int64_t>* number) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) {
    text.remove_prefix(1);
  }
  int places = -1;  // digits behind the point; -1: no point yet
  uint64_t magnitude = 0;
  const auto push = [&magnitude](uint64_t digit) {
    if (magnitude > (std::numeric_limits<uint64_t>::max() - digit) / 10) {
      return false;
    }
    magnitude = magnitude * 10 + digit;
    return true;
  };
  bool fits = !text.empty();
  for (const char c : text) {
    if (c == '.' && places < 0) {
      places = 0;
      continue;
    }
    if (c < '0' || c > '9') {
      return Status::InvalidArgument("the text is no decimal number");
    }
    fits = fits && push(static_cast<uint64_t>(c - '0'));
    places += places >= 0 ? 1 : 0;
  }
  places = places < 0 ? 0 : places;
  if (places > scale) {
    return Status::InvalidArgument("the number has more decimal places than the field");
  }
  for (; places < scale; ++places) {
    fits = fits && push(0);
  }
  constexpr uint64_t kMinMagnitude = uint64_t{1} << 63;
  if (!fits || magnitude > kMinMagnitude - (negative ? 0 : 1)) {
    return Status::InvalidArgument("the number is beyond 64 bits");
  }
  *number = static_cast<int64_t>(negative ? ~magnitude + 1 : magnitude);
  return Status::Ok();
}

Status RealOf(const Field& field, const Value& value, std::optional<int64_t>* number) {
  double real = value.real;
  if (value.kind == ValueKind::kDecimal) {
    const char* const end = value.bytes.data() + value.bytes.size();
    const auto [stop, error] = std::from_chars(value.bytes.data(), end, real);
    if (error != std::errc() || stop != end) {
      return Status::InvalidArgument("the text is no decimal number");
    }
  } else if (value.kind != ValueKind::kFloat && value.kind != ValueKind::kDouble) {
    return WrongKind();
  }
  if (!std::isfinite(real) ||
      (field.kind == FieldKind::kFloat && std::abs(real) > std::numeric_limits<float>::max())) {
    return Status::InvalidArgument("the number is not finite");
  }
  *number = mapping::SortableFromDouble(field.kind == FieldKind::kFloat ? static_cast<float>(real)
                                                                        : real);
  return Status::Ok();
}

Status DateOf(const Value& value, const TimeZone* zone, std::optional<int64_t>* number) {
  switch (value.kind) {
    case ValueKind::kTimestamp:
      if (value.integer != 0) {  // 0 is the server's mark of a zero date
        *number = value.integer;
      }
      return Status::Ok();
    case ValueKind::kDate:
    case ValueKind::kDateTime: {
      const Calendar c = change::UnpackCalendar(value.integer);
      if (change::IsRealMoment(c)) {
        const int64_t wall = mapping::MicrosFromCivil(c.year, c.month, c.day, c.hour, c.minute,
                                                      c.second, static_cast<int>(c.micros));
        const bool has_zone = zone != nullptr && value.kind == ValueKind::kDateTime;
        *number = has_zone ? zone->InstantOf(wall) : wall;
      }
      return Status::Ok();
    }
    default:
      return WrongKind();
  }
}

}  // namespace

Status ColumnValueOf(const Field& field, const Value& value, const TimeZone* zone,
                     std::optional<int64_t>* number) {
  number->reset();
  if (value.is_null()) {
    return Status::Ok();
  }
  switch (field.kind) {
    case FieldKind::kLong:
      return LongOf(value, number);
    case FieldKind::kUnsignedLong:
      return UnsignedOf(value, number);
    case FieldKind::kDecimal:
      return value.kind == ValueKind::kDecimal ? ScaledOf(value.bytes, field.scale, number)
                                               : WrongKind();
    case FieldKind::kFloat:
    case FieldKind::kDouble:
      return RealOf(field, value, number);
    case FieldKind::kDate:
      return DateOf(value, zone, number);
    case FieldKind::kBoolean:
      *number = value.integer != 0 ? 1 : 0;
      return value.kind == ValueKind::kInt || value.kind == ValueKind::kUint ? Status::Ok()
                                                                             : WrongKind();
    default:
      return WrongKind();
  }
}

}  // namespace binseek::mapper
