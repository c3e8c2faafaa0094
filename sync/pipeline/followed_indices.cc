// The part of FollowedTables that knows which index is whose.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sync/change/transaction.h"
#include "sync/pipeline/followed_tables.h"

namespace binseek::pipeline {

std::string FollowedTables::TableOfIndex(std::string_view index) const {
  const MutexLock lock(&mutex_);
  for (const auto& [name, table] : tables_) {
    if (table.checkpoint.index == index && !index.empty()) {
      return name;
    }
  }
  return {};
}

std::string FollowedTables::TableOfIndexId(index::IndexId index) const {
  const MutexLock lock(&mutex_);
  for (const auto& [name, table] : tables_) {
    if (table.checkpoint.index_id == index || table.checkpoint.answering() == index) {
      return name;
    }
  }
  return {};
}

std::vector<TableCheckpoint> FollowedTables::TablesOf(std::string_view index) const {
  const MutexLock lock(&mutex_);
  std::vector<TableCheckpoint> tables;
  for (const auto& [name, table] : tables_) {
    if (table.checkpoint.index == index && !index.empty()) {
      tables.push_back(CheckpointOf(table));
    }
  }
  return tables;
}

std::shared_ptr<const StaleVersions> FollowedTables::Stale() const {
  const MutexLock lock(&mutex_);
  if (!stale_) {
    StaleVersions stale;
    for (const auto& [name, table] : tables_) {
      if (table.checkpoint.sweep_below != 0) {
        // Of tables that share it, the newest: what is taken for older than it is costs no more than a document written whole.
        int64_t& below = stale[table.checkpoint.index_id];
        below = std::max(below, change::VersionOf(table.checkpoint.sweep_below, 0));
      }
    }
    stale_ = stale.empty() ? nullptr : std::make_shared<const StaleVersions>(std::move(stale));
  }
  return *stale_;
}

std::string FollowedTables::TableToSwap() const {
  const MutexLock lock(&mutex_);
  for (const auto& [name, table] : tables_) {
    // A whole table that is pending is read again first, unless what answers is older than that.
    if (table.state == TableState::kRebuilding && table.checkpoint.snapshot_done &&
        !table.give_up && !table.pending.AnyUpTo(table.built_stamp) &&
        !(table.pending.whole() && table.checkpoint.old.is_fed)) {
      return name;
    }
  }
  return {};
}

std::string FollowedTables::TableToGiveUp(std::string* why) const {
  const MutexLock lock(&mutex_);
  for (const auto& [name, table] : tables_) {
    if (table.give_up && table.state == TableState::kRebuilding) {
      *why = table.error.text;
      return name;
    }
  }
  return {};
}

std::vector<index::IndexId> FollowedTables::Indices() const {
  const MutexLock lock(&mutex_);
  std::vector<index::IndexId> all;
  for (const auto& [name, table] : tables_) {
    // One that is stopped writes nothing that a tombstone would have to outlive, and may be where others write now.
    if (!table.checkpoint.index.empty() && table.state != TableState::kStopped) {
      all.push_back(table.checkpoint.index_id);
      if (table.checkpoint.old) {
        all.push_back(table.checkpoint.old.id);
      }
    }
  }
  return all;
}

std::string FollowedTables::WhatIsToRead(std::string_view index) const {
  for (const auto& [name, table] : tables_) {
    if (table.checkpoint.index != index || table.state == TableState::kStopped) {
      continue;
    }
    // A generation that is built beside one that is fed is nothing that a search sees.
    const bool reads = !table.checkpoint.snapshot_done || table.checkpoint.old;
    if (reads && !table.checkpoint.old.is_fed) {
      return "table " + name + " is being read by a snapshot, " +
             std::to_string(table.checkpoint.snapshot_rows) + " of about " +
             std::to_string(table.estimated_rows) + " rows so far";
    }
    if (!table.pending.empty()) {
      return "rows of table " + name + " are being read by their keys";
    }
  }
  return {};
}

Result<std::string> FollowedTables::AwaitRead(std::string_view index,
                                              std::chrono::steady_clock::time_point deadline,
                                              size_t most_waiters) {
  const MutexLock lock(&mutex_);
  std::string missing = WhatIsToRead(index);
  if (missing.empty() || std::chrono::steady_clock::now() >= deadline) {
    return missing;
  }
  if (waiters_ >= most_waiters) {
    return Status::ResourceExhausted("too many requests wait for the source already, " +
                                     std::to_string(waiters_));
  }
  ++waiters_;
  while (!missing.empty() && std::chrono::steady_clock::now() < deadline) {
    changed_.WaitUntil(&mutex_, deadline);
    missing = WhatIsToRead(index);
  }
  --waiters_;
  return missing;
}

}  // namespace binseek::pipeline
