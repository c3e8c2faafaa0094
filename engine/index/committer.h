// Committer: makes what is applied durable, and knows what is.
//
// A commit takes everything as of one moment, writes its segments in memory as one file per index, and of the others the pages that changed since
// the last commit; then it calls the hook, and names it all in a manifest that is renamed into place. Writers, merges and readers go on meanwhile.
//
// Thread-safe. Lock order: a gate, commit_mutex_, EngineState::memory_merges, a claim, the publisher's. Errors name the file; after one the next
// commit tries again from the same state.
#ifndef BINSEEK_ENGINE_INDEX_COMMITTER_H_
#define BINSEEK_ENGINE_INDEX_COMMITTER_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/index/engine_state.h"
#include "engine/index/keyword_files.h"
#include "engine/index/manifest.h"
#include "engine/index/merge_run.h"
#include "engine/store/file_envelope.h"

namespace binseek::index {

class Committer {
 public:
  explicit Committer(EngineState* state) : state_(state) {}

  // Takes the directory's lock, loads the newest commit and starts the publisher with it. Once, before all else.
  [[nodiscard]] Status Recover() BINSEEK_EXCLUDES(commit_mutex_);
  uint64_t recovered_generation() const { return recovered_generation_; }  // 0: there was no commit
  // What the commit that was found named: where replay begins.
  TranslogLocation recovered_translog() const { return recovered_translog_; }
  [[nodiscard]] Result<CommitStats> Commit() BINSEEK_EXCLUDES(commit_mutex_);
  // The newest one that is durable.
  std::shared_ptr<const PinnedCommit> Pin() BINSEEK_EXCLUDES(commit_mutex_);
  // Everything published up to this epoch is durable.
  Epoch durable_epoch() const { return durable_epoch_.load(); }
  // Commits where that is not so of `epoch`. Those who wait at the same time share the next commit.
  [[nodiscard]] Status MakeDurable(Epoch epoch) BINSEEK_EXCLUDES(commit_mutex_);
  // Commits where that is needed for each of the indices to give as many sequence numbers more (seq_no_ceilings.h). REQUIRES: the caller has their gates, and
  // no claim. kInvalidArgument: more than can be had at a time.
  [[nodiscard]] Status ReserveSeqNos(const std::vector<IndexId>& indices, uint64_t count)
      BINSEEK_EXCLUDES(commit_mutex_);
  // Commits, so that these numbers, of a staged batch that ends, are below what a manifest names. REQUIRES: the caller has the indices' gates; their claims
  // too, against the order of locks: none of them has a segment in memory, so that no commit asks for them.
  [[nodiscard]] Status CoverSeqNos(const std::map<IndexId, int64_t>& next)
      BINSEEK_EXCLUDES(commit_mutex_);
  // Commits where segments in memory are over the limit: now, or, while another commit runs, at twice the limit.
  [[nodiscard]] Status MakeRoom() BINSEEK_EXCLUDES(commit_mutex_);

 private:
  // What a commit makes of one index.
  struct IndexCommit {
    std::shared_ptr<const IndexView> index;
    std::unique_ptr<MergeRun> flush;  // of its segments in memory; null: it has none
    std::vector<uint64_t> flushed;
  };

  // `whatever`: also where nothing has changed.
  Result<CommitStats> CommitLocked(bool whatever = false) BINSEEK_REQUIRES(commit_mutex_);
  bool HaveSeqNos(const std::vector<IndexId>& indices, uint64_t count) const;
  // What was flushed takes the place of segments in memory. The first error; the other indices go on.
  Status InstallFlushed(std::vector<IndexCommit>* commits, CommitStats* stats)
      BINSEEK_REQUIRES(commit_mutex_);
  // Takes the state and marks its segments in memory busy, which no merge works on at that moment.
  Publisher::State Freeze(std::vector<IndexCommit>* commits, TranslogLocation* translog)
      BINSEEK_REQUIRES(commit_mutex_);
  Status Write(const Publisher::State& state, std::vector<IndexCommit>* commits,
               KeywordFiles::Plan* keywords, Manifest* manifest) BINSEEK_REQUIRES(commit_mutex_);
  Status WriteStates(const EngineView& view, const IndexCommit& commit, Manifest* manifest)
      BINSEEK_REQUIRES(commit_mutex_);
  Result<std::vector<ManifestState>> WriteState(const SegmentView& segment, uint64_t generation)
      BINSEEK_REQUIRES(commit_mutex_);
  Status WriteTombstones(const std::vector<TombstoneEdit>& edits, Manifest* manifest)
      BINSEEK_REQUIRES(commit_mutex_);
  Status WriteKeywords(const EngineView& view, KeywordFiles::Plan* plan, Manifest* manifest)
      BINSEEK_REQUIRES(commit_mutex_);
  Status WriteManifest(const Manifest& manifest) BINSEEK_REQUIRES(commit_mutex_);
  // Whether the newest commit names the view's segments and no others.
  bool NamesSegmentsOf(const EngineView& view) const BINSEEK_REQUIRES(commit_mutex_);
  // Writes a file that no manifest names yet.
  Status WriteNew(const std::string& file, const store::EnvelopeFormat& format, std::string_view id,
                  std::string_view payload) BINSEEK_REQUIRES(commit_mutex_);
  void DeleteAttempted() BINSEEK_REQUIRES(commit_mutex_);
  void DeleteUnnamedFiles() BINSEEK_REQUIRES(commit_mutex_);
  Status LoadIndices(const Manifest& manifest, Tombstones tombstones, KeywordWriters keywords)
      BINSEEK_REQUIRES(commit_mutex_);

  EngineState* const state_;
  // Constant after Recover.
  uint64_t recovered_generation_ = 0;
  TranslogLocation recovered_translog_;
  std::atomic<Epoch> durable_epoch_{0};

  Mutex commit_mutex_;
  Manifest committed_ BINSEEK_GUARDED_BY(commit_mutex_);  // the newest one that is durable
  // Of the newest attempt. A failed one may have become durable all the same (its rename, but not the sync behind it): its
  // files must not be written again under their names.
  uint64_t attempted_generation_ BINSEEK_GUARDED_BY(commit_mutex_) = 0;
  uint64_t committed_changes_ BINSEEK_GUARDED_BY(commit_mutex_) = 0;
  uint64_t tombstone_edits_ BINSEEK_GUARDED_BY(commit_mutex_) = 0;  // in the committed files
  KeywordFiles keyword_files_ BINSEEK_GUARDED_BY(commit_mutex_);
  std::map<uint64_t, std::vector<ManifestState>> states_
      BINSEEK_GUARDED_BY(commit_mutex_);  // of committed segments
  // Files of the running attempt, from before they are created until its rename is tried: nothing names them, so they go with it.
  std::vector<std::string> attempted_files_ BINSEEK_GUARDED_BY(commit_mutex_);
  std::unique_ptr<store::DirectoryLock> lock_ BINSEEK_GUARDED_BY(commit_mutex_);
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_COMMITTER_H_
