// A read view of one table of a MySQL server without GTIDs: opened while a lock keeps the table's writers out.
//
// Without GTIDs nothing tells which of the logged transactions a SELECT can see. But a transaction keeps its metadata lock on each table that it
// writes until its engine has committed it, behind the binlog. So LOCK TABLES t READ is given only when every transaction that has been logged
// with rows of t can be seen, and a view that is opened before UNLOCK TABLES sees them all, and no half of another.
//
// The lock is held for as long as the view takes to open, and writers wait for that long; that is why it is taken only where the config says so
// (snapshot.lock: brief). While the lock itself waits for a transaction that is open, MySQL lets other writers of the table pass it. So it is asked for
// again and again, for a second each time, and not given where the table is never without an open transaction.
//
// Thread-safety: as the connection. Errors: those of the connections; kInvalidArgument where the account may not lock the table;
// kUnavailable where the lock was not given for some seconds (an XA transaction that is prepared holds it up as well), and where the lock's connection
// leads to another server; kAborted where stopped. Cost: a connection more, for some milliseconds.
#ifndef BINSEEK_SYNC_SNAPSHOT_BRIEF_LOCK_H_
#define BINSEEK_SYNC_SNAPSHOT_BRIEF_LOCK_H_

#include <stop_token>
#include <string_view>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/mysql/connection.h"

namespace binseek::snapshot {

// Opens a consistent view on `connection`, which its COMMIT ends, while the table is locked.
[[nodiscard]] Status OpenViewUnderLock(mysql::Connection* connection,
                                       const change::TableSchema& table,
                                       const std::stop_token& stop);

// Blocks until no statement that changes the table's shape, or makes or drops it, is amid its work: such a one is logged before others see what it
// did. A table that is not there is well. kUnavailable where that takes ten seconds.
[[nodiscard]] Status AwaitStatementsOn(mysql::Connection* connection, std::string_view database,
                                       std::string_view table);

}  // namespace binseek::snapshot

#endif  // BINSEEK_SYNC_SNAPSHOT_BRIEF_LOCK_H_
