#include "sync/snapshot/watermark.h"

#include <charconv>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "sync/binlog/prepared_on_server.h"
#include "sync/mysql/current_position.h"
#include "sync/snapshot/brief_lock.h"
#include "sync/snapshot/stoppable_pause.h"

namespace binseek::snapshot {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A commit that stays between binlog and engine longer than this is no race any more (a replica that is away in semi-sync): it is asked for anew, by what is
// late by then.
constexpr milliseconds kVisibleWithin{12'000};
constexpr milliseconds kFirstPause{1};
constexpr milliseconds kLongestPause{100};

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

// Of commits that the server may have logged and not shown. An account that may not ask on MySQL gets none: the preflight says so.
Result<std::set<std::string>> Unfinished(mysql::Connection* connection, const LowWatermark& low) {
  const mysql::ServerInfo& server = connection->server();
  if (low.late.empty() || !binlog::LogsXaCommitsEarly(server)) {
    return std::set<std::string>();
  }
  auto prepared = binlog::PreparedOnServer(connection);
  const bool refused = !prepared.ok() && prepared.status().code() == StatusCode::kInvalidArgument;
  return refused && !server.is_mariadb() ? std::set<std::string>() : std::move(prepared);
}

Status AwaitExecuted(mysql::Connection* connection, const LowWatermark& low,
                     const std::stop_token& stop) {
  return AwaitVisible(stop, [&]() -> Result<bool> {
    Shown shown;
    BINSEEK_ASSIGN_OR_RETURN(shown.unfinished, Unfinished(connection, low));
    BINSEEK_ASSIGN_OR_RETURN(const auto text,
                             connection->QueryCell("SELECT @@global.gtid_executed"));
    BINSEEK_ASSIGN_OR_RETURN(shown.executed, change::GtidSet::Parse(text.value_or("")));
    return ShowsAll(low, shown);
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
    Shown shown;
    shown.flavor = change::Flavor::kMariadb;
    BINSEEK_ASSIGN_OR_RETURN(shown.unfinished, Unfinished(connection, low));
    BINSEEK_RETURN_IF_ERROR(connection->Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT"));
    BINSEEK_ASSIGN_OR_RETURN(shown.snapshot, SnapshotPosition(connection));
    return ShowsAll(low, shown);
  });
}

Status CheckServer(const mysql::ServerInfo& reading, const mysql::ServerInfo& streaming) {
  if (reading.Identity() != streaming.Identity()) {
    return Status::Unavailable("SELECT and binlog come from different servers (" +
                               reading.Identity() + " and " + streaming.Identity() +
                               "): give an address that always leads to the same one");
  }
  return Status::Ok();
}

// Whether GTIDs tell what the server shows. A server may be given them while the stream goes by file and offset.
Result<bool> TellsByGtids(mysql::Connection* connection, const WindowAccess& access,
                          const LowWatermark& low) {
  if (!access.brief_lock) {
    return true;
  }
  if (low.position.gtids.empty()) {
    return false;
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto mode, connection->QueryCell("SELECT @@global.gtid_mode"));
  return mode == "ON";
}

void NoteReading(const WindowAccess& access) {
  if (access.reads_table != nullptr) {
    *access.reads_table = true;
  }
}

// Once it is open, a SELECT sees all of `low`. True where it is a transaction, which is to be ended behind it.
Result<bool> OpenView(mysql::Connection* connection, const WindowAccess& access,
                      const change::TableSchema& table, const LowWatermark& low,
                      const std::stop_token& stop) {
  if (connection->server().is_mariadb()) {
    BINSEEK_RETURN_IF_ERROR(OpenConsistentSnapshot(connection, low, stop));
    return true;
  }
  BINSEEK_ASSIGN_OR_RETURN(const bool by_gtids, TellsByGtids(connection, access, low));
  if (!by_gtids) {
    NoteReading(access);
    BINSEEK_RETURN_IF_ERROR(OpenViewUnderLock(connection, table, stop));
    Shown shown;
    shown.locked = true;
    BINSEEK_CHECK(ShowsAll(low, shown), "a lock shows everything");
    return true;
  }
  if (low.position.gtids.empty() && !low.at_start) {
    return Status::Aborted(
        "without GTIDs nothing tells which logged transactions a SELECT can see");
  }
  BINSEEK_RETURN_IF_ERROR(AwaitExecuted(connection, low, stop));
  return false;
}

// One SELECT between watermarks: `read` sends it and collects its rows.
template <class Read>
Result<Chunk> ReadBetween(mysql::Connection* connection, const WindowAccess& access,
                          const ChunkReader& reader, const LowWatermark& low,
                          const std::stop_token& stop, Read read) {
  BINSEEK_RETURN_IF_ERROR(CheckServer(connection->server(), access.stream_server));
  BINSEEK_ASSIGN_OR_RETURN(const bool transaction,
                           OpenView(connection, access, reader.table(), low, stop));
  Chunk chunk;
  chunk.low_ordinal = low.ordinal;
  NoteReading(access);
  const auto began = steady_clock::now();
  BINSEEK_ASSIGN_OR_RETURN(chunk.content, read());
  chunk.reading = steady_clock::now() - began;
  std::unique_ptr<mysql::Connection> other;
  if (chunk.content.cut) {
    BINSEEK_ASSIGN_OR_RETURN(other, mysql::Connection::OpenAnother(connection->options()));
    BINSEEK_RETURN_IF_ERROR(CheckServer(other->server(), access.stream_server));
  } else if (transaction) {
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
  LowWatermark low;
  low.position = position;
  return position.gtids.empty() ? Status::Ok() : AwaitExecuted(connection, low, stop);
}

Result<Chunk> ReadChunk(mysql::Connection* connection, const WindowAccess& access,
                        const ChunkReader& reader, const KeyRange& range, uint32_t limit,
                        const LowWatermark& low, const std::stop_token& stop) {
  return ReadBetween(connection, access, reader, low, stop,
                     [&] { return reader.Read(connection, range, limit); });
}

Result<Chunk> ReadKeysChunk(mysql::Connection* connection, const WindowAccess& access,
                            const ChunkReader& reader, std::span<const KeyCells> keys,
                            const LowWatermark& low, const std::stop_token& stop) {
  return ReadBetween(connection, access, reader, low, stop,
                     [&] { return reader.ReadKeys(connection, keys); });
}

}  // namespace binseek::snapshot
