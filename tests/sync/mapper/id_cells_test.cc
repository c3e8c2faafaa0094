#include "sync/mapper/id_cells.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "sync/mapper/row_key.h"
#include "sync/mapper/table_mapping.h"
#include "tests/support/status_matchers.h"

namespace binseek::mapper {
namespace {

using change::Column;
using change::ColumnType;
using change::Value;
using change::ValueKind;

change::TableSchema TableOf(const std::vector<ColumnType>& types, int scale = 0) {
  change::TableSchema table;
  table.database = "shop";
  table.table = "t";
  for (const ColumnType type : types) {
    Column column;
    column.name = "c" + std::to_string(table.columns.size());
    column.type = type;
    column.scale = static_cast<uint8_t>(scale);
    column.labels = {"a", "b:c"};
    table.key.push_back(static_cast<uint32_t>(table.columns.size()));
    table.columns.push_back(column);
  }
  return table;
}

int64_t Moment() { return change::PackCalendar({2026, 1, 2, 3, 4, 5, 678'000}); }

TEST(IdCellsTest, AnIdLeadsToTheCellsThatItsRowHas) {
  const std::string bytes("\0\xff:\\", 4);
  const std::vector<std::pair<ColumnType, Value>> keys = {
      {ColumnType::kBigInt, Value::Int(-7)},
      {ColumnType::kBigInt, Value::Uint(~uint64_t{0})},
      {ColumnType::kBit, Value::Uint(5)},
      {ColumnType::kYear, Value::Int(2026)},
      {ColumnType::kDecimal, Value::Bytes(ValueKind::kDecimal, "-12.50")},
      {ColumnType::kDouble, Value::Real(ValueKind::kDouble, -1.5e-300)},
      {ColumnType::kVarchar, Value::Bytes(ValueKind::kText, "a:b\\c 手机")},
      {ColumnType::kVarbinary, Value::Bytes(ValueKind::kBytes, bytes)},
      {ColumnType::kVarbinary, Value::Bytes(ValueKind::kBytes, bytes + "x")},
      {ColumnType::kVarbinary, Value::Bytes(ValueKind::kBytes, bytes + "xy")},
      {ColumnType::kEnum, Value::Bytes(ValueKind::kEnum, "b:c")},
      {ColumnType::kSet, Value::Bytes(ValueKind::kSet, "a,b:c")},
      {ColumnType::kUuid, Value::Bytes(ValueKind::kBytes, "0123456789abcdef")},
      {ColumnType::kInet4, Value::Bytes(ValueKind::kBytes, "0123")},
      {ColumnType::kDate, Value::Of(ValueKind::kDate, Moment())},
      {ColumnType::kDateTime, Value::Of(ValueKind::kDateTime, Moment())},
      {ColumnType::kTimestamp, Value::Of(ValueKind::kTimestamp, 1'700'000'000'678'000)},
      {ColumnType::kTime, Value::Of(ValueKind::kTime, -3'020'399'000'000)},
  };
  for (const int scale : {0, 3}) {
    for (const auto& [type, value] : keys) {
      for (const bool composite : {false, true}) {
        const auto table = TableOf(
            composite ? std::vector{type, ColumnType::kInt, type} : std::vector{type}, scale);
        const change::RowImage row =
            composite ? change::RowImage{value, Value::Int(3), value} : change::RowImage{value};
        const auto id = DocumentId(table, row);
        ASSERT_OK(id);
        const auto cells = KeyCellsOfId(table, *id);
        ASSERT_OK(cells) << *id;
        EXPECT_EQ(*cells, *KeyCellsOf(table, row)) << *id;
      }
    }
  }
}

TEST(IdCellsTest, WhatIsNoIdOfTheTableIsRefused) {
  const std::vector<std::pair<ColumnType, std::vector<std::string>>> bad = {
      {ColumnType::kInt, {"", "?", "-", "1-", "1e3", "1.5", "0x1", " 1"}},
      {ColumnType::kDecimal, {"", "?", "1.", ".5", "1.-5", "1.2.3", "1e3"}},
      {ColumnType::kDouble, {"", "?", "1-", "nan", "inf", "1 "}},
      {ColumnType::kDate, {"", "?", "2026-01", "2026-01-02T", "2026-01-02.5"}},
      {ColumnType::kDateTime, {"", "?", "2026-01-02", "2026-01-02T03:04", "2026-01-02T03:04:05."}},
      {ColumnType::kTimestamp, {"", "Z", "2026-01-02T03:04:05"}},
      {ColumnType::kTime, {"", "-", "1:02:03", "01:02"}},
      {ColumnType::kVarbinary, {"?", "abc", "ab!d"}},
      {ColumnType::kFloat, {"1.5"}},
      {ColumnType::kEnum, {"none"}},
  };
  for (const auto& [type, ids] : bad) {
    for (const std::string& id : ids) {
      EXPECT_STATUS(KeyCellsOfId(TableOf({type}), id), kInvalidArgument) << id;
    }
  }
  EXPECT_STATUS(KeyCellsOfId(TableOf({ColumnType::kInt, ColumnType::kInt}), "1"), kInvalidArgument);
  EXPECT_STATUS(KeyCellsOfId(TableOf({ColumnType::kInt, ColumnType::kInt}), "1:2:3"),
                kInvalidArgument);
  const auto text = TableOf({ColumnType::kVarchar});
  EXPECT_OK(KeyCellsOfId(text, std::string(508, 'x')));
  EXPECT_STATUS(KeyCellsOfId(text, std::string(509, 'x')), kInvalidArgument) << "it may be cut";
}

}  // namespace
}  // namespace binseek::mapper
