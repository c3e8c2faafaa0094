// MatchesPattern: names by patterns in which stars stand for any characters, none included.
//
// Nothing else is special. Takes at most the product of both lengths, since only the last star is ever tried anew. Pure; thread-safe.
#ifndef BINSEEK_ENGINE_BASE_NAME_PATTERN_H_
#define BINSEEK_ENGINE_BASE_NAME_PATTERN_H_

#include <string_view>

namespace binseek {

// `stars`: the characters that are stars.
bool MatchesPattern(std::string_view pattern, std::string_view name, std::string_view stars = "*");

}  // namespace binseek

#endif  // BINSEEK_ENGINE_BASE_NAME_PATTERN_H_
