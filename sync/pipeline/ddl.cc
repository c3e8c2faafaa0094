#include "sync/pipeline/ddl.h"

#include <algorithm>
#include <initializer_list>

#include "sync/binlog/sql_lexer.h"

namespace binseek::pipeline {
namespace {

using binlog::SqlLexer;

bool IsAny(const SqlLexer& lexer, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return lexer.token().Is(word); });
}

bool TakeAny(SqlLexer* lexer, std::initializer_list<std::string_view> words) {
  if (!IsAny(*lexer, words)) {
    return false;
  }
  lexer->Advance();
  return true;
}

// One clause of ALTER TABLE, by its first words.
bool IsHarmlessClause(SqlLexer* lexer) {
  if (lexer->Take("ADD")) {
    return IsAny(*lexer, {"INDEX", "KEY", "UNIQUE", "FULLTEXT", "SPATIAL", "CONSTRAINT", "FOREIGN",
                          "CHECK"});
  }
  if (lexer->Take("DROP")) {
    return IsAny(*lexer, {"INDEX", "KEY", "FOREIGN", "CONSTRAINT", "CHECK"});
  }
  if (lexer->Take("RENAME")) {
    return IsAny(*lexer, {"INDEX", "KEY"});
  }
  return IsAny(*lexer, {"ALTER", "AUTO_INCREMENT", "COMMENT", "ROW_FORMAT", "ALGORITHM", "LOCK",
                        "FORCE", "DISABLE", "ENABLE", "KEY_BLOCK_SIZE", "STATS_PERSISTENT",
                        "STATS_AUTO_RECALC", "STATS_SAMPLE_PAGES", "COMPRESSION"});
}

// To the next clause: behind a comma that stands in no parentheses.
bool SkipToNextClause(SqlLexer* lexer) {
  int depth = 0;
  for (; !lexer->token().AtEnd(); lexer->Advance()) {
    depth += lexer->token().IsSymbol('(') ? 1 : 0;
    depth -= lexer->token().IsSymbol(')') ? 1 : 0;
    if (depth == 0 && lexer->TakeSymbol(',')) {
      return true;
    }
  }
  return false;
}

bool AlterMayRewrite(SqlLexer* lexer) {
  lexer->Take("ONLINE");
  if (lexer->Take("IGNORE") || !lexer->Take("TABLE")) {
    return true;  // IGNORE drops the rows that break a new unique index
  }
  if (lexer->Take("IF")) {
    lexer->Take("EXISTS");
  }
  lexer->Advance();  // the name
  if (lexer->TakeSymbol('.')) {
    lexer->Advance();
  }
  if (lexer->Take("WAIT")) {
    lexer->Advance();
  }
  lexer->Take("NOWAIT");
  do {
    if (!IsHarmlessClause(lexer)) {
      return true;
    }
  } while (SkipToNextClause(lexer));
  return false;
}

}  // namespace

bool MayRewriteRows(std::string_view statement) {
  SqlLexer lexer(statement);
  if (lexer.Take("ALTER")) {
    return AlterMayRewrite(&lexer);
  }
  if (lexer.Take("DROP")) {
    return !lexer.token().Is("INDEX");
  }
  if (!lexer.Take("CREATE")) {
    return true;
  }
  if (lexer.Take("OR")) {
    lexer.Take("REPLACE");
  }
  if (TakeAny(&lexer, {"INDEX", "UNIQUE", "FULLTEXT", "SPATIAL"})) {
    return false;
  }
  // CREATE TABLE IF NOT EXISTS is logged also where the table was there, and stays.
  return !(lexer.Take("TABLE") && lexer.Take("IF"));
}

}  // namespace binseek::pipeline
