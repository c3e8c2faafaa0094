// SampleTable: the table shop.product whose rows are in tests/sync/binlog/data and in the fuzzers' corpus.
#ifndef BINSEEK_TESTS_SUPPORT_SAMPLE_TABLE_H_
#define BINSEEK_TESTS_SUPPORT_SAMPLE_TABLE_H_

#include <memory>

#include "sync/change/table_schema.h"

namespace binseek::test {

// As it was made, and (`with_brand`) with the column that is added later in the streams.
inline std::shared_ptr<const change::TableSchema> SampleTable(bool mariadb,
                                                              bool with_brand = false) {
  using change::Column;
  using change::ColumnType;
  const auto column = [](const char* name, ColumnType type) {
    Column made;
    made.name = name;
    made.type = type;
    return made;
  };
  const auto text = [&](const char* name, ColumnType type, uint32_t length) {
    Column made = column(name, type);
    made.length = length;
    made.charset = "utf8mb4";
    return made;
  };
  auto table = std::make_shared<change::TableSchema>();
  table->database = "shop";
  table->table = "product";
  table->columns.push_back(column("id", ColumnType::kBigInt));
  table->columns.back().is_unsigned = true;
  table->columns.back().nullable = false;
  table->columns.push_back(text("sku", ColumnType::kVarchar, 40));
  table->columns.push_back(text("name", ColumnType::kVarchar, 255));
  if (with_brand) {
    table->columns.push_back(text("brand", ColumnType::kVarchar, 20));
  }
  table->columns.push_back(column("price", ColumnType::kDecimal));
  table->columns.back().precision = 10;
  table->columns.back().scale = 2;
  table->columns.push_back(column("stock", ColumnType::kInt));
  table->columns.push_back(text("kind", ColumnType::kEnum, 0));
  table->columns.back().labels = {"a", "b"};
  table->columns.push_back(text("flags", ColumnType::kSet, 0));
  table->columns.back().labels = {"x", "y"};
  table->columns.push_back(mariadb ? text("attrs", ColumnType::kJson, 0)
                                   : column("attrs", ColumnType::kJson));
  table->columns.push_back(column("updated_at", ColumnType::kTimestamp));
  table->columns.back().scale = 3;
  if (mariadb) {
    table->columns.push_back(column("u", ColumnType::kUuid));
    table->columns.push_back(column("ip", ColumnType::kInet6));
  } else {
    table->columns.push_back(column("emb", ColumnType::kVector));
  }
  table->key = {0};
  return table;
}

}  // namespace binseek::test

#endif  // BINSEEK_TESTS_SUPPORT_SAMPLE_TABLE_H_
