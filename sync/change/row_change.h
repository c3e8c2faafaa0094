// RowChange: one row inserted, updated or deleted, with the images that the source gave.
//
// Thread-compatible value type. `table` is shared and immutable.
#ifndef BINSEEK_SYNC_CHANGE_ROW_CHANGE_H_
#define BINSEEK_SYNC_CHANGE_ROW_CHANGE_H_

#include <memory>
#include <vector>

#include "sync/change/table_schema.h"
#include "sync/change/value.h"

namespace binseek::change {

// Values by column ordinal of the schema; size() == schema.columns.size(), columns not carried are kAbsent.
using RowImage = std::vector<Value>;

enum class RowChangeKind : uint8_t {
  kInsert,  // `after` only
  kUpdate,  // `before` and `after`
  kDelete,  // `before` only
  kRead,  // a row read by SELECT (snapshot chunk, repair): `after` only; an upsert at its watermark's version
};

struct RowChange {
  RowChangeKind kind = RowChangeKind::kInsert;
  std::shared_ptr<const TableSchema> table;
  RowImage before;
  RowImage after;
};

}  // namespace binseek::change

#endif  // BINSEEK_SYNC_CHANGE_ROW_CHANGE_H_
