#include "engine/search/live_roots.h"

#include <algorithm>
#include <bit>

#include "engine/search/nested_query.h"

namespace binseek::search {

namespace {

void And(const uint64_t* other, uint32_t words, uint64_t* bits) {
  for (uint32_t w = 0; w < words; ++w) {
    bits[w] &= other[w];
  }
}

// Of one window.
void KeepLive(const index::SegmentView& segment, DocId first, uint32_t words, uint64_t* bits) {
  const uint64_t* const live = segment.has_deletions() ? segment.live().PageWords(first) : nullptr;
  if (live != nullptr) {
    And(live, words, bits);
  }
}

uint32_t WordsOf(const index::SegmentView& segment, DocId first) {
  return (std::min(segment.max_doc() - first, Window::kDocs) + 63) / 64;
}

}  // namespace

void KeepLiveRoots(const index::SegmentView& segment, DocId first, Window* window) {
  KeepLiveRoots(segment, first, std::min(segment.max_doc() - first, Window::kDocs) + first,
                window->match);
}

void KeepLiveRoots(const index::SegmentView& segment, DocId first, DocId end, uint64_t* bits) {
  static_assert(index::LivePages::kDocs == Window::kDocs);
  if (const uint64_t* const roots = segment.segment().roots()) {
    And(roots + first / 64, (end - first + 63) / 64, bits);
  }
  for (uint32_t done = 0; segment.has_deletions() && done < end - first; done += Window::kDocs) {
    KeepLive(segment, first + done, WordsOf(segment, first + done), bits + done / 64);
  }
}

Result<LevelDocs> LevelDocs::Open(const index::SegmentView& segment, const index::IndexView& index,
                                  std::string_view level) {
  LevelDocs docs;
  docs.segment_ = &segment;
  if (level.empty()) {
    return docs;
  }
  if (const mapping::Field* const field = FieldOfLevel(*index.mapping, level); field != nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(docs.level_, Level::Open(segment, field));
  } else {
    docs.level_.emplace();
  }
  return docs;
}

void LevelDocs::KeepLive(DocId first, Window* window) const {
  if (!level_) {
    KeepLiveRoots(*segment_, first, window);
    return;
  }
  level_->Keep(first, window->match, WordsOf(*segment_, first));
  search::KeepLive(*segment_, first, WordsOf(*segment_, first), window->match);
}

void KeepLiveRoots(const index::SegmentView& segment, DocBatch* batch) {
  const uint64_t* const roots = segment.segment().roots();
  if (roots == nullptr && !segment.has_deletions()) {
    return;
  }
  uint32_t kept = 0;
  for (uint32_t i = 0; i < batch->count; ++i) {
    const DocId doc = batch->docs[i];
    const bool root = roots == nullptr || ((roots[doc / 64] >> (doc % 64)) & 1) != 0;
    batch->docs[kept] = doc;
    batch->scores[kept] = batch->scores[i];
    kept += static_cast<uint32_t>(root && segment.live().Get(doc));
  }
  batch->count = kept;
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
