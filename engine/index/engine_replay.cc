// EngineImpl::ReplayLog: what was acknowledged over HTTP and came into no commit.
#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/base/log.h"
#include "engine/index/batch_applier.h"
#include "engine/index/engine_impl.h"
#include "engine/index/manifest.h"
#include "engine/index/page_edit.h"
#include "engine/index/translog_record.h"
#include "engine/index/translog_replay.h"

namespace binseek::index {
namespace {

// Records are applied by the many: nobody looks on, and a small segment costs as much as a large one. But a log may be larger than
// memory.
constexpr size_t kOpsAtOnce = 20'000;
constexpr size_t kBytesAtOnce = 16u << 20;
constexpr size_t kShareAtOnce = 8;  // of the memory limit
// Enough for several threads to analyse at a time.
constexpr size_t kBytesAnalysed = 1u << 20;

// Applies replayed batches, and publishes some at a time.
class Replayer {
 public:
  // `published` is told which indices have got a segment.
  Replayer(EngineState* state, std::function<Status(const std::vector<IndexId>&)> published)
      : state_(state),
        published_(std::move(published)),
        bytes_at_once_(std::min(kBytesAtOnce, state->options.memory_limit_bytes / kShareAtOnce)) {}
  ~Replayer() {
    if (work_) {
      work_->applier.Abandon();
    }
  }
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  // A record of `bytes` that ends at `end`.
  Status Add(ReplayedBatch batch, size_t bytes, const TranslogLocation& end) {
    if (!work_) {
      work_.emplace(state_);
    }
    std::move(batch.operations.begin(), batch.operations.end(), std::back_inserter(waiting_));
    ends_.resize(waiting_.size(), end);
    waiting_bytes_ += bytes;
    for (auto& [key, value] : batch.user_data) {
      user_data_[key] = std::move(value);
    }
    end_ = end;
    if (waiting_bytes_ >= kBytesAnalysed || waiting_bytes_ > bytes_at_once_) {
      BINSEEK_RETURN_IF_ERROR(Apply());
    }
    return operations_ < kOpsAtOnce && bytes_ <= bytes_at_once_ ? Status::Ok() : Flush();
  }

  Status Flush() {
    if (!work_) {
      return Status::Ok();
    }
    BINSEEK_RETURN_IF_ERROR(Apply());
    BINSEEK_ASSIGN_OR_RETURN(BatchApplier::Changes changes, work_->applier.Finish());
    std::vector<IndexId> indices;
    for (const auto& index : changes.changed) {
      indices.push_back(index->id);
    }
    Publication publication;
    publication.changed = std::move(changes.changed);
    publication.tombstones = std::move(changes.tombstones);
    publication.user_data = std::exchange(user_data_, {});
    publication.edits.push_back(&work_->edit);
    BINSEEK_RETURN_IF_ERROR(state_->publisher.Publish(std::move(publication)).status());
    tombstones_ += work_->applier.Published(state_->options.clock->MonotonicMicros());
    work_.reset();
    operations_ = 0;
    bytes_ = 0;
    state_->log.Replayed(end_);
    return published_(indices);
  }

  size_t tombstones() const { return tombstones_; }  // gained

 private:
  // What is waiting, with the help of analysing threads. REQUIRES: there is work.
  Status Apply() {
    operations_ += waiting_.size();
    bytes_ += std::exchange(waiting_bytes_, 0);
    const std::vector<TranslogLocation> ends = std::exchange(ends_, {});
    size_t applied = 0;
    const Status status = work_->applier.ReplayAll(std::exchange(waiting_, {}), &applied);
    return status.ok() ? status
                       : status.WithContext(TranslogFile(ends[applied].generation) +
                                            ", in the record that ends at offset " +
                                            std::to_string(ends[applied].offset));
  }

  struct Work {
    explicit Work(EngineState* state)
        : view(state->publisher.applied()),
          edit(state->publisher.NextEdit(), &state->memory->pool),
          applier(
              *view, [state](IndexId id) { return state->writers.Find(id); }, &edit, state->pool(),
              [state] { return state->publisher.NextSegmentId(); }) {
      applier.AnalyzeOn(&state->analysis);
    }

    const std::shared_ptr<const EngineView> view;
    PageEdit edit;
    BatchApplier applier;
  };

  EngineState* const state_;
  const std::function<Status(const std::vector<IndexId>&)> published_;
  const size_t bytes_at_once_;
  std::optional<Work> work_;  // none: nothing is waiting
  // Not applied yet, and where the record of each ends.
  std::vector<ReplayedOp> waiting_;
  std::vector<TranslogLocation> ends_;
  size_t waiting_bytes_ = 0;
  size_t operations_ = 0;  // applied
  size_t bytes_ = 0;       // of the records that they come from
  std::map<std::string, std::string> user_data_;
  TranslogLocation end_;
  size_t tombstones_ = 0;
};

}  // namespace

// Nobody else is there yet, so no claims are taken.
Status EngineImpl::ReplayLog() {
  store::Directory* const directory = state_.options.directory.get();
  Replayer replayer(&state_, [this](const std::vector<IndexId>& indices) {
    KeepSegmentsFew(indices);
    // What comes behind the commit may need as much again before the next one.
    return memory_bytes() > state_.options.memory_limit_bytes / 2 ? committer_.Commit().status()
                                                                  : Status::Ok();
  });
  const bool has_manifest = committer_.recovered_generation() != 0;
  const auto replay_record = [&](std::string_view payload, const TranslogLocation& end) -> Status {
    if (!has_manifest) {  // every directory in use has one
      return Status::Corruption(std::string(kManifestFile) + " is missing");
    }
    BINSEEK_ASSIGN_OR_RETURN(TranslogRecord record, DecodeTranslogRecord(payload));
    if (auto* batch = std::get_if<ReplayedBatch>(&record)) {
      return replayer.Add(std::move(*batch), payload.size(), end);
    }
    BINSEEK_RETURN_IF_ERROR(replayer.Flush());
    BINSEEK_RETURN_IF_ERROR(ReplayMapping(std::get<ReplayedMapping>(record)));
    state_.log.Replayed(end);
    return Status::Ok();
  };
  state_.log.Replayed(committer_.recovered_translog());
  BINSEEK_ASSIGN_OR_RETURN(
      const TranslogReplay replay,
      ReplayTranslog(*directory, committer_.recovered_translog(), replay_record));
  BINSEEK_RETURN_IF_ERROR(replayer.Flush());
  tombstones_ += replayer.tombstones();
  if (replay.records > 0 || replay.dropped_bytes > 0) {
    Log(LogLevel::kInfo, "translog replayed",
        {{"records", replay.records}, {"dropped_bytes", replay.dropped_bytes}});
  }
  if (replay.records > 0) {
    // So that it is never replayed behind what comes from here on. Before the next generation, which says how long this one was: not all that
    // was read need be durable, and a file that has become shorter is no loss once a commit has what it held.
    BINSEEK_RETURN_IF_ERROR(committer_.Commit().status());
  }
  return state_.log.Open(directory, replay.end);
}

Status EngineImpl::ReplayMapping(const ReplayedMapping& change) {
  const auto view = state_.publisher.applied();
  const IndexView* old = view->Find(change.index);
  if (old == nullptr) {
    return Status::Ok();  // dropped since, which a commit has made durable
  }
  auto index = std::make_shared<IndexView>(*old);
  index->mapping = std::make_shared<const mapping::Mapping>(change.mapping);
  Publication publication;
  publication.changed.push_back(std::move(index));
  return state_.publisher.Publish(std::move(publication)).status();
}

}  // namespace binseek::index
