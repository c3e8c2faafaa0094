// Manifest: what exists as of one commit. The file "manifest" decides; what it does not name is not there.
//
// Written whole, synced and renamed into place, so there is one at any time. Plain value type; Decode: kCorruption, naming the
// offset, also where ids and names are listed twice or would be given again.
#ifndef BINSEEK_ENGINE_INDEX_MANIFEST_H_
#define BINSEEK_ENGINE_INDEX_MANIFEST_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"
#include "engine/index/translog_file.h"
#include "engine/mapping/mapping.h"

namespace binseek::index {

inline constexpr std::string_view kManifestFile = "manifest";

// A file of what happened to a segment (deletions, column updates) between two commits.
struct ManifestState {
  uint64_t generation = 0;  // the commit that wrote it
  uint64_t bytes = 0;
  friend bool operator==(const ManifestState&, const ManifestState&) = default;
};

// A file of keyword values (keyword_files.h).
struct ManifestKeywords {
  uint64_t generation = 0;  // the commit that wrote it
  uint64_t bytes = 0;
  friend bool operator==(const ManifestKeywords&, const ManifestKeywords&) = default;
};

struct ManifestSegment {
  uint64_t id = 0;
  std::vector<ManifestState> states{};  // to be laid over the segment in this order
};

struct ManifestIndex {
  IndexId id{};
  std::string name;
  std::string uuid;
  int64_t created_ms = 0;
  std::string settings_json;
  mapping::Mapping mapping;
  int64_t seq_no_ceiling = 0;  // below it numbers may have been given, so it is where they go on
  bool external_versions = false;
  bool manual_refresh = false;
  std::vector<ManifestSegment> segments;
};

struct Manifest {
  uint64_t generation = 0;
  Epoch epoch = 0;
  uint32_t next_index_id = 1;
  uint64_t next_segment_id = 1;
  std::vector<uint64_t> tombstone_generations;  // commits that wrote edits of tombstones, in order
  std::vector<ManifestKeywords> keyword_files;  // in the order in which values were appended
  // Where the batches begin that are not in here. Generation 0: there are none; offset 0: with the generation's first.
  TranslogLocation translog;
  std::vector<ManifestIndex> indices;
  std::map<std::string, std::string> user_data;
  std::map<std::string, AttachedFileInfo> attached;

  std::string Encode() const;  // without envelope
  static Result<Manifest> Decode(std::string_view payload);
};

std::string SegmentFile(uint64_t segment_id);                           // "segment-12"
std::string StateFile(uint64_t segment_id, uint64_t state_generation);  // "segment-12.state-7"
std::string PartFile(uint64_t segment_id, uint64_t part);               // "segment-12.part-0"
std::string TombstoneFile(uint64_t generation);                         // "tombstones-7"
std::string KeywordFile(uint64_t generation);                           // "keywords-7"
// Of a part's name the segment's; of any other the name itself.
std::string_view WithoutPart(std::string_view file);
// All files that a commit consists of, but for itself and the translog. Everything that keeps files, copies them or deletes the rest goes by this.
std::vector<std::string> NamedFiles(const Manifest& manifest);
// True: a name that commits give, so that a file that has it and that nobody names is garbage.
bool IsCommitFile(std::string_view file);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_MANIFEST_H_
