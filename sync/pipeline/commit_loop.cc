#include "sync/pipeline/commit_loop.h"

#include <algorithm>
#include <utility>

#include "engine/base/log.h"
#include "engine/base/log_scope.h"
#include "sync/change/transaction.h"

namespace binseek::pipeline {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

void CommitLoop::Start() {
  thread_ = std::jthread([this, outer = LogScope::Current()](const std::stop_token& stop) {
    const LogScope of(outer);
    Run(stop);
  });
}

void CommitLoop::Stop() {
  if (thread_.joinable()) {
    thread_.request_stop();
    thread_.join();
  }
}

void CommitLoop::Resume(std::optional<change::SourcePosition> committed) {
  const bool snapshot_done = options_.tables->snapshot_done();
  const MutexLock lock(&mutex_);
  if (committed) {
    committed_ = *std::move(committed);
  }
  snapshot_durable_ = snapshot_done;
}

void CommitLoop::NoteProgress() {
  const bool snapshot_done = options_.tables->snapshot_done();
  const MutexLock lock(&mutex_);
  snapshot_durable_ = snapshot_durable_ && snapshot_done;
  changed_.NotifyAll();
}

change::SourcePosition CommitLoop::committed() const {
  const MutexLock lock(&mutex_);
  return committed_;
}

bool CommitLoop::snapshot_durable() const {
  const MutexLock lock(&mutex_);
  return snapshot_durable_;
}

void CommitLoop::Run(const std::stop_token& stop) {
  bool committed = true;
  while (AwaitCommitTime(stop, /*at_once_after_snapshot=*/committed)) {
    committed = Commit();
  }
  Commit();
}

// Waits for the interval's end, or for a snapshot's; false where stopped.
bool CommitLoop::AwaitCommitTime(const std::stop_token& stop, bool at_once_after_snapshot) {
  const auto until = steady_clock::now() + options_.interval;
  const MutexLock lock(&mutex_);
  while (!stop.stop_requested() && steady_clock::now() < until &&
         !(at_once_after_snapshot && options_.tables->snapshot_done() && !snapshot_durable_)) {
    changed_.WaitFor(&mutex_, std::min(options_.interval, milliseconds(50)));
  }
  return !stop.stop_requested();
}

bool CommitLoop::Commit() {
  const bool done_before = options_.tables->snapshot_done();
  CommitPlace place = options_.place();
  const Status status = options_.sink->Commit();
  if (!status.ok()) {
    static LogEvery every(std::chrono::seconds(10));
    every.Log(LogLevel::kError, "commit failed; it is tried again", {{"error", status}});
    return false;
  }
  ForgetTombstones(place.settled_ordinal);
  // Tables may have come meanwhile.
  const bool snapshot_done = done_before && options_.tables->snapshot_done();
  const MutexLock lock(&mutex_);
  committed_ = std::move(place.position);
  snapshot_durable_ = snapshot_done;
  return true;
}

void CommitLoop::ForgetTombstones(uint64_t settled_ordinal) const {
  const int64_t below = change::VersionOf(settled_ordinal + 1, 0);
  for (const index::IndexId index : options_.tables->Indices()) {
    // By its name, under which a generation that is built beside is the same one.
    const auto table = options_.tables->Find(options_.tables->TableOfIndexId(index));
    const auto prefix = table ? options_.key_prefix(table->index) : std::nullopt;
    if (prefix && prefix->empty()) {
      options_.sink->ForgetTombstones(index, below);
    } else if (prefix) {
      options_.sink->ForgetTombstonesOf(index, *prefix, below);
    }
  }
}

}  // namespace binseek::pipeline
