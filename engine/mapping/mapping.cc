#include "engine/mapping/mapping.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/check.h"
#include "engine/base/coding.h"

namespace binseek::mapping {
namespace {

bool SameDefinition(const Field& a, const Field& b) {
  return a.kind == b.kind && a.parent == b.parent && a.analyzer == b.analyzer &&
         a.normalizer == b.normalizer && a.ignore_above == b.ignore_above &&
         a.ignore_malformed == b.ignore_malformed && a.scale == b.scale &&
         a.date_style == b.date_style && a.indexed == b.indexed && a.doc_values == b.doc_values &&
         a.in_place == b.in_place && a.several == b.several && a.parameters() == b.parameters();
}

constexpr uint8_t kIndexedBit = 1;
constexpr uint8_t kDocValuesBit = 2;
constexpr uint8_t kInPlaceBit = 4;
constexpr uint8_t kIgnoreMalformedBit = 8;
constexpr uint8_t kSeveralBit = 16;

// Of a mapping.
constexpr uint8_t kSyncedBit = 1;
constexpr uint8_t kRoutingRequiredBit = 2;

Field Keyword(FieldId id, std::string_view name) {
  Field field;
  field.id = id;
  field.name = name;
  return field;
}

constexpr size_t kSystemKeywords = 4;
const std::array<Field, kSystemKeywords>& SystemKeywords() {
  static const auto* const kFields = new std::array<Field, kSystemKeywords>{
      Keyword(kRoutingField, "_routing"), Keyword(kIgnoredField, "_ignored"),
      Keyword(kSourceTableField, ""), Keyword(kNestedPathField, "")};
  return *kFields;
}

// Properties that later versions give to mappings: a number of them, then of each an id and bytes. A reader that does not know one
// would read the data wrongly, so it refuses it. Those of fields: field_parameters.h.
void PutNoProperties(std::string* out) { PutVarint(out, 0); }

void ReadNoProperties(ByteReader* reader) {
  if (reader->Varint() != 0) {
    reader->Fail("a property that a newer binseek wrote");
  }
}

// A varint below `end`; else 0, and the reader fails.
uint64_t ReadBelow(ByteReader* reader, uint64_t end, const char* what) {
  const uint64_t value = reader->Varint();
  if (value < end) {
    return value;
  }
  reader->Fail(what);
  return 0;
}

Field DecodeField(ByteReader* reader, bool* too_new) {
  constexpr const char* kTooLarge = "a number of a field's definition that it cannot have";
  Field field;
  field.id = FieldId{static_cast<uint32_t>(ReadBelow(reader, UINT32_MAX, kTooLarge))};
  field.name = reader->LengthPrefixed();
  field.kind = static_cast<FieldKind>(
      ReadBelow(reader, static_cast<uint64_t>(FieldKind::kAlias) + 1, "unknown field kind"));
  field.parent = FieldId{static_cast<uint32_t>(ReadBelow(reader, UINT32_MAX, kTooLarge))};
  field.analyzer = reader->LengthPrefixed();
  field.normalizer = reader->LengthPrefixed();
  field.ignore_above =
      static_cast<uint32_t>(ReadBelow(reader, uint64_t{UINT32_MAX} + 1, kTooLarge));
  field.scale = static_cast<uint8_t>(ReadBelow(reader, UINT8_MAX + 1, kTooLarge));
  field.date_style = static_cast<DateStyle>(
      ReadBelow(reader, static_cast<uint64_t>(DateStyle::kInstant) + 1, "unknown date style"));
  const uint64_t bits = ReadBelow(reader, kSeveralBit * uint64_t{2}, "unknown flags of a field");
  field.indexed = (bits & kIndexedBit) != 0;
  field.doc_values = (bits & kDocValuesBit) != 0;
  field.in_place = (bits & kInPlaceBit) != 0;
  field.several = (bits & kSeveralBit) != 0;
  field.ignore_malformed = (bits & kIgnoreMalformedBit) != 0;
  FieldParameters parameters = DecodeParameters(reader, too_new);
  if (parameters != FieldParameters()) {
    field.more = std::make_shared<const FieldParameters>(std::move(parameters));
  }
  return field;
}

// Of an index sort's keys.
constexpr uint64_t kDescendingBit = 1;
constexpr uint64_t kMissingFirstBit = 2;
constexpr uint64_t kGreatestBit = 4;

void DecodeIndexSort(ByteReader* reader, Mapping* mapping) {
  IndexSort sort;
  const uint64_t keys = reader->Varint();
  for (uint64_t i = 0; i < keys && reader->ok(); ++i) {
    IndexSortKey key{.field = FieldId{static_cast<uint32_t>(reader->Varint())}};
    const uint64_t bits = reader->Varint();
    const Field* const field = mapping->Find(key.field);
    if (reader->ok() && (bits > (kDescendingBit | kMissingFirstBit | kGreatestBit) ||
                         field == nullptr || !CheckSortable(*field).ok())) {
      reader->Fail("an index sort by what the mapping does not have");
    }
    key.descending = (bits & kDescendingBit) != 0;
    key.missing_first = (bits & kMissingFirstBit) != 0;
    key.greatest = (bits & kGreatestBit) != 0;
    sort.keys.push_back(key);
  }
  mapping->set_index_sort(std::move(sort));
}

}  // namespace

const Field* SystemField(FieldId id) {
  for (const Field& field : SystemKeywords()) {
    if (field.id == id) {
      return &field;
    }
  }
  return nullptr;
}

const Field* SystemField(std::string_view name) {
  for (const Field& field : SystemKeywords()) {
    if (!name.empty() && field.name == name) {
      return &field;
    }
  }
  return nullptr;
}

bool Field::is_completion() const { return parameters().type_name == "completion"; }

bool KeepsFrequencies(const Field& field) { return field.parameters().index_options != "docs"; }

bool KeepsPositions(const Field& field) {
  return KeepsFrequencies(field) && field.parameters().index_options != "freqs";
}

const FieldParameters& Field::parameters() const {
  static const auto* const kDefaults = new FieldParameters();
  return more == nullptr ? *kDefaults : *more;
}

Result<FieldId> Mapping::AddField(Field field) {
  if (field.name.empty()) {
    return Status::InvalidArgument("field name cannot be an empty string");
  }
  const auto found = by_name_.find(field.name);
  if (found != by_name_.end()) {
    const Field* const existing = &fields_[found->second];
    if (existing->kind != field.kind || TypeName(*existing) != TypeName(field)) {
      return Status::InvalidArgument("mapper [" + field.name + "] cannot be changed from type [" +
                                     std::string(TypeName(*existing)) + "] to [" +
                                     std::string(TypeName(field)) + "]");
    }
    if (!SameDefinition(*existing, field)) {
      return Status::InvalidArgument("Mapper for [" + field.name +
                                     "] conflicts with existing mapper");
    }
    return existing->id;
  }
  if (fields_.size() >= kMaxFields) {
    return Status::InvalidArgument("Limit of total fields [" + std::to_string(kMaxFields) +
                                   "] has been exceeded");
  }
  field.id = FieldId{next_id_++};
  by_name_.emplace(field.name, fields_.size());
  fields_.push_back(std::move(field));
  return fields_.back().id;
}

void Mapping::Replace(FieldId old, Field field) {
  const auto at = std::find_if(fields_.begin(), fields_.end(),
                               [old](const Field& candidate) { return candidate.id == old; });
  BINSEEK_CHECK(at != fields_.end() && at->name == field.name, "a field that is not there");
  std::erase(reserved_, field.id);
  *at = std::move(field);
}

void Mapping::SetTables(FieldId id, std::vector<std::string> tables) {
  const auto at = std::find_if(fields_.begin(), fields_.end(),
                               [id](const Field& candidate) { return candidate.id == id; });
  BINSEEK_CHECK(at != fields_.end(), "a field that is not there");
  FieldParameters parameters = at->parameters();
  parameters.tables = std::move(tables);
  at->more = std::make_shared<const FieldParameters>(std::move(parameters));
}

bool Mapping::IsReserved(FieldId id) const {
  return std::find(reserved_.begin(), reserved_.end(), id) != reserved_.end();
}

Status Mapping::DropField(std::string_view name) {
  const Field* const dropped = Find(name);
  if (dropped == nullptr || dropped->id < kFirstUserField) {
    return Status::InvalidArgument("no field [" + std::string(name) + "]");
  }
  const FieldId id = dropped->id;
  const std::string prefix = std::string(name) + ".";
  const auto goes = [&](const Field& field) {
    return field.id == id || field.parent == id || field.name.starts_with(prefix);
  };
  for (const IndexSortKey& key : index_sort_.keys) {
    const Field* const field = Find(key.field);
    if (field != nullptr && goes(*field)) {
      return Status::InvalidArgument("the index is sorted by field [" + field->name + "]");
    }
  }
  std::erase_if(fields_, goes);
  by_name_.clear();
  for (size_t i = 0; i < fields_.size(); ++i) {
    by_name_.emplace(fields_[i].name, i);
  }
  return Status::Ok();
}

const Field* Mapping::Find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? SystemField(name) : &fields_[it->second];
}

const Field* Mapping::Find(FieldId id) const {
  if (id < kFirstUserField) {
    return SystemField(id);
  }
  // Ids ascend in the order of adding and are dense where none was dropped or replaced.
  const size_t guess = static_cast<size_t>(id) - static_cast<size_t>(kFirstUserField);
  if (guess < fields_.size() && fields_[guess].id == id) {
    return &fields_[guess];
  }
  for (const Field& field : fields_) {
    if (field.id == id) {
      return &field;
    }
  }
  return nullptr;
}

const Field* Mapping::NestedAround(std::string_view name) const {
  for (size_t dot = name.rfind('.'); dot != std::string_view::npos && dot > 0;
       dot = name.rfind('.', dot - 1)) {
    const Field* const field = Find(name.substr(0, dot));
    if (field != nullptr && field->kind == FieldKind::kNested) {
      return field;
    }
  }
  return nullptr;
}

std::vector<const Field*> Mapping::MultiFieldsOf(FieldId parent) const {
  std::vector<const Field*> out;
  for (const Field& field : fields_) {
    if (field.is_multi_field() && field.parent == parent) {
      out.push_back(&field);
    }
  }
  return out;
}

void Mapping::EncodeTo(std::string* out) const {
  PutVarint(out, static_cast<uint64_t>(dynamic_));
  PutVarint(out, (synced_ ? kSyncedBit : 0u) | (routing_required_ ? kRoutingRequiredBit : 0u));
  PutVarint(out, next_id_);
  PutVarint(out, fields_.size());
  for (const Field& field : fields_) {
    PutVarint(out, static_cast<uint64_t>(field.id));
    PutLengthPrefixed(out, field.name);
    PutVarint(out, static_cast<uint64_t>(field.kind));
    PutVarint(out, static_cast<uint64_t>(field.parent));
    PutLengthPrefixed(out, field.analyzer);
    PutLengthPrefixed(out, field.normalizer);
    PutVarint(out, field.ignore_above);
    PutVarint(out, field.scale);
    PutVarint(out, static_cast<uint64_t>(field.date_style));
    PutVarint(out, (field.indexed ? kIndexedBit : 0u) | (field.doc_values ? kDocValuesBit : 0u) |
                       (field.in_place ? kInPlaceBit : 0u) |
                       (field.ignore_malformed ? kIgnoreMalformedBit : 0u) |
                       (field.several ? kSeveralBit : 0u));
    EncodeParameters(field.parameters(), out);
  }
  PutVarint(out, index_sort_.keys.size());
  for (const IndexSortKey& key : index_sort_.keys) {
    PutVarint(out, static_cast<uint64_t>(key.field));
    PutVarint(out, (key.descending ? kDescendingBit : 0) |
                       (key.missing_first ? kMissingFirstBit : 0) |
                       (key.greatest ? kGreatestBit : 0));
  }
  PutNoProperties(out);
}

Result<Mapping> Mapping::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  Mapping mapping;
  mapping.dynamic_ = static_cast<Dynamic>(
      ReadBelow(&reader, static_cast<uint64_t>(Dynamic::kStrict) + 1, "unknown dynamic"));
  const uint64_t flags =
      ReadBelow(&reader, kRoutingRequiredBit * uint64_t{2}, "unknown flags of a mapping");
  mapping.synced_ = (flags & kSyncedBit) != 0;
  mapping.routing_required_ = (flags & kRoutingRequiredBit) != 0;
  mapping.next_id_ = static_cast<uint32_t>(
      ReadBelow(&reader, uint64_t{UINT32_MAX} + 1, "a field id of more than 32 bits"));
  const uint64_t count = ReadBelow(&reader, kMaxFields + 1, "more fields than a mapping may have");
  std::set<FieldId> ids;
  bool too_new = false;
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Field field = DecodeField(&reader, &too_new);
    if (reader.ok() && (field.id < kFirstUserField || field.id >= mapping.next_id() ||
                        !ids.insert(field.id).second ||
                        !mapping.by_name_.emplace(field.name, mapping.fields_.size()).second)) {
      reader.Fail("a field whose id or name cannot be");
    }
    mapping.fields_.push_back(std::move(field));
  }
  for (const Field& field : mapping.fields_) {
    if (reader.ok() && field.is_multi_field() && ids.count(field.parent) == 0) {
      reader.Fail("a field that takes the values of one that is not there");
    }
  }
  DecodeIndexSort(&reader, &mapping);
  ReadNoProperties(&reader);
  if (reader.ok() && !reader.AtEnd()) {
    reader.Fail("bytes behind the end");
  }
  if (too_new) {
    return Status::FormatTooNew(reader.status("mapping").message());
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("mapping"));
  return mapping;
}

}  // namespace binseek::mapping
