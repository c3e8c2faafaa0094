// StateStore: the one SQLite file of what is small, relational and off the hot path. Today: who we are
// among the servers' replicas, and dead letters. Their keys are in memory as well, so that every write can ask whether it concerns one.
//
// Its truth never depends on a stream position: rows are keyed by where in the stream they come
// from, so that a replay after a crash repeats them harmlessly. Additions are kept in memory until
// Flush, which the engine's commit calls before the manifest is renamed
// (EngineOptions::before_commit): what the index has passed over durably is recorded durably.
//
// What a sink refuses is known only when its batch has been applied, and by then a commit may have taken the batch up. So whoever
// writes says when a write begins and ends (OpenWrite), and Flush waits for the end where the commit may hold the batch.
//
// Thread-safe. Errors: kIoError and kCorruption naming the file; kResourceExhausted where the disk
// is full; kUnavailable from Flush where a write that it waits for does not end.
#ifndef BINSEEK_SYNC_PIPELINE_STATE_STORE_H_
#define BINSEEK_SYNC_PIPELINE_STATE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/row_mapper.h"
#include "sync/pipeline/dead_letter_keys.h"
#include "sync/pipeline/dead_letter_table.h"
#include "sync/pipeline/replica_identity.h"

namespace binseek::pipeline {

class StateStore {
 public:
  // Makes the file where it is missing.
  [[nodiscard]] static Result<std::unique_ptr<StateStore>> Open(const std::string& file);
  virtual ~StateStore() = default;

  virtual void AddDeadLetters(change::SourceId source,
                              const std::vector<mapper::RejectedRow>& rows) = 0;
  // A whole table is read again, or has been emptied: what was known of its rows no longer holds.
  virtual void ForgetDeadLetters(change::SourceId source, const std::string& table) = 0;
  // A change with this version has made a document of the row, or deleted it: refused changes that are no newer do not matter any more.
  // Cheap where the row is not among the dead letters.
  virtual void SettleDeadLetters(change::SourceId source, const std::string& table,
                                 std::string_view key, int64_t version) = 0;
  // By the user's word: those of the filter. Durable when it returns. How many there were. Their rows were rejected all the same (WasRejected), until they are
  // settled or forgotten. REQUIRES: it names a table.
  [[nodiscard]] virtual Result<uint64_t> DiscardDeadLetters(const DeadLetterFilter& filter) = 0;

  // What is not flushed yet included. These wait for no disk.
  virtual bool HasDeadLetter(change::SourceId source, const std::string& table,
                             std::string_view key) const = 0;
  // The same of rows whose letters were discarded, too: the document, where there is one, is not that of the row as it is.
  virtual bool AnyRejected() const = 0;
  virtual bool WasRejected(change::SourceId source, const std::string& table,
                           std::string_view key) const = 0;
  // Of one table, in no order; at most so many.
  virtual std::vector<RejectedKey> RejectedRows(change::SourceId source, const std::string& table,
                                                size_t most) const = 0;
  // How many rows of the table; one that was refused several times is one.
  virtual uint64_t DeadRows(change::SourceId source, const std::string& table) const = 0;
  // A write whose dead letters are added before EndWrite. `is_applied` tells whether its batch can be seen by a commit; it is called by
  // Flush, not after EndWrite, and may take locks of the sink, but none that is held by who waits for a commit.
  // REQUIRES: between being applied and EndWrite, the writer waits for no commit.
  virtual uint64_t BeginWrite(std::function<bool()> is_applied) = 0;
  virtual void EndWrite(uint64_t write) = 0;

  // Drawn at the first call for this file and source, and the same ever after.
  [[nodiscard]] virtual Result<ReplicaIdentity> Replica(change::SourceId source) = 0;

  // In one durable transaction, behind the end of every write that is applied. Cheap where there is nothing to write.
  [[nodiscard]] virtual Status Flush() = 0;

  // Newest first, what is not flushed yet included: `size` of them behind the first `from`.
  [[nodiscard]] virtual Result<DeadLetterPage> FindDeadLetters(const DeadLetterFilter& filter,
                                                               size_t from, size_t size) const = 0;
  // The newest of all.
  [[nodiscard]] Result<std::vector<DeadLetter>> DeadLetters(size_t limit) const {
    BINSEEK_ASSIGN_OR_RETURN(DeadLetterPage page, FindDeadLetters({}, 0, limit));
    return std::move(page.letters);
  }
  virtual uint64_t dead_letter_count() const = 0;  // of all sources
  virtual uint64_t dead_letter_count(change::SourceId source) const = 0;
};

// BeginWrite and EndWrite by scope. Borrows the store.
class OpenWrite {
 public:
  OpenWrite(StateStore* store, std::function<bool()> is_applied)
      : store_(store), write_(store->BeginWrite(std::move(is_applied))) {}
  ~OpenWrite() { store_->EndWrite(write_); }
  OpenWrite(const OpenWrite&) = delete;
  OpenWrite& operator=(const OpenWrite&) = delete;

 private:
  StateStore* const store_;
  const uint64_t write_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_STATE_STORE_H_
