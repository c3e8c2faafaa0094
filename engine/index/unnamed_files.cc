// Committer: files that no manifest names, and that nobody is about to name.
#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "engine/index/committer.h"
#include "engine/index/segment_file.h"

namespace binseek::index {

// Without this a full disk would stay full: every further attempt writes under other names.
void Committer::DeleteAttempted() {
  for (const std::string& file : attempted_files_) {
    const Status ignored =
        state_->options.directory->Delete(file);  // or the next commit that succeeds
    static_cast<void>(ignored.ok());
  }
  attempted_files_.clear();
}

void Committer::DeleteUnnamedFiles() {
  const auto files = state_->options.directory->List();
  if (!files.ok()) {
    return;  // they cost room, nothing else; the next commit tries again
  }
  // In this order: a file that was listed is being written, or has been published since, or is garbage.
  std::set<uint64_t> segments = state_->busy.All();
  std::set<std::string, std::less<>> written;  // perhaps in parts
  for (const uint64_t id : segments) {
    written.insert(SegmentFile(id));
  }
  const auto view = state_->publisher.applied();  // kept alive while it is walked
  for (const auto& index : view->indices()) {
    for (const auto& segment : index->segments) {
      segments.insert(segment->id());
    }
  }
  std::set<std::string> named{std::string(kManifestFile)};
  for (const uint64_t id : segments) {
    named.insert(SegmentFile(id));
  }
  named.merge(state_->pinned_files->All());
  for (const uint64_t id : state_->attached_files->InUse()) {
    named.insert(AttachedFileName(id));
  }
  for (std::string& file : NamedFiles(committed_)) {
    named.insert(std::move(file));
  }
  for (const std::string& file : *files) {
    const bool ours = IsCommitFile(file) || file == std::string(kManifestFile) + ".new";
    if (ours && named.count(file) == 0 && written.count(WithoutPart(file)) == 0) {
      const Status ignored = state_->options.directory->Delete(file);
      static_cast<void>(ignored.ok());
    }
  }
}

}  // namespace binseek::index
