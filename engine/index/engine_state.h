// EngineState: what the parts of an engine share: its options, where pages come from, what is published, who writes.
//
// Private to engine/index. Every member synchronises itself; lock order is in engine/ARCHITECTURE.md.
#ifndef BINSEEK_ENGINE_INDEX_ENGINE_STATE_H_
#define BINSEEK_ENGINE_INDEX_ENGINE_STATE_H_

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/index/batch_analysis.h"
#include "engine/index/engine.h"
#include "engine/index/engine_log.h"
#include "engine/index/epoch_reclaimer.h"
#include "engine/index/index_writer.h"
#include "engine/index/page_pool.h"
#include "engine/index/pinned_commit.h"
#include "engine/index/publisher.h"
#include "engine/index/seq_no_ceilings.h"
#include "engine/index/writer_claims.h"

namespace binseek::index {

// Segments that some merge or commit works on, so that no other takes them. Thread-safe; `mutex_` is a leaf.
class BusySegments {
 public:
  // All or none.
  [[nodiscard]] bool TryMark(const std::vector<uint64_t>& ids) BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    for (const uint64_t id : ids) {
      if (ids_.count(id) != 0) {
        return false;
      }
    }
    ids_.insert(ids.begin(), ids.end());
    return true;
  }
  // Waits for those that are marked.
  void Mark(const std::vector<uint64_t>& ids) BINSEEK_EXCLUDES(mutex_);
  void Unmark(const std::vector<uint64_t>& ids) BINSEEK_EXCLUDES(mutex_) {
    {
      const MutexLock lock(&mutex_);
      for (const uint64_t id : ids) {
        ids_.erase(id);
      }
    }
    unmarked_.NotifyAll();
  }
  std::set<uint64_t> All() const BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    return ids_;
  }

 private:
  mutable Mutex mutex_;
  CondVar unmarked_;
  std::set<uint64_t> ids_ BINSEEK_GUARDED_BY(mutex_);
};

// The writers of all indices. The map is thread-safe; a writer is touched under its index's claim alone.
class IndexWriters {
 public:
  explicit IndexWriters(KeywordLimits limits) : limits_(limits) {}

  const WriterMemory& memory() const { return memory_; }
  IndexWriter* Find(IndexId id) const BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    const auto it = writers_.find(id);
    return it == writers_.end() ? nullptr : it->second.get();
  }
  IndexWriter* Add(IndexId id) BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    auto& writer = writers_[id];
    writer = std::make_unique<IndexWriter>(&memory_);
    writer->keywords = KeywordWriter(limits_);
    return writer.get();
  }
  void Remove(IndexId id) BINSEEK_EXCLUDES(mutex_) {
    std::unique_ptr<IndexWriter> gone;  // goes after the lock is released
    const MutexLock lock(&mutex_);
    const auto it = writers_.find(id);
    if (it != writers_.end()) {
      gone = std::move(it->second);
      writers_.erase(it);
    }
  }

 private:
  const KeywordLimits limits_;
  WriterMemory memory_;
  mutable Mutex mutex_;  // leaf
  std::map<IndexId, std::unique_ptr<IndexWriter>> writers_ BINSEEK_GUARDED_BY(mutex_);
};

// Views keep it, so they may outlive the engine.
struct PageMemory {
  PagePool pool;
  EpochReclaimer reclaimer{&pool};
};

struct EngineState {
  explicit EngineState(EngineOptions given) : options(std::move(given)) {}

  // For segments and edits.
  std::shared_ptr<PagePool> pool() const { return {memory, &memory->pool}; }
  EngineMemory Memory() const;
  // What of it is in use, for whoever asks before every batch. Takes no lock.
  size_t UsedBytes() const {
    return publisher.memory_bytes() + memory->pool.used_bytes() + writers.memory().keys +
           writers.memory().tombstones + writers.memory().keywords;
  }

  const EngineOptions options;
  const std::shared_ptr<PageMemory> memory = std::make_shared<PageMemory>();
  Publisher publisher{std::shared_ptr<EpochReclaimer>(memory, &memory->reclaimer)};
  // Who writes to an index takes its gate first, then its claim: a staged batch holds both for its whole life, while merges and commits need a
  // claim alone.
  WriterClaims gates;
  WriterClaims claims;
  IndexWriters writers{options.keyword_limits};
  SeqNoCeilings seq_no_ceilings;
  BusySegments busy;
  // Files beside segments that are not to be deleted. Shared by those who use them.
  const std::shared_ptr<AttachedFiles> attached_files = std::make_shared<AttachedFiles>();
  const std::shared_ptr<PinnedFiles> pinned_files = std::make_shared<PinnedFiles>();
  AnalysisPool analysis{options.analysis_threads};
  EngineLog log;
  // Held by a merge in memory, and by a commit while it takes what is there: so no segment that a commit takes is being merged.
  Mutex memory_merges;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_ENGINE_STATE_H_
