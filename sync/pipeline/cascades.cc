#include "sync/pipeline/cascades.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "sync/mapper/row_key.h"
#include "sync/mapper/table_mapping.h"
#include "sync/pipeline/cascade_run.h"

namespace binseek::pipeline {

Result<mapper::MappedTransaction> Cascades::Follow(const change::Transaction& transaction) {
  // What an attempt before this one has noted, whose write failed, is noted again.
  while (!past_.empty() && past_.back().ordinal >= transaction.ordinal) {
    past_.pop_back();
  }
  BINSEEK_ASSIGN_OR_RETURN(mapper::MappedTransaction mapped,
                           CascadeRun(options_, transaction).Run(&past_));
  BINSEEK_RETURN_IF_ERROR(FollowInOld(transaction, &mapped));
  return mapped;
}

Status Cascades::FollowInOld(const change::Transaction& transaction,
                             mapper::MappedTransaction* mapped) {
  std::set<index::IndexId> old;
  for (const mysql::ForeignKey& key : options_.graph->keys()) {
    if (const auto table = options_.tables->Find(key.child); table && table->old.is_fed) {
      old.insert(table->old.id);
    }
  }
  if (old.empty()) {
    return Status::Ok();
  }
  CascadeOptions options = options_;
  options.of_old = true;
  std::deque<PastCascade> past;  // chunks go by what the run before has noted
  BINSEEK_ASSIGN_OR_RETURN(mapper::MappedTransaction more,
                           CascadeRun(options, transaction).Run(&past));
  for (index::Operation& operation : more.batch.operations) {
    if (old.contains(operation.index)) {
      mapped->batch.operations.push_back(std::move(operation));
    }
  }
  std::move(more.pending.begin(), more.pending.end(), std::back_inserter(mapped->pending));
  return Status::Ok();
}

std::vector<index::IndexId> Cascades::IndicesOf(const change::Transaction& transaction) const {
  std::vector<index::IndexId> indices;
  if (!Concerns(transaction)) {
    return indices;
  }
  for (const mysql::ForeignKey& key : options_.graph->keys()) {
    const auto table = options_.tables->Find(key.child);
    if (!table || table->index.empty()) {
      continue;
    }
    for (const index::IndexId index : {table->index_id, table->answering()}) {
      if (std::find(indices.begin(), indices.end(), index) == indices.end()) {
        indices.push_back(index);
      }
    }
  }
  return indices;
}

void Cascades::FilterChunk(const change::Transaction& chunk,
                           mapper::MappedTransaction* mapped) const {
  const auto* rows = dynamic_cast<const change::RowVector*>(chunk.rows.get());
  const auto table = past_.empty() ? std::nullopt : options_.tables->Find(chunk.chunk->table);
  if (rows == nullptr || !table) {
    return;
  }
  const auto mapping = options_.sink->MappingOf(table->index_id);
  const auto layout = mapper::LayOut(table->schema, options_.mapping);
  if (mapping == nullptr || !layout.ok()) {
    return;
  }
  std::set<std::string> taken;
  for (const PastCascade& past : past_) {
    if (past.child != chunk.chunk->table || past.ordinal <= chunk.ordinal) {
      continue;
    }
    for (const change::RowChange& row : rows->rows()) {
      const RowNumbers numbers = NumbersOf(**layout, *mapping, {past.column}, row.after);
      const auto number = numbers.find(past.column);
      if (number == numbers.end() || !number->second ||
          !std::binary_search(past.values.begin(), past.values.end(), *number->second)) {
        continue;
      }
      auto cells = mapper::KeyCellsOf(*row.table, row.after);
      mapped->pending.push_back(
          {past.child, cells.ok() ? *std::move(cells) : snapshot::KeyCells()});
      if (auto id = mapper::DocumentId(**layout, row.after); id.ok()) {
        taken.insert(*std::move(id));
      }
    }
  }
  auto& operations = mapped->batch.operations;
  operations.erase(std::remove_if(operations.begin(), operations.end(),
                                  [&](const index::Operation& operation) {
                                    return taken.contains(operation.key);
                                  }),
                   operations.end());
}

void Cascades::Settled(uint64_t ordinal) {
  while (!past_.empty() && past_.front().ordinal <= ordinal) {
    past_.pop_front();
  }
}

}  // namespace binseek::pipeline
