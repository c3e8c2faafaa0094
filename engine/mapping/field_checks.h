// What a field's definition must hold beside what its JSON says one by one, and the names of types. Internal to engine/mapping.
//
// Thread-safe free functions. Errors: kInvalidArgument in Elasticsearch's words.
#ifndef BINSEEK_ENGINE_MAPPING_FIELD_CHECKS_H_
#define BINSEEK_ENGINE_MAPPING_FIELD_CHECKS_H_

#include <string_view>

#include "engine/base/status.h"
#include "engine/mapping/field.h"

namespace binseek::mapping {

class Mapping;

// Sets the kind that a type's name stands for, and keeps the name where the kind has another one. False: there is no such type.
bool SetType(std::string_view name, Field* field);
// What has to be there, and what has to be as it is said.
[[nodiscard]] Status CheckField(const Field& field);
// Fields that other fields name: the targets of aliases and of copies.
[[nodiscard]] Status CheckNames(const Mapping& mapping);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_FIELD_CHECKS_H_
