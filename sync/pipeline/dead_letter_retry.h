// Rows of dead letters, asked for again: their keys go to the rows that are read alone between watermarks (FollowedTables::AddPending).
//
// Thread-safe.
#ifndef BINSEEK_SYNC_PIPELINE_DEAD_LETTER_RETRY_H_
#define BINSEEK_SYNC_PIPELINE_DEAD_LETTER_RETRY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/state_store.h"
#include "sync/pipeline/supervisor.h"

namespace binseek::pipeline {

// As Supervisor::RetryDeadLetters. Borrows for the call.
Result<RetriedLetters> RetryDeadLetters(const SupervisorOptions& options, const std::string& table,
                                        const std::vector<std::string>& keys,
                                        FollowedTables* tables);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_DEAD_LETTER_RETRY_H_
