// NumberPages: the numbers of one field of a segment, as they are after the updates that came since the segment was written.
//
// A page is written when a document of it changes first; the others are read from the segment. A value of this type is a few words, and copying it
// copies no page (page_tree.h): a view holds one, the writer changes its own under a PageEdit and publishes that.
// Documents may have several values, ascending; Read and Get give the smallest. tests/bench/PAGES.md says how the page size was chosen.
// Const methods are thread-safe on published values; a writer works on its own copy. `base` is borrowed and outlives all copies.
#ifndef BINSEEK_ENGINE_INDEX_NUMBER_PAGES_H_
#define BINSEEK_ENGINE_INDEX_NUMBER_PAGES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

#include "engine/index/number_base.h"
#include "engine/index/number_page.h"
#include "engine/index/page_tree.h"

namespace binseek::index {

// How pages are made. All but the default is for measurements.
struct NumberPageShape {
  uint32_t docs = 256;     // a power of two, 64 to NumberPage::kMaxDocs
  uint32_t min_width = 1;  // bytes of the narrowest integers: 1, 2, 4, 8
};

class NumberPages {
 public:
  // `base` may be null: all absent.
  NumberPages(const NumberBase* base, uint32_t max_doc, NumberPageShape shape = {});

  uint32_t max_doc() const { return max_doc_; }
  // The epoch that changed it last; 0: it is as the segment was written. What VisitChangedSince takes.
  Epoch version() const { return tree_.born(); }
  std::optional<int64_t> Get(DocId doc) const {
    int64_t value;
    return Get(doc, &value) ? std::optional<int64_t>(value) : std::nullopt;
  }
  // False: the document has no value. The smallest where it has several.
  bool Get(DocId doc, int64_t* value) const;
  // All values of a document, ascending; they may lie in `scratch`.
  std::span<const int64_t> GetAll(DocId doc, std::vector<int64_t>* scratch) const;
  // Values of documents [first, first + n), 0 where absent, and their presence bits; `first` is a multiple of 64.
  void Read(DocId first, uint32_t n, int64_t* values, uint64_t* present) const;
  // May a document have several values? Once true, it stays so.
  bool multi_valued() const { return several_ || BaseHasSeveral(base_); }

  // Pages are numbered from 0; the last may hold fewer documents than the others.
  uint32_t pages() const { return tree_.pages(); }
  uint32_t docs_per_page() const { return 1u << shift_; }
  DocId first_doc(uint32_t page) const { return page << shift_; }
  uint32_t docs_of(uint32_t page) const;  // that it really holds
  uint32_t words_of(uint32_t page) const { return (docs_of(page) + 63) / 64; }
  bool written(uint32_t page) const { return tree_.Get(page) != nullptr; }
  uint32_t written_pages() const { return written_pages_; }
  // Smallest and largest value of a page; exact. Cost: one look, but where pages are of another size than the blocks of the base.
  NumberZone Zone(uint32_t page) const;
  int64_t page_min(uint32_t page) const {
    return Zone(page).min;
  }  // greater than page_max: no value
  int64_t page_max(uint32_t page) const { return Zone(page).max; }
  // Sets words_of(page) words: bit i is set where document first_doc(page) + i has a value in [low, high].
  void MatchRange(uint32_t page, int64_t low, int64_t high, uint64_t* match) const;

  // The same for the pages of documents [first, first + n), one behind the other: for scans, which see to it that the pages to come are loaded.
  // REQUIRES: `first` is the first document of a page
  void MatchDocs(DocId first, uint32_t n, int64_t low, int64_t high, uint64_t* match) const;

  // Gives the document this value or these values, ascending, or none; they are not borrowed from this column. False: it had them already, nothing
  // is copied. Cost: a page and 2-3 inner nodes are copied where they are not of the edit.
  bool Set(DocId doc, std::span<const int64_t> values, PageEdit* edit);
  bool Set(DocId doc, std::optional<int64_t> value, PageEdit* edit) {
    return Set(doc, value ? std::span<const int64_t>(&*value, 1) : std::span<const int64_t>(),
               edit);
  }
  bool Set(DocId doc, int64_t value, PageEdit* edit) {
    return Set(doc, std::span<const int64_t>(&value, 1), edit);
  }

  // Before a Set that is some rows ahead, and a few rows ahead (page_tree.h). Cost: nanoseconds.
  void PrefetchNode(DocId doc) const { tree_.PrefetchNode(doc >> shift_); }
  void PrefetchPage(DocId doc) const {
    tree_.PrefetchPage(doc >> shift_, NumberPage::Bytes(docs_per_page(), 4));
  }

  // Calls `visit(page number)` for the pages born after `epoch`, ascending; 0: for all that were ever written.
  template <class Visit>
  void VisitChangedSince(Epoch epoch, const Visit& visit) const {
    tree_.VisitChangedSince(epoch, [&](uint32_t page, const NodeHeader*) { visit(page); });
  }
  // The segment is gone: gives all pages back. REQUIRES: this is the newest version, and no view reaches any
  void FreeAll(PagePool* pool);

 private:
  const NumberPage* PageAt(DocId doc) const {
    return static_cast<const NumberPage*>(tree_.Get(doc >> shift_));
  }
  NumberPage* MakePage(uint32_t page, PageEdit* edit) const;
  bool Equals(DocId doc, std::span<const int64_t> values) const;
  // A page that was not written is a block of the base.
  bool pages_are_blocks() const { return docs_per_page() == codec::kBlock256; }
  // Of a page that was not written.
  void MatchBase(uint32_t page, int64_t low, int64_t high, uint64_t* match) const;
  void MatchOddBase(uint32_t page, int64_t low, int64_t high, uint64_t* match) const;

  const NumberBase* base_;
  PageTree tree_;
  uint32_t max_doc_;
  uint32_t written_pages_ = 0;
  uint8_t shift_;
  uint8_t min_width_;
  bool several_ = false;
};
static_assert(std::is_trivially_copyable_v<NumberPages>);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_NUMBER_PAGES_H_
