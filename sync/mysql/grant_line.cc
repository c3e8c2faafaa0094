#include "sync/mysql/grant_line.h"

#include <string>

namespace binseek::mysql {
namespace {

// "shop\_eu" of a grant against "shop_eu": '_' is any one character, '%' any number, '\' takes
// their meaning away.
bool MatchesPattern(std::string_view pattern, std::string_view name) {
  size_t p = 0;
  size_t n = 0;
  size_t behind_percent =
      std::string_view::npos;  // where to go on after the last '%' has taken one character more
  size_t taken = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      behind_percent = ++p;
      taken = n;
      continue;
    }
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    const size_t literal = escaped ? p + 1 : p;
    if (literal < pattern.size() &&
        ((!escaped && pattern[p] == '_') || pattern[literal] == name[n])) {
      p = literal + 1;
      ++n;
    } else if (behind_percent != std::string_view::npos) {
      p = behind_percent;
      n = ++taken;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('%', p) == std::string_view::npos;
}

}  // namespace

bool Grants(std::string_view line, std::string_view privilege, std::string_view database) {
  constexpr std::string_view kGrant = "GRANT ";
  const size_t on = line.find(" ON ");
  if (!line.starts_with(kGrant) || on == std::string_view::npos) {
    return false;
  }
  const std::string list = ", " + std::string(line.substr(kGrant.size(), on - kGrant.size())) + ",";
  if (list.find(", " + std::string(privilege) + ",") == std::string::npos &&
      list.find(", ALL PRIVILEGES,") == std::string::npos) {
    return false;
  }
  const std::string_view object = line.substr(on + 4);
  if (object.starts_with("*.* ")) {
    return true;
  }
  const size_t end = object.find("`.* TO ");
  return !database.empty() && object.starts_with('`') && end != std::string_view::npos &&
         MatchesPattern(object.substr(1, end - 1), database);
}

}  // namespace binseek::mysql
