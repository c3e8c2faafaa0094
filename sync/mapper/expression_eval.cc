// Expressions: their values.
#include <charconv>
#include <compare>
#include <optional>
#include <utility>

#include "engine/base/json.h"
#include "sync/mapper/exact_decimal.h"
#include "sync/mapper/expression_node.h"
#include "sync/mapper/text_case.h"
#include "sync/mapper/value_text.h"

namespace binseek::mapper {
namespace {

using change::ColumnType;
using change::RowImage;
using change::Value;
using change::ValueKind;
using Node = ExpressionNode;
using Op = ExpressionOp;
using Type = ExpressionType;

bool IsUnknown(const Value& value) { return value.is_absent() || value.is_unknown(); }
bool IsInteger(const Value& value) {
  return value.kind == ValueKind::kInt || value.kind == ValueKind::kUint;
}
Value Bool(bool value) { return Value::Int(value ? 1 : 0); }

__int128 WideOf(const Value& value) {
  return value.kind == ValueKind::kUint ? static_cast<__int128>(value.unsigned_integer())
                                        : static_cast<__int128>(value.integer);
}

ExactDecimal ExactOf(const Value& value) {
  switch (value.kind) {
    case ValueKind::kInt:
      return ExactDecimal(value.integer);
    case ValueKind::kUint:
      return ExactDecimal(value.unsigned_integer());
    default:
      return ExactDecimal::Parse(value.bytes).value_or(ExactDecimal());
  }
}

double RealOf(const Value& value) {
  if (value.kind == ValueKind::kFloat || value.kind == ValueKind::kDouble) {
    return value.real;
  }
  const std::string text = ExactOf(value).Text();
  double real = 0;
  std::from_chars(text.data(), text.data() + text.size(), real);
  return real;
}

bool IsTrue(const Value& value) {
  if (IsInteger(value)) {
    return value.integer != 0;
  }
  return value.kind == ValueKind::kDecimal ? !ExactOf(value).is_zero() : value.real != 0;
}

template <class T>
int Ordered(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

// REQUIRES: neither is NULL or unknown, and Bind took the two.
int Compare(Type a_type, const Value& a, Type b_type, const Value& b) {
  if (a_type == Type::kText) {
    return a.bytes.compare(b.bytes);
  }
  if (a_type == Type::kCalendar || a_type == Type::kInstant) {
    return Ordered(a.integer, b.integer);
  }
  if (a_type == Type::kReal || b_type == Type::kReal) {
    return Ordered(RealOf(a), RealOf(b));
  }
  if (IsInteger(a) && IsInteger(b)) {
    return Ordered(WideOf(a), WideOf(b));
  }
  const auto order = ExactOf(a) <=> ExactOf(b);
  return std::is_lt(order) ? -1 : (std::is_gt(order) ? 1 : 0);
}

class Evaluation {
 public:
  Evaluation(const RowImage& row, const RowImage& fallback) : row_(row), fallback_(fallback) {}

  Result<Value> Of(const Node& node) {
    switch (node.op) {
      case Op::kLiteral:
        return node.literal;
      case Op::kColumn: {
        const Value& value = row_[node.ordinal];
        return value.is_absent() && !fallback_.empty() ? fallback_[node.ordinal] : value;
      }
      case Op::kAnd:
        return Logic(node, /*decides=*/false);
      case Op::kOr:
        return Logic(node, /*decides=*/true);
      case Op::kNot:
      case Op::kIsNull:
      case Op::kNegate:
        return OfOne(node);
      case Op::kIn:
        return In(node);
      case Op::kEqual:
      case Op::kLess:
      case Op::kLessOrEqual:
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kMultiply:
        return OfTwo(node);
      case Op::kCoalesce:
        return Coalesce(node);
      case Op::kConcatWs:
        return ConcatWs(node);
      default:
        return Function(node);
    }
  }

 private:
  // AND is decided by what is false, OR by what is true.
  Result<Value> Logic(const Node& node, bool decides) {
    bool unknown = false;
    bool null = false;
    for (const Node& child : node.children) {
      BINSEEK_ASSIGN_OR_RETURN(const Value value, Of(child));
      if (IsUnknown(value)) {
        unknown = true;
      } else if (value.is_null()) {
        null = true;
      } else if (IsTrue(value) == decides) {
        return Bool(decides);
      }
    }
    return unknown ? Value::Absent() : (null ? Value::Null() : Bool(!decides));
  }

  Result<Value> OfOne(const Node& node) {
    BINSEEK_ASSIGN_OR_RETURN(Value value, Of(node.children[0]));
    if (IsUnknown(value)) {
      return Value::Absent();
    }
    if (node.op == Op::kIsNull) {
      return Bool(value.is_null());
    }
    if (value.is_null()) {
      return value;
    }
    if (node.op == Op::kNot) {
      return Bool(!IsTrue(value));
    }
    return node.type == Type::kReal
               ? Value::Real(ValueKind::kDouble, -RealOf(value))
               : Value::Bytes(ValueKind::kDecimal, ExactOf(value).Negated().Text());
  }

  Result<Value> OfTwo(const Node& node) {
    const Node& left = node.children[0];
    const Node& right = node.children[1];
    BINSEEK_ASSIGN_OR_RETURN(const Value a, Of(left));
    BINSEEK_ASSIGN_OR_RETURN(const Value b, Of(right));
    if (a.is_null() || b.is_null()) {
      return Value::Null();
    }
    if (IsUnknown(a) || IsUnknown(b)) {
      return Value::Absent();
    }
    switch (node.op) {
      case Op::kEqual:
        return Bool(Compare(left.type, a, right.type, b) == 0);
      case Op::kLess:
        return Bool(Compare(left.type, a, right.type, b) < 0);
      case Op::kLessOrEqual:
        return Bool(Compare(left.type, a, right.type, b) <= 0);
      default:
        return Calculate(node, a, b);
    }
  }

  static Value Calculate(const Node& node, const Value& a, const Value& b) {
    if (node.type == Type::kReal) {
      const double x = RealOf(a);
      const double y = RealOf(b);
      return Value::Real(ValueKind::kDouble, node.op == Op::kAdd        ? x + y
                                             : node.op == Op::kSubtract ? x - y
                                                                        : x * y);
    }
    const ExactDecimal x = ExactOf(a);
    const ExactDecimal y = ExactOf(b);
    return Value::Bytes(ValueKind::kDecimal, (node.op == Op::kAdd        ? x + y
                                              : node.op == Op::kSubtract ? x - y
                                                                         : x * y)
                                                 .Text());
  }

  Result<Value> In(const Node& node) {
    const Node& left = node.children[0];
    BINSEEK_ASSIGN_OR_RETURN(const Value value, Of(left));
    if (IsUnknown(value) || value.is_null()) {
      return value.is_null() ? Value::Null() : Value::Absent();
    }
    bool null = false;
    for (size_t i = 1; i < node.children.size(); ++i) {
      BINSEEK_ASSIGN_OR_RETURN(const Value other, Of(node.children[i]));
      if (other.is_null()) {
        null = true;
      } else if (Compare(left.type, value, node.children[i].type, other) == 0) {
        return Bool(true);
      }
    }
    return null ? Value::Null() : Bool(false);
  }

  Result<Value> Coalesce(const Node& node) {
    for (const Node& child : node.children) {
      BINSEEK_ASSIGN_OR_RETURN(Value value, Of(child));
      if (!value.is_null()) {
        return IsUnknown(value) ? Value::Absent() : std::move(value);
      }
    }
    return Value::Null();
  }

  // Of a value that is there.
  static Status AppendText(const Node& node, const Value& value, std::string* out) {
    if (value.kind == ValueKind::kDecimal) {
      out->append(value.bytes);
      return Status::Ok();
    }
    return AppendValueText(node.column, value, out);
  }

  Result<Value> ConcatWs(const Node& node) {
    std::string separator;
    std::string text;
    bool unknown = false;
    bool first = true;
    for (size_t i = 0; i < node.children.size(); ++i) {
      BINSEEK_ASSIGN_OR_RETURN(const Value value, Of(node.children[i]));
      if (value.is_null()) {
        if (i == 0) {
          return value;  // without a separator there is no text, as in SQL
        }
        continue;
      }
      if (IsUnknown(value)) {
        unknown = true;
        continue;
      }
      if (i == 0) {
        BINSEEK_RETURN_IF_ERROR(AppendText(node.children[i], value, &separator));
        continue;
      }
      text += first ? "" : separator;
      first = false;
      BINSEEK_RETURN_IF_ERROR(AppendText(node.children[i], value, &text));
    }
    return unknown ? Value::Absent() : Value::Bytes(ValueKind::kText, text);
  }

  // Those whose value is NULL where that of an argument is.
  Result<Value> Function(const Node& node) {
    std::string text;
    bool unknown = false;
    for (const Node& child : node.children) {
      BINSEEK_ASSIGN_OR_RETURN(const Value value, Of(child));
      if (value.is_null()) {
        return value;
      }
      if (IsUnknown(value)) {
        unknown = true;
      } else {
        BINSEEK_RETURN_IF_ERROR(AppendText(child, value, &text));
      }
    }
    if (unknown) {
      return Value::Absent();
    }
    switch (node.op) {
      case Op::kLower:
        return Value::Bytes(ValueKind::kText, LowerCaseText(text));
      case Op::kUpper:
        return Value::Bytes(ValueKind::kText, UpperCaseText(text));
      case Op::kTrim:
        return Value::Bytes(ValueKind::kText, TrimBlanks(text));
      case Op::kSplit:
        return Split(text, node.text);
      case Op::kJson:
      case Op::kJsonText:
        return FromJson(node, text);
      default:
        return Value::Bytes(ValueKind::kText, text);
    }
  }

  static Value Split(std::string_view text, std::string_view separator) {
    std::string list;
    JsonWriter json(&list);
    json.BeginArray();
    for (;;) {
      const size_t end = text.find(separator);
      if (const std::string_view part = TrimBlanks(text.substr(0, end)); !part.empty()) {
        json.String(part);
      }
      if (end == std::string_view::npos) {
        break;
      }
      text.remove_prefix(end + separator.size());
    }
    json.EndArray();
    return Value::Bytes(ValueKind::kJson, list);
  }

  static Result<Value> FromJson(const Node& node, std::string_view text) {
    BINSEEK_ASSIGN_OR_RETURN(const JsonValue root, ParseJson(text));
    const JsonValue* found = &root;
    for (const JsonStep& step : node.steps) {
      if (const auto* name = std::get_if<std::string>(&step)) {
        found = found->Find(*name);
      } else {
        const auto nth = std::get<uint64_t>(step);
        found = nth < found->array().size() ? &found->array()[nth] : nullptr;
      }
      if (found == nullptr) {
        return Value::Null();
      }
    }
    if (found->is_null()) {
      return Value::Null();
    }
    if (node.op == Op::kJsonText && found->is_string()) {
      return Value::Bytes(ValueKind::kText, found->AsString());
    }
    std::string value;
    JsonWriter(&value).Value(*found);
    return Value::Bytes(node.op == Op::kJsonText ? ValueKind::kText : ValueKind::kJson, value);
  }

  const RowImage& row_;
  const RowImage& fallback_;
};

// As a column of this type would hold it.
Value Normalised(const change::Column& column, Value value) {
  if (column.type == ColumnType::kBigInt && value.kind == ValueKind::kDecimal) {
    int64_t number = 0;
    std::from_chars(value.bytes.data(), value.bytes.data() + value.bytes.size(), number);
    return Value::Int(number);
  }
  if (column.type == ColumnType::kBigInt && value.kind == ValueKind::kUint && !column.is_unsigned) {
    return Value::Int(value.integer);
  }
  if (column.type == ColumnType::kDecimal &&
      (IsInteger(value) || value.kind == ValueKind::kDecimal)) {
    std::string text = ExactOf(value).Text();
    const size_t point = text.find('.');
    size_t places = point == std::string::npos ? 0 : text.size() - point - 1;
    if (places == 0 && column.scale > 0) {
      text.push_back('.');
    }
    for (; places < column.scale; ++places) {
      text.push_back('0');
    }
    return Value::Bytes(ValueKind::kDecimal, text);
  }
  if (column.type == ColumnType::kDouble && value.kind != ValueKind::kDouble) {
    return Value::Real(ValueKind::kDouble, RealOf(value));
  }
  if (column.type == ColumnType::kText && value.kind != ValueKind::kText) {
    return Value::Bytes(ValueKind::kText, value.bytes);  // an ENUM's label
  }
  return value;
}

}  // namespace

Result<Value> BoundExpression::Evaluate(const RowImage& row, const RowImage& fallback) const {
  BINSEEK_ASSIGN_OR_RETURN(Value value, Evaluation(row, fallback).Of(*root_));
  if (root_->op == Op::kColumn || value.is_null() || IsUnknown(value)) {
    return IsUnknown(value) ? Value::Absent() : std::move(value);
  }
  return Normalised(root_->column, std::move(value));
}

Result<Truth> BoundExpression::Test(const RowImage& row, const RowImage& fallback) const {
  BINSEEK_ASSIGN_OR_RETURN(const Value value, Evaluation(row, fallback).Of(*root_));
  if (IsUnknown(value)) {
    return Truth::kUnknown;
  }
  return value.is_null() ? Truth::kNull : (IsTrue(value) ? Truth::kTrue : Truth::kFalse);
}

}  // namespace binseek::mapper
