// What a logged SQL statement means to a reader of rows: where transactions begin and end, and which tables it reshapes.
//
// This is no SQL parser: it reads the words that decide, past comments and quotes, and says kOther where a statement
// can change neither rows nor shapes of a table.
//
// Thread-safety: pure function. Errors: none; a statement cut short is read as far as it goes.
#ifndef BINSEEK_SYNC_BINLOG_STATEMENT_H_
#define BINSEEK_SYNC_BINLOG_STATEMENT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sync/binlog/sql_lexer.h"

namespace binseek::binlog {

struct Statement {
  enum class Kind : uint8_t {
    kOther,
    kBegin,
    kXaStart,
    kCommit,
    kRollback,
    kSavepoint,   // `name`
    kRollbackTo,  // `name`
    kXaCommit,    // of `name`, as XaName writes it
    kXaRollback,  // likewise
    kDdl,         // `tables` get another shape, name or being
    kTruncate,    // of `tables`
    kDrop,        // of `tables`; of a whole database where a table's name is empty
    kRowsAsText,  // INSERT, UPDATE, ...: rows of `tables` change without row events; where several tables are joined or none is named, of
    // any table of a database in `tables` that has no table's name: the session's own, and all that the text may name. Of a routine's call
    // (SELECT, DO, CALL, or within any other) nothing is told: one table without either name stands for all
  };
  struct Table {
    std::string
        database;  // never empty where the statement or its session names one, but see kRowsAsText
    std::string table;
  };
  Kind kind = Kind::kOther;
  std::string name;
  std::vector<Table> tables;
};

// `sql` in UTF-8.
Statement ParseStatement(std::string_view sql, std::string_view default_database,
                         SqlDialect dialect = {});

// Whether a statement that changes tables may add foreign keys, drop them, or rename what they name.
bool MayChangeForeignKeys(std::string_view sql, SqlDialect dialect = {});

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_STATEMENT_H_
