// MySQL's binary JSON: what decodes is JSON text, and stays in proportion to its bytes.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/base/status.h"
#include "engine/base/utf8.h"
#include "sync/binlog/json_binary.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text;
  const binseek::Status decoded = binseek::binlog::DecodeJsonBinary(
      std::string_view(reinterpret_cast<const char*>(data), size), &text);
  // Every value but the last has been within the limit, and the last is no longer than six times the bytes.
  if (decoded.ok() && (text.empty() || text.size() > size * 22 + 8192)) {
    std::abort();
  }
  return 0;
}
