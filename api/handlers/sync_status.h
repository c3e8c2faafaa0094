// The source's status as JSON: what /_sync/status answers and `binseek status` reads.
//
// Pure function, thread-safe.
#ifndef BINSEEK_API_HANDLERS_SYNC_STATUS_H_
#define BINSEEK_API_HANDLERS_SYNC_STATUS_H_

#include <optional>
#include <string>

#include "sync/pipeline/supervisor.h"

namespace binseek::api {

// Seconds until a table's snapshot is done at its present speed; nullopt: not known.
std::optional<double> EtaSeconds(const pipeline::TableStatus& table);

std::string SyncStatusJson(const pipeline::SyncStatus& status);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_SYNC_STATUS_H_
