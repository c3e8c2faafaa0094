// ColumnPages and LiveDocs: per-document state of an immutable segment that changes after it was written.
//
// Both are persistent trees of pages: a copy shares all pages with its original, a write copies the nodes on its path.
// So a view costs nothing to keep, and two versions are compared by comparing page pointers, which is how a merge
// catches up with updates that came while it ran.
// Writes name their edit: nodes made under the same edit are changed in place, all others are copied first. One edit is one
// unpublished step of the writer (a batch), so what a reader can reach never changes.
// Pages that were never written are read from the segment itself.
//
// Const methods are thread-safe; a writer works on its own copy. A copy and a write of one value touch about 5 KB.
#ifndef BINSEEK_ENGINE_INDEX_COLUMN_PAGES_H_
#define BINSEEK_ENGINE_INDEX_COLUMN_PAGES_H_

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/codec/segment.h"

namespace binseek::index {

using codec::DocId;
using EditId = uint64_t;  // unique per step of the writer; never 0

// A persistent array of pages of `Page`; null where never written.
template <class Page>
class PageTree {
 public:
  static constexpr uint32_t kFanOut = 64;

  const Page* Get(uint32_t page) const {
    const Chunk* chunk = ChunkAt(page / kFanOut);
    return chunk == nullptr ? nullptr : chunk->pages[page % kFanOut].get();
  }
  // Calls `visit(page)` for every page below `pages` that is not the same object in both. Cost: what is shared is skipped whole.
  void VisitDifferent(const PageTree& other, uint32_t pages,
                      const std::function<void(uint32_t)>& visit) const;
  // A page to write to under `edit`: its own, or a copy of the shared one, or what `fresh` makes.
  Page* Own(uint32_t page, EditId edit, const std::function<std::shared_ptr<Page>()>& fresh);

 private:
  struct Chunk {
    EditId edit = 0;
    std::array<std::shared_ptr<Page>, kFanOut> pages;
  };
  struct Root {
    EditId edit = 0;
    std::vector<std::shared_ptr<Chunk>> chunks;
  };
  const Chunk* ChunkAt(uint32_t chunk) const {
    return root_ == nullptr || chunk >= root_->chunks.size() ? nullptr : root_->chunks[chunk].get();
  }
  std::shared_ptr<Root> root_;
};

struct ValuePage {
  EditId edit = 0;
  static constexpr uint32_t kDocs = 256;
  std::array<int64_t, kDocs> values{};
  std::array<uint64_t, kDocs / 64> present{};
};

class ColumnPages {
 public:
  // `base` may be null: all absent. It is borrowed from the segment, which must outlive this.
  ColumnPages(const codec::NumberColumn* base, uint32_t max_doc);

  std::optional<int64_t> Get(DocId doc) const {
    int64_t value;
    return Get(doc, &value) ? std::optional<int64_t>(value) : std::nullopt;
  }
  // False: the document has no value. The smallest where it has several.
  bool Get(DocId doc, int64_t* value) const;
  // All values of a document, ascending (several only in columns that are not updated in place).
  std::span<const int64_t> GetAll(DocId doc, int64_t* scratch) const;
  // Values of documents [first, first + n) and their presence bits; `first` is a multiple of 64, absent values are 0.
  void Read(DocId first, uint32_t n, int64_t* values, uint64_t* present) const;
  bool multi_valued() const { return base_ != nullptr && !base_->multi_starts.empty(); }

  void Set(DocId doc, std::optional<int64_t> value, EditId edit);  // REQUIRES: !multi_valued()
  bool written() const { return written_pages_ > 0; }              // has pages of its own
  uint32_t written_pages() const { return written_pages_; }
  // Pages that are not the same object in both.
  uint32_t CountDifferentPages(const ColumnPages& other) const;
  // Its own pages: `visit(first document, page)`, ascending.
  void VisitPages(const std::function<void(DocId, const ValuePage&)>& visit) const;
  // Calls `visit(doc)` for every document of the pages in which the two differ (documents may be equal all the same).
  void VisitDifferentPages(const ColumnPages& other, const std::function<void(DocId)>& visit) const;

 private:
  const codec::NumberColumn* base_;
  uint32_t max_doc_;
  uint32_t written_pages_ = 0;
  PageTree<ValuePage> pages_;
};

struct LivePage {
  EditId edit = 0;
  static constexpr uint32_t kDocs = 4096;
  std::array<uint64_t, kDocs / 64> live{};
};

class LiveDocs {
 public:
  explicit LiveDocs(uint32_t max_doc) : max_doc_(max_doc), count_(max_doc) {}  // all live

  bool Get(DocId doc) const {
    const LivePage* page = pages_.Get(doc / LivePage::kDocs);
    return page == nullptr || ((page->live[doc % LivePage::kDocs / 64] >> (doc % 64)) & 1) != 0;
  }
  // 64 documents from `first` (a multiple of 64), bits beyond max_doc are 0.
  uint64_t Word(DocId first) const;
  uint32_t count() const { return count_; }
  uint32_t max_doc() const { return max_doc_; }
  void Delete(DocId doc, EditId edit);  // no effect where already dead
  void VisitDifferentPages(const LiveDocs& other, const std::function<void(DocId)>& visit) const;

 private:
  uint32_t max_doc_;
  uint32_t count_;
  PageTree<LivePage> pages_;
};

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_COLUMN_PAGES_H_
