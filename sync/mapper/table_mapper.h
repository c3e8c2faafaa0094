// TableMapper: the RowMapper where each table is an index of its own and each row a document.
//
// It compares the images before and after and sends each change down the cheapest road: nothing
// that the index knows of changed: dropped (counted); only fields that are updated in place: a
// column update (with the whole document behind it, for keys that a snapshot has not brought yet);
// anything else: an upsert; another key: a delete and an upsert. Rows of tables that are not bound
// are passed over. A row that cannot become a document is rejected; where it replaces one, that one
// stays as it was, unless it had another key: no row has that key any more, so it is deleted.
//
// Images may be partial: what the one after lacks is taken from the one before, and what both lack from the document that is stored, to
// which the transaction's own earlier rows belong. Where that is not exact, the row is pending (partial_row.h).
//
// Thread-compatible: Bind and Unbind between Map calls. Shares schemas.
#ifndef BINSEEK_SYNC_MAPPER_TABLE_MAPPER_H_
#define BINSEEK_SYNC_MAPPER_TABLE_MAPPER_H_

#include <map>
#include <memory>
#include <string>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/mapping/mapping.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/row_mapper.h"

namespace binseek::mapper {

struct TablePlan;

class TableMapper final : public RowMapper {
 public:
  TableMapper();
  ~TableMapper() override;
  TableMapper(const TableMapper&) = delete;
  TableMapper& operator=(const TableMapper&) = delete;

  // Rows decoded by exactly this schema go to `index`, whose fields are those of `mapping` (the
  // engine's, with its ids). Replaces what the table was bound to. kInvalidArgument: a column has
  // no field of its name, or one of another kind.
  [[nodiscard]] Status Bind(std::shared_ptr<const change::TableSchema> table, index::IndexId index,
                            const std::shared_ptr<const mapping::Mapping>& mapping);
  void Unbind(const std::string& qualified_name);

  [[nodiscard]] Result<MappedTransaction> Map(const change::Transaction& transaction,
                                              const StoredRows& stored) override;

 private:
  std::map<std::string, std::shared_ptr<const TablePlan>> tables_;  // by qualified name
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_TABLE_MAPPER_H_
