#include "engine/base/name_pattern.h"

namespace binseek {

bool MatchesPattern(std::string_view pattern, std::string_view name, std::string_view stars) {
  const auto is_star = [&](size_t at) {
    return at < pattern.size() && stars.find(pattern[at]) != std::string_view::npos;
  };
  // Where the last star stands, and how much of the name it has taken.
  size_t star = std::string_view::npos;
  size_t taken = 0;
  size_t p = 0;
  size_t n = 0;
  while (n < name.size()) {
    if (is_star(p)) {
      star = p++;
      taken = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of(stars, p) == std::string_view::npos;
}

}  // namespace binseek
