// The hash of a segment's key table. Persisted: changing it is a format change.
#ifndef BINSEEK_ENGINE_CODEC_KEY_HASH_H_
#define BINSEEK_ENGINE_CODEC_KEY_HASH_H_

#include <cstdint>
#include <string_view>

namespace binseek::codec {

uint64_t KeyHash(std::string_view key);  // XXH3, 64 bits, seed 0

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_KEY_HASH_H_
