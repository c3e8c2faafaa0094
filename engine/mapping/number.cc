#include "engine/mapping/number.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/mapping/date_format.h"
#include "engine/mapping/power_of_ten.h"

namespace binseek::mapping {
namespace {

Status NotA(std::string_view text, std::string_view what) {
  std::string shown(text.substr(0, 100));
  return Status::InvalidArgument("\"" + shown + "\" is not a " + std::string(what));
}

// A decimal number's text taken apart: sign, digits without leading zeros, and the power of ten behind them.
struct DecimalText {
  bool negative = false;
  std::string digits;
  int64_t exponent = 0;
};

std::optional<DecimalText> TakeApart(std::string_view text) {
  DecimalText out;
  size_t at = 0;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    out.negative = text[0] == '-';
    at = 1;
  }
  bool any = false;
  bool point = false;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '.' && !point) {
      point = true;
    } else if (c >= '0' && c <= '9') {
      any = true;
      if (!out.digits.empty() || c != '0') {
        out.digits.push_back(c);
      }
      out.exponent -= point ? 1 : 0;
    } else {
      break;
    }
  }
  if (!any || out.digits.size() > 400) {
    return std::nullopt;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    int exponent = 0;
    const char* begin = text.data() + at + 1;
    begin += begin < text.data() + text.size() && *begin == '+' ? 1 : 0;
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), exponent);
    if (error != std::errc() || exponent > 1000 || exponent < -1000) {
      return std::nullopt;
    }
    out.exponent += exponent;
    at = static_cast<size_t>(end - text.data());
  }
  if (at != text.size()) {
    return std::nullopt;
  }
  return out;
}

// The number times 10^scale as an integer. `cut`: digits were lost behind the point (towards zero).
struct Scaled {
  bool negative = false;
  bool cut = false;
  bool overflow = false;
  uint64_t magnitude = 0;
};

Scaled Scale(const DecimalText& number, int scale) {
  Scaled out;
  out.negative = number.negative;
  std::string digits = number.digits;
  const int64_t shift = number.exponent + scale;
  if (shift < 0) {
    const size_t drop = static_cast<size_t>(-shift);
    const size_t keep = digits.size() > drop ? digits.size() - drop : 0;
    out.cut = digits.find_first_not_of('0', keep) != std::string::npos;
    digits.resize(keep);
  } else if (!digits.empty()) {
    if (shift > 40) {
      out.overflow = true;
      return out;
    }
    digits.append(static_cast<size_t>(shift), '0');
  }
  for (const char c : digits) {
    const uint64_t digit = static_cast<uint64_t>(c - '0');
    if (out.magnitude > (std::numeric_limits<uint64_t>::max() - digit) / 10) {
      out.overflow = true;
      return out;
    }
    out.magnitude = out.magnitude * 10 + digit;
  }
  return out;
}

constexpr uint64_t kMinMagnitude = uint64_t{1} << 63;

// Whether the scaled number fits the field's integer, and that integer as a column value.
std::optional<int64_t> Fit(const Field& field, const Scaled& scaled) {
  if (scaled.overflow) {
    return std::nullopt;
  }
  if (field.kind == FieldKind::kUnsignedLong) {
    if (scaled.negative && scaled.magnitude != 0) {
      return std::nullopt;
    }
    return SortableFromUnsigned(scaled.magnitude);
  }
  if (scaled.magnitude > kMinMagnitude - (scaled.negative ? 0 : 1)) {
    return std::nullopt;
  }
  return static_cast<int64_t>(scaled.negative ? ~scaled.magnitude + 1 : scaled.magnitude);
}

int ScaleOf(const Field& field) { return field.kind == FieldKind::kDecimal ? field.scale : 0; }

Result<double> ParseDouble(std::string_view text) {
  double value = 0;
  const char* begin = text.data() + (!text.empty() && text[0] == '+' ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (text.empty() || end != text.data() + text.size() || error != std::errc() ||
      !std::isfinite(value)) {
    return NotA(text, "finite number");
  }
  return value;
}

// As a document's value. What has more digits than a decimal keeps is rounded as Elasticsearch does it, by Java's Math.round(value * factor) of doubles: halves
// go up. From 2^53 on doubles have no digits behind the point to round by: these are cut.
std::optional<int64_t> Nearest(const Field& field, const Scaled& scaled, std::string_view text) {
  constexpr double kNoHalves = 9'007'199'254'740'992.0;
  const std::optional<int64_t> fit = Fit(field, scaled);
  if (!fit || !scaled.cut || field.kind != FieldKind::kDecimal) {
    return fit;
  }
  const Result<double> value = ParseDouble(text);
  const double product = value.ok() ? *value * PowerOfTen(field.scale) : kNoHalves;
  if (std::abs(product) >= kNoHalves) {
    return fit;
  }
  const double below = std::floor(product);
  return static_cast<int64_t>(below) + (product - below >= 0.5 ? 1 : 0);
}

// Values of the types that share 64 bits but are narrower.
bool FitsDeclared(const Field& field, int64_t value) {
  const std::string& type = field.parameters().type_name;
  if (type == "integer") {
    return value >= std::numeric_limits<int32_t>::min() &&
           value <= std::numeric_limits<int32_t>::max();
  }
  if (type == "short") {
    return value >= std::numeric_limits<int16_t>::min() &&
           value <= std::numeric_limits<int16_t>::max();
  }
  if (type == "byte") {
    return value >= std::numeric_limits<int8_t>::min() &&
           value <= std::numeric_limits<int8_t>::max();
  }
  return true;
}

}  // namespace

int64_t SortableFromDouble(double value) {
  const int64_t bits = std::bit_cast<int64_t>(value);
  return bits ^ ((bits >> 63) & std::numeric_limits<int64_t>::max());
}

double DoubleFromSortable(int64_t sortable) {
  return std::bit_cast<double>(sortable ^ ((sortable >> 63) & std::numeric_limits<int64_t>::max()));
}

Result<int64_t> ParseColumnValue(const Field& field, std::string_view text) {
  switch (field.kind) {
    case FieldKind::kBoolean:
      if (text == "true" || text == "1") {
        return 1;
      }
      if (text == "false" || text == "0" || text.empty()) {
        return 0;
      }
      return NotA(text, "boolean");
    case FieldKind::kDate:
    case FieldKind::kDateNanos:
      return ParseDateValue(field, text);
    case FieldKind::kHalfFloat: {
      BINSEEK_ASSIGN_OR_RETURN(const double value, ParseDouble(text));
      const double half = RoundToHalf(value);
      if (!std::isfinite(half)) {
        return Status::InvalidArgument("[half_float] supports only finite values, but got [" +
                                       std::string(text.substr(0, 100)) + "]");
      }
      return SortableFromDouble(half);
    }
    case FieldKind::kFloat: {
      BINSEEK_ASSIGN_OR_RETURN(const double value, ParseDouble(text));
      const float narrow = static_cast<float>(value);
      if (!std::isfinite(narrow)) {
        return NotA(text, "finite 32-bit number");
      }
      return SortableFromDouble(narrow);
    }
    case FieldKind::kDouble: {
      BINSEEK_ASSIGN_OR_RETURN(const double value, ParseDouble(text));
      return SortableFromDouble(value);
    }
    case FieldKind::kTokenCount:
    case FieldKind::kLong:
    case FieldKind::kUnsignedLong:
    case FieldKind::kDecimal: {
      const auto number = TakeApart(text);
      if (!number) {
        return NotA(text, "number");
      }
      const auto value = Nearest(field, Scale(*number, ScaleOf(field)), text);
      if (!value) {
        return Status::InvalidArgument("\"" + std::string(text.substr(0, 100)) +
                                       "\" is out of range");
      }
      if (!FitsDeclared(field, *value)) {
        return Status::InvalidArgument("Value [" + std::string(text.substr(0, 100)) +
                                       "] is out of range for " +
                                       (field.parameters().type_name == "integer" ? "an " : "a ") +
                                       field.parameters().type_name);
      }
      return *value;
    }
    default:
      return Status::InvalidArgument("the field has no numeric values");
  }
}

Result<int64_t> ParseBound(const Field& field, std::string_view text, Rounding rounding,
                           bool* rounded) {
  bool ignored = false;
  bool* const out = rounded != nullptr ? rounded : &ignored;
  *out = false;
  if (field.kind != FieldKind::kLong && field.kind != FieldKind::kUnsignedLong &&
      field.kind != FieldKind::kDecimal && field.kind != FieldKind::kTokenCount) {
    if (field.kind == FieldKind::kFloat || field.kind == FieldKind::kHalfFloat) {
      // The nearest value that the field can have, as for a value that is written into it: 0.1 means what was written as 0.1.
      BINSEEK_ASSIGN_OR_RETURN(const double value, ParseDouble(text));
      const Result<int64_t> own = ParseColumnValue(field, text);
      return own.ok() ? *own : SortableFromDouble(value);
    }
    return ParseColumnValue(field, text);
  }
  const auto number = TakeApart(text);
  if (!number) {
    return NotA(text, "number");
  }
  const Scaled scaled = Scale(*number, ScaleOf(field));
  const auto value = Fit(field, scaled);
  if (!value) {
    *out = true;
    return scaled.negative ? std::numeric_limits<int64_t>::min()
                           : std::numeric_limits<int64_t>::max();
  }
  if (!scaled.cut) {
    return *value;
  }
  *out = true;
  // Cutting went towards zero: step away from it where the asked direction is the other one.
  const bool is_below = !scaled.negative;  // the cut value lies below the true one
  if (rounding == Rounding::kUp && is_below && *value != std::numeric_limits<int64_t>::max()) {
    return *value + 1;
  }
  if (rounding == Rounding::kDown && !is_below && *value != std::numeric_limits<int64_t>::min()) {
    return *value - 1;
  }
  return *value;
}

}  // namespace binseek::mapping
