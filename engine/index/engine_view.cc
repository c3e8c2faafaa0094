#include "engine/index/engine_view.h"

#include <algorithm>
#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/json.h"
#include "engine/mapping/number.h"

namespace binseek::index {
namespace {

template <class Columns>
auto LowerBound(Columns& columns, mapping::FieldId field) {
  return std::lower_bound(
      columns.begin(), columns.end(), field,
      [](const auto& column, mapping::FieldId wanted) { return column.first < wanted; });
}

}  // namespace

SegmentView::SegmentView(uint64_t id, bool on_disk, std::shared_ptr<const codec::Segment> segment)
    : id_(id), on_disk_(on_disk), segment_(std::move(segment)), live_(segment_->max_doc()) {
  for (const mapping::FieldId field : segment_->NumberFields()) {
    columns_.emplace_back(field, ColumnPages(segment_->Numbers(field), max_doc()));
  }
}

const ColumnPages* SegmentView::Column(mapping::FieldId field) const {
  const auto it = LowerBound(columns_, field);
  return it == columns_.end() || it->first != field ? nullptr : &it->second;
}

ColumnPages* SegmentView::MutableColumn(mapping::FieldId field) {
  auto it = LowerBound(columns_, field);
  if (it == columns_.end() || it->first != field) {
    it = columns_.insert(it, {field, ColumnPages(nullptr, max_doc())});
  }
  return &it->second;
}

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

const IndexView* EngineView::Find(std::string_view name) const {
  const auto it = std::lower_bound(
      indices_.begin(), indices_.end(), name,
      [](const auto& index, std::string_view wanted) { return index->name < wanted; });
  return it == indices_.end() || (*it)->name != name ? nullptr : it->get();
}

const IndexView* EngineView::Find(IndexId id) const {
  for (const auto& index : indices_) {
    if (index->id == id) {
      return index.get();
    }
  }
  return nullptr;
}

Status AppendSource(const IndexView& index, DocAddress address, std::string* out) {
  const SegmentView& segment = index.at(address);
  const std::string_view stored = segment.segment().Stored(address.doc);
  if (segment.segment().StoredVerbatim(address.doc)) {
    out->append(stored);
    return Status::Ok();
  }
  // Fragments come in the mapping's order, so both are walked once.
  ByteReader reader(stored);
  uint64_t fragment_field = 0;
  std::string_view fragment;
  const auto next_fragment = [&] {
    fragment_field = reader.AtEnd() ? 0 : reader.Varint();
    fragment = fragment_field == 0 ? std::string_view() : reader.LengthPrefixed();
  };
  next_fragment();
  JsonWriter json(out);
  json.BeginObject();
  std::string number;
  for (const mapping::Field& field : index.mapping->fields()) {
    if (field.is_multi_field()) {
      continue;
    }
    json.Key(field.name);
    int64_t value = 0;
    const ColumnPages* column = field.in_place ? segment.Column(field.id) : nullptr;
    if (fragment_field == static_cast<uint64_t>(field.id)) {
      json.Raw(fragment);
      next_fragment();
    } else if (column != nullptr && column->Get(address.doc, &value)) {
      number.clear();
      mapping::AppendJson(field, value, &number);
      json.Raw(number);
    } else {
      json.Null();
    }
  }
  json.EndObject();
  if (fragment_field != 0) {
    reader.Fail("a fragment of field " + std::to_string(fragment_field) +
                " is not in the mapping's order");
  }
  return reader.status("stored document");
}

}  // namespace binseek::index
