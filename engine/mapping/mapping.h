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
#include <utility>
#include <vector>

#include "engine/base/result.h"
#include "engine/mapping/field.h"
#include "engine/mapping/index_sort.h"

namespace binseek::mapping {

// What a document's unknown field does.
enum class Dynamic : uint8_t { kTrue = 0, kFalse = 1, kStrict = 2 };

class Mapping {
 public:
  // Adds a field under a new id (field.id is ignored) and returns the id. A multi-field names its parent by id.
  // kInvalidArgument: the name exists with another definition, is empty, or the mapping has reached `max_fields`.
  Result<FieldId> AddField(Field field);

  // An id that no field gets from now on, for one that is being made beside another.
  FieldId ReserveId() {
    reserved_.push_back(FieldId{next_id_++});
    return reserved_.back();
  }
  // Segments may hold values of a field that is still being made under this id. Kept in memory only: a change of a field does not outlive its engine.
  bool IsReserved(FieldId id) const;
  // The field under this id came to nothing. No other gets the id; what segments hold of it goes with their next merge.
  void AbandonId(FieldId id) { std::erase(reserved_, id); }
  // Puts `field`, with an id that was reserved and the name of the old one, in its place. REQUIRES: there is a field `old`.
  void Replace(FieldId old, Field field);
  // Which tables' documents have the field (FieldParameters::tables). REQUIRES: there is one of this id.
  void SetTables(FieldId id, std::vector<std::string> tables);
  // Takes a field away, with its multi-fields and, of an object, its members. No other field ever gets its id; what segments hold of it goes with their next
  // merge. kInvalidArgument: there is none, or the index is sorted by it.
  [[nodiscard]] Status DropField(std::string_view name);
  // Greater than all ids that were ever given.
  FieldId next_id() const { return FieldId{next_id_}; }

  // Null: no such field; the pointer lives as long as the mapping. System fields (field.h) are found where no field of the mapping has the name.
  const Field* Find(std::string_view name) const;
  const Field* Find(FieldId id) const;
  // The innermost nested object that encloses a field of that name, whether there is such a field or not; null: none, values are their root's own.
  const Field* NestedAround(std::string_view name) const;
  // In the order they were added: the order of members in a synced document's _source.
  const std::vector<Field>& fields() const { return fields_; }
  // Multi-fields that take the values of `parent`.
  std::vector<const Field*> MultiFieldsOf(FieldId parent) const;

  Dynamic dynamic() const { return dynamic_; }
  void set_dynamic(Dynamic dynamic) { dynamic_ = dynamic; }
  // True: documents come from rows; _source is rendered from stored fragments and columns, one member per top field.
  bool synced() const { return synced_; }
  void set_synced(bool synced) { synced_ = synced; }
  // What fields that are added from JSON or by documents have where nothing else is said. Not stored: the index's settings have it.
  bool ignores_malformed() const { return ignores_malformed_; }
  void set_ignores_malformed(bool ignores) { ignores_malformed_ = ignores; }
  // True: documents are written and got with a routing value only.
  bool routing_required() const { return routing_required_; }
  void set_routing_required(bool required) { routing_required_ = required; }
  // How segments order their documents; empty: as they came. Its fields are of this mapping and sortable.
  const IndexSort& index_sort() const { return index_sort_; }
  void set_index_sort(IndexSort sort) { index_sort_ = std::move(sort); }

  // Elasticsearch's form: {"dynamic": ..., "properties": {...}}. FromJson ignores nothing silently: an unknown parameter is
  // kInvalidArgument, as Elasticsearch words it.
  std::string ToJson() const;
  static Result<Mapping> FromJson(std::string_view json);
  // Adds to `this` what FromJson(json) holds; a changed type is kInvalidArgument ("cannot be changed from type [..] to [..]").
  Status Merge(std::string_view json);

  // Bytes in the manifest (engine/codec/FORMATS.md); exact, ids included.
  void EncodeTo(std::string* out) const;
  static Result<Mapping> Decode(std::string_view bytes);

  static constexpr size_t kMaxFields = 1000;

 private:
  std::vector<Field> fields_;
  std::map<std::string, size_t, std::less<>> by_name_;
  std::vector<FieldId> reserved_;
  uint32_t next_id_ = static_cast<uint32_t>(kFirstUserField);
  Dynamic dynamic_ = Dynamic::kTrue;
  bool synced_ = false;
  bool routing_required_ = false;
  bool ignores_malformed_ = false;
  IndexSort index_sort_;
};

// Elasticsearch's name of a field's type: "text", "scaled_float", "geo_point", ...
std::string_view TypeName(const Field& field);

}  // namespace binseek::mapping

#endif  // BINSEEK_ENGINE_MAPPING_MAPPING_H_
