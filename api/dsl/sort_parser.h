// The `sort` and `search_after` of a request. Internal to api/dsl; ParseSortParameter is in search_request_parser.h.
//
// Thread-safe free functions.
#ifndef BINSEEK_API_DSL_SORT_PARSER_H_
#define BINSEEK_API_DSL_SORT_PARSER_H_

#include <optional>
#include <string>
#include <vector>

#include "api/dsl/error.h"
#include "engine/base/json.h"
#include "engine/search/sort.h"

namespace binseek::api::dsl {

// "price", {"price": "desc"}, {"price": {"order": "desc", "missing": "_first"}}, "_score", "_doc", or an array of such.
DslResult<std::vector<search::SortKey>> ParseSort(const JsonValue& json);

// A value per sort key: null, or the scalar's text.
DslResult<std::vector<std::optional<std::string>>> ParseSearchAfter(const JsonValue& json);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_SORT_PARSER_H_
