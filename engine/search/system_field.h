// _id and _index as fields of term queries. Internal to engine/search. Thread-safe free functions.
#ifndef BINSEEK_ENGINE_SEARCH_SYSTEM_FIELD_H_
#define BINSEEK_ENGINE_SEARCH_SYSTEM_FIELD_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/search/weight.h"

namespace binseek::search {

bool IsSystemField(std::string_view field);

// Documents whose `field` is one of `values`, with constant score. REQUIRES: IsSystemField(field).
Result<std::unique_ptr<Weight>> BindSystemTerms(const BindContext& context, std::string_view field,
                                                const std::vector<std::string>& values,
                                                float boost);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SYSTEM_FIELD_H_
