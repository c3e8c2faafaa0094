// CommitLoop: makes what is applied durable, together with its position, every so often, in a
// thread of its own.
//
//   loop.Start();
//   loop.Resume(position);   // once the checkpoint is known
//   loop.NoteProgress();     // whenever something was applied
//   loop.Stop();             // commits once more, joins
//
// A snapshot's end is committed at once: its rows are not to be read again. A commit that fails is
// logged and tried again at the next interval.
// Thread-safe, but Start and Stop are called by one thread at a time. Its lock is a leaf but for
// that of FollowedTables.
#ifndef BINSEEK_SYNC_PIPELINE_COMMIT_LOOP_H_
#define BINSEEK_SYNC_PIPELINE_COMMIT_LOOP_H_

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "engine/base/mutex.h"
#include "sync/change/position.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/index_sink.h"

namespace binseek::pipeline {

// How far the stream was applied when a commit begins.
struct CommitPlace {
  change::SourcePosition position;
  uint64_t settled_ordinal = 0;  // see SnapshotWorker::SettledOrdinal
};

struct CommitLoopOptions {
  IndexSink* sink = nullptr;               // borrowed; must outlive the loop
  const FollowedTables* tables = nullptr;  // borrowed, likewise
  std::chrono::milliseconds interval{1000};
  std::function<CommitPlace()> place;  // called from the loop's thread, which holds no lock then
  // IndexOwners::KeyPrefixOf this source, by the index's name; nullopt: nothing of it is forgotten. Likewise.
  std::function<std::optional<std::string>(std::string_view)> key_prefix;
};

class CommitLoop {
 public:
  explicit CommitLoop(CommitLoopOptions options) : options_(std::move(options)) {}

  // REQUIRES: not started before.
  void Start();
  // Commits once more. Idempotent.
  void Stop();

  // What the tables say of their snapshots is as durable as the checkpoint that they were restored
  // from, which was at `committed`; nullopt: there was none.
  void Resume(std::optional<change::SourcePosition> committed);
  void NoteProgress();

  change::SourcePosition committed() const;
  // Whether all snapshots are done and a commit has made that durable.
  bool snapshot_durable() const;

 private:
  void Run(const std::stop_token& stop);
  bool AwaitCommitTime(const std::stop_token& stop, bool at_once_after_snapshot);
  bool Commit();
  void ForgetTombstones(uint64_t settled_ordinal) const;

  const CommitLoopOptions options_;  // constant after construction

  mutable Mutex mutex_;
  CondVar changed_;
  change::SourcePosition committed_ BINSEEK_GUARDED_BY(mutex_);
  // A commit holds all tables' rows: live is said of what a crash does not take back.
  bool snapshot_durable_ BINSEEK_GUARDED_BY(mutex_) = false;

  std::jthread thread_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_COMMIT_LOOP_H_
