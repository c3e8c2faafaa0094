// Whether a row belongs into its index: what the rule's `where` and `soft_delete` say.
//
// Thread-safety: pure functions.
#ifndef BINSEEK_SYNC_MAPPER_ROW_FILTER_H_
#define BINSEEK_SYNC_MAPPER_ROW_FILTER_H_

#include <cstdint>

#include "engine/base/result.h"
#include "sync/change/row_change.h"
#include "sync/mapper/table_layout.h"

namespace binseek::mapper {

enum class Belongs : uint8_t { kNo, kYes, kUnknown };

// Of the row `row`; columns that it does not carry are taken from `fallback` (empty: there is none). kInvalidArgument: a condition cannot
// be told, such as of a JSON text that is none.
Result<Belongs> BelongsToIndex(const TableLayout& layout, const change::RowImage& row,
                               const change::RowImage& fallback);
// Whether an update may have brought the row in or out, as far as the images tell.
bool FilterMayHaveChanged(const TableLayout& layout, const change::RowImage& before,
                          const change::RowImage& after);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_ROW_FILTER_H_
