// PinnedCommit: a commit whose files stay for as long as this is held, whatever updates, merges and commits come after it; to be copied or linked elsewhere.
//
//   BINSEEK_RETURN_IF_ERROR(engine->Commit().status());
//   BINSEEK_ASSIGN_OR_RETURN(auto pinned, engine->PinCommit());
//   BINSEEK_RETURN_IF_ERROR(pinned->LinkTo(backup.get()));    // opens as an engine equal to this one at that commit
//
// Thread-safe. It may outlive the engine, but then keeps nothing any more. Cost: disk space only, of what merges have replaced since.
// Errors: kIoError names the file; kInvalidArgument where the other directory is in use already.
#ifndef BINSEEK_ENGINE_INDEX_PINNED_COMMIT_H_
#define BINSEEK_ENGINE_INDEX_PINNED_COMMIT_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/index/manifest.h"
#include "engine/store/directory.h"

namespace binseek::index {

// Files that pins keep. Thread-safe; `mutex_` is a leaf.
class PinnedFiles {
 public:
  void Pin(const std::vector<std::string>& files) BINSEEK_EXCLUDES(mutex_);
  void Unpin(const std::vector<std::string>& files) BINSEEK_EXCLUDES(mutex_);
  std::set<std::string> All() const BINSEEK_EXCLUDES(mutex_);

 private:
  mutable Mutex mutex_;
  std::multiset<std::string> files_ BINSEEK_GUARDED_BY(mutex_);
};

class PinnedCommit {
 public:
  // The manifest's files are there, and none can be deleted while this is made.
  PinnedCommit(std::shared_ptr<store::Directory> directory, std::shared_ptr<PinnedFiles> pins,
               Manifest manifest);
  ~PinnedCommit();  // the next commit deletes what nobody else keeps
  PinnedCommit(const PinnedCommit&) = delete;
  PinnedCommit& operator=(const PinnedCommit&) = delete;

  uint64_t generation() const { return manifest_.generation; }
  Epoch epoch() const { return manifest_.epoch; }
  // All but the manifest, which a later commit replaces; LinkTo writes it anew.
  const std::vector<std::string>& files() const { return files_; }

  // Makes `target` a data directory that holds this commit, and nothing that was only logged behind it. Files are linked where the file system can do that, and
  // copied elsewhere; they are never written again, so the two directories do not see each other's changes. The manifest comes last: what is left by a crash
  // before does not open, and a further LinkTo takes it over. After an error the directory may hold the commit whole, or not open.
  // REQUIRES: the engine lives. Takes the directory's lock. Cost: a link per file, or reading and writing it.
  [[nodiscard]] Status LinkTo(store::Directory* target) const;

 private:
  const std::shared_ptr<store::Directory> directory_;
  const std::shared_ptr<PinnedFiles> pins_;
  const Manifest manifest_;
  const std::vector<std::string> files_;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_PINNED_COMMIT_H_
