#include "api/dsl/query_string_lexer.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace binseek::api::dsl {
namespace {

using Kind = QueryToken::Kind;

constexpr std::string_view kNoWordBegin = " \t\n\r+-!():^[]\"{}~/";
constexpr std::string_view kNoWord = " \t\n\r!():^[]\"{}~";
constexpr std::string_view kBlank = " \t\n\r";
constexpr std::string_view kWideBlank = "\xe3\x80\x80";  // the ideographic space

class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) {}

  DslResult<std::vector<QueryToken>> ReadAll() {
    std::vector<QueryToken> tokens;
    for (SkipBlank(); !rest_.empty(); SkipBlank()) {
      BINSEEK_DSL_ASSIGN_OR_RETURN(QueryToken token, Next());
      tokens.push_back(std::move(token));
    }
    tokens.emplace_back();
    return tokens;
  }

 private:
  static DslError Failed(const std::string& why) { return ParsingError(why); }

  void SkipBlank() {
    while (!rest_.empty()) {
      if (rest_.starts_with(kWideBlank)) {
        rest_.remove_prefix(kWideBlank.size());
      } else if (kBlank.find(rest_.front()) != std::string_view::npos) {
        rest_.remove_prefix(1);
      } else {
        return;
      }
    }
  }
  char Take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  bool TakeIf(std::string_view text) {
    if (!rest_.starts_with(text)) {
      return false;
    }
    rest_.remove_prefix(text.size());
    return true;
  }

  DslResult<QueryToken> Next() {
    if (TakeIf("&&")) {
      return QueryToken{.kind = Kind::kAnd};
    }
    if (TakeIf("||")) {
      return QueryToken{.kind = Kind::kOr};
    }
    switch (rest_.front()) {
      case '"':
        return Quoted('"', Kind::kQuoted);
      case '/':
        return Quoted('/', Kind::kRegexp);
      case '[':
      case '{':
        return Range();
      case '^':
        return Boost();
      case '~':
        return Fuzzy();
      case '>':
      case '<':
        return Compare();
      default:
        break;
    }
    constexpr std::pair<char, Kind> kSigns[] = {{'!', Kind::kNot},   {'+', Kind::kPlus},
                                                {'-', Kind::kMinus}, {'(', Kind::kOpen},
                                                {')', Kind::kClose}, {':', Kind::kColon}};
    for (const auto& [sign, kind] : kSigns) {
      if (rest_.front() == sign) {
        Take();
        return QueryToken{.kind = kind};
      }
    }
    if (kNoWordBegin.find(rest_.front()) != std::string_view::npos) {
      return Failed("Encountered \"" + std::string(1, rest_.front()) + "\"");
    }
    return Word();
  }

  // Up to the closing character; what is escaped stays so in regular expressions, but for that character itself.
  DslResult<QueryToken> Quoted(char close, Kind kind) {
    Take();
    QueryToken token{.kind = kind};
    while (!rest_.empty() && rest_.front() != close) {
      char c = Take();
      if (c == '\\' && !rest_.empty()) {
        const char next = Take();
        if (kind == Kind::kRegexp && next != close) {
          token.text.push_back(c);
        }
        c = next;
      }
      token.text.push_back(c);
    }
    if (rest_.empty()) {
      return Failed("Encountered <EOF> within a text that begins with " + std::string(1, close));
    }
    Take();
    return token;
  }

  DslResult<QueryToken> Range() {
    QueryToken token{.kind = Kind::kRange};
    token.include_lower = Take() == '[';
    BINSEEK_DSL_ASSIGN_OR_RETURN(token.lower, RangeEnd());
    SkipBlank();
    if (!TakeIf("TO")) {
      return Failed("Encountered a range without TO");
    }
    BINSEEK_DSL_ASSIGN_OR_RETURN(token.upper, RangeEnd());
    SkipBlank();
    if (rest_.empty() || (rest_.front() != ']' && rest_.front() != '}')) {
      return Failed("Encountered a range without an end");
    }
    token.include_upper = Take() == ']';
    return token;
  }
  DslResult<std::string> RangeEnd() {
    SkipBlank();
    if (!rest_.empty() && rest_.front() == '"') {
      BINSEEK_DSL_ASSIGN_OR_RETURN(QueryToken quoted, Quoted('"', Kind::kQuoted));
      return std::move(quoted.text);
    }
    std::string text;
    while (!rest_.empty() && kBlank.find(rest_.front()) == std::string_view::npos &&
           rest_.front() != ']' && rest_.front() != '}') {
      char c = Take();
      if (c == '\\' && !rest_.empty()) {
        c = Take();
      }
      text.push_back(c);
    }
    return text.empty() ? DslResult<std::string>(Failed("Encountered a range without a bound"))
                        : std::move(text);
  }

  std::string TakeWhile(std::string_view characters) {
    const size_t end = std::min(rest_.find_first_not_of(characters), rest_.size());
    std::string text(rest_.substr(0, end));
    rest_.remove_prefix(end);
    return text;
  }
  DslResult<QueryToken> Boost() {
    Take();
    QueryToken token{.kind = Kind::kBoost, .text = TakeWhile("0123456789.")};
    return token.text.empty() ? DslResult<QueryToken>(Failed("Encountered \"^\" without a number"))
                              : std::move(token);
  }
  DslResult<QueryToken> Fuzzy() {
    Take();
    if (TakeIf("AUTO")) {
      return QueryToken{.kind = Kind::kFuzzy, .text = "AUTO" + TakeWhile("0123456789:,")};
    }
    return QueryToken{.kind = Kind::kFuzzy, .text = TakeWhile("0123456789.")};
  }
  DslResult<QueryToken> Compare() {
    QueryToken token{.kind = Kind::kCompare};
    token.text.push_back(Take());
    if (TakeIf("=")) {
      token.text.push_back('=');
    }
    return token;
  }

  DslResult<QueryToken> Word() {
    QueryToken token{.kind = Kind::kWord};
    std::string pattern;  // with escapes
    bool escaped = false;
    size_t stars = 0;
    while (!rest_.empty() && !rest_.starts_with(kWideBlank) &&
           (escaped || kNoWord.find(rest_.front()) == std::string_view::npos)) {
      const char c = Take();
      pattern.push_back(c);
      if (c == '\\' && !escaped) {
        escaped = true;
        continue;
      }
      stars += !escaped && (c == '*' || c == '?') ? 1 : 0;
      token.text.push_back(c);
      escaped = false;
    }
    if (escaped) {
      return Failed("Term can not end with escape character.");
    }
    if (stars == 1 && pattern.back() == '*' && pattern.size() > 1) {
      token.kind = Kind::kPrefix;
      token.text.pop_back();
    } else if (stars > 0) {
      token.kind = Kind::kWildcard;
      token.text = std::move(pattern);
    } else if (pattern == "AND" || pattern == "OR" || pattern == "NOT") {
      token.kind = pattern == "AND" ? Kind::kAnd : pattern == "OR" ? Kind::kOr : Kind::kNot;
    }
    return token;
  }

  std::string_view rest_;
};

}  // namespace

DslResult<std::vector<QueryToken>> ReadQueryTokens(std::string_view query) {
  return Lexer(query).ReadAll();
}

}  // namespace binseek::api::dsl
