// Which documents a search may show: those that live, and of a block of documents its root alone.
//
// Queries match any document, children and dead ones included; whoever counts or shows matches narrows them here first. A query on children
// (nested) has to turn their matches into matches of their roots before. Pure functions; thread-safe.
#ifndef BINSEEK_ENGINE_SEARCH_LIVE_ROOTS_H_
#define BINSEEK_ENGINE_SEARCH_LIVE_ROOTS_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/base/result.h"
#include "engine/index/engine_view.h"
#include "engine/index/segment_view.h"
#include "engine/search/block_level.h"
#include "engine/search/weight.h"
#include "engine/search/window.h"

namespace binseek::search {

// Takes the others out of the matches of the window at `first`. REQUIRES: first < segment.max_doc().
void KeepLiveRoots(const index::SegmentView& segment, DocId first, Window* window);

// The same of documents [first, end), in bits that begin at `first`, a multiple of Window::kDocs. REQUIRES: end <= segment.max_doc().
void KeepLiveRoots(const index::SegmentView& segment, DocId first, DocId end, uint64_t* bits);

// The same of any level (BindContext::level) of one segment's blocks; borrows the segment. An index that does not have the level has no such documents. kCorruption.
class LevelDocs {
 public:
  static Result<LevelDocs> Open(const index::SegmentView& segment, const index::IndexView& index,
                                std::string_view level);
  void KeepLive(DocId first, Window* window) const;

 private:
  const index::SegmentView* segment_ = nullptr;
  std::optional<Level> level_;  // nullopt: roots
};

// The same of documents in order.
void KeepLiveRoots(const index::SegmentView& segment, DocBatch* batch);

// How many there are. Cost: constant where the segment has no blocks of documents.
uint64_t CountLiveRoots(const index::SegmentView& segment);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_LIVE_ROOTS_H_
