// Conditions and computed values: what they are of, what they give, and what is refused with which words.
#include "sync/mapper/expression.h"

#include <gmock/gmock.h>

#include "sync/mapper/exact_decimal.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::mapper {
namespace {

using change::ColumnType;
using change::RowImage;
using change::Value;
using change::ValueKind;
using ::testing::HasSubstr;

Value Moment(ValueKind kind, uint16_t year, uint8_t month, uint8_t day, uint8_t hour = 0) {
  change::Calendar c;
  c.year = year;
  c.month = month;
  c.day = day;
  c.hour = hour;
  return Value::Of(kind, change::PackCalendar(c));
}

class ExpressionTest : public ::testing::Test {
 protected:
  // id, stock INT; price DECIMAL(10,2); weight DOUBLE; name VARCHAR; attrs JSON; at DATETIME; ts TIMESTAMP; kind ENUM; big BIGINT UNSIGNED
  const TablePointer table_ = MakeTable(
      "t", {MakeColumn("id", ColumnType::kInt), MakeColumn("stock", ColumnType::kInt),
            Decimal("price", 10, 2), MakeColumn("weight", ColumnType::kDouble),
            MakeColumn("name", ColumnType::kVarchar), MakeColumn("attrs", ColumnType::kJson),
            WithScale("at", ColumnType::kDateTime, 0), WithScale("ts", ColumnType::kTimestamp, 0),
            MakeColumn("kind", ColumnType::kEnum), Unsigned("big", ColumnType::kBigInt),
            MakeColumn("key", ColumnType::kInt)});
  RowImage row_ = {Value::Int(7),
                   Value::Int(3),
                   Dec("12.50"),
                   Value::Real(ValueKind::kDouble, 0.5),
                   Text(" Öl Kanne "),
                   Json(R"({"color":"red","size":{"w":[1,22]},"n":1.50,"z":null})"),
                   Moment(ValueKind::kDateTime, 2026, 1, 2, 3),
                   Value::Of(ValueKind::kTimestamp, 1'000'000),
                   Value::Bytes(ValueKind::kEnum, "new"),
                   Value::Uint(~uint64_t{0}),
                   Value::Null()};

  Result<BoundExpression> Bind(std::string_view text) const {
    BINSEEK_ASSIGN_OR_RETURN(const Expression parsed, Expression::Parse(text));
    return BoundExpression::Bind(parsed, *table_);
  }
  Value Of(std::string_view text) const {
    const auto bound = Bind(text);
    EXPECT_OK(bound) << text;
    if (!bound.ok()) {
      return Value::Absent();
    }
    const auto value = bound->Evaluate(row_, {});
    EXPECT_OK(value) << text;
    return value.ok() ? *value : Value::Absent();
  }
  Truth Test(std::string_view text) const {
    const auto parsed = Expression::Parse(text);
    EXPECT_OK(parsed) << text;
    const auto bound = BoundExpression::BindCondition(*parsed, *table_);
    EXPECT_OK(bound) << text;
    return *bound->Test(row_, {});
  }
  std::string Refusal(std::string_view text) const {
    const auto bound = Bind(text);
    EXPECT_STATUS(bound, kInvalidArgument) << text;
    return bound.status().message();
  }
};

TEST_F(ExpressionTest, ComparisonsAreExact) {
  for (const char* truth : {"stock = 3",
                            "stock <> 4",
                            "stock != 4",
                            "3 = stock",
                            "stock < 3.5",
                            "stock <= 3",
                            "price = 12.5",
                            "price > 12.49",
                            "price >= 12.500",
                            "big = 18446744073709551615",
                            "big > 9223372036854775807",
                            "-stock = -3",
                            "weight = 0.5",
                            "weight < 1",
                            "stock BETWEEN 3 AND 4",
                            "NOT stock BETWEEN 4 AND 5",
                            "stock NOT BETWEEN 4 AND 5",
                            "stock IN (1, 3)",
                            "stock NOT IN (1, 2)",
                            "stock IN (-3, 3)",
                            "kind = 'new'",
                            "kind IN ('old', 'new')",
                            "name = ' Öl Kanne '",
                            "name > ' A'",
                            "stock",
                            "NOT (stock = 4)",
                            "stock = 4 OR price = 12.50",
                            "NOT stock = 4 AND price = 12.50",
                            "at = '2026-01-02 03:00:00'",
                            "at > '2026-01-02'",
                            "at < '2026-01-02T03:00:00.5'",
                            "at <> '0000-00-00 00:00:00'",
                            "ts = '1970-01-01 00:00:01'",
                            "ts > '0000-00-00'",
                            "json_text(attrs, '$.color') = 'red'",
                            "TRUE",
                            "stock + 1 = 4",
                            "stock * price = 37.5",
                            "STOCK = 3",
                            "`stock` = 3",
                            "price - 12 = 0.5"}) {
    EXPECT_EQ(Test(truth), Truth::kTrue) << truth;
  }
  for (const char* lie : {"stock = 4", "kind = 'NEW'", "FALSE", "stock IN (1)", "price > 12.50",
                          "stock = 4 AND TRUE", "NOT TRUE OR FALSE", "stock - 3"}) {
    EXPECT_EQ(Test(lie), Truth::kFalse) << lie;
  }
}

TEST_F(ExpressionTest, NullIsNeitherTrueNorFalse) {
  for (const char* null :
       {"`key` = 1", "NOT `key` = 1", "`key` = NULL", "`key` IN (1)", "stock IN (1, NULL)",
        "`key` = 1 AND TRUE", "`key` = 1 OR FALSE", "NULL", "`key`", "`key` + 1 = 2"}) {
    EXPECT_EQ(Test(null), Truth::kNull) << null;
  }
  EXPECT_EQ(Test("`key` IS NULL"), Truth::kTrue);
  EXPECT_EQ(Test("stock IS NOT NULL"), Truth::kTrue);
  EXPECT_EQ(Test("`key` = 1 AND FALSE"), Truth::kFalse);
  EXPECT_EQ(Test("`key` = 1 OR TRUE"), Truth::kTrue);
  EXPECT_EQ(Test("stock IN (3, NULL)"), Truth::kTrue);
  EXPECT_EQ(Test("coalesce(`key`, 5) = 5"), Truth::kTrue);
}

// An image that lacks columns decides what does not depend on them.
TEST_F(ExpressionTest, WhatAnImageLacksIsUnknownUnlessItDoesNotMatter) {
  row_[1] = Value::Absent();
  for (const char* unknown : {"stock = 3", "stock = 3 AND TRUE", "stock IS NULL",
                              "stock = 3 AND `key` = 1", "stock IN (1)", "NOT stock = 3"}) {
    EXPECT_EQ(Test(unknown), Truth::kUnknown) << unknown;
  }
  EXPECT_EQ(Test("stock = 3 AND price = 1"), Truth::kFalse);
  EXPECT_EQ(Test("stock = 3 OR price = 12.5"), Truth::kTrue);
  EXPECT_EQ(Of("concat_ws('-', kind, stock)"), Value::Absent());
  EXPECT_EQ(Of("coalesce(price, stock)"), Dec("12.50"));
  RowImage fallback(row_.size());
  fallback[1] = Value::Int(9);
  const auto bound = Bind("stock");
  EXPECT_EQ(*bound->Evaluate(row_, fallback), Value::Int(9));
}

TEST_F(ExpressionTest, FunctionsGiveTextsListsAndJson) {
  EXPECT_EQ(Of("concat(kind, ':', stock)"), Text("new:3"));
  EXPECT_EQ(Of("concat(kind, `key`)"), Value::Null());
  EXPECT_EQ(Of("concat_ws(', ', kind, `key`, stock, '')"), Text("new, 3, "));
  EXPECT_EQ(Of("lower(name)"), Text(" öl kanne "));
  EXPECT_EQ(Of("upper('straße')"), Text("STRASSE"));
  EXPECT_EQ(Of("trim(name)"), Text("Öl Kanne"));
  EXPECT_EQ(Of("lower(`key`)"), Value::Null());
  EXPECT_EQ(Of("coalesce(`key`, stock)"), Value::Int(3));
  EXPECT_EQ(Of("coalesce(stock, price)"), Dec("3.00"));
  EXPECT_EQ(Of("coalesce(kind, 'x')"), Text("new"));
  EXPECT_EQ(Of("split('a, b,,c ', ',')"), Json(R"(["a","b","c"])"));
  EXPECT_EQ(Of("split('', ',')"), Json("[]"));
  EXPECT_EQ(Of("json(attrs, '$.size.w[1]')"), Json("22"));
  EXPECT_EQ(Of("json(attrs, '$.size')"), Json(R"({"w":[1,22]})"));
  EXPECT_EQ(Of("json_text(attrs, '$.\"n\"')"), Text("1.50"));
  for (const char* nothing : {"json(attrs, '$.z')", "json(attrs, '$.none')",
                              "json(attrs, '$.size.w[2]')", "json_text(attrs, '$.color.x')"}) {
    EXPECT_EQ(Of(nothing), Value::Null()) << nothing;
  }
  EXPECT_EQ(Of("stock * 2 + 1"), Value::Int(7));
  EXPECT_EQ(Of("price * stock"), Dec("37.50"));
  EXPECT_EQ(Of("price * 1.5"), Dec("18.750"));
  EXPECT_EQ(Of("weight * 3"), Value::Real(ValueKind::kDouble, 1.5));
  EXPECT_EQ(Of("stock > 2"), Value::Int(1));
  EXPECT_EQ(Of("'it''s'"), Text("it's"));
}

TEST_F(ExpressionTest, BrokenJsonIsAnErrorOfTheRow) {
  row_[5] = Json("{");
  EXPECT_STATUS(Bind("json(attrs, '$.a')")->Evaluate(row_, {}), kInvalidArgument);
}

TEST_F(ExpressionTest, WhatIsWrongIsSaid) {
  EXPECT_THAT(Refusal("prize > 1"), HasSubstr("no column `prize`"));
  EXPECT_THAT(Refusal("stock = '3'"), HasSubstr("numbers are written without quotes"));
  EXPECT_THAT(Refusal("name = 3"), HasSubstr("texts are written with quotes"));
  EXPECT_THAT(Refusal("at = 'tomorrow'"), HasSubstr("do not compare"));
  EXPECT_THAT(Refusal("at = ts"), HasSubstr("do not compare"));
  EXPECT_THAT(Refusal("attrs = 'x'"), HasSubstr("do not compare"));
  EXPECT_THAT(Refusal("name + 1"), HasSubstr("no number"));
  EXPECT_THAT(Refusal("coalesce(stock, name)"), HasSubstr("different types"));
  EXPECT_THAT(Refusal("split(name, '')"), HasSubstr("separator"));
  EXPECT_THAT(Refusal("json(attrs, 'a')"), HasSubstr("no path"));
  EXPECT_THAT(Refusal("sleep(1)"), HasSubstr("no function sleep"));
  EXPECT_THAT(Refusal("lower()"), HasSubstr("is wanted"));
  EXPECT_THAT(Refusal("lower(name, name)"), HasSubstr("does not take 2"));
  EXPECT_THAT(Refusal("stock IN (price)"), HasSubstr("literals only"));
  EXPECT_THAT(Refusal("stock = "), HasSubstr("at character 9"));
  EXPECT_THAT(Refusal("stock = 3 name"), HasSubstr("the end, or AND, OR"));
  EXPECT_THAT(Refusal("name = 'open"), HasSubstr("is wanted"));
  EXPECT_THAT(Refusal("stock = 3;"), HasSubstr("';'"));
  EXPECT_THAT(Refusal(""), HasSubstr("is wanted"));
  const auto condition = Expression::Parse("name");
  EXPECT_STATUS(BoundExpression::BindCondition(*condition, *table_), kInvalidArgument);
}

TEST_F(ExpressionTest, ItIsBounded) {
  EXPECT_STATUS(Expression::Parse(std::string(5000, ' ') + "1"), kInvalidArgument);
  EXPECT_STATUS(Expression::Parse(std::string(100, '(') + "1" + std::string(100, ')')),
                kInvalidArgument);
  std::string many = "1";
  for (int i = 0; i < 600; ++i) {
    many += "+1";
  }
  EXPECT_STATUS(Expression::Parse(many), kInvalidArgument);
  std::string doubled = "1";
  for (int i = 0; i < 30; ++i) {
    doubled = "(" + doubled + " BETWEEN 0 AND 1)";
  }
  EXPECT_STATUS(Expression::Parse(doubled), kInvalidArgument) << "it is copied within";
}

class ExactDecimalTest : public test::SeededTest {};

TEST_F(ExactDecimalTest, ArithmeticIsThatOfIntegers) {
  for (uint64_t i = 0; i < Iterations(2000); ++i) {
    const int64_t a = static_cast<int64_t>(Uniform(2'000'000'000)) - 1'000'000'000;
    const int64_t b = static_cast<int64_t>(Uniform(2'000'000'000)) - 1'000'000'000;
    const ExactDecimal x(a);
    const ExactDecimal y(b);
    EXPECT_EQ((x + y).Text(), std::to_string(a + b));
    EXPECT_EQ((x - y).Text(), std::to_string(a - b));
    EXPECT_EQ((x * y).Text(), std::to_string(a * b));
    EXPECT_EQ(x < y, a < b);
    EXPECT_EQ(x == y, a == b);
  }
  EXPECT_EQ((*ExactDecimal::Parse("0.10") - *ExactDecimal::Parse("0.1")).Text(), "0.00");
  EXPECT_EQ((*ExactDecimal::Parse("-0.05") * *ExactDecimal::Parse("2")).Text(), "-0.10");
  EXPECT_TRUE(*ExactDecimal::Parse("-0.0") == *ExactDecimal::Parse("0"));
  for (const char* bad : {"", "-", ".5", "1.", "1e3", "1.2.3", "+1"}) {
    EXPECT_EQ(ExactDecimal::Parse(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace binseek::mapper
