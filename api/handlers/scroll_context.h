// What a search keeps to render its hits, also those of its scroll's later pages, and the rendering itself.
//
// Plain value type and functions, thread-safe.
#ifndef BINSEEK_API_HANDLERS_SCROLL_CONTEXT_H_
#define BINSEEK_API_HANDLERS_SCROLL_CONTEXT_H_

#include <chrono>
#include <string_view>
#include <vector>

#include "api/dsl/search_request_parser.h"
#include "api/node.h"
#include "api/rest_error.h"
#include "engine/search/scroll.h"
#include "engine/search/searcher.h"

namespace binseek::api {

struct ScrollContext {
  dsl::SearchBody body;
  bool total_hits_as_int = false;
  bool typed_keys = false;
  std::vector<const index::IndexView*> indices;  // of the view that is searched
};

using SearchStart = std::chrono::steady_clock::time_point;

// `view` is the one that made the result. An answer beyond the node's limit is an error.
HandlerResult RenderSearch(const search::SearchResult& result, const ScrollContext& context,
                           const index::EngineView& view, std::string_view scroll_id,
                           const Node& node, SearchStart start);
// The scroll is closed where its page is an error: going on would leave these hits out. REQUIRES: page.context is a ScrollContext.
HandlerResult RenderScrollPage(const search::ScrollPage& page, Node* node, SearchStart start);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_SCROLL_CONTEXT_H_
