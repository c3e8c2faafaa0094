// StreamStart: from where a server is asked for its binlog, so that its history can be compared with what was read from it.
//
// Thread-safety: as the connection. Errors: those of the connection; kNotFound where the server's history is another one (RewrittenHistory).
#ifndef BINSEEK_SYNC_BINLOG_STREAM_START_H_
#define BINSEEK_SYNC_BINLOG_STREAM_START_H_

#include <chrono>
#include <functional>
#include <optional>

#include "engine/base/result.h"
#include "sync/binlog/binlog_source.h"
#include "sync/binlog/dump.h"
#include "sync/binlog/history_check.h"
#include "sync/binlog/transaction_assembler.h"
#include "sync/change/position.h"
#include "sync/mysql/connection.h"

namespace binseek::binlog {

struct StreamStart {
  change::SourcePosition position;
  bool by_gtid = true;  // behind position's GTIDs; else at position.binlog
  // How the last transaction will come once more; not set: it will not.
  std::optional<HistoryCheck::By> again;
  // A stream by MariaDB's GTIDs: transactions that begin before this do not begin at a place to start from. Behind it, in another domain, there
  // may be some that were read before, from another server, and are passed over now.
  change::BinlogPosition floor;
  change::BinlogPosition end;  // of what the server had written as it was asked
};

// What a source's assembler is to know of its options, which do not have `prepared` any more: its files are held for as long as anybody has it.
AssemblerOptions AssemblerOptionsOf(BinlogSourceOptions* options, bool by_gtid);

// Likewise of a dump from `start`. `id_is_held`: our server id is not to be taken.
DumpOptions DumpOptionsOf(const BinlogSourceOptions& options, const StreamStart& start,
                          bool id_is_held);

// A start that says nothing is one of any kind of server; kNotFound where it is one of another kind.
Status TakeFlavor(const mysql::ServerInfo& server, change::SourcePosition* start);

// To go on behind `position`. The last transaction comes again where it is known and the server has it still:
//   MySQL with GTIDs     it is left out of the set that is asked for
//   MySQL without them   the stream begins at its place
//   MariaDB              likewise, without GTIDs (a start by GTID goes behind them); where its place is not known, which is so on another
//                        server, by GTIDs and without it. Places beyond 4 GiB, which the protocol has no words for, are not known.
// Where the server has purged it that is logged, and the stream goes on without.
// REQUIRES: places are of this server, and it has been found to have what was handed out.
Result<StreamStart> ChooseStreamStart(mysql::Connection* connection,
                                      const change::SourcePosition& position, bool by_gtid,
                                      const LastTransaction& last);

// Whether a stream begins by GTID: where `start` has them, or where there is no start at all; else by file and offset. MariaDB translates
// these, and `start` gets the GTIDs.
Result<bool> StartsByGtid(mysql::Connection* connection, change::SourcePosition* start);

// A server that lacks what was handed out has another history: to go on would keep rows that it does not have. What it has just logged, it may
// not count as executed yet, and a replica that takes another's place may have some of it to catch up with: it is given ten seconds.
// MariaDB would go on where it knows nothing at all of a domain, in the hope that another server does. `pause` waits, and is false where it is
// to end.
Status AwaitHistory(mysql::Connection* connection, const change::SourcePosition& position,
                    const std::function<bool(std::chrono::milliseconds)>& pause);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_STREAM_START_H_
