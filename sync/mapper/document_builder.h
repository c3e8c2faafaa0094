// Builds the document of one row: terms, numbers, and what of _source does not live in columns.
//
// Thread-safety: pure function. Cost: linear in the row's bytes; JSON columns are parsed.
#ifndef BINSEEK_SYNC_MAPPER_DOCUMENT_BUILDER_H_
#define BINSEEK_SYNC_MAPPER_DOCUMENT_BUILDER_H_

#include <optional>

#include "engine/base/result.h"
#include "engine/mapping/document.h"
#include "sync/change/row_change.h"
#include "sync/mapper/stored_fields.h"
#include "sync/mapper/table_plan.h"

namespace binseek::mapper {

// Keyword terms longer than this (Lucene's limit) are left out of the index, not of _source.
inline constexpr size_t kMaxTermBytes = 32'766;

// The row is `after`; columns that it does not carry are taken from `before` (empty: there is none).
// kInvalidArgument, naming column and type, where a value cannot become what its field holds, or is in neither image.
// REQUIRES: after.size() is the number of columns; before.size() too, or 0.
Result<mapping::Document> BuildDocument(const TablePlan& plan, const change::RowImage& after,
                                        const change::RowImage& before);

// The same, where columns that neither image carries are as they are in `stored`: the document that images with all columns would have given.
// nullopt where a stored token is not what the builder makes of some value of its column.
Result<std::optional<mapping::Document>> CompleteDocument(const TablePlan& plan,
                                                          const change::RowImage& after,
                                                          const change::RowImage& before,
                                                          const StoredFields& stored);

// The reason of a rejection: "column `price` of type DECIMAL: ...".
Status ColumnError(const change::Column& column, const Status& why);

}  // namespace binseek::mapper

#endif  // BINSEEK_SYNC_MAPPER_DOCUMENT_BUILDER_H_
