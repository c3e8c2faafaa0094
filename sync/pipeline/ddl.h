// What a logged statement may do to a table's rows, beyond its shape.
//
// Thread-safety: pure functions. Errors: none; what is not understood counts as the worse.
#ifndef BINSEEK_SYNC_PIPELINE_DDL_H_
#define BINSEEK_SYNC_PIPELINE_DDL_H_

#include <string_view>

namespace binseek::pipeline {

// Whether rows may differ behind a statement that leaves the table looking as it did: DROP and ADD of one column, MODIFY to NOT NULL,
// renames, partitions, ... False only for what is known to touch indexes, constraints and settings alone.
bool MayRewriteRows(std::string_view statement);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_DDL_H_
