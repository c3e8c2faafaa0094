// ChunkReader: the rows of one table in primary-key order, a chunk per SELECT.
//
// Only the server compares keys: a chunk begins behind the last row of the one before, by the literal of that row's own cells, so
// that whatever collation orders the table, no row is read twice or passed over. A range's end is asked for likewise: "up to a key" is exactly what
// "behind it" is not.
//
// Thread-compatible; shares the schema. Errors: those of the connection; kCorruption for cells that do not read as their type;
// kInvalidArgument for a key whose columns cannot be compared by a literal.
#ifndef BINSEEK_SYNC_SNAPSHOT_CHUNK_READER_H_
#define BINSEEK_SYNC_SNAPSHOT_CHUNK_READER_H_

#include <cstdint>
#include <memory>
#include <optional>
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
#include "sync/snapshot/key_ranges.h"

namespace binseek::snapshot {

// Of the cells of a chunk: what is read ahead stays within some of these, whatever the rows are like. Of several readers each has its part.
inline constexpr uint64_t kMaxChunkBytes = uint64_t{32} << 20;

struct ChunkRows {
  std::shared_ptr<const change::RowVector> rows;  // of kind kRead; never null
  KeyCells last_key;  // of the last of them; as given where there is none
  bool cut =
      false;  // ended by its bytes, before its rows; the connection is not to be used any more
  bool last = false;  // the range ends here
};

class ChunkReader {
 public:
  // REQUIRES: the table has a primary key. `max_bytes`: see ChunkRows::cut.
  explicit ChunkReader(std::shared_ptr<const change::TableSchema> table,
                       uint64_t max_bytes = kMaxChunkBytes);

  const change::TableSchema& table() const { return *table_; }

  // The first rows of the range: at most `limit`, and no more once they take max_bytes. REQUIRES: limit > 0.
  [[nodiscard]] Result<ChunkRows> Read(mysql::Connection* connection, const KeyRange& range,
                                       uint32_t limit) const;

  // The key of the range's row number `rows`, from 1 on, as the table is now; nullopt: there are not so many. It is found in the key alone, of which the
  // server walks over so many. REQUIRES: rows > 0.
  [[nodiscard]] Result<std::optional<KeyCells>> KeyAt(mysql::Connection* connection,
                                                      const KeyRange& range, uint64_t rows) const;

  // The rows that the keys find, in any order; some may find none. Where `cut`, which keys the others of them are is not known.
  // REQUIRES: !keys.empty()
  [[nodiscard]] Result<ChunkRows> ReadKeys(mysql::Connection* connection,
                                           std::span<const KeyCells> keys) const;

  // The statement that Read sends.
  [[nodiscard]] Result<std::string> Statement(const KeyRange& range, uint32_t limit) const;
  // The one that KeyAt sends.
  [[nodiscard]] Result<std::string> StatementOfKeyAt(const KeyRange& range, uint64_t rows) const;
  // The one that ReadKeys sends.
  [[nodiscard]] Result<std::string> StatementOfKeys(std::span<const KeyCells> keys) const;

 private:
  Result<ChunkRows> Collect(mysql::Connection* connection, const std::string& sql) const;

  // " WHERE ...", of the rows of a range.
  Result<std::string> Within(const KeyRange& range) const;

  std::shared_ptr<const change::TableSchema> table_;
  uint64_t max_bytes_;
  std::string from_;    // FROM ...
  std::string select_;  // SELECT ... FROM ...
  std::string order_by_;
};

// About how many rows the table has, as the server guesses.
Result<uint64_t> EstimateRows(mysql::Connection* connection, const change::TableSchema& table);

}  // namespace binseek::snapshot

#endif  // BINSEEK_SYNC_SNAPSHOT_CHUNK_READER_H_
