// What a search may ask for, checked before any work is done.
//
// Thread-safe free functions. Errors: kInvalidArgument in Elasticsearch's words, kResourceExhausted.
#ifndef BINSEEK_ENGINE_SEARCH_REQUEST_LIMITS_H_
#define BINSEEK_ENGINE_SEARCH_REQUEST_LIMITS_H_

#include <cstdint>
#include <span>

#include "engine/base/status.h"
#include "engine/index/engine_view.h"
#include "engine/search/searcher.h"

namespace binseek::search {

// As many as Cursor::position has room for.
Status CheckIndices(std::span<const index::IndexView* const> indices);
// from + size, the size of a page of a scroll, and a window of hits to be scored again: as many at most.
uint64_t ResultWindow(std::span<const index::IndexView* const> indices,
                      const SearchOptions& options);
Status CheckRequest(const SearchRequest& request, std::span<const index::IndexView* const> indices,
                    const SearchOptions& options);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_REQUEST_LIMITS_H_
