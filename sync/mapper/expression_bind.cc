// Expressions: names to columns, and what fits together.
#include <algorithm>
#include <set>
#include <utility>

#include "sync/mapper/exact_decimal.h"
#include "sync/mapper/expression_node.h"
#include "sync/mapper/expression_types.h"

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;
using change::ValueKind;
using Node = ExpressionNode;
using Op = ExpressionOp;
using Type = ExpressionType;

bool IsMoment(Type type) { return type == Type::kCalendar || type == Type::kInstant; }
bool IsNumeric(Type type) {
  return type == Type::kNumber || type == Type::kReal || type == Type::kBool;
}

// Makes the two comparable.
Status Match(Node* a, Node* b) {
  if (a->type == Type::kNull || b->type == Type::kNull) {
    return Status::Ok();
  }
  if (IsNumeric(a->type) && IsNumeric(b->type)) {
    return Status::Ok();
  }
  if (IsMoment(a->type) && b->type == Type::kText) {
    return TakeMoment(a->type, b) ? Status::Ok() : Unfit(*a, *b);
  }
  if (IsMoment(b->type) && a->type == Type::kText) {
    return TakeMoment(b->type, a) ? Status::Ok() : Unfit(*a, *b);
  }
  const bool same = a->type == b->type && (a->type == Type::kText || IsMoment(a->type));
  return same ? Status::Ok() : Unfit(*a, *b);
}

class Binder {
 public:
  explicit Binder(const change::TableSchema& table) : table_(table) {}

  Status Bind(Node* node) {
    for (Node& child : node->children) {
      BINSEEK_RETURN_IF_ERROR(Bind(&child));
    }
    switch (node->op) {
      case Op::kLiteral:
        return Literal(node);
      case Op::kColumn:
        return BindColumn(node);
      case Op::kAnd:
      case Op::kOr:
      case Op::kNot:
        for (const Node& child : node->children) {
          BINSEEK_RETURN_IF_ERROR(CheckCondition(child));
        }
        return MakeBool(node);
      case Op::kIsNull:
        return MakeBool(node);
      case Op::kIn:
        for (size_t i = 1; i < node->children.size(); ++i) {
          BINSEEK_RETURN_IF_ERROR(Match(node->children.data(), &node->children[i]));
        }
        return MakeBool(node);
      case Op::kEqual:
      case Op::kLess:
      case Op::kLessOrEqual:
        BINSEEK_RETURN_IF_ERROR(Match(node->children.data(), &node->children[1]));
        return MakeBool(node);
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kMultiply:
      case Op::kNegate:
        return Arithmetic(node);
      default:
        return Function(node);
    }
  }

  static Status CheckCondition(const Node& node) {
    const bool good = IsNumeric(node.type) || node.type == Type::kNull;
    return good ? Status::Ok() : Status::InvalidArgument(Shown(node) + " is no condition");
  }

  std::vector<uint32_t> inputs() const { return {inputs_.begin(), inputs_.end()}; }

 private:
  static Status Literal(Node* node) {
    switch (node->literal.kind) {
      case ValueKind::kNull:
        node->type = Type::kNull;
        return Status::Ok();
      case ValueKind::kText:
        node->type = Type::kText;
        node->column = ColumnOf(ColumnType::kVarchar);
        return Status::Ok();
      case ValueKind::kInt:
        return MakeBool(node);
      default: {
        const auto number = ExactDecimal::Parse(node->text);
        node->type = Type::kNumber;
        node->column = NumberColumn(static_cast<int>(node->text.size()), number->scale());
        return Status::Ok();
      }
    }
  }

  Status BindColumn(Node* node) {
    int found = table_.FindColumn(node->text);
    for (size_t i = 0; found < 0 && i < table_.columns.size(); ++i) {
      found = SameName(table_.columns[i].name, node->text) ? static_cast<int>(i) : -1;
    }
    if (found < 0) {
      return Status::InvalidArgument("the table has no column `" + node->text + "`");
    }
    node->ordinal = static_cast<uint32_t>(found);
    node->column = table_.columns[node->ordinal];
    node->type = TypeOf(node->column);
    inputs_.insert(node->ordinal);
    return Status::Ok();
  }

  static bool SameName(std::string_view a, std::string_view b) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [&](char x, char y) { return lower(x) == lower(y); });
  }

  static Status MakeBool(Node* node) {
    node->type = Type::kBool;
    node->column = ColumnOf(ColumnType::kTinyInt);
    return Status::Ok();
  }

  static Status Arithmetic(Node* node) {
    int precision = 0;
    int scale = 0;
    bool real = false;
    for (const Node& child : node->children) {
      if (child.type != Type::kNumber && child.type != Type::kReal && child.type != Type::kNull) {
        return Status::InvalidArgument(Shown(child) + " is no number to calculate with");
      }
      real = real || child.type == Type::kReal;
      const bool product = node->op == Op::kMultiply;
      scale = product ? scale + ScaleOf(child) : std::max(scale, ScaleOf(child));
      precision = product ? precision + PrecisionOf(child)
                          : std::max(precision, PrecisionOf(child) - ScaleOf(child));
    }
    if (node->op != Op::kMultiply) {
      precision += scale + (node->children.size() > 1 ? 1 : 0);
    }
    node->type = real ? Type::kReal : Type::kNumber;
    node->column = real ? ColumnOf(ColumnType::kDouble) : NumberColumn(precision, scale);
    return Status::Ok();
  }

  static Status Function(Node* node) {
    switch (node->op) {
      case Op::kConcat:
      case Op::kConcatWs:
      case Op::kLower:
      case Op::kUpper:
      case Op::kTrim:
        return TextFunction(node);
      case Op::kCoalesce:
        return Coalesce(node);
      case Op::kSplit:
        BINSEEK_RETURN_IF_ERROR(TextFunction(node));
        BINSEEK_RETURN_IF_ERROR(TakeLiteral(node, "split"));
        if (node->text.empty()) {
          return Status::InvalidArgument("split needs a separator that is not empty");
        }
        node->type = Type::kList;
        node->column = ColumnOf(ColumnType::kJson);
        return Status::Ok();
      default:
        return JsonFunction(node);
    }
  }

  // All of which can be text.
  static Status TextFunction(Node* node) {
    for (const Node& child : node->children) {
      if (child.type == Type::kList || child.type == Type::kBool) {
        return Status::InvalidArgument(Shown(child) + " is no text, nor has it a text");
      }
    }
    node->type = Type::kText;
    node->column = ColumnOf(ColumnType::kText);
    return Status::Ok();
  }

  // The second argument, as this node's text.
  static Status TakeLiteral(Node* node, std::string_view function) {
    const Node& argument = node->children[1];
    if (argument.op != Op::kLiteral || argument.type != Type::kText) {
      return Status::InvalidArgument("the second argument of " + std::string(function) +
                                     " is a quoted text");
    }
    node->text = argument.text;
    node->children.pop_back();
    return Status::Ok();
  }

  static Status JsonFunction(Node* node) {
    BINSEEK_RETURN_IF_ERROR(TakeLiteral(node, "json"));
    const Node& source = node->children[0];
    if (source.type != Type::kJson && source.type != Type::kText && source.type != Type::kNull) {
      return Status::InvalidArgument(Shown(source) + " is no JSON");
    }
    BINSEEK_ASSIGN_OR_RETURN(node->steps, ParseJsonPath(node->text));
    const bool text = node->op == Op::kJsonText;
    node->type = text ? Type::kText : Type::kJson;
    node->column = ColumnOf(text ? ColumnType::kText : ColumnType::kJson);
    return Status::Ok();
  }

  static Status Coalesce(Node* node) {
    const Node* first = nullptr;
    int whole = 0;
    int scale = 0;
    bool same = true;
    bool real = false;
    for (const Node& child : node->children) {
      if (child.type == Type::kNull) {
        continue;
      }
      first = first == nullptr ? &child : first;
      const bool numbers = IsNumeric(first->type) && IsNumeric(child.type) &&
                           first->type != Type::kBool && child.type != Type::kBool;
      if (first->type != child.type && !numbers) {
        return Status::InvalidArgument("coalesce: " + Shown(*first) + " and " + Shown(child) +
                                       " are of different types");
      }
      same = same && SameType(first->column, child.column);
      real = real || child.type == Type::kReal;
      scale = std::max(scale, ScaleOf(child));
      whole = std::max(whole, PrecisionOf(child) - ScaleOf(child));
    }
    if (first == nullptr) {
      return Status::InvalidArgument("coalesce of nothing but NULL");
    }
    node->type = real ? Type::kReal : first->type;
    if (node->type == Type::kText) {
      node->column = ColumnOf(ColumnType::kText);
    } else if (same) {
      node->column = first->column;
      node->column.name.clear();
    } else if (node->type == Type::kNumber) {
      node->column = NumberColumn(whole + scale, scale);
    } else if (real) {
      node->column = ColumnOf(ColumnType::kDouble);
    } else if (IsMoment(node->type)) {
      node->column =
          ColumnOf(node->type == Type::kInstant ? ColumnType::kTimestamp : ColumnType::kDateTime);
      node->column.scale = 6;
    } else {
      return Status::InvalidArgument("coalesce: its arguments are of different types");
    }
    return Status::Ok();
  }

  const change::TableSchema& table_;
  std::set<uint32_t> inputs_;
};

}  // namespace

Result<BoundExpression> BoundExpression::Bind(const Expression& expression,
                                              const change::TableSchema& table) {
  Node root = expression.root();
  Binder binder(table);
  BINSEEK_RETURN_IF_ERROR(binder.Bind(&root));
  BoundExpression bound;
  bound.root_ = std::make_shared<const Node>(std::move(root));
  bound.inputs_ = binder.inputs();
  return bound;
}

Result<BoundExpression> BoundExpression::BindCondition(const Expression& expression,
                                                       const change::TableSchema& table) {
  BINSEEK_ASSIGN_OR_RETURN(BoundExpression bound, Bind(expression, table));
  BINSEEK_RETURN_IF_ERROR(Binder::CheckCondition(*bound.root_));
  return bound;
}

ExpressionType BoundExpression::type() const { return root_->type; }
const change::Column& BoundExpression::column() const { return root_->column; }

}  // namespace binseek::mapper
