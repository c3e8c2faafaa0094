#include "engine/mapping/range_value.h"

#include <bit>
#include <cmath>
#include <limits>

#include "engine/mapping/date_format.h"
#include "engine/mapping/ip.h"
#include "engine/mapping/number.h"

namespace binseek::mapping {
namespace {

constexpr int64_t kLowest = std::numeric_limits<int64_t>::min();
constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
constexpr unsigned kDroppedBits = 15;  // of a float's 32, in a feature

Status BadRange(const Field& field, const std::string& why) {
  return Status::InvalidArgument("error parsing field [" + field.name + "], " + why);
}

// Ends of a range of that kind that is open.
RangeBytes Widest(const Field& field) {
  if (field.kind == FieldKind::kIpRange) {
    return {std::string(kIpBytes, '\0'), std::string(kIpBytes, '\xff')};
  }
  int64_t low = kLowest;
  int64_t high = kHighest;
  if (field.kind == FieldKind::kIntegerRange) {
    low = std::numeric_limits<int32_t>::min();
    high = std::numeric_limits<int32_t>::max();
  } else if (field.kind == FieldKind::kFloatRange || field.kind == FieldKind::kDoubleRange) {
    low = SortableFromDouble(-std::numeric_limits<double>::infinity());
    high = SortableFromDouble(std::numeric_limits<double>::infinity());
  }
  return {EndOfColumnValue(low), EndOfColumnValue(high)};
}

// A date means all that its text leaves open, as in a query: "lte" a day ends with it, "gt" begins behind it.
Result<int64_t> DateEnd(const Field& end, const std::string& text, bool round_up) {
  BINSEEK_ASSIGN_OR_RETURN(const ParsedDate date, ParseDateAs(end.parameters().format, text));
  return date.micros + (round_up ? date.open : 0);
}

// The column value of a bound; `exclusive` takes the next one inside.
Result<std::string> EndOf(const Field& field, const std::string& text, bool lower, bool exclusive) {
  if (field.kind == FieldKind::kIpRange) {
    BINSEEK_ASSIGN_OR_RETURN(std::string bytes, ParseIp(text));
    if (exclusive && !StepIp(&bytes, lower)) {
      return BadRange(field, "no address lies behind [" + text + "]");
    }
    return bytes;
  }
  const Field end = EndField(field);
  BINSEEK_ASSIGN_OR_RETURN(int64_t value, end.kind == FieldKind::kDate
                                              ? DateEnd(end, text, /*round_up=*/lower == exclusive)
                                              : ParseColumnValue(end, text));
  if (field.kind == FieldKind::kIntegerRange && (value < std::numeric_limits<int32_t>::min() ||
                                                 value > std::numeric_limits<int32_t>::max())) {
    return Status::InvalidArgument("Value [" + text + "] is out of range for an integer");
  }
  if (exclusive && field.kind == FieldKind::kFloatRange) {
    const auto narrow = static_cast<float>(DoubleFromSortable(value));
    value =
        SortableFromDouble(std::nextafter(narrow, lower ? std::numeric_limits<float>::infinity()
                                                        : -std::numeric_limits<float>::infinity()));
  } else if (exclusive) {
    if (value == (lower ? kHighest : kLowest)) {
      return BadRange(field, "no value lies behind [" + text + "]");
    }
    value += lower ? 1 : -1;
  }
  return EndOfColumnValue(value);
}

std::string TextOf(const JsonValue& value) {
  return value.is_string() ? value.AsString() : std::string(value.number_text());
}

}  // namespace

Field EndField(const Field& range) {
  Field end;
  end.name = range.name;
  end.more = range.more;  // the format of dates
  end.kind = range.kind == FieldKind::kDateRange     ? FieldKind::kDate
             : range.kind == FieldKind::kFloatRange  ? FieldKind::kFloat
             : range.kind == FieldKind::kDoubleRange ? FieldKind::kDouble
             : range.kind == FieldKind::kIpRange     ? FieldKind::kIp
                                                     : FieldKind::kLong;
  return end;
}

size_t EndBytes(const Field& range) { return range.kind == FieldKind::kIpRange ? kIpBytes : 8; }

std::string EndOfColumnValue(int64_t value) {
  const uint64_t bits = static_cast<uint64_t>(value) ^ (uint64_t{1} << 63);
  std::string out(8, '\0');
  for (size_t i = 0; i < 8; ++i) {
    out[i] = static_cast<char>(bits >> (56 - 8 * i));
  }
  return out;
}

int64_t ColumnValueOfEnd(std::string_view bytes) {
  uint64_t bits = 0;
  for (const char byte : bytes.substr(0, 8)) {
    bits = bits << 8 | static_cast<uint8_t>(byte);
  }
  return static_cast<int64_t>(bits ^ (uint64_t{1} << 63));
}

Result<RangeBytes> ParseRangeValue(const Field& field, const JsonValue& json) {
  RangeBytes range = Widest(field);
  if (field.kind == FieldKind::kIpRange && json.is_string()) {
    BINSEEK_ASSIGN_OR_RETURN(IpBlock block, ParseCidr(json.AsString()));
    return RangeBytes{std::move(block.first), std::move(block.last)};
  }
  if (!json.is_object()) {
    return BadRange(field, "expected an object but got " +
                               (json.is_string() || json.is_number() ? TextOf(json) : "a value"));
  }
  for (const auto& [key, value] : json.members()) {
    const bool lower = key == "gt" || key == "gte" || key == "from";
    if (!lower && key != "lt" && key != "lte" && key != "to") {
      return BadRange(field, "with unknown parameter [" + key + "]");
    }
    if (value.is_null()) {
      continue;
    }
    if (!value.is_string() && !value.is_number()) {
      return BadRange(field, "with a [" + key + "] that is no value");
    }
    BINSEEK_ASSIGN_OR_RETURN((lower ? range.first : range.last),
                             EndOf(field, TextOf(value), lower, key == "gt" || key == "lt"));
  }
  if (range.last < range.first) {
    return Status::InvalidArgument("min value is greater than max value");
  }
  return range;
}

float TruncateFeature(float value) {
  return std::bit_cast<float>(std::bit_cast<uint32_t>(value) >> kDroppedBits << kDroppedBits);
}

std::string FeaturePrefix(std::string_view name) { return std::string(name) + '\0'; }

std::string FeatureTerm(std::string_view name, float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value) >> kDroppedBits;
  std::string term = FeaturePrefix(name);
  term.push_back(static_cast<char>(bits >> 16));
  term.push_back(static_cast<char>(bits >> 8 & 0xff));
  term.push_back(static_cast<char>(bits & 0xff));
  return term;
}

std::optional<float> FeatureOfTerm(std::string_view suffix) {
  if (suffix.size() != 3) {
    return std::nullopt;
  }
  uint32_t bits = 0;
  for (const char byte : suffix) {
    bits = bits << 8 | static_cast<uint8_t>(byte);
  }
  return std::bit_cast<float>(bits << kDroppedBits);
}

}  // namespace binseek::mapping
