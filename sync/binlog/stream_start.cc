#include "sync/binlog/stream_start.h"

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/log.h"
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
    return Status::InvalidArgument("the server writes no binlog (log_bin is off)");
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

Result<StreamStart> ChooseStreamStart(mysql::Connection* connection,
                                      const change::SourcePosition& position, bool by_gtid,
                                      const LastTransaction& last) {
  StreamStart start;
  start.position = position;
  start.by_gtid = by_gtid;
  const bool mysql_by_gtid = by_gtid && !connection->server().is_mariadb();
  BINSEEK_RETURN_IF_ERROR(mysql_by_gtid ? AskByGtid(connection, last, &start)
                                        : AskByPlace(connection, last, &start));
  if (start.by_gtid && !mysql_by_gtid) {
    BINSEEK_ASSIGN_OR_RETURN(const auto end, mysql::CurrentPosition(connection));
    start.floor = end.binlog;
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
