#include "sync/mysql/unique_keys.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace binseek::mysql {
namespace {

std::string CellText(const std::optional<std::string>& cell) { return cell.value_or(""); }

}  // namespace

Result<std::vector<std::set<std::string>>> ReadUniqueKeys(Connection* connection,
                                                          std::string_view database,
                                                          std::string_view table) {
  // An expression's part has no column.
  BINSEEK_ASSIGN_OR_RETURN(
      const Rows rows,
      connection->Query("SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM "
                        "information_schema.STATISTICS WHERE NON_UNIQUE = 0 AND TABLE_SCHEMA = " +
                        Quote(database) + " AND TABLE_NAME = " + Quote(table) +
                        " AND CAST(TABLE_NAME AS BINARY) = " + Quote(table)));
  std::map<std::string, std::set<std::string>> columns;
  std::set<std::string> partial;
  for (const auto& row : rows.rows) {
    const std::string name = row[0].value_or("");
    if (!row[1] || row[2]) {
      partial.insert(name);
    } else {
      columns[name].insert(*row[1]);
    }
  }
  std::vector<std::set<std::string>> keys;
  for (auto& [name, key] : columns) {
    if (partial.count(name) == 0) {
      keys.push_back(std::move(key));
    }
  }
  return keys;
}

Status ChooseUniqueKey(Connection* connection, change::TableSchema* schema) {
  BINSEEK_ASSIGN_OR_RETURN(const Rows rows,
                           connection->Query("SHOW KEYS FROM " + QuoteIdentifier(schema->database) +
                                             "." + QuoteIdentifier(schema->table)));
  const auto column = [&](std::string_view name) {
    return static_cast<size_t>(std::max(0, rows.FindColumn(name)));
  };
  const size_t name = column("Key_name");
  std::string current;
  bool fits = false;
  for (const auto& row : rows.rows) {
    if (CellText(row[name]) != current) {
      if (fits && !schema->key.empty()) {
        return Status::Ok();
      }
      current = CellText(row[name]);
      fits = true;
      schema->key.clear();
    }
    const int ordinal = schema->FindColumn(CellText(row[column("Column_name")]));
    fits = fits && ordinal >= 0 && CellText(row[column("Non_unique")]) == "0" &&
           CellText(row[column("Null")]) != "YES" && !row[column("Sub_part")] &&
           CellText(row[column("Index_type")]) == "BTREE";
    if (fits) {
      schema->key.push_back(static_cast<uint32_t>(ordinal));
    }
  }
  if (!fits) {
    schema->key.clear();
  }
  return Status::Ok();
}

}  // namespace binseek::mysql
