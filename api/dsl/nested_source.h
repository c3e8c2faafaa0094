// What a hit that is a nested object shows of its root's source, and of where it stands there. Internal to api/dsl. Thread-safe free functions.
#ifndef BINSEEK_API_DSL_NESTED_SOURCE_H_
#define BINSEEK_API_DSL_NESTED_SOURCE_H_

#include <span>
#include <vector>

#include "engine/base/json.h"
#include "engine/search/nested_path.h"

namespace binseek::api::dsl {

// "_nested": {"field": "offers", "offset": 1, "_nested": {...}}
void WriteNestedIdentity(std::span<const search::NestedStep> steps, JsonWriter* writer);

// The source with that object alone: {"offers": {...}} in place of {"name": ..., "offers": [{...}, {...}]}, so that full names lead to its members. Where the source
// does not have it: no members.
JsonValue IsolateObject(const JsonValue& source, std::span<const search::NestedStep> steps);
// The object of an isolated source; null: it is not there.
const JsonValue* ObjectOf(const JsonValue& isolated, std::span<const search::NestedStep> steps);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_NESTED_SOURCE_H_
