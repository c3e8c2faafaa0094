// Any bytes as the payload of a segment: opening refuses them, or every accessor is safe.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/engine/codec/segment_probe.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static_cast<void>(binseek::codec::ProbeSegment({reinterpret_cast<const char*>(data), size}).ok());
  return 0;
}
