// Turns cells of a SELECT into the same Values that the binlog decoder makes of the same contents.
//
// The server's text form loses something for a few types (FLOAT is rounded to 6 digits, BIT is raw
// bytes), so a column must be selected by SelectExpression, on a session as mysql::Connection sets
// it up.
//
// Thread-safety: pure functions. Errors: kCorruption naming column and contents' length where a
// cell is not what the column's type prints as.
#ifndef BINSEEK_SYNC_MYSQL_SELECT_ROW_H_
#define BINSEEK_SYNC_MYSQL_SELECT_ROW_H_

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "sync/change/row_change.h"
#include "sync/change/table_schema.h"
#include "sync/change/value.h"
#include "sync/mysql/connection.h"

namespace binseek::mysql {

// The expression that selects `column` without loss, named as the column: "`price`", "CAST(`f` AS
// DOUBLE) AS `f`".
std::string SelectExpression(const change::Column& column);

// What an ENUM with the label '' is selected as where it has the error value, number 0, which prints as '' too. The servers cut
// spaces off the ends of labels, so that no label is this one.
inline constexpr std::string_view kErrorValueCell = " ";
// Whether the error value of an ENUM needs a cell of its own.
bool TellsErrorValue(const change::Column& column);

// "`id`,`name`,CAST(`f` AS DOUBLE) AS `f`": every column, invisible ones too, in the schema's
// order.
std::string SelectList(const change::TableSchema& table);

Result<change::Value> DecodeSelected(const change::Column& column,
                                     std::optional<std::string_view> text);

// A whole row selected by SelectList. REQUIRES: cells.size() == table.columns.size().
Result<change::RowImage> DecodeSelectedRow(const change::TableSchema& table, const RowCells& cells);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_SELECT_ROW_H_
