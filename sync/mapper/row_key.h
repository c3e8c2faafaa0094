// The key of a row image as a statement asks for it: the cells that a SELECT of the row would print.
//
// Thread-safety: pure functions.
#ifndef BINSEEK_SYNC_MAPPER_ROW_KEY_H_
#define BINSEEK_SYNC_MAPPER_ROW_KEY_H_

#include "engine/base/result.h"
#include "sync/change/row_change.h"
#include "sync/change/table_schema.h"
#include "sync/snapshot/key_cells.h"

namespace binseek::mapper {

// kInvalidArgument, naming the column, where the image lacks a key column, or no literal finds the row (characters that have no form in
// UTF-8, types that do not compare). REQUIRES: the table has a key.
Result<snapshot::KeyCells> KeyCellsOf(const change::TableSchema& table,
                                      const change::RowImage& row);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_ROW_KEY_H_
