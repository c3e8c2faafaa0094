#include "engine/codec/key_hash.h"

#include <xxhash.h>

#include <random>

namespace binseek::codec {
namespace {

uint64_t RandomSeed() {
  std::random_device device;
  return (static_cast<uint64_t>(device()) << 32) | device();
}

const uint64_t kSeed = RandomSeed();

}  // namespace

uint64_t KeyHash(std::string_view key) { return XXH3_64bits(key.data(), key.size()); }

uint64_t TableHash(std::string_view bytes) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), kSeed);
}

}  // namespace binseek::codec
