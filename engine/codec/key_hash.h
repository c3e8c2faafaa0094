// Hashes of short byte strings. Thread-safe pure functions.
#ifndef BINSEEK_ENGINE_CODEC_KEY_HASH_H_
#define BINSEEK_ENGINE_CODEC_KEY_HASH_H_

#include <cstdint>
#include <string_view>

namespace binseek::codec {

// Of a segment's key table. Persisted: changing it is a format change.
uint64_t KeyHash(std::string_view key);  // XXH3, 64 bits, seed 0
// Of tables that live in memory alone: seeded anew by each process, so that nobody can write a document whose terms all fall into one place.
uint64_t TableHash(std::string_view bytes);

}  // namespace binseek::codec

#endif  // BINSEEK_ENGINE_CODEC_KEY_HASH_H_
