// Scalars of a document's JSON under a path. Internal to engine/search. Thread-safe free functions.
#ifndef BINSEEK_ENGINE_SEARCH_SOURCE_VALUES_H_
#define BINSEEK_ENGINE_SEARCH_SOURCE_VALUES_H_

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"

namespace binseek::search {

// Texts of all scalars at a path of names and dots, also of objects in arrays.
void CollectSourceValues(const JsonValue& json, std::string_view path,
                         std::vector<std::string>* out);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_SOURCE_VALUES_H_
