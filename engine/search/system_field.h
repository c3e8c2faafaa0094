// _id and _index as fields of term queries, of sorts and of aggregations. Internal to engine/search. Thread-safe free functions.
#ifndef BINSEEK_ENGINE_SEARCH_SYSTEM_FIELD_H_
#define BINSEEK_ENGINE_SEARCH_SYSTEM_FIELD_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/search/field_ref.h"
#include "engine/search/weight.h"

namespace binseek::search {

bool IsSystemField(std::string_view field);

// Documents whose `field` is one of `values`, with constant score. REQUIRES: IsSystemField(field).
Result<std::unique_ptr<Weight>> BindSystemTerms(const BindContext& context, std::string_view field,
                                                const std::vector<std::string>& values,
                                                float boost);

// What `name` means where values are sorted and counted: _index is a keyword of one value, and _id is refused, as by Elasticsearch (kInvalidArgument).
Result<std::optional<FieldRef>> FindValues(const index::IndexView& index, const std::string& name);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SYSTEM_FIELD_H_
