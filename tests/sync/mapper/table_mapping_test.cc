#include "sync/mapper/table_mapping.h"

#include <gmock/gmock.h>

#include "sync/mapper/column_field.h"
#include "sync/mapper/table_plan.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::mapper {
namespace {

using change::ColumnType;
using change::Value;
using change::ValueKind;
using mapping::FieldKind;
using ::testing::HasSubstr;

TEST(TableMappingTest, EveryTypeGetsItsField) {
  const TablePointer table =
      MakeTable("Products",
                {MakeColumn("id", ColumnType::kInt), MakeColumn("name", ColumnType::kVarchar),
                 MakeColumn("kind", ColumnType::kEnum), Unsigned("big", ColumnType::kBigInt),
                 Decimal("price", 18, 2), Decimal("wide", 19, 2),
                 WithScale("at", ColumnType::kTimestamp, 3), MakeColumn("attrs", ColumnType::kJson),
                 Geometry("place", "point"), Geometry("area", "polygon"),
                 MakeColumn("ratio", ColumnType::kFloat), MakeColumn("day", ColumnType::kDate),
                 MakeColumn("until", ColumnType::kDateTime), MakeColumn("bits", ColumnType::kBit)});
  const auto mapping = DeriveMapping(*table);
  ASSERT_OK(mapping);
  EXPECT_TRUE(mapping->synced());
  const std::vector<std::tuple<std::string, FieldKind, bool>> expected = {
      {"id", FieldKind::kLong, false},
      {"name", FieldKind::kText, false},
      {"name.keyword", FieldKind::kKeyword, false},
      {"kind", FieldKind::kKeyword, false},
      {"big", FieldKind::kUnsignedLong, true},
      {"price", FieldKind::kDecimal, true},
      {"wide", FieldKind::kDouble, false},
      {"at", FieldKind::kDate, true},
      {"attrs", FieldKind::kFlattened, false},
      {"place", FieldKind::kGeoPoint, false},
      {"area", FieldKind::kBinary, false},
      {"ratio", FieldKind::kFloat, true},
      {"day", FieldKind::kDate, true},
      {"until", FieldKind::kDate, true},
      {"bits", FieldKind::kUnsignedLong, true}};
  ASSERT_EQ(mapping->fields().size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const mapping::Field& field = mapping->fields()[i];
    EXPECT_EQ(std::tuple(field.name, field.kind, field.in_place), expected[i]) << field.name;
  }
  EXPECT_EQ(mapping->Find("name.keyword")->ignore_above, 256u);
  EXPECT_EQ(mapping->Find("at")->scale, 3);
  EXPECT_EQ(mapping->Find("day")->date_style, mapping::DateStyle::kDate);
  EXPECT_EQ(mapping->Find("until")->date_style, mapping::DateStyle::kLocal);
  EXPECT_EQ(DefaultIndexName(*table), "products");
}

TEST(TableMappingTest, WhatCannotBeMappedNamesTableAndColumn) {
  EXPECT_STATUS(DeriveMapping(*MakeTable("t", {MakeColumn("a", ColumnType::kInt)}, {})),
                kInvalidArgument);
  const Status dotted =
      DeriveMapping(*MakeTable("t", {MakeColumn("a.b", ColumnType::kInt)})).status();
  EXPECT_STATUS(dotted, kInvalidArgument);
  EXPECT_THAT(dotted.message(), HasSubstr("shop.t"));
  EXPECT_THAT(dotted.message(), HasSubstr("a.b"));
  EXPECT_STATUS(DeriveMapping(*MakeTable("t", {MakeColumn("", ColumnType::kInt)})),
                kInvalidArgument);
  std::vector<change::Column> many;
  for (int i = 0; i < 1'001; ++i) {
    many.push_back(MakeColumn("c" + std::to_string(i), ColumnType::kInt));
  }
  const Status wide = DeriveMapping(*MakeTable("t", many)).status();
  EXPECT_STATUS(wide, kInvalidArgument);
  EXPECT_THAT(wide.message(), HasSubstr("c1000"));
}

TEST(TableMappingTest, AMappingThatDoesNotFitTheTableIsRefused) {
  const TablePointer table =
      MakeTable("t", {MakeColumn("id", ColumnType::kInt), Decimal("price", 10, 2)});
  const auto bind = [&](const TablePointer& other) {
    return MakeTablePlan(table, index::IndexId{1}, *DeriveMapping(*other)).status();
  };
  EXPECT_OK(bind(table));
  EXPECT_OK(bind(MakeTable("t",
                           {MakeColumn("old", ColumnType::kInt), Decimal("price", 12, 2),
                            MakeColumn("id", ColumnType::kInt)},
                           {2})));
  EXPECT_STATUS(bind(MakeTable("t", {MakeColumn("id", ColumnType::kInt)})), kInvalidArgument);
  EXPECT_STATUS(bind(MakeTable("t", {MakeColumn("id", ColumnType::kInt), Decimal("price", 10, 3)})),
                kInvalidArgument);
  const Status text = bind(
      MakeTable("t", {MakeColumn("id", ColumnType::kInt), MakeColumn("price", ColumnType::kText)}));
  EXPECT_STATUS(text, kInvalidArgument);
  EXPECT_THAT(text.message(), HasSubstr("`price`"));
}

TEST(DocumentIdTest, AKeyOfOneColumnIsItsText) {
  const auto id = [](const change::Column& column, const Value& value) {
    const auto result = DocumentId(*MakeTable("t", {column}), {value});
    EXPECT_OK(result);
    return result.ok() ? *result : "";
  };
  EXPECT_EQ(id(MakeColumn("c", ColumnType::kBigInt), Value::Int(-7)), "-7");
  EXPECT_EQ(id(Unsigned("c", ColumnType::kBigInt), Value::Uint(18446744073709551615u)),
            "18446744073709551615");
  EXPECT_EQ(id(MakeColumn("c", ColumnType::kVarchar), Text("sku:1\\2 果")), "sku:1\\2 果");
  EXPECT_EQ(id(Decimal("c", 5, 2), Dec("1.50")), "1.50");
  EXPECT_EQ(id(MakeColumn("c", ColumnType::kBinary), Value::Bytes(ValueKind::kBytes, "\xff\xfe")),
            "//4=");
  EXPECT_EQ(id(MakeColumn("c", ColumnType::kEnum), Value::Bytes(ValueKind::kEnum, "red")), "red");
  const change::Calendar zero;
  EXPECT_EQ(id(MakeColumn("c", ColumnType::kDate),
               Value::Of(ValueKind::kDate, change::PackCalendar(zero))),
            "0000-00-00");
  const change::Calendar moment{2026, 1, 2, 3, 4, 5, 60'000};
  EXPECT_EQ(id(WithScale("c", ColumnType::kDateTime, 2),
               Value::Of(ValueKind::kDateTime, change::PackCalendar(moment))),
            "2026-01-02T03:04:05.06");
  EXPECT_EQ(
      id(MakeColumn("c", ColumnType::kTimestamp), Value::Of(ValueKind::kTimestamp, 1'000'000)),
      "1970-01-01T00:00:01Z");
  EXPECT_EQ(id(MakeColumn("c", ColumnType::kTimestamp), Value::Of(ValueKind::kTimestamp, 0)),
            "0000-00-00T00:00:00Z");
  EXPECT_EQ(id(MakeColumn("c", ColumnType::kTime), Value::Of(ValueKind::kTime, -1'000'000)),
            "-00:00:01");
}

TEST(DocumentIdTest, PartsAreJoinedInKeyOrderAndEscaped) {
  const TablePointer table =
      MakeTable("t",
                {MakeColumn("a", ColumnType::kVarchar), MakeColumn("b", ColumnType::kInt),
                 MakeColumn("c", ColumnType::kVarchar)},
                {2, 0});
  const auto id = [&](std::string_view a, std::string_view c) {
    return *DocumentId(*table, {Text(a), Value::Int(1), Text(c)});
  };
  EXPECT_EQ(id("x", "y"), "y:x");
  EXPECT_EQ(id("a:b", "c\\"), "c\\\\:a\\:b");
  EXPECT_EQ(id("::", "\\\\"), "\\\\\\\\:\\:\\:");
  EXPECT_EQ(id("", ""), ":");
  EXPECT_NE(id("a:", "b"), id("a", "b:"));
}

TEST(DocumentIdTest, WhatMakesNoIdIsInvalid) {
  const TablePointer one = MakeTable("t", {MakeColumn("a", ColumnType::kVarchar)});
  EXPECT_STATUS(DocumentId(*one, {Text("")}), kInvalidArgument);
  EXPECT_STATUS(DocumentId(*one, {Value::Absent()}), kInvalidArgument);
  EXPECT_STATUS(DocumentId(*one, {Value::Null()}), kInvalidArgument);
  EXPECT_STATUS(DocumentId(*one, {}), kInvalidArgument);
  EXPECT_OK(DocumentId(*one, {Text(std::string(512, 'k'))}));
  EXPECT_STATUS(DocumentId(*one, {Text(std::string(513, 'k'))}), kInvalidArgument);
  const TablePointer two = MakeTable(
      "t", {MakeColumn("a", ColumnType::kVarchar), MakeColumn("b", ColumnType::kVarchar)}, {0, 1});
  EXPECT_STATUS(DocumentId(*two, {Text(std::string(300, ':')), Text("b")}), kInvalidArgument);
}

}  // namespace
}  // namespace binseek::mapper
