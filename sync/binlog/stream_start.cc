#include "sync/binlog/stream_start.h"

#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/log.h"
#include "sync/change/stop_code.h"
#include "sync/mysql/current_position.h"

namespace binseek::binlog {
namespace {

constexpr std::chrono::seconds kHistoryWithin{10};
constexpr std::chrono::milliseconds kHistoryPoll{100};

void LogPurged(const LastTransaction& last) {
  static LogEvery every(std::chrono::hours(1));
  every.Log(LogLevel::kWarn, "the server has purged the last transaction: it is not compared",
            {{"gtid", last.gtid}, {"place", last.begin.ToString()}});
}

Status AskByGtid(mysql::Connection* connection, const LastTransaction& last, StreamStart* start) {
  if (last.gtid.empty()) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto text, connection->QueryCell("SELECT @@global.gtid_purged"));
  BINSEEK_ASSIGN_OR_RETURN(const auto purged, change::GtidSet::Parse(text.value_or("")));
  if (purged.ContainsGtid(last.gtid)) {
    LogPurged(last);
    return Status::Ok();
  }
  change::GtidSet one;
  BINSEEK_RETURN_IF_ERROR(one.AddGtid(last.gtid));
  start->position.gtids = start->position.gtids.Subtract(one);
  start->again = HistoryCheck::By::kGtid;
  return Status::Ok();
}

// MariaDB's binlog within InnoDB is in files that have no places.
bool CanAskByPlace(const change::BinlogPosition& place) {
  return !place.empty() && place.offset <= UINT32_MAX && !place.file.ends_with(".ibb");
}

// Oldest first.
Result<std::vector<change::BinlogPosition>> BinlogFiles(mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(const auto logs, connection->Query("SHOW BINARY LOGS"));
  std::vector<change::BinlogPosition> files;
  for (const auto& row : logs.rows) {
    files.push_back({row.empty() ? std::string() : row[0].value_or(""), 0});
  }
  if (files.empty()) {
    return change::Because(change::StopCode::kBinlogOff,
                           Status::InvalidArgument("the server writes no binlog (log_bin is off)"));
  }
  return files;
}

Status AskByPlace(mysql::Connection* connection, const LastTransaction& last, StreamStart* start) {
  if (!CanAskByPlace(last.begin)) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto files, BinlogFiles(connection));
  const change::BinlogPosition file{last.begin.file, 0};
  if (files.back() < file) {
    return RewrittenHistory("its last binlog is " + files.back().file + ", and " + file.file +
                            " was read from it already");
  }
  // A stream that stands within a file that is gone has lost the rest of it; the server will say so.
  if (file < files.front() && (start->by_gtid || start->position.binlog.file != file.file)) {
    LogPurged(last);
    return Status::Ok();
  }
  start->by_gtid = false;
  start->position.binlog = last.begin;
  start->again = HistoryCheck::By::kPlace;
  return Status::Ok();
}

// What of position's GTIDs the server does not have in its history, or not yet; empty: nothing.
Result<std::string> LackingTransactions(mysql::Connection* connection,
                                        const change::SourcePosition& position) {
  const bool mariadb = connection->server().is_mariadb();
  BINSEEK_ASSIGN_OR_RETURN(const auto text,
                           connection->QueryCell(mariadb ? "SELECT @@global.gtid_binlog_pos"
                                                         : "SELECT @@global.gtid_executed"));
  if (mariadb) {
    BINSEEK_ASSIGN_OR_RETURN(const auto written,
                             change::MariadbGtidPosition::Parse(text.value_or("")));
    return written.Contains(position.mariadb_gtids) ? std::string()
                                                    : position.mariadb_gtids.ToString();
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto executed, change::GtidSet::Parse(text.value_or("")));
  return position.gtids.Subtract(executed).ToString();
}

}  // namespace

AssemblerOptions AssemblerOptionsOf(BinlogSourceOptions* options, bool by_gtid) {
  AssemblerOptions assembler;
  assembler.source = options->source;
  assembler.start = options->start;
  assembler.next_ordinal = options->next_ordinal;
  assembler.prepared = std::exchange(options->prepared, nullptr);
  assembler.keep_prepared = options->keep_prepared;
  assembler.use_gtids = by_gtid;
  assembler.schema_provider = options->schema_provider;
  assembler.captures_database = options->captures_database;
  assembler.cascades_from = options->cascades_from;
  assembler.spill = options->spill;
  assembler.max_event_bytes = options->max_event_bytes;
  return assembler;
}

DumpOptions DumpOptionsOf(const BinlogSourceOptions& options, const StreamStart& start,
                          bool id_is_held) {
  DumpOptions dump;
  dump.start = start.position;
  dump.by_gtid = start.by_gtid;
  // A random one is high, where no server has been put by hand.
  dump.server_id = options.server_id != 0 && !id_is_held
                       ? options.server_id
                       : 0x40000000 + std::random_device{}() % 0x80000000;
  dump.replica_uuid = options.replica_uuid;
  dump.heartbeat = options.heartbeat;
  return dump;
}

Status TakeFlavor(const mysql::ServerInfo& server, change::SourcePosition* start) {
  if (start->flavor == server.flavor) {
    return Status::Ok();
  }
  const bool blank = start->GtidText().empty() && start->binlog.empty();
  if (!blank) {
    return Status::NotFound("the start position is of another kind of server than " +
                            server.version_text);
  }
  start->flavor = server.flavor;
  return Status::Ok();
}

Result<StreamStart> ChooseStreamStart(mysql::Connection* connection,
                                      const change::SourcePosition& position, bool by_gtid,
                                      const LastTransaction& last) {
  StreamStart start;
  start.position = position;
  start.by_gtid = by_gtid;
  const bool mysql_by_gtid = by_gtid && !connection->server().is_mariadb();
  BINSEEK_RETURN_IF_ERROR(mysql_by_gtid ? AskByGtid(connection, last, &start)
                                        : AskByPlace(connection, last, &start));
  BINSEEK_ASSIGN_OR_RETURN(const auto now, mysql::CurrentPosition(connection));
  start.end = now.binlog;
  if (start.by_gtid && !mysql_by_gtid) {
    start.floor = start.end;
  }
  return start;
}

Result<bool> StartsByGtid(mysql::Connection* connection, change::SourcePosition* start) {
  if (!start->GtidText().empty()) {
    return true;
  }
  if (!connection->server().is_mariadb()) {
    // With GTIDs on, an empty set is a set: of a server that has executed nothing yet.
    BINSEEK_ASSIGN_OR_RETURN(const auto mode, connection->QueryCell("SELECT @@global.gtid_mode"));
    return mode == "ON";
  }
  if (start->binlog.empty()) {
    return true;
  }
  BINSEEK_ASSIGN_OR_RETURN(
      const auto gtids,
      connection->QueryCell("SELECT BINLOG_GTID_POS(" + mysql::Quote(start->binlog.file) + ", " +
                            std::to_string(start->binlog.offset) + ")"));
  if (gtids) {
    BINSEEK_ASSIGN_OR_RETURN(start->mariadb_gtids, change::MariadbGtidPosition::Parse(*gtids));
  }
  return gtids.has_value();
}

Status AwaitHistory(mysql::Connection* connection, const change::SourcePosition& position,
                    const std::function<bool(std::chrono::milliseconds)>& pause) {
  const auto deadline = std::chrono::steady_clock::now() + kHistoryWithin;
  for (;;) {
    BINSEEK_ASSIGN_OR_RETURN(const std::string lacking, LackingTransactions(connection, position));
    if (lacking.empty()) {
      return Status::Ok();
    }
    if (std::chrono::steady_clock::now() >= deadline) {
      return RewrittenHistory("it lacks transactions that were read already (" + lacking + ")");
    }
    if (!pause(kHistoryPoll)) {
      return Status::Aborted("the binlog source was stopped");
    }
  }
}

}  // namespace binseek::binlog
