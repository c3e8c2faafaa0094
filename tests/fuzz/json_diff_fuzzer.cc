// Differences of JSON. Layout: two bytes length of a binary document, the document, and the differences to apply to it. What comes out
// is a document again, to which other differences can be applied.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/base/byte_reader.h"
#include "engine/base/status.h"
#include "sync/binlog/json_binary.h"
#include "sync/binlog/json_diff.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  binseek::ByteReader reader(std::string_view(reinterpret_cast<const char*>(data), size));
  const std::string_view binary = reader.Bytes(reader.U16());
  std::string document;
  if (!reader.ok() || !binseek::binlog::DecodeJsonBinary(binary, &document).ok()) {
    return 0;
  }
  std::string changed = document;
  const std::string_view differences = reader.Rest();
  if (!binseek::binlog::ApplyJsonDiffs(differences, &changed).ok()) {
    if (changed != document) {
      std::abort();
    }
    return 0;
  }
  std::string again = changed;
  if (!binseek::binlog::ApplyJsonDiffs({}, &again).ok() || again != changed) {
    std::abort();
  }
  return 0;
}
