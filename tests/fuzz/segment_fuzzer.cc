// Any bytes as the payload of a segment: opening refuses them, or every accessor is safe.
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/engine/codec/segment_probe.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  binseek::codec::SealDirectory(&bytes);  // which no change of a byte would get past
  static_cast<void>(binseek::codec::ProbeSegment(bytes).ok());
  return 0;
}
