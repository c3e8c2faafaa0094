// StagedBatchImpl: see staged_batch.h. Private to engine/index.
//
// It is a BatchApplier that lives long. What makes that safe: the gates keep other writers from its indices; their segments in memory were flushed and all
// others are marked busy before it begins, so that no merge and no commit wants to replace one; and then it holds their claims to the end.
#ifndef BINSEEK_ENGINE_INDEX_STAGED_BATCH_IMPL_H_
#define BINSEEK_ENGINE_INDEX_STAGED_BATCH_IMPL_H_

#include <atomic>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/index/batch_applier.h"
#include "engine/index/engine_state.h"
#include "engine/index/merge_run.h"
#include "engine/index/page_edit.h"
#include "engine/index/staged_batch.h"

namespace binseek::index {

class StagedBatchImpl final : public StagedBatch {
 public:
  // The number that each index gives next.
  using SeqNos = std::map<IndexId, int64_t>;
  struct Hooks {
    std::function<Status()> flush;               // commits
    std::function<Status(const SeqNos&)> cover;  // Committer::CoverSeqNos
    std::function<void(size_t)> published;       // is told how many tombstones there are more
  };
  // kNotFound: no such index.
  static Result<std::unique_ptr<StagedBatchImpl>> Begin(EngineState* state,
                                                        std::vector<IndexId> indices, Hooks hooks);
  ~StagedBatchImpl() override;
  StagedBatchImpl(const StagedBatchImpl&) = delete;
  StagedBatchImpl& operator=(const StagedBatchImpl&) = delete;

  Result<std::vector<OpResult>> Add(std::span<const Operation> operations) override;
  Result<Epoch> Finish(std::map<std::string, std::string> user_data, Attachments attached) override;

 private:
  StagedBatchImpl(EngineState* state, std::vector<IndexId> indices, Hooks hooks);
  // Marks the segments of all its indices busy; false: there are new ones since, try again.
  bool TryHoldSegments();
  // Its numbers must be below what a manifest names before anybody sees them (seq_no_ceilings.h).
  Status CoverSeqNos(const std::vector<std::shared_ptr<IndexView>>& changed) const;
  Result<std::shared_ptr<SegmentView>> WriteSpilled(const std::string& payload);

  // In this order: what is below goes first.
  EngineState* const state_;
  const Hooks hooks_;
  const WriterClaims::Claim gate_;
  std::optional<BusyMark> held_;
  std::optional<WriterClaims::Claim> claim_;
  std::vector<std::unique_ptr<BusyMark>> spilled_;  // files that nobody names yet
  std::shared_ptr<const EngineView> view_;
  std::optional<PageEdit> edit_;
  std::optional<BatchApplier> applier_;  // none: finished, or failed
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_STAGED_BATCH_IMPL_H_
