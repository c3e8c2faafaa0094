// StateStore: the one SQLite file of what is small, relational and off the hot path. Today: dead
// letters.
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

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/row_mapper.h"

namespace binseek::pipeline {

struct DeadLetter {
  std::string table;  // "database.table"
  std::string key;
  std::string position;  // GTID where there is one, else file:offset; "snapshot" for chunk rows
  std::string reason;
  int64_t first_seen_ms = 0;
  uint64_t count = 0;  // how often it was met
};

class StateStore {
 public:
  // Makes the file where it is missing.
  [[nodiscard]] static Result<std::unique_ptr<StateStore>> Open(const std::string& file);
  virtual ~StateStore() = default;

  virtual void AddDeadLetters(change::SourceId source,
                              const std::vector<mapper::RejectedRow>& rows) = 0;
  // A whole table is read again, or a key was written well: what was known of it no longer holds.
  virtual void ForgetDeadLetters(change::SourceId source, const std::string& table) = 0;
  // Whether a row of this key is among the dead letters, what is not flushed yet included. Also true where that cannot be told.
  virtual bool HasDeadLetter(change::SourceId source, const std::string& table,
                             std::string_view key) const = 0;
  // A write whose dead letters are added before EndWrite. `is_applied` tells whether its batch can be seen by a commit; it is called by
  // Flush, not after EndWrite, and may take locks of the sink, but none that is held by who waits for a commit.
  // REQUIRES: between being applied and EndWrite, the writer waits for no commit.
  virtual uint64_t BeginWrite(std::function<bool()> is_applied) = 0;
  virtual void EndWrite(uint64_t write) = 0;

  // In one durable transaction, behind the end of every write that is applied. Cheap where there is nothing to write.
  [[nodiscard]] virtual Status Flush() = 0;

  // Newest first, what is not flushed yet included.
  [[nodiscard]] virtual Result<std::vector<DeadLetter>> DeadLetters(size_t limit) const = 0;
  virtual uint64_t dead_letter_count() const = 0;
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
