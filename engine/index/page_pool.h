// PagePool: memory of the engine's versioned nodes, by size class, with a count of what is out.
//
// Column updates take and give back nodes of a few sizes by the hundred thousand a second, on whatever thread lets go of the last view. Nodes of one class lie
// side by side in slabs of 2 MB, which ask for huge pages from the class's second on: a scan jumps from page to page, and each jump into another 4 KB would wait
// for the address as well. A slab costs no more than what was used of it; one that is empty serves any class, and goes back to the system where too many do
// nothing. Under AddressSanitizer every node is a block of its own, so that a use after free is seen.
// Thread-safe; `mutex_` is a leaf.
#ifndef BINSEEK_ENGINE_INDEX_PAGE_POOL_H_
#define BINSEEK_ENGINE_INDEX_PAGE_POOL_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/mutex.h"

namespace binseek::index {

using Epoch = uint64_t;  // number of a published state, from 1

// What every versioned node begins with.
struct NodeHeader {
  uint64_t edit_id = 0;  // the step of the writer that made it: it alone changes the node in place
  Epoch born = 0;        // the epoch that published it; 0 until then
  uint32_t bytes = 0;    // as allocated
  uint32_t count = 0;    // of what it holds: children of an inner node, documents of a page
};

class PagePool {
 public:
  PagePool() = default;
  ~PagePool();  // REQUIRES: all is given back
  PagePool(const PagePool&) = delete;
  PagePool& operator=(const PagePool&) = delete;

  // Uninitialised, aligned to 64. REQUIRES: 0 < bytes
  void* Allocate(size_t bytes);
  void Free(void* node, size_t bytes);  // as allocated
  // Gives many back under few locks.
  void Free(std::span<NodeHeader* const> nodes);
  // Gives empty slabs back to the system.
  void Trim();
  // Bytes that are out, rounded up to their classes.
  size_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  // What the system has given for all this.
  size_t memory_bytes() const {
    return touched_bytes_.load(std::memory_order_relaxed) +
           outside_bytes_.load(std::memory_order_relaxed);
  }
  size_t idle_bytes() const {  // of that, what waits for reuse
    const size_t used = used_bytes();
    return std::max(memory_bytes(), used) - used;
  }

 private:
  struct Slab;
  // Of one class, in a ring: those with room.
  struct SizeClass {
    Slab* open = nullptr;
    size_t slabs = 0;
  };
  static constexpr size_t kClassBytes = 64;
  static constexpr size_t kMaxPooledBytes = 8192;  // larger ones go to the system
  static constexpr size_t kMaxIdleSlabs = 8;       // empty ones

  static size_t Rounded(size_t bytes) { return (bytes + kClassBytes - 1) & ~(kClassBytes - 1); }
  static bool Pooled(size_t rounded);
  SizeClass* ClassOf(size_t rounded) BINSEEK_REQUIRES(mutex_) {
    return &classes_[rounded / kClassBytes];
  }
  Slab* AddSlab(size_t rounded) BINSEEK_REQUIRES(mutex_);
  // Returns the node's slab where that is empty, and one too many: to be unmapped without the lock.
  Slab* GiveBack(void* node) BINSEEK_REQUIRES(mutex_);
  static void Unmap(Slab* slab);
  static void LinkFirst(Slab* slab, SizeClass* in);
  static void Unlink(Slab* slab, SizeClass* from);

  std::atomic<size_t> used_bytes_{0};
  std::atomic<size_t> touched_bytes_{0};  // of slabs, what was handed out at least once
  std::atomic<size_t> outside_bytes_{0};  // of nodes in no slab
  mutable Mutex mutex_;
  std::array<SizeClass, kMaxPooledBytes / kClassBytes + 1> classes_ BINSEEK_GUARDED_BY(mutex_);
  std::vector<Slab*> idle_ BINSEEK_GUARDED_BY(mutex_);  // empty
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_PAGE_POOL_H_
