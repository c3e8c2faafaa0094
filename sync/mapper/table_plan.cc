#include "sync/mapper/table_plan.h"

#include <algorithm>
#include <string>
#include <utility>

#include "sync/mapper/column_field.h"

namespace binseek::mapper {
namespace {

using mapping::Field;
using mapping::FieldKind;

Status Wrong(const change::TableSchema& table, const change::Column& column,
             const std::string& why) {
  return Status::InvalidArgument("table " + table.QualifiedName() + ", column `" + column.name +
                                 "`: " + why);
}

// Whether `field` holds and renders what `wanted`, the column's own field, does.
bool Fits(const Field& field, const Field& wanted) {
  if (field.kind != wanted.kind || field.is_multi_field() || (field.in_place && !wanted.in_place)) {
    return false;
  }
  if (field.kind == FieldKind::kDecimal) {
    return field.scale == wanted.scale;
  }
  return field.kind != FieldKind::kDate ||
         (field.scale == wanted.scale && field.date_style == wanted.date_style);
}

Status AddSubfields(const change::TableSchema& table, const change::Column& column,
                    const mapping::Mapping& mapping, ColumnPlan* plan) {
  for (const Field* sub : mapping.MultiFieldsOf(plan->field.id)) {
    if (sub->kind != FieldKind::kText && sub->kind != FieldKind::kKeyword) {
      return Wrong(table, column, "the subfield [" + sub->name + "] is neither text nor keyword");
    }
    plan->subfields.push_back(*sub);
  }
  return Status::Ok();
}

}  // namespace

Result<std::shared_ptr<const TablePlan>> MakeTablePlan(
    std::shared_ptr<const change::TableSchema> table, index::IndexId index,
    const mapping::Mapping& mapping, uint64_t since_ordinal) {
  if (table->key.empty()) {
    return Status::InvalidArgument("table " + table->QualifiedName() + " has no primary key");
  }
  auto plan = std::make_shared<TablePlan>();
  plan->index = index;
  plan->since_ordinal = since_ordinal;
  for (uint32_t ordinal = 0; ordinal < table->columns.size(); ++ordinal) {
    const change::Column& column = table->columns[ordinal];
    const bool in_key =
        std::find(table->key.begin(), table->key.end(), ordinal) != table->key.end();
    const Field wanted = FieldOfColumn(column, in_key);
    const Field* field = mapping.Find(column.name);
    if (field == nullptr) {
      return Wrong(*table, column, "the index has no field of this name");
    }
    if (!Fits(*field, wanted)) {
      return Wrong(*table, column,
                   "the index's field of type [" + std::string(mapping::TypeName(*field)) +
                       "] is not the [" + std::string(mapping::TypeName(wanted)) + "] that " +
                       std::string(SqlTypeName(column.type)) + " needs");
    }
    ColumnPlan& added = plan->columns.emplace_back();
    added.ordinal = ordinal;
    added.field = *field;
    BINSEEK_RETURN_IF_ERROR(AddSubfields(*table, column, mapping, &added));
  }
  // Ids are given in the order of adding, which is the mapping's.
  std::sort(plan->columns.begin(), plan->columns.end(),
            [](const ColumnPlan& a, const ColumnPlan& b) { return a.field.id < b.field.id; });
  std::vector<uint32_t> hashed = table->key;
  for (const ColumnPlan& column : plan->columns) {
    hashed.push_back(column.ordinal);
  }
  plan->row_hasher = change::RowHasher(*table, std::move(hashed));
  plan->table = std::move(table);
  return std::shared_ptr<const TablePlan>(std::move(plan));
}

}  // namespace binseek::mapper
