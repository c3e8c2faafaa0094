// Expressions: text to tree.
#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sync/mapper/expression_lexer.h"
#include "sync/mapper/expression_node.h"

namespace binseek::mapper {
namespace {

using change::Value;
using change::ValueKind;
using Op = ExpressionOp;

struct FunctionEntry {
  std::string_view name;
  Op op;
  size_t least;
  size_t most;
};

constexpr size_t kMany = 100;
constexpr FunctionEntry kFunctions[] = {
    {"CONCAT", Op::kConcat, 1, kMany},  {"CONCAT_WS", Op::kConcatWs, 2, kMany},
    {"LOWER", Op::kLower, 1, 1},        {"UPPER", Op::kUpper, 1, 1},
    {"TRIM", Op::kTrim, 1, 1},          {"COALESCE", Op::kCoalesce, 1, kMany},
    {"SPLIT", Op::kSplit, 2, 2},        {"JSON", Op::kJson, 2, 2},
    {"JSON_TEXT", Op::kJsonText, 2, 2},
};

constexpr std::string_view kReserved[] = {"AND", "OR",   "NOT",   "IS",     "NULL",
                                          "IN",  "TRUE", "FALSE", "BETWEEN"};

size_t NodesOf(const ExpressionNode& node) {
  size_t nodes = 1;
  for (const ExpressionNode& child : node.children) {
    nodes += NodesOf(child);
  }
  return nodes;
}

// Recursive descent; every level that can nest counts.
class Parser {
 public:
  explicit Parser(std::string_view text) : lexer_(text) {}

  Result<ExpressionNode> All() {
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode root, Or());
    if (lexer_.token().kind != ExpressionToken::Kind::kEnd) {
      return Unexpected("the end, or AND, OR");
    }
    return root;
  }

 private:
  Status Unexpected(std::string_view wanted) const {
    const ExpressionToken& token = lexer_.token();
    const std::string found =
        token.kind == ExpressionToken::Kind::kEnd ? "the end" : "'" + token.text + "'";
    return Status::InvalidArgument("at character " + std::to_string(token.at + 1) + ": " +
                                   std::string(wanted) + " is wanted, not " + found);
  }

  Result<ExpressionNode> Made(Op op, std::vector<ExpressionNode> children) {
    if (++nodes_ > Expression::kMaxNodes) {
      return Status::InvalidArgument("it has more than " + std::to_string(Expression::kMaxNodes) +
                                     " parts");
    }
    ExpressionNode node;
    node.op = op;
    node.at = children.empty() ? lexer_.token().at : children.front().at;
    node.children = std::move(children);
    return node;
  }

  Result<ExpressionNode> Pair(Op op, ExpressionNode left, ExpressionNode right) {
    std::vector<ExpressionNode> children;
    children.push_back(std::move(left));
    children.push_back(std::move(right));
    return Made(op, std::move(children));
  }

  Result<ExpressionNode> Single(Op op, ExpressionNode child) {
    std::vector<ExpressionNode> children;
    children.push_back(std::move(child));
    return Made(op, std::move(children));
  }

  Result<ExpressionNode> Or() {
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode left, And());
    while (lexer_.TakeWord("OR")) {
      BINSEEK_ASSIGN_OR_RETURN(ExpressionNode right, And());
      BINSEEK_ASSIGN_OR_RETURN(left, Pair(Op::kOr, std::move(left), std::move(right)));
    }
    return left;
  }

  Result<ExpressionNode> And() {
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode left, Not());
    while (lexer_.TakeWord("AND")) {
      BINSEEK_ASSIGN_OR_RETURN(ExpressionNode right, Not());
      BINSEEK_ASSIGN_OR_RETURN(left, Pair(Op::kAnd, std::move(left), std::move(right)));
    }
    return left;
  }

  Result<ExpressionNode> Not() {
    if (!lexer_.TakeWord("NOT")) {
      return Predicate();
    }
    BINSEEK_RETURN_IF_ERROR(Deeper());
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode child, Not());
    --depth_;
    return Single(Op::kNot, std::move(child));
  }

  Result<ExpressionNode> Predicate() {
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode left, Sum());
    if (lexer_.TakeWord("IS")) {
      const bool negated = lexer_.TakeWord("NOT");
      if (!lexer_.TakeWord("NULL")) {
        return Unexpected("NULL");
      }
      BINSEEK_ASSIGN_OR_RETURN(left, Single(Op::kIsNull, std::move(left)));
      return negated ? Single(Op::kNot, std::move(left)) : std::move(left);
    }
    const bool negated = lexer_.TakeWord("NOT");
    if (lexer_.TakeWord("IN")) {
      BINSEEK_ASSIGN_OR_RETURN(left, In(std::move(left)));
    } else if (lexer_.TakeWord("BETWEEN")) {
      BINSEEK_ASSIGN_OR_RETURN(left, Between(std::move(left)));
    } else if (negated) {
      return Unexpected("IN or BETWEEN");
    } else {
      return Comparison(std::move(left));
    }
    return negated ? Single(Op::kNot, std::move(left)) : std::move(left);
  }

  Result<ExpressionNode> Comparison(ExpressionNode left) {
    struct Entry {
      std::string_view symbol;
      Op op;
      bool turned;
      bool negated;
    };
    static constexpr std::array<Entry, 7> kEntries = {{{"=", Op::kEqual, false, false},
                                                       {"<>", Op::kEqual, false, true},
                                                       {"!=", Op::kEqual, false, true},
                                                       {"<", Op::kLess, false, false},
                                                       {"<=", Op::kLessOrEqual, false, false},
                                                       {">", Op::kLess, true, false},
                                                       {">=", Op::kLessOrEqual, true, false}}};
    for (const Entry& entry : kEntries) {
      if (!lexer_.TakeSymbol(entry.symbol)) {
        continue;
      }
      BINSEEK_ASSIGN_OR_RETURN(ExpressionNode right, Sum());
      if (entry.turned) {
        std::swap(left, right);
      }
      BINSEEK_ASSIGN_OR_RETURN(left, Pair(entry.op, std::move(left), std::move(right)));
      return entry.negated ? Single(Op::kNot, std::move(left)) : std::move(left);
    }
    return left;
  }

  Result<ExpressionNode> In(ExpressionNode left) {
    std::vector<ExpressionNode> children;
    children.push_back(std::move(left));
    if (!lexer_.TakeSymbol("(")) {
      return Unexpected("(");
    }
    do {
      BINSEEK_ASSIGN_OR_RETURN(ExpressionNode value, Unary());
      if (value.op != Op::kLiteral && value.op != Op::kNegate) {
        return Status::InvalidArgument("at character " + std::to_string(value.at + 1) +
                                       ": IN takes literals only");
      }
      children.push_back(std::move(value));
    } while (lexer_.TakeSymbol(","));
    if (!lexer_.TakeSymbol(")")) {
      return Unexpected(")");
    }
    return Made(Op::kIn, std::move(children));
  }

  Result<ExpressionNode> Between(ExpressionNode left) {
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode low, Sum());
    if (!lexer_.TakeWord("AND")) {
      return Unexpected("AND");
    }
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode high, Sum());
    ExpressionNode same = left;
    nodes_ += NodesOf(left);
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode above,
                             Pair(Op::kLessOrEqual, std::move(low), std::move(same)));
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode below,
                             Pair(Op::kLessOrEqual, std::move(left), std::move(high)));
    return Pair(Op::kAnd, std::move(above), std::move(below));
  }

  Result<ExpressionNode> Sum() {
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode left, Product());
    for (;;) {
      const bool plus = lexer_.TakeSymbol("+");
      if (!plus && !lexer_.TakeSymbol("-")) {
        return left;
      }
      BINSEEK_ASSIGN_OR_RETURN(ExpressionNode right, Product());
      BINSEEK_ASSIGN_OR_RETURN(
          left, Pair(plus ? Op::kAdd : Op::kSubtract, std::move(left), std::move(right)));
    }
  }

  Result<ExpressionNode> Product() {
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode left, Unary());
    while (lexer_.TakeSymbol("*")) {
      BINSEEK_ASSIGN_OR_RETURN(ExpressionNode right, Unary());
      BINSEEK_ASSIGN_OR_RETURN(left, Pair(Op::kMultiply, std::move(left), std::move(right)));
    }
    return left;
  }

  Result<ExpressionNode> Unary() {
    if (!lexer_.TakeSymbol("-")) {
      return Primary();
    }
    BINSEEK_RETURN_IF_ERROR(Deeper());
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode child, Unary());
    --depth_;
    return Single(Op::kNegate, std::move(child));
  }

  Result<ExpressionNode> Primary() {
    if (lexer_.TakeSymbol("(")) {
      BINSEEK_RETURN_IF_ERROR(Deeper());
      BINSEEK_ASSIGN_OR_RETURN(ExpressionNode inner, Or());
      --depth_;
      if (!lexer_.TakeSymbol(")")) {
        return Unexpected(")");
      }
      return inner;
    }
    const ExpressionToken token = lexer_.token();
    switch (token.kind) {
      case ExpressionToken::Kind::kNumber:
        return Literal(token, Value::Bytes(ValueKind::kDecimal, token.text));
      case ExpressionToken::Kind::kString:
        return Literal(token, Value::Bytes(ValueKind::kText, token.text));
      case ExpressionToken::Kind::kName:
        return Leaf(Op::kColumn, token);
      case ExpressionToken::Kind::kWord:
        return Word(token);
      default:
        return Unexpected("a column, a literal or a function");
    }
  }

  Result<ExpressionNode> Leaf(Op op, const ExpressionToken& token) {
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode node, Made(op, {}));
    node.text = token.text;
    node.at = token.at;
    lexer_.Advance();
    return node;
  }

  Result<ExpressionNode> Literal(const ExpressionToken& token, Value value) {
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode node, Leaf(Op::kLiteral, token));
    node.literal = std::move(value);
    return node;
  }

  Result<ExpressionNode> Word(const ExpressionToken& token) {
    if (token.upper == "NULL") {
      return Literal(token, Value::Null());
    }
    if (token.upper == "TRUE" || token.upper == "FALSE") {
      return Literal(token, Value::Int(token.upper == "TRUE" ? 1 : 0));
    }
    for (const std::string_view reserved : kReserved) {
      if (token.upper == reserved) {
        return Unexpected("a column, a literal or a function");
      }
    }
    BINSEEK_ASSIGN_OR_RETURN(ExpressionNode node, Leaf(Op::kColumn, token));
    return lexer_.TakeSymbol("(") ? Function(token) : std::move(node);
  }

  Result<ExpressionNode> Function(const ExpressionToken& name) {
    for (const FunctionEntry& entry : kFunctions) {
      if (entry.name != name.upper) {
        continue;
      }
      BINSEEK_RETURN_IF_ERROR(Deeper());
      std::vector<ExpressionNode> arguments;
      do {
        BINSEEK_ASSIGN_OR_RETURN(ExpressionNode argument, Or());
        arguments.push_back(std::move(argument));
      } while (lexer_.TakeSymbol(","));
      --depth_;
      if (!lexer_.TakeSymbol(")")) {
        return Unexpected(") or ,");
      }
      if (arguments.size() < entry.least || arguments.size() > entry.most) {
        return Status::InvalidArgument("at character " + std::to_string(name.at + 1) + ": " +
                                       name.text + " does not take " +
                                       std::to_string(arguments.size()) + " arguments");
      }
      BINSEEK_ASSIGN_OR_RETURN(ExpressionNode node, Made(entry.op, std::move(arguments)));
      node.at = name.at;
      return node;
    }
    return Status::InvalidArgument(
        "at character " + std::to_string(name.at + 1) + ": there is no function " + name.text +
        "; there are concat, concat_ws, lower, upper, trim, coalesce, split, json, json_text");
  }

  // As deep as parentheses, NOTs, signs and functions nest.
  Status Deeper() {
    return ++depth_ > Expression::kMaxDepth
               ? Status::InvalidArgument("it nests deeper than " +
                                         std::to_string(Expression::kMaxDepth))
               : Status::Ok();
  }

  ExpressionLexer lexer_;
  size_t nodes_ = 0;
  int depth_ = 0;
};

}  // namespace

Result<Expression> Expression::Parse(std::string_view text) {
  if (text.size() > kMaxBytes) {
    return Status::InvalidArgument("it is longer than " + std::to_string(kMaxBytes) + " bytes");
  }
  BINSEEK_ASSIGN_OR_RETURN(ExpressionNode root, Parser(text).All());
  return Expression(std::make_shared<const ExpressionNode>(std::move(root)));
}

}  // namespace binseek::mapper
