#include "engine/index/manifest.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::index {

namespace {

// Persisted: values are fixed.
constexpr uint64_t kExternalVersions = 1;
constexpr uint64_t kManualRefresh = 2;

constexpr std::string_view kPart = ".part-";
constexpr int64_t kMaxSeqNo = int64_t{1} << 62;  // so that there is always room for more

void ReadAttached(ByteReader* reader, std::map<std::string, AttachedFileInfo>* attached) {
  const uint64_t count = reader->Varint();
  for (uint64_t i = 0; i < count && reader->ok(); ++i) {
    std::string name(reader->LengthPrefixed());
    AttachedFileInfo file;
    file.id = reader->Varint();
    file.bytes = reader->Varint();
    file.crc = reader->U32();
    (*attached)[std::move(name)] = file;
  }
}

void ReadSegments(ByteReader* reader, std::vector<ManifestSegment>* segments) {
  const uint64_t count = reader->Varint();
  for (uint64_t i = 0; i < count && reader->ok(); ++i) {
    ManifestSegment segment{reader->Varint()};
    const uint64_t states = reader->Varint();
    for (uint64_t s = 0; s < states && reader->ok(); ++s) {
      const uint64_t written = reader->Varint();
      segment.states.push_back({written, reader->Varint()});
    }
    if (reader->Varint() != 0) {
      reader->Fail("a file of a kind that a newer binseek wrote");
    }
    segments->push_back(std::move(segment));
  }
}

uint32_t ReadU32Varint(ByteReader* reader) {
  const uint64_t value = reader->Varint();
  if (value > std::numeric_limits<uint32_t>::max()) {
    reader->Fail("an id of more than 32 bits");
    return 0;
  }
  return static_cast<uint32_t>(value);
}

// Names of files are made of ids and of commits' numbers: what is named twice would be owned twice, and one that can be given again would be written over
// while it is in use. Null, or why the manifest cannot be one.
const char* WhyImpossible(const Manifest& manifest) {
  std::set<IndexId> indices;
  std::set<std::string_view> names;
  std::set<uint64_t> segments;
  const auto is_later = [&manifest](const auto& file) {
    return file.generation > manifest.generation;
  };
  for (const ManifestIndex& index : manifest.indices) {
    if (!indices.insert(index.id).second || !names.insert(index.name).second) {
      return "an index is listed twice";
    }
    if (static_cast<uint32_t>(index.id) >= manifest.next_index_id) {
      return "the id of an index would be given again";
    }
    if (index.seq_no_ceiling < 0 || index.seq_no_ceiling > kMaxSeqNo) {
      return "an index is at the end of its sequence numbers";
    }
    for (const ManifestSegment& segment : index.segments) {
      if (!segments.insert(segment.id).second) {
        return "a segment is listed twice";
      }
      if (segment.id >= manifest.next_segment_id) {
        return "the id of a segment would be given again";
      }
      if (std::any_of(segment.states.begin(), segment.states.end(), is_later)) {
        return "a segment's state is of a later commit";
      }
    }
  }
  if (std::any_of(manifest.attached.begin(), manifest.attached.end(),
                  [&](const auto& file) { return file.second.id >= manifest.next_segment_id; })) {
    return "the id of an attached file would be given again";
  }
  if (std::any_of(manifest.tombstone_generations.begin(), manifest.tombstone_generations.end(),
                  [&](uint64_t written) { return written > manifest.generation; }) ||
      std::any_of(manifest.keyword_files.begin(), manifest.keyword_files.end(), is_later)) {
    return "a file is of a later commit";
  }
  return nullptr;
}

}  // namespace

std::string SegmentFile(uint64_t segment_id) { return "segment-" + std::to_string(segment_id); }

std::string StateFile(uint64_t segment_id, uint64_t state_generation) {
  return SegmentFile(segment_id) + ".state-" + std::to_string(state_generation);
}

std::string PartFile(uint64_t segment_id, uint64_t part) {
  return SegmentFile(segment_id) + std::string(kPart) + std::to_string(part);
}

std::string_view WithoutPart(std::string_view file) { return file.substr(0, file.find(kPart)); }

std::string TombstoneFile(uint64_t generation) {
  return "tombstones-" + std::to_string(generation);
}

std::string KeywordFile(uint64_t generation) { return "keywords-" + std::to_string(generation); }

std::vector<std::string> NamedFiles(const Manifest& manifest) {
  std::vector<std::string> files;
  for (const uint64_t generation : manifest.tombstone_generations) {
    files.push_back(TombstoneFile(generation));
  }
  for (const ManifestKeywords& keywords : manifest.keyword_files) {
    files.push_back(KeywordFile(keywords.generation));
  }
  for (const ManifestIndex& index : manifest.indices) {
    for (const ManifestSegment& segment : index.segments) {
      files.push_back(SegmentFile(segment.id));
      for (const ManifestState& state : segment.states) {
        files.push_back(StateFile(segment.id, state.generation));
      }
    }
  }
  for (const auto& [name, file] : manifest.attached) {
    files.push_back(AttachedFileName(file.id));
  }
  return files;
}

bool IsCommitFile(std::string_view file) {
  return file.starts_with("segment-") || file.starts_with("tombstones-") ||
         file.starts_with("keywords-") || file.starts_with("attached-");
}

std::string Manifest::Encode() const {
  std::string out;
  PutVarint(&out, generation);
  PutVarint(&out, epoch);
  PutVarint(&out, next_index_id);
  PutVarint(&out, next_segment_id);
  PutVarint(&out, tombstone_generations.size());
  for (const uint64_t written : tombstone_generations) {
    PutVarint(&out, written);
  }
  PutVarint(&out, keyword_files.size());
  for (const ManifestKeywords& file : keyword_files) {
    PutVarint(&out, file.generation);
    PutVarint(&out, file.bytes);
  }
  PutVarint(&out, translog.generation);
  PutVarint(&out, translog.offset);
  PutVarint(&out, indices.size());
  for (const ManifestIndex& index : indices) {
    PutVarint(&out, static_cast<uint32_t>(index.id));
    PutLengthPrefixed(&out, index.name);
    PutLengthPrefixed(&out, index.uuid);
    PutVarint(&out, static_cast<uint64_t>(index.created_ms));
    PutLengthPrefixed(&out, index.settings_json);
    std::string mapping;
    index.mapping.EncodeTo(&mapping);
    PutLengthPrefixed(&out, mapping);
    PutVarint(&out, static_cast<uint64_t>(index.seq_no_ceiling));
    PutVarint(&out, (index.external_versions ? kExternalVersions : 0) |
                        (index.manual_refresh ? kManualRefresh : 0));
    PutVarint(&out, index.segments.size());
    for (const ManifestSegment& segment : index.segments) {
      PutVarint(&out, segment.id);
      PutVarint(&out, segment.states.size());
      for (const ManifestState& state : segment.states) {
        PutVarint(&out, state.generation);
        PutVarint(&out, state.bytes);
      }
      PutVarint(&out, 0);  // other files of the segment: there are none in this version
    }
    PutVarint(&out, 0);  // properties of the index: none
  }
  PutVarint(&out, user_data.size());
  for (const auto& [key, value] : user_data) {
    PutLengthPrefixed(&out, key);
    PutLengthPrefixed(&out, value);
  }
  PutVarint(&out, attached.size());
  for (const auto& [name, file] : attached) {
    PutLengthPrefixed(&out, name);
    PutVarint(&out, file.id);
    PutVarint(&out, file.bytes);
    PutU32(&out, file.crc);
  }
  return out;
}

Result<Manifest> Manifest::Decode(std::string_view payload) {
  ByteReader reader(payload);
  Manifest manifest;
  manifest.generation = reader.Varint();
  manifest.epoch = reader.Varint();
  manifest.next_index_id = ReadU32Varint(&reader);
  manifest.next_segment_id = reader.Varint();
  const uint64_t tombstone_files = reader.Varint();
  for (uint64_t i = 0; i < tombstone_files && reader.ok(); ++i) {
    manifest.tombstone_generations.push_back(reader.Varint());
  }
  const uint64_t keyword_files = reader.Varint();
  for (uint64_t i = 0; i < keyword_files && reader.ok(); ++i) {
    const uint64_t written = reader.Varint();
    manifest.keyword_files.push_back({written, reader.Varint()});
  }
  manifest.translog.generation = reader.Varint();
  manifest.translog.offset = reader.Varint();
  const uint64_t index_count = reader.Varint();
  for (uint64_t i = 0; i < index_count && reader.ok(); ++i) {
    ManifestIndex index;
    index.id = IndexId{ReadU32Varint(&reader)};
    index.name = reader.LengthPrefixed();
    index.uuid = reader.LengthPrefixed();
    index.created_ms = static_cast<int64_t>(reader.Varint());
    index.settings_json = reader.LengthPrefixed();
    BINSEEK_ASSIGN_OR_RETURN(index.mapping, mapping::Mapping::Decode(reader.LengthPrefixed()));
    index.seq_no_ceiling = static_cast<int64_t>(reader.Varint());
    const uint64_t flags = reader.Varint();
    if (flags > (kExternalVersions | kManualRefresh)) {
      reader.Fail("unknown flags of an index");
    }
    index.external_versions = (flags & kExternalVersions) != 0;
    index.manual_refresh = (flags & kManualRefresh) != 0;
    ReadSegments(&reader, &index.segments);
    if (reader.Varint() != 0) {
      reader.Fail("a property that a newer binseek wrote");
    }
    manifest.indices.push_back(std::move(index));
  }
  const uint64_t user_data_count = reader.Varint();
  for (uint64_t i = 0; i < user_data_count && reader.ok(); ++i) {
    std::string key(reader.LengthPrefixed());
    manifest.user_data[std::move(key)] = reader.LengthPrefixed();
  }
  ReadAttached(&reader, &manifest.attached);
  if (reader.ok() && !reader.AtEnd()) {
    reader.Fail("bytes behind the end");
  }
  if (const char* why = reader.ok() ? WhyImpossible(manifest) : nullptr) {
    reader.Fail(why);
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("manifest"));
  return manifest;
}

}  // namespace binseek::index
