#include "sync/mapper/row_difference.h"

#include <algorithm>

#include "sync/mapper/document_builder.h"
#include "sync/mapper/row_values.h"
#include "sync/mapper/value_number.h"

namespace binseek::mapper {
namespace {

using change::RowImage;
using change::Value;

Status AddChange(const TablePlan& plan, const ColumnPlan& column, const Value& value,
                 RowDifference* difference) {
  if (!column.updated_in_place) {
    difference->document = true;
  } else if (!difference->document) {
    index::ColumnUpdate& update = difference->columns.emplace_back();
    update.field = column.field.id;
    Status status = ColumnValueOf(column.field, value, column.zone, &update.value);
    if (status.ok() && !update.value && !value.is_null()) {
      status = column.TakeZeroDate();
    }
    if (!status.ok()) {
      return ColumnError(plan.column(column), status);
    }
  }
  return Status::Ok();
}

Status CompareComputed(const TablePlan& plan, const ColumnPlan& column, const RowImage& before,
                       const RowImage& after, RowDifference* difference) {
  const ComputedColumn& computed = plan.computed(column);
  if (!MayHaveChanged(computed, before, after)) {
    return Status::Ok();
  }
  const Result<Value> value = computed.expression->Evaluate(after, before);
  if (!value.ok()) {
    return ColumnError(computed.column, value.status());
  }
  if (value->is_absent()) {
    difference->lack = Lack::kUnknown;  // of what changed, and of what no image tells
    return Status::Ok();
  }
  const Result<Value> old_value = computed.expression->Evaluate(before, {});
  return old_value.ok() && *old_value == *value ? Status::Ok()
                                                : AddChange(plan, column, *value, difference);
}

}  // namespace

Result<RowDifference> CompareImages(const TablePlan& plan, const RowImage& before,
                                    const RowImage& after, change::Flavor flavor) {
  RowDifference difference;
  for (const ColumnPlan& column : plan.columns) {
    if (plan.is_computed(column)) {
      BINSEEK_RETURN_IF_ERROR(CompareComputed(plan, column, before, after, &difference));
      continue;
    }
    const Value& old_value = before[column.ordinal];
    const Value& new_value = after[column.ordinal];
    if (new_value.is_absent() || new_value.is_unknown()) {
      difference.lack =
          std::max(difference.lack, LackOf(plan.column(column), old_value, new_value, flavor));
    } else if (!(old_value == new_value)) {
      BINSEEK_RETURN_IF_ERROR(AddChange(plan, column, new_value, &difference));
    }
  }
  for (const uint32_t ordinal : plan.reads_beside) {
    const Value& value = after[ordinal];
    difference.lack = std::max(
        difference.lack, LackOf(plan.table->columns[ordinal], before[ordinal], value, flavor));
    difference.beside = difference.beside || (!value.is_absent() && !(value == before[ordinal]));
  }
  return difference;
}

}  // namespace binseek::mapper
