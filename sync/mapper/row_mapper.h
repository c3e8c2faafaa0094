// RowMapper: turns a transaction's rows into operations on documents.
//
// It is handed the whole transaction and a view of rows already stored, because a document may be
// built from rows of several tables and one row may concern documents under other keys than its
// own. Implementations are stateless between transactions as far as the outcome goes: the same
// transaction over the same stored rows gives the same operations, so that a replay after a crash
// repeats itself.
#ifndef BINSEEK_SYNC_MAPPER_ROW_MAPPER_H_
#define BINSEEK_SYNC_MAPPER_ROW_MAPPER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "sync/change/transaction.h"
#include "sync/snapshot/key_cells.h"

namespace binseek::mapper {

// Documents as of the last applied transaction: also of a transaction that is mapped in pieces, those before this piece included.
// Thread-compatible; borrowed for the length of one Map call.
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
  // Whether the document under this key is the row as it was before this call, so that a partial row may be completed from it: not where a row of
  // the key could not become a document, nor where what the transaction did before this call is not to be seen here.
  virtual bool MayComplete(const std::string& /*table*/, std::string_view /*key*/) const {
    return true;
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

// A row whose document cannot be made of what the images carry and what is stored: it has to be read from the table.
struct PendingRow {
  std::string table;  // "database.table"
  snapshot::KeyCells
      key;  // empty: the image does not tell it, so that the table has to be read again
};

struct MappedTransaction {
  index::Batch batch;
  std::vector<RejectedRow> rejected;
  std::vector<PendingRow> pending;  // in row order; a key may be there twice
  uint64_t unchanged_rows = 0;      // dropped: nothing that the index knows of changed
};

class RowMapper {
 public:
  virtual ~RowMapper() = default;
  // Operations in row order with versions from change::VersionOf (ChunkVersionOf for chunks). The
  // transaction is borrowed and must outlive the batch, whose if_missing callbacks read its rows.
  // Errors stop the source: kAborted where a row's shape does not fit its table's mapping, kIoError
  // from spilled rows.
  [[nodiscard]] virtual Result<MappedTransaction> Map(const change::Transaction& transaction,
                                                      const StoredRows& stored) = 0;
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_ROW_MAPPER_H_
