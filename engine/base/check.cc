#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace binseek {

void CheckFailed(const char* file, int line, const char* condition, std::string_view text) {
  if (text.empty()) {
    std::fprintf(stderr, "%s:%d: check failed: %s\n", file, line, condition);
  } else {
    std::fprintf(stderr, "%s:%d: check failed: %s (%.*s)\n", file, line, condition,
                 static_cast<int>(text.size()), text.data());
  }
  std::abort();
}

}  // namespace binseek
