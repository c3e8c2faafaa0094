#include "engine/mapping/mapping.h"

#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::mapping {
namespace {

bool SameDefinition(const Field& a, const Field& b) {
  return a.kind == b.kind && a.parent == b.parent && a.analyzer == b.analyzer &&
         a.normalizer == b.normalizer && a.ignore_above == b.ignore_above && a.scale == b.scale &&
         a.date_style == b.date_style && a.indexed == b.indexed && a.doc_values == b.doc_values &&
         a.in_place == b.in_place;
}

constexpr uint8_t kIndexedBit = 1;
constexpr uint8_t kDocValuesBit = 2;
constexpr uint8_t kInPlaceBit = 4;

}  // namespace

std::string_view TypeName(const Field& field) {
  switch (field.kind) {
    case FieldKind::kText:
      return "text";
    case FieldKind::kKeyword:
      return "keyword";
    case FieldKind::kLong:
      return "long";
    case FieldKind::kUnsignedLong:
      return "unsigned_long";
    case FieldKind::kDecimal:
      return "scaled_float";
    case FieldKind::kFloat:
      return "float";
    case FieldKind::kDouble:
      return "double";
    case FieldKind::kBoolean:
      return "boolean";
    case FieldKind::kDate:
      return "date";
    case FieldKind::kFlattened:
      return "flattened";
    case FieldKind::kGeoPoint:
      return "geo_point";
    case FieldKind::kBinary:
      return "binary";
    case FieldKind::kObject:
      return "object";
  }
  return "unknown";
}

Result<FieldId> Mapping::AddField(Field field) {
  if (field.name.empty()) {
    return Status::InvalidArgument("field name cannot be an empty string");
  }
  if (const Field* existing = Find(field.name)) {
    if (existing->kind != field.kind) {
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

const Field* Mapping::Find(std::string_view name) const {
  const auto it = by_name_.find(name);
  return it == by_name_.end() ? nullptr : &fields_[it->second];
}

const Field* Mapping::Find(FieldId id) const {
  // Ids ascend in the order of adding and are mostly dense: the place is at or before id - first.
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
  PutVarint(out, synced_ ? 1 : 0);
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
                       (field.in_place ? kInPlaceBit : 0u));
  }
}

Result<Mapping> Mapping::Decode(std::string_view bytes) {
  ByteReader reader(bytes);
  Mapping mapping;
  mapping.dynamic_ = static_cast<Dynamic>(reader.Varint());
  mapping.synced_ = reader.Varint() != 0;
  const uint64_t next_id = reader.Varint();
  const uint64_t count = reader.Varint();
  for (uint64_t i = 0; i < count && reader.ok(); ++i) {
    Field field;
    field.id = FieldId{static_cast<uint32_t>(reader.Varint())};
    field.name = reader.LengthPrefixed();
    const uint64_t kind = reader.Varint();
    if (kind > static_cast<uint64_t>(FieldKind::kObject)) {
      reader.Fail("unknown field kind");
    }
    field.kind = static_cast<FieldKind>(kind);
    field.parent = FieldId{static_cast<uint32_t>(reader.Varint())};
    field.analyzer = reader.LengthPrefixed();
    field.normalizer = reader.LengthPrefixed();
    field.ignore_above = static_cast<uint32_t>(reader.Varint());
    field.scale = static_cast<uint8_t>(reader.Varint());
    field.date_style = static_cast<DateStyle>(reader.Varint());
    const uint64_t bits = reader.Varint();
    field.indexed = (bits & kIndexedBit) != 0;
    field.doc_values = (bits & kDocValuesBit) != 0;
    field.in_place = (bits & kInPlaceBit) != 0;
    mapping.by_name_.emplace(field.name, mapping.fields_.size());
    mapping.fields_.push_back(std::move(field));
  }
  mapping.next_id_ = static_cast<uint32_t>(next_id);
  BINSEEK_RETURN_IF_ERROR(reader.status("mapping"));
  return mapping;
}

}  // namespace binseek::mapping
