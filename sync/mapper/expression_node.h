// The tree of an Expression. For its parts alone: parser, binder, evaluation.
//
// Plain value type.
#ifndef BINSEEK_SYNC_MAPPER_EXPRESSION_NODE_H_
#define BINSEEK_SYNC_MAPPER_EXPRESSION_NODE_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/change/value.h"
#include "sync/mapper/expression.h"

namespace binseek::mapper {

enum class ExpressionOp : uint8_t {
  kLiteral,
  kColumn,
  kAnd,
  kOr,
  kNot,
  kIsNull,
  kIn,  // the first child in the others
  kEqual,
  kLess,
  kLessOrEqual,
  kAdd,
  kSubtract,
  kMultiply,
  kNegate,
  kConcat,
  kConcatWs,
  kLower,
  kUpper,
  kTrim,
  kCoalesce,
  kSplit,
  kJson,
  kJsonText,
};

// A member's name, or an element's number.
using JsonStep = std::variant<std::string, uint64_t>;

struct ExpressionNode {
  ExpressionOp op = ExpressionOp::kLiteral;
  std::vector<ExpressionNode> children;
  std::string text;  // as written: of columns and literals; the path of kJson
  size_t at = 0;     // in the expression
  change::Value literal;

  // Set by Bind.
  ExpressionType type = ExpressionType::kNull;
  change::Column column;
  uint32_t ordinal = 0;         // kColumn
  std::vector<JsonStep> steps;  // kJson, kJsonText
};

// Of "$.a[0].\"b c\"". kInvalidArgument.
Result<std::vector<JsonStep>> ParseJsonPath(std::string_view path);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_EXPRESSION_NODE_H_
