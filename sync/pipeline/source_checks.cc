#include "sync/pipeline/source_checks.h"

#include <string>
#include <utility>

namespace binseek::pipeline {

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
  return mode == "1";
}

Status CheckServer(mysql::Connection* connection, std::string_view database) {
  BINSEEK_ASSIGN_OR_RETURN(const bool folds, FoldsNames(connection));
  if (folds && LowerCase(database) != database) {
    return Status::InvalidArgument("the server keeps names in lower case: write the database as " +
                                   LowerCase(database));
  }
  if (connection->server().is_mariadb()) {
    return Status::Ok();
  }
  BINSEEK_ASSIGN_OR_RETURN(const auto mode, connection->QueryCell("SELECT @@global.gtid_mode"));
  if (mode != "ON") {
    return Status::InvalidArgument(
        "gtid_mode is " + mode.value_or("unknown") +
        ": a snapshot beside a running stream needs GTIDs. Without a restart: SET GLOBAL "
        "enforce_gtid_consistency = ON; then "
        "SET GLOBAL gtid_mode = OFF_PERMISSIVE, ON_PERMISSIVE, ON, one after the other");
  }
  return Status::Ok();
}

}  // namespace binseek::pipeline
