#include "engine/index/manifest.h"

#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::index {

std::string SegmentFile(uint64_t segment_id) { return "segment-" + std::to_string(segment_id); }

std::string StateFile(uint64_t segment_id, uint64_t state_generation) {
  return SegmentFile(segment_id) + ".state-" + std::to_string(state_generation);
}

std::string TombstoneFile(uint64_t generation) {
  return "tombstones-" + std::to_string(generation);
}

std::string Manifest::Encode() const {
  std::string out;
  PutVarint(&out, generation);
  PutVarint(&out, epoch);
  PutVarint(&out, next_index_id);
  PutVarint(&out, next_segment_id);
  PutVarint(&out, tombstone_generation);
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
    PutVarint(&out, static_cast<uint64_t>(index.next_seq_no));
    PutVarint(&out, index.segments.size());
    for (const ManifestSegment& segment : index.segments) {
      PutVarint(&out, segment.id);
      PutVarint(&out, segment.state_generation);
    }
  }
  PutVarint(&out, user_data.size());
  for (const auto& [key, value] : user_data) {
    PutLengthPrefixed(&out, key);
    PutLengthPrefixed(&out, value);
  }
  return out;
}

Result<Manifest> Manifest::Decode(std::string_view payload) {
  ByteReader reader(payload);
  Manifest manifest;
  manifest.generation = reader.Varint();
  manifest.epoch = reader.Varint();
  manifest.next_index_id = static_cast<uint32_t>(reader.Varint());
  manifest.next_segment_id = reader.Varint();
  manifest.tombstone_generation = reader.Varint();
  const uint64_t index_count = reader.Varint();
  for (uint64_t i = 0; i < index_count && reader.ok(); ++i) {
    ManifestIndex index;
    index.id = IndexId{static_cast<uint32_t>(reader.Varint())};
    index.name = reader.LengthPrefixed();
    index.uuid = reader.LengthPrefixed();
    index.created_ms = static_cast<int64_t>(reader.Varint());
    index.settings_json = reader.LengthPrefixed();
    BINSEEK_ASSIGN_OR_RETURN(index.mapping, mapping::Mapping::Decode(reader.LengthPrefixed()));
    index.next_seq_no = static_cast<int64_t>(reader.Varint());
    const uint64_t segment_count = reader.Varint();
    for (uint64_t s = 0; s < segment_count && reader.ok(); ++s) {
      const uint64_t id = reader.Varint();
      index.segments.push_back({id, reader.Varint()});
    }
    manifest.indices.push_back(std::move(index));
  }
  const uint64_t user_data_count = reader.Varint();
  for (uint64_t i = 0; i < user_data_count && reader.ok(); ++i) {
    std::string key(reader.LengthPrefixed());
    manifest.user_data[std::move(key)] = reader.LengthPrefixed();
  }
  if (reader.ok() && !reader.AtEnd()) {
    reader.Fail("bytes behind the end");
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("manifest"));
  return manifest;
}

}  // namespace binseek::index
