// The part of CascadeRun that knows the transaction's own rows.
#include <algorithm>

#include "sync/mapper/table_mapping.h"
#include "sync/mapper/value_number.h"
#include "sync/pipeline/cascade_run.h"

namespace binseek::pipeline {
namespace {

using change::ColumnType;
using change::RowChangeKind;

// Of one table: beyond it, all is looked at.
constexpr size_t kMostRows = 100'000;

bool IsInteger(ColumnType type) {
  return type == ColumnType::kTinyInt || type == ColumnType::kSmallInt ||
         type == ColumnType::kMediumInt || type == ColumnType::kInt || type == ColumnType::kBigInt;
}

}  // namespace

const mapper::FieldLayout* FindInteger(const mapper::TableLayout& layout,
                                       const std::string& column) {
  const int ordinal = layout.table->FindColumn(column);
  if (ordinal < 0 || !IsInteger(layout.table->columns[static_cast<size_t>(ordinal)].type)) {
    return nullptr;
  }
  const auto found = std::find_if(
      layout.fields.begin(), layout.fields.end(), [&](const mapper::FieldLayout& field) {
        return field.ordinal == static_cast<uint32_t>(ordinal) &&
               field.conversion == mapper::Conversion::kDirect && field.field.doc_values &&
               (field.field.kind == mapping::FieldKind::kLong ||
                field.field.kind == mapping::FieldKind::kUnsignedLong);
      });
  return found == layout.fields.end() ? nullptr : &*found;
}

const mapping::Field* IntegerField(const mapper::TableLayout& layout,
                                   const mapping::Mapping& mapping, const std::string& column) {
  const mapper::FieldLayout* const field = FindInteger(layout, column);
  return field == nullptr ? nullptr : mapping.Find(field->field.name);
}

std::optional<TableCheckpoint> FindFollowed(const CascadeOptions& options,
                                            const std::string& name) {
  auto followed = options.tables->Find(name);
  if (followed && options.of_old && followed->old.is_fed) {
    followed->index_id = followed->old.id;
  }
  return followed;
}

bool TellsRows(const mapper::TableLayout& layout) {
  return layout.id_is_key && !layout.has_filter();
}

RowNumbers NumbersOf(const mapper::TableLayout& layout, const mapping::Mapping& mapping,
                     const std::set<std::string>& columns, const change::RowImage& image) {
  RowNumbers numbers;
  for (const std::string& column : columns) {
    const mapping::Field* const field = IntegerField(layout, mapping, column);
    const int ordinal = layout.table->FindColumn(column);
    if (field == nullptr || static_cast<size_t>(ordinal) >= image.size()) {
      continue;
    }
    const change::Value& value = image[static_cast<size_t>(ordinal)];
    std::optional<int64_t> number;
    if (!value.is_absent() && !value.is_unknown() &&
        mapper::ColumnValueOf(*field, value, nullptr, &number).ok()) {
      numbers[column] = number;
    }
  }
  return numbers;
}

Status CascadeRun::CollectRows() {
  const auto cursor = transaction_.rows->Open();
  const change::TableSchema* last = nullptr;
  Table* table = nullptr;
  for (uint64_t number = 0;; ++number) {
    BINSEEK_ASSIGN_OR_RETURN(const change::RowChange* row, cursor->Next());
    if (row == nullptr) {
      return Status::Ok();
    }
    if (row->table.get() != last) {
      last = row->table.get();
      const auto found = tables_.find(last->QualifiedName());
      table = found == tables_.end() || found->second.mapping == nullptr ? nullptr : &found->second;
    }
    if (table != nullptr) {
      CollectRow(*row, number, table);
    }
  }
}

void CascadeRun::CollectRow(const change::RowChange& row, uint64_t number, Table* table) {
  const bool begins = std::any_of(transaction_.cascades.begin(), transaction_.cascades.end(),
                                  [&](const change::CascadeSource& source) {
                                    return source.table == row.table->QualifiedName();
                                  });
  if (begins && (row.kind == RowChangeKind::kDelete || row.kind == RowChangeKind::kUpdate)) {
    CollectRoot(row, number, table);
  }
  if (table->tells_rows) {
    CollectOwn(row, number, table);
  }
}

void CascadeRun::CollectRoot(const change::RowChange& row, uint64_t number, Table* table) {
  Changed changed;
  changed.deleted = row.kind == RowChangeKind::kDelete;
  changed.exact = table->certain;
  changed.row = number;
  changed.old = NumbersOf(*table->layout, *table->mapping, table->columns, row.before);
  if (!changed.deleted) {
    for (const std::string& column : table->columns) {
      const int ordinal = row.table->FindColumn(column);
      const change::Value& after = row.after[static_cast<size_t>(std::max(ordinal, 0))];
      // A column that an image after leaves out is as it was.
      if (ordinal < 0 ||
          (!after.is_absent() && after != row.before[static_cast<size_t>(ordinal)])) {
        changed.columns.insert(column);
      }
    }
    if (changed.columns.empty()) {
      return;
    }
    changed.now = NumbersOf(*table->layout, *table->mapping, changed.columns, row.after);
  }
  if (table->changed.size() < kMostRows) {
    table->changed.push_back(std::move(changed));
  } else {
    (changed.deleted ? table->more_deleted : table->more_updated) = true;
  }
}

void CascadeRun::CollectOwn(const change::RowChange& row, uint64_t number, Table* table) {
  const bool deletes = row.kind == RowChangeKind::kDelete;
  const auto note = [&](const change::RowImage& image, RowChangeKind kind) {
    const auto id = mapper::DocumentId(*table->layout, image);
    if (!id.ok() || ++table->own_rows > kMostRows) {
      table->more_own = true;
      return;
    }
    OwnRow& own = table->own[*id].emplace_back();
    own.row = number;
    own.kind = kind;
    if (kind == RowChangeKind::kDelete) {
      return;
    }
    // What an image after leaves out is as before.
    own.numbers = NumbersOf(*table->layout, *table->mapping, table->columns, row.before);
    for (const auto& [column, value] :
         NumbersOf(*table->layout, *table->mapping, table->columns, image)) {
      own.numbers[column] = value;
    }
  };
  if (deletes || row.kind == RowChangeKind::kInsert) {
    note(deletes ? row.before : row.after, row.kind);
    return;
  }
  change::RowImage after = row.after;
  bool moved = false;
  for (const uint32_t ordinal : row.table->key) {
    if (after[ordinal].is_absent()) {
      after[ordinal] = row.before[ordinal];
    }
    moved = moved || (after[ordinal] != row.before[ordinal] && !row.before[ordinal].is_absent());
  }
  if (moved) {
    note(row.before, RowChangeKind::kDelete);
  }
  // A document under another key is made of the whole row.
  note(after, moved ? RowChangeKind::kInsert : RowChangeKind::kUpdate);
}

void CascadeRun::MatchOwn(const Edge& edge, const GoneValues& values, Table* child,
                          std::vector<Changed>* changed) {
  for (const auto& [id, rows] : child->own) {
    for (size_t i = 0; i < rows.size() && rows.back().kind != change::RowChangeKind::kDelete; ++i) {
      if (rows[i].kind == change::RowChangeKind::kDelete) {
        continue;
      }
      const auto number = rows[i].numbers.find(edge.child_column);
      if (number == rows[i].numbers.end()) {
        AddPending(*child, id);  // its image does not tell
        continue;
      }
      const auto gone = number->second ? values.find(*number->second) : values.end();
      if (gone == values.end() || gone->second.row < rows[i].row) {
        continue;
      }
      if (i + 1 == rows.size()) {
        Change(edge, gone->second, id, rows[i].numbers, child, changed);
      } else if (gone->second.row < rows[i + 1].row) {
        AddPending(*child, id);  // the row behind tells what it changed itself
      }
    }
  }
}

}  // namespace binseek::pipeline
