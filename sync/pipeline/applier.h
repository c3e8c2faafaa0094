// Applier: writes transactions and chunks to the sink, in order, each in one step and with the checkpoint (transaction_writer.h). Several
// transactions that had arrived already may share a step (transaction_group.h): each is whole in it, and the checkpoint is the last one's.
//
// Every transaction moves the checkpoint, also one that changes no document, so that a restart never reads again what was passed over.
// A row that cannot be indexed goes to the dead letters, by the mapper's word or by the sink's; the others go on. It leaves them with the
// write that makes a document of it, or deletes it. A table with too many of them is stopped.
//
// Single-threaded: the thread of the stream. Errors end the stream: kIoError and others of the sink, kAborted where a row does not fit its
// table; a sink that is away (kUnavailable) is the caller's to retry, with the same transaction.
#ifndef BINSEEK_SYNC_PIPELINE_APPLIER_H_
#define BINSEEK_SYNC_PIPELINE_APPLIER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/transaction.h"
#include "sync/mapper/row_mapper.h"
#include "sync/mapper/table_layout.h"
#include "sync/pipeline/cascades.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/followed_rows.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/index_sink.h"
#include "sync/pipeline/snapshot_worker.h"
#include "sync/pipeline/state_store.h"
#include "sync/pipeline/table_reread.h"
#include "sync/pipeline/transaction_group.h"
#include "sync/pipeline/transaction_writer.h"

namespace binseek::pipeline {

struct ApplierOptions {
  change::SourceId source{};
  // All borrowed.
  IndexSink* sink = nullptr;
  mapper::RowMapper* mapper = nullptr;
  FollowedTables* tables = nullptr;
  StateStore* state = nullptr;
  std::function<std::unique_ptr<mapper::StoredRows>()> stored_rows;  // as of now
  // No chunk below this can come any more, see SnapshotWorker::SettledOrdinal; null: any may. The thread of the stream calls it.
  std::function<uint64_t()> settled_ordinal{};
  ApplyProgress* progress = nullptr;          // borrowed; null: nobody asks
  uint64_t piece_bytes = uint64_t{64} << 20;  // of a transaction's operations, held in memory
  size_t sweep_keys = 10'000;      // of one piece: bounds what the stream and a search wait for
  uint64_t dead_letter_limit = 0;  // rows of one table; 0: none
  GroupLimits group{};             // of transactions that share a step
  std::function<void(const std::string&)> swapped{};  // a table, behind Swap; null: nobody asks
  const CascadeGraph* cascades = nullptr;             // borrowed; null: there are no foreign keys
  mapper::MapperOptions mapping{};                    // by which `mapper` maps
};

class Applier {
 public:
  // Goes on where the checkpoint stands; its tables are in `options.tables` already.
  Applier(ApplierOptions options, const Checkpoint& checkpoint);

  // Behind the applied checkpoint; null: none.
  const change::PreparedSet* prepared() const { return prepared_.get(); }

  // Before all else: the place where it begins. Of a sink that does not hold the checkpoint, durable when it returns: what is written from here
  // on has versions that another beginning would give to other writes.
  [[nodiscard]] Status Begin();
  // Its table events, but for truncations, are the catalog's and come before this.
  // kAborted where asked to stop amid one of many pieces, of which nothing is left.
  [[nodiscard]] Status Apply(const change::Transaction& transaction,
                             const std::stop_token& stop = {});
  // Writes the first of these in one step, and with it those behind it that can be written without knowing what it does to the index: one
  // whose rows are completed from stored documents begins a step of its own, and so does the one behind a rejected row. Returns how many are
  // written: at least one. Otherwise as Apply. REQUIRES: not empty.
  [[nodiscard]] Result<size_t> ApplyGroup(std::span<const change::Transaction> waiting,
                                          const std::stop_token& stop = {});
  // A chunk of a table that was replaced meanwhile is dropped. Behind the last one of a table that is read again, Sweep has something to do.
  [[nodiscard]] Status ApplyChunk(const ReadyChunk& chunk);
  // Deletes the next piece of what a table that was read again does not have any more; does nothing where there is no such table. A
  // table is done with its last piece; one that waits for keys holds up no other. To be called now and then, between transactions.
  [[nodiscard]] Status Sweep();
  // Has a new generation that is built take the place of the one that answers, in one step; does nothing where there is none. As Sweep.
  [[nodiscard]] Status Swap();
  // Writes the checkpoint alone; for changes of the tables that come with no transaction.
  [[nodiscard]] Status ApplyCheckpoint();
  // The stream has left an ordinal unused (BinlogSource::LeaveOrdinal). Goes with the next write.
  void LeaveOrdinal(uint64_t ordinal) { place_.ordinal = ordinal; }
  // No window is open that began before this ordinal.
  void Settled(uint64_t ordinal) { cascades_.Settled(ordinal); }
  // The stream goes on with another server. Goes with the next write.
  void MoveTo(std::string_view server) { place_.MoveTo(server); }

  const StreamPlace& place() const { return place_; }
  // What a stream that begins anew goes on behind: `place`, but for a sink that does not hold the checkpoint, which may have been given more
  // before a crash took us back to it. Of that other history nothing may be newer than what comes.
  StreamPlace PlaceOfLoss() const;

 private:
  // What a write that fails has to give back.
  struct Before {
    StreamPlace place;
    std::shared_ptr<const change::PreparedSet> prepared;
  };
  Status MoveOn(const change::Transaction& transaction);
  // `before`: as it was before the first MoveOn.
  Status FinishOr(Before before, TransactionWriter* writer);
  // False: it has to wait for what is in the writer.
  Result<bool> Join(const change::Transaction& transaction, bool first, FollowedRows* stored,
                    TransactionWriter* writer);
  void TakePrepared(std::shared_ptr<const change::PreparedSet> prepared);
  // Deletes of all documents of the tables that it truncates, before its rows. kCorruption.
  Status AddTruncations(const change::Transaction& transaction, TransactionWriter* writer) const;
  Status AddErasure(const TableCheckpoint& table, index::IndexId index, uint64_t ordinal,
                    TransactionWriter* writer) const;
  Status AddRows(const change::Transaction& transaction, const std::stop_token& stop,
                 TransactionWriter* writer);
  // Whether nothing older than the transaction can come any more, so that its deletes need not be remembered.
  bool IsSettled(const change::Transaction& transaction) const;
  Status AddCascades(const change::Transaction& transaction, TransactionWriter* writer);
  std::optional<TableCheckpoint> Truncated(const change::TableEvent& event) const;
  std::vector<index::IndexId> IndicesOf(const change::Transaction& transaction) const;
  TransactionWriterOptions WriterOptions() const;
  FollowedRows Stored() const;
  Result<mapper::MappedTransaction> Map(const change::Transaction& transaction) const;
  // See table_reread.h.
  void MakeWhole(const change::Transaction& transaction, const mapper::StoredRows& stored,
                 mapper::MappedTransaction* mapped) const;
  // Of a sink that does not hold the checkpoint: how far that may be behind is bounded, for PlaceOfLoss.
  Status StayNear(const change::Transaction& transaction);
  // Of a sink that does not hold the checkpoint: a crash must not forget where the table's reading began. Its chunks would come again with
  // versions that are no newer, though their rows are.
  Status HoldBeginning(const ReadyChunk& chunk);
  void BeginSweep(const ReadyChunk& chunk);
  // REQUIRES: it is the first one.
  Status SweepOn(TableSweep* sweep);
  Status EndSweep(const TableSweep& sweep);
  std::vector<mapper::MendedRow> LettersOfBefore(const TableCheckpoint& table) const;
  // `encoded_tables`: as they are behind this write.
  Status Finish(TransactionWriter* writer, std::string_view encoded_tables);
  Status Write(mapper::MappedTransaction mapped, const change::TransactionPosition& position,
               std::string_view encoded_tables);

  const ApplierOptions options_;
  StreamPlace place_;
  std::shared_ptr<const change::PreparedSet> prepared_;  // null: none
  std::string encoded_prepared_;
  uint64_t near_ = 0;                     // an ordinal whose checkpoint is durable; see StayNear
  std::list<TableSweep> sweeps_;          // the next one first
  std::map<std::string, uint64_t> held_;  // generations of tables whose beginning is durable
  Cascades cascades_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_APPLIER_H_
