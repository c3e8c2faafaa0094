#include "engine/index/page_pool.h"

#include <sys/mman.h>

#include <algorithm>
#include <new>

#include "engine/base/check.h"

namespace binseek::index {

namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kReuse = false;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
constexpr bool kReuse = false;
#else
constexpr bool kReuse = true;
#endif
#else
constexpr bool kReuse = true;
#endif

constexpr std::align_val_t kAlign{64};

void* FromSystem(size_t rounded) { return ::operator new(rounded, kAlign); }
void ToSystem(void* node) { ::operator delete(node, kAlign); }

constexpr size_t kSlabBytes = 2u << 20;  // as large as a huge page, and aligned to it

// Address space alone: memory comes as it is touched.
char* MapSlab() {
  void* const mapped = mmap(nullptr, 2 * kSlabBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  BINSEEK_CHECK(mapped != MAP_FAILED, "no address space for pages");
  const auto begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t aligned = (begin + kSlabBytes - 1) / kSlabBytes * kSlabBytes;
  if (aligned > begin) {
    munmap(mapped, aligned - begin);
  }
  char* const slab = static_cast<char*>(mapped) + (aligned - begin);
  if (aligned < begin + kSlabBytes) {
    munmap(slab + kSlabBytes, begin + kSlabBytes - aligned);
  }
  return slab;
}

}  // namespace

// Stands near the begin of its memory, so that a node's address says where it came from; not at the very begin, as all these addresses would share a few
// places of the processor's caches.
struct alignas(64) PagePool::Slab {
  Slab* previous;
  Slab* next;
  void* free;             // nodes given back, each pointing to the next one
  uint32_t node_bytes;    // rounded
  uint32_t out;           // nodes
  uint32_t touched_end;   // nothing behind it is or was out
  uint32_t most_touched;  // by earlier classes too: memory that the system has given

  static char* MemoryOf(void* node) {
    return static_cast<char*>(node) - reinterpret_cast<uintptr_t>(node) % kSlabBytes;
  }
  static uint32_t HeaderOffset(const char* memory) {
    constexpr size_t kOffsets = 64;
    return static_cast<uint32_t>(reinterpret_cast<uintptr_t>(memory) / kSlabBytes % kOffsets *
                                 sizeof(Slab));
  }
  static Slab* At(char* memory) { return reinterpret_cast<Slab*>(memory + HeaderOffset(memory)); }
  static Slab* Of(void* node) { return At(MemoryOf(node)); }
  bool full() const { return free == nullptr && touched_end + node_bytes > kSlabBytes; }
};

bool PagePool::Pooled(size_t rounded) { return kReuse && rounded <= kMaxPooledBytes; }

PagePool::~PagePool() {
  BINSEEK_CHECK(used_bytes() == 0, "a node outlives its pool");
  Trim();
}

void PagePool::LinkFirst(Slab* slab, SizeClass* in) {
  if (in->open == nullptr) {
    slab->previous = slab;
    slab->next = slab;
  } else {
    slab->next = in->open;
    slab->previous = in->open->previous;
    slab->previous->next = slab;
    slab->next->previous = slab;
  }
  in->open = slab;
}

void PagePool::Unlink(Slab* slab, SizeClass* from) {
  if (from->open == slab) {
    from->open = slab->next == slab ? nullptr : slab->next;
  }
  slab->previous->next = slab->next;
  slab->next->previous = slab->previous;
}

PagePool::Slab* PagePool::AddSlab(size_t rounded) {
  SizeClass* const to = ClassOf(rounded);
  Slab* slab = nullptr;
  if (idle_.empty()) {
    char* const memory = MapSlab();
    // In vain where the system has none.
    static_cast<void>(madvise(memory, kSlabBytes, to->slabs > 0 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE));
    slab = new (Slab::At(memory)) Slab{};
  } else {
    slab = idle_.back();
    idle_.pop_back();
  }
  slab->free = nullptr;
  slab->node_bytes = static_cast<uint32_t>(rounded);
  slab->touched_end = Slab::HeaderOffset(Slab::MemoryOf(slab)) + sizeof(Slab);
  ++to->slabs;
  LinkFirst(slab, to);
  return slab;
}

void* PagePool::Allocate(size_t bytes) {
  const size_t rounded = Rounded(bytes);
  used_bytes_.fetch_add(rounded, std::memory_order_relaxed);
  if (!Pooled(rounded)) {
    outside_bytes_ += rounded;
    return FromSystem(rounded);
  }
  const MutexLock lock(&mutex_);
  SizeClass* const from = ClassOf(rounded);
  Slab* const slab = from->open != nullptr ? from->open : AddSlab(rounded);
  void* node = slab->free;
  if (node != nullptr) {
    slab->free = *static_cast<void**>(node);
  } else {
    node = Slab::MemoryOf(slab) + slab->touched_end;
    slab->touched_end += slab->node_bytes;
    if (slab->touched_end > slab->most_touched) {
      touched_bytes_ += slab->touched_end - slab->most_touched;
      slab->most_touched = slab->touched_end;
    }
  }
  ++slab->out;
  if (slab->full()) {
    Unlink(slab, from);
  }
  return node;
}

PagePool::Slab* PagePool::GiveBack(void* node) {
  Slab* const slab = Slab::Of(node);
  SizeClass* const to = ClassOf(slab->node_bytes);
  // What was given back last is handed out first: it is still in the processor's caches.
  if (slab->full()) {
    LinkFirst(slab, to);
  } else if (to->open != slab) {
    Unlink(slab, to);
    LinkFirst(slab, to);
  }
  *static_cast<void**>(node) = slab->free;
  slab->free = node;
  if (--slab->out > 0) {
    return nullptr;
  }
  Unlink(slab, to);
  --to->slabs;
  if (idle_.size() < kMaxIdleSlabs) {
    idle_.push_back(slab);
    return nullptr;
  }
  touched_bytes_ -= slab->most_touched;
  return slab;
}

void PagePool::Unmap(Slab* slab) {
  if (slab != nullptr) {
    munmap(Slab::MemoryOf(slab), kSlabBytes);
  }
}

void PagePool::Free(void* node, size_t bytes) {
  const size_t rounded = Rounded(bytes);
  used_bytes_.fetch_sub(rounded, std::memory_order_relaxed);
  if (!Pooled(rounded)) {
    outside_bytes_ -= rounded;
    ToSystem(node);
    return;
  }
  Slab* unneeded = nullptr;
  {
    const MutexLock lock(&mutex_);
    unneeded = GiveBack(node);
  }
  Unmap(unneeded);
}

void PagePool::Free(std::span<NodeHeader* const> nodes) {
  constexpr size_t kAtOnce = 64;  // so that no other thread waits long for the lock
  while (!nodes.empty()) {
    const auto some = nodes.first(std::min(kAtOnce, nodes.size()));
    nodes = nodes.subspan(some.size());
    std::array<NodeHeader*, kAtOnce> rest;
    std::array<Slab*, kAtOnce> unneeded;
    size_t rest_size = 0;
    size_t unneeded_size = 0;
    size_t bytes = 0;
    size_t outside_bytes = 0;
    {
      const MutexLock lock(&mutex_);
      for (NodeHeader* node : some) {
        const size_t rounded = Rounded(node->bytes);
        bytes += rounded;
        if (Pooled(rounded)) {
          unneeded[unneeded_size] = GiveBack(node);
          unneeded_size += unneeded[unneeded_size] != nullptr ? 1 : 0;
        } else {
          rest[rest_size++] = node;
          outside_bytes += rounded;
        }
      }
    }
    used_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
    outside_bytes_.fetch_sub(outside_bytes, std::memory_order_relaxed);
    for (size_t i = 0; i < rest_size; ++i) {
      ToSystem(rest[i]);
    }
    for (size_t i = 0; i < unneeded_size; ++i) {
      Unmap(unneeded[i]);
    }
  }
}

void PagePool::Trim() {
  std::vector<Slab*> slabs;
  {
    const MutexLock lock(&mutex_);
    slabs.swap(idle_);
    for (const Slab* slab : slabs) {
      touched_bytes_ -= slab->most_touched;
    }
  }
  for (Slab* slab : slabs) {
    Unmap(slab);
  }
}

}  // namespace binseek::index
