// PageEdit: one unpublished step of the writer over versioned nodes: which it made, and which they replace.
//
// A node that this edit made is changed in place; any other is copied first, since a reader may be looking at it.
//
//   PageEdit edit(++last_edit, &pool);
//   prices.Set(doc, 1999, &edit);     // on the writer's copy of the column
//   edit.Seal(epoch);                 // then publish the view that holds the copy, under `epoch`
//   edit.Retire(&reclaimer);          // once it is published
//
// An edit that ends without Seal leaves no trace: its nodes are freed, and the writer's copies of the trees must be dropped with it.
// Single-threaded: owner the writer. `pool` is borrowed.
#ifndef BINSEEK_ENGINE_INDEX_PAGE_EDIT_H_
#define BINSEEK_ENGINE_INDEX_PAGE_EDIT_H_

#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/base/check.h"
#include "engine/index/epoch_reclaimer.h"
#include "engine/index/page_pool.h"

namespace binseek::index {

class PageEdit {
 public:
  // `id` is unique per edit of the nodes that it meets, and never 0.
  PageEdit(uint64_t id, PagePool* pool) : id_(id), pool_(pool) {}
  ~PageEdit() {
    if (!sealed_) {
      Abort();
    }
    BINSEEK_CHECK(replaced_.empty(), "sealed, but not retired");
  }
  PageEdit(const PageEdit&) = delete;
  PageEdit& operator=(const PageEdit&) = delete;

  uint64_t id() const { return id_; }
  bool Owns(const NodeHeader* node) const { return node->edit_id == id_; }
  size_t made() const { return made_.size(); }
  size_t replaced() const { return replaced_.size(); }

  // A node of this edit: the header is filled in, the rest is not. `Node` begins with a NodeHeader.
  template <class Node>
  Node* Make(size_t bytes, uint32_t count) {
    Node* const node = static_cast<Node*>(pool_->Allocate(bytes));
    Adopt(node, static_cast<uint32_t>(bytes), count);
    return node;
  }
  // A copy to put in the node's place. REQUIRES: not of this edit
  template <class Node>
  Node* Copy(Node* node) {
    Node* const copy = static_cast<Node*>(pool_->Allocate(node->bytes));
    std::memcpy(static_cast<void*>(copy), node, node->bytes);
    Adopt(copy, node->bytes, node->count);
    replaced_.push_back(node);
    return copy;
  }
  // The state being made does not reach the node any more.
  void Drop(NodeHeader* node) {
    if (Owns(node)) {
      node->edit_id = kDropped;  // it stays in `made_`, and is freed when the edit ends
    } else {
      replaced_.push_back(node);
    }
  }

  // The nodes belong to `epoch` from here on. Before the view is published, as readers read what this writes.
  void Seal(Epoch epoch) {
    std::vector<NodeHeader*> dropped;
    for (NodeHeader* node : made_) {
      node->born = epoch;
      if (node->edit_id == kDropped) {
        dropped.push_back(node);
      }
    }
    pool_->Free(dropped);
    made_.clear();
    epoch_ = epoch;
    sealed_ = true;
  }
  // After the view is published: what it replaces is freed as soon as no older view needs it. (Before would be right
  // as well as long as the view before it is pinned, but every node would have to wait for that one.)
  void Retire(EpochReclaimer* reclaimer) {
    BINSEEK_CHECK(sealed_, "retired, but not sealed");
    reclaimer->Retire(replaced_, epoch_);
    replaced_.clear();
  }
  // REQUIRES: not sealed
  void Abort() {
    pool_->Free(made_);
    made_.clear();
    replaced_.clear();
  }

 private:
  static constexpr uint64_t kDropped = 0;

  void Adopt(NodeHeader* node, uint32_t bytes, uint32_t count) {
    *node = {.edit_id = id_, .born = 0, .bytes = bytes, .count = count};
    made_.push_back(node);
  }

  const uint64_t id_;
  PagePool* const pool_;
  Epoch epoch_ = 0;
  bool sealed_ = false;
  std::vector<NodeHeader*> made_;
  std::vector<NodeHeader*> replaced_;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_PAGE_EDIT_H_
