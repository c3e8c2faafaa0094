#include "sync/pipeline/sqlite_database.h"

#include <sqlite3.h>

namespace binseek::pipeline {
namespace {

constexpr int kBusyTimeoutMs = 5'000;

// By SQLite's primary result code; what it adds to it says no more than the detail does.
Status SqliteError(const std::string& file, int code, std::string_view detail) {
  const std::string message = file + ": " + std::string(detail);
  switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Status::Corruption(message);
    case SQLITE_FULL:
    case SQLITE_NOMEM:
      return Status::ResourceExhausted(message);
    default:
      return Status::IoError(message);
  }
}

}  // namespace

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

void SqliteStatement::Bind(int at, std::string_view text) {
  // A null pointer would bind NULL.
  const char* data = text.data() == nullptr ? "" : text.data();
  sqlite3_bind_text64(statement_, at, data, text.size(), SQLITE_STATIC, SQLITE_UTF8);
}

void SqliteStatement::Bind(int at, int64_t number) { sqlite3_bind_int64(statement_, at, number); }

Result<bool> SqliteStatement::Step() {
  const int code = sqlite3_step(statement_);
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    return SqliteError(*file_, code, sqlite3_errmsg(db_));
  }
  return code == SQLITE_ROW;
}

void SqliteStatement::Reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

int64_t SqliteStatement::Int(int column) const { return sqlite3_column_int64(statement_, column); }

std::string SqliteStatement::Text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(statement_, column));
  return text == nullptr ? std::string() : std::string(text, size);
}

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::Open(const std::string& file) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(
      file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  // Also what failed to open must be closed.
  std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(file, db));
  if (code != SQLITE_OK) {
    return SqliteError(file, code, db == nullptr ? "out of memory" : sqlite3_errmsg(db));
  }
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
  return database;
}

SqliteDatabase::~SqliteDatabase() { sqlite3_close(db_); }

Result<std::unique_ptr<SqliteStatement>> SqliteDatabase::Prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(db_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) {
    return SqliteError(file_, code, sqlite3_errmsg(db_));
  }
  return std::unique_ptr<SqliteStatement>(new SqliteStatement(db_, &file_, statement));
}

Status SqliteDatabase::Run(std::string_view sql) const {
  BINSEEK_ASSIGN_OR_RETURN(const auto statement, Prepare(sql));
  return statement->Run();
}

Result<int64_t> SqliteDatabase::Number(std::string_view sql) const {
  BINSEEK_ASSIGN_OR_RETURN(const auto statement, Prepare(sql));
  BINSEEK_ASSIGN_OR_RETURN(const bool row, statement->Step());
  return row ? statement->Int(0) : 0;
}

void SqliteDatabase::Rollback() const { Run("ROLLBACK").IgnoreError(); }

}  // namespace binseek::pipeline
