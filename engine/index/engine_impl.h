// EngineImpl: the engine behind engine.h. See engine/ARCHITECTURE.md for the life of a write.
//
// Private to engine/index. It puts the parts together: the publisher and the claims (engine_state.h), the committer, the merges. Thread-safe.
#ifndef BINSEEK_ENGINE_INDEX_ENGINE_IMPL_H_
#define BINSEEK_ENGINE_INDEX_ENGINE_IMPL_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/index/committer.h"
#include "engine/index/engine.h"
#include "engine/index/engine_state.h"
#include "engine/index/field_change_run.h"
#include "engine/index/log_keeper.h"
#include "engine/index/memory_limiter.h"
#include "engine/index/merge_scheduler.h"
#include "engine/index/translog_record.h"

namespace binseek::index {

class EngineImpl final : public Engine {
 public:
  explicit EngineImpl(EngineOptions options) : state_(std::move(options)) {}
  ~EngineImpl() override;
  EngineImpl(const EngineImpl&) = delete;
  EngineImpl& operator=(const EngineImpl&) = delete;
  Status Recover();

  Result<IndexId> CreateIndex(const std::string& name, mapping::Mapping mapping,
                              const std::string& settings_json) override;
  Result<IndexId> CreateGeneration(const std::string& of, mapping::Mapping mapping) override;
  Status DropIndex(IndexId index) override;
  Status UpdateMapping(IndexId index, mapping::Mapping mapping, Durability durability) override;
  Status ChangeField(IndexId index, const FieldChange& change, FieldChangeReport* report) override {
    return FieldChangeRun(&state_, index, change, [this] { return committer_.Commit().status(); })
        .Run(report);
  }
  Result<ApplyResult> Apply(const Batch& batch) override;
  Result<std::unique_ptr<StagedBatch>> Stage(std::vector<IndexId> indices) override;
  std::shared_ptr<const EngineView> View() const override { return state_.publisher.published(); }
  std::shared_ptr<const EngineView> AppliedView() const override {
    return state_.publisher.applied();
  }
  Status Refresh(IndexId index) override { return state_.publisher.Refresh(index); }
  Result<CommitStats> Commit() override;
  Status ForceMerge(IndexId index, uint64_t max_segments) override {
    return merges_.ForceMerge(index, max_segments);
  }
  Status ExpungeDeletes(IndexId index) override { return merges_.ExpungeDeletes(index); }
  Status SyncLog() override;
  std::string UserData(std::string_view key) const override {
    return state_.publisher.UserData(key);
  }
  Result<std::unique_ptr<AttachedFileWriter>> CreateAttachedFile() override;
  Attachments Attached() const override { return state_.publisher.attached(); }
  std::shared_ptr<const PinnedCommit> PinCommit() override { return committer_.Pin(); }
  void ForgetTombstones(IndexId index, int64_t below_version) override;
  void ForgetTombstonesOf(IndexId index, std::string_view key_prefix,
                          int64_t below_version) override;
  size_t tombstones() const override { return tombstones_.load(); }
  EngineMemory memory() const override { return state_.Memory(); }
  size_t memory_bytes() const override { return state_.publisher.memory_bytes(); }
  size_t held_bytes() const override { return state_.memory->reclaimer.waiting_bytes(); }
  size_t page_bytes() const override { return state_.memory->pool.used_bytes(); }

 private:
  // Applies what the translog has behind the commit, and commits where there was anything.
  Status ReplayLog();
  Status ReplayMapping(const ReplayedMapping& change);
  // Publishes with a record of the translog, and waits for its sync where the caller wants that. A record may rest only on what is in the
  // translog or in a commit, or a restart could not apply it: what cannot be logged for that reason waits for a commit instead.
  struct LogRecord {
    std::shared_ptr<Translog> translog;  // null: nothing is logged
    TranslogLocation end;
    Epoch to_commit = 0;  // 0: it does not wait for a commit
  };
  // Under the indices' claims.
  bool RestsOnUnlogged(const EngineView& view, const std::vector<IndexId>& indices) const;
  // The same of a batch; or it attaches files, which no record holds.
  bool NeedsCommit(const EngineView& view, const std::vector<IndexId>& indices,
                   const Batch& batch) const;
  void AwaitsCommit(Epoch epoch, LogRecord* record);
  Status Prepare(std::string payload, LogRecord* record, Publication* publication);
  // `indices`: those of the batch; comes back without duplicates.
  Result<ApplyResult> ApplyClaimed(const Batch& batch, std::vector<IndexId>* indices,
                                   LogRecord* record);
  Status AwaitSync(const LogRecord& record, Durability durability);
  Result<IndexId> MakeIndex(const std::string& of, bool generation, mapping::Mapping mapping,
                            const std::string& settings_json);
  // engine_takeover.cc. Under the claims of the indices.
  static Status CheckTakeovers(const EngineView& view, const Batch& batch);
  static void AddTakeovers(const EngineView& view, const Batch& batch, Publication* publication);
  // They are published.
  void TookOver(const Batch& batch);
  // Those that are older than tombstone_age, where no source says when they go. Under the index's claim. True: there may be more.
  bool ForgetOldTombstones(IndexId index, size_t at_most);
  // Of all indices but those that somebody writes to just now. REQUIRES: the caller has no gate and no claim.
  void ForgetAllOldTombstones();
  // After a batch: lets the scheduler look, or does its work where it has fallen behind or there is none. What fails is logged: the batch is applied.
  void KeepSegmentsFew(const std::vector<IndexId>& indices);
  void
  WakeFileMerges();  // after a commit: there are new files, and more dead documents in old ones

  EngineState state_;
  Committer committer_{&state_};
  MergeScheduler merges_{&state_};
  LogKeeper log_keeper_{&state_.log, state_.options.translog_sync_interval,
                        state_.options.translog_flush_bytes, [this] { return SyncLog(); },
                        [this] { return Commit().status(); }};
  MemoryLimiter memory_limiter_{&state_, [this] { ForgetAllOldTombstones(); },
                                [this] { return Commit().status(); },
                                [this] { return merges_.CompactPages(); }};
  std::atomic<Epoch> to_commit_{0};  // the newest one that SyncLog has to commit
  std::atomic<size_t> tombstones_{0};
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_ENGINE_IMPL_H_
