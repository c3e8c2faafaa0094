// Which XA transactions a server has prepared, and which of these a stream that begins now does not know.
//
// Thread-safety: as the connection. Errors: the connection's; kInvalidArgument where the account may not ask (MySQL: XA_RECOVER_ADMIN).
#ifndef BINSEEK_SYNC_BINLOG_PREPARED_ON_SERVER_H_
#define BINSEEK_SYNC_BINLOG_PREPARED_ON_SERVER_H_

#include <set>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/prepared_set.h"
#include "sync/mysql/connection.h"

namespace binseek::binlog {

// Names as XaPrepareEvent::Name's, from XA RECOVER: also of those whose commit is not through in all engines.
[[nodiscard]] Result<std::set<std::string>> PreparedOnServer(mysql::Connection* connection);

// Whether the server's binlog has an XA COMMIT, position and GTID, before its engines commit: MariaDB, and MySQL before 8.0.30, where XA
// transactions were made to go through both or neither. (To ask one more of them costs nothing but a question.)
bool LogsXaCommitsEarly(const mysql::ServerInfo& server);

// Those of them that `known` (null: nothing) does not hold, for a stream that begins behind what it does hold: prepared before it begins, or in what
// is still to come, or committed a moment ago and not through. All that is committed of the first has every table read again: that is logged. An account
// that may not ask on MySQL, where the answer is no more than that, gets none.
[[nodiscard]] Result<std::vector<std::string>> PreparedUnknown(mysql::Connection* connection,
                                                               const change::PreparedSet* known);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_PREPARED_ON_SERVER_H_
