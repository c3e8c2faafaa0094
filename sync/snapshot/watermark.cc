#include "sync/snapshot/watermark.h"

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "sync/mysql/current_position.h"

namespace binseek::snapshot {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A commit that stays between binlog and engine longer than this is no race any more (a replica that is away in semi-sync).
constexpr milliseconds kVisibleWithin{30'000};
constexpr milliseconds kFirstPause{1};
constexpr milliseconds kLongestPause{100};

// False where `stop` came first.
bool Pause(const std::stop_token& stop, milliseconds duration) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock<std::mutex> lock(mutex);
  stopped.wait_for(lock, stop, duration, [] { return false; });
  return !stop.stop_requested();
}

// Asks `visible` again and again, with growing pauses, until it says yes.
template <class Visible>
Status AwaitVisible(const std::stop_token& stop, Visible visible) {
  const auto deadline = steady_clock::now() + kVisibleWithin;
  for (milliseconds pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    BINSEEK_ASSIGN_OR_RETURN(const bool yes, visible());
    if (yes) {
      return Status::Ok();
    }
    if (steady_clock::now() >= deadline) {
      return Status::Unavailable(
          "the server has logged transactions that it does not show to readers for " +
          std::to_string(kVisibleWithin.count() / 1000) + " s");
    }
    if (!Pause(stop, pause)) {
      return Status::Aborted("the snapshot was stopped");
    }
  }
}

Status AwaitExecuted(mysql::Connection* connection, const change::GtidSet& gtids,
                     const std::stop_token& stop) {
  return AwaitVisible(stop, [&]() -> Result<bool> {
    BINSEEK_ASSIGN_OR_RETURN(const auto text,
                             connection->QueryCell("SELECT @@global.gtid_executed"));
    BINSEEK_ASSIGN_OR_RETURN(const auto executed, change::GtidSet::Parse(text.value_or("")));
    return executed.Contains(gtids);
  });
}

Result<change::BinlogPosition> SnapshotPosition(mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(const auto rows,
                           connection->Query("SHOW STATUS LIKE 'Binlog_snapshot_%'"));
  change::BinlogPosition position;
  for (const auto& row : rows.rows) {
    if (row.size() < 2 || !row[0] || !row[1]) {
      continue;
    }
    if (row[0]->ends_with("_file")) {
      position.file = *row[1];
    } else if (row[0]->ends_with("_position")) {
      std::from_chars(row[1]->data(), row[1]->data() + row[1]->size(), position.offset);
    }
  }
  if (position.empty()) {
    return Status::InvalidArgument("the server tells no Binlog_snapshot position (log_bin is off)");
  }
  return position;
}

Status OpenConsistentSnapshot(mysql::Connection* connection, const LowWatermark& low,
                              const std::stop_token& stop) {
  return AwaitVisible(stop, [&]() -> Result<bool> {
    BINSEEK_RETURN_IF_ERROR(connection->Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT"));
    BINSEEK_ASSIGN_OR_RETURN(const auto position, SnapshotPosition(connection));
    return !(position < low.position.binlog);
  });
}

Status CheckServer(const mysql::ServerInfo& reading, const mysql::ServerInfo& streaming) {
  if (reading.server_uuid != streaming.server_uuid || reading.server_id != streaming.server_id) {
    return Status::Unavailable("SELECT and binlog come from different servers (server_id " +
                               std::to_string(reading.server_id) + " and " +
                               std::to_string(streaming.server_id) +
                               "): give an address that always leads to the same one");
  }
  return Status::Ok();
}

// One SELECT between watermarks: `read` sends it and collects its rows.
template <class Read>
Result<Chunk> ReadBetween(mysql::Connection* connection, const mysql::ServerInfo& stream_server,
                          const LowWatermark& low, const std::stop_token& stop, Read read) {
  BINSEEK_RETURN_IF_ERROR(CheckServer(connection->server(), stream_server));
  const bool mariadb = connection->server().is_mariadb();
  if (mariadb) {
    BINSEEK_RETURN_IF_ERROR(OpenConsistentSnapshot(connection, low, stop));
  } else {
    if (low.position.gtids.empty() && low.ordinal != 0) {
      return Status::Aborted(
          "without GTIDs nothing tells which logged transactions a SELECT can see");
    }
    BINSEEK_RETURN_IF_ERROR(AwaitExecuted(connection, low.position.gtids, stop));
  }
  Chunk chunk;
  chunk.low_ordinal = low.ordinal;
  BINSEEK_ASSIGN_OR_RETURN(chunk.content, read());
  std::unique_ptr<mysql::Connection> other;
  if (chunk.content.cut) {
    BINSEEK_ASSIGN_OR_RETURN(other, mysql::Connection::Open(connection->options()));
    BINSEEK_RETURN_IF_ERROR(CheckServer(other->server(), stream_server));
  } else if (mariadb) {
    BINSEEK_RETURN_IF_ERROR(connection->Execute("COMMIT"));
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto end,
                           mysql::CurrentPosition(other ? other.get() : connection));
  chunk.high = end.binlog;
  return chunk;
}

}  // namespace

Status AwaitShown(mysql::Connection* connection, const change::SourcePosition& position,
                  const std::stop_token& stop) {
  return position.gtids.empty() ? Status::Ok() : AwaitExecuted(connection, position.gtids, stop);
}

Result<Chunk> ReadChunk(mysql::Connection* connection, const mysql::ServerInfo& stream_server,
                        const ChunkReader& reader, const KeyCells& after, uint32_t limit,
                        const LowWatermark& low, const std::stop_token& stop) {
  return ReadBetween(connection, stream_server, low, stop,
                     [&] { return reader.Read(connection, after, limit); });
}

Result<Chunk> ReadKeysChunk(mysql::Connection* connection, const mysql::ServerInfo& stream_server,
                            const ChunkReader& reader, std::span<const KeyCells> keys,
                            const LowWatermark& low, const std::stop_token& stop) {
  return ReadBetween(connection, stream_server, low, stop,
                     [&] { return reader.ReadKeys(connection, keys); });
}

}  // namespace binseek::snapshot
