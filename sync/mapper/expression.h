// Expression: conditions and computed fields of the mapping rules, written as SQL writes them and as small as they can be.
//
//   BINSEEK_ASSIGN_OR_RETURN(const Expression parsed, Expression::Parse("deleted_at IS NULL AND stock > 0"));
//   BINSEEK_ASSIGN_OR_RETURN(const BoundExpression bound, BoundExpression::Bind(parsed, table));
//   BINSEEK_ASSIGN_OR_RETURN(const Truth truth, bound.Test(row.after, row.before));
//
// What there is, the weakest first: OR; AND; NOT; = <> != < <= > >=, IS [NOT] NULL, [NOT] IN (literals), [NOT] BETWEEN; + -; *; columns (`quoted`
// where their name is a word of the language), 'text', 12.50, TRUE, FALSE, NULL, (...), and functions:
//
//   concat(a, b, ...)         text; NULL where one is NULL
//   concat_ws('sep', a, ...)  text; NULLs are left out
//   lower(a) upper(a) trim(a) text; in all languages; trim takes blanks
//   coalesce(a, b, ...)       the first that is not NULL; all of one type
//   split(a, 'sep')           a list: blanks around the parts are gone, and so are empty parts
//   json(a, '$.b[0].c')       the value there as JSON; NULL where there is none
//   json_text(a, '$.b')       the same as text, a string without its quotes; NULL for JSON's null
//
// The logic has three values, as SQL's. Numbers are exact whatever their type (FLOAT and DOUBLE: doubles, and so is what is compared with
// them). Texts are compared by their bytes, whatever the collation: lower(a) = 'x'. A quoted moment beside a DATE or DATETIME is a wall
// clock, beside a TIMESTAMP one in UTC; zero dates are moments before all others. Alone, a number is true where it is not 0.
//
// An expression is a pure function of the row. What it needs and no image has makes its value unknown, unless it is the same
// whatever that is.
//
// Immutable value types, thread-safe. Errors: kInvalidArgument, saying where and what is wrong. Bounded: kMaxExpressionBytes, kMaxNodes,
// kMaxDepth.
#ifndef BINSEEK_SYNC_MAPPER_EXPRESSION_H_
#define BINSEEK_SYNC_MAPPER_EXPRESSION_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/row_change.h"
#include "sync/change/table_schema.h"
#include "sync/change/value.h"

namespace binseek::mapper {

struct ExpressionNode;

class Expression {
 public:
  static constexpr size_t kMaxBytes = 4096;
  static constexpr size_t kMaxNodes = 500;
  static constexpr int kMaxDepth = 40;

  static Result<Expression> Parse(std::string_view text);

  const ExpressionNode& root() const { return *root_; }

 private:
  explicit Expression(std::shared_ptr<const ExpressionNode> root) : root_(std::move(root)) {}
  std::shared_ptr<const ExpressionNode> root_;
};

enum class Truth : uint8_t { kFalse, kTrue, kNull, kUnknown };

// What an expression's values are.
enum class ExpressionType : uint8_t {
  kNull,
  kBool,    // Value::Int(0), Value::Int(1)
  kNumber,  // exact
  kReal,
  kText,
  kCalendar,  // DATE, DATETIME
  kInstant,   // TIMESTAMP
  kJson,
  kList,   // JSON text of an array of strings
  kOther,  // of a column, as it is: TIME, bytes, ...
};

class BoundExpression {
 public:
  // Names of columns are found as they are written, else without regard to ASCII case.
  static Result<BoundExpression> Bind(const Expression& expression,
                                      const change::TableSchema& table);
  // The same of what is to be true or not.
  static Result<BoundExpression> BindCondition(const Expression& expression,
                                               const change::TableSchema& table);

  ExpressionType type() const;
  // A column whose values are those of the expression; without a name.
  const change::Column& column() const;
  // That it reads: ordinals, ascending, each once.
  const std::vector<uint32_t>& inputs() const { return inputs_; }

  // Of `row`; columns that it does not carry are taken from `fallback` (empty: there is none). kAbsent: unknown. kInvalidArgument: a JSON
  // text that is none.
  Result<change::Value> Evaluate(const change::RowImage& row,
                                 const change::RowImage& fallback) const;
  // REQUIRES: BindCondition.
  Result<Truth> Test(const change::RowImage& row, const change::RowImage& fallback) const;

 private:
  std::shared_ptr<const ExpressionNode> root_;
  std::vector<uint32_t> inputs_;
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_EXPRESSION_H_
