#include "sync/mysql/logged_changes.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "sync/mysql/preflight_settings.h"

namespace binseek::mysql {
namespace {

using Verdict = PreflightCheck::Verdict;

std::string Lower(std::string text) {
  for (char& c : text) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return text;
}

class LoggedChanges {
 public:
  LoggedChanges(Connection* connection, const std::vector<std::string>& databases)
      : connection_(connection), server_(connection->server()), databases_(databases) {}

  Result<std::vector<PreflightCheck>> Run() {
    BINSEEK_ASSIGN_OR_RETURN(
        const Rows variables,
        connection_->Query("SHOW GLOBAL VARIABLES WHERE Variable_name IN ('binlog_format', "
                           "'binlog_checksum', 'log_bin', 'log_slave_updates', "
                           "'log_replica_updates', 'lower_case_table_names', 'wsrep_on')"));
    for (const auto& row : variables.rows) {
      variables_[row[0].value_or("")] = Lower(row[1].value_or(""));
    }
    BINSEEK_RETURN_IF_ERROR(CheckFilter());
    BINSEEK_RETURN_IF_ERROR(CheckReplicaUpdates());
    CheckChecksum();
    if (variables_["binlog_format"] != "row") {
      for (const std::string& database : databases_) {
        BINSEEK_RETURN_IF_ERROR(CheckTriggers(database));
      }
    }
    return std::move(checks_);
  }

 private:
  // Rows, or nothing where the server refuses the statement: for want of a privilege.
  Result<std::optional<Rows>> TryQuery(std::string_view sql) {
    Result<Rows> rows = connection_->Query(sql);
    if (rows.ok()) {
      return std::optional<Rows>(std::move(rows).value());
    }
    return rows.status().code() == StatusCode::kInvalidArgument
               ? Result<std::optional<Rows>>(std::optional<Rows>())
               : Result<std::optional<Rows>>(rows.status());
  }

  // Once for all databases that it is found for.
  void Add(std::string name, Verdict verdict, std::string why, std::string fix = "") {
    if (std::none_of(checks_.begin(), checks_.end(), [&](const PreflightCheck& other) {
          return other.name == name && other.why == why;
        })) {
      checks_.push_back({std::move(name), verdict, std::move(why), std::move(fix)});
    }
  }

  // Of a list such as "shop,crm".
  bool Names(const std::string& list, const std::string& database) const {
    const bool folds = variables_.count("lower_case_table_names") != 0 &&
                       variables_.at("lower_case_table_names") != "0";
    const std::string wanted = "," + (folds ? Lower(database) : database) + ",";
    return ("," + (folds ? Lower(list) : list) + ",").find(wanted) != std::string::npos;
  }

  Status CheckFilter() {
    const bool new_words = !server_.is_mariadb() && server_.AtLeast(8, 2);
    BINSEEK_ASSIGN_OR_RETURN(const auto status,
                             TryQuery(new_words ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS"));
    std::string lists[2];
    for (int i = 0; status && !status->rows.empty() && i < 2; ++i) {
      const int column = status->FindColumn(i == 0 ? "Binlog_Do_DB" : "Binlog_Ignore_DB");
      lists[i] = column < 0 ? "" : status->rows[0][static_cast<size_t>(column)].value_or("");
    }
    const auto& [only, ignored] = lists;
    const std::string fix =
        "my.cnf, then restart the server: take out binlog-do-db and binlog-ignore-db";
    if (!status) {
      Add("binlog_filter", Verdict::kWarn,
          "whether the server leaves databases out of its binlog could not be looked at",
          "see what grants says");
      return Status::Ok();
    }
    for (const std::string& database : databases_) {
      CheckFilter(only, ignored, fix, database);
    }
    return Status::Ok();
  }

  void CheckFilter(const std::string& only, const std::string& ignored, const std::string& fix,
                   const std::string& database) {
    if (Names(ignored, database) || (!only.empty() && !Names(only, database))) {
      Add("binlog_filter", Verdict::kFail,
          "the server leaves " + database + " out of its binlog (" +
              (only.empty() ? "binlog-ignore-db = " + ignored : "binlog-do-db = " + only) +
              "), so its changes cannot be followed",
          fix);
    } else if (!only.empty() || !ignored.empty()) {
      Add("binlog_filter", Verdict::kWarn,
          "the server logs some databases only (" +
              (only.empty() ? "binlog-ignore-db = " + ignored : "binlog-do-db = " + only) +
              "): a statement that changes the shape of a table of " + database +
              " while another database is the session's own goes unseen",
          fix);
    } else {
      Add("binlog_filter", Verdict::kPass, "the binlog leaves no database out");
    }
  }

  Status CheckReplicaUpdates() {
    const bool old_name = variables_.count("log_replica_updates") == 0;
    const std::string name = old_name ? "log_slave_updates" : "log_replica_updates";
    const std::string fix = "my.cnf, then restart the server:\n[mysqld]\n" + name + " = ON";
    const std::string unseen = name + " is OFF: what the server takes over from ";
    if (variables_[name] != "off") {
      Add("log_replica_updates", Verdict::kPass, "what comes by replication is logged too");
      return Status::Ok();
    }
    if (variables_["wsrep_on"] == "on") {
      Add("log_replica_updates", Verdict::kFail,
          unseen + "the other nodes of its Galera cluster is not logged", fix);
      return Status::Ok();
    }
    BINSEEK_ASSIGN_OR_RETURN(const auto sources,
                             TryQuery(server_.is_mariadb()        ? "SHOW ALL SLAVES STATUS"
                                      : server_.AtLeast(8, 0, 22) ? "SHOW REPLICA STATUS"
                                                                  : "SHOW SLAVE STATUS"));
    if (sources && sources->rows.empty()) {
      Add("log_replica_updates", Verdict::kPass, "the server is no replica of another");
      return Status::Ok();
    }
    bool runs = false;
    for (size_t i = 0; sources && i < sources->rows.size(); ++i) {
      for (const char* column : {"Replica_SQL_Running", "Slave_SQL_Running"}) {
        const int at = sources->FindColumn(column);
        runs = runs || (at >= 0 && sources->rows[i][static_cast<size_t>(at)] == "Yes");
      }
    }
    Add("log_replica_updates", runs ? Verdict::kFail : Verdict::kWarn,
        unseen + (runs      ? "its source is not logged"
                  : sources ? "its source, once replication runs again, is not logged"
                            : "a source is not logged; whether it has one could not be looked at"),
        fix);
    return Status::Ok();
  }

  void CheckChecksum() {
    if (variables_["binlog_checksum"] == "none") {
      Add("binlog_checksum", Verdict::kWarn,
          "binlog_checksum is NONE: bytes that are damaged on their way, or on the server's disk, "
          "may be taken for rows",
          SetVariable(server_, "binlog_checksum", "CRC32"));
    } else {
      Add("binlog_checksum", Verdict::kPass, "events carry a checksum");
    }
  }

  Status CheckTriggers(const std::string& database) {
    BINSEEK_ASSIGN_OR_RETURN(const auto shown,
                             connection_->QueryCell("SELECT " + ShowsTriggers(database)));
    if (shown == "1") {
      Add("triggers", Verdict::kPass, "which tables have triggers is told");
      return Status::Ok();
    }
    BINSEEK_ASSIGN_OR_RETURN(const auto account, connection_->QueryCell("SELECT CURRENT_USER()"));
    const std::string name = account.value_or("");
    const size_t at = name.rfind('@');
    Add("triggers", Verdict::kWarn,
        "binlog_format is not ROW, and the account is not told of triggers: a change that is "
        "logged as a statement has all tables read again, instead of its own",
        "GRANT TRIGGER ON " + QuoteIdentifier(database) + ".* TO " + Quote(name.substr(0, at)) +
            (at == std::string::npos ? "" : "@" + Quote(name.substr(at + 1))) + ";");
    return Status::Ok();
  }

  Connection* const connection_;
  const ServerInfo& server_;
  const std::vector<std::string>& databases_;
  std::map<std::string, std::string> variables_;  // values in lower case
  std::vector<PreflightCheck> checks_;
};

}  // namespace

Result<std::vector<PreflightCheck>> CheckLoggedChanges(Connection* connection,
                                                       const std::vector<std::string>& databases) {
  return databases.empty() ? Result<std::vector<PreflightCheck>>(std::vector<PreflightCheck>())
                           : LoggedChanges(connection, databases).Run();
}

// Quotes within names are not escaped in GRANTEE, and are left out of both sides. A grant on a database is one on a pattern.
std::string ShowsTriggers(std::string_view database) {
  const std::string granted =
      " WHERE PRIVILEGE_TYPE = 'TRIGGER' AND REPLACE(GRANTEE, '''', '') = REPLACE(CURRENT_USER(), "
      "'''', '')";
  return "(EXISTS (SELECT 1 FROM information_schema.USER_PRIVILEGES" + granted +
         ") OR EXISTS (SELECT 1 FROM information_schema.SCHEMA_PRIVILEGES" + granted + " AND " +
         Quote(database) + " LIKE TABLE_SCHEMA))";
}

}  // namespace binseek::mysql
