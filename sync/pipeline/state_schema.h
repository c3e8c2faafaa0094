// The schema of the state store's SQLite file, every version of it.
//
// The version is in the file's user_version. A file of an earlier one is brought up to the newest when it is opened, in one transaction; none is taken back.
// Single-threaded: whoever opens the store. Borrows the database.
// Errors: kFormatTooNew, of a later release; kCorruption, a file of something else; kIoError.
#ifndef BINSEEK_SYNC_PIPELINE_STATE_SCHEMA_H_
#define BINSEEK_SYNC_PIPELINE_STATE_SCHEMA_H_

#include "engine/base/result.h"
#include "sync/pipeline/sqlite_database.h"

namespace binseek::pipeline {

// An empty file gets the newest schema, too.
[[nodiscard]] Status MigrateState(const SqliteDatabase& database);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_STATE_SCHEMA_H_
