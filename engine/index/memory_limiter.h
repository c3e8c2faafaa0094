// MemoryLimiter: keeps what an engine holds in memory below its limit, by making room before a batch, or refusing it.
//
// Memory of pages that waits for reuse does not count: the next batch takes it first, and pages of many segments share it piece by piece, so that one
// segment that is written anew gives back room for others but hardly anything to the system.
// Over the limit, the writer that comes first forgets versions of deleted keys whose time has come, which time alone brings about; it commits, so that new documents go to disk; then it writes segments anew, the one with the most changed columns
// first, so that these lie in files again; and when nothing of that helps (keys, tombstones and keyword values alone are too many, or old views hold what has changed since) the
// batch is refused until something has changed. Other writers wait for that: reading from the source stops before memory does.
// Thread-safe. `mutex_` comes before all other locks: no gate and no claim is held by who calls.
#ifndef BINSEEK_ENGINE_INDEX_MEMORY_LIMITER_H_
#define BINSEEK_ENGINE_INDEX_MEMORY_LIMITER_H_

#include <cstddef>
#include <functional>
#include <utility>

#include "engine/base/mutex.h"
#include "engine/base/result.h"
#include "engine/base/status.h"
#include "engine/index/engine_state.h"

namespace binseek::index {

class MemoryLimiter {
 public:
  // `expire` forgets what is too old to be kept; `commit` makes all that is in memory durable; `compact` gives back the pages of one segment, false where
  // there are none. Borrows the state.
  MemoryLimiter(EngineState* state, std::function<void()> expire, std::function<Status()> commit,
                std::function<Result<bool>()> compact);

  // Before a batch. kResourceExhausted, naming the limit and what holds the memory; those of commits and merges.
  // Cost: some loads while below the limit.
  [[nodiscard]] Status Admit() BINSEEK_EXCLUDES(mutex_);

 private:
  Status MakeRoom() BINSEEK_REQUIRES(mutex_);
  // With what waits for reuse, and without.
  std::pair<size_t, size_t> Held() const;

  EngineState* const state_;
  const size_t limit_;
  const std::function<void()> expire_;
  const std::function<Status()> commit_;
  const std::function<Result<bool>()> compact_;
  Mutex mutex_;
  // Nothing more could be given back when that was held.
  std::pair<size_t, size_t> refused_at_ BINSEEK_GUARDED_BY(mutex_);
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_MEMORY_LIMITER_H_
