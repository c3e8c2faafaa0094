// Whether a statement that changes rows may call a stored function, which may change rows of any table.
//
// Told by the text alone: a name before a parenthesis that is no word of SQL, no function of the server's own, and not where only a table's or an
// alias's name can be. What is not known here counts as a stored function: that costs a read of all tables, and the other mistake would lose rows.
//
// Thread-safety: pure function. Errors: none.
#ifndef BINSEEK_SYNC_BINLOG_ROUTINE_CALLS_H_
#define BINSEEK_SYNC_BINLOG_ROUTINE_CALLS_H_

#include <string_view>

#include "sync/binlog/sql_lexer.h"

namespace binseek::binlog {

// `sql` in UTF-8.
bool MayCallRoutine(std::string_view sql, SqlDialect dialect = {});

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_ROUTINE_CALLS_H_
