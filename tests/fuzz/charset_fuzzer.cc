// Text of every character set becomes UTF-8, and nothing but that, whatever its bytes are. The first byte chooses the set.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sync/mysql/charset.h"

namespace {

constexpr const char* kCharsets[] = {
    "utf8mb4", "utf8mb3",  "latin1",  "ucs2",    "utf16", "utf16le", "utf32",   "gbk",
    "gb2312",  "gb18030",  "big5",    "sjis",    "cp932", "ujis",    "eucjpms", "euckr",
    "tis620",  "koi8r",    "cp1251",  "hebrew",  "dec8",  "hp8",     "swe7",    "ascii",
    "latin2",  "armscii8", "geostd8", "keybcs2", "macce", "macroman"};

void ExpectUtf8(std::string_view text) {
  std::string again;
  binseek::mysql::SanitizeUtf8(text, &again);
  if (again != text) {
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const char* charset = kCharsets[data[0] % (sizeof(kCharsets) / sizeof(kCharsets[0]))];
  std::string text;
  if (binseek::mysql::ToUtf8(
          charset, std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1), &text)
          .ok()) {
    ExpectUtf8(text);
  }
  return 0;
}
