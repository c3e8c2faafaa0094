#include "engine/index/keyword_files.h"

#include <algorithm>
#include <optional>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"
#include "engine/index/segment_file.h"
#include "engine/store/file_envelope.h"

namespace binseek::index {
namespace {

// Persisted: values are fixed.
constexpr uint64_t kClosed = 1;

// Files smaller than this are always taken into the next one.
constexpr uint64_t kSmallBytes = 4096;
// What files may hold beyond what is still of use before all is written anew.
constexpr uint64_t kWastedBytes = uint64_t{1} << 16;

template <class Visit>
void ForEachField(const EngineView& view, Visit visit) {
  for (const auto& index : view.indices()) {
    if (index->keywords != nullptr) {
      for (const KeywordView& field : index->keywords->fields) {
        visit(std::pair(index->id, field.field), field);
      }
    }
  }
}

uint64_t BytesOf(const KeywordView& field) { return field.value_bytes + 2 * uint64_t{field.size}; }

Status ReadField(ByteReader* reader, IndexId id, KeywordWriter* writer, KeywordCounts* starts) {
  const auto field = mapping::FieldId{static_cast<uint32_t>(reader->Varint())};
  const uint64_t flags = reader->Varint();
  const uint64_t first = reader->Varint();
  const uint64_t count = reader->Varint();
  if (flags > kClosed) {
    reader->Fail("unknown flags of a keyword field");
  }
  if (first > KeywordTable::kMaxValues || count > reader->remaining()) {
    reader->Fail("more values than there can be");
  }
  std::vector<std::string_view> values;
  for (uint64_t i = 0; i < count && reader->ok(); ++i) {
    values.push_back(reader->LengthPrefixed());
  }
  if (!reader->ok() || writer == nullptr) {
    return Status::Ok();
  }
  if (starts != nullptr &&
      !starts->emplace(std::pair(id, field), static_cast<uint32_t>(first)).second) {
    return Status::Corruption("field " + std::to_string(static_cast<uint32_t>(field)) +
                              " is there twice");
  }
  return writer->Restore(field, static_cast<uint32_t>(first), values, (flags & kClosed) != 0);
}

}  // namespace

std::string EncodeKeywords(const EngineView& view, const KeywordCounts& starts) {
  std::map<IndexId, std::vector<std::pair<const KeywordView*, uint32_t>>> indices;
  ForEachField(view, [&](const auto& key, const KeywordView& field) {
    const auto it = starts.find(key);
    if (it != starts.end()) {
      indices[key.first].emplace_back(&field, std::min(it->second, field.size));
    }
  });
  std::string out;
  PutVarint(&out, indices.size());
  for (const auto& [id, fields] : indices) {
    PutVarint(&out, static_cast<uint32_t>(id));
    PutVarint(&out, fields.size());
    for (const auto& [field, first] : fields) {
      PutVarint(&out, static_cast<uint32_t>(field->field));
      PutVarint(&out, field->closed ? kClosed : 0);
      PutVarint(&out, first);
      PutVarint(&out, field->size - first);
      for (uint32_t value = first; value < field->size; ++value) {
        PutLengthPrefixed(&out, field->table->Value(value));
      }
    }
  }
  return out;
}

Status ReadKeywords(std::string_view payload, KeywordWriters* writers, KeywordCounts* starts) {
  ByteReader reader(payload);
  const uint64_t indices = reader.Varint();
  for (uint64_t i = 0; i < indices && reader.ok(); ++i) {
    const auto id = IndexId{static_cast<uint32_t>(reader.Varint())};
    const auto writer = writers->find(id);
    const uint64_t fields = reader.Varint();
    for (uint64_t f = 0; f < fields && reader.ok(); ++f) {
      const Status status =
          ReadField(&reader, id, writer == writers->end() ? nullptr : &writer->second, starts);
      if (!status.ok()) {
        return status.WithContext("index " + std::to_string(static_cast<uint32_t>(id)));
      }
    }
  }
  if (reader.ok() && !reader.AtEnd()) {
    reader.Fail("bytes behind the end");
  }
  return reader.status("keywords");
}

Status CheckKeywordIds(const SegmentView& segment, const KeywordViews* keywords,
                       const Manifest& manifest) {
  for (const mapping::FieldId field : segment.segment().TermFields()) {
    const codec::OrdColumn* const ids = segment.segment().KeywordIds(field);
    const KeywordView* const known = keywords == nullptr ? nullptr : keywords->Find(field);
    const uint32_t size = known == nullptr ? 0 : known->size;
    if (ids != nullptr && ids->ords_below() > size) {
      return Status::Corruption(
          SegmentFile(segment.id()) + ": field " + std::to_string(static_cast<uint32_t>(field)) +
          " has ids of values below " + std::to_string(ids->ords_below()) + ", but " +
          (manifest.keyword_files.empty()
               ? "no file has values"
               : "up to " + KeywordFile(manifest.keyword_files.back().generation) + " there are " +
                     std::to_string(size)));
    }
  }
  return Status::Ok();
}

Status KeywordFiles::Load(const store::Directory& directory, const Manifest& manifest,
                          KeywordWriters* writers) {
  for (const ManifestKeywords& named : manifest.keyword_files) {
    const std::string file = KeywordFile(named.generation);
    BINSEEK_ASSIGN_OR_RETURN(const auto mapped, directory.Map(file));
    BINSEEK_ASSIGN_OR_RETURN(const auto payload,
                             store::OpenEnvelope(kKeywordFormat, "", mapped->bytes(), file));
    File loaded{named, {}};
    const Status status = ReadKeywords(payload, writers, &loaded.starts);
    if (!status.ok()) {
      return status.WithContext(file);
    }
    files_.push_back(std::move(loaded));
  }
  for (const auto& [id, writer] : *writers) {
    if (const auto views = writer.View()) {
      for (const KeywordView& field : views->fields) {
        durable_[{id, field.field}] = {field.size, field.closed};
      }
    }
  }
  return Status::Ok();
}

KeywordFiles::Plan KeywordFiles::MakePlan(const EngineView& view) const {
  Plan plan;
  plan.kept = files_.size();
  uint64_t bytes = 0;  // about, of the new file
  uint64_t needed = kWastedBytes;
  bool shrunk = false;
  KeywordCounts all;
  ForEachField(view, [&](const auto& key, const KeywordView& field) {
    const auto known = durable_.find(key);
    const Durable before = known == durable_.end() ? Durable{} : known->second;
    if (before != Durable{field.size, field.closed}) {
      plan.starts[key] = before.size;
      bytes +=
          field.size <= before.size ? 1 : BytesOf(field) * (field.size - before.size) / field.size;
    }
    shrunk = shrunk || field.size < before.size;
    needed += 2 * BytesOf(field);
    all[key] = 0;
  });
  uint64_t held = bytes;
  for (const File& file : files_) {
    held += file.named.bytes;
  }
  if (shrunk || held > needed || all.empty()) {
    plan.kept = 0;
    plan.starts = std::move(all);
  } else if (plan.starts.empty()) {
    return plan;
  }
  while (plan.kept > 0 && files_[plan.kept - 1].named.bytes < std::max(kSmallBytes, 2 * bytes)) {
    const File& taken = files_[--plan.kept];
    bytes += taken.named.bytes;
    for (const auto& [key, start] : taken.starts) {
      plan.starts[key] = start;
    }
  }
  if (!plan.starts.empty()) {
    plan.payload = EncodeKeywords(view, plan.starts);
  }
  return plan;
}

std::vector<ManifestKeywords> KeywordFiles::Named(const Plan& plan, uint64_t generation) const {
  std::vector<ManifestKeywords> named;
  for (size_t i = 0; i < plan.kept; ++i) {
    named.push_back(files_[i].named);
  }
  if (!plan.payload.empty()) {
    named.push_back({generation, plan.payload.size()});
  }
  return named;
}

void KeywordFiles::Committed(Plan plan, const EngineView& view, uint64_t generation) {
  files_.resize(plan.kept);
  if (!plan.payload.empty()) {
    files_.push_back({{generation, plan.payload.size()}, std::move(plan.starts)});
  }
  durable_.clear();
  ForEachField(view, [&](const auto& key, const KeywordView& field) {
    durable_[key] = {field.size, field.closed};
  });
}

}  // namespace binseek::index
