#include "engine/mapping/document.h"

#include <algorithm>

#include "engine/base/coding.h"

namespace binseek::mapping {

void StoredSource::AppendFragment(FieldId field, std::string_view json) {
  PutVarint(&bytes, static_cast<uint64_t>(field));
  PutLengthPrefixed(&bytes, json);
}

void Document::AddIgnored(const Field& field) {
  const bool known = std::any_of(texts.begin(), texts.end(), [&](const TextValue& value) {
    return value.field == kIgnoredField && value.text == field.name;
  });
  if (!known) {
    texts.push_back({kIgnoredField, field.name});
  }
}

}  // namespace binseek::mapping
