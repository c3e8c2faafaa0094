// FollowedTables: which tables a source keeps indices of, and how far each has come.
//
// Shared by the thread of the stream (which alone adds, replaces and removes), the threads of the snapshot, and whoever asks for status.
// A table that changes shape is replaced: its generation tells chunks of the old one from those of the new.
// Thread-safe.
#ifndef BINSEEK_SYNC_PIPELINE_FOLLOWED_TABLES_H_
#define BINSEEK_SYNC_PIPELINE_FOLLOWED_TABLES_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "sync/change/stop_code.h"
#include "sync/mapper/row_mapper.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/pending_keys.h"
#include "sync/pipeline/supervisor.h"
#include "sync/pipeline/table_reread.h"

namespace binseek::pipeline {

// What the thread of the snapshot is to read.
struct SnapshotTask {
  std::string table;  // qualified
  uint64_t generation = 0;
  std::shared_ptr<const change::TableSchema> schema;
  snapshot::TakenRange range;    // which nobody else reads
  std::vector<PendingKey> keys;  // not empty: the rows of these alone
  uint64_t estimated_rows = 0;   // of the table
};

// How far a chunk brings its table.
struct ChunkProgress {
  std::string table;
  uint64_t rows = 0;
  snapshot::KeyCells last_key;
  bool last = false;   // of its range
  bool swept = false;  // and what is left of before is deleted: see table_reread.h
  std::vector<PendingKey>
      keys;              // not empty: the chunk is of these, and brings its snapshot no further
  bool swapped = false;  // its new generation answers
  uint64_t range = 0;    // of SnapshotTask's; none where `swept`
};

class FollowedTables {
 public:
  // `clock` is borrowed.
  explicit FollowedTables(const Clock* clock = Clock::Real()) : clock_(clock) {}

  // ---- the thread of the stream

  // Adds a table, or puts another shape in its place. `error` is for the status: why the last rebuild of a live table was given up.
  void Follow(TableCheckpoint table, change::StopReason error = {}) BINSEEK_EXCLUDES(mutex_);
  // The table stays as it is in the index, if it is there, and gets no changes any more, over restarts too: TableCheckpoint::stopped.
  void StopTable(const change::TableSchema& table, change::StopReason why,
                 uint64_t dead_letter_limit = 0) BINSEEK_EXCLUDES(mutex_);
  // A table whose new generation is built and lacks nothing that the old one has; empty: none.
  std::string TableToSwap() const BINSEEK_EXCLUDES(mutex_);
  // One whose new generation could not be built, while the old one is fed: it is to be given up; empty: none. `why`: why.
  std::string TableToGiveUp(std::string* why) const BINSEEK_EXCLUDES(mutex_);
  void Remove(const std::string& name) BINSEEK_EXCLUDES(mutex_);
  std::optional<TableCheckpoint> Find(const std::string& name) const BINSEEK_EXCLUDES(mutex_);
  bool IsStopped(const std::string& name) const BINSEEK_EXCLUDES(mutex_);
  // Empty: of all databases.
  std::vector<std::string> NamesIn(std::string_view database) const BINSEEK_EXCLUDES(mutex_);
  // Which followed table has the index; empty: none.
  std::string TableOfIndex(std::string_view index) const BINSEEK_EXCLUDES(mutex_);
  std::string TableOfIndexId(index::IndexId index) const BINSEEK_EXCLUDES(mutex_);
  // All of them that have the index, which several may share.
  std::vector<TableCheckpoint> TablesOf(std::string_view index) const BINSEEK_EXCLUDES(mutex_);
  // As Supervisor::WhyBehind.
  std::string WhyBehind(std::string_view index) const BINSEEK_EXCLUDES(mutex_);
  // As Supervisor::AwaitRead; kResourceExhausted where `most_waiters` wait already.
  Result<std::string> AwaitRead(std::string_view index,
                                std::chrono::steady_clock::time_point deadline, size_t most_waiters)
      BINSEEK_EXCLUDES(mutex_);
  // The schema that rows of a transaction behind `reached` are decoded by; null: they are not wanted.
  std::shared_ptr<const change::TableSchema> SchemaFor(std::string_view database,
                                                       std::string_view table,
                                                       const change::BinlogPosition& reached) const
      BINSEEK_EXCLUDES(mutex_);
  // The stream has come so far, and all of that was taken: what waited for that place has nothing to wait for any more, whatever server is next. Tables whose
  // reading was refused, and of which no statement up to the place told (Refuse), are stopped.
  void Passed(const change::BinlogPosition& reached) BINSEEK_EXCLUDES(mutex_);
  // Names of those whose captured_from has not been passed.
  std::vector<std::string> NotYetCaptured() const BINSEEK_EXCLUDES(mutex_);
  // The stream goes on with another server, whose binlog ends at `end`. What lay ahead in the old one's lies there now, and chunks that
  // were read so far and not applied count no more: tables are read on from where they stand.
  void MoveTo(const change::BinlogPosition& end) BINSEEK_EXCLUDES(mutex_);
  // The stream is leaving its server: chunks that were read there and not applied count no more.
  void DropChunks() BINSEEK_EXCLUDES(mutex_);
  // Whether a chunk of that generation, read for these keys if any, still counts.
  bool IsCurrent(const std::string& name, uint64_t generation,
                 const std::vector<PendingKey>& keys = {}) const BINSEEK_EXCLUDES(mutex_);
  // The chunk is in, and can be searched. True where it was the last of all that its table's snapshot had left.
  bool ChunkApplied(const ChunkProgress& chunk) BINSEEK_EXCLUDES(mutex_);
  // Of the tables that are read again; null: none is. Cheap while nothing changes.
  std::shared_ptr<const StaleVersions> Stale() const BINSEEK_EXCLUDES(mutex_);
  // As EncodeTables. Cheap while nothing changes.
  std::string Encoded() const BINSEEK_EXCLUDES(mutex_);
  // The same as it will be once the chunk is in: for the checkpoint that goes with its rows.
  std::string EncodedBehind(const ChunkProgress& chunk) const BINSEEK_EXCLUDES(mutex_);

  // Rows that are to be read alone, before the checkpoint that goes with their transaction is encoded. Tables that are not followed are
  // passed over.
  void AddPending(const std::vector<mapper::PendingRow>& rows) BINSEEK_EXCLUDES(mutex_);
  // The table was truncated: its rows from before are neither pending nor to be written any more.
  void ForgetPending(const std::string& name) BINSEEK_EXCLUDES(mutex_);
  // Whether documents of the table, or that of the row with this key, may be older than the stream.
  bool AnyOutdated(const std::string& name) const BINSEEK_EXCLUDES(mutex_);
  bool IsOutdated(const std::string& name, const snapshot::KeyCells& key) const
      BINSEEK_EXCLUDES(mutex_);
  // Of a table that is read to the end: whether rows that were to be read alone by then still are.
  bool AwaitsKeysToBeBuilt(const std::string& name) const BINSEEK_EXCLUDES(mutex_);
  // Whether it has so many rows to be read alone that it is to be read again as a whole.
  bool IsToBeReadAgain(const std::string& name) const BINSEEK_EXCLUDES(mutex_);
  // Rows of the table have changed unseen. Where it is being read, all of it is to be read again once that is done, and it is stale until then: begun anew
  // each time, it would never be done where such changes go on. False, and nothing is done, where it is not, or a generation is built beside.
  bool ReadOnceMore(const std::string& name, const std::string& why) BINSEEK_EXCLUDES(mutex_);
  // A table that has so many rows to be read alone that it is to be read again as a whole, and whose snapshot does not run; empty: none.
  std::string TableToReadAgain() const BINSEEK_EXCLUDES(mutex_);

  // What the status says of the foreign keys whose child a table is (TableStatus::foreign_keys); of all others it says nothing.
  void SetForeignKeys(std::map<std::string, std::vector<std::string>> keys)
      BINSEEK_EXCLUDES(mutex_);
  void NoteCascaded(const std::string& name, uint64_t rows) BINSEEK_EXCLUDES(mutex_);

  void SetEstimate(const std::string& name, uint64_t rows) BINSEEK_EXCLUDES(mutex_);

  // ---- the threads of the snapshot

  // Keys, which come first, or a range of a table, that nobody reads; nullopt: there is nothing to read. Nothing of a table that waits: for the stream to come to where
  // it begins, or for the time of another attempt. Tables whose attempt is due come first; last where `others_first`.
  std::optional<SnapshotTask> TakeTask(size_t most_keys, bool others_first = false)
      BINSEEK_EXCLUDES(mutex_);
  // Waits for such; nullopt: `stop` was asked for.
  std::optional<SnapshotTask> AwaitTask(size_t most_keys, const std::stop_token& stop,
                                        bool others_first = false) BINSEEK_EXCLUDES(mutex_);
  // At most `most` keys of one table, if there are any to read. They go back by ReleaseKeys, or are done with their chunk.
  std::optional<SnapshotTask> TakeKeys(size_t most) BINSEEK_EXCLUDES(mutex_);
  void ReleaseKeys(const SnapshotTask& task) BINSEEK_EXCLUDES(mutex_);
  // The task's range, of which nothing has been read, ends at `border`; what is behind it is for whoever comes next.
  void CutRange(const SnapshotTask& task, const snapshot::KeyCells& border)
      BINSEEK_EXCLUDES(mutex_);
  // A read failed, and is to be tried again: the task goes back, and nothing of its table is taken for a while, a longer one each time until a chunk comes, and
  // longer than the read took, so that other tables have most of their readers' time. Of a range, `read_up_to` says how far it was read.
  void PutOff(const SnapshotTask& task, const snapshot::KeyCells& read_up_to,
              std::chrono::microseconds took, change::StopReason why) BINSEEK_EXCLUDES(mutex_);
  // A read was refused, and another would be. The stream may be about to meet a statement that explains it, up to `written`; else the table is stopped there, as by
  // StopTable, or, where an old generation is fed, is TableToGiveUp. `mend`: what mends a table that is stopped so.
  void Refuse(const SnapshotTask& task, const change::BinlogPosition& written, std::string error,
              std::string mend) BINSEEK_EXCLUDES(mutex_);
  // Whether another table than the task's waited for its time, and that has come. The task's range is then left to others.
  bool AnotherIsDue(const SnapshotTask& task) const BINSEEK_EXCLUDES(mutex_);
  void GiveBack(const SnapshotTask& task, const snapshot::KeyCells& read_up_to)
      BINSEEK_EXCLUDES(mutex_);

  // For the status: why its reading does not get on. Until a chunk comes.
  void NoteWaiting(const SnapshotTask& task, change::StopReason why) BINSEEK_EXCLUDES(mutex_);
  // It does not wait for the server to be less busy, or not any more: what is noted of kSnapshotPaced, until then.
  void NoteTurn(const SnapshotTask& task) BINSEEK_EXCLUDES(mutex_);

  // ---- any thread

  // What concerns tables without stopping one: for the metric alone.
  void CountStop(change::StopCode code) BINSEEK_EXCLUDES(mutex_);
  // Since the start, those counted so, and every table that stopped or began to wait.
  change::StopCounts stops() const BINSEEK_EXCLUDES(mutex_);

  // Nobody's answers wait for rows to be read: a rebuild beside a generation that is fed holds nothing up.
  bool snapshot_done() const BINSEEK_EXCLUDES(mutex_);
  // Whether chunks may come: of a snapshot, or of keys.
  bool has_work() const BINSEEK_EXCLUDES(mutex_);
  std::vector<TableStatus> Status() const BINSEEK_EXCLUDES(mutex_);
  std::vector<index::IndexId> Indices() const BINSEEK_EXCLUDES(mutex_);

 private:
  struct Table;

  // True where nothing of the snapshot is left.
  static bool MoveOn(const ChunkProgress& chunk, Table* table);
  static TableCheckpoint CheckpointOf(const Table& table, const std::vector<PendingKey>& read = {});
  void TellForeignKeys(TableStatus* status) const BINSEEK_REQUIRES(mutex_);
  void DropChunksLocked() BINSEEK_REQUIRES(mutex_);
  // Of the index's tables; empty: nothing.
  std::string WhatIsToRead(std::string_view index) const BINSEEK_REQUIRES(mutex_);
  // Of tables that are due after a failed attempt, or of the others; nullopt: of all.
  std::optional<SnapshotTask> TakeKeysLocked(size_t most, std::optional<bool> failed)
      BINSEEK_REQUIRES(mutex_);
  std::optional<SnapshotTask> TakeRangeLocked(bool failed) BINSEEK_REQUIRES(mutex_);
  std::optional<SnapshotTask> TakeTaskLocked(size_t most_keys, bool others_first)
      BINSEEK_REQUIRES(mutex_);
  // The task's table; null where it was replaced, or is gone.
  Table* TableOf(const SnapshotTask& task) BINSEEK_REQUIRES(mutex_);
  // Whether anything of the table may be read now.
  bool MayRead(const Table& table) const BINSEEK_REQUIRES(mutex_);
  static bool HasRangeToRead(const Table& table);
  std::map<std::string, TableCheckpoint> Checkpoints() const BINSEEK_REQUIRES(mutex_);
  // What was made of the tables as they were is to be made anew.
  void Changed() BINSEEK_REQUIRES(mutex_);

  struct Table {
    TableCheckpoint checkpoint;  // its pending keys are in `pending`, its ranges in `ranges`
    PendingKeys pending;
    snapshot::KeyRanges ranges;
    uint64_t generation = 0;
    TableState state = TableState::kPending;
    bool reads_nothing = false;  // of its ranges
    uint64_t built_stamp =
        0;                 // pending keys up to this were there when the table was read to the end
    bool give_up = false;  // see TableToGiveUp; `error` says why
    uint64_t estimated_rows = 0;
    std::deque<std::pair<int64_t, uint64_t>>
        samples;  // monotonic micros, snapshot rows; of the last seconds
    change::StopReason error;
    change::StopReason waits_for;          // see NoteWaiting
    uint32_t put_off = 0;                  // how often, since a chunk came; see PutOff
    int64_t not_before = 0;                // monotonic micros
    change::BinlogPosition refused_until;  // see Refuse; empty: it was not
    std::string refused;
    std::string mend;
  };
  void Stop(change::StopReason why, Table* table) BINSEEK_REQUIRES(mutex_);
  void StopRefused(Table* table) BINSEEK_REQUIRES(mutex_);
  // Counts it where it is a new one.
  void WaitFor(change::StopReason why, Table* table) BINSEEK_REQUIRES(mutex_);
  // What its reading waits for; no text: for nothing, or its turn.
  static change::StopReason WaitsFor(const Table& table);
  static TableState StateOf(const TableCheckpoint& table, bool begun);
  // 0 where nothing has come for a while: what was, says nothing then.
  double RowsPerSecond(const Table& table) const;

  const Clock* const clock_;
  mutable Mutex mutex_;
  CondVar changed_;
  std::map<std::string, Table> tables_ BINSEEK_GUARDED_BY(mutex_);  // by qualified name
  std::string last_keys_of_ BINSEEK_GUARDED_BY(mutex_);  // the table whose keys were taken last
  std::map<std::string, std::vector<std::string>> foreign_keys_ BINSEEK_GUARDED_BY(mutex_);
  std::map<std::string, uint64_t> cascaded_ BINSEEK_GUARDED_BY(mutex_);  // rows, by table
  change::StopCounts stops_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t next_generation_ BINSEEK_GUARDED_BY(mutex_) = 1;
  size_t waiters_ BINSEEK_GUARDED_BY(mutex_) = 0;  // in AwaitRead
  mutable std::optional<std::string> encoded_ BINSEEK_GUARDED_BY(mutex_);
  mutable std::optional<std::shared_ptr<const StaleVersions>> stale_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_FOLLOWED_TABLES_H_
