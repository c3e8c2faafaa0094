#include "sync/pipeline/applier.h"

#include <optional>
#include <utility>
#include <vector>

#include "engine/base/log.h"
#include "sync/pipeline/followed_rows.h"

namespace binseek::pipeline {
namespace {

// Whether the document is the row's now, all of it, or both are gone. An update of columns alone says nothing of the others.
bool IsWhole(const index::Operation& operation, const index::OpResult& result) {
  switch (result.outcome) {
    case index::Outcome::kCreated:
      return true;
    case index::Outcome::kUpdated:
      return operation.kind != index::OpKind::kUpdateColumns;
    case index::Outcome::kDeleted:
    case index::Outcome::kMissing:
      return operation.kind == index::OpKind::kDelete;
    case index::Outcome::kStale:
    case index::Outcome::kConflict:
    case index::Outcome::kFailed:
      break;
  }
  return false;
}

}  // namespace

Applier::Applier(ApplierOptions options, const Checkpoint& checkpoint)
    : options_(std::move(options)), place_(checkpoint.place) {
  TakePrepared(checkpoint.prepared);
}

void Applier::TakePrepared(std::shared_ptr<const change::PreparedSet> prepared) {
  if (prepared != prepared_ || encoded_prepared_.empty()) {
    encoded_prepared_ = EncodePrepared(prepared == nullptr ? change::PreparedSet() : *prepared);
    prepared_ = std::move(prepared);
  }
}

Status Applier::Apply(const change::Transaction& transaction) {
  const FollowedRows stored(options_.stored_rows(), options_.source, options_.tables,
                            options_.state);
  BINSEEK_ASSIGN_OR_RETURN(mapper::MappedTransaction mapped,
                           options_.mapper->Map(transaction, stored));
  BINSEEK_RETURN_IF_ERROR(AddTruncations(transaction, &mapped.batch));
  // Before the tables are encoded: they are as durable as the rows. Should the write fail, they are read all the same.
  options_.tables->AddPending(mapped.pending);
  // Taken in before the write, so that the checkpoint goes with the batch; a copy, so that a failed write can be tried again.
  const StreamPlace before = place_;
  BINSEEK_RETURN_IF_ERROR(place_.position.Advance(transaction.position));
  place_.ordinal = transaction.ordinal + change::OrdinalsTaken(transaction.rows->size()) - 1;
  place_.last_gtid = transaction.position.gtid;
  place_.last_begin = transaction.begin;
  place_.fingerprint = transaction.fingerprint;
  const auto prepared_before = prepared_;
  TakePrepared(transaction.prepared);
  Status written = Write(std::move(mapped), transaction.position, options_.tables->Encoded());
  if (!written.ok()) {
    place_ = before;
    TakePrepared(prepared_before);
  }
  return written;
}

Status Applier::AddTruncations(const change::Transaction& transaction, index::Batch* batch) const {
  std::vector<index::Operation> deletes;
  for (const change::TableEvent& event : transaction.table_events) {
    if (event.kind != change::TableEvent::Kind::kTruncate) {
      continue;
    }
    const std::string name = event.database + "." + event.table;
    const auto table = options_.tables->Find(name);
    if (!table || table->index.empty()) {
      continue;
    }
    // Those that have no document, too.
    options_.state->ForgetDeadLetters(options_.source, name);
    // Its rows that have no document yet leave no tombstones, so nothing that was read of them may come behind this.
    options_.tables->ForgetPending(name);
    const auto erase = [&](std::string_view key) {
      index::Operation operation;
      operation.kind = index::OpKind::kDelete;
      operation.index = table->index_id;
      operation.key = std::string(key);
      operation.version_type = index::VersionType::kExternal;
      operation.version = change::VersionOf(transaction.ordinal, 0);
      deletes.push_back(std::move(operation));
    };
    BINSEEK_RETURN_IF_ERROR(options_.sink->VisitKeys(
        table->index_id, change::SourceTable(options_.source, name), erase));
  }
  batch->operations.insert(batch->operations.begin(), std::make_move_iterator(deletes.begin()),
                           std::make_move_iterator(deletes.end()));
  return Status::Ok();
}

Status Applier::ApplyChunk(const ReadyChunk& ready) {
  if (!options_.tables->IsCurrent(ready.table, ready.generation, ready.keys)) {
    return Status::Ok();
  }
  const snapshot::ChunkRows& content = ready.chunk.content;
  change::Transaction transaction;
  transaction.source = options_.source;
  transaction.ordinal = ready.chunk.low_ordinal;
  transaction.chunk = std::make_unique<change::ChunkInfo>();
  transaction.chunk->table = ready.table;
  transaction.chunk->last = content.last;
  transaction.rows = content.rows;
  const ChunkProgress progress{ready.table, content.rows->size(), content.last_key, content.last,
                               ready.keys};
  const FollowedRows stored(options_.stored_rows(), options_.source, options_.tables,
                            options_.state);
  BINSEEK_ASSIGN_OR_RETURN(mapper::MappedTransaction mapped,
                           options_.mapper->Map(transaction, stored));
  BINSEEK_RETURN_IF_ERROR(
      Write(std::move(mapped), transaction.position, options_.tables->EncodedBehind(progress)));
  options_.tables->ChunkApplied(progress);
  return Status::Ok();
}

Status Applier::ApplyCheckpoint() { return Write({}, {}, options_.tables->Encoded()); }

Status Applier::Write(mapper::MappedTransaction mapped, const change::TransactionPosition& position,
                      std::string_view encoded_tables) {
  const std::string key = CheckpointKey(options_.source);
  const std::string checkpoint = EncodeCheckpoint(place_, encoded_prepared_, encoded_tables);
  mapped.batch.user_data[key] = checkpoint;
  // Its dead letters are known behind the write, and a commit that falls between must have them. The checkpoint tells whether the batch
  // is applied: with rows, no two in a row are the same.
  std::optional<OpenWrite> open;
  if (!mapped.batch.operations.empty() || !mapped.rejected.empty()) {
    open.emplace(options_.state, [this, &key, &checkpoint] {
      return options_.sink->Checkpoint(key) == checkpoint;
    });
  }
  BINSEEK_ASSIGN_OR_RETURN(const index::ApplyResult result, options_.sink->Apply(mapped.batch));
  const std::vector<mapper::RejectedRow> failures = FailuresOf(mapped.batch, result, position);
  AddDeadLetters(mapped.rejected);
  AddDeadLetters(failures);
  // Behind the additions: their versions tell what came later in the same transaction.
  SettleDeadLetters(mapped.batch, result);
  StopBeyondLimit(mapped.rejected);
  StopBeyondLimit(failures);
  return Status::Ok();
}

void Applier::SettleDeadLetters(const index::Batch& batch, const index::ApplyResult& result) const {
  if (!options_.state->AnyDeadLetters()) {
    return;
  }
  std::optional<index::IndexId> index;
  std::string table;
  bool any = false;  // dead letters of `table`
  for (size_t i = 0; i < result.results.size(); ++i) {
    const index::Operation& operation = batch.operations[i];
    if (index != operation.index) {
      index = operation.index;
      table = options_.tables->TableOfIndexId(operation.index);
      any = options_.state->DeadRows(options_.source, table) != 0;
    }
    if (any && IsWhole(operation, result.results[i])) {
      options_.state->SettleDeadLetters(options_.source, table, operation.key, operation.version);
    }
  }
}

void Applier::StopBeyondLimit(const std::vector<mapper::RejectedRow>& newest) const {
  if (options_.dead_letter_limit == 0) {
    return;
  }
  // From the newest on: its reason is told.
  for (auto row = newest.rbegin(); row != newest.rend(); ++row) {
    if (options_.state->DeadRows(options_.source, row->table) <= options_.dead_letter_limit ||
        options_.tables->IsStopped(row->table)) {
      continue;
    }
    const auto table = options_.tables->Find(row->table);
    if (!table) {
      continue;
    }
    const std::string why =
        "more than " + std::to_string(options_.dead_letter_limit) +
        " of its rows could not become documents (source.dead_letter_limit); the newest, key [" +
        row->key + "]: " + row->reason +
        "; mend them or raise the limit, and start binseek again: the table is then read again";
    Log(LogLevel::kError, "table is not followed any more",
        {{"table", row->table}, {"error", why}});
    options_.tables->StopTable(*table->schema, why);
  }
}

void Applier::AddDeadLetters(const std::vector<mapper::RejectedRow>& rows) const {
  for (const mapper::RejectedRow& row : rows) {
    static LogEvery every(std::chrono::seconds(10));
    every.Log(LogLevel::kWarn, "row goes to the dead letters",
              {{"table", row.table}, {"key", row.key}, {"reason", row.reason}});
  }
  if (!rows.empty()) {
    options_.state->AddDeadLetters(options_.source, rows);
  }
}

std::vector<mapper::RejectedRow> Applier::FailuresOf(
    const index::Batch& batch, const index::ApplyResult& result,
    const change::TransactionPosition& position) const {
  std::vector<mapper::RejectedRow> failed;
  for (size_t i = 0; i < result.results.size(); ++i) {
    if (result.results[i].outcome == index::Outcome::kFailed) {
      failed.push_back({options_.tables->TableOfIndexId(batch.operations[i].index),
                        batch.operations[i].key, result.results[i].status.message(), position,
                        batch.operations[i].version});
    }
  }
  return failed;
}

}  // namespace binseek::pipeline
