// RowValues: the values that the fields of one row's document are made of, those of computed columns among them.
//
// Single-threaded; borrows plan and images. Cost: none where the table has no computed columns.
#ifndef BINSEEK_SYNC_MAPPER_ROW_VALUES_H_
#define BINSEEK_SYNC_MAPPER_ROW_VALUES_H_

#include "engine/base/status.h"
#include "sync/change/row_change.h"
#include "sync/mapper/table_plan.h"

namespace binseek::mapper {

// Whether a computed column may have another value behind an update than before it: one of its inputs has, as far as the images tell.
bool MayHaveChanged(const ComputedColumn& column, const change::RowImage& before,
                    const change::RowImage& after);

class RowValues {
 public:
  // The row is `after`; columns that it does not carry are taken from `before` (empty: there is none).
  RowValues(const TablePlan& plan, const change::RowImage& after, const change::RowImage& before)
      : plan_(plan), after_(after), before_(before) {}

  // *value: of this column; absent where the images do not tell it. Borrowed until the next call. kInvalidArgument: it cannot be computed.
  Status Find(const ColumnPlan& column, const change::Value** value) {
    if (plan_.is_computed(column)) {
      return Compute(plan_.computed(column), value);
    }
    const change::Value& own = after_[column.ordinal];
    *value = own.is_absent() && !before_.empty() ? &before_[column.ordinal] : &own;
    return Status::Ok();
  }

 private:
  Status Compute(const ComputedColumn& column, const change::Value** value);

  const TablePlan& plan_;
  const change::RowImage& after_;
  const change::RowImage& before_;
  change::Value computed_;
};

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_ROW_VALUES_H_
