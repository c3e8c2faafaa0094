// The part of FollowedTables that knows which rows are yet to be read by themselves.
#include <string>
#include <utility>
#include <vector>

#include "engine/base/clock.h"
#include "sync/pipeline/followed_tables.h"

namespace binseek::pipeline {

std::optional<SnapshotTask> FollowedTables::TakeKeys(size_t most) {
  const MutexLock lock(&mutex_);
  return TakeKeysLocked(most, std::nullopt);
}

std::optional<SnapshotTask> FollowedTables::TakeKeysLocked(size_t most,
                                                           std::optional<bool> failed) {
  auto it = tables_.upper_bound(last_keys_of_);  // tables take turns
  for (size_t left = tables_.size(); left > 0; --left, ++it) {
    it = it == tables_.end() ? tables_.begin() : it;
    auto& [name, table] = *it;
    if (MayRead(table) && failed.value_or(table.put_off != 0) == (table.put_off != 0) &&
        table.pending.HasSomeToTake()) {
      last_keys_of_ = name;
      return SnapshotTask{
          name, table.generation, table.checkpoint.schema, {}, table.pending.Take(most)};
    }
  }
  return std::nullopt;
}

void FollowedTables::ReleaseKeys(const SnapshotTask& task) {
  const MutexLock lock(&mutex_);
  if (Table* table = TableOf(task)) {
    table->pending.Release(task.keys);
  }
}

void FollowedTables::AddPending(const std::vector<mapper::PendingRow>& rows) {
  if (rows.empty()) {
    return;
  }
  const MutexLock lock(&mutex_);
  for (const mapper::PendingRow& row : rows) {
    const auto it = tables_.find(row.table);
    if (it != tables_.end() && it->second.state != TableState::kStopped) {
      it->second.pending.Add(row.key);
    }
  }
  encoded_.reset();
  changed_.NotifyAll();
}

bool FollowedTables::ReadOnceMore(const std::string& name, const std::string& why) {
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(name);
  if (it == tables_.end() || it->second.state == TableState::kStopped ||
      it->second.checkpoint.snapshot_done || it->second.checkpoint.old) {
    return false;
  }
  TableCheckpoint& checkpoint = it->second.checkpoint;
  it->second.pending.Add({});
  if (checkpoint.stale_since_us == 0) {
    checkpoint.stale_since_us = Clock::Real()->NowMicros();
    checkpoint.stale_why = why;
  }
  Changed();
  return true;
}

void FollowedTables::ForgetPending(const std::string& name) {
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(name);
  if (it == tables_.end()) {
    return;
  }
  TableCheckpoint& checkpoint = it->second.checkpoint;
  if (it->second.pending.whole() && checkpoint.snapshot_done && !checkpoint.old) {
    checkpoint.stale_since_us = 0;
    checkpoint.stale_why.clear();
  }
  it->second.pending.Clear();
  encoded_.reset();
  changed_.NotifyAll();
}

bool FollowedTables::AwaitsKeysToBeBuilt(const std::string& name) const {
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(name);
  return it != tables_.end() && it->second.pending.AnyUpTo(it->second.built_stamp);
}

bool FollowedTables::IsToBeReadAgain(const std::string& name) const {
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(name);
  return it != tables_.end() && it->second.pending.whole();
}

bool FollowedTables::AnyOutdated(const std::string& name) const {
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(name);
  return it != tables_.end() &&
         (!it->second.pending.empty() || it->second.checkpoint.sweep_below != 0);
}

bool FollowedTables::IsOutdated(const std::string& name, const snapshot::KeyCells& key) const {
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(name);
  // While a table is read again, its documents are what they were before.
  return it != tables_.end() &&
         (it->second.pending.Covers(key) || it->second.checkpoint.sweep_below != 0);
}

void FollowedTables::SetForeignKeys(std::map<std::string, std::vector<std::string>> keys) {
  const MutexLock lock(&mutex_);
  foreign_keys_ = std::move(keys);
}

void FollowedTables::NoteCascaded(const std::string& name, uint64_t rows) {
  const MutexLock lock(&mutex_);
  cascaded_[name] += rows;
}

void FollowedTables::TellForeignKeys(TableStatus* status) const {
  const auto keys = foreign_keys_.find(status->table);
  status->foreign_keys = keys == foreign_keys_.end() ? std::vector<std::string>() : keys->second;
  const auto rows = cascaded_.find(status->table);
  status->cascaded_rows = rows == cascaded_.end() ? 0 : rows->second;
}

std::string FollowedTables::TableToReadAgain() const {
  const MutexLock lock(&mutex_);
  for (const auto& [name, table] : tables_) {
    // A snapshot that runs is not begun again: what cannot keep up with the changes would never end.
    const bool built = table.state == TableState::kRebuilding && table.checkpoint.snapshot_done &&
                       table.checkpoint.old.is_fed && !table.give_up;
    if ((table.state == TableState::kLive || built) && table.pending.whole()) {
      return name;
    }
  }
  return {};
}

}  // namespace binseek::pipeline
