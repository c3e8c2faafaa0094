// TransactionWriter: brings the operations of one transaction to the sink, and its rejected rows to the dead letters.
//
//   TransactionWriter writer(options, position, piece_bytes, [&] { return indices; });
//   BINSEEK_RETURN_IF_ERROR(writer.Add(std::move(piece))) ...;
//   BINSEEK_RETURN_IF_ERROR(writer.Finish(key, checkpoint));     // all is visible, with its checkpoint
//
// What one piece holds goes as one batch. More than that is staged, so that nothing of it is seen before Finish, nor left where the writer is dropped before. A sink
// that cannot stage is given several batches, the checkpoint with the last: there a reader may see a part, which a replay completes.
//
// Memory: a piece, and the next. Rejected rows wait for Finish; of many, which memory would not hold, most are recorded before.
// Single-threaded. Errors: those of the sink; after one the transaction has to be written again, whole.
#ifndef BINSEEK_SYNC_PIPELINE_TRANSACTION_WRITER_H_
#define BINSEEK_SYNC_PIPELINE_TRANSACTION_WRITER_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "sync/change/transaction.h"
#include "sync/mapper/row_mapper.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/index_sink.h"
#include "sync/pipeline/state_store.h"

namespace binseek::pipeline {

// The transaction that is being applied, for any thread to read. All 0: there is none.
struct ApplyProgress {
  std::atomic<uint64_t> rows{0};        // that it has
  std::atomic<uint64_t> operations{0};  // made of them so far
  std::atomic<uint64_t> bytes{0};       // of memory that these took
};

struct TransactionWriterOptions {
  change::SourceId source{};
  // All borrowed.
  IndexSink* sink = nullptr;
  FollowedTables* tables = nullptr;
  StateStore* state = nullptr;
  ApplyProgress* progress = nullptr;  // null: nobody asks
  uint64_t dead_letter_limit = 0;     // rows of one table; 0: none
  bool settles_deletes = false;       // index::Operation::is_settled, of all of them
};

class TransactionWriter {
 public:
  // `indices`: all that its operations are of; asked for where it is staged.
  TransactionWriter(const TransactionWriterOptions& options, change::TransactionPosition position,
                    uint64_t piece_bytes, std::function<std::vector<index::IndexId>()> indices);

  // What is added from here on is of another transaction, which lies there.
  void BeginTransaction(change::TransactionPosition position);
  // Operations come behind those of earlier pieces.
  [[nodiscard]] Status Add(mapper::MappedTransaction piece);
  // Once, and last.
  [[nodiscard]] Status Finish(const std::string& key, const std::string& checkpoint);

  // Whether the operations are more than one piece holds.
  bool is_large() const { return large_; }
  // Whether rows were rejected that are not recorded yet.
  bool has_letters() const { return !letters_.empty(); }

 private:
  Status WritePending();
  // Of pending_.
  void TakeResults(const std::vector<index::OpResult>& results);
  bool HasLetter(const std::string& table, const std::string& key) const;
  void RecordLetters();
  void SettleLetters();
  void StopBeyondLimit() const;

  // Of pending operations, from `first` on.
  struct Part {
    size_t first = 0;
    change::TransactionPosition position;
  };
  const change::TransactionPosition& PositionOf(size_t operation) const;

  const TransactionWriterOptions options_;
  const uint64_t piece_bytes_;
  const std::function<std::vector<index::IndexId>()> indices_;
  std::unique_ptr<StagedSink> staged_;  // null: not begun, or the sink cannot
  bool large_ = false;
  index::Batch pending_;
  uint64_t pending_bytes_ = 0;
  std::vector<Part> parts_;  // of pending_, in order; never empty
  std::vector<mapper::RejectedRow> letters_;
  std::set<std::pair<std::string, std::string>> letter_keys_;  // of letters_: table, key
  std::map<std::string, mapper::RejectedRow> newest_;          // that was recorded, by table
  // Rows with dead letters that have a document now, or none to have.
  struct Settled {
    std::string table;
    std::string key;
    int64_t version = 0;
  };
  std::vector<Settled> settled_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_TRANSACTION_WRITER_H_
