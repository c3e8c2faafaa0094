// QueryStringLexer: the tokens of Lucene's query language. Internal to api/dsl. Single-threaded; borrows the text.
#ifndef BINSEEK_API_DSL_QUERY_STRING_LEXER_H_
#define BINSEEK_API_DSL_QUERY_STRING_LEXER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/dsl/error.h"

namespace binseek::api::dsl {

struct QueryToken {
  enum class Kind : uint8_t {
    kEnd,
    kAnd,
    kOr,
    kNot,  // NOT and !
    kPlus,
    kMinus,
    kOpen,   // (
    kClose,  // )
    kColon,
    kBoost,  // ^2.5
    kFuzzy,  // ~, ~1, ~AUTO
    kWord,
    kPrefix,    // sho*, without the star
    kWildcard,  // sh?e, *
    kQuoted,
    kRegexp,
    kRange,    // [a TO b}
    kCompare,  // >, >=, <, <=
  };
  Kind kind = Kind::kEnd;
  std::string text{};  // words and quoted texts without escapes, patterns with them
  // kRange: its ends; "*" is open.
  std::string lower{};
  std::string upper{};
  bool include_lower = true;
  bool include_upper = true;
};

// Errors: what is no token, "Encountered ..."; with the text around it.
DslResult<std::vector<QueryToken>> ReadQueryTokens(std::string_view query);

}  // namespace binseek::api::dsl

#endif  // BINSEEK_API_DSL_QUERY_STRING_LEXER_H_
