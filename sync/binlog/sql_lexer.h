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
  // A string where only a name can stand is taken as one.
  bool CanBeName() const {
    return kind == Kind::kWord || kind == Kind::kQuotedName || kind == Kind::kString;
  }
  bool AtEnd() const { return kind == Kind::kEnd; }
};

// How the session that wrote a statement had it read.
struct SqlDialect {
  bool ansi_quotes = false;           // "x" is a name
  bool no_backslash_escapes = false;  // a backslash is a character as any other

  static SqlDialect OfMode(uint64_t sql_mode) {
    constexpr uint64_t kAnsiQuotes = 4;
    constexpr uint64_t kNoBackslashEscapes = uint64_t{1} << 20;
    return {(sql_mode & kAnsiQuotes) != 0, (sql_mode & kNoBackslashEscapes) != 0};
  }
};

class SqlLexer {
 public:
  explicit SqlLexer(std::string_view sql, SqlDialect dialect = {}) : rest_(sql), dialect_(dialect) {
    Advance();
  }

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
  const SqlDialect dialect_;
  SqlToken token_;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_SQL_LEXER_H_
