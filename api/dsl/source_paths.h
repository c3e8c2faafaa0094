// Where the source of a document has the values of a field, and these values. Internal to api/dsl.
//
// Thread-safe. What is given back borrows from the source, or from the mapping.
#ifndef BINSEEK_API_DSL_SOURCE_PATHS_H_
#define BINSEEK_API_DSL_SOURCE_PATHS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/json.h"
#include "engine/mapping/field.h"
#include "engine/mapping/mapping.h"

namespace binseek::api::dsl {

// The paths of fields of one mapping, which is borrowed. Cost: Of looks at the fields that copy their values, not at all.
class SourcePaths {
 public:
  explicit SourcePaths(const mapping::Mapping& mapping);
  // A multi-field's is its parent's. Behind the field's own path are those of the fields that copy their values to it, in the order of the mapping.
  std::vector<std::string_view> Of(const mapping::Field& field) const;

 private:
  const mapping::Mapping& mapping_;
  std::vector<const mapping::Field*> copied_;  // have a copy_to
};

enum class Take : uint8_t { kScalars, kObjects, kWhole };  // kWhole: arrays too are values

// What the document has at the paths of names, arrays on the way opened, in the document's order, a path after the other; null is none.
std::vector<const JsonValue*> ValuesAt(const JsonValue& source,
                                       const std::vector<std::string_view>& paths, Take take);
// A scalar.
std::string TextOf(const JsonValue& value);
// Not longer than the field's values may be.
bool HasRoomFor(const mapping::Field& field, std::string_view text);
// A field's values as text, of what highlighting and term vectors look at.
std::vector<std::string> TextsOf(const SourcePaths& paths, const mapping::Field& field,
                                 const JsonValue& source);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_SOURCE_PATHS_H_
