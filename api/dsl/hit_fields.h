// Values of single fields of a hit: `fields` (as the document has them) and `docvalue_fields` (as the columns have them). Internal to api/dsl.
//
// Thread-safe free functions on an immutable view. Errors: kInvalidArgument, in Elasticsearch's words; kCorruption.
#ifndef BINSEEK_API_DSL_HIT_FIELDS_H_
#define BINSEEK_API_DSL_HIT_FIELDS_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/dsl/search_body.h"
#include "engine/base/json.h"
#include "engine/base/status.h"
#include "engine/index/engine_view.h"
#include "engine/mapping/field.h"

namespace binseek::api::dsl {

// Name and values, each one JSON token.
using FieldValues = std::pair<std::string, std::vector<std::string>>;

// The scalars of the document at a path of names, arrays on the way opened, in the document's order.
std::vector<const JsonValue*> ValuesAt(const JsonValue& source, std::string_view path);
// Where the document has a field's values: a multi-field's are its parent's.
std::string_view SourcePath(const index::IndexView& index, const mapping::Field& field);
// As text, of what highlighting and term vectors look at; null is none.
std::vector<std::string> TextsOf(const index::IndexView& index, const mapping::Field& field,
                                 const JsonValue& source);

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
