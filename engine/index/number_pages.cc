#include "engine/index/number_pages.h"

#include <algorithm>
#include <array>
#include <bit>

#include "engine/base/check.h"
#include "engine/index/number_kernels.h"

namespace binseek::index {

namespace {

// Of a page that was never written.
struct BasePage {
  std::array<int64_t, NumberPage::kMaxDocs> values;
  std::array<uint64_t, NumberPage::kMaxDocs / 64> present;
};

// The pages of a tree in order, for scans. They lie anywhere in memory, so that the hardware does not foresee the next one: those that are some documents
// ahead are loaded meanwhile.
class PageWalk {
 public:
  PageWalk(const PageTree* tree, uint32_t page, uint32_t shift)
      : tree_(tree), page_(page), ahead_(std::max(kAheadDocs >> shift, 1u)), run_(tree->Run(page)) {
    tree->PrefetchNextRun(page);
  }
  // Null where a page was never written. REQUIRES: there is one
  const NumberPage* Next() {
    if (at_ == run_.size()) {
      page_ += static_cast<uint32_t>(at_);
      at_ = 0;
      run_ = coming_.empty() ? tree_->Run(page_) : coming_;
      coming_ = {};
      tree_->PrefetchNextRun(page_);
    }
    const auto* const page = static_cast<const NumberPage*>(run_[at_++]);
    if (page != nullptr) {
      PageTree::PrefetchLines(Ahead(), page->bytes);  // of about the same size
    }
    return page;
  }

 private:
  static constexpr uint32_t kAheadDocs = 1024;

  const NodeHeader* Ahead() {
    size_t ahead = at_ + ahead_ - 1;
    if (ahead < run_.size()) {
      return run_[ahead];
    }
    ahead -= run_.size();
    if (coming_.empty() && page_ + run_.size() < tree_->pages()) {
      coming_ = tree_->Run(page_ + static_cast<uint32_t>(run_.size()));
    }
    return ahead < coming_.size() ? coming_[ahead] : nullptr;
  }

  const PageTree* const tree_;
  uint32_t page_;  // the first of run_
  const uint32_t ahead_;
  size_t at_ = 0;
  std::span<const NodeHeader* const> run_;
  std::span<const NodeHeader* const> coming_;  // what follows; empty: not yet looked for
};

}  // namespace

NumberPages::NumberPages(const NumberBase* base, uint32_t max_doc, NumberPageShape shape)
    : base_(base),
      tree_(static_cast<uint32_t>((uint64_t{max_doc} + shape.docs - 1) / shape.docs)),
      max_doc_(max_doc),
      shift_(static_cast<uint8_t>(std::countr_zero(shape.docs))),
      min_width_(static_cast<uint8_t>(shape.min_width)) {
  BINSEEK_CHECK(std::has_single_bit(shape.docs) && shape.docs >= 64 &&
                shape.docs <= NumberPage::kMaxDocs);
}

uint32_t NumberPages::docs_of(uint32_t page) const {
  return std::min(max_doc_ - first_doc(page), docs_per_page());
}

bool NumberPages::Get(DocId doc, int64_t* value) const {
  if (const NumberPage* page = PageAt(doc)) {
    const uint32_t at = doc % docs_per_page();
    *value = page->Smallest(at);
    return page->Has(at);
  }
  return BaseGet(base_, doc, value);
}

std::span<const int64_t> NumberPages::GetAll(DocId doc, std::vector<int64_t>* scratch) const {
  const NumberPage* const page = PageAt(doc);
  if (page == nullptr) {
    return BaseValues(base_, doc, scratch);
  }
  scratch->resize(1);
  return page->All(doc % docs_per_page(), scratch->data());
}

void NumberPages::Read(DocId first, uint32_t n, int64_t* values, uint64_t* present) const {
  PageWalk walk(&tree_, first >> shift_, shift_);
  for (uint32_t done = 0; done < n;) {
    const DocId doc = first + done;
    const uint32_t at = doc % docs_per_page();
    const uint32_t take = std::min(n - done, docs_per_page() - at);
    if (const NumberPage* page = walk.Next()) {
      page->Read(at, take, values + done, present + done / 64);
    } else {
      BaseRead(base_, doc, take, values + done, present + done / 64);
    }
    done += take;
  }
}

NumberZone NumberPages::Zone(uint32_t page) const {
  if (const auto* written = static_cast<const NumberPage*>(tree_.Get(page))) {
    return written->zone;
  }
  NumberZone zone;
  if (base_ != nullptr && pages_are_blocks()) {
    return {.min = base_->block_min(page), .max = base_->block_max(page)};
  }
  std::vector<int64_t> scratch;
  for (DocId doc = first_doc(page); doc < first_doc(page) + docs_of(page); ++doc) {
    const std::span<const int64_t> all = BaseValues(base_, doc, &scratch);
    if (!all.empty()) {
      zone.Add(all.front());
      zone.Add(all.back());
    }
  }
  return zone;
}

void NumberPages::MatchRange(uint32_t page, int64_t low, int64_t high, uint64_t* match) const {
  if (const auto* written = static_cast<const NumberPage*>(tree_.Get(page))) {
    written->Match(low, high, match);
  } else {
    MatchBase(page, low, high, match);
  }
}

void NumberPages::MatchDocs(DocId first, uint32_t n, int64_t low, int64_t high,
                            uint64_t* match) const {
  BINSEEK_DCHECK(first % docs_per_page() == 0);
  if (n == 0) {
    return;
  }
  const uint32_t begin = first >> shift_;
  const uint32_t end = ((first + n - 1) >> shift_) + 1;
  PageWalk walk(&tree_, begin, shift_);
  for (uint32_t page = begin; page < end; ++page) {
    if (const NumberPage* written = walk.Next()) {
      written->Match(low, high, match);
    } else {
      MatchBase(page, low, high, match);
    }
    match += docs_per_page() / 64;
  }
}

void NumberPages::MatchBase(uint32_t page, int64_t low, int64_t high, uint64_t* match) const {
  if (base_ == nullptr || low > high) {
    std::fill_n(match, words_of(page), 0);
  } else if (pages_are_blocks()) {
    codec::BlockBits bits;
    base_->MatchRange(page, low, high, &bits);
    std::copy_n(bits.begin(), words_of(page), match);
  } else {
    MatchOddBase(page, low, high, match);
  }
}

void NumberPages::MatchOddBase(uint32_t page, int64_t low, int64_t high, uint64_t* match) const {
  const uint32_t words = words_of(page);
  const uint32_t docs = docs_of(page);
  BasePage read;
  BaseRead(base_, first_doc(page), docs, read.values.data(), read.present.data());
  std::fill_n(read.values.begin() + docs, words * 64 - docs, 0);
  NumberKernels::Best().match(sizeof(int64_t), read.values.data(), words, low, high, match);
  for (uint32_t w = 0; w < words; ++w) {
    match[w] &= read.present[w];
  }
  std::vector<int64_t> scratch;
  for (uint32_t at = 0; BaseHasSeveral(base_) && at < docs; ++at) {
    const std::span<const int64_t> all = BaseValues(base_, first_doc(page) + at, &scratch);
    const auto first = std::lower_bound(all.begin(), all.end(), low);
    if (first != all.end() && *first <= high) {
      match[at / 64] |= uint64_t{1} << (at % 64);
    }
  }
}

NumberPage* NumberPages::MakePage(uint32_t page, PageEdit* edit) const {
  const uint32_t docs = docs_of(page);
  BasePage read{};
  BaseRead(base_, first_doc(page), docs, read.values.data(), read.present.data());
  NumberPage* made = NumberPage::Make(words_of(page) * 64, min_width_, read.values.data(),
                                      read.present.data(), edit);
  std::vector<int64_t> scratch;
  for (uint32_t at = 0; BaseHasSeveral(base_) && at < docs; ++at) {
    const std::span<const int64_t> all = BaseValues(base_, first_doc(page) + at, &scratch);
    if (all.size() > 1) {
      NumberPage::Set(&made, at, all, min_width_, edit);
    }
  }
  return made;
}

bool NumberPages::Equals(DocId doc, std::span<const int64_t> values) const {
  if (!multi_valued()) {  // as nearly all columns are: without a detour
    int64_t value;
    return Get(doc, &value) ? values.size() == 1 && values.front() == value : values.empty();
  }
  std::vector<int64_t> scratch;
  const std::span<const int64_t> old = GetAll(doc, &scratch);
  return std::equal(old.begin(), old.end(), values.begin(), values.end());
}

bool NumberPages::Set(DocId doc, std::span<const int64_t> values, PageEdit* edit) {
  BINSEEK_DCHECK(doc < max_doc_);
  if (Equals(doc, values)) {
    return false;
  }
  const uint32_t number = doc >> shift_;
  NodeHeader** const slot = tree_.Slot(number, edit);
  auto* page = static_cast<NumberPage*>(*slot);
  if (page == nullptr) {
    page = MakePage(number, edit);
    ++written_pages_;
  }
  NumberPage::Set(&page, doc % docs_per_page(), values, min_width_, edit);
  *slot = page;
  several_ = several_ || values.size() > 1;
  return true;
}

void NumberPages::FreeAll(PagePool* pool) {
  tree_.FreeAll(pool, [&](NodeHeader* node) {
    SeveralValues* const several = static_cast<NumberPage*>(node)->several;
    if (several != nullptr) {
      pool->Free(several, several->bytes);
    }
  });
  written_pages_ = 0;
}

}  // namespace binseek::index
