#include "sync/mapper/table_plan.h"

#include <algorithm>
#include <utility>

namespace binseek::mapper {
namespace {

using mapping::Field;
using mapping::FieldKind;

class PlanMaker {
 public:
  PlanMaker(const TableLayout& layout, const mapping::Mapping& mapping)
      : layout_(layout), mapping_(mapping) {}

  Result<ColumnPlan> PlanOf(const FieldLayout& layout) const {
    ColumnPlan plan;
    plan.ordinal = *layout.ordinal;
    BINSEEK_ASSIGN_OR_RETURN(TargetPlan target, TargetOf(layout.field));
    plan.field = std::move(target.field);
    plan.subfields = std::move(target.subfields);
    plan.conversion = layout.conversion;
    plan.updated_in_place = plan.field.in_place && layout.copy_to.empty();
    plan.zone = layout_.time_zone.get();
    plan.zero_dates = layout_.zero_dates.get();
    for (const std::string& name : layout.copy_to) {
      const Field* copied = mapping_.Find(name);
      if (copied == nullptr || !IsText(copied->kind)) {
        return Wrong(layout.field.name, "the index has no field [" + name + "] to copy it to");
      }
      BINSEEK_ASSIGN_OR_RETURN(plan.copies.emplace_back(), TargetOf(*copied));
    }
    for (const MemberLayout& member : layout.members) {
      if (member.field.kind != FieldKind::kObject) {
        const std::string path = member.field.name.substr(layout.field.name.size() + 1);
        BINSEEK_ASSIGN_OR_RETURN(plan.members[path], TargetOf(member.field));
      }
    }
    return plan;
  }

  Status CheckTarget(const Field& wanted) const { return TargetOf(wanted).status(); }

 private:
  static bool IsText(FieldKind kind) {
    return kind == FieldKind::kText || kind == FieldKind::kKeyword;
  }

  Status Wrong(const std::string& field, const std::string& why) const {
    return Status::InvalidArgument("table " + layout_.table->QualifiedName() + ", field `" + field +
                                   "`: " + why);
  }

  // Whether `field` holds and renders what `wanted` does.
  static bool Fits(const Field& field, const Field& wanted) {
    if (field.kind != wanted.kind || field.is_multi_field() ||
        field.parameters().in_source != wanted.parameters().in_source ||
        (field.in_place && !wanted.in_place)) {
      return false;
    }
    if (field.kind == FieldKind::kText) {
      return field.analyzer == wanted.analyzer;
    }
    if (field.kind == FieldKind::kKeyword) {
      return field.normalizer == wanted.normalizer;
    }
    if (field.kind == FieldKind::kDecimal) {
      return field.scale == wanted.scale;
    }
    return field.kind != FieldKind::kDate ||
           (field.scale == wanted.scale && field.date_style == wanted.date_style);
  }

  // The index's field of the wanted one's name.
  Result<TargetPlan> TargetOf(const Field& wanted) const {
    const Field* field = mapping_.Find(wanted.name);
    if (field == nullptr) {
      return Wrong(wanted.name, "the index has no field of this name");
    }
    if (!Fits(*field, wanted)) {
      return Wrong(wanted.name, "the index's field of type [" +
                                    std::string(mapping::TypeName(*field)) + "] is not the [" +
                                    std::string(mapping::TypeName(wanted)) +
                                    "] that it needs, or another in how it is analysed, scaled or "
                                    "updated");
    }
    TargetPlan target;
    target.field = *field;
    for (const Field* sub : mapping_.MultiFieldsOf(field->id)) {
      if (!IsText(sub->kind)) {
        return Wrong(wanted.name, "the subfield [" + sub->name + "] is neither text nor keyword");
      }
      target.subfields.push_back(*sub);
    }
    return target;
  }

  const TableLayout& layout_;
  const mapping::Mapping& mapping_;
};

}  // namespace

Result<std::shared_ptr<const TablePlan>> MakeTablePlan(std::shared_ptr<const TableLayout> layout,
                                                       index::IndexId index,
                                                       const mapping::Mapping& mapping,
                                                       uint64_t since_ordinal) {
  auto plan = std::make_shared<TablePlan>();
  plan->index = index;
  plan->since_ordinal = since_ordinal;
  const PlanMaker maker(*layout, mapping);
  for (const FieldLayout& field : layout->fields) {
    if (field.ordinal) {
      BINSEEK_ASSIGN_OR_RETURN(plan->columns.emplace_back(), maker.PlanOf(field));
    } else {
      BINSEEK_RETURN_IF_ERROR(maker.CheckTarget(field.field));
    }
  }
  // Ids are given in the order of adding, which is the mapping's.
  std::sort(plan->columns.begin(), plan->columns.end(),
            [](const ColumnPlan& a, const ColumnPlan& b) { return a.field.id < b.field.id; });
  plan->table = layout->table;
  plan->layout = std::move(layout);
  plan->id_columns = plan->layout->IdColumns();
  plan->identity = plan->table->key;
  for (const uint32_t ordinal : plan->id_columns) {
    if (std::find(plan->identity.begin(), plan->identity.end(), ordinal) == plan->identity.end()) {
      plan->identity.push_back(ordinal);
    }
  }
  plan->reads = plan->layout->ColumnsRead();
  for (const uint32_t ordinal : plan->reads) {
    if (std::none_of(plan->columns.begin(), plan->columns.end(),
                     [&](const ColumnPlan& column) { return column.ordinal == ordinal; })) {
      plan->reads_beside.push_back(ordinal);
    }
  }
  plan->row_hasher = change::RowHasher(*plan->table, plan->reads);
  return std::shared_ptr<const TablePlan>(std::move(plan));
}

Result<std::shared_ptr<const TablePlan>> MakeTablePlan(
    std::shared_ptr<const change::TableSchema> table, index::IndexId index,
    const mapping::Mapping& mapping, uint64_t since_ordinal) {
  BINSEEK_ASSIGN_OR_RETURN(auto layout, LayOut(std::move(table), {}));
  return MakeTablePlan(std::move(layout), index, mapping, since_ordinal);
}

}  // namespace binseek::mapper
