// LivePages: which documents of a segment are not deleted: a bitset in versioned pages of 4,096 documents.
//
// As for NumberPages: a value is a few words, a copy shares all pages, a page without a deletion is not there.
// Const methods are thread-safe on published values; a writer works on its own copy.
#ifndef BINSEEK_ENGINE_INDEX_LIVE_PAGES_H_
#define BINSEEK_ENGINE_INDEX_LIVE_PAGES_H_

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "engine/codec/doc_id.h"
#include "engine/index/page_tree.h"

namespace binseek::index {

using codec::DocId;

class LivePages {
 public:
  static constexpr uint32_t kDocs = 4096;  // a page's

  explicit LivePages(uint32_t max_doc)  // all live
      : tree_(static_cast<uint32_t>((uint64_t{max_doc} + kDocs - 1) / kDocs)),
        max_doc_(max_doc),
        count_(max_doc) {}

  uint32_t max_doc() const { return max_doc_; }
  uint32_t count() const { return count_; }  // live documents
  bool Get(DocId doc) const {
    const NodeHeader* page = tree_.Get(doc / kDocs);
    return page == nullptr || ((Words(page)[doc % kDocs / 64] >> (doc % 64)) & 1) != 0;
  }
  // 64 documents from `first`, a multiple of 64; bits beyond max_doc are 0.
  uint64_t Word(DocId first) const {
    const NodeHeader* page = tree_.Get(first / kDocs);
    return page == nullptr ? Mask(first) : Words(page)[first % kDocs / 64];
  }

  // The words of the whole page that begins at `first`; null: all of it live. REQUIRES: `first` is a multiple of kDocs
  const uint64_t* PageWords(DocId first) const {
    const NodeHeader* page = tree_.Get(first / kDocs);
    return page == nullptr ? nullptr : Words(page);
  }

  // False: it was dead already.
  bool Delete(DocId doc, PageEdit* edit);

  uint32_t pages() const { return tree_.pages(); }
  DocId first_doc(uint32_t page) const { return page * kDocs; }
  uint32_t docs_of(uint32_t page) const { return std::min(max_doc_ - first_doc(page), kDocs); }
  // Calls `visit(page number)` for the pages born after `epoch`, ascending; 0: for all that were ever written.
  template <class Visit>
  void VisitChangedSince(Epoch epoch, const Visit& visit) const {
    tree_.VisitChangedSince(epoch, [&](uint32_t page, const NodeHeader*) { visit(page); });
  }
  // The segment is gone: gives all pages back. REQUIRES: this is the newest version, and no view reaches any
  void FreeAll(PagePool* pool) {
    tree_.FreeAll(pool, [](NodeHeader*) {});
  }

 private:
  static uint64_t* Words(NodeHeader* page) { return reinterpret_cast<uint64_t*>(page + 1); }
  static const uint64_t* Words(const NodeHeader* page) {
    return reinterpret_cast<const uint64_t*>(page + 1);
  }
  uint64_t Mask(DocId first) const {
    const uint32_t left = max_doc_ - first;
    return left >= 64 ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
  }

  PageTree tree_;
  uint32_t max_doc_;
  uint32_t count_;
};
static_assert(std::is_trivially_copyable_v<LivePages>);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_LIVE_PAGES_H_
