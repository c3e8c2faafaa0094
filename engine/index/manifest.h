// Manifest: what exists as of one commit. The file "manifest" decides; what it does not name is not there.
//
// Written whole, synced and renamed into place, so there is one at any time. Plain value type; Decode: kCorruption, naming the offset.
#ifndef BINSEEK_ENGINE_INDEX_MANIFEST_H_
#define BINSEEK_ENGINE_INDEX_MANIFEST_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/mapping/mapping.h"

namespace binseek::index {

inline constexpr std::string_view kManifestFile = "manifest";

struct ManifestSegment {
  uint64_t id = 0;
  // Commit that wrote its state file (deletions, column updates); 0: it has none.
  uint64_t state_generation = 0;
};

struct ManifestIndex {
  IndexId id{};
  std::string name;
  std::string uuid;
  int64_t created_ms = 0;
  std::string settings_json;
  mapping::Mapping mapping;
  int64_t next_seq_no = 0;
  std::vector<ManifestSegment> segments;
};

struct Manifest {
  uint64_t generation = 0;
  Epoch epoch = 0;
  uint32_t next_index_id = 1;
  uint64_t next_segment_id = 1;
  uint64_t tombstone_generation = 0;  // commit that wrote the tombstones' file; 0: there are none
  std::vector<ManifestIndex> indices;
  std::map<std::string, std::string> user_data;

  std::string Encode() const;  // without envelope
  static Result<Manifest> Decode(std::string_view payload);
};

std::string SegmentFile(uint64_t segment_id);                           // "segment-12"
std::string StateFile(uint64_t segment_id, uint64_t state_generation);  // "segment-12.state-7"
std::string TombstoneFile(uint64_t generation);                         // "tombstones-7"

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_MANIFEST_H_
