// The unique keys of a table, the primary key among them.
//
// Thread-safety: as the connection. Errors: the connection's.
#ifndef BINSEEK_SYNC_MYSQL_UNIQUE_KEYS_H_
#define BINSEEK_SYNC_MYSQL_UNIQUE_KEYS_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/mysql/connection.h"

namespace binseek::mysql {

// Names of the columns of each, but for those of parts of columns or of expressions, which tell no rows apart by their columns' values.
// No two rows have the same values in them that are not NULL.
Result<std::vector<std::set<std::string>>> ReadUniqueKeys(Connection* connection,
                                                          std::string_view database,
                                                          std::string_view table);

// For a table without a primary key: sets `key` to its first unique key over whole columns that are never NULL, in the server's order, which is
// the one that its rows are told by in images that are not full; leaves it empty where there is none. Hash indices are left out: they
// give no order to read by.
Status ChooseUniqueKey(Connection* connection, change::TableSchema* schema);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_UNIQUE_KEYS_H_
