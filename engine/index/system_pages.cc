#include "engine/index/system_pages.h"

#include <cstring>

#include "engine/base/check.h"

namespace binseek::index {

// Header and presence are one cache line; the rows follow.
struct SystemPages::Page : NodeHeader {
  std::array<uint64_t, kSystemColumns> present;  // bit per document
  uint64_t reserved[2];

  Row* rows() { return reinterpret_cast<Row*>(this + 1); }
  const Row* rows() const { return reinterpret_cast<const Row*>(this + 1); }
  bool Has(uint32_t column, uint32_t at) const { return ((present[column] >> at) & 1) != 0; }
  std::optional<int64_t> Get(uint32_t column, uint32_t at) const {
    return Has(column, at) ? std::optional<int64_t>(rows()[at][column]) : std::nullopt;
  }
};

SystemPages::SystemPages(const SystemBase& base, uint32_t max_doc, uint32_t page_docs)
    : base_{base.version, base.seq_no, base.row_hash},
      tree_(static_cast<uint32_t>((uint64_t{max_doc} + page_docs - 1) / page_docs)),
      max_doc_(max_doc),
      shift_(static_cast<uint32_t>(std::countr_zero(page_docs))) {
  BINSEEK_CHECK(page_docs == 32 || page_docs == 64);
}

const SystemPages::Page* SystemPages::PageAt(DocId doc) const {
  static_assert(sizeof(Page) == 64);
  return static_cast<const Page*>(tree_.Get(doc >> shift_));
}

std::optional<int64_t> SystemPages::Get(SystemColumn column, DocId doc) const {
  const auto index = static_cast<uint32_t>(column);
  if (const Page* page = PageAt(doc)) {
    return page->Get(index, doc % docs_per_page());
  }
  int64_t value;
  return BaseGet(base_[index], doc, &value) ? std::optional<int64_t>(value) : std::nullopt;
}

SystemRow SystemPages::Get(DocId doc) const {
  if (const Page* page = PageAt(doc)) {
    const uint32_t at = doc % docs_per_page();
    return {.version = page->Get(0, at), .seq_no = page->Get(1, at), .row_hash = page->Get(2, at)};
  }
  return {.version = Version(doc), .seq_no = SeqNo(doc), .row_hash = RowHash(doc)};
}

void SystemPages::Read(SystemColumn column, DocId first, uint32_t n, int64_t* values,
                       uint64_t* present) const {
  const auto index = static_cast<uint32_t>(column);
  for (uint32_t done = 0; done < n; done += 64) {
    const uint32_t take = std::min(n - done, 64u);
    bool based = false;
    uint64_t base_present = 0;
    present[done / 64] = 0;
    // One presence word at a time; it spans up to two pages.
    for (uint32_t at = 0; at < take; at += docs_per_page()) {
      const uint32_t docs = std::min(take - at, docs_per_page());
      const uint64_t mask = docs == 64 ? ~uint64_t{0} : ((uint64_t{1} << docs) - 1) << at;
      if (const Page* page = PageAt(first + done + at)) {
        for (uint32_t i = 0; i < docs; ++i) {
          values[done + at + i] = page->rows()[i][index];
        }
        present[done / 64] |= (page->present[index] << at) & mask;
      } else {
        if (!based) {
          std::array<int64_t, 64> read;
          BaseRead(base_[index], first + done, take, read.data(), &base_present);
          std::copy_n(read.begin() + at, take - at, values + done + at);
          based = true;
        }
        present[done / 64] |= base_present & mask;
      }
    }
  }
}

SystemPages::Page* SystemPages::MakePage(uint32_t page, PageEdit* edit) const {
  const uint32_t docs = docs_of(page);
  // Small segments have small pages: in steps of 8 documents.
  const uint32_t room = std::min((docs + 7) / 8 * 8, docs_per_page());
  Page* const made = edit->Make<Page>(sizeof(Page) + room * sizeof(Row), room);
  made->present = {};
  std::memset(made->rows(), 0, room * sizeof(Row));
  for (uint32_t at = 0; at < docs; ++at) {
    for (uint32_t column = 0; column < kSystemColumns; ++column) {
      int64_t value;
      if (BaseGet(base_[column], first_doc(page) + at, &value)) {
        made->rows()[at][column] = value;
        made->present[column] |= uint64_t{1} << at;
      }
    }
  }
  return made;
}

bool SystemPages::Set(DocId doc, const SystemRow& row, PageEdit* edit) {
  BINSEEK_DCHECK(doc < max_doc_);
  if (Get(doc) == row) {
    return false;
  }
  const uint32_t number = doc >> shift_;
  NodeHeader** const slot = tree_.Slot(number, edit);
  auto* page = static_cast<Page*>(*slot);
  if (page == nullptr) {
    page = MakePage(number, edit);
    ++written_pages_;
  } else if (!edit->Owns(page)) {
    page = edit->Copy(page);
  }
  const uint32_t at = doc % docs_per_page();
  const std::array<std::optional<int64_t>, kSystemColumns> values{row.version, row.seq_no,
                                                                  row.row_hash};
  for (uint32_t column = 0; column < kSystemColumns; ++column) {
    const uint64_t bit = uint64_t{1} << at;
    uint64_t& word = page->present[column];
    word = values[column] ? word | bit : word & ~bit;
    page->rows()[at][column] = values[column].value_or(0);
  }
  *slot = page;
  return true;
}

void SystemPages::FreeAll(PagePool* pool) {
  tree_.FreeAll(pool, [](NodeHeader*) {});
  written_pages_ = 0;
}

}  // namespace binseek::index
