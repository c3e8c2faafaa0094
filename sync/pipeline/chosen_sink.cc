#include "sync/pipeline/chosen_sink.h"

#include <utility>

#include "sync/pipeline/checkpoint_beside.h"
#include "sync/pipeline/engine_sink.h"

namespace binseek::pipeline {
namespace {

class OwnEngine final : public ChosenSink {
 public:
  OwnEngine(index::Engine* engine, change::SourceId source, std::shared_ptr<IndexOwners> owners)
      : engine_(engine), sink_(engine, std::move(owners)), files_(engine, source) {}

  IndexSink* sink() override { return &sink_; }
  PreparedFiles* files() override { return &files_; }
  std::unique_ptr<mapper::StoredRows> Rows(std::shared_ptr<const StaleVersions> stale) override {
    return std::make_unique<EngineRows>(engine_->View(), std::move(stale));
  }

 private:
  index::Engine* const engine_;
  EngineSink sink_;
  PreparedFiles files_;
};

class OtherSink final : public ChosenSink {
 public:
  OtherSink(const OtherSinkOptions& options, std::unique_ptr<CheckpointBeside> beside)
      : options_(options), beside_(std::move(beside)) {}

  IndexSink* sink() override { return beside_ != nullptr ? beside_.get() : options_.sink; }
  std::unique_ptr<mapper::StoredRows> Rows(std::shared_ptr<const StaleVersions> stale) override {
    return options_.rows(std::move(stale));
  }

 private:
  const OtherSinkOptions options_;
  const std::unique_ptr<CheckpointBeside> beside_;  // null: the sink holds the checkpoint
};

}  // namespace

void ChosenSink::LetGoOfFiles(const change::PreparedSet* named) {
  if (files() != nullptr) {
    files()->LetGo(named);
  }
}

Result<std::optional<Checkpoint>> ChosenSink::Resume(change::SourceId source) {
  BINSEEK_ASSIGN_OR_RETURN(auto checkpoint, ResumeFrom(*sink(), source));
  if (files() != nullptr) {
    const auto opened = files()->Open(checkpoint ? *checkpoint->prepared : change::PreparedSet());
    if (checkpoint) {
      checkpoint->prepared = opened;
    }
  }
  return checkpoint;
}

Result<std::unique_ptr<ChosenSink>> ChosenSink::Open(const SupervisorOptions& options) {
  const OtherSinkOptions& other = options.other_sink;
  if (other.sink == nullptr) {
    return std::unique_ptr<ChosenSink>(
        std::make_unique<OwnEngine>(options.engine, options.source, options.owners));
  }
  std::unique_ptr<CheckpointBeside> beside;
  if (!other.sink->capabilities().holds_checkpoint) {
    BINSEEK_ASSIGN_OR_RETURN(
        beside, CheckpointBeside::Open(other.sink, options.state, other.checkpoint_file));
  }
  return std::unique_ptr<ChosenSink>(std::make_unique<OtherSink>(other, std::move(beside)));
}

}  // namespace binseek::pipeline
