// An open SQLite file and its statements, with errors that name the file.
//
// Thread-compatible: one thread at a time uses a database and all of its statements.
// Errors: kCorruption (damaged, or no database), kResourceExhausted (disk or memory), kIoError (anything else).
#ifndef BINSEEK_SYNC_PIPELINE_SQLITE_DATABASE_H_
#define BINSEEK_SYNC_PIPELINE_SQLITE_DATABASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace binseek::pipeline {

// One prepared statement. Its database must outlive it. Parameters and columns: bytes are kept as they are.
class SqliteStatement {
 public:
  ~SqliteStatement();
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;

  // Parameters count from 1. A text is borrowed until Reset.
  void Bind(int at, std::string_view text);
  void Bind(int at, int64_t number);

  // True where there is a row, whose columns count from 0.
  [[nodiscard]] Result<bool> Step();
  // For statements without rows.
  [[nodiscard]] Status Run() { return Step().status(); }
  // Ready to be bound and run again.
  void Reset();

  int64_t Int(int column) const;
  std::string Text(int column) const;

 private:
  friend class SqliteDatabase;
  SqliteStatement(sqlite3* db, const std::string* file, sqlite3_stmt* statement)
      : db_(db), file_(file), statement_(statement) {}

  sqlite3* const db_;
  const std::string* const file_;  // the database's
  sqlite3_stmt* const statement_;
};

class SqliteDatabase {
 public:
  // Makes the file where it is missing. A file that is no database is noticed at its first use.
  [[nodiscard]] static Result<std::unique_ptr<SqliteDatabase>> Open(const std::string& file);
  ~SqliteDatabase();
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;

  [[nodiscard]] Result<std::unique_ptr<SqliteStatement>> Prepare(std::string_view sql) const;
  [[nodiscard]] Status Run(std::string_view sql) const;
  // The first column of the first row; 0 where there is none.
  [[nodiscard]] Result<int64_t> Number(std::string_view sql) const;
  // Ends a transaction that failed; where it is gone already, nothing happens.
  void Rollback() const;

  const std::string& file() const { return file_; }

 private:
  SqliteDatabase(std::string file, sqlite3* db) : file_(std::move(file)), db_(db) {}

  const std::string file_;
  sqlite3* const db_;
};

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_SQLITE_DATABASE_H_
