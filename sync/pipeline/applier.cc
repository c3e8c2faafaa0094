#include "sync/pipeline/applier.h"

#include <optional>
#include <utility>
#include <vector>

#include "engine/base/log.h"

namespace binseek::pipeline {
namespace {

// Tells of a transaction for as long as it is being applied.
class ProgressScope {
 public:
  ProgressScope(ApplyProgress* progress, uint64_t rows) : progress_(progress) { Set(rows); }
  ~ProgressScope() { Set(0); }
  ProgressScope(const ProgressScope&) = delete;
  ProgressScope& operator=(const ProgressScope&) = delete;

 private:
  void Set(uint64_t rows) {
    if (progress_ != nullptr) {
      progress_->operations = 0;
      progress_->bytes = 0;
      progress_->rows = rows;
    }
  }

  ApplyProgress* const progress_;
};

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

FollowedRows Applier::Stored() const {
  return {options_.stored_rows(), options_.source, options_.tables, options_.state};
}

Result<mapper::MappedTransaction> Applier::Map(const change::Transaction& transaction) const {
  const FollowedRows stored = Stored();
  BINSEEK_ASSIGN_OR_RETURN(mapper::MappedTransaction mapped,
                           options_.mapper->Map(transaction, stored));
  MakeWhole(transaction, stored, &mapped);
  return mapped;
}

void Applier::MakeWhole(const change::Transaction& transaction, const mapper::StoredRows& stored,
                        mapper::MappedTransaction* mapped) const {
  if (const auto stale = options_.tables->Stale(); stale != nullptr) {
    pipeline::MakeWhole(*stale, stored, transaction.position, mapped);
  }
}

Status Applier::Apply(const change::Transaction& transaction, const std::stop_token& stop) {
  const ProgressScope progress(options_.progress, transaction.rows->size());
  TransactionWriter writer(WriterOptions(), transaction.position, options_.piece_bytes,
                           [&] { return IndicesOf(transaction); });
  BINSEEK_RETURN_IF_ERROR(AddTruncations(transaction, &writer));
  // Adds pending keys before the tables are encoded: they are as durable as the rows. Should the write fail, they are read all the same.
  BINSEEK_RETURN_IF_ERROR(AddRows(transaction, stop, &writer));
  // Taken in before the write, so that the checkpoint goes with it; a copy, so that a failed write can be tried again.
  const StreamPlace before = place_;
  BINSEEK_RETURN_IF_ERROR(place_.position.Advance(transaction.position));
  place_.ordinal = change::LastOrdinalOf(transaction);
  place_.last_gtid = transaction.position.gtid;
  place_.last_begin = transaction.begin;
  place_.fingerprint = transaction.fingerprint;
  const auto prepared_before = prepared_;
  TakePrepared(transaction.prepared);
  Status written = Finish(&writer, options_.tables->Encoded());
  if (!written.ok()) {
    place_ = before;
    TakePrepared(prepared_before);
  }
  return written;
}

Status Applier::AddRows(const change::Transaction& transaction, const std::stop_token& stop,
                        TransactionWriter* writer) {
  FollowedRows stored = Stored();
  const auto run = options_.mapper->Begin(transaction, stored, options_.piece_bytes);
  for (;;) {
    BINSEEK_ASSIGN_OR_RETURN(std::optional<mapper::MappedTransaction> piece, run->Next());
    if (!piece) {
      return Status::Ok();
    }
    MakeWhole(transaction, stored, &*piece);
    options_.tables->AddPending(piece->pending);
    BINSEEK_RETURN_IF_ERROR(writer->Add(*std::move(piece)));
    stored.NotePiece();
    if (writer->is_large() && stop.stop_requested()) {
      return Status::Aborted("stopped");
    }
  }
}

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
    mapper::MappedTransaction piece;
    uint64_t bytes = 0;
    Status added;
    const auto erase = [&](std::string_view key) {
      if (!added.ok()) {
        return;
      }
      index::Operation operation;
      operation.kind = index::OpKind::kDelete;
      operation.index = table->index_id;
      operation.key = std::string(key);
      operation.version_type = index::VersionType::kExternal;
      operation.version = change::VersionOf(transaction.ordinal, 0);
      bytes += mapper::MemoryOf(operation);
      piece.batch.operations.push_back(std::move(operation));
      if (bytes >= options_.piece_bytes) {
        added = writer->Add(std::exchange(piece, {}));
        bytes = 0;
      }
    };
    const std::string name = table->schema->QualifiedName();
    BINSEEK_RETURN_IF_ERROR(options_.sink->VisitKeys(
        table->index_id, change::SourceTable(options_.source, name), erase));
    BINSEEK_RETURN_IF_ERROR(added);
    BINSEEK_RETURN_IF_ERROR(writer->Add(std::move(piece)));
  }
  return Status::Ok();
}

// nullopt: it truncates no table that has an index.
std::optional<TableCheckpoint> Applier::Truncated(const change::TableEvent& event) const {
  if (event.kind != change::TableEvent::Kind::kTruncate) {
    return std::nullopt;
  }
  auto table = options_.tables->Find(event.database + "." + event.table);
  return table && !table->index.empty() ? table : std::nullopt;
}

std::vector<index::IndexId> Applier::IndicesOf(const change::Transaction& transaction) const {
  std::vector<index::IndexId> indices = options_.mapper->IndicesOf(transaction);
  for (const change::TableEvent& event : transaction.table_events) {
    if (const auto table = Truncated(event)) {
      indices.push_back(table->index_id);
    }
  }
  return indices;
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
  const ChunkProgress progress{ready.table,      content.rows->size(),
                               content.last_key, content.last,
                               /*swept=*/false,  ready.keys};
  BINSEEK_ASSIGN_OR_RETURN(mapper::MappedTransaction mapped, Map(transaction));
  BINSEEK_RETURN_IF_ERROR(
      Write(std::move(mapped), transaction.position, options_.tables->EncodedBehind(progress)));
  options_.tables->ChunkApplied(progress);
  if (content.last) {
    BeginSweep(ready);
  }
  return Status::Ok();
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
  if (sweeps_.empty()) {
    return Status::Ok();
  }
  TableSweep& sweep = sweeps_.front();
  if (!options_.tables->IsCurrent(sweep.table(), sweep.generation())) {
    sweeps_.pop_front();
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const index::Batch* piece, sweep.Piece());
  if (!piece->operations.empty()) {
    BINSEEK_RETURN_IF_ERROR(options_.sink->Apply(*piece).status());
    sweep.PieceDone();
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(EndSweep(sweep));
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

Status Applier::ApplyCheckpoint() { return Write({}, {}, options_.tables->Encoded()); }

TransactionWriterOptions Applier::WriterOptions() const {
  return {options_.source, options_.sink,     options_.tables,
          options_.state,  options_.progress, options_.dead_letter_limit};
}

Status Applier::Finish(TransactionWriter* writer, std::string_view encoded_tables) {
  ++place_.writes;
  return writer->Finish(CheckpointKey(options_.source),
                        EncodeCheckpoint(place_, encoded_prepared_, encoded_tables));
}

Status Applier::Write(mapper::MappedTransaction mapped, const change::TransactionPosition& position,
                      std::string_view encoded_tables) {
  TransactionWriter writer(WriterOptions(), position, mapper::RowMapper::kWhole, nullptr);
  BINSEEK_RETURN_IF_ERROR(writer.Add(std::move(mapped)));
  return Finish(&writer, encoded_tables);
}

}  // namespace binseek::pipeline
