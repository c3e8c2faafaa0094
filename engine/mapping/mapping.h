// Mapping: the fields of one index. Immutable once shared; evolution makes a new Mapping that keeps every id.
//
// Thread-safe (const after construction). Errors: kInvalidArgument naming the field.
#ifndef BINSEEK_ENGINE_MAPPING_MAPPING_H_
#define BINSEEK_ENGINE_MAPPING_MAPPING_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/mapping/field.h"

namespace binseek::mapping {

// What a document's unknown field does.
enum class Dynamic : uint8_t { kTrue = 0, kFalse = 1, kStrict = 2 };

class Mapping {
 public:
  // Adds a field under a new id (field.id is ignored) and returns the id. A multi-field names its parent by id.
  // kInvalidArgument: the name exists with another definition, is empty, or the mapping has reached `max_fields`.
  Result<FieldId> AddField(Field field);

  // Null: no such field; the pointer lives as long as the mapping.
  const Field* Find(std::string_view name) const;
  const Field* Find(FieldId id) const;
  // In the order they were added: the order of members in a synced document's _source.
  const std::vector<Field>& fields() const { return fields_; }
  // Multi-fields that take the values of `parent`.
  std::vector<const Field*> MultiFieldsOf(FieldId parent) const;

  Dynamic dynamic() const { return dynamic_; }
  void set_dynamic(Dynamic dynamic) { dynamic_ = dynamic; }
  // True: documents come from rows; _source is rendered from stored fragments and columns, one member per top field.
  bool synced() const { return synced_; }
  void set_synced(bool synced) { synced_ = synced; }

  // Elasticsearch's form: {"dynamic": ..., "properties": {...}}. FromJson ignores nothing silently: an unknown parameter is
  // kInvalidArgument, as Elasticsearch words it.
  std::string ToJson() const;
  static Result<Mapping> FromJson(std::string_view json);
  // Adds to `this` what FromJson(json) holds; a changed type is kInvalidArgument ("cannot be changed from type [..] to [..]").
  Status Merge(std::string_view json);

  // Bytes in the manifest (version 0); exact, ids included.
  void EncodeTo(std::string* out) const;
  static Result<Mapping> Decode(std::string_view bytes);

  static constexpr size_t kMaxFields = 1000;

 private:
  std::vector<Field> fields_;
  std::map<std::string, size_t, std::less<>> by_name_;
  uint32_t next_id_ = static_cast<uint32_t>(kFirstUserField);
  Dynamic dynamic_ = Dynamic::kTrue;
  bool synced_ = false;
};

// Elasticsearch's name of a field's type: "text", "scaled_float", "geo_point", ...
std::string_view TypeName(const Field& field);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_MAPPING_H_
