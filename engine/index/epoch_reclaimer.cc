#include "engine/index/epoch_reclaimer.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "engine/base/check.h"

namespace binseek::index {

EpochReclaimer::~EpochReclaimer() { BINSEEK_CHECK(pins_.empty(), "a view outlives its engine"); }

void EpochReclaimer::Pin(Epoch epoch) {
  MutexLock lock(&mutex_);
  ++pins_[epoch].count;
}

void EpochReclaimer::Place(std::span<NodeHeader* const> nodes, Pins::iterator died,
                           std::vector<NodeHeader*>* freed) {
  if (died == pins_.begin()) {
    freed->insert(freed->end(), nodes.begin(), nodes.end());
    return;
  }
  const auto last = std::prev(died);
  for (NodeHeader* node : nodes) {
    if (node->born <= last->first) {
      last->second.waiting.push_back(node);
      last->second.waiting_bytes += node->bytes;
      ++waiting_;
      waiting_bytes_ += node->bytes;
    } else {
      freed->push_back(node);
    }
  }
}

void EpochReclaimer::Unpin(Epoch epoch) {
  std::vector<NodeHeader*> waited;
  {
    MutexLock lock(&mutex_);
    const auto pin = pins_.find(epoch);
    BINSEEK_CHECK(pin != pins_.end(), "unpinned more often than pinned");
    if (--pin->second.count > 0) {
      return;
    }
    waited = std::move(pin->second.waiting);
    waiting_ -= waited.size();
    waiting_bytes_ -= pin->second.waiting_bytes;
    pins_.erase(pin);
  }
  // As if they died here: nothing between this epoch and the one that they died at is pinned, or ever will be.
  Retire(waited, epoch);
}

void EpochReclaimer::Retire(std::span<NodeHeader* const> nodes, Epoch died) {
  constexpr size_t kAtOnce = 1024;  // so that no reader waits long for the lock
  std::vector<NodeHeader*> freed;
  while (!nodes.empty()) {
    const auto some = nodes.first(std::min(kAtOnce, nodes.size()));
    nodes = nodes.subspan(some.size());
    freed.clear();
    {
      MutexLock lock(&mutex_);
      Place(some, pins_.lower_bound(died), &freed);
    }
    pool_->Free(freed);
  }
}

size_t EpochReclaimer::waiting() const {
  MutexLock lock(&mutex_);
  return waiting_;
}

size_t EpochReclaimer::waiting_bytes() const {
  MutexLock lock(&mutex_);
  return waiting_bytes_;
}

size_t EpochReclaimer::pinned() const {
  MutexLock lock(&mutex_);
  return pins_.size();
}

Epoch EpochReclaimer::oldest_pinned() const {
  MutexLock lock(&mutex_);
  return pins_.empty() ? 0 : pins_.begin()->first;
}

}  // namespace binseek::index
