// Rows of MariaDB's system-versioned tables, as they are without their history.
//
// Such a table keeps what its rows were: an UPDATE writes a row of history beside the changed one, and a DELETE only ends a row. History is logged
// as rows like any other, under the key that the row has but for its end; only current rows are rows of the table as a SELECT shows it.
//
// Thread-safety: pure functions.
#ifndef BINSEEK_SYNC_BINLOG_ROW_HISTORY_H_
#define BINSEEK_SYNC_BINLOG_ROW_HISTORY_H_

#include <memory>
#include <optional>

#include "sync/change/row_change.h"
#include "sync/change/table_schema.h"

namespace binseek::binlog {

// The schema that rows events of the table have: with row_start and row_end where the table does not name them.
std::shared_ptr<const change::TableSchema> WithHistory(
    const std::shared_ptr<const change::TableSchema>& table);

// What the row, of the schema that WithHistory gives, is to `table`; nullopt: nothing, it is history. A row whose images do not tell comes as
// an insert of its key alone, which has it looked up.
std::optional<change::RowChange> WithoutHistory(
    const std::shared_ptr<const change::TableSchema>& table, change::RowChange row);

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_ROW_HISTORY_H_
