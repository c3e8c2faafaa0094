#include "engine/index/engine_state.h"

#include <algorithm>

namespace binseek::index {

void BusySegments::Mark(const std::vector<uint64_t>& ids) {
  const MutexLock lock(&mutex_);
  while (std::any_of(ids.begin(), ids.end(),
                     [&](uint64_t id) BINSEEK_REQUIRES(mutex_) { return ids_.count(id) != 0; })) {
    unmarked_.Wait(&mutex_);
  }
  ids_.insert(ids.begin(), ids.end());
}

EngineMemory EngineState::Memory() const {
  const PagePool& pages = memory->pool;
  return {.segments = publisher.memory_bytes(),
          .pages = pages.used_bytes(),
          .held_pages = memory->reclaimer.waiting_bytes(),
          .idle_pages = pages.idle_bytes(),
          .keys = writers.memory().keys,
          .tombstones = writers.memory().tombstones,
          .keywords = writers.memory().keywords};
}

}  // namespace binseek::index
