// How long a server keeps its binlog: what is older it may delete, needed or not.
//
// Thread-safety: as its connection. Errors: the connection's.
#ifndef BINSEEK_SYNC_MYSQL_BINLOG_RETENTION_H_
#define BINSEEK_SYNC_MYSQL_BINLOG_RETENTION_H_

#include <chrono>
#include <map>
#include <string>

#include "engine/base/result.h"
#include "sync/mysql/connection.h"

namespace binseek::mysql {

// What the server's variables say of it, by name as SHOW GLOBAL VARIABLES prints them; others do not matter. 0: it deletes nothing by age.
std::chrono::seconds BinlogRetention(const std::map<std::string, std::string>& variables);
// The same of the variables as they are now.
Result<std::chrono::seconds> ReadBinlogRetention(Connection* connection);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_BINLOG_RETENTION_H_
