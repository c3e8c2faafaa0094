// What a server changes and does not log, although it writes a binlog of rows: databases left out of it, changes that come by replication, and
// what statements and triggers hide. Part of the preflight; a running stream asks as well, each time that it begins, since what is not in the
// binlog is missing without a trace.
//
// Thread-safety: as the connection. Errors: those of the connection; what cannot be looked at for want of a privilege is a warning.
#ifndef BINSEEK_SYNC_MYSQL_LOGGED_CHANGES_H_
#define BINSEEK_SYNC_MYSQL_LOGGED_CHANGES_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/mysql/connection.h"
#include "sync/mysql/preflight.h"

namespace binseek::mysql {

// binlog_filter, log_replica_updates, binlog_checksum; and triggers where binlog_format is not ROW. Of the databases, none: none. What is
// found alike for several of them is told once.
Result<std::vector<PreflightCheck>> CheckLoggedChanges(Connection* connection,
                                                       const std::vector<std::string>& databases);

// An SQL condition: the session's account is shown the triggers of the database's tables, by a privilege of its own (what it has by a role is
// not told).
std::string ShowsTriggers(std::string_view database);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_LOGGED_CHANGES_H_
