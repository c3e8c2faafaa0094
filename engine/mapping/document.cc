#include "engine/mapping/document.h"

#include "engine/base/coding.h"

namespace binseek::mapping {

void StoredSource::AppendFragment(FieldId field, std::string_view json) {
  PutVarint(&bytes, static_cast<uint64_t>(field));
  PutLengthPrefixed(&bytes, json);
}

}  // namespace binseek::mapping
