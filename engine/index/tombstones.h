// Tombstones: versions of deleted keys, so that a write from before the delete that arrives late does not bring the document back.
//
// Plain value type. They are committed with the index, each time whole, in a file that the manifest names by generation.
// Decode: kCorruption, naming the offset.
#ifndef BINSEEK_ENGINE_INDEX_TOMBSTONES_H_
#define BINSEEK_ENGINE_INDEX_TOMBSTONES_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/base/result.h"
#include "engine/index/batch.h"

namespace binseek::index {

// An index has an entry, if only an empty one, from its first external version on: from then on internal deletes leave tombstones too.
using Tombstones = std::map<IndexId, std::unordered_map<std::string, int64_t>>;

// Version 0 of the format, without envelope; keys in no order.
std::string EncodeTombstones(const Tombstones& tombstones);
[[nodiscard]] Result<Tombstones> DecodeTombstones(std::string_view payload);

}  // namespace binseek::index

#endif  // BINSEEK_ENGINE_INDEX_TOMBSTONES_H_
