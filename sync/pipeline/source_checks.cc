#include "sync/pipeline/source_checks.h"

#include <string>
#include <utility>

#include "engine/base/fault_point.h"
#include "sync/change/stop_code.h"
#include "sync/mysql/binlog_retention.h"
#include "sync/mysql/current_position.h"
#include "sync/mysql/databases.h"
#include "sync/mysql/logged_changes.h"
#include "sync/mysql/preflight_settings.h"

namespace binseek::pipeline {

using change::Because;
using change::StopCode;

Status CheckOptions(const SupervisorOptions& options) {
  if (options.engine == nullptr || options.state == nullptr) {
    return Status::InvalidArgument("a supervisor needs an engine and a state store");
  }
  if (options.connection.database.empty()) {
    return Status::InvalidArgument("the source names no database: mysql://user@host:port/DATABASE");
  }
  if (options.chunk_rows == 0 || options.commit_interval.count() <= 0) {
    return Status::InvalidArgument(
        "snapshot.chunk_rows and engine.commit_interval must be greater than 0");
  }
  return Status::Ok();
}

mysql::ConnectionOptions WithoutDatabase(mysql::ConnectionOptions options) {
  options.database.clear();
  return options;
}

Result<std::unique_ptr<mysql::Connection>> ConnectToServerOf(binlog::BinlogSource* stream,
                                                             mysql::ConnectionOptions options) {
  BINSEEK_ASSIGN_OR_RETURN(auto connection,
                           mysql::Connection::Open(WithoutDatabase(std::move(options))));
  const std::string server = connection->server().Identity();
  if (server != stream->server().Identity()) {
    BINSEEK_RETURN_IF_ERROR(stream->Renew());
  }
  if (server != stream->server().Identity()) {
    return Status::Unavailable(
        "the address leads to one server now and to another then: a table's shape has to be read "
        "where the binlog comes from");
  }
  return connection;
}

std::string LowerCase(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return lower;
}

Result<bool> FoldsNames(mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(const auto mode,
                           connection->QueryCell("SELECT @@global.lower_case_table_names"));
  return FoldsNames(std::string_view(mode ? *mode : std::string()));
}

// The binlog then has a name in lower case at one place, and as it was written at another.
Result<bool> FoldsNames(std::string_view lower_case_table_names) {
  if (lower_case_table_names == "2") {
    return Because(
        StopCode::kNamesUnreliable,
        Status::InvalidArgument(
            "lower_case_table_names is 2, which is for file systems that ignore case: the names of "
            "a table in its binlog cannot be relied on. Follow a server where it is 0 or 1, such "
            "as a replica of this one"));
  }
  return lower_case_table_names == "1";
}

Result<std::vector<std::string>> CheckLogging(mysql::Connection* connection,
                                              const std::string& wanted) {
  using Verdict = mysql::PreflightCheck::Verdict;
  BINSEEK_ASSIGN_OR_RETURN(const auto databases, mysql::ReadDatabases(connection, wanted));
  BINSEEK_ASSIGN_OR_RETURN(const auto checks, mysql::CheckLoggedChanges(connection, databases));
  std::vector<std::string> warnings;
  BINSEEK_ASSIGN_OR_RETURN(const auto format,
                           connection->QueryCell("SELECT @@global.binlog_format"));
  if (format != "ROW") {
    warnings.push_back(
        "binlog_format is " + format.value_or("unknown") +
        ": changes that are logged as statements have whole tables read again; what triggers of "
        "other databases' tables change by such a statement is not seen");
  }
  for (const mysql::PreflightCheck& check : checks) {
    if (check.verdict == Verdict::kFail) {
      return Because(StopCode::kChangesNotLogged,
                     Status::InvalidArgument(check.why + "; " + check.fix));
    }
    if (check.verdict == Verdict::kWarn) {
      warnings.push_back(check.why);
    }
  }
  return warnings;
}

Status TakeTerms(mysql::Connection* connection, const std::string& wanted, SyncProgress* progress) {
  BINSEEK_ASSIGN_OR_RETURN(auto warnings, CheckLogging(connection, wanted));
  progress->Warn(std::move(warnings));
  BINSEEK_ASSIGN_OR_RETURN(const auto retention, mysql::ReadBinlogRetention(connection));
  progress->ServerKeeps(retention);
  return Status::Ok();
}

Result<binlog::BinlogSourceOptions> SourceOptionsOf(const SupervisorOptions& options,
                                                    const Checkpoint& checkpoint,
                                                    PreparedFiles* files, bool same_server) {
  BINSEEK_RETURN_IF_ERROR(BINSEEK_FAULT_POINT("supervisor.opens_stream"));
  const StreamPlace& place = checkpoint.place;
  BINSEEK_ASSIGN_OR_RETURN(const ReplicaIdentity replica, options.state->Replica(options.source));
  binlog::BinlogSourceOptions source;
  source.connection = options.connection;
  source.source = options.source;
  source.start = place.position;
  source.server = same_server ? place.server : std::string();
  source.last = {place.last_gtid, place.last_begin, place.fingerprint};
  source.next_ordinal = place.ordinal + 1;
  source.prepared = checkpoint.prepared;
  if (files != nullptr) {
    source.keep_prepared = [files](std::string_view events) { return files->Keep(events); };
  }
  source.server_id = options.server_id != 0 ? options.server_id : replica.server_id;
  source.replica_uuid = replica.uuid;
  source.spill = options.spill;
  return source;
}

Result<change::SourcePosition> StartPosition(mysql::Connection* connection) {
  BINSEEK_ASSIGN_OR_RETURN(auto position, mysql::CurrentPosition(connection));
  if (!connection->server().is_mariadb()) {
    BINSEEK_ASSIGN_OR_RETURN(const auto mode, connection->QueryCell("SELECT @@global.gtid_mode"));
    if (mode != "ON") {
      position.gtids = change::GtidSet();
    }
  }
  return position;
}

Status CheckServer(mysql::Connection* connection, const SupervisorOptions& options) {
  const std::string& database = options.connection.database;
  BINSEEK_ASSIGN_OR_RETURN(const bool folds, FoldsNames(connection));
  if (folds && LowerCase(database) != database) {
    return Because(
        StopCode::kNamesUnreliable,
        Status::InvalidArgument("the server keeps names in lower case: write the database as " +
                                LowerCase(database)));
  }
  if (connection->server().is_mariadb() || options.brief_lock) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto mode, connection->QueryCell("SELECT @@global.gtid_mode"));
  if (mode == "ON") {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto enforced,
                           connection->QueryCell("SELECT @@global.enforce_gtid_consistency"));
  std::string steps;
  for (const std::string& step :
       mysql::StepsToGtids(connection->server(), mode.value_or(""), enforced.value_or(""))) {
    steps += " " + step;
  }
  return Because(
      StopCode::kGtidsOff,
      Status::InvalidArgument(
          "gtid_mode is " + mode.value_or("unknown") +
          ": a snapshot beside a running stream needs GTIDs. Without a restart, one after the "
          "other:" +
          steps +
          " Or set snapshot.lock: brief, which locks a table for a moment whenever rows of it are "
          "read"));
}

}  // namespace binseek::pipeline
