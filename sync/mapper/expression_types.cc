#include "sync/mapper/expression_types.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "engine/mapping/date.h"
#include "sync/mapper/column_field.h"

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;
using change::Value;
using change::ValueKind;
using Node = ExpressionNode;
using Op = ExpressionOp;
using Type = ExpressionType;

constexpr int kMaxPrecision = 200;  // beyond any DECIMAL; only whether it is above 18 matters

// Digits that a number of the column has at most.
int DigitsOf(const Column& column) {
  switch (column.type) {
    case ColumnType::kTinyInt:
      return 3;
    case ColumnType::kSmallInt:
      return 5;
    case ColumnType::kMediumInt:
      return 8;
    case ColumnType::kInt:
      return 10;
    case ColumnType::kYear:
      return 4;
    case ColumnType::kDecimal:
      return column.precision;
    default:
      return 20;
  }
}

// "2026-01-02", "2026-01-02 03:04:05[.ffffff]", also with zeros.
std::optional<int64_t> PackedMoment(std::string_view text) {
  change::Calendar c;
  const auto number = [&](size_t digits, auto* out) {
    unsigned value = 0;
    const char* const end = text.data() + std::min(digits, text.size());
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    const bool good = error == std::errc() && stop == text.data() + digits;
    *out = static_cast<std::remove_pointer_t<decltype(out)>>(value);
    text.remove_prefix(good ? digits : 0);
    return good;
  };
  const auto symbol = [&](std::string_view any_of) {
    const bool good = !text.empty() && any_of.find(text.front()) != std::string_view::npos;
    text.remove_prefix(good ? 1 : 0);
    return good;
  };
  if (!number(4, &c.year) || !symbol("-") || !number(2, &c.month) || !symbol("-") ||
      !number(2, &c.day) || c.month > 12 || c.day > 31) {
    return std::nullopt;
  }
  if (!text.empty() &&
      (!symbol(" T") || !number(2, &c.hour) || !symbol(":") || !number(2, &c.minute) ||
       !symbol(":") || !number(2, &c.second) || c.hour > 23 || c.minute > 59 || c.second > 59)) {
    return std::nullopt;
  }
  if (!text.empty()) {
    const size_t digits = text.size() - 1;
    if (!symbol(".") || digits == 0 || digits > 6 || !number(digits, &c.micros)) {
      return std::nullopt;
    }
    for (size_t i = digits; i < 6; ++i) {
      c.micros *= 10;
    }
  }
  return change::PackCalendar(c);
}

}  // namespace

Type TypeOf(const Column& column) {
  switch (column.type) {
    case ColumnType::kTinyInt:
    case ColumnType::kSmallInt:
    case ColumnType::kMediumInt:
    case ColumnType::kInt:
    case ColumnType::kBigInt:
    case ColumnType::kBit:
    case ColumnType::kYear:
    case ColumnType::kDecimal:
      return Type::kNumber;
    case ColumnType::kFloat:
    case ColumnType::kDouble:
      return Type::kReal;
    case ColumnType::kChar:
    case ColumnType::kVarchar:
    case ColumnType::kText:
    case ColumnType::kEnum:
    case ColumnType::kSet:
      return Type::kText;
    case ColumnType::kDate:
    case ColumnType::kDateTime:
      return Type::kCalendar;
    case ColumnType::kTimestamp:
      return Type::kInstant;
    case ColumnType::kJson:
      return Type::kJson;
    default:
      return Type::kOther;
  }
}

Column ColumnOf(ColumnType type) {
  Column column;
  column.type = type;
  return column;
}

Column NumberColumn(int precision, int scale) {
  if (scale == 0 && precision <= kMaxExactDigits) {
    Column column = ColumnOf(ColumnType::kBigInt);
    column.precision = static_cast<uint8_t>(precision);
    return column;
  }
  Column column = ColumnOf(ColumnType::kDecimal);
  column.precision = static_cast<uint8_t>(std::min(precision, kMaxPrecision));
  column.scale = static_cast<uint8_t>(std::min(scale, kMaxPrecision));
  return column;
}

int ScaleOf(const Node& node) {
  return node.column.type == ColumnType::kDecimal ? node.column.scale : 0;
}

// A BIGINT that was made here says how many digits it has; a table's does not.
int PrecisionOf(const Node& node) {
  const bool made = node.column.type == ColumnType::kBigInt && node.column.precision != 0;
  return made ? node.column.precision : DigitsOf(node.column);
}

bool SameType(const Column& a, const Column& b) {
  return a.type == b.type && a.is_unsigned == b.is_unsigned && a.precision == b.precision &&
         a.scale == b.scale;
}

std::string Shown(const Node& node) {
  if (node.op == Op::kColumn) {
    return "column `" + node.column.name + "` of type " +
           std::string(SqlTypeName(node.column.type));
  }
  if (node.op == Op::kLiteral) {
    return node.type == Type::kText ? "the text '" + node.text + "'" : "the literal " + node.text;
  }
  return "what begins at character " + std::to_string(node.at + 1);
}

Status Unfit(const Node& a, const Node& b) {
  std::string hint;
  const auto is_text_literal = [](const Node& node) {
    return node.op == Op::kLiteral && node.type == Type::kText;
  };
  if (a.type == Type::kNumber && is_text_literal(b)) {
    hint = ": numbers are written without quotes";
  } else if (a.type == Type::kText && b.op == Op::kLiteral && b.type == Type::kNumber) {
    hint = ": texts are written with quotes";
  }
  return Status::InvalidArgument(Shown(a) + " and " + Shown(b) + " do not compare" + hint);
}

bool TakeMoment(Type type, Node* literal) {
  const auto packed = PackedMoment(literal->text);
  if (literal->op != Op::kLiteral || literal->type != Type::kText || !packed) {
    return false;
  }
  literal->type = type;
  if (type == Type::kCalendar) {
    literal->column = ColumnOf(ColumnType::kDateTime);
    literal->column.scale = 6;
    literal->literal = Value::Of(ValueKind::kDateTime, *packed);
    return true;
  }
  const change::Calendar c = change::UnpackCalendar(*packed);
  literal->column = ColumnOf(ColumnType::kTimestamp);
  literal->column.scale = 6;
  // The zero timestamp is kept as 0.
  const bool real = change::IsRealMoment(c);
  literal->literal =
      Value::Of(ValueKind::kTimestamp,
                real ? mapping::MicrosFromCivil(c.year, c.month, c.day, c.hour, c.minute, c.second,
                                                static_cast<int>(c.micros))
                     : 0);
  return real || *packed == change::PackCalendar(change::Calendar());
}

Result<std::vector<JsonStep>> ParseJsonPath(std::string_view path) {
  const Status bad = Status::InvalidArgument(
      "'" + std::string(path) + "' is no path such as $.a[0].\"b c\" (without wildcards)");
  std::vector<JsonStep> steps;
  if (!path.starts_with('$')) {
    return bad;
  }
  for (path.remove_prefix(1); !path.empty();) {
    const char kind = path.front();
    path.remove_prefix(1);
    if (kind == '[') {
      const size_t end = path.find(']');
      uint64_t nth = 0;
      const auto [stop, error] =
          std::from_chars(path.data(), path.data() + std::min(end, path.size()), nth);
      if (end == std::string_view::npos || error != std::errc() || stop != path.data() + end) {
        return bad;
      }
      steps.emplace_back(nth);
      path.remove_prefix(end + 1);
      continue;
    }
    const bool quoted = path.starts_with('"');
    path.remove_prefix(quoted ? 1 : 0);
    size_t end = path.find_first_of(quoted ? "\"" : ".[ *\"");
    if (kind != '.' || end == 0 || (quoted && end == std::string_view::npos)) {
      return bad;
    }
    end = std::min(end, path.size());
    steps.emplace_back(std::string(path.substr(0, end)));
    path.remove_prefix(end + (quoted ? 1 : 0));
  }
  return steps;
}

}  // namespace binseek::mapper
