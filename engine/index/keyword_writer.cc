#include "engine/index/keyword_writer.h"

#include <algorithm>
#include <string>
#include <utility>

#include "engine/codec/key_hash.h"

namespace binseek::index {
namespace {

constexpr size_t kLeastSlots = 16;
constexpr uint64_t kBytesPerDocument = 32;

// What a slot says of a value beside its id.
uint32_t TagOf(uint64_t hash, size_t slots) {
  return static_cast<uint32_t>(hash >> 32) & ~static_cast<uint32_t>(slots - 1);
}

}  // namespace

size_t KeywordWriter::SlotOf(const Field& field, std::string_view value, bool* found) {
  const uint64_t hash = codec::TableHash(value);
  const size_t mask = field.slots.size() - 1;
  const uint32_t tag = TagOf(hash, field.slots.size());
  size_t at = hash & mask;
  for (; field.slots[at] != 0; at = (at + 1) & mask) {
    if ((field.slots[at] & ~static_cast<uint32_t>(mask)) == tag &&
        field.table->Value(IdIn(field, at)) == value) {
      *found = true;
      return at;
    }
  }
  *found = false;
  return at;
}

// Ids enter the slots in their order, here and below: so to take the newest out again leaves the slots as if they had never been in.
void KeywordWriter::Grow(Field* field) {
  const size_t slots = std::max(kLeastSlots, field->slots.size() * 2);
  field->slots.assign(slots, 0);
  const size_t mask = slots - 1;
  for (uint32_t id = 0; id < field->table->size(); ++id) {
    const uint64_t hash = codec::TableHash(field->table->Value(id));
    size_t at = hash & mask;
    while (field->slots[at] != 0) {
      at = (at + 1) & mask;
    }
    field->slots[at] = TagOf(hash, slots) | (id + 1);
  }
}

void KeywordWriter::Add(Field* field, std::string_view value) {
  if ((size_t{field->table->size()} + 1) * 4 > field->slots.size() * 3) {
    Grow(field);
  }
  bool found = false;
  uint32_t& slot = field->slots[SlotOf(*field, value, &found)];
  slot = TagOf(codec::TableHash(value), field->slots.size()) | (field->table->Append(value) + 1);
}

bool KeywordWriter::IsTooMany(const Field& field, uint64_t values, uint64_t bytes,
                              const std::function<uint64_t()>& docs) const {
  values += field.table->size();
  bytes += field.table->value_bytes();
  if (values <= limits_.values && bytes <= limits_.bytes) {
    return false;
  }
  if (values > KeywordTable::kMaxValues) {
    return true;
  }
  const uint64_t documents = docs();
  return (values > limits_.values && values > documents / 2) ||
         (bytes > limits_.bytes && bytes > documents * kBytesPerDocument);
}

bool KeywordWriter::Give(mapping::FieldId id, std::span<const std::string_view> values,
                         const std::function<uint64_t()>& docs, std::vector<uint32_t>* ids) {
  Field& field = fields_[id];
  if (field.closed) {
    return false;
  }
  ids->clear();
  ids->reserve(values.size());
  std::vector<size_t> unknown;  // places within `values`
  uint64_t bytes = 0;
  for (const std::string_view value : values) {
    bool found = false;
    const size_t slot = field.slots.empty() ? 0 : SlotOf(field, value, &found);
    if (!found) {
      unknown.push_back(ids->size());
      bytes += value.size();
    }
    ids->push_back(found ? IdIn(field, slot) : 0);
  }
  if (unknown.empty()) {
    return true;
  }
  changed_ = true;
  if (IsTooMany(field, unknown.size(), bytes, docs)) {
    field.closed = true;
    return false;
  }
  for (const size_t at : unknown) {
    (*ids)[at] = field.table->size();
    Add(&field, values[at]);
  }
  return true;
}

std::optional<uint32_t> KeywordWriter::Find(mapping::FieldId id, std::string_view value) const {
  const auto it = fields_.find(id);
  if (it == fields_.end() || it->second.table->size() == 0) {
    return std::nullopt;
  }
  bool found = false;
  const size_t slot = SlotOf(it->second, value, &found);
  return found ? std::optional(IdIn(it->second, slot)) : std::nullopt;
}

std::shared_ptr<const KeywordViews> KeywordWriter::View() const {
  if (fields_.empty()) {
    return nullptr;
  }
  auto views = std::make_shared<KeywordViews>();
  views->fields.reserve(fields_.size());
  for (const auto& [id, field] : fields_) {
    views->fields.push_back(
        {id, field.table, field.table->size(), field.table->value_bytes(), field.closed});
  }
  return views;
}

void KeywordWriter::Published() {
  if (!changed_) {
    return;
  }
  changed_ = false;
  for (auto& [id, field] : fields_) {
    if (field.dropped != nullptr) {
      field.dropped = nullptr;
      field.slots = {};
    }
    field.published = field.table->size();
    field.published_closed = field.closed;
  }
}

void KeywordWriter::Abandon() {
  if (!changed_) {
    return;
  }
  changed_ = false;
  for (auto& [id, field] : fields_) {
    if (field.dropped != nullptr) {
      field.table = std::move(field.dropped);
    }
    field.closed = field.published_closed;
    for (uint32_t newest = field.table->size(); newest > field.published; --newest) {
      bool found = false;
      field.slots[SlotOf(field, field.table->Value(newest - 1), &found)] = 0;
    }
    field.table->Truncate(field.published);
  }
}

size_t KeywordWriter::memory_bytes() const {
  size_t bytes = 0;
  for (const auto& [id, field] : fields_) {
    bytes += field.table->memory_bytes() + field.slots.size() * sizeof(uint32_t);
  }
  return bytes;
}

void KeywordWriter::DropUnused(
    const std::function<bool(mapping::FieldId, bool closed)>& is_unused) {
  for (auto& [id, field] : fields_) {
    if (field.table->size() > 0 && is_unused(id, field.closed)) {
      field.dropped = std::exchange(field.table, std::make_shared<KeywordTable>());
      field.closed = true;  // its slots go, so nothing is added any more
      changed_ = true;
    }
  }
}

Status KeywordWriter::Restore(mapping::FieldId id, uint32_t first,
                              std::span<const std::string_view> values, bool closed) {
  Field& field = fields_[id];
  const auto corrupt = [id](const char* what) {
    return Status::Corruption("field " + std::to_string(static_cast<uint32_t>(id)) + ": " + what);
  };
  if (first != field.table->size()) {
    return corrupt("its values do not follow upon those before");
  }
  if (values.size() > KeywordTable::kMaxValues - first) {
    return corrupt("too many values");
  }
  for (const std::string_view value : values) {
    bool found = false;
    if (!field.slots.empty()) {
      SlotOf(field, value, &found);
    }
    if (found) {
      return corrupt("a value is there twice");
    }
    Add(&field, value);
  }
  field.published = field.table->size();
  field.closed = field.closed || closed;
  field.published_closed = field.closed;
  return Status::Ok();
}

}  // namespace binseek::index
