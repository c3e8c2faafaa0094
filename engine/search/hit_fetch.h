// FetchHits: what is looked up of hits beside their places and scores. Internal to engine/search.
//
// Keys and versions of a few documents lie all over a segment, so that nearly each read waits for memory: those of many hits are waited for together.
// Pure; thread-safe on immutable views.
#ifndef BINSEEK_ENGINE_SEARCH_HIT_FETCH_H_
#define BINSEEK_ENGINE_SEARCH_HIT_FETCH_H_

#include <span>

#include "engine/search/searcher.h"

namespace binseek::search {

// Sets `id`, `version` and `seq_no` of all of them, as far as `parts` wants them. REQUIRES: they are roots; index and address are set.
void FetchHits(const HitParts& parts, std::span<Hit> hits);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_HIT_FETCH_H_
