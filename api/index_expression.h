// Index expressions: "products", "shop-*,-shop-old", "_all", an alias, to the indices of a view.
//
// Hidden indices (index.hidden) and aliases (is_hidden) are meant by a wildcard only where the options say so, or both begin with a dot.
// Pure functions, thread-safe. Results are borrowed from the view.
#ifndef BINSEEK_API_INDEX_EXPRESSION_H_
#define BINSEEK_API_INDEX_EXPRESSION_H_

#include <string_view>
#include <vector>

#include "api/alias_table.h"
#include "api/rest_error.h"
#include "engine/index/engine_view.h"
#include "engine/search/query.h"

namespace binseek::api {

struct IndexExpressionOptions {
  bool ignore_unavailable = false;  // a name that does not exist is passed over
  bool allow_no_indices = true;     // a wildcard may match nothing
  bool refuse_aliases = false;      // names of indices alone, as to drop them
  bool expand_open = true;          // else a wildcard matches nothing
  bool expand_hidden = false;       // a wildcard matches what is hidden too
};

struct IndexSelection {
  std::vector<const index::IndexView*> indices;
  // What aliases with a filter let through of indices that are meant by no other name (SearchRequest::restriction); null: all of it.
  search::QueryPtr restriction;
};

// Each index once, names in the order given, those of a wildcard by name. Empty expression: all. 404 for a name that is not there.
RestResult<IndexSelection> SelectIndices(const index::EngineView& view, const AliasTable& aliases,
                                         std::string_view expression,
                                         const IndexExpressionOptions& options);
// The query of what the selection lets through; null stays null where that is everything.
search::QueryPtr Restricted(search::QueryPtr query, const IndexSelection& selection);
// Exactly one index that exists: itself, or the only one of an alias.
RestResult<const index::IndexView*> SelectIndex(const index::EngineView& view,
                                                const AliasTable& aliases, std::string_view name);

}  // namespace binseek::api

#endif  // BINSEEK_API_INDEX_EXPRESSION_H_
