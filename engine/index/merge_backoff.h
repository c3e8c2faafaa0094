// MergeBackoff: which segments are left alone for a while, since a merge of them has failed: a damaged file, or a disk without room for the new one.
//
// The policy would choose the same ones again after each commit, and others that are due would wait behind them for ever. Who is to blame is not known, so all
// sources of a merge wait: ten seconds, and twice as long each time, up to ten minutes.
//
// Thread-safe; `mutex_` is a leaf. Times are MonotonicMicros.
#ifndef BINSEEK_ENGINE_INDEX_MERGE_BACKOFF_H_
#define BINSEEK_ENGINE_INDEX_MERGE_BACKOFF_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "engine/base/mutex.h"

namespace binseek::index {

class MergeBackoff {
 public:
  void Failed(const std::vector<uint64_t>& segments, int64_t now) BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    for (const uint64_t segment : segments) {
      Wait& wait = waits_[segment];
      wait.micros = std::clamp(2 * wait.micros, kLeastMicros, kMostMicros);
      wait.until = now + wait.micros;
    }
  }
  // They are no more, or are sound.
  void Forget(const std::vector<uint64_t>& segments) BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    for (const uint64_t segment : segments) {
      waits_.erase(segment);
    }
  }
  // Adds those that wait.
  void AddWaiting(int64_t now, std::set<uint64_t>* segments) const BINSEEK_EXCLUDES(mutex_) {
    const MutexLock lock(&mutex_);
    for (const auto& [segment, wait] : waits_) {
      if (now < wait.until) {
        segments->insert(segment);
      }
    }
  }

 private:
  static constexpr int64_t kLeastMicros = 10'000'000;
  static constexpr int64_t kMostMicros = 600'000'000;
  struct Wait {
    int64_t micros = 0;
    int64_t until = 0;
  };

  mutable Mutex mutex_;
  // A segment that went otherwise (its index was dropped) stays here: some bytes for each that a merge has failed on.
  std::map<uint64_t, Wait> waits_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_MERGE_BACKOFF_H_
