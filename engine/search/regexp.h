// Lucene's regular expressions, compiled to an automaton over whole terms.
//
//   BINSEEK_ASSIGN_OR_RETURN(const CodePointDfa dfa, CompileRegexp("sh(oe|irt)s?", {}));
//
// Syntax: . ? * + {n} {n,} {n,m} | ( ) [a-z] [^a] "literal" \ and \d \D \s \S \w \W, and by flags: ~ (not), & (and), < > (a number in an interval), @ (any text),
// # (no text). Thread-safe free functions.
// Errors: kInvalidArgument in Lucene's words, for what is no expression and for what would take more than `max_states`.
#ifndef BINSEEK_ENGINE_SEARCH_REGEXP_H_
#define BINSEEK_ENGINE_SEARCH_REGEXP_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/search/automaton.h"

namespace binseek::search {

// Which parts of the syntax an expression may use.
struct RegexpFlags {
  bool intersection = true;
  bool complement = true;
  bool empty = true;
  bool any_string = true;
  bool interval = true;
};
// "INTERSECTION|COMPLEMENT", "ALL", "NONE", ...; false: no flag's name, which is `*unknown` then.
bool ParseRegexpFlags(std::string_view text, RegexpFlags* flags, std::string* unknown);
RegexpFlags RegexpFlagsOfValue(int64_t value);

struct RegexpOptions {
  RegexpFlags flags{};
  bool ignore_case = false;
  uint32_t max_states = 10'000;
  std::string_view literal_before{};  // what stands before the part that the expression is for
};
Result<CodePointDfa> CompileRegexp(std::string_view pattern, const RegexpOptions& options);

}  // namespace binseek::search

#endif  // BINSEEK_ENGINE_SEARCH_REGEXP_H_
