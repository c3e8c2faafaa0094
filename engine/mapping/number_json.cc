// Column values as they are shown.
#include <charconv>
#include <cmath>
#include <string>

#include "engine/mapping/date.h"
#include "engine/mapping/number.h"
#include "engine/mapping/power_of_ten.h"

namespace binseek::mapping {
namespace {

void AppendDecimal(int64_t value, int scale, std::string* out) {
  const bool negative = value < 0;
  const uint64_t magnitude =
      negative ? ~static_cast<uint64_t>(value) + 1 : static_cast<uint64_t>(value);
  std::string digits = std::to_string(magnitude);
  if (digits.size() <= static_cast<size_t>(scale)) {
    digits.insert(0, static_cast<size_t>(scale) + 1 - digits.size(), '0');
  }
  if (scale > 0) {
    digits.insert(digits.size() - static_cast<size_t>(scale), 1, '.');
  }
  if (negative) {
    out->push_back('-');
  }
  out->append(digits);
}

// Shortest text that reads back as the same number, always with a point or an exponent.
template <class Real>
void AppendReal(Real value, std::string* out) {
  if (!std::isfinite(value)) {
    out->append("null");  // JSON has no other word for it
    return;
  }
  char buffer[40];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  out->append(text);
  if (error == std::errc() && text.find_first_of(".e") == std::string_view::npos) {
    out->append(".0");
  }
}

}  // namespace

void AppendJson(const Field& field, int64_t column_value, std::string* out) {
  switch (field.kind) {
    case FieldKind::kUnsignedLong:
      out->append(std::to_string(UnsignedFromSortable(column_value)));
      return;
    case FieldKind::kDecimal:
      AppendDecimal(column_value, field.scale, out);
      return;
    case FieldKind::kFloat:
      AppendReal(static_cast<float>(DoubleFromSortable(column_value)), out);
      return;
    case FieldKind::kDouble:
    case FieldKind::kHalfFloat:
      AppendReal(DoubleFromSortable(column_value), out);
      return;
    case FieldKind::kDateNanos:
      out->push_back('"');
      AppendIsoDate(column_value / 1000, DateStyle::kInstant, 6, out);
      out->insert(out->size() - 1, std::to_string(1000 + column_value % 1000).substr(1));
      out->push_back('"');
      return;
    case FieldKind::kBoolean:
      out->append(column_value != 0 ? "true" : "false");
      return;
    case FieldKind::kDate:
      out->push_back('"');
      AppendIsoDate(column_value, field.date_style, field.scale, out);
      out->push_back('"');
      return;
    default:
      out->append(std::to_string(column_value));
      return;
  }
}

void AppendJson(const Field& field, std::span<const int64_t> column_values, std::string* out) {
  Field exact = field;
  const auto append = [&](int64_t value) {
    if (field.kind == FieldKind::kDate) {
      const int64_t fraction = value % 1'000'000;
      exact.scale = fraction == 0 ? 0 : (fraction % 1'000 == 0 ? 3 : 6);
    }
    AppendJson(exact, value, out);
  };
  if (column_values.size() == 1) {
    append(column_values.front());
    return;
  }
  out->append(column_values.empty() ? "null" : "[");
  for (const int64_t& value : column_values) {
    out->append(&value == column_values.data() ? "" : ",");
    append(value);
  }
  out->append(column_values.empty() ? "" : "]");
}

double ToDouble(const Field& field, int64_t column_value) {
  switch (field.kind) {
    case FieldKind::kUnsignedLong:
      return static_cast<double>(UnsignedFromSortable(column_value));
    case FieldKind::kDecimal:
      return static_cast<double>(column_value) / PowerOfTen(field.scale);
    case FieldKind::kFloat:
    case FieldKind::kHalfFloat:
    case FieldKind::kDouble:
    case FieldKind::kRankFeature:
      return DoubleFromSortable(column_value);
    case FieldKind::kDateNanos:
      // Whole milliseconds.
      return std::trunc(static_cast<double>(column_value - column_value % 1'000'000) / 1e6);
    case FieldKind::kDate:
      return static_cast<double>(MillisFromMicros(column_value));
    default:
      return static_cast<double>(column_value);
  }
}

void AppendSortJson(const Field& field, int64_t column_value, std::string* out) {
  switch (field.kind) {
    case FieldKind::kDate:
      out->append(std::to_string(MillisFromMicros(column_value)));
      return;
    case FieldKind::kDateNanos:
      out->append(std::to_string(column_value));
      return;
    case FieldKind::kBoolean:
      out->append(column_value != 0 ? "1" : "0");
      return;
    case FieldKind::kDecimal:
      AppendReal(ToDouble(field, column_value), out);
      return;
    default:
      AppendJson(field, column_value, out);
      return;
  }
}

}  // namespace binseek::mapping
