// Tombstones: versions of deleted keys, so that a write from before the delete that arrives late does not bring the document back.
//
// They are committed with the index as edits: a commit writes a file of what changed since the last one, and all of it anew where the edits outgrow what
// they leave. The manifest names the files in order. Plain value types. Decode: kCorruption, naming the offset.
#ifndef BINSEEK_ENGINE_INDEX_TOMBSTONES_H_
#define BINSEEK_ENGINE_INDEX_TOMBSTONES_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/result.h"
#include "engine/index/batch.h"

namespace binseek::index {

using IndexTombstones = std::unordered_map<std::string, int64_t>;

// What a string takes beside itself, where it is no short one.
inline size_t BytesBesideString(const std::string& key) {
  constexpr size_t kShortKey = 15;
  return key.size() > kShortKey ? key.size() + 17 : 0;
}
// What one of `key` takes in an IndexTombstones: a node, its place, and the key.
inline size_t TombstoneBytes(const std::string& key) { return 72 + BytesBesideString(key); }
using Tombstones = std::map<IndexId, IndexTombstones>;

struct TombstoneEdit {
  // Persisted: values are fixed.
  enum class Kind : uint8_t {
    kPut = 0,          // the key was deleted under `version`
    kErase = 1,        // the key has none: it is back, or nothing older can come
    kForgetBelow = 2,  // all of the index that are below `version` go
    kDropIndex = 3,    // all of the index go
  };
  Kind kind = Kind::kPut;
  IndexId index{};
  std::string key;
  int64_t version = 0;
};

void ApplyTombstoneEdit(const TombstoneEdit& edit, Tombstones* tombstones);

// A file's payload (engine/codec/FORMATS.md, without envelope).
std::string EncodeTombstoneEdits(std::span<const TombstoneEdit> edits);
// All of them, in no order.
std::vector<TombstoneEdit> AsEdits(const Tombstones& tombstones);
// Adds what a file holds to what the files before it left. The number of edits is added to `edits`.
[[nodiscard]] Status ReadTombstoneEdits(std::string_view payload, Tombstones* tombstones,
                                        uint64_t* edits);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_TOMBSTONES_H_
