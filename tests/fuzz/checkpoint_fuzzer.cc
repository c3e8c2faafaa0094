// Checkpoints as they lie in a commit: what decodes is encoded to what decodes the same.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sync/pipeline/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto read = binseek::pipeline::DecodeCheckpoint(
      std::string_view(reinterpret_cast<const char*>(data), size));
  if (!read.ok()) {
    return 0;
  }
  const auto encode = [](const binseek::pipeline::Checkpoint& checkpoint) {
    return binseek::pipeline::EncodeCheckpoint(
        checkpoint.place, binseek::pipeline::EncodePrepared(*checkpoint.prepared),
        binseek::pipeline::EncodeTables(checkpoint.tables));
  };
  const std::string bytes = encode(*read);
  const auto again = binseek::pipeline::DecodeCheckpoint(bytes);
  if (!again.ok() || encode(*again) != bytes) {
    std::abort();
  }
  return 0;
}
