// Values of single fields of a hit: `fields` (as the document has them) and `docvalue_fields` (as the columns have them). Internal to api/dsl.
//
// Thread-safe free functions on an immutable view. Errors: kInvalidArgument, in Elasticsearch's words; kCorruption.
#ifndef BINSEEK_API_DSL_HIT_FIELDS_H_
#define BINSEEK_API_DSL_HIT_FIELDS_H_

#include <string>
#include <utility>
#include <vector>

#include "api/dsl/search_body.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/index/engine_view.h"

namespace binseek::api::dsl {

// Name and values, each one JSON token.
using FieldValues = std::pair<std::string, std::vector<std::string>>;

// The values of each field that the patterns name, in the order of the patterns. Fields without a value are left out.
[[nodiscard]] Status ReadSourceFields(const index::IndexView& index, index::DocAddress address,
                                      const JsonValue& source,
                                      const std::vector<FieldPattern>& patterns,
                                      std::vector<FieldValues>* out);
[[nodiscard]] Status ReadDocValueFields(const index::IndexView& index, index::DocAddress address,
                                        const std::vector<FieldPattern>& patterns,
                                        std::vector<FieldValues>* out);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_HIT_FIELDS_H_
