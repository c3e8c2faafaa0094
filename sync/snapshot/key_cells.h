// KeyCells: the key of a row as the server prints it, and how a statement asks for it.
//
// Only the server compares keys: whatever collation orders the table, a literal of the row's own cells finds that row and no other.
//
// Thread-safety: pure functions. Errors: kInvalidArgument naming the column, for a key whose columns cannot be compared by a literal.
#ifndef BINSEEK_SYNC_SNAPSHOT_KEY_CELLS_H_
#define BINSEEK_SYNC_SNAPSHOT_KEY_CELLS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"

namespace binseek::snapshot {

// Cells of the key columns, in key order, as the server prints them when they are selected by mysql::SelectExpression; empty: no key.
using KeyCells = std::vector<std::string>;

// A cell of a key column as a literal that compares as the column sorts. kInvalidArgument where there is none.
Result<std::string> KeyLiteral(const change::Column& column, std::string_view cell);

// "(t.`a` = 1 AND t.`b` = 'x') OR (...)", of the table as `t`. REQUIRES: !keys.empty()
Result<std::string> KeysCondition(const change::TableSchema& table, std::span<const KeyCells> keys);

}  // namespace binseek::snapshot

#endif  // BINSEEK_SYNC_SNAPSHOT_KEY_CELLS_H_
