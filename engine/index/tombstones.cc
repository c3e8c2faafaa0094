#include "engine/index/tombstones.h"

#include <utility>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"

namespace binseek::index {

std::string EncodeTombstones(const Tombstones& tombstones) {
  std::string out;
  PutVarint(&out, tombstones.size());
  for (const auto& [index, keys] : tombstones) {
    PutVarint(&out, static_cast<uint32_t>(index));
    PutVarint(&out, keys.size());
    for (const auto& [key, version] : keys) {
      PutLengthPrefixed(&out, key);
      PutVarint(&out, ZigZagEncode(version));
    }
  }
  return out;
}

Result<Tombstones> DecodeTombstones(std::string_view payload) {
  ByteReader reader(payload);
  Tombstones tombstones;
  const uint64_t indices = reader.Varint();
  for (uint64_t i = 0; i < indices && reader.ok(); ++i) {
    auto& keys = tombstones[IndexId{static_cast<uint32_t>(reader.Varint())}];
    const uint64_t count = reader.Varint();
    for (uint64_t k = 0; k < count && reader.ok(); ++k) {
      std::string key(reader.LengthPrefixed());
      keys[std::move(key)] = ZigZagDecode(reader.Varint());
    }
  }
  if (reader.ok() && !reader.AtEnd()) {
    reader.Fail("bytes behind the end");
  }
  BINSEEK_RETURN_IF_ERROR(reader.status("tombstones"));
  return tombstones;
}

}  // namespace binseek::index
