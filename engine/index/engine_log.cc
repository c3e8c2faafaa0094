#include "engine/index/engine_log.h"

#include <utility>

#include "engine/base/log.h"

namespace binseek::index {

Status EngineLog::Open(store::Directory* directory, const TranslogLocation& replayed) {
  BINSEEK_ASSIGN_OR_RETURN(auto translog, Translog::Open(directory, replayed));
  directory_ = directory;
  const MutexLock lock(&mutex_);
  generation_ = translog->stats().generation;
  translog_ = std::move(translog);
  return Status::Ok();
}

void EngineLog::Replayed(const TranslogLocation& location) {
  const MutexLock lock(&mutex_);
  replayed_ = location;
}

std::shared_ptr<Translog> EngineLog::Current() const {
  const MutexLock lock(&mutex_);
  return translog_;
}

Result<std::shared_ptr<Translog>> EngineLog::Get() const {
  const MutexLock lock(&mutex_);
  if (!refused_.ok()) {
    return Status::Unavailable("writes wait for a commit since the translog failed: " +
                               refused_.message());
  }
  return translog_;
}

Status EngineLog::Sync() {
  BINSEEK_ASSIGN_OR_RETURN(const auto translog, Get());
  Status status = translog->SyncAll();
  if (!status.ok()) {
    Failed(translog.get(), status);
  }
  return status;
}

void EngineLog::Failed(const Translog* translog, const Status& why) {
  const MutexLock lock(&mutex_);
  if (translog != translog_.get() || failed_) {
    return;
  }
  failed_ = true;
  refused_ = why;
  refused_.IgnoreError();  // those who are refused look at it
  Log(LogLevel::kError, "the translog failed; logged writes are refused until a commit succeeds",
      {{"error", why.ToString()}});
}

Status EngineLog::Repair() {
  std::shared_ptr<Translog> failed;
  {
    const MutexLock lock(&mutex_);
    if (!failed_) {
      return Status::Ok();
    }
    failed = translog_;
  }
  BINSEEK_ASSIGN_OR_RETURN(auto translog, Translog::Open(directory_, failed->tail()));
  const MutexLock lock(&mutex_);
  generation_ = translog->stats().generation;
  rolled_records_ = 0;
  translog_ = std::move(translog);
  failed_ = false;  // but refused until Committed
  return Status::Ok();
}

TranslogLocation EngineLog::Roll() {
  const MutexLock lock(&mutex_);
  if (translog_ == nullptr) {
    return replayed_;
  }
  const uint64_t records = translog_->stats().records;
  if (records != rolled_records_) {  // else nothing of the generation is in use yet
    generation_ = translog_->Roll();
    rolled_records_ = records;
  }
  return {generation_, 0};
}

Status EngineLog::SyncAll() {
  const auto translog = Current();
  if (translog == nullptr) {
    return Status::Ok();
  }
  Status status = translog->SyncAll();
  if (!status.ok()) {
    Failed(translog.get(), status);
  }
  return status;
}

void EngineLog::Committed(uint64_t generation) {
  const auto translog = Current();
  if (translog == nullptr) {
    return;  // the next commit deletes
  }
  if (generation != deleted_before_.exchange(generation)) {
    const Status deleted = translog->DeleteBefore(generation);
    if (!deleted.ok()) {
      Log(LogLevel::kWarn, "older translog files stay", {{"error", deleted.ToString()}});
    }
  }
  const MutexLock lock(&mutex_);
  if (!failed_) {
    refused_ = Status::Ok();
  }
}

bool EngineLog::refuses() const {
  const MutexLock lock(&mutex_);
  return !refused_.ok();
}

TranslogStats EngineLog::stats() const { return Current()->stats(); }

}  // namespace binseek::index
