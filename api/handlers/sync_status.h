// The sources' status as JSON: what /_sync/status answers and `binseek status` reads.
//
// Pure functions, thread-safe.
#ifndef BINSEEK_API_HANDLERS_SYNC_STATUS_H_
#define BINSEEK_API_HANDLERS_SYNC_STATUS_H_

#include <optional>
#include <string>
#include <vector>

#include "sync/pipeline/supervisor.h"

namespace binseek::api {

// Seconds until a table's snapshot is done at its present speed; nullopt: not known.
std::optional<double> EtaSeconds(const pipeline::TableStatus& table);

std::string SyncStatusJson(const pipeline::SyncStatus& status);

struct NamedStatus {
  std::string name;
  pipeline::SyncStatus status;
};
// Of several: {"state": ..., "sources": [{"name": ..., as of one}]}.
std::string SyncStatusJson(const std::vector<NamedStatus>& statuses);
// kLive where all are; else the gravest of them.
pipeline::SyncState StateOfAll(const std::vector<NamedStatus>& statuses);

}  // namespace binseek::api

#endif  // BINSEEK_API_HANDLERS_SYNC_STATUS_H_
