// What an update asks of the document of its row: nothing, numbers in their columns, or all of it anew.
//
// Thread-safety: pure functions.
#ifndef BINSEEK_SYNC_MAPPER_ROW_DIFFERENCE_H_
#define BINSEEK_SYNC_MAPPER_ROW_DIFFERENCE_H_

#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "sync/change/position.h"
#include "sync/change/row_change.h"
#include "sync/mapper/partial_row.h"
#include "sync/mapper/table_plan.h"

namespace binseek::mapper {

struct RowDifference {
  Lack lack = Lack::kNothing;
  bool document = false;                     // more than fields that are updated in place
  std::vector<index::ColumnUpdate> columns;  // complete where !document
  bool beside =
      false;  // columns that no field shows, so that nothing but the row's hash is another
  bool nothing() const { return !document && !beside && columns.empty(); }
};

// Of images as they came. kInvalidArgument, naming column and type: a value cannot become what its field holds.
Result<RowDifference> CompareImages(const TablePlan& plan, const change::RowImage& before,
                                    const change::RowImage& after, change::Flavor flavor);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_ROW_DIFFERENCE_H_
