// ChunkReader: the rows of one table in primary-key order, a chunk per SELECT.
//
// Only the server compares keys: a chunk begins behind the last row of the one before, by the literal of that row's own cells, so
// that whatever collation orders the table, no row is read twice or passed over.
//
// Thread-compatible; shares the schema. Errors: those of the connection; kCorruption for cells that do not read as their type;
// kInvalidArgument for a key whose columns cannot be compared by a literal.
#ifndef BINSEEK_SYNC_SNAPSHOT_CHUNK_READER_H_
#define BINSEEK_SYNC_SNAPSHOT_CHUNK_READER_H_

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/row_change.h"
#include "sync/change/table_schema.h"
#include "sync/change/transaction.h"
#include "sync/mysql/connection.h"
#include "sync/snapshot/key_cells.h"

namespace binseek::snapshot {

// Of the cells of a chunk: what is read ahead stays within some of these, whatever the rows are like.
inline constexpr uint64_t kMaxChunkBytes = uint64_t{32} << 20;

struct ChunkRows {
  std::shared_ptr<const change::RowVector> rows;  // of kind kRead; never null
  KeyCells last_key;  // of the last of them; as given where there is none
  bool cut =
      false;  // ended by its bytes, before its rows; the connection is not to be used any more
  bool last = false;  // the table ends here
};

class ChunkReader {
 public:
  // REQUIRES: the table has a primary key.
  explicit ChunkReader(std::shared_ptr<const change::TableSchema> table);

  const change::TableSchema& table() const { return *table_; }

  // At most `limit` rows behind `after` (empty: from the beginning), and no more once they take kMaxChunkBytes. REQUIRES: limit > 0.
  [[nodiscard]] Result<ChunkRows> Read(mysql::Connection* connection, const KeyCells& after,
                                       uint32_t limit) const;

  // The rows that the keys find, in any order; some may find none. Where `cut`, which keys the others of them are is not known.
  // REQUIRES: !keys.empty()
  [[nodiscard]] Result<ChunkRows> ReadKeys(mysql::Connection* connection,
                                           std::span<const KeyCells> keys) const;

  // The statement that Read sends.
  [[nodiscard]] Result<std::string> Statement(const KeyCells& after, uint32_t limit) const;
  // The one that ReadKeys sends.
  [[nodiscard]] Result<std::string> StatementOfKeys(std::span<const KeyCells> keys) const;

 private:
  Result<ChunkRows> Collect(mysql::Connection* connection, const std::string& sql) const;

  std::shared_ptr<const change::TableSchema> table_;
  std::string select_;  // SELECT ... FROM ...
  std::string order_by_;
};

// About how many rows the table has, as the server guesses.
Result<uint64_t> EstimateRows(mysql::Connection* connection, const change::TableSchema& table);

}  // namespace binseek::snapshot

#endif  // BINSEEK_SYNC_SNAPSHOT_CHUNK_READER_H_
