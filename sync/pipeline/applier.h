// Applier: writes transactions and chunks to the sink, in order, each in one step and with the checkpoint (transaction_writer.h).
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
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/transaction.h"
#include "sync/mapper/row_mapper.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/followed_rows.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/index_sink.h"
#include "sync/pipeline/snapshot_worker.h"
#include "sync/pipeline/state_store.h"
#include "sync/pipeline/table_reread.h"
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
  ApplyProgress* progress = nullptr;                                 // borrowed; null: nobody asks
  uint64_t piece_bytes = uint64_t{64} << 20;  // of a transaction's operations, held in memory
  size_t sweep_keys = 10'000;      // of one piece: bounds what the stream and a search wait for
  uint64_t dead_letter_limit = 0;  // rows of one table; 0: none
};

class Applier {
 public:
  // Goes on where the checkpoint stands; its tables are in `options.tables` already.
  Applier(ApplierOptions options, const Checkpoint& checkpoint);

  // Its table events, but for truncations, are the catalog's and come before this.
  // kAborted where asked to stop amid one of many pieces, of which nothing is left.
  [[nodiscard]] Status Apply(const change::Transaction& transaction,
                             const std::stop_token& stop = {});
  // A chunk of a table that was replaced meanwhile is dropped. Behind the last one of a table that is read again, Sweep has something to do.
  [[nodiscard]] Status ApplyChunk(const ReadyChunk& chunk);
  // Deletes the next piece of what a table that was read again does not have any more; does nothing where there is no such table. A
  // table is done with its last piece. To be called now and then, between transactions.
  [[nodiscard]] Status Sweep();
  // Writes the checkpoint alone; for changes of the tables that come with no transaction.
  [[nodiscard]] Status ApplyCheckpoint();
  // The stream goes on with another server. Goes with the next write.
  void MoveTo(std::string_view server) { place_.MoveTo(server); }

  const StreamPlace& place() const { return place_; }

 private:
  void TakePrepared(std::shared_ptr<const change::PreparedSet> prepared);
  // Deletes of all documents of the tables that it truncates, before its rows. kCorruption.
  Status AddTruncations(const change::Transaction& transaction, TransactionWriter* writer) const;
  Status AddRows(const change::Transaction& transaction, const std::stop_token& stop,
                 TransactionWriter* writer);
  std::optional<TableCheckpoint> Truncated(const change::TableEvent& event) const;
  std::vector<index::IndexId> IndicesOf(const change::Transaction& transaction) const;
  TransactionWriterOptions WriterOptions() const;
  FollowedRows Stored() const;
  Result<mapper::MappedTransaction> Map(const change::Transaction& transaction) const;
  // See table_reread.h.
  void MakeWhole(const change::Transaction& transaction, const mapper::StoredRows& stored,
                 mapper::MappedTransaction* mapped) const;
  void BeginSweep(const ReadyChunk& chunk);
  Status EndSweep(const TableSweep& sweep);
  // `encoded_tables`: as they are behind this write.
  Status Finish(TransactionWriter* writer, std::string_view encoded_tables);
  Status Write(mapper::MappedTransaction mapped, const change::TransactionPosition& position,
               std::string_view encoded_tables);

  const ApplierOptions options_;
  StreamPlace place_;
  std::shared_ptr<const change::PreparedSet> prepared_;  // null: none
  std::string encoded_prepared_;
  std::deque<TableSweep> sweeps_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_APPLIER_H_
