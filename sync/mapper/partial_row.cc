#include "sync/mapper/partial_row.h"

#include <algorithm>
#include <utility>

#include "sync/mapper/row_key.h"

namespace binseek::mapper {

using change::Flavor;
using change::RowChange;
using change::RowImage;

Lack LackOf(const TablePlan& plan, const RowChange& row, Flavor flavor) {
  Lack lack = Lack::kNothing;
  for (const uint32_t i : plan.reads) {
    lack = std::max(lack, LackOf(row.table->columns[i], row.before[i], row.after[i], flavor));
  }
  return lack;
}

bool MayBeReplace(const RowChange& row, Flavor flavor) {
  return flavor == Flavor::kMariadb &&
         std::any_of(row.table->key.begin(), row.table->key.end(),
                     [&](uint32_t ordinal) { return !row.after[ordinal].is_absent(); });
}

bool PartialRows::IsOutdated(const TablePlan& plan, const RowImage& key) {
  // Rows of a table come in runs, and few tables have any: most rows ask no more than this.
  if (&plan != last_plan_) {
    last_plan_ = &plan;
    any_outdated_ = stored_->AnyOutdated(plan.table->QualifiedName());
  }
  if (!any_outdated_ && pending_.empty()) {
    return false;
  }
  const auto cells = KeyCellsOf(*plan.table, key);
  if (!cells.ok()) {
    return true;
  }
  const std::string table = plan.table->QualifiedName();
  const auto own = pending_.find(table);
  const bool by_own = own != pending_.end() &&
                      (own->second.contains(*cells) || own->second.contains(snapshot::KeyCells()));
  return by_own || stored_->IsOutdated(table, *cells);
}

bool PartialRows::CanComplete(const TablePlan& plan, const RowImage& key, std::string_view id) {
  const std::string table = plan.table->QualifiedName();
  return !IsOutdated(plan, key) && !rejected_.contains({table, std::string(id)}) &&
         stored_->MayComplete(table, id);
}

Result<std::optional<mapping::Document>> PartialRows::Complete(const TablePlan& plan,
                                                               const RowChange& row,
                                                               std::string_view id) {
  BINSEEK_ASSIGN_OR_RETURN(const auto fields, own_.Document(plan, id));
  if (!fields) {
    return std::optional<mapping::Document>();
  }
  return CompleteDocument(plan, row.after, row.before, *fields);
}

Status PartialRows::AddPending(const TablePlan& plan, const RowImage& key,
                               std::vector<PendingRow>* pending) {
  const bool has_key = std::none_of(plan.table->key.begin(), plan.table->key.end(),
                                    [&](uint32_t ordinal) { return key[ordinal].is_absent(); });
  BINSEEK_ASSIGN_OR_RETURN(snapshot::KeyCells cells,
                           has_key ? KeyCellsOf(*plan.table, key) : KeyPrefixOf(*plan.table, key));
  const std::string table = plan.table->QualifiedName();
  if (pending_[table].insert(cells).second) {
    pending->push_back({table, std::move(cells)});
  }
  return Status::Ok();
}

void PartialRows::AddWholeTable(const TablePlan& plan, std::vector<PendingRow>* pending) {
  const std::string table = plan.table->QualifiedName();
  if (pending_[table].insert(snapshot::KeyCells()).second) {
    pending->push_back({table, {}});
  }
}

}  // namespace binseek::mapper
