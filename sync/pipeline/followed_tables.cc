#include "sync/pipeline/followed_tables.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/base/clock.h"

namespace binseek::pipeline {
namespace {

constexpr int64_t kRateHoldsMicros = 30'000'000;

}  // namespace

void FollowedTables::Follow(TableCheckpoint checkpoint, change::StopReason error) {
  const MutexLock lock(&mutex_);
  const std::string name = checkpoint.schema->QualifiedName();
  Table table;
  table.generation = next_generation_++;
  table.error = std::move(error);
  table.state = StateOf(checkpoint, /*begun=*/false);
  table.reads_nothing = checkpoint.snapshot_done;
  table.ranges = snapshot::KeyRanges(checkpoint.ranges);
  table.pending = PendingKeys(checkpoint.pending_keys);
  table.built_stamp = table.pending.last_stamp();
  table.checkpoint = std::move(checkpoint);
  table.checkpoint.pending_keys.clear();
  table.checkpoint.ranges.clear();
  if (!table.checkpoint.stopped.empty()) {
    table.state = TableState::kStopped;
    table.error = {table.checkpoint.stop_code, table.checkpoint.stopped};
  }
  if (table.error.code != change::StopCode::kNone) {
    stops_.Add(table.error.code);
  }
  tables_[name] = std::move(table);
  Changed();
  changed_.NotifyAll();
}

void FollowedTables::StopTable(const change::TableSchema& schema, change::StopReason why,
                               uint64_t dead_letter_limit) {
  const MutexLock lock(&mutex_);
  Table& table = tables_[schema.QualifiedName()];
  if (table.checkpoint.schema == nullptr) {
    table.checkpoint.schema = std::make_shared<const change::TableSchema>(schema);
  }
  table.checkpoint.dead_letter_limit = dead_letter_limit;
  Stop(std::move(why), &table);
}

TableState FollowedTables::StateOf(const TableCheckpoint& table, bool begun) {
  if (table.old) {
    return TableState::kRebuilding;
  }
  if (table.snapshot_done) {
    return TableState::kLive;
  }
  return begun ? TableState::kSnapshot : TableState::kPending;
}

void FollowedTables::Remove(const std::string& name) {
  const MutexLock lock(&mutex_);
  tables_.erase(name);
  Changed();
  changed_.NotifyAll();
}

std::optional<TableCheckpoint> FollowedTables::Find(const std::string& name) const {
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(name);
  return it == tables_.end() ? std::nullopt
                             : std::optional<TableCheckpoint>(CheckpointOf(it->second));
}

bool FollowedTables::IsStopped(const std::string& name) const {
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(name);
  return it != tables_.end() && it->second.state == TableState::kStopped;
}

std::vector<std::string> FollowedTables::NamesIn(std::string_view database) const {
  const MutexLock lock(&mutex_);
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) {
    if (database.empty() || table.checkpoint.schema->database == database) {
      names.push_back(name);
    }
  }
  return names;
}

std::string FollowedTables::WhyBehind(std::string_view index) const {
  const MutexLock lock(&mutex_);
  for (const auto& [name, table] : tables_) {
    if (table.checkpoint.index != index || index.empty()) {
      continue;
    }
    if (table.state == TableState::kStopped) {
      return "table " + name + " is not followed any more: " + table.error.text;
    }
    if (table.checkpoint.stale_since_us != 0) {
      return "table " + name + " is read again: " + table.checkpoint.stale_why;
    }
  }
  return {};
}

std::shared_ptr<const change::TableSchema> FollowedTables::SchemaFor(
    std::string_view database, std::string_view table,
    const change::BinlogPosition& reached) const {
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(std::string(database) + "." + std::string(table));
  if (it == tables_.end() || it->second.state == TableState::kStopped) {
    return nullptr;
  }
  const TableCheckpoint& checkpoint = it->second.checkpoint;
  const bool before = !checkpoint.captured_from.empty() && reached < checkpoint.captured_from;
  return before ? nullptr : checkpoint.schema;
}

void FollowedTables::Passed(const change::BinlogPosition& reached) {
  const MutexLock lock(&mutex_);
  for (auto& [name, table] : tables_) {
    change::BinlogPosition& from = table.checkpoint.captured_from;
    if (!from.empty() && !(reached < from)) {
      from = change::BinlogPosition();
      Changed();
      changed_.NotifyAll();
    }
    if (!table.refused_until.empty() && !(reached < table.refused_until)) {
      StopRefused(&table);
    }
  }
}

std::vector<std::string> FollowedTables::NotYetCaptured() const {
  const MutexLock lock(&mutex_);
  std::vector<std::string> names;
  for (const auto& [name, table] : tables_) {
    if (!table.checkpoint.captured_from.empty() && table.state != TableState::kStopped) {
      names.push_back(name);
    }
  }
  return names;
}

void FollowedTables::MoveTo(const change::BinlogPosition& end) {
  const MutexLock lock(&mutex_);
  for (auto& [name, table] : tables_) {
    if (!table.checkpoint.captured_from.empty() && table.state != TableState::kStopped) {
      table.checkpoint.captured_from = end;
    }
  }
  encoded_.reset();
  DropChunksLocked();
}

void FollowedTables::DropChunks() {
  const MutexLock lock(&mutex_);
  DropChunksLocked();
}

void FollowedTables::DropChunksLocked() {
  for (auto& [name, table] : tables_) {
    if (table.state == TableState::kStopped) {
      continue;
    }
    if (!table.checkpoint.snapshot_done || !table.pending.empty()) {
      table.generation = next_generation_++;
      table.reads_nothing = table.checkpoint.snapshot_done || table.give_up;
      table.ranges = snapshot::KeyRanges(table.ranges.List());
      table.pending = PendingKeys(table.pending.List());  // none of which is being read any more
      table.built_stamp = table.pending.last_stamp();     // whose stamps are others than before
    }
    // Another server may allow what that one refused, and places of that one mean nothing any more.
    table.refused_until = change::BinlogPosition();
    table.not_before = 0;
  }
  changed_.NotifyAll();
}

bool FollowedTables::IsCurrent(const std::string& name, uint64_t generation,
                               const std::vector<PendingKey>& keys) const {
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(name);
  return it != tables_.end() && it->second.generation == generation &&
         it->second.pending.MayWrite(keys);
}

void FollowedTables::Changed() {
  encoded_.reset();
  stale_.reset();
}

void FollowedTables::Stop(change::StopReason why, Table* table) {
  stops_.Add(why.code);
  table->generation = next_generation_++;
  table->state = TableState::kStopped;
  table->error = std::move(why);
  table->checkpoint.stopped = table->error.text;
  table->checkpoint.stop_code = table->error.code;
  table->checkpoint.old.is_fed = false;
  table->pending.Clear();  // none of them will be read
  if (!table->checkpoint.index.empty() && table->checkpoint.stale_since_us == 0) {
    table->checkpoint.stale_since_us = Clock::Real()->NowMicros();
    table->checkpoint.stale_why = table->error.text;
  }
  Changed();
  changed_.NotifyAll();
}

TableCheckpoint FollowedTables::CheckpointOf(const Table& table,
                                             const std::vector<PendingKey>& read) {
  TableCheckpoint checkpoint = table.checkpoint;
  checkpoint.pending_keys = table.pending.List(read);
  if (!checkpoint.snapshot_done) {
    checkpoint.ranges = table.ranges.List();
  }
  return checkpoint;
}

std::map<std::string, TableCheckpoint> FollowedTables::Checkpoints() const {
  std::map<std::string, TableCheckpoint> followed;
  for (const auto& [name, table] : tables_) {
    // What is stopped before it had an index is looked at anew by the next start.
    if (table.state != TableState::kStopped || !table.checkpoint.index.empty()) {
      followed.emplace(name, CheckpointOf(table));
    }
  }
  return followed;
}

std::string FollowedTables::Encoded() const {
  const MutexLock lock(&mutex_);
  if (!encoded_) {
    encoded_ = EncodeTables(Checkpoints());
  }
  return *encoded_;
}

std::string FollowedTables::EncodedBehind(const ChunkProgress& chunk) const {
  const MutexLock lock(&mutex_);
  auto followed = Checkpoints();
  if (const auto it = followed.find(chunk.table); it != followed.end()) {
    Table behind = tables_.at(chunk.table);
    MoveOn(chunk, &behind);
    it->second = CheckpointOf(behind, chunk.keys);
  }
  return EncodeTables(followed);
}

void FollowedTables::SetEstimate(const std::string& name, uint64_t rows) {
  const MutexLock lock(&mutex_);
  const auto it = tables_.find(name);
  if (it != tables_.end()) {
    it->second.estimated_rows = std::max(rows, it->second.checkpoint.snapshot_rows);
  }
}

bool FollowedTables::snapshot_done() const {
  const MutexLock lock(&mutex_);
  return std::all_of(tables_.begin(), tables_.end(), [](const auto& entry) {
    const Table& table = entry.second;
    return (table.state == TableState::kLive && !table.pending.whole()) ||
           table.state == TableState::kStopped || table.checkpoint.old.is_fed;
  });
}

bool FollowedTables::has_work() const {
  const MutexLock lock(&mutex_);
  return std::any_of(tables_.begin(), tables_.end(), [](const auto& entry) {
    const Table& table = entry.second;
    return table.state != TableState::kStopped &&
           (table.state != TableState::kLive || !table.pending.empty());
  });
}

double FollowedTables::RowsPerSecond(const Table& table) const {
  if (table.samples.size() < 2 || !WaitsFor(table).text.empty()) {
    return 0;
  }
  const auto [from, rows] = table.samples.front();
  const auto [to, more] = table.samples.back();
  const bool is_old = to < clock_->MonotonicMicros() - kRateHoldsMicros;
  return to == from || is_old
             ? 0
             : static_cast<double>(more - rows) * 1e6 / static_cast<double>(to - from);
}

std::vector<TableStatus> FollowedTables::Status() const {
  const MutexLock lock(&mutex_);
  std::vector<TableStatus> all;
  for (const auto& [name, table] : tables_) {
    TableStatus status;
    status.table = name;
    status.index = table.checkpoint.index;
    status.state = table.state;
    status.snapshot_rows = table.checkpoint.snapshot_rows;
    status.estimated_rows = table.estimated_rows;
    status.pending_keys = table.pending.size();
    const bool is_read =
        table.state == TableState::kSnapshot || table.state == TableState::kRebuilding;
    if (is_read) {
      status.rows_per_second = RowsPerSecond(table);
    }
    status.stale_since_us = table.checkpoint.stale_since_us;
    status.stale_why = table.checkpoint.stale_why;
    status.rebuilding_since_us = table.checkpoint.old.since_us;
    status.rebuilding_why = table.checkpoint.old.why;
    const change::StopReason why = table.error.text.empty() ? WaitsFor(table) : table.error;
    status.error = why.text;
    status.code = why.code;
    TellForeignKeys(&status);
    all.push_back(std::move(status));
  }
  return all;
}

}  // namespace binseek::pipeline
