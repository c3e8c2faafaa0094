// ReplicaIdentity: who we are among a server's replicas, one for each source of a data directory: two dumps of one
// server are two replicas. MySQL ends the dump that a dead connection of ours has left
// behind when we come again with the same uuid, and both servers tell of another replica under our id.
//
// Thread-safety: as the database. Errors: kIoError and kCorruption naming the file.
#ifndef BINSEEK_SYNC_PIPELINE_REPLICA_IDENTITY_H_
#define BINSEEK_SYNC_PIPELINE_REPLICA_IDENTITY_H_

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "sync/change/table_schema.h"
#include "sync/pipeline/sqlite_database.h"

namespace binseek::pipeline {

struct ReplicaIdentity {
  std::string uuid;
  uint32_t server_id = 0;  // never 0, and high, where no server has been put by hand
};

// That of the source in the database's table `replicas`, drawn at random and durable where there is none. REQUIRES: no transaction is open.
[[nodiscard]] Result<ReplicaIdentity> KeepReplicaIdentity(const SqliteDatabase& database,
                                                          change::SourceId source);

}  // namespace binseek::pipeline

#endif  // BINSEEK_SYNC_PIPELINE_REPLICA_IDENTITY_H_
