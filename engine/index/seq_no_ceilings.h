// SeqNoCeilings: below which sequence numbers each index may give them before the next commit.
//
// A number is given once, over crashes too: a client that read a document under one must never find another write under the same. So each manifest names a
// ceiling per index, EngineOptions::seq_nos_reserved above what had been given; writers stay below that of the newest durable manifest (Committer::ReserveSeqNos); and an index
// that is opened goes on from it, whatever of the numbers in between was lost. An index that no manifest names is gone after a crash, with all its numbers.
// A staged batch has taken numbers that no view tells: where these are more than were reserved it wants a higher ceiling, and a commit that names it.
//
// Thread-safe; `mutex_` is a leaf.
#ifndef BINSEEK_ENGINE_INDEX_SEQ_NO_CEILINGS_H_
#define BINSEEK_ENGINE_INDEX_SEQ_NO_CEILINGS_H_

#include <algorithm>
#include <cstdint>
#include <map>

#include "engine/base/mutex.h"
#include "engine/index/batch.h"

namespace binseek::index {

// More than is written between two commits, so that nobody waits for one; and few enough for 2^29 crashes before numbers leave the integers of JSON's readers.
inline constexpr int64_t kSeqNosReserved = int64_t{1} << 24;

class SeqNoCeilings {
 public:
  // Whether the index may give the `count` numbers from `next` on. REQUIRES: the caller has the index's gate.
  bool Covers(IndexId index, int64_t next, uint64_t count) const BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    const auto at = ceilings_.find(index);
    return at == ceilings_.end() || next <= at->second - static_cast<int64_t>(count);
  }
  // A manifest that is durable has it.
  void Raise(IndexId index, int64_t ceiling) BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    ceilings_[index] = ceiling;
  }
  // A manifest that may become durable will have it. Where an older one has the index already, that one's holds until then.
  void RaiseIfNew(IndexId index, int64_t ceiling) BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    ceilings_.emplace(index, ceiling);
  }
  // Manifests from now on name a ceiling above `next`, however few numbers are given by then.
  void Want(IndexId index, int64_t next) BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    int64_t& wanted = wanted_[index];
    wanted = std::max(wanted, next);
  }
  // Above what a manifest's ceiling has to be, of an index that gives `next` next.
  int64_t Above(IndexId index, int64_t next) const BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    const auto at = wanted_.find(index);
    return at == wanted_.end() ? next : std::max(next, at->second);
  }

 private:
  mutable Mutex mutex_;
  std::map<IndexId, int64_t> wanted_ BINSEEK_GUARDED_BY(mutex_);
  std::map<IndexId, int64_t> ceilings_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_SEQ_NO_CEILINGS_H_
