#include "engine/index/column_pages.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "engine/base/check.h"

namespace binseek::index {

namespace {

// Makes `node` writable under `edit`: leaves it where it was made under it, else puts a copy (or a fresh one) in its place.
template <class Node, class Fresh>
Node* OwnNode(std::shared_ptr<Node>* node, EditId edit, const Fresh& fresh) {
  if (*node != nullptr && (*node)->edit == edit) {
    return node->get();
  }
  *node = *node == nullptr ? fresh() : std::make_shared<Node>(**node);
  (*node)->edit = edit;
  return node->get();
}

}  // namespace

template <class Page>
Page* PageTree<Page>::Own(uint32_t page, EditId edit,
                          const std::function<std::shared_ptr<Page>()>& fresh) {
  Root* const root = OwnNode(&root_, edit, [] { return std::make_shared<Root>(); });
  const uint32_t chunk = page / kFanOut;
  if (root->chunks.size() <= chunk) {
    root->chunks.resize(chunk + 1);
  }
  Chunk* const owned =
      OwnNode(&root->chunks[chunk], edit, [] { return std::make_shared<Chunk>(); });
  return OwnNode(&owned->pages[page % kFanOut], edit, fresh);
}

template <class Page>
void PageTree<Page>::VisitDifferent(const PageTree& other, uint32_t pages,
                                    const std::function<void(uint32_t)>& visit) const {
  if (root_ == other.root_) {
    return;
  }
  for (uint32_t first = 0; first < pages; first += kFanOut) {
    const Chunk* mine = ChunkAt(first / kFanOut);
    const Chunk* theirs = other.ChunkAt(first / kFanOut);
    if (mine == theirs) {
      continue;
    }
    for (uint32_t i = 0; i < std::min(kFanOut, pages - first); ++i) {
      if ((mine == nullptr ? nullptr : mine->pages[i]) !=
          (theirs == nullptr ? nullptr : theirs->pages[i])) {
        visit(first + i);
      }
    }
  }
}

template class PageTree<ValuePage>;
template class PageTree<LivePage>;

namespace {

template <class Page>
void VisitDocumentsOfPage(uint32_t page, uint32_t max_doc,
                          const std::function<void(DocId)>& visit) {
  const DocId first = page * Page::kDocs;
  for (DocId doc = first; doc < std::min(max_doc, first + Page::kDocs); ++doc) {
    visit(doc);
  }
}

template <class Page>
uint32_t PageCount(uint32_t max_doc) {
  return (max_doc + Page::kDocs - 1) / Page::kDocs;
}

bool BaseHas(const codec::NumberColumn& base, DocId doc) {
  return ((base.present[doc / 64] >> (doc % 64)) & 1) != 0;
}

}  // namespace

ColumnPages::ColumnPages(const codec::NumberColumn* base, uint32_t max_doc)
    : base_(base), max_doc_(max_doc) {}

bool ColumnPages::Get(DocId doc, int64_t* value) const {
  if (const ValuePage* page = pages_.Get(doc / ValuePage::kDocs)) {
    const uint32_t at = doc % ValuePage::kDocs;
    *value = page->values[at];
    return ((page->present[at / 64] >> (at % 64)) & 1) != 0;
  }
  if (base_ == nullptr || !BaseHas(*base_, doc)) {
    return false;
  }
  *value = base_->values[doc];
  return true;
}

std::span<const int64_t> ColumnPages::GetAll(DocId doc, int64_t* scratch) const {
  if (multi_valued()) {
    const uint32_t begin = base_->multi_starts[doc];
    const uint32_t end = base_->multi_starts[doc + 1];
    if (end > begin) {
      return base_->multi_values.subspan(begin, end - begin);
    }
  }
  return Get(doc, scratch) ? std::span<const int64_t>(scratch, 1) : std::span<const int64_t>();
}

void ColumnPages::Read(DocId first, uint32_t n, int64_t* values, uint64_t* present) const {
  // Page by page; a page's 256 documents are a whole number of 64-bit presence words.
  for (uint32_t done = 0; done < n;) {
    const DocId doc = first + done;
    const uint32_t at = doc % ValuePage::kDocs;
    const uint32_t take = std::min(n - done, ValuePage::kDocs - at);
    const uint32_t words = (take + 63) / 64;
    if (const ValuePage* page = pages_.Get(doc / ValuePage::kDocs)) {
      std::copy_n(page->values.begin() + at, take, values + done);
      std::copy_n(page->present.begin() + at / 64, words, present + done / 64);
    } else if (base_ != nullptr) {
      std::copy_n(base_->values.begin() + doc, take, values + done);
      std::copy_n(base_->present.begin() + doc / 64, words, present + done / 64);
    } else {
      std::fill_n(values + done, take, 0);
      std::fill_n(present + done / 64, words, 0);
    }
    done += take;
  }
}

void ColumnPages::Set(DocId doc, std::optional<int64_t> value, EditId edit) {
  BINSEEK_CHECK(!multi_valued(), "a multi-valued column is not updated in place");
  const uint32_t page_index = doc / ValuePage::kDocs;
  ValuePage* page = pages_.Own(page_index, edit, [&] {
    auto fresh = std::make_shared<ValuePage>();
    ++written_pages_;
    if (base_ != nullptr) {
      const DocId first = page_index * ValuePage::kDocs;
      const uint32_t take = std::min(ValuePage::kDocs, max_doc_ - first);
      std::copy_n(base_->values.begin() + first, take, fresh->values.begin());
      std::copy_n(base_->present.begin() + first / 64, (take + 63) / 64, fresh->present.begin());
    }
    return fresh;
  });
  const uint32_t at = doc % ValuePage::kDocs;
  page->values[at] = value.value_or(0);
  const uint64_t bit = uint64_t{1} << (at % 64);
  page->present[at / 64] = value ? page->present[at / 64] | bit : page->present[at / 64] & ~bit;
}

void ColumnPages::VisitDifferentPages(const ColumnPages& other,
                                      const std::function<void(DocId)>& visit) const {
  pages_.VisitDifferent(other.pages_, PageCount<ValuePage>(max_doc_), [&](uint32_t page) {
    VisitDocumentsOfPage<ValuePage>(page, max_doc_, visit);
  });
}

uint32_t ColumnPages::CountDifferentPages(const ColumnPages& other) const {
  uint32_t count = 0;
  pages_.VisitDifferent(other.pages_, PageCount<ValuePage>(max_doc_), [&](uint32_t) { ++count; });
  return count;
}

void ColumnPages::VisitPages(const std::function<void(DocId, const ValuePage&)>& visit) const {
  pages_.VisitDifferent({}, PageCount<ValuePage>(max_doc_),
                        [&](uint32_t page) { visit(page * ValuePage::kDocs, *pages_.Get(page)); });
}

uint64_t LiveDocs::Word(DocId first) const {
  const uint32_t left = max_doc_ - first;
  const uint64_t mask = left >= 64 ? ~uint64_t{0} : (uint64_t{1} << left) - 1;
  const LivePage* page = pages_.Get(first / LivePage::kDocs);
  return page == nullptr ? mask : page->live[first % LivePage::kDocs / 64] & mask;
}

void LiveDocs::Delete(DocId doc, EditId edit) {
  if (!Get(doc)) {
    return;
  }
  LivePage* page = pages_.Own(doc / LivePage::kDocs, edit, [] {
    auto fresh = std::make_shared<LivePage>();
    fresh->live.fill(~uint64_t{0});
    return fresh;
  });
  page->live[doc % LivePage::kDocs / 64] &= ~(uint64_t{1} << (doc % 64));
  --count_;
}

void LiveDocs::VisitDifferentPages(const LiveDocs& other,
                                   const std::function<void(DocId)>& visit) const {
  pages_.VisitDifferent(other.pages_, PageCount<LivePage>(max_doc_), [&](uint32_t page) {
    VisitDocumentsOfPage<LivePage>(page, max_doc_, visit);
  });
}

}  // namespace binseek::index
