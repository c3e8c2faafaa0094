#include "sync/mysql/server_load.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace binseek::mysql {
namespace {

std::optional<uint64_t> Number(const std::optional<std::string>& cell) {
  uint64_t number = 0;
  const std::string text = cell.value_or("");
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  return parsed.ec == std::errc() && !text.empty() ? std::make_optional(number) : std::nullopt;
}

std::string_view ReplicaStatement(const ServerInfo& server) {
  if (server.is_mariadb()) {
    return "SHOW ALL SLAVES STATUS";
  }
  return server.AtLeast(8, 0, 22) ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";
}

Status TakeThreadsRunning(Connection* connection, ServerLoad* load) {
  BINSEEK_ASSIGN_OR_RETURN(const Rows rows,
                           connection->Query("SHOW GLOBAL STATUS LIKE 'Threads_running'"));
  if (!rows.rows.empty() && rows.rows[0].size() == 2) {
    load->threads_running = Number(rows.rows[0][1]);
  }
  return Status::Ok();
}

Status TakeReplicaLag(Connection* connection, ServerLoad* load) {
  BINSEEK_ASSIGN_OR_RETURN(const Rows rows,
                           connection->Query(ReplicaStatement(connection->server())));
  TakeReplicaStatus(rows, load);
  return Status::Ok();
}

// A refusal is no error of the reading.
Status Untold(const Status& asked, std::string_view what, ServerLoad* load) {
  if (asked.ok() || asked.retryable()) {
    return asked;
  }
  load->untold = "the server does not tell " + std::string(what) + ": " + asked.message();
  return Status::Ok();
}

}  // namespace

void TakeReplicaStatus(const Rows& channels, ServerLoad* load) {
  const int here = channels.FindColumn("Seconds_Behind_Source");
  const int column = here >= 0 ? here : channels.FindColumn("Seconds_Behind_Master");
  for (const auto& row : channels.rows) {
    const auto seconds = column < 0 ? std::nullopt : Number(row[static_cast<size_t>(column)]);
    if (seconds) {
      load->replica_lag = std::max(load->replica_lag.value_or(std::chrono::seconds(0)),
                                   std::chrono::seconds(static_cast<int64_t>(*seconds)));
    } else {
      load->untold =
          "the server is a replica that does not know how far it is behind: its replication does "
          "not run";
    }
  }
}

Result<ServerLoad> ReadServerLoad(Connection* connection, bool threads_running, bool replica_lag) {
  ServerLoad load;
  if (threads_running) {
    BINSEEK_RETURN_IF_ERROR(
        Untold(TakeThreadsRunning(connection, &load), "how many threads run", &load));
  }
  if (replica_lag) {
    BINSEEK_RETURN_IF_ERROR(
        Untold(TakeReplicaLag(connection, &load), "how far it is behind as a replica", &load));
  }
  return load;
}

}  // namespace binseek::mysql
