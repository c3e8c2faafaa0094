// Index expressions: "products", "shop-*,-shop-old", "_all" to the indices of a view.
//
// Pure functions, thread-safe. Results are borrowed from the view.
#ifndef BINSEEK_API_INDEX_EXPRESSION_H_
#define BINSEEK_API_INDEX_EXPRESSION_H_

#include <string_view>
#include <vector>

#include "api/rest_error.h"
#include "engine/index/engine_view.h"

namespace binseek::api {

struct IndexExpressionOptions {
  bool ignore_unavailable = false;  // a name that does not exist is passed over
  bool allow_no_indices = true;     // a wildcard may match nothing
};

// Each index once, names in the order given, those of a wildcard by name. Empty expression: all. 404 for a name that is not there.
RestResult<std::vector<const index::IndexView*>> ResolveIndices(
    const index::EngineView& view, std::string_view expression,
    const IndexExpressionOptions& options);

}  // namespace binseek::api

#endif  // BINSEEK_API_INDEX_EXPRESSION_H_
