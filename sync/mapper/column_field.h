// The field that a column becomes, and the column types' names as SQL writes them.
//
// Thread-safety: pure functions. Errors: none.
#ifndef BINSEEK_SYNC_MAPPER_COLUMN_FIELD_H_
#define BINSEEK_SYNC_MAPPER_COLUMN_FIELD_H_

#include <string_view>

#include "engine/mapping/field.h"
#include "sync/change/table_schema.h"

namespace binseek::mapper {

// The most digits of a DECIMAL that always fit a 64-bit integer.
inline constexpr int kMaxExactDigits = 18;

// The column's own field, without an id; see table_mapping.h for what becomes what. `in_key`: the column belongs to
// the primary key, so it never changes within a document and is kept in the stored source.
mapping::Field FieldOfColumn(const change::Column& column, bool in_key);

// "BIGINT", "DECIMAL", ... for messages.
std::string_view SqlTypeName(change::ColumnType type);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_COLUMN_FIELD_H_
