// The body of `_search` and `_count`: JSON to search::SearchRequest.
//
// A key that Elasticsearch would refuse is refused, in its words; what binseek does not do yet is refused too, by name, rather than ignored.
// Thread-safe free functions. Nothing is borrowed from the JSON.
#ifndef BINSEEK_API_DSL_SEARCH_REQUEST_PARSER_H_
#define BINSEEK_API_DSL_SEARCH_REQUEST_PARSER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/dsl/error.h"
#include "api/dsl/search_body.h"
#include "api/dsl/source_filter.h"
#include "engine/base/json.h"
#include "engine/search/searcher.h"

namespace binseek::api::dsl {

// `body` is an object; an empty one means the defaults.
DslResult<SearchBody> ParseSearchBody(const JsonValue& body);

// Parts that URL parameters set too: "price:desc,_score", "true" | "false" | "1000", "500ms".
DslResult<std::vector<search::SortKey>> ParseSortParameter(std::string_view text);
DslResult<uint64_t> ParseTrackTotalHits(std::string_view text);
DslResult<int64_t> ParseTimeValueMs(std::string_view text,
                                    std::string_view setting);  // "30s", "1m", "-1", "0"

// {"query": {...}} of _count; null where there is no query.
DslResult<search::QueryPtr> ParseCountBody(const JsonValue& body);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_SEARCH_REQUEST_PARSER_H_
