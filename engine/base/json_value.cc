#include <charconv>
#include <cmath>
#include <system_error>

#include "engine/base/json.h"

namespace binseek {
namespace {

// Up to here every integral double is one integer and no other.
constexpr double kExactIntegers = 9007199254740992.0;  // 2^53

const std::string& EmptyString() {
  static const auto* const kEmpty = new std::string;
  return *kEmpty;
}

template <class Int>
std::optional<Int> ParseInteger(const std::string& text) {
  Int value = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec == std::errc() && parsed.ptr == end) {
    return value;
  }
  return std::nullopt;
}

template <class Int>
std::optional<Int> IntegerOf(const JsonValue& number) {
  if (const std::optional<Int> exact = ParseInteger<Int>(number.number_text())) {
    return exact;
  }
  // 12.0 and 1e3. A long integer text that does not fit is beyond the exact range as a double too.
  const std::optional<double> value = number.AsDouble();
  if (!value || std::trunc(*value) != *value || std::fabs(*value) > kExactIntegers) {
    return std::nullopt;
  }
  if (std::is_unsigned_v<Int> && *value < 0) {
    return std::nullopt;
  }
  return static_cast<Int>(*value);
}

}  // namespace

bool JsonValue::AsBool() const {
  const bool* value = std::get_if<bool>(&content_);
  return value != nullptr && *value;
}

const std::string& JsonValue::AsString() const {
  return is_string() ? std::get<std::string>(content_) : EmptyString();
}

const std::string& JsonValue::number_text() const {
  return is_number() ? std::get<std::string>(content_) : EmptyString();
}

std::optional<int64_t> JsonValue::AsInt64() const { return IntegerOf<int64_t>(*this); }

std::optional<uint64_t> JsonValue::AsUint64() const { return IntegerOf<uint64_t>(*this); }

std::optional<double> JsonValue::AsDouble() const {
  const std::string& text = number_text();
  if (text.empty()) {
    return std::nullopt;
  }
  double value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec == std::errc::result_out_of_range) {
    // Beyond 1e308 was refused when parsing, so this is a number too small for a double.
    return text.front() == '-' ? -0.0 : 0.0;
  }
  return value;
}

const JsonValue::Array& JsonValue::array() const {
  static const auto* const kEmpty = new Array;
  const Array* values = std::get_if<Array>(&content_);
  return values == nullptr ? *kEmpty : *values;
}

const JsonValue::Members& JsonValue::members() const {
  static const auto* const kEmpty = new Members;
  const Members* values = std::get_if<Members>(&content_);
  return values == nullptr ? *kEmpty : *values;
}

const JsonValue* JsonValue::Find(std::string_view key) const {
  for (const Member& member : members()) {
    if (member.first == key) {
      return &member.second;
    }
  }
  return nullptr;
}

}  // namespace binseek
