// One search, from its body and parameters to its answer; for _search and for each search of _msearch.
//
// Thread-safe free functions. Errors are worded as Elasticsearch words them.
#ifndef BINSEEK_API_HANDLERS_SEARCH_HANDLER_H_
#define BINSEEK_API_HANDLERS_SEARCH_HANDLER_H_

#include <memory>

#include "api/handlers/scroll_context.h"
#include "api/http_message.h"
#include "api/node.h"
#include "api/rest_error.h"
#include "engine/base/json.h"

namespace binseek::api {

// Parameters are stronger than the body.
RestResult<std::shared_ptr<ScrollContext>> ParseSearch(const Node& node, const Request& request,
                                                       const JsonValue& json);
// Over the indices that the request names, or the point in time of the body.
HandlerResult RunSearch(Node* node, const Request& request,
                        const std::shared_ptr<ScrollContext>& context);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_SEARCH_HANDLER_H_
