// FilterCache: bits of filters that come again, kept per segment from one search to the next.
//
// Filters over number columns, whose values change in place. Bits are kept with the version of the column that they are of (NumberPages::version). A view
// that sees the column at that version takes them as they are; one that sees a later version has those pages matched anew that were born since, and no
// others; one that sees an earlier version goes without. So a hundred changed prices cost a hundred pages and a copy of the bits, and views of any age are
// answered from what they see. Those that were asked for least recently go first where there is no more room, and among a few of these the ones of segments that
// are gone.
//
//   FilterCache cache({.max_bytes = 64 << 20});                    // one per process; SearchOptions::filters
//
// Thread-safe; `mutex_` is a leaf, and not held while bits are made: two searches may make the same ones. Borrows nothing.
#ifndef BINSEEK_ENGINE_SEARCH_FILTER_CACHE_H_
#define BINSEEK_ENGINE_SEARCH_FILTER_CACHE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/base/mutex.h"
#include "engine/index/segment_view.h"
#include "engine/search/constant_query.h"
#include "engine/search/interrupt.h"

namespace binseek::search {

struct FilterBits {
  SegmentBits bits;
  uint64_t count = 0;  // of those that are set
};
using FilterBitsPtr = std::shared_ptr<const FilterBits>;

struct FilterCacheOptions {
  uint64_t max_bytes = 0;        // of all bits, their names and what holds them; 0: nothing is kept
  uint32_t least_docs = 16'384;  // of a segment whose bits are kept
  uint32_t least_uses = 3;       // a filter is kept from so many uses on
};

class FilterCache {
 public:
  explicit FilterCache(const FilterCacheOptions& options) : options_(options) {}
  ~FilterCache() = default;
  FilterCache(const FilterCache&) = delete;
  FilterCache& operator=(const FilterCache&) = delete;

  // To be told of each use of a filter: whether it has come often enough lately to be kept. `name`: the same for what matches the same documents.
  bool Note(std::string_view name) BINSEEK_EXCLUDES(mutex_);

  // Sets bits of the documents of a page, which are 0: words_of(page) words.
  using MatchPage = std::function<void(uint32_t page, uint64_t* words)>;
  // The filter's bits in the segment, as its `column` is. Null: the segment is too small, the column older than what is kept, or the interrupt (null:
  // none) has ended it. Cost: pages that were not matched yet.
  FilterBitsPtr Get(const std::string& name, const index::SegmentView& segment,
                    const index::NumberPages& column, const MatchPage& match, Interrupt* interrupt)
      BINSEEK_EXCLUDES(mutex_);

  uint64_t bytes() const BINSEEK_EXCLUDES(mutex_);

 private:
  struct Entry {
    std::string key;
    std::weak_ptr<const codec::Segment> segment;
    index::Epoch version = 0;
    FilterBitsPtr bits;
    uint64_t bytes = 0;
  };
  using Entries = std::list<Entry>;
  struct Use {
    size_t hash = 0;
    uint32_t count = 0;
  };

  // Null: there are none.
  FilterBitsPtr Find(const std::string& key, const index::SegmentView& segment,
                     index::Epoch* version) BINSEEK_EXCLUDES(mutex_);
  void Keep(Entry entry) BINSEEK_EXCLUDES(mutex_);
  void MakeRoom() BINSEEK_REQUIRES(mutex_);
  Entries::iterator Erase(Entries::iterator it) BINSEEK_REQUIRES(mutex_);

  // Constant after construction.
  const FilterCacheOptions options_;

  mutable Mutex mutex_;
  std::array<Use, 1024> uses_ BINSEEK_GUARDED_BY(mutex_);  // by hash; a newcomer takes the place
  Entries entries_ BINSEEK_GUARDED_BY(mutex_);             // asked for most recently first
  std::unordered_map<std::string_view, Entries::iterator> by_key_ BINSEEK_GUARDED_BY(mutex_);
  uint64_t bytes_ BINSEEK_GUARDED_BY(mutex_) = 0;
};

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_FILTER_CACHE_H_
