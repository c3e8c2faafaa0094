// Cross-field matching: each term of a text in any of several fields, as if these were one. Internal to engine/search.
//
// Fields with the same analyzer form a group; in a group a term counts as frequent as in the field that has it most often, so that no field wins by
// being the wrong place for it (Elasticsearch's blending of document frequencies). Thread-safe.
#ifndef BINSEEK_ENGINE_SEARCH_BLENDED_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_BLENDED_QUERY_H_

#include <memory>
#include <vector>

#include "engine/search/query.h"
#include "engine/search/weight.h"

namespace binseek::search {

// `matches`: one per field; their boosts and fields are looked at, and what they share.
Result<std::unique_ptr<Weight>> BindCrossFields(const BindContext& context,
                                                const std::vector<MatchOptions>& matches,
                                                float tie_breaker, float boost);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_BLENDED_QUERY_H_
