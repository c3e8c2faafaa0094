#include "tests/bench/sync_bench/product_table.h"

#include <utility>

namespace binseek::bench {
namespace {

using change::Column;
using change::ColumnType;

Column Plain(const char* name, ColumnType type) {
  Column column;
  column.name = name;
  column.type = type;
  column.nullable = false;
  return column;
}

Column Unsigned(const char* name, ColumnType type) {
  Column column = Plain(name, type);
  column.is_unsigned = true;
  return column;
}

Column Text(const char* name, ColumnType type, uint32_t length) {
  Column column = Plain(name, type);
  column.length = length;
  column.charset = "utf8mb4";
  column.collation = "utf8mb4_unicode_ci";
  return column;
}

Column Scaled(const char* name, ColumnType type, uint8_t precision, uint8_t scale) {
  Column column = Plain(name, type);
  column.precision = precision;
  column.scale = scale;
  return column;
}

}  // namespace

std::shared_ptr<const change::TableSchema> ProductTable() {
  auto table = std::make_shared<change::TableSchema>();
  table->database = "shop";
  table->table = "products";
  table->columns = {
      Unsigned("id", ColumnType::kBigInt),
      Text("sku", ColumnType::kVarchar, 40),
      Text("title", ColumnType::kVarchar, 200),
      Text("description", ColumnType::kText, 0),
      Text("brand", ColumnType::kVarchar, 60),
      Text("category", ColumnType::kVarchar, 60),
      Scaled("price", ColumnType::kDecimal, 10, 2),
      Plain("stock", ColumnType::kInt),
      Unsigned("sales", ColumnType::kInt),
      Plain("rating", ColumnType::kFloat),
      Plain("on_sale", ColumnType::kTinyInt),
      Scaled("created_at", ColumnType::kDateTime, 0, 3),
      Scaled("updated_at", ColumnType::kTimestamp, 0, 6),
  };
  table->columns[9].nullable = true;  // rating
  table->key = {0};
  return table;
}

}  // namespace binseek::bench
