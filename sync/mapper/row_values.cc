#include "sync/mapper/row_values.h"

#include <algorithm>

#include "engine/base/result.h"

namespace binseek::mapper {

bool MayHaveChanged(const ComputedColumn& column, const change::RowImage& before,
                    const change::RowImage& after) {
  if (!column.expression) {
    return false;
  }
  const auto& inputs = column.expression->inputs();
  return std::any_of(inputs.begin(), inputs.end(), [&](uint32_t ordinal) {
    return !after[ordinal].is_absent() && !(after[ordinal] == before[ordinal]);
  });
}

Status RowValues::Compute(const ComputedColumn& column, const change::Value** value) {
  if (column.expression) {
    BINSEEK_ASSIGN_OR_RETURN(computed_, column.expression->Evaluate(after_, before_));
  }
  *value = column.expression ? &computed_ : &column.constant;
  return Status::Ok();
}

}  // namespace binseek::mapper
