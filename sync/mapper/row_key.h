// The key of a row image: as a statement asks for it, the cells that a SELECT of the row would print; and what two images say of it.
//
// Thread-safety: pure functions.
#ifndef BINSEEK_SYNC_MAPPER_ROW_KEY_H_
#define BINSEEK_SYNC_MAPPER_ROW_KEY_H_

#include <string>

#include "engine/base/result.h"
#include "sync/change/row_change.h"
#include "sync/change/table_schema.h"
#include "sync/snapshot/key_cells.h"

namespace binseek::mapper {

// kInvalidArgument, naming the column, where the image lacks a key column, or no literal finds the row (characters that have no form in
// UTF-8, types that do not compare). REQUIRES: the table has a key.
Result<snapshot::KeyCells> KeyCellsOf(const change::TableSchema& table,
                                      const change::RowImage& row);

// Up to the first column that the image lacks; empty where that is the first one.
Result<snapshot::KeyCells> KeyPrefixOf(const change::TableSchema& table,
                                       const change::RowImage& row);

// The key for a message, where it makes no _id.
std::string ShownKey(const change::TableSchema& table, const change::RowImage& row);

// `row` with the columns that it lacks taken from `fallback`, in those of the key only.
change::RowImage WithKeyOf(const change::TableSchema& table, const change::RowImage& row,
                           const change::RowImage& fallback);
bool LacksKey(const change::TableSchema& table, const change::RowImage& row);
bool SameKey(const change::TableSchema& table, const change::RowImage& a,
             const change::RowImage& b);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_ROW_KEY_H_
