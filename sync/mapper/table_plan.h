// TablePlan: how the rows of one table become documents of one index, worked out once, so that no row looks up a name.
//
// Immutable once made, so thread-safe; shares its layout. Errors: kInvalidArgument naming table and column.
#ifndef BINSEEK_SYNC_MAPPER_TABLE_PLAN_H_
#define BINSEEK_SYNC_MAPPER_TABLE_PLAN_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/mapping/mapping.h"
#include "sync/change/row_hash.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/table_layout.h"

namespace binseek::mapper {

// A field with what lies under it.
struct TargetPlan {
  mapping::Field field;
  std::vector<mapping::Field> subfields;  // kText and kKeyword
};

struct ColumnPlan {
  uint32_t ordinal = 0;  // of the column in the table; beyond its columns: of a computed one
  mapping::Field field;
  std::vector<mapping::Field> subfields;  // kText and kKeyword
  Conversion conversion = Conversion::kDirect;
  bool updated_in_place = false;    // a change of it alone leaves the rest of the document as it is
  const TimeZone* zone = nullptr;   // of a DATETIME; null: UTC
  ZeroDates* zero_dates = nullptr;  // the layout's

  // The value is a date that is no moment: OK where it becomes null.
  Status TakeZeroDate() const { return zero_dates == nullptr ? Status::Ok() : zero_dates->Take(); }
  std::vector<TargetPlan> copies;
  std::map<std::string, TargetPlan, std::less<>>
      members;  // kObject: by the path behind the field's name
};

struct TablePlan {
  std::shared_ptr<const change::TableSchema> table;
  std::shared_ptr<const TableLayout> layout;
  index::IndexId index{};
  uint64_t since_ordinal = 0;  // rows of transactions below it are passed over
  // In the order of the mapping: that of the fragments in a stored source.
  std::vector<ColumnPlan> columns;
  std::vector<uint32_t> id_columns;  // each once
  std::vector<uint32_t> identity;    // of the primary key or the id, each once
  // That mapping, filter or id read; and those of them that no field of `columns` reads.
  std::vector<uint32_t> reads;
  std::vector<uint32_t> reads_beside;
  change::RowHasher row_hasher;  // over `reads`

  bool is_computed(const ColumnPlan& plan) const { return plan.ordinal >= table->columns.size(); }
  const ComputedColumn& computed(const ColumnPlan& plan) const {
    return layout->computed[plan.ordinal - table->columns.size()];
  }
  const change::Column& column(const ColumnPlan& plan) const {
    return is_computed(plan) ? computed(plan).column : table->columns[plan.ordinal];
  }
};

// Fails where the mapping lacks a field of the layout, or has one that cannot hold the values without loss.
Result<std::shared_ptr<const TablePlan>> MakeTablePlan(std::shared_ptr<const TableLayout> layout,
                                                       index::IndexId index,
                                                       const mapping::Mapping& mapping,
                                                       uint64_t since_ordinal = 0);

// Of the table without rules.
Result<std::shared_ptr<const TablePlan>> MakeTablePlan(
    std::shared_ptr<const change::TableSchema> table, index::IndexId index,
    const mapping::Mapping& mapping, uint64_t since_ordinal = 0);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_TABLE_PLAN_H_
