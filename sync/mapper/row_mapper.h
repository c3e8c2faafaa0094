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

namespace binseek::mapper {

// Documents as of the last applied transaction. Thread-compatible; borrowed for the length of one
// Map call.
class StoredRows {
 public:
  virtual ~StoredRows() = default;
  virtual bool Contains(index::IndexId index, std::string_view key) const = 0;
  // The document's _source as JSON; nullopt where there is none.
  virtual Result<std::optional<std::string>> Source(index::IndexId index,
                                                    std::string_view key) const = 0;
};

// A row that cannot become a document: kept, named, and passed over; the other rows go on.
struct RejectedRow {
  std::string table;  // "database.table"
  std::string key;
  std::string reason;  // names the column and the value's type, never the whole row
  change::TransactionPosition position;
  int64_t version = 0;  // that its operation would have had
};

struct MappedTransaction {
  index::Batch batch;
  std::vector<RejectedRow> rejected;
  uint64_t unchanged_rows = 0;  // dropped: nothing that the index knows of changed
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
