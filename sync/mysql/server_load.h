// How busy a server is: what a reader of whole tables looks at, to leave it to others.
//
// Thread-safety: as its connection. Errors: those of the connection that are kUnavailable; what the server refuses to tell is told instead.
#ifndef BINSEEK_SYNC_MYSQL_SERVER_LOAD_H_
#define BINSEEK_SYNC_MYSQL_SERVER_LOAD_H_

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/base/result.h"
#include "sync/mysql/connection.h"

namespace binseek::mysql {

struct ServerLoad {
  // As SHOW GLOBAL STATUS has it: sessions that run a statement, ours and those that are sent a binlog included.
  std::optional<uint64_t> threads_running;
  // How far it is behind the server that it replicates from, of several the furthest; none where it is no replica, or does not know.
  std::optional<std::chrono::seconds> replica_lag;
  std::string untold;  // which of the two was asked for and cannot be known, and why; empty: none
};

// What is not asked for costs nothing, and is not there.
[[nodiscard]] Result<ServerLoad> ReadServerLoad(Connection* connection, bool threads_running,
                                                bool replica_lag);

// The lag by the rows of SHOW REPLICA STATUS, one a channel, in the words of either server.
void TakeReplicaStatus(const Rows& channels, ServerLoad* load);

}  // namespace binseek::mysql

#endif  // BINSEEK_SYNC_MYSQL_SERVER_LOAD_H_
