// DumpConnection: a server's binlog as it arrives, event by event.
//
// A thread of its own reads the socket into a bounded queue, so that reading can time out, so that the socket is read
// while events are decoded, and so that a slow reader pushes back on the server by TCP.
//
// Threads: ReadEvent belongs to one thread; Stop may be called by any. The destructor stops and joins.
// Errors: kUnavailable for a connection that is lost or that the server ended (also its shutdown, which is a plain end
// of the stream): connect again. kNotFound where the server cannot give what was asked for (purged, ahead of it), in its
// words. kInvalidArgument where it refuses the account.
#ifndef BINSEEK_SYNC_BINLOG_DUMP_H_
#define BINSEEK_SYNC_BINLOG_DUMP_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "sync/change/position.h"
#include "sync/mysql/connection.h"

namespace binseek::binlog {

struct DumpOptions {
  change::SourcePosition start;
  bool by_gtid = true;  // start behind start's GTIDs; else at start.binlog
  uint32_t server_id = 0;
  std::string replica_uuid;  // MySQL; empty: a new one
  std::chrono::milliseconds heartbeat{1000};
  uint64_t queue_bytes = uint64_t{8} << 20;  // of events read ahead, twice; one may be larger
};

class DumpConnection {
 public:
  // Takes over a session and starts the dump on it.
  [[nodiscard]] static Result<std::unique_ptr<DumpConnection>> Start(
      std::unique_ptr<mysql::Connection> connection, const DumpOptions& options);
  virtual ~DumpConnection() = default;

  // The next event's bytes, header to checksum; nothing where none came within `timeout`.
  [[nodiscard]] virtual Result<std::optional<std::string>> ReadEvent(
      std::chrono::milliseconds timeout) = 0;
  // Whether events end with a checksum, as negotiated.
  virtual bool checksums() const = 0;
  // Whether the server ended it because somebody else asked for its binlog under our server id.
  virtual bool lost_to_same_id() const = 0;
  // Whether the server ended it because it cannot read its binlog, which says nothing of the position; see DumpFailures.
  virtual bool cannot_be_read() const = 0;
  virtual void Stop() = 0;
};

}  // namespace binseek::binlog

#endif  // BINSEEK_SYNC_BINLOG_DUMP_H_
