// From a document's _id back to the key of its row, as a statement asks for it: the way that DocumentId (table_mapping.h) goes, backwards.
//
// Thread-safety: pure functions.
#ifndef BINSEEK_SYNC_MAPPER_ID_CELLS_H_
#define BINSEEK_SYNC_MAPPER_ID_CELLS_H_

#include <string_view>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/mapper/table_layout.h"
#include "sync/snapshot/key_cells.h"

namespace binseek::mapper {

// kInvalidArgument, saying why, for what is no _id of the table, or does not tell the key: one that may be the beginning of a key that is
// too long for an _id, and keys of types whose _id has lost what their literal needs (FLOAT). REQUIRES: the table has a key.
Result<snapshot::KeyCells> KeyCellsOfId(const change::TableSchema& table, std::string_view id);
// The same of an _id whose parts the table's rule names. kInvalidArgument also where these do not have all of the key.
Result<snapshot::KeyCells> KeyCellsOfId(const TableLayout& layout, std::string_view id);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_ID_CELLS_H_
