#include "sync/pipeline/state_schema.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace binseek::pipeline {
namespace {

// "bsek": what file(1) and a misdirected path are told apart by.
constexpr int64_t kApplicationId = 0x6273656b;

// Each version, as statements that lead to it from the one before; the first from an empty file.
const std::vector<std::vector<std::string>>& SchemaSteps() {
  static const std::vector<std::vector<std::string>> kSteps = {
      {"CREATE TABLE dead_letters("
       " id INTEGER PRIMARY KEY,"
       " source INTEGER NOT NULL,"
       " tbl TEXT NOT NULL,"
       " key TEXT NOT NULL,"
       " position TEXT NOT NULL,"
       " reason TEXT NOT NULL,"
       " first_seen_ms INTEGER NOT NULL,"
       " count INTEGER NOT NULL,"
       " UNIQUE(source, tbl, key, position)) STRICT"},
      {"ALTER TABLE dead_letters ADD COLUMN last_seen_ms INTEGER NOT NULL DEFAULT 0",
       "UPDATE dead_letters SET last_seen_ms=first_seen_ms"},
      {"CREATE TABLE replica(one INTEGER PRIMARY KEY CHECK(one=1), uuid TEXT NOT NULL, "
       "server_id INTEGER NOT NULL) STRICT"},
      {"CREATE TABLE replicas(source INTEGER PRIMARY KEY, uuid TEXT NOT NULL, "
       "server_id INTEGER NOT NULL UNIQUE) STRICT",  // see replica_identity.h
       "INSERT INTO replicas SELECT 1, uuid, server_id FROM replica", "DROP TABLE replica"},
      // Of letters from before the version stays 0. A discarded row has no letter, and its document is none that may be updated in part.
      {"ALTER TABLE dead_letters ADD COLUMN version INTEGER NOT NULL DEFAULT 0",
       "CREATE TABLE discarded_rows("
       " source INTEGER NOT NULL,"
       " tbl TEXT NOT NULL,"
       " key TEXT NOT NULL,"
       " version INTEGER NOT NULL,"
       " PRIMARY KEY(source, tbl, key)) STRICT, WITHOUT ROWID"},
  };
  return kSteps;
}

}  // namespace

Status MigrateState(const SqliteDatabase& database) {
  const auto& steps = SchemaSteps();
  const auto newest = static_cast<int64_t>(steps.size());
  BINSEEK_ASSIGN_OR_RETURN(const int64_t version, database.Number("PRAGMA user_version"));
  BINSEEK_ASSIGN_OR_RETURN(const int64_t application, database.Number("PRAGMA application_id"));
  BINSEEK_ASSIGN_OR_RETURN(const int64_t tables,
                           database.Number("SELECT count(*) FROM sqlite_schema"));
  if (version > newest && application == kApplicationId) {
    return Status::FormatTooNew(database.file() + ": schema version " + std::to_string(version) +
                                " is of a later release; this one knows " + std::to_string(newest));
  }
  if (application != kApplicationId && (version != 0 || application != 0 || tables != 0)) {
    return Status::Corruption(database.file() + ": a SQLite file of something else");
  }
  if (version == newest) {
    return Status::Ok();
  }
  BINSEEK_RETURN_IF_ERROR(database.Run("BEGIN IMMEDIATE"));
  std::vector<std::string> statements;
  for (auto step = static_cast<size_t>(version); step < steps.size(); ++step) {
    statements.insert(statements.end(), steps[step].begin(), steps[step].end());
  }
  statements.push_back("PRAGMA application_id=" + std::to_string(kApplicationId));
  statements.push_back("PRAGMA user_version=" + std::to_string(newest));
  statements.emplace_back("COMMIT");
  Status status;
  for (const std::string& sql : statements) {
    if (status.ok()) {
      status = database.Run(sql);
    }
  }
  if (!status.ok()) {
    database.Rollback();
  }
  return status;
}

}  // namespace binseek::pipeline
