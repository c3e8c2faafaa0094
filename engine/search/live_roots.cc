#include "engine/search/live_roots.h"

#include <algorithm>
#include <bit>

namespace binseek::search {

void KeepLiveRoots(const index::SegmentView& segment, DocId first, Window* window) {
  static_assert(index::LivePages::kDocs == Window::kDocs);
  const uint32_t words = (std::min(segment.max_doc() - first, Window::kDocs) + 63) / 64;
  if (const uint64_t* roots = segment.segment().roots()) {
    for (uint32_t w = 0; w < words; ++w) {
      window->match[w] &= roots[first / 64 + w];
    }
  }
  const uint64_t* const live = segment.has_deletions() ? segment.live().PageWords(first) : nullptr;
  if (live != nullptr) {
    for (uint32_t w = 0; w < words; ++w) {
      window->match[w] &= live[w];
    }
  }
}

uint64_t CountLiveRoots(const index::SegmentView& segment) {
  const uint64_t* const roots = segment.segment().roots();
  if (roots == nullptr) {
    return segment.live_count();
  }
  uint64_t count = 0;
  for (DocId first = 0; first < segment.max_doc(); first += 64) {
    count += static_cast<uint64_t>(std::popcount(segment.live().Word(first) & roots[first / 64]));
  }
  return count;
}

}  // namespace binseek::search
