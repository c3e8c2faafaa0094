// Queries over fields whose values are ranges. Internal to engine/search.
//
// Thread-safe. Errors: kInvalidArgument in Elasticsearch's words.
#ifndef BINSEEK_ENGINE_SEARCH_RANGE_FIELD_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_RANGE_FIELD_QUERY_H_

#include <memory>
#include <optional>

#include "engine/search/date_math.h"
#include "engine/search/field_ref.h"
#include "engine/search/query.h"
#include "engine/search/weight.h"

namespace binseek::search {

// Documents with a range that has `relation` to the one between the bounds; a value is the range from it to it. REQUIRES: ref.field->is_range().
Result<std::unique_ptr<Weight>> BindRangeField(const BindContext& context, const FieldRef& ref,
                                               const std::optional<Bound>& lower,
                                               const std::optional<Bound>& upper,
                                               RangeRelation relation, float score,
                                               const DateForm& form = {});

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_RANGE_FIELD_QUERY_H_
