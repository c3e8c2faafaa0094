// BinlogSource: a server's binlog as whole transactions in commit order, over any number of reconnects.
//
//   BINSEEK_ASSIGN_OR_RETURN(auto source, BinlogSource::Open(options));   // connects; may fail with kUnavailable
//   while (running) {
//     BINSEEK_ASSIGN_OR_RETURN(auto transaction, source->Next(std::chrono::milliseconds(100)));
//     if (transaction) { ... }                                            // else: nothing arrived in time
//   }
//
// What it guards: a transaction is handed out whole or not at all; after a lost connection it goes on behind the last one
// that was handed out, with the ordinals that would have come without the loss; every transaction that moves the position
// is handed out, also one without captured rows (rows empty), so that checkpoints have no gaps. A transaction that was
// cut off, by the connection or by a crash of the server, is dropped and read again. Every connection asks for the last transaction
// once more and compares it (see HistoryCheck), where the server still has it; by its GTID on MySQL, by its place on MariaDB and without
// GTIDs, so that a MariaDB server behind the same address that is another one is taken at its GTIDs' word.
//
// Threads: Next(), NextWaiting() and Renew() belong to one thread; all others may be called by any.
// Errors of Next(), after which the source is at its end: kNotFound where the history is gone or no longer ours (purged, server behind us,
// of another kind, rewritten), see IsHistoryLost; kAborted where an event that changes rows is not understood, and after Stop();
// kCorruption for bytes that cannot be right; kResourceExhausted for a transaction or an event above the limits; kInvalidArgument where
// the server refuses the account. What concerns the rows of one table alone is no error, but an event of its transaction.
// A connection that is away is no error: Next() returns nothing and status() tells. Neither is a disk that has no room for the rows of a
// transaction that memory does not hold: it is read again, until there is room.
#ifndef BINSEEK_SYNC_BINLOG_BINLOG_SOURCE_H_
#define BINSEEK_SYNC_BINLOG_BINLOG_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "sync/binlog/history_check.h"
#include "sync/binlog/row_spill.h"
#include "sync/binlog/schema_provider.h"
#include "sync/change/position.h"
#include "sync/change/stop_code.h"
#include "sync/change/transaction.h"
#include "sync/mysql/connection.h"

namespace binseek::binlog {

struct BinlogSourceOptions {
  mysql::ConnectionOptions connection;
  change::SourceId source{};
  // Start behind this. With GTIDs they decide; without, file and offset do.
  change::SourcePosition start;
  // Whose files `start.binlog` and `last.begin` are in (mysql::ServerInfo::Identity); not set: of the server that answers.
  std::optional<std::string> server;
  LastTransaction last;  // before `start`; without a GTID and a place: not known
  // Called by the thread of Open() and Next() where the stream goes on with another server than before, or than `server`: before the first
  // event of it is read, and once read_position() is none of the old one's any more. `connection` is to the new one. A connection is given
  // up where this fails, and it is called again for the next.
  std::function<Status(mysql::Connection* connection)> moved;
  // Called by that thread with every connection before its stream begins, and before `moved`. Where this fails the connection is given up: for
  // good, unless its error is kUnavailable.
  std::function<Status(mysql::Connection* connection)> connected;
  uint64_t next_ordinal = 1;                            // of the first transaction behind `start`
  std::shared_ptr<const change::PreparedSet> prepared;  // at `start`; null: none
  change::KeepPrepared keep_prepared;  // see AssemblerOptions. By the thread of Next()
  SchemaProvider schema_provider;
  DatabaseFilter captures_database;
  CascadeFilter cascades_from;  // null: nothing does. By the thread of Next()
  std::chrono::milliseconds heartbeat{1000};
  // Nothing at all heard for so long: reconnect.
  std::chrono::milliseconds silence_limit{10000};
  std::chrono::milliseconds min_backoff{100};
  std::chrono::milliseconds max_backoff{15000};
  SpillOptions spill;                            // of rows that memory does not hold
  uint64_t max_event_bytes = uint64_t{1} << 30;  // of one, unpacked
  uint32_t server_id = 0;                        // of us as a replica; 0: a random one
  // Of us as a replica, by which MySQL ends the dump of a connection of ours that is dead without its knowing; empty: a new one each time.
  std::string replica_uuid;
  // A connection that was lost to another replica under our id counts as a clash that goes on until one lasts for so long.
  std::chrono::milliseconds clash_memory{60000};
};

struct BinlogSourceStatus {
  bool connected = false;
  std::string last_error;  // of the last lost connection; kept after it is back
  change::StopCode last_code = change::StopCode::kNone;
  change::StopCounts losses;  // of connections, by why
  // Set while somebody else asks the server for its binlog under our id, in words for the user: the two take turns, with growing pauses.
  std::string id_clash;
  uint64_t reconnects = 0;
  // Our clock, when anything last arrived, heartbeats included; 0: never.
  int64_t last_event_time_us = 0;
  uint64_t transactions = 0;  // handed out
  uint64_t rows = 0;
  uint64_t bytes = 0;  // of events read
  // Nothing is on its way that is known of: the stream has been where the server's binlog ended when the connection began, no transaction has
  // come in part, and the server is heard.
  bool at_rest = false;
  // Of the transaction that has come in part; bytes of memory that they take, or would.
  uint64_t open_rows = 0;
  uint64_t open_bytes = 0;
};

// Whether a source has ended because the server has no history (any more) that goes on from where it stood: only a new beginning helps, after
// which everything has to be read again.
inline bool IsHistoryLost(const Status& status) { return status.code() == StatusCode::kNotFound; }

// What the stream has handed out, all as of one moment.
struct StreamReach {
  mysql::ServerInfo server;         // whose files position.binlog is in
  change::SourcePosition position;  // see BinlogSource::read_position
  uint64_t ordinal = 0;
  uint64_t moves = 0;  // how often the stream has gone to another server
  // XA transactions whose commit was among the last, and that the server may not show yet; see LateCommits.
  std::vector<std::string> late{};
};

class BinlogSource {
 public:
  // Connects once. kUnavailable where the server is away: call again, or see the errors above. A server that lacks transactions of
  // `start` is given some seconds to show them.
  [[nodiscard]] static Result<std::unique_ptr<BinlogSource>> Open(BinlogSourceOptions options);
  virtual ~BinlogSource() = default;

  // The next transaction, or nothing when none was complete within `timeout`. Reconnects as needed meanwhile.
  [[nodiscard]] virtual Result<std::optional<change::Transaction>> Next(
      std::chrono::milliseconds timeout) = 0;

  // The next transaction, where all of it has arrived already: takes from what the connection has read ahead, waits for nothing and makes no
  // connection; whatever is wrong is left to Next(). Nothing either where one of more than about `most_bytes` is on its way.
  [[nodiscard]] virtual std::optional<change::Transaction> NextWaiting(uint64_t most_bytes) = 0;

  // Where the stream has been read to: the last transaction's end, or further where the server told by heartbeats or
  // by events outside transactions that nothing lies before. Everything up to here has been handed out by Next().
  // Compare its `binlog` with a written position of the same server to see whether that has been passed. It is empty between the move to
  // another server and the first event from there.
  virtual change::SourcePosition read_position() const = 0;
  virtual StreamReach reach() const = 0;
  // The last ordinal taken (of the last transaction handed out, and those it spilled into); next_ordinal - 1 at first.
  virtual uint64_t last_ordinal() const = 0;
  virtual BinlogSourceStatus status() const = 0;
  virtual mysql::ServerInfo server() const = 0;  // that of the newest connection

  // Leaves the ordinal behind the last one unused, and tells it: what is written anew from there on is told from all of before by its
  // version. By the thread of Next().
  virtual uint64_t LeaveOrdinal() = 0;

  // The address may lead to another server by now: leaves the connection and makes another, at once and by this thread. kUnavailable where
  // that fails, and Next() goes on trying; otherwise as Next().
  [[nodiscard]] virtual Status Renew() = 0;
  // As Renew, by the next call of Next().
  virtual void RequestRenewal() = 0;

  // Makes Next() return kAborted soon, now and for ever. From any thread; idempotent.
  virtual void Stop() = 0;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_BINLOG_SOURCE_H_
