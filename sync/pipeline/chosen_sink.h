// ChosenSink: the sink that a supervisor writes to, with what reads it: its engine, or another sink with its checkpoint beside it.
//
// Thread-safety: constant behind Open; see IndexSink for what it gives out.
#ifndef BINSEEK_SYNC_PIPELINE_CHOSEN_SINK_H_
#define BINSEEK_SYNC_PIPELINE_CHOSEN_SINK_H_

#include <memory>
#include <optional>

#include "engine/base/result.h"
#include "sync/mapper/row_mapper.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/index_sink.h"
#include "sync/pipeline/prepared_files.h"
#include "sync/pipeline/supervisor.h"
#include "sync/pipeline/table_reread.h"

namespace binseek::pipeline {

class ChosenSink {
 public:
  // Opens the file of checkpoints where the sink of the options does not hold them. Borrows what the options borrow.
  [[nodiscard]] static Result<std::unique_ptr<ChosenSink>> Open(const SupervisorOptions& options);
  virtual ~ChosenSink() = default;

  virtual IndexSink* sink() = 0;
  // Of prepared XA transactions that are too large for a checkpoint; null: the sink has none.
  virtual PreparedFiles* files() { return nullptr; }
  // As PreparedFiles::LetGo, where there are files.
  void LetGoOfFiles(const change::PreparedSet* named);
  // As ResumeFrom, with the files that the checkpoint names.
  [[nodiscard]] Result<std::optional<Checkpoint>> Resume(change::SourceId source);
  // As of now. Documents of before, which have other versions, are not among them.
  virtual std::unique_ptr<mapper::StoredRows> Rows(std::shared_ptr<const StaleVersions> stale) = 0;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_CHOSEN_SINK_H_
