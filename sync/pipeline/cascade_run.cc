#include "sync/pipeline/cascade_run.h"

#include <algorithm>

#include "sync/mapper/id_cells.h"

namespace binseek::pipeline {
namespace {

using mysql::ForeignKey;
using mysql::ForeignKeyAction;

ForeignKeyAction ActionOf(const ForeignKey& key, bool deleted) {
  return deleted ? key.on_delete : key.on_update;
}

bool Names(const std::vector<std::string>& columns, const std::set<std::string>& wanted) {
  return std::any_of(columns.begin(), columns.end(),
                     [&](const std::string& column) { return wanted.contains(column); });
}

std::set<std::string> SetOf(const std::vector<std::string>& columns) {
  return {columns.begin(), columns.end()};
}

}  // namespace

CascadeRun::CascadeRun(const CascadeOptions& options, const change::Transaction& transaction)
    : options_(options), transaction_(transaction) {
  for (const change::CascadeSource& source : transaction.cascades) {
    if (source.deletes || source.updates) {
      Reach(source.table);
      Table& table = tables_.at(source.table);
      table.certain = !source.partly;
      const bool known = table.mapping != nullptr && !source.unseen;
      table.more_deleted = source.deletes && !known;
      table.more_updated = source.updates && !known;
    }
  }
}

void CascadeRun::Reach(const std::string& table) {
  if (tables_.contains(table)) {
    return;
  }
  tables_.emplace(table, MakeTable(table));
  for (const size_t i : options_.graph->From(table)) {
    Reach(options_.graph->keys()[i].child);
  }
}

CascadeRun::Table CascadeRun::MakeTable(const std::string& name) {
  Table table;
  table.followed = FindFollowed(options_, name);
  table.stopped = options_.tables->IsStopped(name);
  if (table.followed && table.followed->index.empty()) {
    table.followed.reset();
  }
  if (table.followed && !table.stopped) {
    auto layout = mapper::LayOut(table.followed->schema, options_.mapping);
    if (layout.ok()) {
      table.mapping = options_.sink->MappingOf(table.followed->index_id);
      table.tells_rows = table.mapping != nullptr && TellsRows(**layout);
      table.layout = *std::move(layout);
    }
    table.any_rejected = !options_.state->RejectedRows(options_.source, name, 1).empty();
  }
  for (const ForeignKey& key : options_.graph->keys()) {
    if (key.parent == name) {
      table.columns.insert(key.referenced_columns.begin(), key.referenced_columns.end());
    }
    if (key.child == name) {
      table.columns.insert(key.columns.begin(), key.columns.end());
    }
  }
  return table;
}

Result<mapper::MappedTransaction> CascadeRun::Run(std::deque<PastCascade>* past) {
  past_ = past;
  if (tables_.empty()) {
    return std::move(out_);
  }
  BINSEEK_RETURN_IF_ERROR(CollectRows());
  for (const change::CascadeSource& source : transaction_.cascades) {
    const auto found = tables_.find(source.table);
    if (found == tables_.end()) {
      continue;
    }
    if (found->second.more_deleted) {
      FollowUnknown(source.table, /*deleted=*/true, {});
    }
    if (found->second.more_updated) {
      FollowUnknown(source.table, /*deleted=*/false, {});
    }
    BINSEEK_RETURN_IF_ERROR(Follow(source.table, found->second.changed));
  }
  return std::move(out_);
}

CascadeRun::Edge CascadeRun::EdgeOf(const ForeignKey& key) {
  Edge edge;
  edge.key = &key;
  edge.single = key.columns.size() == 1;
  const Table& parent = tables_.at(key.parent);
  const Table& child = tables_.at(key.child);
  if (parent.mapping == nullptr || child.mapping == nullptr) {
    return edge;
  }
  for (size_t i = 0; i < key.columns.size(); ++i) {
    const mapping::Field* ours = IntegerField(*child.layout, *child.mapping, key.columns[i]);
    const mapping::Field* theirs =
        IntegerField(*parent.layout, *parent.mapping, key.referenced_columns[i]);
    if (ours != nullptr && theirs != nullptr && ours->kind == theirs->kind) {
      edge.parent_column = key.referenced_columns[i];
      edge.child_column = key.columns[i];
      break;
    }
  }
  return edge;
}

Status CascadeRun::Follow(const std::string& parent, const std::vector<Changed>& rows) {
  if (rows.empty()) {
    return Status::Ok();
  }
  for (const size_t i : options_.graph->From(parent)) {
    BINSEEK_RETURN_IF_ERROR(FollowEdge(EdgeOf(options_.graph->keys()[i]), rows));
  }
  return Status::Ok();
}

Status CascadeRun::FollowEdge(const Edge& edge, const std::vector<Changed>& rows) {
  GoneValues values;
  for (const Changed& row : rows) {
    if (ActionOf(*edge.key, row.deleted) == ForeignKeyAction::kNone ||
        (!row.deleted && !Names(edge.key->referenced_columns, row.columns))) {
      continue;
    }
    const auto old = row.old.find(edge.parent_column);
    if (edge.parent_column.empty() || old == row.old.end()) {
      ReadWhole(*edge.key, row.deleted);
      continue;
    }
    if (!old->second) {
      continue;  // NULL refers to nothing
    }
    Gone gone{row.deleted, row.exact, row.row, std::nullopt};
    const auto now = row.now.find(edge.parent_column);
    if (now != row.now.end()) {
      gone.now = now->second;
    } else {
      gone.exact = gone.exact && row.deleted;
    }
    const auto [known, is_new] = values.try_emplace(*old->second, gone);
    if (!is_new && known->second.row <= gone.row) {
      known->second = gone;
    }
  }
  // A child that a key takes along to another value may be met there once more: what happens last counts.
  for (auto& [value, gone] : values) {
    for (auto next = values.end();
         !gone.deleted && edge.key->on_update == ForeignKeyAction::kCascade && gone.now &&
         (next = values.find(*gone.now)) != values.end() && next->second.row > gone.row;) {
      const bool exact = gone.exact && next->second.exact;
      gone = next->second;
      gone.exact = exact;
    }
  }
  return values.empty() ? Status::Ok() : Match(edge, values);
}

void CascadeRun::FollowUnknown(const std::string& parent, bool deleted,
                               const std::set<std::string>& columns) {
  for (const size_t i : options_.graph->From(parent)) {
    const ForeignKey& key = options_.graph->keys()[i];
    if (ActionOf(key, deleted) != ForeignKeyAction::kNone &&
        (deleted || columns.empty() || Names(key.referenced_columns, columns))) {
      ReadWhole(key, deleted);
    }
  }
}

void CascadeRun::ReadWhole(const ForeignKey& key, bool deleted) {
  if (!whole_done_.emplace(&key, deleted).second) {
    return;
  }
  out_.pending.push_back({key.child, {}});
  const bool child_deleted = deleted && key.on_delete == ForeignKeyAction::kCascade;
  FollowUnknown(key.child, child_deleted, SetOf(key.columns));
}

Status CascadeRun::Match(const Edge& edge, const GoneValues& values) {
  Table& child = tables_.at(edge.key->child);
  // An update that moves the child's own key is not told from what its document has.
  bool moves = false;
  if (child.followed) {
    for (const uint32_t ordinal : child.followed->schema->key) {
      const std::string& column = child.followed->schema->columns[ordinal].name;
      moves = moves || std::find(edge.key->columns.begin(), edge.key->columns.end(), column) !=
                           edge.key->columns.end();
    }
  }
  const bool any_update = std::any_of(values.begin(), values.end(),
                                      [](const auto& value) { return !value.second.deleted; });
  if (!child.tells_rows || child.more_own || (moves && any_update)) {
    ReadWhole(*edge.key, values.begin()->second.deleted);
    ReadWhole(*edge.key, values.rbegin()->second.deleted);
    return Status::Ok();
  }
  MatchUnknown(edge, values, &child);
  Remember(edge, values, child);
  std::vector<Changed> changed;
  MatchOwn(edge, values, &child, &changed);
  BINSEEK_RETURN_IF_ERROR(MatchStored(edge, values, &child, &changed));
  options_.tables->NoteCascaded(edge.key->child, options_.of_old ? 0 : changed.size());
  return Follow(edge.key->child, changed);
}

void CascadeRun::MatchUnknown(const Edge& edge, const GoneValues& values, Table* child) {
  const TableCheckpoint& followed = *child->followed;
  if (followed.snapshot_done && followed.sweep_below == 0 && followed.pending_keys.empty() &&
      !child->any_rejected) {
    return;
  }
  for (const snapshot::KeyCells& cells : followed.pending_keys) {
    out_.pending.push_back({edge.key->child, cells});
  }
  if (child->any_rejected) {
    auto rejected =
        options_.state->RejectedRows(options_.source, edge.key->child, PendingKeys::kMost + 1);
    if (rejected.size() > PendingKeys::kMost) {
      ReadWhole(*edge.key, values.begin()->second.deleted);
      rejected.clear();
    }
    for (const RejectedKey& row : rejected) {
      AddPending(*child, row.key);
    }
  }
  for (const auto& [value, gone] : values) {
    FollowUnknown(edge.key->child,
                  gone.deleted && edge.key->on_delete == ForeignKeyAction::kCascade,
                  SetOf(edge.key->columns));
  }
}

// Chunks that were read before this may come behind it.
void CascadeRun::Remember(const Edge& edge, const GoneValues& values, const Table& child) {
  const TableCheckpoint& followed = *child.followed;
  if (followed.snapshot_done && followed.sweep_below == 0 && followed.pending_keys.empty()) {
    return;
  }
  PastCascade past{transaction_.ordinal, edge.key->child, edge.child_column, {}};
  for (const auto& [value, gone] : values) {
    past.values.push_back(value);
  }
  past_->push_back(std::move(past));
}

Status CascadeRun::MatchStored(const Edge& edge, const GoneValues& values, Table* child,
                               std::vector<Changed>* changed) {
  std::vector<int64_t> wanted;
  for (const auto& [value, gone] : values) {
    wanted.push_back(value);
  }
  bool too_many = false;
  const auto visit = [&](const NumberedDocument& document) {
    const std::string id(document.key);
    if (const auto own = child->own.find(id); own != child->own.end()) {
      const OwnRow& first = own->second.front();
      const bool behind = values.at(document.value).row < first.row;
      if (behind && first.kind == change::RowChangeKind::kUpdate &&
          own->second.back().kind != change::RowChangeKind::kDelete) {
        AddPending(*child, id);  // as above
      }
      return true;
    }
    RowNumbers numbers;
    for (const std::string& column : child->columns) {
      const mapping::Field* field = IntegerField(*child->layout, *child->mapping, column);
      if (field != nullptr) {
        numbers[column] = document.number(field->id);
      }
    }
    Change(edge, values.at(document.value), id, std::move(numbers), child, changed);
    too_many = changed->size() > PendingKeys::kMost;
    return !too_many;
  };
  BINSEEK_ASSIGN_OR_RETURN(
      const bool can_tell,
      options_.sink->VisitByNumber(
          child->followed->index_id,
          IntegerField(*child->layout, *child->mapping, edge.child_column)->id, wanted,
          change::SourceTable(options_.source, edge.key->child), visit));
  if (!can_tell || too_many) {
    ReadWhole(*edge.key, values.begin()->second.deleted);
    ReadWhole(*edge.key, values.rbegin()->second.deleted);
  }
  return Status::Ok();
}

bool CascadeRun::MayBeOld(const Table& child, const std::string& id) const {
  const std::string table = child.followed->schema->QualifiedName();
  if (child.any_rejected && options_.state->WasRejected(options_.source, table, id)) {
    return true;
  }
  if (!options_.tables->AnyOutdated(table)) {
    return false;
  }
  const auto cells = mapper::KeyCellsOfId(*child.layout, id);
  return !cells.ok() || options_.tables->IsOutdated(table, *cells);
}

void CascadeRun::Change(const Edge& edge, const Gone& gone, const std::string& id,
                        RowNumbers numbers, Table* child, std::vector<Changed>* changed) {
  if (!done_.emplace(edge.key->child, edge.key->name, id).second) {
    return;
  }
  Changed row;
  row.deleted = gone.deleted && edge.key->on_delete == ForeignKeyAction::kCascade;
  row.exact = gone.exact && edge.single && !MayBeOld(*child, id);
  row.row = gone.row;
  row.old = std::move(numbers);
  if (row.deleted) {
    if (row.exact) {
      AddDelete(*child, id, gone.row);
    } else {
      AddPending(*child, id);
    }
    changed->push_back(std::move(row));
    return;
  }
  const bool to_null = ActionOf(*edge.key, gone.deleted) == ForeignKeyAction::kSetNull;
  const std::optional<int64_t> now = to_null ? std::nullopt : gone.now;
  row.exact = row.exact && AddUpdate(*child, edge.child_column, now, id, gone.row);
  if (row.exact) {
    row.now[edge.child_column] = now;
  } else {
    AddPending(*child, id);
  }
  row.columns = SetOf(edge.key->columns);
  changed->push_back(std::move(row));
}

void CascadeRun::AddPending(const Table& child, const std::string& id) {
  const std::string table = child.followed->schema->QualifiedName();
  auto cells = mapper::KeyCellsOfId(*child.layout, id);
  out_.pending.push_back({table, cells.ok() ? *std::move(cells) : snapshot::KeyCells()});
}

// Several keys may change one document, which takes one operation of a version.
index::Operation& CascadeRun::AddOperation(const Table& child, const std::string& id,
                                           uint64_t row) {
  auto& operations = out_.batch.operations;
  const int64_t version = change::VersionOf(transaction_.ordinal, row);
  const auto [known, is_new] =
      by_document_.try_emplace({child.followed->index_id, id}, operations.size());
  if (!is_new) {
    index::Operation& operation = operations[known->second];
    operation.version = std::max(operation.version, version);
    return operation;
  }
  index::Operation& operation = operations.emplace_back();
  operation.kind = index::OpKind::kUpdateColumns;
  operation.index = child.followed->index_id;
  operation.key = id;
  operation.version_type = index::VersionType::kExternal;
  operation.version = version;
  operation.source_table =
      change::SourceTable(options_.source, child.followed->schema->QualifiedName());
  return operation;
}

void CascadeRun::AddDelete(const Table& child, const std::string& id, uint64_t row) {
  index::Operation& erase = AddOperation(child, id, row);
  erase.kind = index::OpKind::kDelete;
  erase.columns.clear();
}

// False where no update of a column is all that the row's change comes to.
bool CascadeRun::AddUpdate(const Table& child, const std::string& column,
                           std::optional<int64_t> now, const std::string& id, uint64_t row) {
  const auto& columns = child.followed->schema->columns;
  const mapping::Field* field = IntegerField(*child.layout, *child.mapping, column);
  if (!field->in_place || !child.layout->computed.empty() ||
      !FindInteger(*child.layout, column)->copy_to.empty() ||
      std::any_of(columns.begin(), columns.end(),
                  [](const auto& other) { return other.generated; })) {
    return false;
  }
  index::Operation& update = AddOperation(child, id, row);
  if (update.kind == index::OpKind::kDelete) {
    return true;  // by another key
  }
  std::erase_if(update.columns, [&](const auto& other) { return other.field == field->id; });
  update.columns.push_back({field->id, now});
  return true;
}

}  // namespace binseek::pipeline
