// Applier: writes transactions and chunks to the sink, in order, each as one batch with the checkpoint behind it.
//
// Every transaction moves the checkpoint, also one that changes no document, so that a restart never reads again what was passed over.
// A row that cannot be indexed goes to the dead letters, by the mapper's word or by the sink's; the others go on. It leaves them with the
// write that makes a document of it, or deletes it. A table with too many of them is stopped.
//
// Single-threaded: the thread of the stream. Errors end the stream: kIoError and others of the sink, kAborted where a row does not fit its
// table; a sink that is away (kUnavailable) is the caller's to retry, with the same transaction.
#ifndef BINSEEK_SYNC_PIPELINE_APPLIER_H_
#define BINSEEK_SYNC_PIPELINE_APPLIER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/transaction.h"
#include "sync/mapper/row_mapper.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/index_sink.h"
#include "sync/pipeline/snapshot_worker.h"
#include "sync/pipeline/state_store.h"

namespace binseek::pipeline {

struct ApplierOptions {
  change::SourceId source{};
  // All borrowed.
  IndexSink* sink = nullptr;
  mapper::RowMapper* mapper = nullptr;
  FollowedTables* tables = nullptr;
  StateStore* state = nullptr;
  std::function<std::unique_ptr<mapper::StoredRows>()> stored_rows;  // as of now
  uint64_t dead_letter_limit = 0;                                    // rows of one table; 0: none
};

class Applier {
 public:
  // Goes on where the checkpoint stands; its tables are in `options.tables` already.
  Applier(ApplierOptions options, const Checkpoint& checkpoint);

  // Its table events, but for truncations, are the catalog's and come before this.
  [[nodiscard]] Status Apply(const change::Transaction& transaction);
  // A chunk of a table that was replaced meanwhile is dropped.
  [[nodiscard]] Status ApplyChunk(const ReadyChunk& chunk);
  // Writes the checkpoint alone; for changes of the tables that come with no transaction.
  [[nodiscard]] Status ApplyCheckpoint();

  const StreamPlace& place() const { return place_; }

 private:
  void TakePrepared(std::shared_ptr<const change::PreparedSet> prepared);
  // Deletes of all documents of the tables that it truncates, before its rows. kCorruption.
  Status AddTruncations(const change::Transaction& transaction, index::Batch* batch) const;
  // `encoded_tables`: as they are behind this write.
  Status Write(mapper::MappedTransaction mapped, const change::TransactionPosition& position,
               std::string_view encoded_tables);
  void AddDeadLetters(const std::vector<mapper::RejectedRow>& rows) const;
  // Rows that have a document now, or none to have, leave the dead letters.
  void SettleDeadLetters(const index::Batch& batch, const index::ApplyResult& result) const;
  void StopBeyondLimit(const std::vector<mapper::RejectedRow>& newest) const;
  std::vector<mapper::RejectedRow> FailuresOf(const index::Batch& batch,
                                              const index::ApplyResult& result,
                                              const change::TransactionPosition& position) const;

  const ApplierOptions options_;
  StreamPlace place_;
  std::shared_ptr<const change::PreparedSet> prepared_;  // null: none
  std::string encoded_prepared_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_APPLIER_H_
