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
// cut off, by the connection or by a crash of the server, is dropped and read again.
//
// Threads: Next() belongs to one thread; Stop(), status(), server(), read_position(), last_ordinal() may be called by any.
// Errors of Next(), after which the source is at its end: kAborted where the history is gone or no longer ours (purged,
// server behind us, rewritten), where a captured table's rows do not fit its schema (names table and column), where an event
// that changes rows is not understood, and after Stop(); kCorruption for bytes that cannot be right;
// kResourceExhausted for a transaction or an event above the limits; kInvalidArgument where the server refuses the account.
// A connection that is away is no error: Next() returns nothing and status() tells. Neither is a disk that has no room for the rows of a
// transaction that memory does not hold: it is read again, until there is room.
#ifndef BINSEEK_SYNC_BINLOG_BINLOG_SOURCE_H_
#define BINSEEK_SYNC_BINLOG_BINLOG_SOURCE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "sync/binlog/row_spill.h"
#include "sync/binlog/schema_provider.h"
#include "sync/change/position.h"
#include "sync/change/transaction.h"
#include "sync/mysql/connection.h"

namespace binseek::binlog {

struct BinlogSourceOptions {
  mysql::ConnectionOptions connection;
  change::SourceId source{};
  // Start behind this. With GTIDs they decide; without, file and offset do.
  change::SourcePosition start;
  uint64_t next_ordinal = 1;                            // of the first transaction behind `start`
  std::shared_ptr<const change::PreparedSet> prepared;  // at `start`; null: none
  SchemaProvider schema_provider;
  DatabaseFilter captures_database;
  std::chrono::milliseconds heartbeat{1000};
  // Nothing at all heard for so long: reconnect.
  std::chrono::milliseconds silence_limit{10000};
  std::chrono::milliseconds min_backoff{100};
  std::chrono::milliseconds max_backoff{15000};
  SpillOptions spill;                            // of rows that memory does not hold
  uint64_t max_event_bytes = uint64_t{1} << 30;  // of one, unpacked
  uint32_t server_id = 0;                        // of us as a replica; 0: a random one
};

struct BinlogSourceStatus {
  bool connected = false;
  std::string last_error;  // of the last lost connection; kept after it is back
  uint64_t reconnects = 0;
  // Our clock, when anything last arrived, heartbeats included; 0: never.
  int64_t last_event_time_us = 0;
  uint64_t transactions = 0;  // handed out
  uint64_t rows = 0;
  uint64_t bytes = 0;  // of events read
  // Of the transaction that has come in part; bytes of memory that they take, or would.
  uint64_t open_rows = 0;
  uint64_t open_bytes = 0;
};

class BinlogSource {
 public:
  // Connects once. kUnavailable where the server is away: call again, or see the errors above. kAborted where a MySQL server lacks
  // transactions of `start`, which it is given some seconds to show.
  [[nodiscard]] static Result<std::unique_ptr<BinlogSource>> Open(BinlogSourceOptions options);
  virtual ~BinlogSource() = default;

  // The next transaction, or nothing when none was complete within `timeout`. Reconnects as needed meanwhile.
  [[nodiscard]] virtual Result<std::optional<change::Transaction>> Next(
      std::chrono::milliseconds timeout) = 0;

  // Where the stream has been read to: the last transaction's end, or further where the server told by heartbeats or
  // by events outside transactions that nothing lies before. Everything up to here has been handed out by Next().
  // Compare its `binlog` with a written position to see whether that has been passed.
  virtual change::SourcePosition read_position() const = 0;
  // The last ordinal taken (of the last transaction handed out, and those it spilled into); next_ordinal - 1 at first.
  virtual uint64_t last_ordinal() const = 0;
  virtual BinlogSourceStatus status() const = 0;
  virtual mysql::ServerInfo server() const = 0;  // that of the newest connection

  // Makes Next() return kAborted soon, now and for ever. From any thread; idempotent.
  virtual void Stop() = 0;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_BINLOG_SOURCE_H_
