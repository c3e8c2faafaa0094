// TableMapper: the RowMapper where each row is a document, of the index of its table or of one that several tables share.
//
// It compares the images before and after and sends each change down the cheapest road: nothing
// that the index knows of changed: dropped (counted); only fields that are updated in place: a
// column update (with the whole document behind it, for keys that a snapshot has not brought yet);
// anything else: an upsert; another key: a delete and an upsert. Rows of tables that are not bound
// are passed over. A row that cannot become a document is rejected; where it replaces one, that one
// stays as it was, unless it had another key: no row has that key any more, so it is deleted.
//
// Upserts and column updates carry the row's hash (change/row_hash.h), of the whole row as it is behind the change; 0 where the images
// lack a column. A change that is dropped leaves the stored hash, rightly: the hash covers columns that the index knows of, and none of
// them changed.
//
// Images may be partial: what the one after lacks is taken from the one before, and what both lack from the document that is stored, to
// which the transaction's own earlier rows belong. Where that is not exact, the row is pending (partial_row.h).
//
// Where the table's layout (table_layout.h) has a filter, a row that leaves it is deleted, and one that comes in is added; where the images do
// not tell, it is pending. Where ids are not the key's, a row without one (NULL) is rejected under its key; of a partial image that does
// not tell the id of a document that may have to go, all of the table is read again.
//
// Thread-compatible: Bind and Unbind between runs. Shares schemas.
#ifndef BINSEEK_SYNC_MAPPER_TABLE_MAPPER_H_
#define BINSEEK_SYNC_MAPPER_TABLE_MAPPER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/mapping/mapping.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/row_mapper.h"
#include "sync/mapper/table_layout.h"

namespace binseek::mapper {

struct TablePlan;

struct TableMapperOptions {
  bool whole_documents =
      false;  // no column updates: for a sink that cannot update parts of a document
};

class TableMapper final : public RowMapper {
 public:
  explicit TableMapper(TableMapperOptions options = {});
  ~TableMapper() override;
  TableMapper(const TableMapper&) = delete;
  TableMapper& operator=(const TableMapper&) = delete;

  // Rows decoded by exactly this schema go to `index`, whose fields are those of `mapping` (the
  // engine's, with its ids). Replaces what the table was bound to. kInvalidArgument: a column has
  // no field of its name, or one of another kind.
  // Rows of transactions with an ordinal below `since_ordinal` are passed over, whatever their shape: the table is read (again) behind them.
  [[nodiscard]] Status Bind(std::shared_ptr<const change::TableSchema> table, index::IndexId index,
                            const std::shared_ptr<const mapping::Mapping>& mapping,
                            uint64_t since_ordinal = 0);
  // The same of a table that has rules.
  [[nodiscard]] Status Bind(std::shared_ptr<const TableLayout> layout, index::IndexId index,
                            const std::shared_ptr<const mapping::Mapping>& mapping,
                            uint64_t since_ordinal = 0);
  void Unbind(const std::string& qualified_name);

  [[nodiscard]] std::unique_ptr<MapperRun> Begin(const change::Transaction& transaction,
                                                 const StoredRows& stored,
                                                 uint64_t piece_bytes) override;
  [[nodiscard]] std::vector<index::IndexId> IndicesOf(
      const change::Transaction& transaction) const override;

 private:
  const TableMapperOptions options_;
  std::map<std::string, std::shared_ptr<const TablePlan>> tables_;  // by qualified name
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_TABLE_MAPPER_H_
