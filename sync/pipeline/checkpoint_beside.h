// CheckpointBeside: the checkpoint of a sink that cannot hold it, in a SQLite file beside it.
//
// What was applied last is known at once, and durable with Commit: behind what the sink made durable before, and behind the dead letters of what
// is passed over. So a restart finds a checkpoint that is older than what the sink has, or as old, never newer; what comes again is made harmless
// by its versions, which are those that it had.
//
// Thread-safe as far as an IndexSink has to be: Commit, Checkpoint and ForgetTombstones may be called beside the applier. Its mutex is a leaf
// lock, and not held while the sink or the disk is waited for; that of Commit is, and is taken by nothing else.
// Errors: those of the sink and of the state store; kIoError, kCorruption and kResourceExhausted of the file.
#ifndef BINSEEK_SYNC_PIPELINE_CHECKPOINT_BESIDE_H_
#define BINSEEK_SYNC_PIPELINE_CHECKPOINT_BESIDE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/index_sink.h"
#include "sync/pipeline/sqlite_database.h"
#include "sync/pipeline/state_store.h"

namespace binseek::pipeline {

// A sink that does not hold the checkpoint is never further ahead of it than by so many ordinals.
inline constexpr uint64_t kMaxAhead = uint64_t{1} << 20;

// What to go on from with a sink; nullopt: it was never written to. A sink that does not hold the checkpoint may have got more than that says,
// and not all of it comes again as it came: where a table is read again from the server's end on, and that is further now, what lies
// between is passed over. So ordinals go on behind all that there may be, and whatever was written then loses to what comes, or is swept.
[[nodiscard]] Result<std::optional<Checkpoint>> ResumeFrom(const IndexSink& sink,
                                                           change::SourceId source);

class CheckpointBeside final : public IndexSink {
 public:
  // Makes the file where it is missing. `sink` and `state` are borrowed. REQUIRES: the sink does not hold the checkpoint.
  [[nodiscard]] static Result<std::unique_ptr<CheckpointBeside>> Open(IndexSink* sink,
                                                                      StateStore* state,
                                                                      const std::string& file);

  // The sink's, but that it stages nothing.
  SinkCapabilities capabilities() const override;
  Result<index::IndexId> EnsureIndex(const std::string& name,
                                     const mapping::Mapping& mapping) override {
    return sink_->EnsureIndex(name, mapping);
  }
  Status DropIndexNamed(const std::string& name, std::optional<index::IndexId> id) override {
    return sink_->DropIndexNamed(name, id);
  }
  std::shared_ptr<const mapping::Mapping> MappingOf(index::IndexId index) const override {
    return sink_->MappingOf(index);
  }
  bool IsForeign(const std::string& name) const override { return sink_->IsForeign(name); }
  Result<index::ApplyResult> Apply(const index::Batch& batch) override;
  Status VisitKeys(index::IndexId index, std::string_view source_table,
                   const std::function<void(std::string_view)>& visit) const override {
    return sink_->VisitKeys(index, source_table, visit);
  }
  std::unique_ptr<KeyCursor> KeysBelow(index::IndexId index, std::string_view source_table,
                                       int64_t version) const override {
    return sink_->KeysBelow(index, source_table, version);
  }
  Status Commit() override;
  std::string Checkpoint(std::string_view key) const override;
  void ForgetTombstones(index::IndexId index, int64_t below_version) override {
    sink_->ForgetTombstones(index, below_version);
  }
  void ForgetTombstonesOf(index::IndexId index, std::string_view key_prefix,
                          int64_t below_version) override {
    sink_->ForgetTombstonesOf(index, key_prefix, below_version);
  }

 private:
  using UserData = std::map<std::string, std::string, std::less<>>;

  CheckpointBeside(IndexSink* sink, StateStore* state, std::unique_ptr<SqliteDatabase> database)
      : sink_(sink), state_(state), database_(std::move(database)) {}
  Status Load();
  Status Save(const UserData& data) BINSEEK_REQUIRES(commit_mutex_);

  IndexSink* const sink_;
  StateStore* const state_;
  Mutex commit_mutex_;                              // before mutex_
  const std::unique_ptr<SqliteDatabase> database_;  // of Commit, behind Load

  mutable Mutex mutex_;
  UserData applied_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_CHECKPOINT_BESIDE_H_
