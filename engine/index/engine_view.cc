#include "engine/index/engine_view.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/byte_reader.h"
#include "engine/base/json.h"
#include "engine/index/system_keywords.h"
#include "engine/mapping/number.h"
#include "engine/mapping/source_patch.h"

namespace binseek::index {

uint64_t IndexView::live_docs() const {
  uint64_t count = 0;
  for (const auto& segment : segments) {
    count += segment->live_count();
  }
  return count;
}

uint64_t IndexView::deleted_docs() const {
  uint64_t count = 0;
  for (const auto& segment : segments) {
    count += segment->max_doc() - segment->live_count();
  }
  return count;
}

uint64_t IndexView::size_bytes() const {
  uint64_t bytes = 0;
  for (const auto& segment : segments) {
    bytes += segment->segment().size_bytes();
  }
  return bytes;
}

std::optional<DocAddress> IndexView::FindKey(std::string_view key) const {
  // A key lives at most once; newer segments are smaller and more often asked for.
  for (size_t i = segments.size(); i-- > 0;) {
    const auto doc = segments[i]->segment().FindKey(key);
    if (doc && segments[i]->IsLive(*doc)) {
      return DocAddress{static_cast<uint32_t>(i), *doc};
    }
  }
  return std::nullopt;
}

std::string GenerationName(std::string_view of, IndexId id) {
  return std::string(of) + '#' + std::to_string(static_cast<uint32_t>(id));
}

bool IsGenerationOf(const IndexView& index, std::string_view name) {
  return index.is_generation() &&
         std::string_view(index.name).substr(0, index.name.find('#')) == name;
}

EngineView::EngineView(Epoch epoch, std::vector<std::shared_ptr<const IndexView>> indices,
                       std::vector<Epoch> lagging, std::shared_ptr<EpochReclaimer> reclaimer)
    : epoch_(epoch),
      lagging_(std::move(lagging)),
      reclaimer_(std::move(reclaimer)),
      indices_(std::move(indices)) {
  if (reclaimer_ != nullptr) {
    reclaimer_->Pin(epoch_);
    for (const Epoch older : lagging_) {
      reclaimer_->Pin(older);
    }
  }
}

EngineView::~EngineView() {
  if (reclaimer_ != nullptr) {
    reclaimer_->Unpin(epoch_);
    for (const Epoch older : lagging_) {
      reclaimer_->Unpin(older);
    }
  }
}

const IndexView* EngineView::Find(std::string_view name) const {
  const auto it = std::lower_bound(
      indices_.begin(), indices_.end(), name,
      [](const auto& index, std::string_view wanted) { return index->name < wanted; });
  return it == indices_.end() || (*it)->name != name || (*it)->is_generation() ? nullptr
                                                                               : it->get();
}

const IndexView* EngineView::Find(IndexId id) const {
  for (const auto& index : indices_) {
    if (index->id == id) {
      return index.get();
    }
  }
  return nullptr;
}

namespace {

// What a field shows whose column was updated beside the source.
std::string OverrideOf(const mapping::Field& field, const SegmentView& segment, DocId doc) {
  std::vector<int64_t> scratch;
  std::string value;
  const NumberPages* const column = segment.Column(field.id);
  mapping::AppendJson(
      field, column == nullptr ? std::span<const int64_t>() : column->GetAll(doc, &scratch),
      &value);
  return value;
}

// A document that came as JSON, with the columns that were updated since.
Status Patch(const IndexView& index, const SegmentView& segment, DocId doc,
             std::span<const int64_t> overridden, std::string_view stored, std::string* out) {
  std::string patched(stored);
  for (const int64_t id : overridden) {
    const mapping::Field* const field =
        index.mapping->Find(mapping::FieldId{static_cast<uint32_t>(id)});
    if (field != nullptr) {  // else it was dropped
      BINSEEK_ASSIGN_OR_RETURN(
          patched, mapping::PatchSource(patched, field->name, OverrideOf(*field, segment, doc)));
    }
  }
  out->append(patched);
  return Status::Ok();
}

// What a field that is updated in place shows.
void AppendColumn(const mapping::Field& field, const NumberPages* column, DocId doc,
                  JsonWriter* json) {
  std::string number;
  if (field.several) {
    std::vector<int64_t> scratch;
    json->BeginArray();
    for (const int64_t value :
         column == nullptr ? std::span<const int64_t>() : column->GetAll(doc, &scratch)) {
      number.clear();
      mapping::AppendJson(field, value, &number);
      json->Raw(number);
    }
    json->EndArray();
    return;
  }
  int64_t value = 0;
  if (column == nullptr || !column->Get(doc, &value)) {
    json->Null();
    return;
  }
  mapping::AppendJson(field, value, &number);
  json->Raw(number);
}

// Whether the document is of a table that has the field. Most indices are one table's, and nobody asks for the document's.
class TableCheck {
 public:
  TableCheck(const SegmentView& segment, DocId doc) : segment_(segment), doc_(doc) {}

  Result<bool> Has(const std::vector<std::string>& tables) {
    if (tables.empty()) {
      return true;
    }
    if (!known_) {
      BINSEEK_RETURN_IF_ERROR(
          ReadSystemKeywords(segment_, doc_, mapping::kSourceTableField, &names_));
      known_ = true;
    }
    return names_.empty() || std::binary_search(tables.begin(), tables.end(), names_.front());
  }

 private:
  const SegmentView& segment_;
  const DocId doc_;
  bool known_ = false;
  std::vector<std::string> names_;
};

// What is stored of a row, field by field in the mapping's order; what fields held that were dropped since is passed over.
class Fragments {
 public:
  Fragments(const mapping::Mapping& mapping, std::string_view stored)
      : mapping_(mapping), reader_(stored) {
    Next();
  }
  bool AreAt(mapping::FieldId field) const { return field_ == static_cast<uint64_t>(field); }
  std::string_view json() const { return json_; }
  void Next() {
    do {
      field_ = reader_.AtEnd() ? 0 : reader_.Varint();
      json_ = field_ == 0 ? std::string_view() : reader_.LengthPrefixed();
    } while (field_ != 0 && IsDropped());
  }
  // Behind the mapping's last field.
  Status End() {
    if (field_ != 0) {
      reader_.Fail("a fragment of field " + std::to_string(field_) +
                   " is not in the mapping's order");
    }
    return reader_.status("stored document");
  }

 private:
  bool IsDropped() const {
    return field_ >= static_cast<uint64_t>(mapping::kFirstUserField) &&
           field_ < static_cast<uint64_t>(mapping_.next_id()) &&
           mapping_.Find(mapping::FieldId{static_cast<uint32_t>(field_)}) == nullptr;
  }

  const mapping::Mapping& mapping_;
  ByteReader reader_;
  uint64_t field_ = 0;  // 0: no more
  std::string_view json_;
};

Status Render(const IndexView& index, DocAddress address, uint8_t form, std::string_view stored,
              std::string* out) {
  const SegmentView& segment = index.at(address);
  std::vector<int64_t> scratch;
  const NumberPages* const changed = segment.Column(mapping::kOverriddenField);
  const auto overridden =
      changed == nullptr ? std::span<const int64_t>() : changed->GetAll(address.doc, &scratch);
  if (form != 0) {
    if (!overridden.empty()) {
      return Patch(index, segment, address.doc, overridden, stored, out);
    }
    out->append(stored);
    return Status::Ok();
  }
  Fragments fragments(*index.mapping, stored);
  TableCheck table(segment, address.doc);
  JsonWriter json(out);
  json.BeginObject();
  for (const mapping::Field& field : index.mapping->fields()) {
    if (field.is_multi_field() || !field.parameters().in_source) {
      continue;
    }
    const bool has_fragment = fragments.AreAt(field.id);
    const std::string_view fragment = fragments.json();
    if (has_fragment) {
      fragments.Next();
    }
    BINSEEK_ASSIGN_OR_RETURN(const bool has_field, table.Has(field.parameters().tables));
    if (!has_field) {
      continue;
    }
    json.Key(field.name);
    if (std::find(overridden.begin(), overridden.end(), static_cast<int64_t>(field.id)) !=
        overridden.end()) {
      json.Raw(OverrideOf(field, segment, address.doc));
    } else if (has_fragment) {
      json.Raw(fragment);
    } else if (field.in_place) {
      AppendColumn(field, segment.Column(field.id), address.doc, &json);
    } else {
      json.Null();
    }
  }
  json.EndObject();
  return fragments.End();
}

}  // namespace

Status AppendSource(const IndexView& index, DocAddress address, std::string* out) {
  std::string stored;
  uint8_t form = 0;
  BINSEEK_RETURN_IF_ERROR(index.at(address).segment().stored().Get(address.doc, &stored, &form));
  return Render(index, address, form, stored, out);
}

Status AppendSource(const IndexView& index, DocAddress address, codec::StoredFieldsReader* reader,
                    std::string* out) {
  BINSEEK_ASSIGN_OR_RETURN(const codec::StoredDocument stored, reader->Get(address.doc));
  return Render(index, address, stored.form, stored.bytes, out);
}

}  // namespace binseek::index
