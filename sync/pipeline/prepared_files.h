// PreparedFiles: the events of large prepared XA transactions, as attached files of the engine, which checkpoints name (change::PreparedEvents::kept_as).
//
// A checkpoint is written with every batch, and holds what is small; a file is written once. It is attached before the first checkpoint that names it is applied, and
// let go of behind the first one that does not, each in a batch of its own: so every commit has the files that its checkpoint names, and what a crash leaves
// beyond those is dropped by the next start.
//
// Single-threaded: the thread of the stream. What it gives out may be read by any.
#ifndef BINSEEK_SYNC_PIPELINE_PREPARED_FILES_H_
#define BINSEEK_SYNC_PIPELINE_PREPARED_FILES_H_

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/index/engine.h"
#include "sync/change/prepared_set.h"
#include "sync/change/transaction.h"

namespace binseek::pipeline {

class PreparedFiles {
 public:
  // `engine` is borrowed. Other sources' files are left alone.
  PreparedFiles(index::Engine* engine, change::SourceId source);

  // Of a checkpoint that is gone on from: the same with what reads the files that it names. One that the engine does not have is left out, so that its commit is that
  // of a transaction that was never seen.
  std::shared_ptr<const change::PreparedSet> Open(const change::PreparedSet& named);
  // Writes the events to a file, and attaches it. kUnavailable where that fails.
  [[nodiscard]] Result<std::shared_ptr<const change::PreparedEvents>> Keep(std::string_view events);
  // Lets go of all files but those that the applied checkpoint names (null: none). REQUIRES: everything that was handed out is applied.
  void LetGo(const change::PreparedSet* named);

 private:
  std::shared_ptr<const change::PreparedEvents> EventsOf(
      const std::string& name, std::shared_ptr<const index::AttachedFile> file) const;

  index::Engine* const engine_;
  const std::string prefix_;
  std::set<std::string> attached_;  // of this source, by name
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_PREPARED_FILES_H_
