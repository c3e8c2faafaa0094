// Logged statements, in every dialect: whatever they are, they are read to an end, and what names tables names them.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sync/binlog/sql_lexer.h"
#include "sync/binlog/statement.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) {
    return 0;
  }
  const binseek::binlog::SqlDialect dialect{(data[0] & 1) != 0, (data[0] & 2) != 0};
  const std::string_view sql(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto statement =
      binseek::binlog::ParseStatement(sql, (data[0] & 4) != 0 ? "shop" : "", dialect);
  size_t bytes = 0;
  for (const auto& table : statement.tables) {
    bytes += table.database.size() + table.table.size();
  }
  if (bytes > 2 * sql.size() * (statement.tables.size() + 1) + 8 * statement.tables.size()) {
    std::abort();  // names that are not in it
  }
  binseek::binlog::SqlLexer lexer(sql, dialect);
  for (size_t tokens = 0; !lexer.token().AtEnd(); lexer.Advance()) {
    if (++tokens > sql.size()) {
      std::abort();  // a token of no characters
    }
  }
  return 0;
}
