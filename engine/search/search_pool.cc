#include "engine/search/search_pool.h"

#include <algorithm>
#include <utility>

namespace binseek::search {

Result<std::unique_ptr<SearchPool>> SearchPool::Start(const SearchPoolOptions& options) {
  std::unique_ptr<SearchPool> pool(new SearchPool(options));
  BINSEEK_ASSIGN_OR_RETURN(pool->threads_, ThreadPool::Start({.name = "search",
                                                              .threads = options.threads,
                                                              .queue_limit = options.threads}));
  return pool;
}

bool SearchPool::crowded() const {
  return searches_.load(std::memory_order_relaxed) + busy_.load(std::memory_order_relaxed) >
         options_.threads + 1;
}

size_t SearchPool::Reserve(size_t most) {
  size_t busy = busy_.load(std::memory_order_relaxed);
  while (true) {
    const size_t taken = busy + searches_.load(std::memory_order_relaxed);
    const size_t free = options_.threads + 1 - std::min(taken, options_.threads + 1);
    const size_t wanted = std::min({free, options_.threads_per_search - 1, most});
    if (wanted == 0 || busy_.compare_exchange_weak(busy, busy + wanted)) {
      return wanted;
    }
  }
}

SearchCrew::SearchCrew(SearchPool* pool, std::function<void()> work)
    : pool_(pool), work_(std::move(work)) {
  pool_->searches_.fetch_add(1, std::memory_order_relaxed);
}

SearchCrew::~SearchCrew() {
  Close();
  pool_->searches_.fetch_sub(1, std::memory_order_relaxed);
}

bool SearchCrew::CallHelp(size_t most) {
  const size_t helpers = pool_->Reserve(most);
  for (size_t i = 0; i < helpers; ++i) {
    // The queue has room: as many tasks at most as there are threads are reserved.
    const Status status = pool_->threads_->TrySubmit([this, pool = pool_, gate = gate_](auto) {
      if (Enter(gate.get())) {
        work_();
        Leave(gate.get());
      }
      pool->busy_.fetch_sub(1, std::memory_order_relaxed);
    });
    if (!status.ok()) {
      pool_->busy_.fetch_sub(helpers - i, std::memory_order_relaxed);
      return i > 0;
    }
  }
  pool_->helped_.fetch_add(helpers > 0 ? 1 : 0, std::memory_order_relaxed);
  return helpers > 0;
}

void SearchCrew::Close() {
  const MutexLock lock(&gate_->mutex);
  gate_->closed = true;
  while (gate_->inside > 0) {
    gate_->left.Wait(&gate_->mutex);
  }
}

bool SearchCrew::Enter(Gate* gate) {
  const MutexLock lock(&gate->mutex);
  gate->inside += gate->closed ? 0 : 1;
  return !gate->closed;
}

void SearchCrew::Leave(Gate* gate) {
  const MutexLock lock(&gate->mutex);
  --gate->inside;
  gate->left.NotifyAll();
}

}  // namespace binseek::search
