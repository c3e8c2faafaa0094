#include "sync/pipeline/table_reread.h"

#include <algorithm>

#include "engine/base/clock.h"
#include "sync/change/transaction.h"

namespace binseek::pipeline {
namespace {

// False: no document can be made of its row.
bool MakeWhole(index::Operation* operation, Status* why) {
  Result<mapping::Document> document = operation->if_missing();
  if (!document.ok()) {
    *why = document.status();
    return false;
  }
  operation->kind = index::OpKind::kUpsert;
  operation->document = std::move(document).value();
  operation->columns.clear();
  operation->if_missing = nullptr;
  return true;
}

}  // namespace

TableCheckpoint ReadAgain(TableCheckpoint table, const NewBeginning& from) {
  table.captured_from = from.server_end;
  table.snapshot_done = false;
  table.ranges.clear();
  table.snapshot_rows = 0;
  table.sweep_below = from.ordinal;
  table.old.is_fed = table.old.is_fed && from.old_goes_on;
  if (!table.old.is_fed) {
    table.stale_since_us = table.stale_since_us == 0 ? from.now_us : table.stale_since_us;
    table.stale_why = from.why;
  }
  table.pending_keys.clear();  // all keys are read
  table.stopped.clear();
  table.stop_code = change::StopCode::kNone;
  table.dead_letter_limit = 0;
  return table;
}

Status NoteErasure(IndexSink* sink, change::SourceId source, const std::vector<std::string>& tables,
                   Checkpoint* checkpoint) {
  if (tables.empty()) {
    return Status::Ok();
  }
  auto noted = checkpoint->tables;
  for (const std::string& name : tables) {
    TableCheckpoint& table = noted.at(name);
    table.pending_keys = {snapshot::KeyCells()};
    if (table.stale_since_us == 0) {
      table.stale_since_us = Clock::Real()->NowMicros();
      table.stale_why = "a start under other settings had begun to take its documents away";
    }
  }
  ++checkpoint->place.writes;
  const change::PreparedSet none;
  index::Batch batch;
  batch.user_data[CheckpointKey(source)] = EncodeCheckpoint(
      checkpoint->place,
      EncodePrepared(checkpoint->prepared == nullptr ? none : *checkpoint->prepared),
      EncodeTables(noted));
  BINSEEK_RETURN_IF_ERROR(sink->Apply(batch).status());
  return sink->capabilities().holds_checkpoint ? Status::Ok() : sink->Commit();
}

bool BeginsBehind(const TableCheckpoint& table, const change::BinlogPosition& end) {
  return !table.captured_from.empty() && !end.empty() && !(table.captured_from < end);
}

StreamPlace PlaceBehind(const StreamPlace& lost, change::SourcePosition server_end) {
  StreamPlace place;
  place.position = std::move(server_end);
  place.ordinal = lost.ordinal + 1;
  return place;
}

void MakeWhole(const StaleVersions& stale, const mapper::StoredRows& stored,
               const change::TransactionPosition& position, mapper::MappedTransaction* mapped) {
  if (stale.empty()) {
    return;
  }
  std::vector<index::Operation>& operations = mapped->batch.operations;
  const auto impossible = [&](index::Operation& operation) {
    if (operation.kind != index::OpKind::kUpdateColumns || !operation.if_missing ||
        stale.count(operation.index) == 0 || stored.Contains(operation.index, operation.key)) {
      return false;
    }
    Status why;
    if (MakeWhole(&operation, &why)) {
      return false;
    }
    const std::string table = operation.source_table.substr(operation.source_table.find('/') + 1);
    mapped->rejected.push_back({table, operation.key, why.message(), position, operation.version});
    return true;
  };
  operations.erase(std::remove_if(operations.begin(), operations.end(), impossible),
                   operations.end());
}

Result<const index::Batch*> TableSweep::Piece() {
  if (piece_.operations.empty()) {
    BINSEEK_ASSIGN_OR_RETURN(auto keys, keys_->Next(piece_keys_));
    for (std::string& key : keys) {
      index::Operation& erase = piece_.operations.emplace_back();
      erase.kind = index::OpKind::kDelete;
      erase.index = index_;
      erase.key = std::move(key);
      // A document of exactly that version is one of before, too: a chunk's, read just before the new beginning.
      erase.version_type = index::VersionType::kExternalGte;
      erase.version = change::VersionOf(below_ordinal_, 0) - 1;
    }
  }
  return &piece_;
}

}  // namespace binseek::pipeline
