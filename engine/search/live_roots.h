// Which documents a search may show: those that live, and of a block of documents its root alone.
//
// Queries match any document, children and dead ones included; whoever counts or shows matches narrows them here first. A query on children
// (nested) has to turn their matches into matches of their roots before. Pure functions; thread-safe.
#ifndef BINSEEK_ENGINE_SEARCH_LIVE_ROOTS_H_
#define BINSEEK_ENGINE_SEARCH_LIVE_ROOTS_H_

#include <cstdint>

#include "engine/index/segment_view.h"
#include "engine/search/window.h"

namespace binseek::search {

// Takes the others out of the matches of the window at `first`. REQUIRES: first < segment.max_doc().
void KeepLiveRoots(const index::SegmentView& segment, DocId first, Window* window);

// How many there are. Cost: constant where the segment has no blocks of documents.
uint64_t CountLiveRoots(const index::SegmentView& segment);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_LIVE_ROOTS_H_
