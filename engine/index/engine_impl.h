// EngineImpl: the engine behind engine.h. See engine/ARCHITECTURE.md for the life of a write.
//
// Private to engine/index. Members are grouped by what protects them; lock order is commit_mutex_, apply_mutex_, view_mutex_.
#ifndef BINSEEK_ENGINE_INDEX_ENGINE_IMPL_H_
#define BINSEEK_ENGINE_INDEX_ENGINE_IMPL_H_

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/index/batch_applier.h"
#include "engine/index/engine.h"
#include "engine/index/manifest.h"
#include "engine/index/segment_merger.h"
#include "engine/store/file_envelope.h"

namespace binseek::index {

inline constexpr store::EnvelopeFormat kManifestFormat{"manifest", 0, 0};
inline constexpr store::EnvelopeFormat kSegmentFormat{"segment", 0, 0};
inline constexpr store::EnvelopeFormat kStateFormat{"segment state", 0, 0};
inline constexpr store::EnvelopeFormat kTombstoneFormat{"tombstones", 0, 0};

// Reads and verifies a committed segment; with its state file where `state_generation` is not 0.
Result<std::shared_ptr<SegmentView>> LoadSegment(const store::Directory& directory,
                                                 const ManifestSegment& segment);
Result<Manifest> LoadManifest(
    const store::Directory& directory);  // kNotFound: the directory holds no commit
Result<Tombstones> LoadTombstones(const store::Directory& directory, const Manifest& manifest);

class EngineImpl final : public Engine {
 public:
  explicit EngineImpl(EngineOptions options) : options_(std::move(options)) {}
  Status Recover();

  Result<IndexId> CreateIndex(const std::string& name, mapping::Mapping mapping,
                              const std::string& settings_json) override;
  Status DropIndex(IndexId index) override;
  Status UpdateMapping(IndexId index, mapping::Mapping mapping) override;
  Result<ApplyResult> Apply(const Batch& batch) override;
  std::shared_ptr<const EngineView> View() const override;
  Result<CommitStats> Commit() override;
  std::string UserData(std::string_view key) const override;
  void ForgetTombstones(IndexId index, int64_t below_version) override;
  size_t tombstones() const override;
  size_t memory_bytes() const override { return memory_bytes_.load(); }

 private:
  // What a commit makes durable.
  struct Frozen {
    std::shared_ptr<const EngineView> view;
    std::string tombstones;  // encoded; empty: there are none, or their file is as it was
    uint64_t tombstone_edits = 0;
  };
  // The views of segments whose present state is on disk, with the generation of their state files (0: there is none).
  using Committed = std::map<uint64_t, std::pair<std::shared_ptr<const SegmentView>, uint64_t>>;
  // What a commit makes of one index.
  struct IndexCommit {
    std::shared_ptr<const IndexView> index;
    std::vector<std::shared_ptr<const SegmentView>> merged_from;
    MergedSegment merged;
    std::shared_ptr<SegmentView> merged_into;  // null: nothing was merged, or nothing was left
    Committed written;  // what becomes part of committed_ when all has gone well
  };

  // Commits where memory is over its limit: now, or, while another commit runs, at twice the limit.
  Status MakeRoom() BINSEEK_EXCLUDES(commit_mutex_, apply_mutex_);
  Result<CommitStats> CommitLocked() BINSEEK_REQUIRES(commit_mutex_);
  // Begins a commit: what there is now, with its memory segments held still. No view: all is durable already.
  Frozen Freeze(Manifest* manifest) BINSEEK_REQUIRES(commit_mutex_);
  Status WriteIndices(const EngineView& view, Manifest* manifest, std::vector<IndexCommit>* commits)
      BINSEEK_REQUIRES(commit_mutex_);
  Status WriteTombstones(const Frozen& frozen, Manifest* manifest) BINSEEK_REQUIRES(commit_mutex_);
  void Publish(std::shared_ptr<const EngineView> view) BINSEEK_REQUIRES(apply_mutex_);
  // Replaces, adds or (by id in `dropped`) removes indices in the newest view.
  std::vector<std::shared_ptr<const IndexView>> With(
      std::vector<std::shared_ptr<const IndexView>> changed) const;
  // Segments whose state files repeat so much, commit after commit, that writing them anew costs less.
  std::set<uint64_t> Outgrown(const IndexView& index) const BINSEEK_REQUIRES(commit_mutex_);
  Status WriteMerged(IndexCommit* commit) BINSEEK_REQUIRES(commit_mutex_);
  Status WriteStates(uint64_t generation, IndexCommit* commit, ManifestIndex* out)
      BINSEEK_REQUIRES(commit_mutex_);
  // Writes a file that no manifest names yet.
  Status WriteNew(const std::string& file, const store::EnvelopeFormat& format, std::string_view id,
                  std::string_view payload) BINSEEK_REQUIRES(commit_mutex_);
  void DeleteAttempted() BINSEEK_REQUIRES(commit_mutex_);
  Status WriteManifest(const Manifest& manifest) BINSEEK_REQUIRES(commit_mutex_);
  void SwapMerged(std::vector<IndexCommit>* commits) BINSEEK_REQUIRES(apply_mutex_);
  void DeleteUnnamedFiles(const Manifest& manifest) BINSEEK_REQUIRES(commit_mutex_);

  // Constant after construction.
  const EngineOptions options_;

  // Self-synchronised.
  std::atomic<size_t> memory_bytes_{0};

  Mutex commit_mutex_;
  uint64_t generation_ BINSEEK_GUARDED_BY(commit_mutex_) = 0;  // of the newest commit
  // Of the newest attempt. A failed one may have become durable all the same (its rename, but not the sync behind it): its
  // files must not be written again under their names.
  uint64_t attempted_generation_ BINSEEK_GUARDED_BY(commit_mutex_) = 0;
  uint64_t committed_tombstone_edits_ BINSEEK_GUARDED_BY(commit_mutex_) = 0;
  uint64_t tombstone_generation_ BINSEEK_GUARDED_BY(commit_mutex_) = 0;
  // Files of the running attempt, from before they are created until its rename is tried: nothing names them, so they go with it.
  std::vector<std::string> attempted_files_ BINSEEK_GUARDED_BY(commit_mutex_);
  Committed committed_ BINSEEK_GUARDED_BY(commit_mutex_);
  std::shared_ptr<const EngineView> committed_view_ BINSEEK_GUARDED_BY(commit_mutex_);
  std::map<std::string, std::string> committed_user_data_ BINSEEK_GUARDED_BY(commit_mutex_);
  std::unique_ptr<store::DirectoryLock> lock_ BINSEEK_GUARDED_BY(commit_mutex_);

  mutable Mutex apply_mutex_;
  Epoch epoch_ BINSEEK_GUARDED_BY(apply_mutex_) = 0;
  EditId next_edit_ BINSEEK_GUARDED_BY(apply_mutex_) = 1;
  uint32_t next_index_id_ BINSEEK_GUARDED_BY(apply_mutex_) = 1;
  uint64_t next_segment_id_ BINSEEK_GUARDED_BY(apply_mutex_) = 1;
  std::set<uint64_t> frozen_
      BINSEEK_GUARDED_BY(apply_mutex_);  // memory segments that a running commit writes
  Tombstones tombstones_ BINSEEK_GUARDED_BY(apply_mutex_);
  uint64_t tombstone_edits_ BINSEEK_GUARDED_BY(apply_mutex_) = 0;  // counts changes of tombstones_
  std::map<std::string, std::string> user_data_ BINSEEK_GUARDED_BY(apply_mutex_);

  mutable Mutex view_mutex_;  // leaf lock
  std::shared_ptr<const EngineView> view_ BINSEEK_GUARDED_BY(view_mutex_);
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_ENGINE_IMPL_H_
