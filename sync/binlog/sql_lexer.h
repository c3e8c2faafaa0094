// SqlLexer: the words of a SQL statement, past white space and comments; the contents of /*! ... */ count.
//
// Single-threaded; borrows the text.
#ifndef BINSEEK_SYNC_BINLOG_SQL_LEXER_H_
#define BINSEEK_SYNC_BINLOG_SQL_LEXER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace binseek::binlog {

struct SqlToken {
  enum class Kind : uint8_t { kEnd, kWord, kQuotedName, kString, kSymbol };
  Kind kind = Kind::kEnd;
  std::string text;   // words as written; names and strings without quotes; symbols: one character
  std::string upper;  // words in ASCII upper case; else empty

  bool Is(std::string_view word) const { return kind == Kind::kWord && upper == word; }
  bool IsSymbol(char c) const { return kind == Kind::kSymbol && text[0] == c; }
  // A double-quoted string may be a name (ANSI_QUOTES): whoever expects a name takes it as one.
  bool CanBeName() const {
    return kind == Kind::kWord || kind == Kind::kQuotedName || kind == Kind::kString;
  }
  bool AtEnd() const { return kind == Kind::kEnd; }
};

class SqlLexer {
 public:
  explicit SqlLexer(std::string_view sql) : rest_(sql) { Advance(); }

  const SqlToken& token() const { return token_; }
  void Advance();
  // Goes on where the token is this word.
  bool Take(std::string_view word) {
    if (!token_.Is(word)) {
      return false;
    }
    Advance();
    return true;
  }
  bool TakeSymbol(char c) {
    if (!token_.IsSymbol(c)) {
      return false;
    }
    Advance();
    return true;
  }

 private:
  void SkipBlanksAndComments();
  void ReadQuoted(char quote);

  std::string_view rest_;
  SqlToken token_;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_SQL_LEXER_H_
