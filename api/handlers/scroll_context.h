// What a search keeps to render the pages of its scroll, and the rendering itself.
//
// Plain value type and pure functions, thread-safe.
#ifndef BINSEEK_API_HANDLERS_SCROLL_CONTEXT_H_
#define BINSEEK_API_HANDLERS_SCROLL_CONTEXT_H_

#include <chrono>
#include <cstddef>
#include <string_view>

#include "api/dsl/search_request_parser.h"
#include "api/rest_error.h"
#include "engine/search/scroll.h"
#include "engine/search/searcher.h"

namespace binseek::api {

struct ScrollContext {
  dsl::SearchBody body;
  bool total_hits_as_int = false;
  bool typed_keys = false;
};

using SearchStart = std::chrono::steady_clock::time_point;

// The view that made the result must still be held. An answer beyond `max_bytes` is an error.
HandlerResult RenderSearch(const search::SearchResult& result, const ScrollContext& context,
                           std::string_view scroll_id, size_t max_bytes, SearchStart start);
// REQUIRES: page.context is a ScrollContext.
HandlerResult RenderScrollPage(const search::ScrollPage& page, size_t max_bytes, SearchStart start);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_SCROLL_CONTEXT_H_
