// Where a server's binlog ends now: the start of a stream, and the high watermark of a chunk.
#ifndef BINSEEK_SYNC_MYSQL_CURRENT_POSITION_H_
#define BINSEEK_SYNC_MYSQL_CURRENT_POSITION_H_

#include "engine/base/result.h"
#include "sync/change/position.h"
#include "sync/mysql/connection.h"

namespace binseek::mysql {

// The end of what is *written* (file and offset), and the executed GTID set (MySQL; grows after the
// engine's commit, so it never runs ahead of what a SELECT sees) or gtid_binlog_pos (MariaDB;
// written, may run ahead). Errors: the connection's; kInvalidArgument where the server writes no
// binlog or grants no look at it.
Result<change::SourcePosition> CurrentPosition(Connection* connection);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_CURRENT_POSITION_H_
