// Tables, rows and transactions for the mapper's tests, in few words.
#ifndef BINSEEK_TESTS_SYNC_MAPPER_TABLE_FIXTURE_H_
#define BINSEEK_TESTS_SYNC_MAPPER_TABLE_FIXTURE_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sync/change/transaction.h"
#include "sync/mapper/row_mapper.h"

namespace binseek::mapper {

inline change::Column MakeColumn(std::string name, change::ColumnType type) {
  change::Column column;
  column.name = std::move(name);
  column.type = type;
  return column;
}

inline change::Column Decimal(std::string name, uint8_t precision, uint8_t scale) {
  change::Column column = MakeColumn(std::move(name), change::ColumnType::kDecimal);
  column.precision = precision;
  column.scale = scale;
  return column;
}

inline change::Column WithScale(std::string name, change::ColumnType type, uint8_t scale) {
  change::Column column = MakeColumn(std::move(name), type);
  column.scale = scale;
  return column;
}

inline change::Column Unsigned(std::string name, change::ColumnType type) {
  change::Column column = MakeColumn(std::move(name), type);
  column.is_unsigned = true;
  return column;
}

inline change::Column Geometry(std::string name, std::string kind) {
  change::Column column = MakeColumn(std::move(name), change::ColumnType::kGeometry);
  column.geometry = std::move(kind);
  return column;
}

inline std::shared_ptr<const change::TableSchema> MakeTable(std::string name,
                                                            std::vector<change::Column> columns,
                                                            std::vector<uint32_t> key = {0}) {
  auto table = std::make_shared<change::TableSchema>();
  table->database = "shop";
  table->table = std::move(name);
  table->columns = std::move(columns);
  table->key = std::move(key);
  return table;
}

using TablePointer = std::shared_ptr<const change::TableSchema>;

inline change::RowChange Insert(const TablePointer& table, change::RowImage after) {
  return {change::RowChangeKind::kInsert, table, {}, std::move(after)};
}
inline change::RowChange Read(const TablePointer& table, change::RowImage after) {
  return {change::RowChangeKind::kRead, table, {}, std::move(after)};
}
inline change::RowChange Update(const TablePointer& table, change::RowImage before,
                                change::RowImage after) {
  return {change::RowChangeKind::kUpdate, table, std::move(before), std::move(after)};
}
inline change::RowChange Delete(const TablePointer& table, change::RowImage before) {
  return {change::RowChangeKind::kDelete, table, std::move(before), {}};
}

inline change::Transaction MakeTransaction(uint64_t ordinal, std::vector<change::RowChange> rows) {
  change::Transaction transaction;
  transaction.ordinal = ordinal;
  transaction.position.gtid = "0-1-" + std::to_string(ordinal);
  transaction.rows = std::make_shared<change::RowVector>(std::move(rows));
  return transaction;
}

inline change::Value Text(std::string_view text) {
  return change::Value::Bytes(change::ValueKind::kText, text);
}
inline change::Value Dec(std::string_view text) {
  return change::Value::Bytes(change::ValueKind::kDecimal, text);
}
inline change::Value Json(std::string_view text) {
  return change::Value::Bytes(change::ValueKind::kJson, text);
}

class NoStoredRows final : public StoredRows {
 public:
  bool Contains(index::IndexId /*index*/, std::string_view /*key*/) const override { return false; }
  Result<std::optional<std::string>> Source(index::IndexId /*index*/,
                                            std::string_view /*key*/) const override {
    return std::optional<std::string>();
  }
};

}  // namespace binseek::mapper

#endif  // BINSEEK_TESTS_SYNC_MAPPER_TABLE_FIXTURE_H_
