// ForeignKey: what a change of a parent's row does to the rows of its children, as the server's catalogue has it.
//
// Thread-safety: as the connection. Errors: the connection's. Cost: one query.
#ifndef BINSEEK_SYNC_MYSQL_FOREIGN_KEYS_H_
#define BINSEEK_SYNC_MYSQL_FOREIGN_KEYS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/mysql/connection.h"

namespace binseek::mysql {

enum class ForeignKeyAction : uint8_t {
  kNone,  // RESTRICT, NO ACTION: the statement fails instead
  kCascade,
  kSetNull,
};

struct ForeignKey {
  std::string name;
  std::string child;  // "database.table"
  std::vector<std::string> columns;
  std::string parent;                           // "database.table", maybe of another database
  std::vector<std::string> referenced_columns;  // one for each of `columns`
  ForeignKeyAction on_delete = ForeignKeyAction::kNone;
  ForeignKeyAction on_update = ForeignKeyAction::kNone;

  bool operator==(const ForeignKey&) const = default;
};

// "orders.customer_id -> customers.id ON DELETE CASCADE"; names of the child's own database come without it.
std::string DescribeForeignKey(const ForeignKey& key);

// Of the databases' tables, those that have actions, and those of databases of their parents, through which others may cascade to them; by
// child and name within a database.
Result<std::vector<ForeignKey>> ReadForeignKeys(Connection* connection,
                                                const std::vector<std::string>& databases);

// Whether the server logs rows that its foreign keys change: MySQL from 9.6 on, unless it is told to leave them to InnoDB
// (innodb_native_foreign_keys). Each rows event tells by itself; this is for words.
Result<bool> LogsCascades(Connection* connection);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_FOREIGN_KEYS_H_
