// What information_schema's words become, and what the cells of a SELECT become.
#include <gtest/gtest.h>

#include "sync/mysql/schema_reader.h"
#include "sync/mysql/select_row.h"
#include "tests/support/status_matchers.h"

namespace binseek::mysql {
namespace {

using change::Column;
using change::ColumnType;
using change::DebugString;
using change::Value;
using change::ValueKind;

ColumnFacts Facts(const std::string& data_type, const std::string& column_type) {
  ColumnFacts facts;
  facts.name = "c";
  facts.data_type = data_type;
  facts.column_type = column_type;
  return facts;
}

TEST(MakeColumnTest, TakesTypeSignAndSizes) {
  ColumnFacts facts = Facts("decimal", "decimal(10,2) unsigned");
  facts.precision = 10;
  facts.scale = 2;
  facts.nullable = false;
  auto column = MakeColumn(facts);
  ASSERT_OK(column);
  EXPECT_EQ(column->type, ColumnType::kDecimal);
  EXPECT_EQ(column->precision, 10);
  EXPECT_EQ(column->scale, 2);
  EXPECT_TRUE(column->is_unsigned);
  EXPECT_FALSE(column->nullable);

  facts = Facts("datetime", "datetime(6)");
  facts.fraction = 6;
  facts.extra = "DEFAULT_GENERATED on update CURRENT_TIMESTAMP(6)";
  column = MakeColumn(facts);
  ASSERT_OK(column);
  EXPECT_EQ(column->scale, 6);
  EXPECT_FALSE(column->generated);

  facts = Facts("int", "int");
  facts.extra = "STORED GENERATED INVISIBLE";
  column = MakeColumn(facts);
  ASSERT_OK(column);
  EXPECT_TRUE(column->generated);
  EXPECT_TRUE(column->invisible);

  facts = Facts("varchar", "varchar(255)");
  facts.length = 255;
  facts.charset = "utf8";
  column = MakeColumn(facts);
  ASSERT_OK(column);
  EXPECT_EQ(column->length, 255U);
  EXPECT_EQ(column->charset, "utf8mb3");

  column = MakeColumn(Facts("geomcollection", "geomcollection"));
  ASSERT_OK(column);
  EXPECT_EQ(column->type, ColumnType::kGeometry);
  EXPECT_EQ(column->geometry, "geometrycollection");
  EXPECT_FALSE(MakeColumn(Facts("year", "year(4) unsigned"))->is_unsigned);
}

TEST(MakeColumnTest, RefusesUnknownTypesByName) {
  const auto column = MakeColumn(Facts("hologram", "hologram(3)"));
  EXPECT_STATUS(column, kInvalidArgument);
  EXPECT_NE(column.status().message().find("hologram(3)"), std::string::npos);
}

TEST(ParseLabelsTest, ReadsQuotesAndCommas) {
  const auto labels = ParseLabels("enum('a','b,c','it''s','','(x)')");
  ASSERT_OK(labels);
  EXPECT_EQ(*labels, (std::vector<std::string>{"a", "b,c", "it's", "", "(x)"}));
  for (const char* bad : {"", "enum", "enum(", "enum()", "enum('a'", "enum('a' 'b')", "enum('a",
                          "enum('a',)", "enum('a''"}) {
    EXPECT_STATUS(ParseLabels(bad), kInvalidArgument) << bad;
  }
}

TEST(ParseLabelsTest, UndoesWhatTheServersEscape) {
  const auto labels = ParseLabels(R"(enum('a\\b','two\nlines\r','nul\0','\\','it\'s','\\''n'))");
  ASSERT_OK(labels);
  EXPECT_EQ(*labels, (std::vector<std::string>{"a\\b", "two\nlines\r", std::string("nul\0", 4),
                                               "\\", "it's", "\\'n"}));
  EXPECT_STATUS(ParseLabels("enum('a\\"), kInvalidArgument);
}

Column Typed(ColumnType type) {
  Column column;
  column.name = "c";
  column.type = type;
  return column;
}

std::string Selected(const Column& column, std::string_view cell) {
  const auto value = DecodeSelected(column, cell);
  return value.ok() ? DebugString(*value) : std::string(StatusCodeName(value.status().code()));
}

TEST(SelectRowTest, CellsBecomeValues) {
  EXPECT_TRUE(DecodeSelected(Typed(ColumnType::kInt), std::nullopt)->is_null());
  EXPECT_EQ(Selected(Typed(ColumnType::kBigInt), "-9223372036854775808"), "-9223372036854775808");
  Column column = Typed(ColumnType::kBigInt);
  column.is_unsigned = true;
  EXPECT_EQ(Selected(column, "18446744073709551615"), "18446744073709551615");
  EXPECT_EQ(Selected(Typed(ColumnType::kDecimal), "0012.50"), "12.50");
  EXPECT_EQ(Selected(Typed(ColumnType::kDate), "2026-01-02"), "2026-01-02");
  EXPECT_EQ(Selected(Typed(ColumnType::kDate), "0000-00-00"), "0000-00-00");
  EXPECT_EQ(Selected(Typed(ColumnType::kDateTime), "2026-01-02 03:04:05.5"),
            "2026-01-02 03:04:05.500000");
  EXPECT_EQ(Selected(Typed(ColumnType::kTimestamp), "1970-01-01 00:00:01.000001"), "1000001");
  EXPECT_EQ(Selected(Typed(ColumnType::kTimestamp), "0000-00-00 00:00:00"), "0");
  EXPECT_EQ(Selected(Typed(ColumnType::kTime), "-838:59:59"), "-3020399000000");
  EXPECT_EQ(Selected(Typed(ColumnType::kTime), "00:00:00.000001"), "1");
  EXPECT_EQ(Selected(Typed(ColumnType::kUuid), "123e4567-e89b-12d3-a456-426655440000"),
            "x'123e4567e89b12d3a456426655440000'");
  EXPECT_EQ(Selected(Typed(ColumnType::kInet4), "192.168.0.1"), "x'c0a80001'");
  EXPECT_EQ(Selected(Typed(ColumnType::kJson), "{\"a\": 1}"), "{\"a\":1}");
  column = Typed(ColumnType::kJson);
  column.charset = "utf8mb4";
  EXPECT_EQ(Selected(column, "{\"a\": 1}"), "{\"a\": 1}");  // MariaDB's is text
}

TEST(SelectRowTest, CellsThatAreNoValueAreCorruption) {
  for (const char* bad : {"", "x", "1.5", "99999999999999999999"}) {
    EXPECT_EQ(Selected(Typed(ColumnType::kInt), bad), "CORRUPTION") << bad;
  }
  for (const char* bad : {"", "2026", "2026-13-01", "2026-01-32", "2026-01-02x", "20260102"}) {
    EXPECT_EQ(Selected(Typed(ColumnType::kDate), bad), "CORRUPTION") << bad;
  }
  for (const char* bad : {"", "2026-01-02", "2026-01-02 24:00:00", "2026-01-02 03:04:05.",
                          "2026-01-02 03:04:05.1234567"}) {
    EXPECT_EQ(Selected(Typed(ColumnType::kDateTime), bad), "CORRUPTION") << bad;
  }
  for (const char* bad : {"", "1", ":1:1", "1:1", "12:34:56x", "9999:00:00"}) {
    EXPECT_EQ(Selected(Typed(ColumnType::kTime), bad), "CORRUPTION") << bad;
  }
  EXPECT_EQ(Selected(Typed(ColumnType::kUuid), "123e4567"), "CORRUPTION");
  EXPECT_EQ(Selected(Typed(ColumnType::kInet6), "no address"), "CORRUPTION");
  EXPECT_EQ(Selected(Typed(ColumnType::kDouble), "1.5.5"), "CORRUPTION");
}

TEST(SelectRowTest, TheErrorValueOfAnEnumWithAnEmptyLabelIsToldFromIt) {
  change::Column column = Typed(ColumnType::kEnum);
  column.labels = {"a"};
  EXPECT_EQ(SelectExpression(column), "`c`");
  column.labels = {"a", ""};
  EXPECT_EQ(SelectExpression(column), "IF(`c` = 0, ' ', `c`) AS `c`");
  for (const std::string_view cell : {kErrorValueCell, std::string_view()}) {
    const auto value = DecodeSelected(column, cell);
    ASSERT_OK(value);
    EXPECT_EQ(value->bytes, "") << "the binlog's value has no more";
  }
}

TEST(SelectRowTest, SelectsWithoutLoss) {
  change::TableSchema table;
  table.columns = {Typed(ColumnType::kInt), Typed(ColumnType::kFloat), Typed(ColumnType::kBit)};
  table.columns[0].name = "a`b";
  EXPECT_EQ(SelectList(table), "`a``b`,CAST(`c` AS DOUBLE) AS `c`,CAST(`c` AS UNSIGNED) AS `c`");
}

}  // namespace
}  // namespace binseek::mysql
