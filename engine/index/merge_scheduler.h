// MergeScheduler: keeps the number of segments small, in the background.
//
// One thread for segments in memory, whose merges take milliseconds and must keep up with single-row writes, and some for files, whose merges take as long
// as they take: throttled beyond a size (merge_throttle.h), and bounded together in the memory that they take. Indices take turns.
//
// Thread-safe; the threads' owner is whoever calls Start. A merge that fails is logged, and tried again after a while (merge_backoff.h).
#ifndef BINSEEK_ENGINE_INDEX_MERGE_SCHEDULER_H_
#define BINSEEK_ENGINE_INDEX_MERGE_SCHEDULER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <thread>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/index/engine_state.h"
#include "engine/index/merge_backoff.h"
#include "engine/index/merge_policy.h"
#include "engine/index/merge_run.h"
#include "engine/index/running_merges.h"

namespace binseek::index {

class MergeScheduler {
 public:
  explicit MergeScheduler(EngineState* state);
  ~MergeScheduler() { Stop(); }
  MergeScheduler(const MergeScheduler&) = delete;
  MergeScheduler& operator=(const MergeScheduler&) = delete;

  void Start();
  // Returns when the threads have ended; what they were at is given up before it is installed, within milliseconds.
  void Stop();
  // Gives up what is under way for an index that is gone. Returns at once.
  void Cancel(IndexId index) { running_.Cancel(index); }
  // The index has new segments, or more dead documents.
  void Wake(IndexId index) { memory_.Wake(index); }
  // Looks at all of a view: files are new, or have more dead documents.
  void WakeFiles(const EngineView& view);

  // One merge where the policy asks for one, on this thread. False: there was none to do, or others have its segments.
  [[nodiscard]] Result<bool> MergeInMemoryOnce(IndexId index);
  [[nodiscard]] Result<bool> MergeFilesOnce(IndexId index);
  // Writes anew the file of all indices whose pages take most memory, so that they lie in its columns again. False: there are no pages, or others have
  // their segments.
  [[nodiscard]] Result<bool> CompactPages();
  // Merges the index's files to at most `max_segments`; waits for others that merge them. kNotFound, kAborted (the index was dropped).
  // Not throttled.
  [[nodiscard]] Status ForceMerge(IndexId index, uint64_t max_segments);
  // Writes anew the files of which more than a tenth is dead.
  [[nodiscard]] Status ExpungeDeletes(IndexId index);

 private:
  // Threads that do the same, and the indices that they have to look at.
  class Lane {
   public:
    void Start(size_t threads, std::function<Result<bool>(IndexId)> merge_once);
    void Stop();
    void Wake(IndexId index);
    bool waiting();  // some index is looked at by none

   private:
    void Run();
    std::function<Result<bool>(IndexId)> merge_once_;  // constant after Start
    Mutex mutex_;
    CondVar changed_;
    bool stopping_ BINSEEK_GUARDED_BY(mutex_) = false;
    std::set<IndexId> indices_ BINSEEK_GUARDED_BY(mutex_);
    IndexId last_ BINSEEK_GUARDED_BY(mutex_){};  // that was taken
    std::vector<std::thread> threads_;           // touched by Start and Stop alone
  };

  struct Job {
    IndexId index{};
    std::vector<uint64_t> sources{};  // marked busy
    MergeRun::Target target = MergeRun::Target::kFile;
    uint64_t bytes = 0;
    uint64_t memory_bytes = 0;  // 0: too little to count
    bool throttled = false;
  };
  static Job FileJob(const IndexView& index, const std::vector<SegmentSize>& sizes,
                     std::vector<uint64_t> sources);
  Status Merge(Job job);
  Status Run(MergeRun* run, RunningMerges::Ticket* ticket);
  // Files that no merge may take that nobody asked for: busy, or not to be tried again yet.
  std::set<uint64_t> NotNow() const;
  // Waits for those that have the sources.
  Status MergeForced(const IndexView& index, const std::vector<SegmentSize>& sizes,
                     std::vector<uint64_t> sources);
  // Are merges of files due, of this index or others, that no thread or no memory is free for?
  bool Behind(IndexId index);

  EngineState* const state_;
  const size_t file_threads_;
  RunningMerges running_;
  MergeBackoff backoff_;
  Lane memory_;
  Lane files_;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_MERGE_SCHEDULER_H_
