// RowMapper: turns a transaction's rows into operations on documents.
//
//   const auto run = mapper->Begin(transaction, stored, piece_bytes);
//   for (;;) {
//     BINSEEK_ASSIGN_OR_RETURN(std::optional<MappedTransaction> piece, run->Next());
//     if (!piece) break;
//     ...
//   }
//
// It is handed the whole transaction and a view of rows already stored, because a document may be
// built from rows of several tables and one row may concern documents under other keys than its
// own. What it makes of them it gives in pieces, because a transaction may be larger than memory: a
// mapper that has to see all rows first opens as many cursors as it needs before its first piece.
// Implementations are stateless between transactions as far as the outcome goes: the same
// transaction over the same stored rows gives the same operations, so that a replay after a crash
// repeats itself.
#ifndef BINSEEK_SYNC_MAPPER_ROW_MAPPER_H_
#define BINSEEK_SYNC_MAPPER_ROW_MAPPER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "sync/change/transaction.h"
#include "sync/snapshot/key_cells.h"

namespace binseek::mapper {

// Documents as of the last applied transaction; a run's own earlier rows are the mapper's to remember, see MayComplete. Thread-compatible; borrowed for the
// length of one run.
class StoredRows {
 public:
  virtual ~StoredRows() = default;
  virtual bool Contains(index::IndexId index, std::string_view key) const = 0;
  // The document's _source as JSON; nullopt where there is none.
  virtual Result<std::optional<std::string>> Source(index::IndexId index,
                                                    std::string_view key) const = 0;
  // Whether documents of the table ("database.table") may be older than the last applied transaction, because their rows are yet to be
  // read; and whether that of this row is. A document that may be old completes no row, and no part of it is updated alone: its
  // version would then be above that of the row that is read.
  virtual bool AnyOutdated(const std::string& /*table*/) const { return false; }
  virtual bool IsOutdated(const std::string& /*table*/, const snapshot::KeyCells& /*key*/) const {
    return false;
  }
  // Whether a row of some table, or of this key, could not become a document: what is stored is then not the row as it was, and no part of it is
  // updated alone.
  virtual bool AnyRejected() const { return false; }
  virtual bool WasRejected(const std::string& /*table*/, std::string_view /*key*/) const {
    return false;
  }
  // Whether the document under this key is the row as it was before this call, so that a partial row may be completed from it: not where a row of
  // the key could not become a document, nor where what the transaction did before this call is not to be seen here.
  virtual bool MayComplete(const std::string& table, std::string_view key) const {
    return !WasRejected(table, key);
  }
};

// A row that cannot become a document: kept, named, and passed over; the other rows go on.
struct RejectedRow {
  std::string table;  // "database.table"
  std::string key;
  std::string reason;  // names the column and the value's type, never the whole row
  change::TransactionPosition position;
  int64_t version = 0;  // that its operation would have had
};

// A row that could make no `_id`, so that its dead letter has its key, and can now or is gone: nothing is to be written for the one that it was, and
// what is known of it as a rejected row does not matter any more.
struct MendedRow {
  std::string table;  // "database.table"
  std::string key;    // as RejectedRow has it
  int64_t version = 0;
};

// A row whose document cannot be made of what the images carry and what is stored: it has to be read from the table.
struct PendingRow {
  std::string table;  // "database.table"
  // Fewer cells than columns: the image of a new row does not tell the others, so that all rows which begin with these are to be read; empty:
  // the whole table.
  snapshot::KeyCells key;
};

// What a transaction becomes, or a piece of that.
struct MappedTransaction {
  index::Batch batch;
  std::vector<RejectedRow> rejected;
  std::vector<PendingRow> pending;  // in row order; a key may be there twice
  std::vector<MendedRow> mended;
  uint64_t unchanged_rows = 0;  // dropped: nothing that the index knows of changed
};

// One transaction on its way to operations. Single-threaded.
class MapperRun {
 public:
  MapperRun() = default;
  virtual ~MapperRun() = default;
  MapperRun(const MapperRun&) = delete;
  MapperRun& operator=(const MapperRun&) = delete;

  // Operations in row order with versions from change::VersionOf (ChunkVersionOf for chunks); at
  // least one piece, which may be empty. nullopt behind the last.
  // Errors stop the source: kAborted where a row's shape does not fit its table's mapping, kIoError
  // and kCorruption from spilled rows.
  [[nodiscard]] virtual Result<std::optional<MappedTransaction>> Next() = 0;
};

class RowMapper {
 public:
  static constexpr uint64_t kWhole = UINT64_MAX;

  virtual ~RowMapper() = default;
  // A piece ends behind the row that takes it to `piece_bytes` of memory or more. The transaction is
  // borrowed and must outlive the run and its batches, whose if_missing callbacks read its rows;
  // `stored` must outlive the run.
  [[nodiscard]] virtual std::unique_ptr<MapperRun> Begin(const change::Transaction& transaction,
                                                         const StoredRows& stored,
                                                         uint64_t piece_bytes) = 0;
  // The indices that the operations can be of, more or less: none that is not here.
  [[nodiscard]] virtual std::vector<index::IndexId> IndicesOf(
      const change::Transaction& transaction) const = 0;
  // All of it at once, for what is known to be small.
  [[nodiscard]] Result<MappedTransaction> Map(const change::Transaction& transaction,
                                              const StoredRows& stored);
};

// The memory that operations and rows take (nearly).
uint64_t MemoryOf(const index::Operation& operation);
uint64_t MemoryOf(const change::RowChange& row);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_ROW_MAPPER_H_
