// Transaction: the one thing that every source of changes yields, whole and in commit order.
//
// Binlog, Kafka, snapshot chunks and (later) the reconciler's repairs are sources of this type. What a consumer may
// rely on:
//  - `ordinal` is the transaction's place in its source's stream, starting at 1. It is restored from the checkpoint,
//    so a replay gives equal ordinals, and with them equal versions (see VersionOf). It never comes from a clock, a
//    file offset or a counter that moves on at replay.
//  - `completeness` says what the source can promise: kWhole (all rows of one commit, in order) or kPerKey (a source
//    such as a partitioned topic keeps order per key only).
//  - rows are read through RowSequence, so that a transaction larger than memory can lie on disk: a consumer opens a
//    cursor as often as it likes and sees the same rows each time.
//  - a chunk (rows read by SELECT) has `chunk` set and carries the ordinal of its low watermark; it holds rows of
//    kind kRead only.
#ifndef BINSEEK_SYNC_CHANGE_TRANSACTION_H_
#define BINSEEK_SYNC_CHANGE_TRANSACTION_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/image_pool.h"
#include "sync/change/position.h"
#include "sync/change/prepared_set.h"
#include "sync/change/row_change.h"

namespace binseek::change {

// Forward reader over a transaction's rows. Single-threaded.
class RowCursor {
 public:
  virtual ~RowCursor() = default;
  // The next row, or null at the end. The row is borrowed until the next call. Errors: kIoError, kCorruption (spilled rows).
  [[nodiscard]] virtual Result<const RowChange*> Next() = 0;
};

// Each schema once, in no order.
using TableList = std::vector<std::shared_ptr<const TableSchema>>;

// A transaction's rows in stream order. Immutable and thread-safe; cursors are independent of each other.
class RowSequence {
 public:
  virtual ~RowSequence() = default;
  virtual uint64_t size() const = 0;
  // The schemas of its rows; may have some that no row has (any more).
  virtual const TableList& tables() const = 0;
  virtual std::unique_ptr<RowCursor> Open() const = 0;
};

// Rows held in memory, which go back to a pool where there is one.
class RowVector final : public RowSequence {
 public:
  explicit RowVector(std::vector<RowChange> rows, std::shared_ptr<ImagePool> pool = nullptr);
  ~RowVector() override;
  RowVector(const RowVector&) = delete;
  RowVector& operator=(const RowVector&) = delete;
  uint64_t size() const override { return rows_.size(); }
  const TableList& tables() const override { return tables_; }
  std::unique_ptr<RowCursor> Open() const override;
  const std::vector<RowChange>& rows() const { return rows_; }

 private:
  std::vector<RowChange> rows_;  // constant until the destructor
  const TableList tables_;
  const std::shared_ptr<ImagePool> pool_;
};

enum class Completeness : uint8_t { kWhole, kPerKey };

// How an index's documents are told apart by where they come from: a table of a source. `table` is "database.table".
inline std::string SourceTable(SourceId source, std::string_view table) {
  std::string name = std::to_string(static_cast<uint64_t>(source));
  name += '/';
  name += table;
  return name;
}

// What happens to a captured table's shape or contents without row events.
struct TableEvent {
  enum class Kind : uint8_t {
    kDdl,
    kTruncate,
    kDrop,
    kUnseenRows,  // rows changed that the stream does not show: of the table, or of any where it is empty
    kUnreadableRows,  // the transaction's rows of the table could not be decoded, and are left out
  };
  Kind kind = Kind::kDdl;
  std::string database;
  std::string table;      // empty: the whole database
  std::string statement;  // as logged, for messages
  std::string why;        // of kUnseenRows and kUnreadableRows
};

// Recognises a transaction that is read again, and another behind the same GTID: rewritten history. What it covers, and why that is the
// same on every server that has the transaction, is said in sync/binlog/transaction_fingerprint.h.
struct Fingerprint {
  int64_t commit_time_us = 0;
  uint64_t length = 0;  // of what crc32c covers, in bytes
  uint32_t crc32c = 0;
  bool operator==(const Fingerprint&) const = default;
};

// A table whose changed rows may have changed those of others by foreign keys, in the server's engine, which logs none of that: for events
// whose session had the checks on, of a server that does not log what cascades.
struct CascadeSource {
  std::string table;  // "database.table"; it may be one that is not captured
  bool deletes = false;
  bool updates = false;
  bool unseen = false;  // some of these rows are not among the transaction's
  bool partly = false;  // other rows of the table were changed that cascade to nothing

  bool operator==(const CascadeSource&) const = default;
};

struct ChunkInfo {
  std::string table;  // "database.table"
  bool last = false;  // no chunk of its range follows
  bool of_keys =
      false;  // rows that were asked for by their keys, so that some of them may have had documents
};

struct Transaction {
  SourceId source{};
  uint64_t ordinal = 0;
  TransactionPosition position;
  BinlogPosition
      begin;  // of its first event, where a stream can start; empty where it is not known
  int64_t commit_time_us = 0;  // source's clock, microseconds since epoch; 0 = unknown
  Completeness completeness = Completeness::kWhole;
  Flavor flavor = Flavor::kMysql;  // of the server: which columns its partial images leave out
  std::shared_ptr<const RowSequence> rows;  // never null
  uint64_t row_bytes = 0;  // of memory that they take, or would (nearly); 0: nobody counted
  std::vector<TableEvent> table_events;  // come before the rows
  std::vector<CascadeSource> cascades;   // of its rows; each table once
  Fingerprint fingerprint;
  std::shared_ptr<const PreparedSet> prepared;  // behind this transaction; null: none
  std::string
      commits_xa;  // the XA transaction, prepared by another before, that this one commits; empty: none
  std::unique_ptr<ChunkInfo> chunk;  // set: rows read by SELECT

  bool is_chunk() const { return chunk != nullptr; }
};

// Bits of a version that count the row within its transaction.
inline constexpr int kRowBits = 20;

// Version of an operation: the transaction's ordinal << 20 | row number. A transaction of more than 2^20 rows spills
// into the ordinals that follow, which its source leaves unused (see OrdinalsTaken).
constexpr int64_t VersionOf(uint64_t ordinal, uint64_t row) {
  return static_cast<int64_t>((ordinal << kRowBits) + row);
}
constexpr uint64_t OrdinalsTaken(uint64_t rows) { return 1 + (rows >> kRowBits); }
// Of a transaction with table events: one more, under which nothing is written. What is read again because of them has versions from that
// ordinal on, and so is told from all that was there before, the transaction's own rows included.
inline uint64_t OrdinalsTaken(const Transaction& transaction) {
  return OrdinalsTaken(transaction.rows->size()) + (transaction.table_events.empty() ? 0 : 1);
}
inline uint64_t LastOrdinalOf(const Transaction& transaction) {
  return transaction.ordinal + OrdinalsTaken(transaction) - 1;
}
// Version of a chunk row: above every row of the transactions up to its low watermark, below every later one.
constexpr int64_t ChunkVersionOf(uint64_t low_watermark_ordinal) {
  return static_cast<int64_t>(((low_watermark_ordinal + 1) << kRowBits) - 1);
}

}  // namespace binseek::change

#endif  // BINSEEK_SYNC_CHANGE_TRANSACTION_H_
