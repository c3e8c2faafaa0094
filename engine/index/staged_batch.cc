#include "engine/index/staged_batch.h"

#include <algorithm>
#include <utility>

#include "engine/index/segment_file.h"
#include "engine/index/staged_batch_impl.h"

namespace binseek::index {

StagedBatchImpl::StagedBatchImpl(EngineState* state, std::vector<IndexId> indices, Hooks hooks)
    : state_(state), hooks_(std::move(hooks)), gate_(state->gates.Take(std::move(indices))) {}

StagedBatchImpl::~StagedBatchImpl() {
  if (applier_) {
    applier_->Abandon();
  }
}

Result<std::unique_ptr<StagedBatchImpl>> StagedBatchImpl::Begin(EngineState* state,
                                                                std::vector<IndexId> indices,
                                                                Hooks hooks) {
  std::unique_ptr<StagedBatchImpl> batch(
      new StagedBatchImpl(state, std::move(indices), std::move(hooks)));
  for (const IndexId id : batch->gate_.indices()) {
    if (state->writers.Find(id) == nullptr) {
      return Status::NotFound("no index with id " + std::to_string(static_cast<uint32_t>(id)));
    }
  }
  do {
    BINSEEK_RETURN_IF_ERROR(batch->hooks_.flush());
  } while (!batch->TryHoldSegments());
  batch->claim_.emplace(state->claims.Take(batch->gate_.indices()));
  batch->view_ = state->publisher.applied();
  batch->edit_.emplace(state->publisher.NextEdit(), &state->memory->pool);
  batch->applier_.emplace(
      *batch->view_, [state](IndexId id) { return state->writers.Find(id); }, &*batch->edit_,
      state->pool(), [state] { return state->publisher.NextSegmentId(); });
  batch->applier_->AnalyzeOn(&state->analysis);
  StagedBatchImpl* const self = batch.get();
  batch->applier_->SpillAbove(
      std::max<size_t>(state->options.memory_limit_bytes / 4, 1),
      [self](const std::string& payload) { return self->WriteSpilled(payload); });
  return batch;
}

bool StagedBatchImpl::TryHoldSegments() {
  const auto view = state_->publisher.applied();
  std::vector<uint64_t> ids;
  for (const IndexId id : gate_.indices()) {
    if (const IndexView* index = view->Find(id)) {
      for (const auto& segment : index->segments) {
        if (!segment->on_disk()) {
          return false;
        }
        ids.push_back(segment->id());
      }
    }
  }
  state_->busy.Mark(ids);  // waits for merges
  held_.emplace(&state_->busy, std::move(ids));
  const auto now = state_->publisher.applied();
  const bool same = std::all_of(gate_.indices().begin(), gate_.indices().end(), [&](IndexId id) {
    const IndexView* before = view->Find(id);
    const IndexView* after = now->Find(id);
    return before == nullptr || after == nullptr || before->segments == after->segments;
  });
  if (!same) {
    held_.reset();
  }
  return same;
}

Result<std::shared_ptr<SegmentView>> StagedBatchImpl::WriteSpilled(const std::string& payload) {
  const uint64_t id = state_->publisher.NextSegmentId();
  state_->busy.Mark({id});
  spilled_.push_back(std::make_unique<BusyMark>(&state_->busy, std::vector<uint64_t>{id}));
  SegmentFileOutput output(state_->options.directory.get(), id);
  BINSEEK_RETURN_IF_ERROR(output.Append(payload));
  BINSEEK_RETURN_IF_ERROR(output.Finish());
  return OpenSegment(*state_->options.directory, id, state_->pool());
}

Result<std::vector<OpResult>> StagedBatchImpl::Add(std::span<const Operation> operations) {
  if (!applier_) {
    return Status::Aborted("the staged batch has ended");
  }
  std::vector<OpResult> results;
  results.reserve(operations.size());
  applier_->BeginAhead(operations);
  for (const Operation& operation : operations) {
    const std::vector<IndexId>& mine = gate_.indices();
    if (std::find(mine.begin(), mine.end(), operation.index) == mine.end()) {
      OpResult refused;
      refused.status = Status::InvalidArgument("the batch was not staged for this index");
      results.push_back(std::move(refused));
      continue;
    }
    results.push_back(applier_->Apply(operation));
    const Status status = applier_->SpillIfLarge();
    if (!status.ok()) {
      applier_->Abandon();
      applier_.reset();
      return status;
    }
  }
  applier_->EndAhead();
  return results;
}

Status StagedBatchImpl::CoverSeqNos(const std::vector<std::shared_ptr<IndexView>>& changed) const {
  SeqNos next;
  for (const auto& index : changed) {
    if (!state_->seq_no_ceilings.Covers(index->id, index->next_seq_no, 0)) {
      next[index->id] = index->next_seq_no;
    }
  }
  return next.empty() ? Status::Ok() : hooks_.cover(next);
}

Result<Epoch> StagedBatchImpl::Finish(std::map<std::string, std::string> user_data,
                                      Attachments attached) {
  if (!applier_) {
    return Status::Aborted("the staged batch has ended");
  }
  Result<BatchApplier::Changes> changes = applier_->Finish();
  Status status = changes.ok() ? CoverSeqNos(changes->changed) : changes.status();
  Result<Epoch> epoch = status.ok() ? Result<Epoch>(Epoch{0}) : std::move(status);
  if (epoch.ok()) {
    Publication publication;
    publication.changed = std::move(changes->changed);
    publication.tombstones = std::move(changes->tombstones);
    publication.user_data = std::move(user_data);
    publication.attached = std::move(attached);
    publication.edits.push_back(&*edit_);
    epoch = state_->publisher.Publish(std::move(publication));
  }
  if (epoch.ok()) {
    hooks_.published(applier_->Published(state_->options.clock->MonotonicMicros()));
  } else {
    applier_->Abandon();
  }
  applier_.reset();
  view_.reset();
  claim_.reset();
  return epoch;
}

}  // namespace binseek::index
