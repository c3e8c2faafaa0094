// DocumentParser: JSON documents written over HTTP to Documents, extending the mapping where it is dynamic.
//
// Thread-compatible; single use per document is cheap. Errors: kInvalidArgument worded as Elasticsearch does ("failed to
// parse field [price] of type [long]"), naming the field.
#ifndef BINSEEK_ENGINE_MAPPING_DOCUMENT_PARSER_H_
#define BINSEEK_ENGINE_MAPPING_DOCUMENT_PARSER_H_

#include <cstdint>
#include <string_view>

#include "engine/base/result.h"
#include "engine/mapping/document.h"
#include "engine/mapping/mapping.h"

namespace binseek::mapping {

// Parses one JSON object. Unknown fields are added to `mapping` (dynamic true: strings become text with a .keyword of
// ignore_above 256, integers long, other numbers double, booleans boolean, ISO dates date, objects their members), ignored
// (false) or refused (strict), as the innermost object around them says. An object of a nested field becomes a child (Document::children), which has no source of
// its own; include_in_parent and include_in_root give its values to those too. The source is kept verbatim. `json` must be valid UTF-8 JSON within base's limits.
// kInvalidArgument too: more than `most_nested` children.
inline constexpr uint64_t kDefaultMostNested = 10'000;
Result<Document> ParseDocument(std::string_view json, Mapping* mapping,
                               uint64_t most_nested = kDefaultMostNested);

// Splits the leaves of a JSON value under a flattened field into terms: every leaf as "value" and as "path\0value" (path
// without the field's own name, members joined by '.'); numbers by their text, null left out. Terms over 32,766 bytes are skipped.
Status AppendFlattened(FieldId field, std::string_view json, std::vector<TextValue>* out);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_DOCUMENT_PARSER_H_
