// SystemPages: version, sequence number and row hash of each document of a segment, which change with every operation on it.
//
// The three stand together, row by row, so that an update copies one small page and not three. As for NumberPages: a value of this type is a few
// words, a copy shares all pages, what was never written is read from the segment's columns.
// Const methods are thread-safe on published values; a writer works on its own copy. The base columns are borrowed and outlive all copies.
#ifndef BINSEEK_ENGINE_INDEX_SYSTEM_PAGES_H_
#define BINSEEK_ENGINE_INDEX_SYSTEM_PAGES_H_

#include <array>
#include <bit>
#include <cstdint>
#include <optional>
#include <type_traits>

#include "engine/index/number_base.h"
#include "engine/index/page_tree.h"

namespace binseek::index {

// What is not there was never given.
struct SystemRow {
  std::optional<int64_t> version;
  std::optional<int64_t> seq_no;
  std::optional<int64_t> row_hash;

  friend bool operator==(const SystemRow&, const SystemRow&) = default;
};

enum class SystemColumn : uint32_t { kVersion = 0, kSeqNo = 1, kRowHash = 2 };
inline constexpr uint32_t kSystemColumns = 3;

// Each may be null: no document has one. None has documents with several values.
struct SystemBase {
  const NumberBase* version = nullptr;
  const NumberBase* seq_no = nullptr;
  const NumberBase* row_hash = nullptr;
};

class SystemPages {
 public:
  static constexpr uint32_t kDocs = 32;  // a page's; tests/bench/PAGES.md
  static constexpr size_t kPageBytes = 64 + sizeof(int64_t) * kDocs * kSystemColumns;

  // `page_docs`: 32 or 64; all but the default is for measurements.
  SystemPages(const SystemBase& base, uint32_t max_doc, uint32_t page_docs = kDocs);

  uint32_t max_doc() const { return max_doc_; }
  SystemRow Get(DocId doc) const;
  std::optional<int64_t> Get(SystemColumn column, DocId doc) const;
  std::optional<int64_t> Version(DocId doc) const { return Get(SystemColumn::kVersion, doc); }
  std::optional<int64_t> SeqNo(DocId doc) const { return Get(SystemColumn::kSeqNo, doc); }
  std::optional<int64_t> RowHash(DocId doc) const { return Get(SystemColumn::kRowHash, doc); }
  // One column of documents [first, first + n), 0 where absent, and presence bits; `first` is a multiple of 64.
  void Read(SystemColumn column, DocId first, uint32_t n, int64_t* values, uint64_t* present) const;

  // Cost: a page and 2-3 inner nodes are copied where they are not of the edit. False: nothing to change.
  bool Set(DocId doc, const SystemRow& row, PageEdit* edit);

  // Before a Set that is some rows ahead, and a few rows ahead (page_tree.h). Cost: nanoseconds.
  void PrefetchNode(DocId doc) const { tree_.PrefetchNode(doc >> shift_); }
  void PrefetchPage(DocId doc) const {
    tree_.PrefetchPage(doc >> shift_, 64 + sizeof(Row) * docs_per_page());
  }

  uint32_t pages() const { return tree_.pages(); }
  uint32_t docs_per_page() const { return 1u << shift_; }
  DocId first_doc(uint32_t page) const { return page << shift_; }
  uint32_t docs_of(uint32_t page) const {
    return std::min(max_doc_ - first_doc(page), docs_per_page());
  }
  uint32_t written_pages() const { return written_pages_; }
  // Calls `visit(page number)` for the pages born after `epoch`, ascending; 0: for all that were ever written.
  template <class Visit>
  void VisitChangedSince(Epoch epoch, const Visit& visit) const {
    tree_.VisitChangedSince(epoch, [&](uint32_t page, const NodeHeader*) { visit(page); });
  }
  // The segment is gone: gives all pages back. REQUIRES: this is the newest version, and no view reaches any
  void FreeAll(PagePool* pool);

 private:
  using Row = std::array<int64_t, kSystemColumns>;
  struct Page;

  const Page* PageAt(DocId doc) const;
  Page* MakePage(uint32_t page, PageEdit* edit) const;

  std::array<const NumberBase*, kSystemColumns> base_;
  PageTree tree_;
  uint32_t max_doc_;
  uint32_t written_pages_ = 0;
  uint32_t shift_;
};
static_assert(std::is_trivially_copyable_v<SystemPages>);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_SYSTEM_PAGES_H_
