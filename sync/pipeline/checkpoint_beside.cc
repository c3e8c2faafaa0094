#include "sync/pipeline/checkpoint_beside.h"

#include <utility>

#include "engine/base/fault_point.h"

namespace binseek::pipeline {

Result<std::unique_ptr<CheckpointBeside>> CheckpointBeside::Open(IndexSink* sink, StateStore* state,
                                                                 const std::string& file) {
  BINSEEK_ASSIGN_OR_RETURN(auto database, SqliteDatabase::Open(file));
  std::unique_ptr<CheckpointBeside> beside(new CheckpointBeside(sink, state, std::move(database)));
  BINSEEK_RETURN_IF_ERROR(beside->Load());
  return beside;
}

SinkCapabilities CheckpointBeside::capabilities() const {
  SinkCapabilities capabilities = sink_->capabilities();
  capabilities.stages = false;  // the end of what is staged would be seen without its checkpoint
  capabilities.generations = false;  // a swap likewise
  return capabilities;
}

Status CheckpointBeside::Load() {
  BINSEEK_RETURN_IF_ERROR(database_->Run("PRAGMA journal_mode=WAL"));
  BINSEEK_RETURN_IF_ERROR(database_->Run("PRAGMA synchronous=FULL"));
  BINSEEK_RETURN_IF_ERROR(database_->Run(
      "CREATE TABLE IF NOT EXISTS checkpoints(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT"));
  BINSEEK_ASSIGN_OR_RETURN(const auto all,
                           database_->Prepare("SELECT key, value FROM checkpoints"));
  const MutexLock lock(&mutex_);
  for (;;) {
    BINSEEK_ASSIGN_OR_RETURN(const bool row, all->Step());
    if (!row) {
      return Status::Ok();
    }
    applied_[all->Text(0)] = all->Text(1);
  }
}

Result<index::ApplyResult> CheckpointBeside::Apply(const index::Batch& batch) {
  BINSEEK_ASSIGN_OR_RETURN(auto result, sink_->Apply(batch));
  const MutexLock lock(&mutex_);
  for (const auto& [key, value] : batch.user_data) {
    applied_[key] = value;
  }
  return result;
}

Status CheckpointBeside::Commit() {
  const MutexLock committing(&commit_mutex_);
  UserData applied;
  {
    const MutexLock lock(&mutex_);
    applied = applied_;
  }
  BINSEEK_RETURN_IF_ERROR(sink_->Commit());
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("beside.sink_is_durable"));
  BINSEEK_RETURN_IF_ERROR(state_->Flush());
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("beside.letters_are_durable"));
  return Save(applied);
}

Status CheckpointBeside::Save(const UserData& data) {
  const auto save = [&]() -> Status {
    BINSEEK_ASSIGN_OR_RETURN(
        const auto put, database_->Prepare("INSERT INTO checkpoints(key, value) VALUES(?1, ?2) "
                                           "ON CONFLICT(key) DO UPDATE SET value=?2"));
    for (const auto& [key, value] : data) {
      put->Bind(1, key);
      put->Bind(2, value);
      BINSEEK_RETURN_IF_ERROR(put->Run());
      put->Reset();
    }
    return database_->Run("COMMIT");
  };
  BINSEEK_RETURN_IF_ERROR(database_->Run("BEGIN IMMEDIATE"));
  Status saved = save();
  if (!saved.ok()) {
    database_->Rollback();
  }
  return saved;
}

std::string CheckpointBeside::Checkpoint(std::string_view key) const {
  const MutexLock lock(&mutex_);
  const auto it = applied_.find(key);
  return it == applied_.end() ? std::string() : it->second;
}

Result<std::optional<Checkpoint>> ResumeFrom(const IndexSink& sink, change::SourceId source) {
  const std::string stored = sink.Checkpoint(CheckpointKey(source));
  std::optional<Checkpoint> checkpoint;
  if (!stored.empty()) {
    auto decoded = DecodeCheckpoint(stored);
    if (!decoded.ok()) {
      return Because(change::StopCode::kCheckpointUnreadable, decoded.status());
    }
    checkpoint = *std::move(decoded);
    checkpoint->place.ordinal += sink.capabilities().holds_checkpoint ? 0 : kMaxAhead;
  }
  return checkpoint;
}

}  // namespace binseek::pipeline
