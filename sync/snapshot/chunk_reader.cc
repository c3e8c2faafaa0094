#include "sync/snapshot/chunk_reader.h"

#include <charconv>
#include <utility>

#include "sync/mysql/select_row.h"

namespace binseek::snapshot {
namespace {

using change::Column;

// (a > 1 OR (a = 1 AND (b > 2 OR ...))), begun by a >= 1, which is what the server finds its place in the index by.
std::string Behind(const std::vector<std::string>& names,
                   const std::vector<std::string>& literals) {
  std::string condition;
  for (size_t i = names.size(); i-- > 0;) {
    const std::string inner = std::exchange(condition, {});
    if (!inner.empty()) {
      condition.append("(");
    }
    condition.append(names[i]).append(" > ").append(literals[i]);
    if (!inner.empty()) {
      condition.append(" OR (").append(names[i]).append(" = ").append(literals[i]);
      condition.append(" AND ").append(inner).append("))");
    }
  }
  return names.size() == 1 ? condition : names[0] + " >= " + literals[0] + " AND " + condition;
}

}  // namespace

ChunkReader::ChunkReader(std::shared_ptr<const change::TableSchema> table)
    : table_(std::move(table)) {
  BINSEEK_CHECK(!table_->key.empty(), "a chunk needs a key");
  select_ = "SELECT " + mysql::SelectList(*table_) + " FROM " +
            mysql::QuoteIdentifier(table_->database) + "." + mysql::QuoteIdentifier(table_->table);
  for (const uint32_t column : table_->key) {
    order_by_ += (order_by_.empty() ? " ORDER BY t." : ", t.") +
                 mysql::QuoteIdentifier(table_->columns[column].name);
  }
  select_ += " AS t";
}

Result<std::string> ChunkReader::Statement(const KeyCells& after, uint32_t limit) const {
  std::string sql = select_;
  if (!after.empty()) {
    if (after.size() != table_->key.size()) {
      return Status::InvalidArgument("table " + table_->QualifiedName() + ": a place of " +
                                     std::to_string(after.size()) + " cells in a key of " +
                                     std::to_string(table_->key.size()));
    }
    std::vector<std::string> names;
    std::vector<std::string> literals;
    for (size_t i = 0; i < after.size(); ++i) {
      const Column& column = table_->columns[table_->key[i]];
      names.push_back("t." + mysql::QuoteIdentifier(column.name));
      BINSEEK_ASSIGN_OR_RETURN(literals.emplace_back(), KeyLiteral(column, after[i]));
    }
    sql += " WHERE " + Behind(names, literals);
  }
  return sql + order_by_ + " LIMIT " + std::to_string(limit);
}

Result<std::string> ChunkReader::StatementOfKeys(std::span<const KeyCells> keys) const {
  BINSEEK_ASSIGN_OR_RETURN(const std::string condition, KeysCondition(*table_, keys));
  return select_ + " WHERE " + condition;
}

Result<ChunkRows> ChunkReader::Read(mysql::Connection* connection, const KeyCells& after,
                                    uint32_t limit) const {
  BINSEEK_ASSIGN_OR_RETURN(const std::string sql, Statement(after, limit));
  BINSEEK_ASSIGN_OR_RETURN(ChunkRows chunk, Collect(connection, sql));
  if (chunk.rows->size() == 0) {
    chunk.last_key = after;
  }
  chunk.last = !chunk.cut && chunk.rows->size() < limit;
  return chunk;
}

Result<ChunkRows> ChunkReader::ReadKeys(mysql::Connection* connection,
                                        std::span<const KeyCells> keys) const {
  BINSEEK_ASSIGN_OR_RETURN(const std::string sql, StatementOfKeys(keys));
  return Collect(connection, sql);
}

Result<ChunkRows> ChunkReader::Collect(mysql::Connection* connection,
                                       const std::string& sql) const {
  BINSEEK_ASSIGN_OR_RETURN(const auto reader, connection->Stream(sql));
  ChunkRows chunk;
  std::vector<change::RowChange> rows;
  uint64_t bytes = 0;
  while (!chunk.cut) {
    BINSEEK_ASSIGN_OR_RETURN(const mysql::RowCells* cells, reader->Next());
    if (cells == nullptr) {
      break;
    }
    BINSEEK_ASSIGN_OR_RETURN(auto row, mysql::DecodeSelectedRow(*table_, *cells));
    for (const auto& cell : *cells) {
      bytes += sizeof(change::Value) + (cell ? cell->size() : 0);
    }
    chunk.cut = bytes >= kMaxChunkBytes;
    chunk.last_key.clear();
    for (const uint32_t column : table_->key) {
      chunk.last_key.emplace_back((*cells)[column].value_or(""));
    }
    rows.push_back({change::RowChangeKind::kRead, table_, {}, std::move(row)});
  }
  chunk.rows = std::make_shared<const change::RowVector>(std::move(rows));
  return chunk;
}

Result<uint64_t> EstimateRows(mysql::Connection* connection, const change::TableSchema& table) {
  BINSEEK_ASSIGN_OR_RETURN(
      const auto cell,
      connection->QueryCell(
          "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE TABLE_SCHEMA = " +
          mysql::Quote(table.database) + " AND TABLE_NAME = " + mysql::Quote(table.table)));
  uint64_t rows = 0;
  if (cell) {
    std::from_chars(cell->data(), cell->data() + cell->size(), rows);
  }
  return rows;
}

}  // namespace binseek::snapshot
