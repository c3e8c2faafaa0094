#include "engine/search/filter_cache.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/base/coding.h"
#include "engine/codec/bit_packing.h"

namespace binseek::search {
namespace {

constexpr uint32_t kPagesBetweenLooks = 256;
// Of an entry beside its bits and its key: nodes of the list and of the map.
constexpr uint64_t kEntryBytes = 256;

std::string KeyOf(const std::string& name, const index::SegmentView& segment) {
  std::string key;
  PutU64(&key, segment.id());
  return key + name;
}

bool Interrupted(Interrupt* interrupt) {
  return interrupt != nullptr && (!interrupt->Check().ok() || interrupt->TimedOut());
}

// False: the interrupt has ended it. REQUIRES: bits of these pages are 0.
bool MatchPages(const std::vector<uint32_t>& pages, const index::NumberPages& column,
                const FilterCache::MatchPage& match, Interrupt* interrupt, SegmentBits* bits) {
  for (size_t i = 0; i < pages.size(); ++i) {
    if (i % kPagesBetweenLooks == 0 && Interrupted(interrupt)) {
      return false;
    }
    match(pages[i], bits->mutable_words() + column.first_doc(pages[i]) / 64);
  }
  return true;
}

}  // namespace

bool FilterCache::Note(std::string_view name) {
  if (options_.max_bytes == 0) {
    return false;
  }
  const size_t hash = std::hash<std::string_view>()(name);
  const MutexLock lock(&mutex_);
  Use& use = uses_[hash % uses_.size()];
  if (use.hash != hash) {
    use = {.hash = hash};
  }
  use.count += use.count < options_.least_uses ? 1 : 0;
  return use.count >= options_.least_uses;
}

FilterBitsPtr FilterCache::Get(const std::string& name, const index::SegmentView& segment,
                               const index::NumberPages& column, const MatchPage& match,
                               Interrupt* interrupt) {
  if (segment.max_doc() < options_.least_docs) {
    return nullptr;
  }
  const index::Epoch version = column.version();
  std::string key = KeyOf(name, segment);
  index::Epoch kept_version = 0;
  FilterBitsPtr kept = Find(key, segment, &kept_version);
  if (kept != nullptr && kept_version == version) {
    return kept;
  }
  if (kept != nullptr && kept_version > version) {
    return nullptr;  // nobody knows which of its pages this view does not see yet
  }
  std::vector<uint32_t> pages;
  if (kept == nullptr) {
    for (uint32_t page = 0; page < column.pages(); ++page) {
      pages.push_back(page);
    }
  } else {
    column.VisitChangedSince(kept_version, [&pages](uint32_t page) { pages.push_back(page); });
  }
  auto made = std::make_shared<FilterBits>(
      FilterBits{kept == nullptr ? SegmentBits(segment.max_doc()) : kept->bits});
  if (kept != nullptr) {
    for (const uint32_t page : pages) {
      std::fill_n(made->bits.mutable_words() + column.first_doc(page) / 64, column.words_of(page),
                  0);
    }
  }
  if (!MatchPages(pages, column, match, interrupt, &made->bits)) {
    return nullptr;
  }
  made->count = codec::BestKernels().count_bits(made->bits.Words(0), made->bits.size());
  Keep({.key = std::move(key),
        .segment = segment.shared_segment(),
        .version = version,
        .bits = made});
  return made;
}

FilterBitsPtr FilterCache::Find(const std::string& key, const index::SegmentView& segment,
                                index::Epoch* version) {
  const MutexLock lock(&mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    return nullptr;
  }
  const Entries::iterator entry = found->second;
  if (entry->segment.lock() != segment.shared_segment()) {
    Erase(entry);  // of another engine, or of this segment before it lay in a file
    return nullptr;
  }
  entries_.splice(entries_.begin(), entries_, entry);
  *version = entry->version;
  return entry->bits;
}

void FilterCache::Keep(Entry entry) {
  entry.bytes = entry.bits->bits.size() * sizeof(uint64_t) + entry.key.size() + kEntryBytes;
  const MutexLock lock(&mutex_);
  if (const auto found = by_key_.find(entry.key); found != by_key_.end()) {
    if (found->second->version > entry.version) {
      return;  // another search saw a later one meanwhile
    }
    Erase(found->second);
  }
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  by_key_.emplace(entries_.front().key, entries_.begin());
  MakeRoom();
}

void FilterCache::MakeRoom() {
  // Nobody asks for bits of a segment that is gone, so that they come to be among those asked for least recently.
  constexpr int kLooks = 16;
  auto it = entries_.end();
  for (int i = 0; i < kLooks && bytes_ > options_.max_bytes && it != entries_.begin(); ++i) {
    --it;
    it = it->segment.expired() ? Erase(it) : it;
  }
  while (bytes_ > options_.max_bytes) {
    Erase(std::prev(entries_.end()));
  }
}

FilterCache::Entries::iterator FilterCache::Erase(Entries::iterator it) {
  bytes_ -= it->bytes;
  by_key_.erase(it->key);
  return entries_.erase(it);
}

uint64_t FilterCache::bytes() const {
  const MutexLock lock(&mutex_);
  return bytes_;
}

}  // namespace binseek::search
