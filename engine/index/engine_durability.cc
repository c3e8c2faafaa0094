// EngineImpl: what a batch waits for until it is durable: a record of the translog, or a commit.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine_impl.h"

namespace binseek::index {

Status EngineImpl::Prepare(std::string payload, LogRecord* record, Publication* publication) {
  BINSEEK_ASSIGN_OR_RETURN(record->translog, state_.log.Get());
  Result<Translog::Prepared> prepared = record->translog->Prepare(std::move(payload));
  if (!prepared.ok()) {
    if (prepared.status().code() != StatusCode::kResourceExhausted) {  // that is the record's fault
      state_.log.Failed(record->translog.get(), prepared.status());
    }
    return prepared.status();
  }
  publication->logged = true;
  // std::function wants a copyable one
  auto shared = std::make_shared<Translog::Prepared>(std::move(*prepared));
  publication->before = [this, record, shared](Epoch) {
    const Result<TranslogLocation> end = record->translog->Append(std::move(*shared));
    if (!end.ok()) {
      state_.log.Failed(record->translog.get(), end.status());
      return end.status();
    }
    record->end = *end;
    return Status::Ok();
  };
  return Status::Ok();
}

bool EngineImpl::RestsOnUnlogged(const EngineView& view,
                                 const std::vector<IndexId>& indices) const {
  return std::any_of(indices.begin(), indices.end(), [&](IndexId id) {
    const IndexView* index = view.Find(id);
    return index != nullptr && index->unlogged > committer_.durable_epoch();
  });
}

// Files belong to no index, so what is logged behind them may rest on them wherever it says where its source is.
bool EngineImpl::NeedsCommit(const EngineView& view, const std::vector<IndexId>& indices,
                             const Batch& batch) const {
  return !batch.attached.empty() || !batch.takeovers.empty() ||
         (!batch.user_data.empty() &&
          state_.publisher.attached_epoch() > committer_.durable_epoch()) ||
         RestsOnUnlogged(view, indices);
}

void EngineImpl::AwaitsCommit(Epoch epoch, LogRecord* record) {
  record->to_commit = epoch;
  Epoch before = to_commit_;
  while (before < epoch && !to_commit_.compare_exchange_weak(before, epoch)) {
  }
}

Status EngineImpl::SyncLog() {
  // The log first: what waits for a commit is of other batches, and no reason to leave these behind.
  const Status synced = state_.log.Sync();
  const Status committed = committer_.MakeDurable(to_commit_);
  if (synced.code() == StatusCode::kUnavailable && committed.ok()) {
    return state_.log.Sync();  // that commit may have let writers in again
  }
  return synced.ok() ? committed : synced;
}

Status EngineImpl::AwaitSync(const LogRecord& record, Durability durability) {
  if (durability != Durability::kSynced) {
    return Status::Ok();
  }
  if (record.to_commit != 0) {
    return committer_.MakeDurable(record.to_commit);
  }
  if (record.translog == nullptr) {
    return Status::Ok();
  }
  Status status = record.translog->Sync(record.end);
  if (!status.ok()) {
    state_.log.Failed(record.translog.get(), status);
  }
  return status;
}

}  // namespace binseek::index
