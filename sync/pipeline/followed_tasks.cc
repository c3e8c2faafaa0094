// The part of FollowedTables that says what is read next, and what its reading waits for.
#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/log.h"
#include "sync/pipeline/followed_tables.h"

namespace binseek::pipeline {
namespace {

using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::seconds;

// How often a wait looks whether it is to stop: stop tokens do not wake a CondVar.
constexpr std::chrono::milliseconds kStopPoll{50};

// Between two attempts at a table: 1, 2, 4, 5, 5, ... s. Each attempt may take a second of its reader's time until the server says that there is a lock, so several tables wait
// as many times as long.
constexpr int64_t kFirstPauseSeconds = 1;
constexpr int64_t kLongestPauseSeconds = 5;
constexpr uint32_t kDoublings = 3;
// Of what the failed attempt itself took.
constexpr int64_t kTimesTheAttempt = 2;

}  // namespace

FollowedTables::Table* FollowedTables::TableOf(const SnapshotTask& task) {
  const auto it = tables_.find(task.table);
  return it != tables_.end() && it->second.generation == task.generation ? &it->second : nullptr;
}

bool FollowedTables::MayRead(const Table& table) const {
  return table.state != TableState::kStopped && table.checkpoint.captured_from.empty() &&
         table.refused_until.empty() &&
         (table.not_before == 0 || table.not_before <= clock_->MonotonicMicros());
}

bool FollowedTables::HasRangeToRead(const Table& table) {
  return !table.reads_nothing && table.ranges.HasFree();
}

std::optional<SnapshotTask> FollowedTables::TakeRangeLocked(bool failed) {
  for (auto& [name, table] : tables_) {
    if (MayRead(table) && failed == (table.put_off != 0) && HasRangeToRead(table)) {
      table.state = StateOf(table.checkpoint, /*begun=*/true);
      if (!failed) {
        table.samples.emplace_back(clock_->MonotonicMicros(), table.checkpoint.snapshot_rows);
      }
      return SnapshotTask{name, table.generation,    table.checkpoint.schema, *table.ranges.Take(),
                          {},   table.estimated_rows};
    }
  }
  return std::nullopt;
}

std::optional<SnapshotTask> FollowedTables::TakeTaskLocked(size_t most_keys, bool others_first) {
  for (const bool failed : {!others_first, others_first}) {
    if (auto keys = TakeKeysLocked(most_keys, failed)) {
      return keys;
    }
    if (auto range = TakeRangeLocked(failed)) {
      return range;
    }
  }
  return std::nullopt;
}

std::optional<SnapshotTask> FollowedTables::TakeTask(size_t most_keys, bool others_first) {
  const MutexLock lock(&mutex_);
  return TakeTaskLocked(most_keys, others_first);
}

std::optional<SnapshotTask> FollowedTables::AwaitTask(size_t most_keys, const std::stop_token& stop,
                                                      bool others_first) {
  const MutexLock lock(&mutex_);
  while (!stop.stop_requested()) {
    if (auto task = TakeTaskLocked(most_keys, others_first)) {
      return task;
    }
    changed_.WaitFor(&mutex_, kStopPoll);
  }
  return std::nullopt;
}

bool FollowedTables::AnotherIsDue(const SnapshotTask& task) const {
  const MutexLock lock(&mutex_);
  for (const auto& [name, table] : tables_) {
    if (name != task.table && table.put_off != 0 && MayRead(table) &&
        (HasRangeToRead(table) || table.pending.HasSomeToTake())) {
      return true;
    }
  }
  return false;
}

void FollowedTables::GiveBack(const SnapshotTask& task, const snapshot::KeyCells& read_up_to) {
  const MutexLock lock(&mutex_);
  if (Table* table = TableOf(task)) {
    table->ranges.GiveBack(task.range.id, read_up_to);
  }
}

void FollowedTables::PutOff(const SnapshotTask& task, const snapshot::KeyCells& read_up_to,
                            microseconds took, change::StopReason why) {
  const MutexLock lock(&mutex_);
  Table* const table = TableOf(task);
  if (table == nullptr) {
    return;
  }
  if (task.keys.empty()) {
    table->ranges.GiveBack(task.range.id, read_up_to);
  } else {
    table->pending.Release(task.keys);
  }
  const int64_t pause =
      std::min(kFirstPauseSeconds << std::min(table->put_off, kDoublings), kLongestPauseSeconds);
  ++table->put_off;
  const int64_t waiting = std::count_if(
      tables_.begin(), tables_.end(), [](const auto& entry) { return entry.second.put_off != 0; });
  table->not_before =
      clock_->MonotonicMicros() +
      std::max(duration_cast<microseconds>(seconds(pause * waiting)), took * kTimesTheAttempt)
          .count();
  WaitFor(std::move(why), table);
}

void FollowedTables::Refuse(const SnapshotTask& task, const change::BinlogPosition& written,
                            std::string error, std::string mend) {
  const MutexLock lock(&mutex_);
  Table* const table = TableOf(task);
  if (table == nullptr) {
    return;
  }
  // The task does not go back: where nothing explains it, nothing is read any more.
  table->refused_until = written;
  table->refused = std::move(error);
  table->mend = std::move(mend);
}

void FollowedTables::StopRefused(Table* table) {
  change::StopReason why{change::StopCode::kTableReadFailed,
                         "its snapshot failed: " + table->refused};
  Log(LogLevel::kError, "table stopped",
      {{"table", table->checkpoint.schema->QualifiedName()},
       {"code", StopCodeName(why.code)},
       {"error", table->refused}});
  table->refused_until = change::BinlogPosition();
  if (!table->checkpoint.old.is_fed) {
    why.text += "; " + table->mend;
    Stop(std::move(why), table);
    return;
  }
  table->generation = next_generation_++;
  table->reads_nothing = true;
  table->give_up = true;
  table->error = std::move(why);
}

void FollowedTables::WaitFor(change::StopReason why, Table* table) {
  if (table->waits_for.code != why.code) {  // else it waits on
    stops_.Add(why.code);
  }
  table->waits_for = std::move(why);
}

void FollowedTables::NoteWaiting(const SnapshotTask& task, change::StopReason why) {
  const MutexLock lock(&mutex_);
  if (Table* table = TableOf(task)) {
    WaitFor(std::move(why), table);
  }
}

change::StopReason FollowedTables::WaitsFor(const Table& table) {
  constexpr auto kWaits = change::StopCode::kSnapshotWaits;
  if (!table.refused_until.empty()) {
    return {kWaits, "its reading was refused, and waits for the stream to come to " +
                        table.refused_until.ToString() +
                        ", up to where a statement may explain that: " + table.refused};
  }
  const change::BinlogPosition& from = table.checkpoint.captured_from;
  if (table.waits_for.text.empty() && !from.empty() && !table.checkpoint.snapshot_done) {
    return {kWaits, "its reading waits for the stream to come to " + from.ToString() +
                        ", where the table's shape was read"};
  }
  return table.waits_for;
}

}  // namespace binseek::pipeline
