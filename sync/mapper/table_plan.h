// TablePlan: how the rows of one table become documents of one index, worked out once, so that no row looks up a name.
//
// Immutable once made, so thread-safe; shares its schema. Errors: kInvalidArgument naming table and column.
#ifndef BINSEEK_SYNC_MAPPER_TABLE_PLAN_H_
#define BINSEEK_SYNC_MAPPER_TABLE_PLAN_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/mapping/mapping.h"
#include "sync/change/row_hash.h"
#include "sync/change/table_schema.h"

namespace binseek::mapper {

struct ColumnPlan {
  uint32_t ordinal = 0;  // of the column in the table
  mapping::Field field;
  std::vector<mapping::Field> subfields;  // kText and kKeyword
};

struct TablePlan {
  std::shared_ptr<const change::TableSchema> table;
  index::IndexId index{};
  uint64_t since_ordinal = 0;  // rows of transactions below it are passed over
  // One per column of the table, in the order of the mapping: that of the fragments in a stored source.
  std::vector<ColumnPlan> columns;
  // Over every column that the mapping or the id reads: those of `columns` and of the key.
  change::RowHasher row_hasher;

  const change::Column& column(const ColumnPlan& plan) const {
    return table->columns[plan.ordinal];
  }
};

// Fails where the mapping has no field for a column, or one that cannot hold the column's values without loss.
Result<std::shared_ptr<const TablePlan>> MakeTablePlan(
    std::shared_ptr<const change::TableSchema> table, index::IndexId index,
    const mapping::Mapping& mapping, uint64_t since_ordinal = 0);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_TABLE_PLAN_H_
