// The databases that a source's URL names: one, or by a pattern (mysql://host/shop_%) all of a server whose names match it.
//
// In a pattern '%' and '*' stand for any characters; '_' is an underscore, as in most names. The server's own databases match no pattern.
//
// Thread-safety: as the connection; the others are pure. Errors: the connection's.
#ifndef BINSEEK_SYNC_MYSQL_DATABASES_H_
#define BINSEEK_SYNC_MYSQL_DATABASES_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/mysql/connection.h"

namespace binseek::mysql {

bool IsDatabasePattern(std::string_view name);

// Whether `database` is meant by the URL's `wanted`.
bool MatchesDatabase(std::string_view wanted, std::string_view database);

// Those that the account may see, by name. One that is named without a pattern is not looked for.
Result<std::vector<std::string>> ReadDatabases(Connection* connection, const std::string& wanted);

// Whether there is no such table, or no such database, by the server's own word: one that the account may not see is not gone.
Result<bool> IsGone(Connection* connection, std::string_view database, std::string_view table);

// Whether the server does not say, because the account has no privilege on it that would show whether there is such a table.
Result<bool> IsHidden(Connection* connection, std::string_view database, std::string_view table);

// What GRANT ... ON calls all their tables: `shop`.*, or `shop\_%`.* for a pattern.
std::string GrantObject(std::string_view wanted);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_DATABASES_H_
