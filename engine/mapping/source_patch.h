// PatchSource: a field of a JSON document gets another value, and every byte that is not of that value stays as it is.
//
// Thread-safe free function. `json` need not be trusted: kCorruption where it is no JSON as far as it had to be read. Cost: one pass, a copy.
#ifndef BINSEEK_ENGINE_MAPPING_SOURCE_PATCH_H_
#define BINSEEK_ENGINE_MAPPING_SOURCE_PATCH_H_

#include <string>
#include <string_view>

#include "engine/base/result.h"

namespace binseek::mapping {

// `path` is a field's full name: "shop.price" is {"shop":{"price":1}}, {"shop.price":1} and each of {"shop":[{"price":1},{"price":2}]}, as for
// ParseDocument. `value` is JSON and stands for all of the field's values: where the document has several places of them the last one, which is the one
// that readers take who know of one place only, gets it, and the others get null. Without a place it becomes a member, at the end of the innermost object
// on the way to it; null, which says the same as no member, does not.
[[nodiscard]] Result<std::string> PatchSource(std::string_view json, std::string_view path,
                                              std::string_view value);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_SOURCE_PATCH_H_
