#include "sync/pipeline/applier.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "engine/base/log.h"
#include "sync/pipeline/checkpoint_beside.h"
#include "sync/pipeline/missing_rows.h"

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
    : options_(std::move(options)),
      place_(checkpoint.place),
      near_(checkpoint.place.ordinal),
      cascades_({options_.source, options_.cascades, options_.sink, options_.tables, options_.state,
                 options_.mapping}) {
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
  BINSEEK_RETURN_IF_ERROR(StayNear(transaction));
  TransactionWriterOptions to = WriterOptions();
  to.settles_deletes = IsSettled(transaction);
  TransactionWriter writer(to, transaction.position, options_.piece_bytes,
                           [&] { return IndicesOf(transaction); });
  BINSEEK_RETURN_IF_ERROR(AddTruncations(transaction, &writer));
  // Adds pending keys before the tables are encoded: they are as durable as the rows. Should the write fail, they are read all the same.
  BINSEEK_RETURN_IF_ERROR(AddRows(transaction, stop, &writer));
  Before before{place_, prepared_};
  BINSEEK_RETURN_IF_ERROR(MoveOn(transaction));
  return FinishOr(std::move(before), &writer);
}

Result<size_t> Applier::ApplyGroup(std::span<const change::Transaction> waiting,
                                   const std::stop_token& stop) {
  if (waiting.size() == 1 || !MayJoin(waiting[0], options_.group)) {
    BINSEEK_RETURN_IF_ERROR(Apply(waiting[0], stop));
    return size_t{1};
  }
  uint64_t rows = 0;
  for (const change::Transaction& transaction : waiting) {
    rows += transaction.rows->size();
  }
  const ProgressScope progress(options_.progress, rows);
  TransactionWriter writer(WriterOptions(), waiting[0].position, options_.piece_bytes, [&] {
    std::vector<index::IndexId> indices;
    for (const change::Transaction& transaction : waiting) {
      const auto more = IndicesOf(transaction);
      indices.insert(indices.end(), more.begin(), more.end());
    }
    return indices;
  });
  Before before{place_, prepared_};
  FollowedRows stored = Stored();
  size_t taken = 0;
  while (taken < waiting.size() && !writer.has_letters()) {
    const Result<bool> joined = Join(waiting[taken], taken == 0, &stored, &writer);
    if (!joined.ok()) {
      place_ = std::move(before.place);
      TakePrepared(std::move(before.prepared));
      return joined.status();
    }
    if (!*joined) {
      break;
    }
    ++taken;
  }
  BINSEEK_RETURN_IF_ERROR(FinishOr(std::move(before), &writer));
  return taken;
}

Result<bool> Applier::Join(const change::Transaction& transaction, bool first, FollowedRows* stored,
                           TransactionWriter* writer) {
  if (!first && !MayJoin(transaction, options_.group)) {
    return false;
  }
  stored->ForgetAsked();
  BINSEEK_ASSIGN_OR_RETURN(mapper::MappedTransaction mapped,
                           options_.mapper->Map(transaction, *stored));
  MakeWhole(transaction, *stored, &mapped);
  if (!first && stored->was_asked()) {
    return false;  // mapped again, when what it asks for is there
  }
  options_.tables->AddPending(mapped.pending);
  if (!first) {
    writer->BeginTransaction(transaction.position);
  }
  BINSEEK_RETURN_IF_ERROR(writer->Add(std::move(mapped)));
  BINSEEK_RETURN_IF_ERROR(MoveOn(transaction));
  return true;
}

Status Applier::MoveOn(const change::Transaction& transaction) {
  BINSEEK_RETURN_IF_ERROR(place_.position.Advance(transaction.position));
  place_.ordinal = change::LastOrdinalOf(transaction);
  place_.last_gtid = transaction.position.gtid;
  place_.last_begin = transaction.begin;
  place_.fingerprint = transaction.fingerprint;
  TakePrepared(transaction.prepared);
  return Status::Ok();
}

// The place is taken in before the write, so that the checkpoint goes with it; given back, so that a failed write can be tried again.
Status Applier::FinishOr(Before before, TransactionWriter* writer) {
  Status written = Finish(writer, options_.tables->Encoded());
  if (!written.ok()) {
    place_ = std::move(before.place);
    TakePrepared(std::move(before.prepared));
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
      return AddCascades(transaction, writer);
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

Status Applier::AddCascades(const change::Transaction& transaction, TransactionWriter* writer) {
  if (!cascades_.Concerns(transaction)) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(mapper::MappedTransaction piece, cascades_.Follow(transaction));
  options_.tables->AddPending(piece.pending);
  return writer->Add(std::move(piece));
}

// Of a sink that does not hold the checkpoint, what was written before a crash comes again.
bool Applier::IsSettled(const change::Transaction& transaction) const {
  return options_.settled_ordinal && options_.sink->capabilities().holds_checkpoint &&
         options_.settled_ordinal() >= change::LastOrdinalOf(transaction);
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
      if (table->old) {
        indices.push_back(table->old.id);
      }
    }
  }
  for (const index::IndexId index : cascades_.IndicesOf(transaction)) {
    if (std::find(indices.begin(), indices.end(), index) == indices.end()) {
      indices.push_back(index);
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
  transaction.chunk->of_keys = !ready.keys.empty();
  transaction.rows = content.rows;
  const ChunkProgress progress{ready.table,       content.rows->size(),
                               content.last_key,  content.last,
                               /*swept=*/false,   ready.keys,
                               /*swapped=*/false, ready.range};
  BINSEEK_RETURN_IF_ERROR(HoldBeginning(ready));
  BINSEEK_ASSIGN_OR_RETURN(mapper::MappedTransaction mapped, Map(transaction));
  cascades_.FilterChunk(transaction, &mapped);
  options_.tables->AddPending(mapped.pending);
  if (const auto table = options_.tables->Find(ready.table); table && !ready.keys.empty()) {
    AddMissing(ready, options_.source, *table, options_.mapping, &mapped);
    if (table->old.is_fed) {
      TableCheckpoint old = *table;
      old.index_id = table->old.id;
      AddMissing(ready, options_.source, old, options_.mapping, &mapped);
    }
  }
  BINSEEK_RETURN_IF_ERROR(
      Write(std::move(mapped), transaction.position, options_.tables->EncodedBehind(progress)));
  if (options_.tables->ChunkApplied(progress)) {
    BeginSweep(ready);
  }
  return Status::Ok();
}

Status Applier::StayNear(const change::Transaction& transaction) {
  if (options_.sink->capabilities().holds_checkpoint ||
      change::LastOrdinalOf(transaction) < near_ + kMaxAhead) {
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(options_.sink->Commit());
  near_ = place_.ordinal;
  return Status::Ok();
}

StreamPlace Applier::PlaceOfLoss() const {
  StreamPlace place = place_;
  place.ordinal += options_.sink->capabilities().holds_checkpoint ? 0 : kMaxAhead;
  return place;
}

Status Applier::HoldBeginning(const ReadyChunk& chunk) {
  if (options_.sink->capabilities().holds_checkpoint) {
    return Status::Ok();
  }
  const auto held = held_.find(chunk.table);
  if (held != held_.end() && held->second == chunk.generation) {
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(Begin());
  held_[chunk.table] = chunk.generation;
  return Status::Ok();
}

Status Applier::Begin() {
  BINSEEK_RETURN_IF_ERROR(ApplyCheckpoint());
  return options_.sink->capabilities().holds_checkpoint ? Status::Ok() : options_.sink->Commit();
}

Status Applier::ApplyCheckpoint() { return Write({}, {}, options_.tables->Encoded()); }

TransactionWriterOptions Applier::WriterOptions() const {
  return {options_.source,          options_.sink,     options_.tables,
          options_.state,           options_.progress, options_.dead_letter_limit,
          /*settles_deletes=*/false};
}

Status Applier::Finish(TransactionWriter* writer, std::string_view encoded_tables) {
  ++place_.writes;
  return writer->Finish(CheckpointKey(options_.source),
                        EncodeCheckpoint(place_, encoded_prepared_, encoded_tables));
}

Status Applier::Write(mapper::MappedTransaction mapped, const change::TransactionPosition& position,
                      std::string_view encoded_tables) {
  TransactionWriterOptions options = WriterOptions();
  options.progress = nullptr;  // it is of no transaction of the stream
  TransactionWriter writer(options, position, mapper::RowMapper::kWhole, nullptr);
  BINSEEK_RETURN_IF_ERROR(writer.Add(std::move(mapped)));
  return Finish(&writer, encoded_tables);
}

}  // namespace binseek::pipeline
