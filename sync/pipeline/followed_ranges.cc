// The part of FollowedTables that knows what snapshots have left to read.
#include <algorithm>
#include <utility>

#include "engine/base/clock.h"
#include "sync/pipeline/followed_tables.h"

namespace binseek::pipeline {
namespace {

constexpr int64_t kRateWindowMicros = 5'000'000;

}  // namespace

void FollowedTables::CutRange(const SnapshotTask& task, const snapshot::KeyCells& border) {
  const MutexLock lock(&mutex_);
  if (Table* table = TableOf(task)) {
    table->ranges.Cut(task.range.id, border);
    encoded_.reset();
    changed_.NotifyAll();
  }
}

void FollowedTables::NoteTurn(const SnapshotTask& task) {
  const MutexLock lock(&mutex_);
  Table* const table = TableOf(task);
  if (table != nullptr && table->waits_for.code == change::StopCode::kSnapshotPaced) {
    table->waits_for = change::StopReason();
  }
}

void FollowedTables::CountStop(change::StopCode code) {
  const MutexLock lock(&mutex_);
  stops_.Add(code);
}

change::StopCounts FollowedTables::stops() const {
  const MutexLock lock(&mutex_);
  return stops_;
}

bool FollowedTables::MoveOn(const ChunkProgress& chunk, Table* table) {
  TableCheckpoint& checkpoint = table->checkpoint;
  if (!chunk.keys.empty()) {
    return false;
  }
  if (chunk.swapped) {
    checkpoint.old = OldGeneration();
  }
  checkpoint.snapshot_rows += chunk.rows;
  if (!chunk.swept) {
    table->ranges.Applied(chunk.range, chunk.last_key, chunk.last);
    if (!table->ranges.AllApplied()) {
      return false;
    }
    if (checkpoint.sweep_below != 0) {
      return true;  // a crash before the end of the sweep goes on behind what was read
    }
  }
  checkpoint.snapshot_done = true;
  table->reads_nothing = true;
  checkpoint.sweep_below = 0;
  // Else what answers is as old as it was, or all of it is to be read once more.
  if (!checkpoint.old && !table->pending.whole()) {
    checkpoint.stale_since_us = 0;
    checkpoint.stale_why.clear();
  }
  return true;
}

bool FollowedTables::ChunkApplied(const ChunkProgress& chunk) {
  const int64_t now = clock_->MonotonicMicros();
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(chunk.table);
  if (it == tables_.end() || it->second.state == TableState::kStopped) {
    return false;  // a later chunk could not be read meanwhile
  }
  Table& table = it->second;
  if (table.waits_for.code != change::StopCode::kSnapshotPaced) {  // else it was read before that
    table.waits_for = change::StopReason();
  }
  table.put_off = 0;
  table.not_before = 0;
  encoded_.reset();
  if (!chunk.keys.empty()) {
    table.pending.Done(chunk.keys);
    changed_.NotifyAll();  // what was pending again meanwhile can be taken
    return false;
  }
  const bool all = MoveOn(chunk, &table);
  table.built_stamp = all ? table.pending.last_stamp() : table.built_stamp;
  table.estimated_rows = std::max(table.estimated_rows, table.checkpoint.snapshot_rows);
  table.samples.emplace_back(now, table.checkpoint.snapshot_rows);
  while (table.samples.size() > 2 && table.samples.front().first < now - kRateWindowMicros) {
    table.samples.pop_front();
  }
  table.state = StateOf(table.checkpoint, /*begun=*/true);
  Changed();
  if (table.checkpoint.snapshot_done) {
    changed_.NotifyAll();
  }
  return all;
}

}  // namespace binseek::pipeline
