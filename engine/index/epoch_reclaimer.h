// EpochReclaimer: when may a piece of an old state be freed? When no view is left that reaches it.
//
// The state of an index changes by copying the nodes on a path (page_tree.h): a node is reachable from the views of epochs [born, died) and from no
// other, `born` being the epoch that published it and `died` the one that replaced it. Views pin their epoch for as long as they are held; a node
// whose interval holds no pinned epoch is freed. So a held view costs at most one version of what has changed since, and a reader follows no chains.
//
//   writer: publish the view of epoch e (it pins e), then Retire(replaced nodes, e)
//   reader: holds the view; its destructor unpins
//
// A node is looked at once when it is retired and once per pin that it waited for, never again in between.
// Thread-safe; `mutex_` is a leaf. The reader's last use of a node happens before its Unpin, and that before the free, by way of the mutex.
#ifndef BINSEEK_ENGINE_INDEX_EPOCH_RECLAIMER_H_
#define BINSEEK_ENGINE_INDEX_EPOCH_RECLAIMER_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "engine/base/mutex.h"
#include "engine/index/page_pool.h"

namespace binseek::index {

class EpochReclaimer {
 public:
  // `pool` is borrowed.
  explicit EpochReclaimer(PagePool* pool) : pool_(pool) {}
  ~EpochReclaimer();  // REQUIRES: no view is left
  EpochReclaimer(const EpochReclaimer&) = delete;
  EpochReclaimer& operator=(const EpochReclaimer&) = delete;

  // The same epoch may be pinned many times; it may be pinned again only while it is pinned, or when it is the newest one.
  void Pin(Epoch epoch);
  // Frees, on this thread, the nodes that waited for this pin alone.
  void Unpin(Epoch epoch);
  // Takes nodes that the state of epoch `died` does not reach any more. REQUIRES: their `born` is set and below `died`; `died` ascends from
  // call to call (it may repeat).
  void Retire(std::span<NodeHeader* const> nodes, Epoch died);

  size_t waiting() const;  // nodes that a view still needs
  size_t waiting_bytes() const;
  size_t pinned() const;        // distinct epochs
  Epoch oldest_pinned() const;  // 0: none

 private:
  struct Pinned {
    size_t count = 0;
    std::vector<NodeHeader*> waiting;  // the newest pinned epoch that needs them is this one
    size_t waiting_bytes = 0;
  };
  using Pins = std::map<Epoch, Pinned>;
  // Hands each node to the newest pinned epoch before `died`, where that needs it; the others go to `freed`.
  void Place(std::span<NodeHeader* const> nodes, Pins::iterator died,
             std::vector<NodeHeader*>* freed) BINSEEK_REQUIRES(mutex_);

  PagePool* const pool_;
  mutable Mutex mutex_;
  Pins pins_ BINSEEK_GUARDED_BY(mutex_);
  size_t waiting_ BINSEEK_GUARDED_BY(mutex_) = 0;
  size_t waiting_bytes_ BINSEEK_GUARDED_BY(mutex_) = 0;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_EPOCH_RECLAIMER_H_
