// Addresses in queries: a value may be an address or a block of them ("10.0.0.0/8"). Internal to engine/search.
//
// Thread-safe. Errors: kInvalidArgument in Elasticsearch's words.
#ifndef BINSEEK_ENGINE_SEARCH_IP_QUERY_H_
#define BINSEEK_ENGINE_SEARCH_IP_QUERY_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/search/field_ref.h"
#include "engine/search/query.h"
#include "engine/search/weight.h"

namespace binseek::search {

// Documents with an address in any of the blocks. REQUIRES, here and below: an ip field.
Result<std::unique_ptr<Weight>> BindIpValues(const BindContext& context, const FieldRef& ref,
                                             const std::vector<std::string>& values, float score);
Result<std::unique_ptr<Weight>> BindIpRange(const BindContext& context, const FieldRef& ref,
                                            const std::optional<Bound>& lower,
                                            const std::optional<Bound>& upper, float score);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_IP_QUERY_H_
