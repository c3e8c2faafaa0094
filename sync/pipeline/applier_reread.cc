// The part of Applier that takes away what a table does not have any more: emptied, read again, or rebuilt beside.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/log.h"
#include "sync/pipeline/applier.h"

namespace binseek::pipeline {

Status Applier::AddTruncations(const change::Transaction& transaction,
                               TransactionWriter* writer) const {
  for (const change::TableEvent& event : transaction.table_events) {
    const auto table = Truncated(event);
    if (!table) {
      continue;
    }
    // Those that have no document, too.
    options_.state->ForgetDeadLetters(options_.source, table->schema->QualifiedName());
    // Its rows that have no document yet leave no tombstones, so nothing that was read of them may come behind this.
    options_.tables->ForgetPending(table->schema->QualifiedName());
    BINSEEK_RETURN_IF_ERROR(AddErasure(*table, table->index_id, transaction.ordinal, writer));
    if (table->old) {
      BINSEEK_RETURN_IF_ERROR(AddErasure(*table, table->old.id, transaction.ordinal, writer));
    }
  }
  return Status::Ok();
}

Status Applier::AddErasure(const TableCheckpoint& table, index::IndexId index, uint64_t ordinal,
                           TransactionWriter* writer) const {
  const std::string source_table =
      change::SourceTable(options_.source, table.schema->QualifiedName());
  mapper::MappedTransaction piece;
  uint64_t bytes = 0;
  Status added;
  const auto erase = [&](std::string_view key) {
    if (!added.ok()) {
      return;
    }
    index::Operation operation;
    operation.kind = index::OpKind::kDelete;
    operation.index = index;
    operation.key = std::string(key);
    operation.source_table = source_table;
    operation.version_type = index::VersionType::kExternal;
    operation.version = change::VersionOf(ordinal, 0);
    bytes += mapper::MemoryOf(operation);
    piece.batch.operations.push_back(std::move(operation));
    if (bytes >= options_.piece_bytes) {
      added = writer->Add(std::exchange(piece, {}));
      bytes = 0;
    }
  };
  BINSEEK_RETURN_IF_ERROR(options_.sink->VisitKeys(index, source_table, erase));
  BINSEEK_RETURN_IF_ERROR(added);
  return writer->Add(std::move(piece));
}

void Applier::BeginSweep(const ReadyChunk& chunk) {
  const auto table = options_.tables->Find(chunk.table);
  if (!table || table->sweep_below == 0) {
    return;
  }
  sweeps_.emplace_back(
      chunk.table, chunk.generation, table->index_id, table->sweep_below, options_.sweep_keys,
      options_.sink->KeysBelow(table->index_id, change::SourceTable(options_.source, chunk.table),
                               change::VersionOf(table->sweep_below, 0)));
}

Status Applier::Sweep() {
  for (size_t left = sweeps_.size(); left > 0; --left) {
    TableSweep& sweep = sweeps_.front();
    if (!options_.tables->IsCurrent(sweep.table(), sweep.generation())) {
      sweeps_.pop_front();
    } else if (options_.tables->AwaitsKeysToBeBuilt(sweep.table())) {
      // A live row whose key is pending may have no document but the one of before. Other tables do not wait for that.
      sweeps_.splice(sweeps_.end(), sweeps_, sweeps_.begin());
    } else {
      return SweepOn(&sweep);
    }
  }
  return Status::Ok();
}

Status Applier::SweepOn(TableSweep* sweep) {
  if (!options_.tables->IsToBeReadAgain(sweep->table())) {  // that would sweep what this one leaves
    BINSEEK_ASSIGN_OR_RETURN(const index::Batch* piece, sweep->Piece());
    if (!piece->operations.empty()) {
      BINSEEK_RETURN_IF_ERROR(options_.sink->Apply(*piece).status());
      sweep->PieceDone();
      return Status::Ok();
    }
  }
  BINSEEK_RETURN_IF_ERROR(EndSweep(*sweep));
  sweeps_.pop_front();
  return Status::Ok();
}

Status Applier::EndSweep(const TableSweep& sweep) {
  ChunkProgress progress;
  progress.table = sweep.table();
  progress.last = true;
  progress.swept = true;
  BINSEEK_RETURN_IF_ERROR(Write({}, {}, options_.tables->EncodedBehind(progress)));
  options_.tables->ChunkApplied(progress);
  Log(LogLevel::kInfo, "table was read again", {{"table", sweep.table()}});
  return Status::Ok();
}

// The dead letters of before that the new generation has not met again are of rows that are gone, or mended.
Status Applier::Swap() {
  const std::string name = options_.tables->TableToSwap();
  const auto table = name.empty() ? std::nullopt : options_.tables->Find(name);
  if (!table) {
    return Status::Ok();
  }
  ChunkProgress progress;
  progress.table = name;
  progress.last = true;
  progress.swept = true;
  progress.swapped = true;
  mapper::MappedTransaction swap;
  swap.batch.takeovers.push_back({table->index_id, table->old.id});
  swap.mended = LettersOfBefore(*table);
  BINSEEK_RETURN_IF_ERROR(Write(std::move(swap), {}, options_.tables->EncodedBehind(progress)));
  options_.tables->ChunkApplied(progress);
  if (options_.swapped) {
    options_.swapped(name);
  }
  Log(LogLevel::kInfo, "a new generation of an index answers",
      {{"table", name}, {"index", table->index}, {"rows", table->snapshot_rows}});
  return Status::Ok();
}

// Of a letter that a release of before wrote it is not known which change it is of: it stays until its row is written.
std::vector<mapper::MendedRow> Applier::LettersOfBefore(const TableCheckpoint& table) const {
  const std::string name = table.schema->QualifiedName();
  const int64_t begin = change::VersionOf(table.old.ordinal, 0);
  std::vector<mapper::MendedRow> letters;
  for (RejectedKey& row : options_.state->RejectedRows(options_.source, name, SIZE_MAX)) {
    if (row.version != 0 && row.version < begin) {
      letters.push_back({name, std::move(row.key), begin - 1});
    }
  }
  return letters;
}

}  // namespace binseek::pipeline
