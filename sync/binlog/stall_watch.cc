#include "sync/binlog/stall_watch.h"

#include "sync/binlog/event.h"
#include "sync/mysql/current_position.h"

namespace binseek::binlog {

using std::chrono::steady_clock;

void StallWatch::Begin(std::chrono::milliseconds interval) {
  interval_ = interval;
  Heard();
}

void StallWatch::Heard() {
  next_ = steady_clock::now() + interval_;
  behind_ = change::BinlogPosition();
}

void StallWatch::Heard(std::string_view event) {
  constexpr size_t kTypeOffset = 4;
  const auto type = event.size() > kTypeOffset
                        ? static_cast<EventType>(static_cast<uint8_t>(event[kTypeOffset]))
                        : EventType{};
  if (type != EventType::kHeartbeat && type != EventType::kHeartbeatV2) {
    Heard();
  }
}

Result<change::BinlogPosition> StallWatch::ServerEnd(const mysql::ServerInfo& server) {
  if (connection_ == nullptr) {
    BINSEEK_ASSIGN_OR_RETURN(connection_, connect_());
  }
  const mysql::ServerInfo& asked = connection_->server();
  if (asked.server_uuid != server.server_uuid || asked.server_id != server.server_id) {
    return Status::Unavailable("another server answers");
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto end, mysql::CurrentPosition(connection_.get()));
  return end.binlog;
}

Status StallWatch::Look(const change::BinlogPosition& reached, const mysql::ServerInfo& server) {
  if (steady_clock::now() < next_) {
    return Status::Ok();
  }
  next_ = steady_clock::now() + interval_;
  const auto end = ServerEnd(server);
  if (!end.ok()) {
    connection_.reset();
    behind_ = change::BinlogPosition();
    return Status::Ok();
  }
  if (*end < reached) {
    return Status::Unavailable("the server's binlog ends at " + end->ToString() +
                               ", before what was read of it: it was reset");
  }
  if (reached < *end && behind_ == reached && !reached.empty()) {
    return Status::Unavailable("the server's binlog goes on to " + end->ToString() +
                               ", but nothing comes behind " + reached.ToString());
  }
  behind_ = reached < *end ? reached : change::BinlogPosition();
  return Status::Ok();
}

}  // namespace binseek::binlog
