// The part of TableLayout that tells what it is made of: the columns that it reads, and the fields of its index.
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sync/change/transaction.h"
#include "sync/mapper/table_layout.h"

namespace binseek::mapper {
namespace {

// Fields of one column, below each other.
Status AddTo(const FieldLayout& layout, mapping::Mapping* mapping) {
  const auto add = [mapping](const mapping::Field& field,
                             const std::vector<mapping::Field>& subfields) -> Status {
    BINSEEK_ASSIGN_OR_RETURN(const mapping::FieldId id, mapping->AddField(field));
    for (mapping::Field sub : subfields) {
      sub.parent = id;
      BINSEEK_RETURN_IF_ERROR(mapping->AddField(std::move(sub)).status());
    }
    return Status::Ok();
  };
  BINSEEK_RETURN_IF_ERROR(add(layout.field, layout.subfields));
  for (const MemberLayout& member : layout.members) {
    BINSEEK_RETURN_IF_ERROR(add(member.field, member.subfields));
  }
  return Status::Ok();
}

}  // namespace

std::vector<uint32_t> TableLayout::IdColumns() const {
  std::set<uint32_t> columns;
  for (const IdPart& part : id) {
    if (part.column) {
      columns.insert(*part.column);
    }
  }
  return {columns.begin(), columns.end()};
}

std::vector<uint32_t> TableLayout::ColumnsRead() const {
  const auto in_id = IdColumns();
  std::set<uint32_t> columns(in_id.begin(), in_id.end());
  const auto add = [&](const BoundExpression& expression) {
    columns.insert(expression.inputs().begin(), expression.inputs().end());
  };
  for (const FieldLayout& field : fields) {
    if (field.ordinal && *field.ordinal < table->columns.size()) {
      columns.insert(*field.ordinal);
    }
  }
  for (const ComputedColumn& column : computed) {
    if (column.expression) {
      add(*column.expression);
    }
  }
  for (const auto* condition : {&where, &soft_delete}) {
    if (*condition) {
      add(**condition);
    }
  }
  return {columns.begin(), columns.end()};
}

Result<mapping::Mapping> MappingOf(const TableLayout& layout) {
  mapping::Mapping mapping;
  mapping.set_synced(true);
  for (const FieldLayout& field : layout.fields) {
    if (const Status added = AddTo(field, &mapping); !added.ok()) {
      return Status::InvalidArgument("table " + layout.table->QualifiedName() + ", field `" +
                                     field.field.name + "`: " + added.message());
    }
  }
  return mapping;
}

void NameTable(const TableLayout& layout, change::SourceId source, mapping::Mapping* mapping) {
  if (!layout.id_names_source && !layout.id_names_database && !layout.id_names_table) {
    return;
  }
  const std::string table = change::SourceTable(source, layout.table->QualifiedName());
  std::vector<mapping::FieldId> ids;
  for (const mapping::Field& field : mapping->fields()) {
    ids.push_back(field.id);
  }
  for (const mapping::FieldId id : ids) {
    mapping->SetTables(id, {table});
  }
}

}  // namespace binseek::mapper
