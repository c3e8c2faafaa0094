#include "sync/mysql/foreign_keys.h"

#include <optional>
#include <set>
#include <utility>

namespace binseek::mysql {
namespace {

ForeignKeyAction ActionOf(const std::string& rule) {
  if (rule == "CASCADE") {
    return ForeignKeyAction::kCascade;
  }
  return rule == "SET NULL" ? ForeignKeyAction::kSetNull : ForeignKeyAction::kNone;
}

std::string ActionText(std::string_view when, ForeignKeyAction action) {
  if (action == ForeignKeyAction::kNone) {
    return {};
  }
  return std::string(when) + (action == ForeignKeyAction::kCascade ? "CASCADE" : "SET NULL");
}

// Of one column `a.id`, of several `a.(x, y)`.
std::string ColumnsText(const std::string& table, const std::vector<std::string>& columns) {
  std::string text;
  for (const std::string& column : columns) {
    text += (text.empty() ? "" : ", ") + column;
  }
  return table + "." + (columns.size() == 1 ? text : "(" + text + ")");
}

std::string QuotedList(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) {
    list += (list.empty() ? "" : ", ") + Quote(name);
  }
  return list;
}

// Adds those of the tables of `databases`, of which there is one at least.
Status ReadKeysOf(Connection* connection, const std::vector<std::string>& databases,
                  std::vector<ForeignKey>* keys) {
  const std::string among = " IN (" + QuotedList(databases) + ")";
  BINSEEK_ASSIGN_OR_RETURN(
      const Rows rows,
      connection->Query(
          "SELECT k.CONSTRAINT_NAME, CONCAT(k.TABLE_SCHEMA, '.', k.TABLE_NAME), k.COLUMN_NAME,"
          " k.REFERENCED_TABLE_SCHEMA, k.REFERENCED_TABLE_NAME, k.REFERENCED_COLUMN_NAME, "
          "r.DELETE_RULE, r.UPDATE_RULE"
          " FROM information_schema.KEY_COLUMN_USAGE k"
          " JOIN information_schema.REFERENTIAL_CONSTRAINTS r"
          " ON r.CONSTRAINT_SCHEMA = k.CONSTRAINT_SCHEMA AND r.TABLE_NAME = k.TABLE_NAME"
          " AND r.CONSTRAINT_NAME = k.CONSTRAINT_NAME"
          " WHERE k.TABLE_SCHEMA" +
          among + " AND r.CONSTRAINT_SCHEMA" + among +
          " AND k.REFERENCED_TABLE_NAME IS NOT NULL"
          " AND (r.DELETE_RULE IN ('CASCADE', 'SET NULL') OR r.UPDATE_RULE IN ('CASCADE', 'SET "
          "NULL')) ORDER BY k.TABLE_SCHEMA, k.TABLE_NAME, k.CONSTRAINT_NAME, k.ORDINAL_POSITION"));
  for (const auto& row : rows.rows) {
    const auto cell = [&](size_t i) { return row[i].value_or(""); };
    if (keys->empty() || keys->back().name != cell(0) || keys->back().child != cell(1)) {
      ForeignKey& key = keys->emplace_back();
      key.name = cell(0);
      key.child = cell(1);
      key.parent = cell(3) + "." + cell(4);
      key.on_delete = ActionOf(cell(6));
      key.on_update = ActionOf(cell(7));
    }
    keys->back().columns.push_back(cell(2));
    keys->back().referenced_columns.push_back(cell(5));
  }
  return Status::Ok();
}

}  // namespace

std::string DescribeForeignKey(const ForeignKey& key) {
  const std::string database = key.child.substr(0, key.child.find('.') + 1);
  const auto shown = [&](const std::string& table) {
    return table.starts_with(database) ? table.substr(database.size()) : table;
  };
  return ColumnsText(shown(key.child), key.columns) + " -> " +
         ColumnsText(shown(key.parent), key.referenced_columns) +
         ActionText(" ON DELETE ", key.on_delete) + ActionText(" ON UPDATE ", key.on_update);
}

Result<std::vector<ForeignKey>> ReadForeignKeys(Connection* connection,
                                                const std::vector<std::string>& databases) {
  std::vector<ForeignKey> keys;
  std::set<std::string> seen(databases.begin(), databases.end());
  std::vector<std::string> next = databases;
  while (!next.empty()) {
    BINSEEK_RETURN_IF_ERROR(ReadKeysOf(connection, next, &keys));
    next.clear();
    for (const ForeignKey& key : keys) {
      std::string database = key.parent.substr(0, key.parent.find('.'));
      if (seen.insert(database).second) {
        next.push_back(std::move(database));
      }
    }
  }
  return keys;
}

Result<bool> LogsCascades(Connection* connection) {
  if (connection->server().is_mariadb() || !connection->server().AtLeast(9, 6)) {
    return false;
  }
  BINSEEK_ASSIGN_OR_RETURN(
      const Rows rows,
      connection->Query("SHOW GLOBAL VARIABLES LIKE 'innodb_native_foreign_keys'"));
  return !rows.rows.empty() && rows.rows[0][1].value_or("") == "OFF";
}

}  // namespace binseek::mysql
