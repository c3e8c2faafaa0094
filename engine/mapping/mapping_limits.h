// How many fields a mapping may have, how deep, and how many objects of it may be documents of their own.
//
// Looked at where a mapping grows, so that what is there already stays. Plain value and pure function, thread-safe.
// Errors: kInvalidArgument, worded as Elasticsearch words it.
#ifndef BINSEEK_ENGINE_MAPPING_MAPPING_LIMITS_H_
#define BINSEEK_ENGINE_MAPPING_MAPPING_LIMITS_H_

#include <cstdint>

#include "engine/base/status.h"
#include "engine/mapping/mapping.h"

namespace binseek::mapping {

struct MappingLimits {
  uint64_t total_fields =
      Mapping::kMaxFields;  // multi-fields and objects included; a greater one is of no use
  uint64_t nested_fields = 50;
  uint64_t depth = 20;  // 1: no objects; 2: objects of values
};

Status CheckMappingLimits(const Mapping& mapping, const MappingLimits& limits);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_MAPPING_LIMITS_H_
