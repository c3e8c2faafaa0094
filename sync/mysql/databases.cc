#include "sync/mysql/databases.h"

#include <mysql.h>

#include <algorithm>
#include <iterator>

#include "engine/base/name_pattern.h"

namespace binseek::mysql {
namespace {

constexpr std::string_view kStars = "%*";
constexpr std::string_view kServersOwn[] = {"information_schema", "mysql", "performance_schema",
                                            "sys"};
constexpr unsigned kNoSuchDatabase = 1049;
constexpr unsigned kNoSuchTable = 1146;
constexpr unsigned kDatabaseDenied = 1044;
constexpr unsigned kTableDenied = 1142;

}  // namespace

bool IsDatabasePattern(std::string_view name) {
  return name.find_first_of(kStars) != std::string_view::npos;
}

bool MatchesDatabase(std::string_view wanted, std::string_view database) {
  if (!IsDatabasePattern(wanted)) {
    return wanted == database;
  }
  const auto* const own = std::find(std::begin(kServersOwn), std::end(kServersOwn), database);
  return own == std::end(kServersOwn) && MatchesPattern(wanted, database, kStars);
}

Result<std::vector<std::string>> ReadDatabases(Connection* connection, const std::string& wanted) {
  std::vector<std::string> databases;
  if (!IsDatabasePattern(wanted)) {
    databases.push_back(wanted);
    return databases;
  }
  BINSEEK_ASSIGN_OR_RETURN(
      const Rows rows,
      connection->Query("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY 1"));
  for (const auto& row : rows.rows) {
    if (row[0] && MatchesDatabase(wanted, *row[0])) {
      databases.push_back(*row[0]);
    }
  }
  return databases;
}

namespace {

// With what number the server refuses to read of the table; 0: it does not.
Result<unsigned> RefusalOf(Connection* connection, std::string_view database,
                           std::string_view table) {
  const Status opened = connection->Execute("SELECT 1 FROM " + QuoteIdentifier(database) + "." +
                                            QuoteIdentifier(table) + " LIMIT 0");
  if (opened.ok()) {
    return 0U;
  }
  return opened.code() == StatusCode::kInvalidArgument
             ? Result<unsigned>(mysql_errno(connection->raw()))
             : Result<unsigned>(opened);
}

}  // namespace

Result<bool> IsGone(Connection* connection, std::string_view database, std::string_view table) {
  BINSEEK_ASSIGN_OR_RETURN(const unsigned refusal, RefusalOf(connection, database, table));
  return refusal == kNoSuchDatabase || refusal == kNoSuchTable;
}

Result<bool> IsHidden(Connection* connection, std::string_view database, std::string_view table) {
  BINSEEK_ASSIGN_OR_RETURN(const unsigned refusal, RefusalOf(connection, database, table));
  return refusal == kDatabaseDenied || refusal == kTableDenied;
}

std::string GrantObject(std::string_view wanted) {
  if (!IsDatabasePattern(wanted)) {
    return QuoteIdentifier(wanted) + ".*";
  }
  std::string pattern;
  for (const char c : wanted) {
    pattern += c == '*' ? "%" : c == '_' ? "\\_" : std::string(1, c);
  }
  return QuoteIdentifier(pattern) + ".*";
}

}  // namespace binseek::mysql
