// PageTree: a persistent array of pages, the shape of every per-document state that changes.
//
// A value is a root and two numbers: copying it copies no node, and both copies see the same pages. A write copies the nodes on its path
// (PageEdit), so that it is seen through the written copy alone. Fan-out is 64; the depth fits the number of pages, and no node is wider than
// it needs to be, so that the tree of one page is that page. Pages are null until they are written.
//
// Nodes are not owned: an EpochReclaimer frees replaced ones, FreeAll those of the newest tree once nobody reaches it.
// Const methods are thread-safe on published trees; a writer works on its own copy.
#ifndef BINSEEK_ENGINE_INDEX_PAGE_TREE_H_
#define BINSEEK_ENGINE_INDEX_PAGE_TREE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "engine/index/page_edit.h"
#include "engine/index/page_pool.h"

namespace binseek::index {

class PageTree {
 public:
  static constexpr uint32_t kFanOutBits = 6;
  static constexpr uint32_t kFanOut = 1u << kFanOutBits;

  explicit PageTree(uint32_t pages);
  uint32_t pages() const { return pages_; }
  bool empty() const { return root_ == nullptr; }  // no page was ever written

  // The epoch of the newest change; 0: there was none. Of two published versions of one tree, those with the same number are the same.
  Epoch born() const { return root_ == nullptr ? 0 : root_->born; }
  // Null where never written. REQUIRES: page < pages()
  const NodeHeader* Get(uint32_t page) const {
    const NodeHeader* node = root_;
    for (uint32_t level = levels_; level > 0 && node != nullptr; --level) {
      node = Children(node)[(page >> (kFanOutBits * (level - 1))) % kFanOut];
    }
    return node;
  }
  // `page` and those after it that share its lowest inner node: at least one, and at most kFanOut. For scans.
  std::span<const NodeHeader* const> Run(uint32_t page) const;

  // Starts to load the pointers that stand behind those of Run(page).
  void PrefetchNextRun(uint32_t page) const {
    const uint32_t next = (page | (kFanOut - 1)) + 1;
    if (next < pages_) {
      PrefetchNode(next);
    }
  }
  // Start to load what a write of `page` copies: first its lowest inner node; once that is there, `bytes` of the page itself. Writers that know the rows
  // to come call the one some rows ahead, the other a few: the path to a page that is not in the cache is else waited for node by node.
  void PrefetchNode(uint32_t page) const {
    const NodeHeader* node = root_;
    for (uint32_t level = levels_; level > 1 && node != nullptr; --level) {
      node = Children(node)[(page >> (kFanOutBits * (level - 1))) % kFanOut];
    }
    PrefetchLines(node, InnerBytes(kFanOut));
  }
  void PrefetchPage(uint32_t page, size_t bytes) const { PrefetchLines(Get(page), bytes); }
  static void PrefetchLines(const NodeHeader* node, size_t bytes) {
    for (size_t at = 0; node != nullptr && at < bytes; at += 64) {
      __builtin_prefetch(reinterpret_cast<const char*>(node) + at);
    }
  }

  // Where the pointer to `page` stands, in a node of the edit: put a page of the edit there.
  // Cost: copies the inner nodes on the path, 2-3 of 0.5 KB, unless the edit has them already.
  NodeHeader** Slot(uint32_t page, PageEdit* edit);

  // Calls `visit(number, page)` for the pages born after `epoch`, ascending; 0: for all that were ever written.
  // Cost: what did not change is skipped whole. REQUIRES: the last edit is sealed
  template <class Visit>
  void VisitChangedSince(Epoch epoch, const Visit& visit) const {
    if (root_ != nullptr) {
      VisitNode(root_, levels_, 0, epoch, visit);
    }
  }
  // Frees all nodes and leaves an empty tree. `free_rest(page)` frees what a page points to.
  // REQUIRES: no view reaches this tree, and it is the newest one
  template <class FreeRest>
  void FreeAll(PagePool* pool, const FreeRest& free_rest) {
    if (root_ != nullptr) {
      FreeNode(root_, levels_, pool, free_rest);
      root_ = nullptr;
    }
  }

 private:
  // The pointers stand behind the header of an inner node.
  static constexpr size_t InnerBytes(uint32_t width) {
    return sizeof(NodeHeader) + width * sizeof(void*);
  }
  static NodeHeader** Children(NodeHeader* node) {
    return reinterpret_cast<NodeHeader**>(node + 1);
  }
  static NodeHeader* const* Children(const NodeHeader* node) {
    return reinterpret_cast<NodeHeader* const*>(node + 1);
  }
  NodeHeader* MakeInner(uint32_t page, uint32_t level, PageEdit* edit) const;

  template <class Visit>
  static void VisitNode(const NodeHeader* node, uint32_t level, uint32_t page, Epoch epoch,
                        const Visit& visit) {
    if (node->born <= epoch) {
      return;  // nothing below is younger: a page's birth copies its path
    }
    if (level == 0) {
      visit(page, node);
      return;
    }
    for (uint32_t i = 0; i < node->count; ++i) {
      if (const NodeHeader* child = Children(node)[i]) {
        VisitNode(child, level - 1, page + (i << (kFanOutBits * (level - 1))), epoch, visit);
      }
    }
  }
  template <class FreeRest>
  static void FreeNode(NodeHeader* node, uint32_t level, PagePool* pool,
                       const FreeRest& free_rest) {
    if (level == 0) {
      free_rest(node);
    } else {
      for (uint32_t i = 0; i < node->count; ++i) {
        if (NodeHeader* child = Children(node)[i]) {
          FreeNode(child, level - 1, pool, free_rest);
        }
      }
    }
    pool->Free(node, node->bytes);
  }

  NodeHeader* root_ = nullptr;
  uint32_t pages_;
  uint32_t levels_;  // of inner nodes
};
static_assert(std::is_trivially_copyable_v<PageTree>);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_PAGE_TREE_H_
