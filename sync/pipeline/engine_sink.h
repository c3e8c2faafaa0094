// EngineSink: the IndexSink that is the embedded engine, which can all that a sink can; EngineRows: what a mapper sees of it.
//
// Thread-compatible: the applier; Commit and ForgetTombstones may run beside it. Borrows the engine, which must outlive it.
// The mutex of `StagedIndices` is held over the engine's ForgetTombstones, and so comes before the engine's locks; nothing that holds one of these takes it.
#ifndef BINSEEK_SYNC_PIPELINE_ENGINE_SINK_H_
#define BINSEEK_SYNC_PIPELINE_ENGINE_SINK_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/index/engine.h"
#include "sync/mapper/row_mapper.h"
#include "sync/pipeline/index_owners.h"
#include "sync/pipeline/index_sink.h"
#include "sync/pipeline/table_reread.h"

namespace binseek::pipeline {

class EngineSink final : public IndexSink {
 public:
  explicit EngineSink(index::Engine* engine) : EngineSink(engine, nullptr) {}
  // `owners`: of all who write to the engine by such a sink; null: there is no other.
  EngineSink(index::Engine* engine, std::shared_ptr<IndexOwners> owners)
      : engine_(engine),
        owners_(owners == nullptr ? std::make_shared<IndexOwners>() : std::move(owners)) {}

  SinkCapabilities capabilities() const override {
    return {.atomic_epoch = true,
            .holds_checkpoint = true,
            .partial_update = true,
            .stages = true,
            .generations = true};
  }
  Result<index::IndexId> EnsureIndex(const std::string& name,
                                     const mapping::Mapping& mapping) override;
  Status DropIndexNamed(const std::string& name, std::optional<index::IndexId> id) override;
  Result<index::IndexId> MakeGeneration(const std::string& of,
                                        const mapping::Mapping& mapping) override {
    return engine_->CreateGeneration(of, mapping);
  }
  Status DropGenerations(const std::string& of, std::optional<index::IndexId> keep) override;
  std::shared_ptr<const mapping::Mapping> MappingOf(index::IndexId index) const override;
  bool IsForeign(const std::string& name) const override;
  // kUnavailable where the engine's memory is full: the source waits until there is room.
  Result<index::ApplyResult> Apply(const index::Batch& batch) override;
  // As Apply. Commits what was applied before.
  Result<std::unique_ptr<StagedSink>> Stage(const std::vector<index::IndexId>& indices) override;
  Status VisitKeys(index::IndexId index, std::string_view source_table,
                   const std::function<void(std::string_view)>& visit) const override;
  std::unique_ptr<KeyCursor> KeysBelow(index::IndexId index, std::string_view source_table,
                                       int64_t version) const override;
  Result<bool> VisitByNumber(index::IndexId index, mapping::FieldId field,
                             std::span<const int64_t> values, std::string_view source_table,
                             const NumberedVisit& visit) const override;
  Status Commit() override { return engine_->Commit().status(); }
  std::string Checkpoint(std::string_view key) const override { return engine_->UserData(key); }
  void ForgetTombstones(index::IndexId index, int64_t below_version) override;
  void ForgetTombstonesOf(index::IndexId index, std::string_view key_prefix,
                          int64_t below_version) override;

 private:
  class Staged;

  index::Engine* const engine_;
  const std::shared_ptr<IndexOwners> owners_;  // never null
};

// The engine's documents as they were when this was made, but for those of before: what is in them is not to be relied on.
class EngineRows final : public mapper::StoredRows {
 public:
  explicit EngineRows(std::shared_ptr<const index::EngineView> view,
                      std::shared_ptr<const StaleVersions> stale = nullptr)
      : view_(std::move(view)), stale_(std::move(stale)) {}

  bool Contains(index::IndexId index, std::string_view key) const override;
  Result<std::optional<std::string>> Source(index::IndexId index,
                                            std::string_view key) const override;

 private:
  std::optional<index::DocAddress> Find(const index::IndexView& index, std::string_view key) const;

  const std::shared_ptr<const index::EngineView> view_;
  const std::shared_ptr<const StaleVersions> stale_;  // null: there are none
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_ENGINE_SINK_H_
