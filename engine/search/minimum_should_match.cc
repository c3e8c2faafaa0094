// ParseMinimumShouldMatch: "2", "-1", "75%", "-25%", "3<90%", "2<-25% 9<-3".
#include <algorithm>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "engine/search/query.h"

namespace binseek::search {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') {
    text.remove_prefix(1);
  }
  while (!text.empty() && text.back() == ' ') {
    text.remove_suffix(1);
  }
  return text;
}

Status NotANumber(std::string_view text) {
  return Status::InvalidArgument("failed to create query: For input string: \"" +
                                 std::string(text.substr(0, 100)) + "\"");
}

Result<int> ParseInt(std::string_view text) {
  int value = 0;
  const std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return NotANumber(text);
  }
  return value;
}

Result<int> ParseSimple(std::string_view text, int clauses) {
  const bool percent = text.ends_with('%');
  BINSEEK_ASSIGN_OR_RETURN(const int number,
                           ParseInt(percent ? text.substr(0, text.size() - 1) : text));
  // Percentages are cut towards zero; what is negative says how many may be missing.
  const int64_t amount = percent ? int64_t{clauses} * number / 100 : number;
  const int64_t needed = amount < 0 || (percent && number < 0) ? clauses + amount : amount;
  return static_cast<int>(std::clamp<int64_t>(needed, 0, std::numeric_limits<int>::max()));
}

}  // namespace

Result<int> ParseMinimumShouldMatch(const std::string& specification, int clauses) {
  std::string_view rest = Trim(specification);
  if (rest.find('<') == std::string_view::npos) {
    return ParseSimple(rest, clauses);
  }
  // "limit<spec": up to the limit all are needed, above it the spec holds until the next limit. Blanks around '<' are allowed.
  int needed = clauses;
  while (!rest.empty()) {
    const size_t less = rest.find('<');
    if (less == std::string_view::npos) {
      return NotANumber(rest);
    }
    BINSEEK_ASSIGN_OR_RETURN(const int limit, ParseInt(Trim(rest.substr(0, less))));
    rest = Trim(rest.substr(less + 1));
    const std::string_view simple = rest.substr(0, rest.find(' '));
    rest = Trim(rest.substr(simple.size()));
    if (clauses <= limit) {
      return needed;
    }
    BINSEEK_ASSIGN_OR_RETURN(needed, ParseSimple(simple, clauses));
  }
  return needed;
}

}  // namespace binseek::search
