#include "sync/snapshot/chunk_reader.h"

#include <charconv>
#include <utility>

#include "sync/mysql/select_row.h"

namespace binseek::snapshot {
namespace {

using change::Column;

// `last` is the comparison of the last column, `others` that of those before it. For ">" and ">": (a > 1 OR (a = 1 AND (b > 2 OR ...))), begun by a >= 1,
// which is what the server finds its place in the index by.
std::string Compared(const std::vector<std::string>& names,
                     const std::vector<std::string>& literals, std::string_view others,
                     std::string_view last) {
  std::string condition;
  for (size_t i = names.size(); i-- > 0;) {
    const std::string inner = std::exchange(condition, {});
    if (inner.empty()) {
      condition.append(names[i]).append(" ").append(last).append(" ").append(literals[i]);
      continue;
    }
    condition.append("(").append(names[i]).append(" ").append(others).append(" ");
    condition.append(literals[i]).append(" OR (").append(names[i]).append(" = ");
    condition.append(literals[i]).append(" AND ").append(inner).append("))");
  }
  return names.size() == 1
             ? condition
             : names[0] + " " + std::string(others) + "= " + literals[0] + " AND " + condition;
}

// As ids show keys, but for what would have to be escaped.
std::string KeyText(const KeyCells& key) {
  std::string text;
  for (const std::string& cell : key) {
    text += (text.empty() ? "" : ":") + cell;
  }
  return text;
}

}  // namespace

ChunkReader::ChunkReader(std::shared_ptr<const change::TableSchema> table, uint64_t max_bytes)
    : table_(std::move(table)), max_bytes_(max_bytes) {
  BINSEEK_CHECK(!table_->key.empty(), "a chunk needs a key");
  from_ = " FROM " + mysql::QuoteIdentifier(table_->database) + "." +
          mysql::QuoteIdentifier(table_->table) + " AS t";
  select_ = "SELECT " + mysql::SelectList(*table_) + from_;
  for (const uint32_t column : table_->key) {
    order_by_ += (order_by_.empty() ? " ORDER BY t." : ", t.") +
                 mysql::QuoteIdentifier(table_->columns[column].name);
  }
}

Result<std::string> ChunkReader::Within(const KeyRange& range) const {
  std::string condition;
  for (const bool begins : {true, false}) {
    const KeyCells& place = begins ? range.after : range.up_to;
    if (place.empty()) {
      continue;
    }
    if (place.size() != table_->key.size()) {
      return Status::InvalidArgument("table " + table_->QualifiedName() + ": a place of " +
                                     std::to_string(place.size()) + " cells in a key of " +
                                     std::to_string(table_->key.size()));
    }
    std::vector<std::string> names;
    std::vector<std::string> literals;
    for (size_t i = 0; i < place.size(); ++i) {
      const Column& column = table_->columns[table_->key[i]];
      names.push_back("t." + mysql::QuoteIdentifier(column.name));
      BINSEEK_ASSIGN_OR_RETURN(literals.emplace_back(), KeyLiteral(column, place[i]));
    }
    condition += condition.empty() ? " WHERE " : " AND ";
    condition +=
        begins ? Compared(names, literals, ">", ">") : Compared(names, literals, "<", "<=");
  }
  return condition;
}

Result<std::string> ChunkReader::Statement(const KeyRange& range, uint32_t limit) const {
  BINSEEK_ASSIGN_OR_RETURN(const std::string within, Within(range));
  return select_ + within + order_by_ + " LIMIT " + std::to_string(limit);
}

Result<std::string> ChunkReader::StatementOfKeyAt(const KeyRange& range, uint64_t rows) const {
  BINSEEK_ASSIGN_OR_RETURN(const std::string within, Within(range));
  std::string key;
  for (const uint32_t column : table_->key) {
    key += (key.empty() ? "" : ",") + mysql::SelectExpression(table_->columns[column]);
  }
  return "SELECT " + key + from_ + within + order_by_ + " LIMIT 1 OFFSET " +
         std::to_string(rows - 1);
}

Result<std::string> ChunkReader::StatementOfKeys(std::span<const KeyCells> keys) const {
  BINSEEK_ASSIGN_OR_RETURN(const std::string condition, KeysCondition(*table_, keys));
  return select_ + " WHERE " + condition;
}

Result<ChunkRows> ChunkReader::Read(mysql::Connection* connection, const KeyRange& range,
                                    uint32_t limit) const {
  BINSEEK_ASSIGN_OR_RETURN(const std::string sql, Statement(range, limit));
  BINSEEK_ASSIGN_OR_RETURN(ChunkRows chunk, Collect(connection, sql));
  if (chunk.rows->size() == 0) {
    chunk.last_key = range.after;
  } else if (chunk.last_key == range.after) {
    // It would be read again and again. Where two keys print alike, as some of cp932 do, what lies between them may not be seen either.
    return Status::InvalidArgument("table " + table_->QualifiedName() +
                                   ": its key does not compare as it prints, behind " +
                                   KeyText(range.after));
  }
  // Nothing lies between the row that the border was taken from and the border.
  const bool at_border = !range.up_to.empty() && chunk.last_key == range.up_to;
  chunk.last = at_border || (!chunk.cut && chunk.rows->size() < limit);
  return chunk;
}

Result<std::optional<KeyCells>> ChunkReader::KeyAt(mysql::Connection* connection,
                                                   const KeyRange& range, uint64_t rows) const {
  BINSEEK_ASSIGN_OR_RETURN(const std::string sql, StatementOfKeyAt(range, rows));
  BINSEEK_ASSIGN_OR_RETURN(const auto found, connection->Query(sql));
  if (found.rows.empty()) {
    return std::optional<KeyCells>();
  }
  KeyCells key;
  for (const auto& cell : found.rows[0]) {
    key.emplace_back(cell.value_or(""));
  }
  return std::optional<KeyCells>(std::move(key));
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
    chunk.cut = bytes >= max_bytes_;
    chunk.last_key.clear();
    for (const uint32_t column : table_->key) {
      chunk.last_key.emplace_back((*cells)[column].value_or(""));
    }
    rows.push_back({change::RowChangeKind::kRead, table_, {}, std::move(row)});
  }
  if (chunk.cut) {
    connection->Interrupt();  // or all the rows behind it would be fetched, only to be dropped
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
