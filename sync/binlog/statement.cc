#include "sync/binlog/statement.h"

#include <charconv>
#include <set>
#include <utility>

#include "sync/binlog/event_decoder.h"
#include "sync/binlog/routine_calls.h"

namespace binseek::binlog {
namespace {

using Kind = Statement::Kind;

class StatementParser {
 public:
  StatementParser(std::string_view sql, std::string_view default_database, SqlDialect dialect)
      : sql_(sql), dialect_(dialect), lexer_(sql, dialect), default_database_(default_database) {}

  Statement Parse() {
    if (lexer_.Take("SET")) {
      // MariaDB: SET STATEMENT variable = value FOR statement
      if (!lexer_.Take("STATEMENT")) {
        return {};
      }
      while (!lexer_.token().AtEnd() && !lexer_.Take("FOR")) {
        lexer_.Advance();
      }
    }
    const std::string verb = lexer_.token().upper;
    lexer_.Advance();
    if (verb == "BEGIN" || (verb == "START" && lexer_.Take("TRANSACTION"))) {
      statement_.kind = Kind::kBegin;
    } else if (verb == "COMMIT") {
      statement_.kind = Kind::kCommit;
    } else if (verb == "ROLLBACK") {
      ParseRollback();
    } else if (verb == "SAVEPOINT") {
      statement_.kind = Kind::kSavepoint;
      statement_.name = lexer_.token().text;
    } else if (verb == "XA") {
      ParseXa();
    } else if (verb == "CREATE") {
      ParseCreate();
    } else if (verb == "ALTER") {
      ParseAlter();
    } else if (verb == "DROP") {
      ParseDrop();
    } else if (verb == "TRUNCATE") {
      lexer_.Take("TABLE");
      TakeTable(Kind::kTruncate);
    } else if (verb == "RENAME") {
      ParseRename();
    } else {
      ParseRowsAsText(verb);
    }
    return std::move(statement_);
  }

 private:
  void ParseRollback() {
    statement_.kind = Kind::kRollback;
    lexer_.Take("WORK");
    if (lexer_.Take("TO")) {
      lexer_.Take("SAVEPOINT");
      statement_.kind = Kind::kRollbackTo;
      statement_.name = lexer_.token().text;
    }
  }

  void ParseXa() {
    if (lexer_.Take("START") || lexer_.Take("BEGIN")) {
      statement_.kind = Kind::kXaStart;
    } else if (lexer_.Take("COMMIT")) {
      statement_.kind = Kind::kXaCommit;
      TakeXaName();
    } else if (lexer_.Take("ROLLBACK")) {
      statement_.kind = Kind::kXaRollback;
      TakeXaName();
    }
  }

  // X'676c6f62616c', X'6272616e6368', 1: so both servers log it, whatever was written.
  void TakeXaName() {
    std::string parts[2];
    for (std::string& part : parts) {
      lexer_.Take("X");
      part = BytesOfHex(lexer_.token().text);
      lexer_.Advance();
      lexer_.TakeSymbol(',');
    }
    uint64_t format = 1;
    const std::string& digits = lexer_.token().text;
    std::from_chars(digits.data(), digits.data() + digits.size(), format);
    statement_.name = XaName(format, parts[0], parts[1]);
  }

  static std::string BytesOfHex(std::string_view hex) {
    std::string bytes;
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      uint8_t byte = 0;
      std::from_chars(hex.data() + i, hex.data() + i + 2, byte, 16);
      bytes.push_back(static_cast<char>(byte));
    }
    return bytes;
  }

  void ParseCreate() {
    const bool replaces = lexer_.Take("OR") && lexer_.Take("REPLACE");
    if (lexer_.Take("TEMPORARY")) {
      return;
    }
    if (replaces && (lexer_.Take("DATABASE") || lexer_.Take("SCHEMA"))) {
      TakeDroppedDatabase();  // MariaDB; it says so by no DROP
      return;
    }
    while (lexer_.Take("UNIQUE") || lexer_.Take("FULLTEXT") || lexer_.Take("SPATIAL") ||
           lexer_.Take("VECTOR") || lexer_.Take("ONLINE") || lexer_.Take("OFFLINE")) {
    }
    if (lexer_.Take("TABLE")) {
      TakeIfExists();
      TakeTable(Kind::kDdl);
    } else if (lexer_.Take("INDEX")) {
      TakeTableAfterOn();
    }
  }

  void ParseAlter() {
    while (lexer_.Take("ONLINE") || lexer_.Take("OFFLINE") || lexer_.Take("IGNORE")) {
    }
    if (!lexer_.Take("TABLE")) {
      return;
    }
    TakeIfExists();
    TakeTable(Kind::kDdl);
    // ... RENAME [TO|AS|=] other; EXCHANGE PARTITION p WITH TABLE other; CONVERT PARTITION p TO TABLE other; CONVERT TABLE other TO PARTITION p
    while (!lexer_.token().AtEnd()) {
      if (lexer_.Take("RENAME")) {
        if (lexer_.Take("COLUMN") || lexer_.Take("INDEX") || lexer_.Take("KEY")) {
          continue;
        }
        if (!lexer_.Take("TO") && !lexer_.Take("AS")) {
          lexer_.TakeSymbol('=');
        }
        TakeTable(Kind::kDdl);
      } else if (lexer_.Take("WITH")) {
        if (lexer_.Take("TABLE")) {
          TakeTable(Kind::kDdl);
        }
      } else if (lexer_.Take("CONVERT")) {
        if (lexer_.Take("PARTITION")) {
          lexer_.Advance();
          lexer_.Take("TO");
        }
        if (lexer_.Take("TABLE")) {
          TakeTable(Kind::kDdl);
        }
      } else {
        lexer_.Advance();
      }
    }
  }

  void ParseDrop() {
    if (lexer_.Take("TEMPORARY")) {
      return;
    }
    if (lexer_.Take("DATABASE") || lexer_.Take("SCHEMA")) {
      TakeIfExists();
      TakeDroppedDatabase();
      return;
    }
    if (lexer_.Take("TABLE") || lexer_.Take("TABLES")) {
      TakeIfExists();
      do {
        TakeTable(Kind::kDrop);
      } while (lexer_.TakeSymbol(','));
      return;
    }
    if (lexer_.Take("INDEX")) {
      TakeTableAfterOn();
    }
  }

  void TakeDroppedDatabase() {
    if (lexer_.token().CanBeName()) {
      statement_.kind = Kind::kDrop;
      statement_.tables.push_back({lexer_.token().text, ""});
    }
  }

  void ParseRename() {
    if (!lexer_.Take("TABLE") && !lexer_.Take("TABLES")) {
      return;
    }
    do {
      TakeIfExists();
      TakeTable(Kind::kDdl);
      if (lexer_.Take("WAIT")) {
        lexer_.Advance();  // the seconds
      }
      lexer_.Take("NOWAIT");
      if (!lexer_.Take("TO")) {
        return;
      }
      TakeTable(Kind::kDdl);
    } while (lexer_.TakeSymbol(','));
  }

  // LOAD DATA ... INTO TABLE t, INSERT INTO t, DELETE FROM t, UPDATE t, WITH ... DELETE FROM t, SELECT `db`.`f`().
  void ParseRowsAsText(std::string verb) {
    if (verb == "ANALYZE") {
      verb = SkipAnalyze();
    }
    if (verb == "WITH") {
      verb = SkipToVerb();
    }
    if (verb == "SELECT" || verb == "DO" || verb == "CALL") {
      return TakeAnyTable();  // logged only for what its routines change, be it in any database
    }
    if (verb == "LOAD") {
      while (!lexer_.token().AtEnd() && !lexer_.Take("TABLE")) {
        lexer_.Advance();
      }
    } else if (verb != "INSERT" && verb != "REPLACE" && verb != "UPDATE" && verb != "DELETE") {
      return;
    }
    if (MayCallRoutine(sql_, dialect_)) {
      return TakeAnyTable();
    }
    bool of_one = verb != "DELETE";
    for (bool more = true; more;) {
      const bool from = lexer_.Take("FROM");
      of_one = of_one || from;
      more = from || lexer_.Take("LOW_PRIORITY") || lexer_.Take("DELAYED") ||
             lexer_.Take("HIGH_PRIORITY") || lexer_.Take("IGNORE") || lexer_.Take("QUICK") ||
             lexer_.Take("INTO");
    }
    TakeTable(Kind::kRowsAsText);
    if (verb == "UPDATE" || verb == "DELETE") {
      of_one = of_one && !NamesMoreTables();
    }
    if (statement_.tables.empty() || !of_one) {
      TakeDatabases();
    }
  }

  void TakeAnyTable() {
    statement_.kind = Kind::kRowsAsText;
    statement_.tables.emplace_back();
  }

  // MariaDB: ANALYZE [FORMAT = JSON] UPDATE t ..., which runs the statement behind it; empty for ANALYZE TABLE.
  std::string SkipAnalyze() {
    if (lexer_.Take("FORMAT")) {
      lexer_.TakeSymbol('=');
      lexer_.Advance();
    }
    std::string verb = lexer_.token().Is("TABLE") ? "" : lexer_.token().upper;
    lexer_.Advance();
    return verb;
  }

  // Past the subqueries of a WITH; empty where neither of these follows.
  std::string SkipToVerb() {
    int depth = 0;
    for (; !lexer_.token().AtEnd(); lexer_.Advance()) {
      depth += DepthOf(lexer_.token());
      std::string verb = depth <= 0 ? lexer_.token().upper : "";
      if (verb == "UPDATE" || verb == "DELETE") {
        lexer_.Advance();
        return verb;
      }
      if (verb == "SELECT") {
        return "";
      }
    }
    return "";
  }

  static int DepthOf(const SqlToken& token) {
    return token.IsSymbol('(') ? 1 : token.IsSymbol(')') ? -1 : 0;
  }

  // Whether an UPDATE or a DELETE joins tables behind the first; only what stands before SET or WHERE, in no parentheses, can say so.
  bool NamesMoreTables() {
    int depth = 0;
    for (; !lexer_.token().AtEnd(); lexer_.Advance()) {
      const SqlToken& token = lexer_.token();
      depth += DepthOf(token);
      if (depth > 0) {
        continue;
      }
      if (token.Is("SET") || token.Is("WHERE") || token.Is("ORDER") || token.Is("LIMIT") ||
          token.Is("RETURNING")) {
        return false;
      }
      if (token.IsSymbol(',') || token.IsSymbol('*') || token.Is("JOIN") ||
          token.Is("STRAIGHT_JOIN") || token.Is("USING")) {
        return true;
      }
    }
    return false;
  }

  // Which of several tables change is not told without a parser: all databases that the text may mean count. A table or an alias before a
  // column's name looks as one does; that costs nothing unless a database is named so.
  void TakeDatabases() {
    statement_.kind = Kind::kRowsAsText;
    std::set<std::string> databases;
    if (!default_database_.empty()) {
      databases.emplace(default_database_);
    }
    for (SqlLexer lexer(sql_, dialect_); !lexer.token().AtEnd();) {
      std::string name = lexer.token().CanBeName() ? lexer.token().text : "";
      lexer.Advance();
      if (!name.empty() && lexer.token().IsSymbol('.')) {
        databases.insert(std::move(name));
      }
      while (lexer.TakeSymbol('.')) {
        lexer.Advance();
      }
    }
    if (databases.empty()) {
      databases.emplace();
    }
    statement_.tables.clear();
    for (const std::string& database : databases) {
      statement_.tables.push_back({database, ""});
    }
  }

  void TakeTableAfterOn() {
    while (!lexer_.token().AtEnd()) {
      if (lexer_.Take("ON")) {
        TakeTable(Kind::kDdl);
        return;
      }
      lexer_.Advance();
    }
  }

  void TakeIfExists() {
    if (lexer_.Take("IF")) {
      lexer_.Take("NOT");
      lexer_.Take("EXISTS");
    }
  }

  // [database .] table
  void TakeTable(Kind kind) {
    if (!lexer_.token().CanBeName()) {
      return;
    }
    Statement::Table table{std::string(default_database_), lexer_.token().text};
    lexer_.Advance();
    if (lexer_.TakeSymbol('.') && lexer_.token().CanBeName()) {
      table.database = std::exchange(table.table, lexer_.token().text);
      lexer_.Advance();
    }
    statement_.kind = kind;
    statement_.tables.push_back(std::move(table));
  }

  const std::string_view sql_;
  const SqlDialect dialect_;
  SqlLexer lexer_;
  const std::string_view default_database_;
  Statement statement_;
};

}  // namespace

Statement ParseStatement(std::string_view sql, std::string_view default_database,
                         SqlDialect dialect) {
  // The commonest by far.
  if (sql == "BEGIN" || sql == "COMMIT") {
    Statement statement;
    statement.kind = sql == "BEGIN" ? Kind::kBegin : Kind::kCommit;
    return statement;
  }
  return StatementParser(sql, default_database, dialect).Parse();
}

bool MayChangeForeignKeys(std::string_view sql, SqlDialect dialect) {
  for (SqlLexer lexer(sql, dialect); !lexer.token().AtEnd(); lexer.Advance()) {
    for (const std::string_view word :
         {"FOREIGN", "CONSTRAINT", "REFERENCES", "RENAME", "CHANGE"}) {
      if (lexer.token().Is(word)) {
        return true;
      }
    }
  }
  return false;
}

}  // namespace binseek::binlog
