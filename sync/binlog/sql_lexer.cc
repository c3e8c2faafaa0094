#include "sync/binlog/sql_lexer.h"

#include <algorithm>

namespace binseek::binlog {
namespace {

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsWordChar(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || IsDigit(c) || c == '_' || c == '$' || (c & 0x80) != 0;
}

size_t OrSize(size_t at, std::string_view text) { return std::min(at, text.size()); }

}  // namespace

void SqlLexer::SkipBlanksAndComments() {
  for (;;) {
    while (!rest_.empty() && IsBlank(rest_.front())) {
      rest_.remove_prefix(1);
    }
    if (rest_.starts_with("/*!") || rest_.starts_with("/*M!")) {
      rest_.remove_prefix(rest_[2] == '!' ? 3 : 4);
      while (!rest_.empty() && IsDigit(rest_.front())) {
        rest_.remove_prefix(1);  // the version from which on it counts
      }
    } else if (rest_.starts_with("*/")) {
      rest_.remove_prefix(2);  // end of such a comment
    } else if (rest_.starts_with("/*")) {
      const size_t end = rest_.find("*/", 2);
      rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 2);
    } else if (rest_.starts_with('#') || rest_ == "--" ||
               (rest_.starts_with("--") && IsBlank(rest_[2]))) {
      rest_.remove_prefix(OrSize(rest_.find('\n'), rest_));
    } else {
      return;
    }
  }
}

void SqlLexer::ReadQuoted(char quote) {
  const bool name = quote == '`' || (quote == '"' && dialect_.ansi_quotes);
  const bool escapes = !name && !dialect_.no_backslash_escapes;
  token_.kind = name ? SqlToken::Kind::kQuotedName : SqlToken::Kind::kString;
  size_t at = 1;
  for (; at < rest_.size(); ++at) {
    const char c = rest_[at];
    if (c == quote) {
      if (at + 1 >= rest_.size() || rest_[at + 1] != quote) {
        ++at;
        break;
      }
      ++at;
    } else if (c == '\\' && escapes && at + 1 < rest_.size()) {
      ++at;
    }
    token_.text.push_back(rest_[at]);
  }
  rest_.remove_prefix(OrSize(at, rest_));
}

void SqlLexer::Advance() {
  token_ = SqlToken();
  SkipBlanksAndComments();
  if (rest_.empty()) {
    return;
  }
  const char c = rest_.front();
  if (c == '`' || c == '"' || c == '\'') {
    ReadQuoted(c);
    return;
  }
  if (!IsWordChar(c)) {
    token_.kind = SqlToken::Kind::kSymbol;
    token_.text.assign(1, c);
    rest_.remove_prefix(1);
    return;
  }
  const size_t end =
      static_cast<size_t>(std::find_if_not(rest_.begin(), rest_.end(), IsWordChar) - rest_.begin());
  token_.kind = SqlToken::Kind::kWord;
  token_.text.assign(rest_.substr(0, end));
  token_.upper = token_.text;
  for (char& letter : token_.upper) {
    letter = letter >= 'a' && letter <= 'z' ? static_cast<char>(letter & ~0x20) : letter;
  }
  rest_.remove_prefix(end);
}

}  // namespace binseek::binlog
