#include "engine/mapping/mapping_limits.h"

#include <algorithm>
#include <string>

namespace binseek::mapping {

Status CheckMappingLimits(const Mapping& mapping, const MappingLimits& limits) {
  if (mapping.fields().size() > limits.total_fields) {
    return Status::InvalidArgument("Limit of total fields [" + std::to_string(limits.total_fields) +
                                   "] has been exceeded");
  }
  uint64_t nested = 0;
  for (const Field& field : mapping.fields()) {
    if (!field.is_object()) {
      continue;
    }
    nested += field.kind == FieldKind::kNested ? 1 : 0;
    const auto dots = std::count(field.name.begin(), field.name.end(), '.');
    if (static_cast<uint64_t>(dots) + 2 > limits.depth) {
      return Status::InvalidArgument("Limit of mapping depth [" + std::to_string(limits.depth) +
                                     "] has been exceeded due to object field [" + field.name +
                                     "]");
    }
  }
  return nested > limits.nested_fields
             ? Status::InvalidArgument("Limit of nested fields [" +
                                       std::to_string(limits.nested_fields) + "] has been exceeded")
             : Status::Ok();
}

}  // namespace binseek::mapping
