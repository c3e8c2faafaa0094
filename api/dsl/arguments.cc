#include "api/dsl/arguments.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace binseek::api::dsl {
namespace {

std::string Bracketed(std::string_view text) { return "[" + std::string(text) + "]"; }

DslError NumberFormat(std::string_view text) {
  return {.status = 400,
          .type = "number_format_exception",
          .reason = "For input string: \"" + std::string(text) + "\""};
}

// The value as a JSON number: itself, or what its string holds.
DslResult<JsonValue> ReadNumber(const JsonValue& value, Place place) {
  if (value.is_number()) {
    return JsonValue(value);
  }
  if (!value.is_string()) {
    return WrongToken(value, place);
  }
  Result<JsonValue> parsed = ParseJson(value.AsString());
  if (!parsed.ok() || !parsed->is_number()) {
    return NumberFormat(value.AsString());
  }
  return *std::move(parsed);
}

// Names longer than this are no misspelling of anything.
constexpr size_t kMaxSuggestedName = 64;

// 1 = equal, 0 = nothing in common: 1 - edits / length of the longer one.
float Similarity(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t substituted = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, diagonal + 1});
    }
  }
  return 1.0F - static_cast<float>(row[b.size()]) /
                    static_cast<float>(std::max<size_t>({a.size(), b.size(), 1}));
}

}  // namespace

std::string_view TokenName(const JsonValue& value) {
  switch (value.kind()) {
    case JsonKind::kNull:
      return "VALUE_NULL";
    case JsonKind::kBool:
      return "VALUE_BOOLEAN";
    case JsonKind::kNumber:
      return "VALUE_NUMBER";
    case JsonKind::kString:
      return "VALUE_STRING";
    case JsonKind::kArray:
      return "START_ARRAY";
    case JsonKind::kObject:
      break;
  }
  return "START_OBJECT";
}

bool IsScalar(const JsonValue& value) {
  return value.is_string() || value.is_number() || value.is_bool();
}

std::string ScalarText(const JsonValue& value) {
  if (value.is_string()) {
    return value.AsString();
  }
  return value.is_number() ? value.number_text() : value.AsBool() ? "true" : "false";
}

DslResult<std::string> ReadText(const JsonValue& value, Place place) {
  if (!IsScalar(value)) {
    return WrongToken(value, place);
  }
  return ScalarText(value);
}

DslResult<bool> ReadBool(const JsonValue& value, Place place) {
  if (value.is_bool()) {
    return value.AsBool();
  }
  if (!IsScalar(value)) {
    return WrongToken(value, place);
  }
  const std::string text = ScalarText(value);
  if (text == "true" || text == "false") {
    return text == "true";
  }
  return IllegalArgument("Failed to parse value " + Bracketed(text) +
                         " as only [true] or [false] are allowed.");
}

DslResult<int32_t> ReadInt(const JsonValue& value, Place place) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue number, ReadNumber(value, place));
  if (const std::optional<int64_t> integer = number.AsInt64()) {
    if (*integer >= std::numeric_limits<int32_t>::min() &&
        *integer <= std::numeric_limits<int32_t>::max()) {
      return static_cast<int32_t>(*integer);
    }
  } else if (const std::optional<double> real = number.AsDouble();
             real && std::trunc(*real) != *real) {
    return IllegalArgument(number.number_text() +
                           " cannot be converted to Integer without data loss");
  }
  return DslError{.status = 400,
                  .type = "input_coercion_exception",
                  .reason = "Numeric value (" + number.number_text() +
                            ") out of range of int (-2147483648 - 2147483647)"};
}

DslResult<double> ReadDouble(const JsonValue& value, Place place) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const JsonValue number, ReadNumber(value, place));
  const std::optional<double> real = number.AsDouble();
  if (!real) {
    return NumberFormat(number.number_text());
  }
  return *real;
}

DslResult<float> ReadFloat(const JsonValue& value, Place place) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const double real, ReadDouble(value, place));
  // The greatest float is often written with fewer digits, which is a little more than it is.
  const auto nearest = static_cast<float>(real);
  if (!std::isfinite(nearest)) {
    return IllegalArgument(Bracketed(place.field) + " must be a finite value, found " +
                           Bracketed(ScalarText(value)));
  }
  return nearest;
}

DslResult<float> ReadBoost(const JsonValue& value, std::string_view query) {
  BINSEEK_DSL_ASSIGN_OR_RETURN(const float boost, ReadFloat(value, {query, "boost"}));
  if (boost < 0) {
    return IllegalArgument("negative [boost] are not allowed in " + Bracketed(query) +
                           ", use a value between 0 and 1 to deboost");
  }
  return boost;
}

std::string Suggestion(std::string_view name, std::span<const std::string_view> candidates) {
  if (name.size() > kMaxSuggestedName) {
    return "";
  }
  std::vector<std::pair<float, std::string_view>> near;
  for (const std::string_view candidate : candidates) {
    const float similarity = Similarity(name, candidate);
    if (similarity > 0.5F) {
      near.emplace_back(-similarity, candidate);
    }
  }
  if (near.empty()) {
    return "";
  }
  std::sort(near.begin(), near.end());
  std::string names;
  for (const auto& [distance, candidate] : near) {
    names.append(names.empty() ? "" : ", ").append(candidate);
  }
  return (near.size() == 1 ? " did you mean [" : " did you mean any of [") + names + "]?";
}

DslError UnknownField(std::string_view parser, std::string_view name,
                      std::span<const std::string_view> candidates) {
  return ContentParseError(Bracketed(parser) + " unknown field " + Bracketed(name) +
                           Suggestion(name, candidates));
}

DslError WrongToken(const JsonValue& value, Place place) {
  return ContentParseError(Bracketed(place.parser) + " " + std::string(place.field) +
                           " doesn't support values of type: " + std::string(TokenName(value)));
}

DslError Unsupported(std::string_view what) {
  return IllegalArgument(std::string(what) + " is not supported by binseek");
}

bool Contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string LowerAscii(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower;
}

}  // namespace binseek::api::dsl
