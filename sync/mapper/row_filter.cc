#include "sync/mapper/row_filter.h"

#include <algorithm>

namespace binseek::mapper {

Result<Belongs> BelongsToIndex(const TableLayout& layout, const change::RowImage& row,
                               const change::RowImage& fallback) {
  bool unknown = false;
  if (layout.where) {
    BINSEEK_ASSIGN_OR_RETURN(const Truth truth, layout.where->Test(row, fallback));
    if (truth == Truth::kFalse || truth == Truth::kNull) {
      return Belongs::kNo;
    }
    unknown = truth == Truth::kUnknown;
  }
  if (layout.soft_delete) {
    BINSEEK_ASSIGN_OR_RETURN(const Truth truth, layout.soft_delete->Test(row, fallback));
    if (truth == Truth::kTrue) {
      return Belongs::kNo;
    }
    unknown = unknown || truth == Truth::kUnknown;
  }
  return unknown ? Belongs::kUnknown : Belongs::kYes;
}

bool FilterMayHaveChanged(const TableLayout& layout, const change::RowImage& before,
                          const change::RowImage& after) {
  const auto changed = [&](const std::optional<BoundExpression>& condition) {
    return condition && std::any_of(condition->inputs().begin(), condition->inputs().end(),
                                    [&](uint32_t ordinal) {
                                      return !after[ordinal].is_absent() &&
                                             !(after[ordinal] == before[ordinal]);
                                    });
  };
  return changed(layout.where) || changed(layout.soft_delete);
}

}  // namespace binseek::mapper
