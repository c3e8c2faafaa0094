#include "sync/mysql/preflight.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "sync/mysql/charset.h"
#include "sync/mysql/databases.h"
#include "sync/mysql/foreign_key_check.h"
#include "sync/mysql/grant_line.h"
#include "sync/mysql/logged_changes.h"
#include "sync/mysql/preflight_settings.h"

namespace binseek::mysql {
namespace {

using Verdict = PreflightCheck::Verdict;

std::string Cell(const std::optional<std::string>& cell) { return cell.value_or(""); }

// shop@10.0.% -> 'shop'@'10.0.%'
std::string QuoteAccount(const std::string& account) {
  const size_t at = account.rfind('@');
  return at == std::string::npos
             ? Quote(account)
             : Quote(account.substr(0, at)) + "@" + Quote(account.substr(at + 1));
}

class Preflight {
 public:
  Preflight(Connection* connection, std::string_view wanted, uint32_t our_server_id,
            bool brief_lock)
      : connection_(connection),
        server_(connection->server()),
        wanted_(wanted),
        our_server_id_(our_server_id),
        brief_lock_(brief_lock) {}

  Result<std::vector<PreflightCheck>> Run() {
    BINSEEK_ASSIGN_OR_RETURN(const Rows variables, connection_->Query(SelectServerVariables()));
    ServerVariables by_name;
    for (const auto& row : variables.rows) {
      by_name[Cell(row[0])] = Cell(row[1]);
    }
    checks_ = CheckSettings(server_, by_name, brief_lock_);
    locks_ = brief_lock_ && !server_.is_mariadb() && by_name["gtid_mode"] != "ON";
    BINSEEK_ASSIGN_OR_RETURN(const auto account, connection_->QueryCell("SELECT CURRENT_USER()"));
    account_ = QuoteAccount(account.value_or(""));
    BINSEEK_ASSIGN_OR_RETURN(databases_, ReadDatabases(connection_, wanted_));
    BINSEEK_RETURN_IF_ERROR(CheckGrants(by_name["log_bin"] == "ON"));
    BINSEEK_RETURN_IF_ERROR(CheckServerId());
    if (databases_.empty()) {
      Add("key", Verdict::kFail,
          "there is no database " + wanted_ + " that " + account_ + " may see",
          GrantLine("SELECT", GrantObject(wanted_)));
    }
    for (const std::string& database : databases_) {
      BINSEEK_RETURN_IF_ERROR(CheckKeys(database));
      BINSEEK_RETURN_IF_ERROR(CheckCharsets(database));
    }
    BINSEEK_RETURN_IF_ERROR(CheckXa());
    BINSEEK_RETURN_IF_ERROR(AddForeignKeyChecks(connection_, databases_, &checks_));
    BINSEEK_ASSIGN_OR_RETURN(const auto logged, CheckLoggedChanges(connection_, databases_));
    checks_.insert(checks_.end(), logged.begin(), logged.end());
    return std::move(checks_);
  }

 private:
  void Add(std::string name, Verdict verdict, std::string why, std::string fix = "") {
    checks_.push_back({std::move(name), verdict, std::move(why), std::move(fix)});
  }

  // Rows, or nothing where the server refuses the statement: for want of a privilege, as all of
  // these are known to it.
  Result<std::optional<Rows>> TryQuery(std::string_view sql) {
    Result<Rows> rows = connection_->Query(sql);
    if (rows.ok()) {
      return std::optional<Rows>(std::move(rows).value());
    }
    if (rows.status().code() == StatusCode::kInvalidArgument) {
      return std::optional<Rows>();
    }
    return rows.status();
  }

  std::string GrantLine(const std::string& privileges, const std::string& object = "*.*") const {
    return "GRANT " + privileges + " ON " + object + " TO " + account_ + ";";
  }

  // What the privilege to ask for binlog positions is called.
  std::string MonitorPrivilege() const {
    return server_.is_mariadb() && server_.AtLeast(10, 5, 2) ? "BINLOG MONITOR"
                                                             : "REPLICATION CLIENT";
  }

  Status CheckGrants(bool has_binlog) {
    BINSEEK_ASSIGN_OR_RETURN(const auto lines, TryQuery("SHOW GRANTS"));
    if (!lines) {
      Add("grants", Verdict::kWarn, "the server does not tell the grants of " + account_,
          GrantLine("REPLICATION SLAVE, " + MonitorPrivilege()) + "\n" +
              GrantLine("SELECT", GrantObject(wanted_)));
      return Status::Ok();
    }
    const auto granted = [&](std::string_view privilege, std::string_view database) {
      return std::any_of(lines->rows.begin(), lines->rows.end(),
                         [&](const std::vector<std::optional<std::string>>& row) {
                           return Grants(Cell(row[0]), privilege, database);
                         });
    };
    std::string missing;
    bool replication = granted("REPLICATION SLAVE", "");
    if (!replication && !server_.is_mariadb()) {
      // May come by a role, which MySQL does not spell out.
      BINSEEK_ASSIGN_OR_RETURN(const auto replicas, TryQuery(ReplicasStatement()));
      replication = replicas.has_value();
    }
    if (!replication) {
      missing = "REPLICATION SLAVE";
    }
    bool monitor = granted(MonitorPrivilege(), "") || granted("SUPER", "");
    if (!monitor && has_binlog) {
      const bool new_words = !server_.is_mariadb() && server_.AtLeast(8, 2);
      BINSEEK_ASSIGN_OR_RETURN(
          const auto status, TryQuery(new_words ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS"));
      monitor = status.has_value();
    }
    if (!monitor) {
      missing += (missing.empty() ? "" : ", ") + MonitorPrivilege();
    }
    std::string fix = missing.empty() ? "" : GrantLine(missing);
    for (const std::string& database : databases_) {
      bool select = granted("SELECT", database);
      if (!select) {
        BINSEEK_ASSIGN_OR_RETURN(select, CanSelectEveryTable(database));
      }
      if (!select) {
        missing += (missing.empty() ? "" : ", ") + std::string("SELECT on ") + database;
        fix += (fix.empty() ? "" : "\n") + GrantLine("SELECT", GrantObject(database));
      }
      if (locks_ && !granted("LOCK TABLES", database)) {
        missing += (missing.empty() ? "" : ", ") + ("LOCK TABLES on " + database);
        fix += (fix.empty() ? "" : "\n") + GrantLine("LOCK TABLES", GrantObject(database));
      }
    }
    if (missing.empty()) {
      Add("grants", Verdict::kPass, account_ + " may read the tables and the binlog");
    } else {
      Add("grants", Verdict::kFail, account_ + " lacks " + missing, fix);
    }
    return Status::Ok();
  }

  // For grants on single tables and by roles: whether there is a table, and none that is refused.
  Result<bool> CanSelectEveryTable(const std::string& database) {
    BINSEEK_ASSIGN_OR_RETURN(
        const Rows tables,
        connection_->Query(
            "SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = " +
            Quote(database) + " AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"));
    for (const auto& row : tables.rows) {
      BINSEEK_ASSIGN_OR_RETURN(const auto selected,
                               TryQuery("SELECT * FROM " + QuoteIdentifier(database) + "." +
                                        QuoteIdentifier(Cell(row[0])) + " LIMIT 0"));
      if (!selected) {
        return false;
      }
    }
    return !tables.rows.empty();
  }

  std::string_view ReplicasStatement() const {
    return !server_.is_mariadb() && server_.AtLeast(8, 0, 22) ? "SHOW REPLICAS"
                                                              : "SHOW SLAVE HOSTS";
  }

  Status CheckServerId() {
    if (server_.server_id == 0) {
      Add("server_id", Verdict::kFail, "the server's own server_id is 0: it refuses replicas",
          SetVariable(server_, "server_id", "1"));
      return Status::Ok();
    }
    const std::string ours = std::to_string(our_server_id_);
    const std::string fix = "give binseek a server_id that no server of the topology has";
    if (our_server_id_ == 0) {
      Add("server_id", Verdict::kPass, "ours is drawn at random, once for a data directory");
      return Status::Ok();
    }
    if (our_server_id_ == server_.server_id) {
      Add("server_id", Verdict::kFail, "ours, " + ours + ", is the server's own", fix);
      return Status::Ok();
    }
    BINSEEK_ASSIGN_OR_RETURN(const auto replicas, TryQuery(ReplicasStatement()));
    if (!replicas) {
      const bool master_admin = server_.is_mariadb() && server_.AtLeast(10, 5, 2);
      Add("server_id", Verdict::kWarn,
          "whether another replica has ours, " + ours + ", could not be looked at",
          GrantLine(master_admin ? "REPLICATION MASTER ADMIN" : "REPLICATION SLAVE"));
      return Status::Ok();
    }
    const int column = replicas->FindColumn("Server_id");
    const bool clash = column >= 0 && std::any_of(replicas->rows.begin(), replicas->rows.end(),
                                                  [&](const auto& row) {
                                                    return row[static_cast<size_t>(column)] == ours;
                                                  });
    if (clash) {
      Add("server_id", Verdict::kFail,
          "another replica is connected with ours, " + ours +
              ": the two would throw each other out",
          fix);
    } else {
      Add("server_id", Verdict::kPass, "no other replica has ours, " + ours);
    }
    return Status::Ok();
  }

  // A check that is made for each database is named after it, where there are several.
  std::string Of(const std::string& check, const std::string& database) const {
    return databases_.size() == 1 ? check : check + " of " + database;
  }

  static std::string AlterTable(const std::string& database, const std::string& table) {
    return "ALTER TABLE " + QuoteIdentifier(database) + "." + QuoteIdentifier(table);
  }

  Status CheckKeys(const std::string& database) {
    // Beside each table whether it has a unique index over whole columns that cannot be NULL, which does as well.
    const std::string statistics =
        "(SELECT s.TABLE_NAME, s.INDEX_NAME, MAX(s.NON_UNIQUE) AS duplicates, MAX(s.NULLABLE = "
        "'YES') AS nullable,"
        " MAX(s.COLUMN_NAME IS NULL OR s.SUB_PART IS NOT NULL OR s.INDEX_TYPE <> 'BTREE') AS "
        "partial"
        " FROM information_schema.STATISTICS s WHERE s.TABLE_SCHEMA = " +
        Quote(database) + " GROUP BY s.TABLE_NAME, s.INDEX_NAME)";
    BINSEEK_ASSIGN_OR_RETURN(
        const Rows tables,
        connection_->Query(
            "SELECT t.TABLE_NAME, MAX(k.INDEX_NAME = 'PRIMARY'),"
            " MAX(k.duplicates = 0 AND k.nullable = 0 AND k.partial = 0)"
            " FROM information_schema.TABLES t LEFT JOIN " +
            statistics +
            " k ON k.TABLE_NAME = t.TABLE_NAME WHERE t.TABLE_SCHEMA = " + Quote(database) +
            " AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"
            " GROUP BY t.TABLE_NAME ORDER BY t.TABLE_NAME"));
    size_t without = 0;
    for (const auto& row : tables.rows) {
      if (row[1] == "1" || row[2] == "1") {
        continue;
      }
      ++without;
      const std::string table = database + "." + Cell(row[0]);
      Add("key of " + table, Verdict::kWarn,
          table + " has no primary key, nor a unique one of columns that are NOT NULL: its rows " +
              "cannot be told apart, it is left out",
          AlterTable(database, Cell(row[0])) +
              " ADD COLUMN id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY;");
    }
    if (tables.rows.empty()) {
      Add(Of("key", database), Verdict::kFail,
          "there is no table in " + database + " that " + account_ + " may see",
          GrantLine("SELECT", GrantObject(database)));
    } else if (without == tables.rows.size()) {
      Add(Of("key", database), Verdict::kFail,
          "no table of " + database + " has a key that tells its rows apart",
          "see the lines of the tables");
    } else if (without == 0) {
      Add(Of("key", database), Verdict::kPass,
          "every table has a key that tells its rows apart (" + std::to_string(tables.rows.size()) +
              " tables)");
    }
    return Status::Ok();
  }

  static std::string UnreadableColumn(const std::string& column, const std::string& table,
                                      const std::string& charset) {
    return "column " + column + " of " + table + " is in character set " + charset +
           ", which cannot be read";
  }

  Status CheckCharsets(const std::string& database) {
    BINSEEK_ASSIGN_OR_RETURN(
        const Rows rows,
        connection_->Query("SELECT c.TABLE_NAME, c.CHARACTER_SET_NAME, MIN(c.COLUMN_NAME)"
                           " FROM information_schema.COLUMNS c JOIN information_schema.TABLES t"
                           " USING (TABLE_SCHEMA, TABLE_NAME) WHERE c.TABLE_SCHEMA = " +
                           Quote(database) +
                           " AND t.TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"
                           " AND c.CHARACTER_SET_NAME IS NOT NULL"
                           " GROUP BY c.TABLE_NAME, c.CHARACTER_SET_NAME ORDER BY 1, 2"));
    bool all_known = true;
    for (const auto& row : rows.rows) {
      const std::string charset = Cell(row[1]);
      if (IsKnownCharset(charset)) {
        continue;
      }
      all_known = false;
      const std::string table = database + "." + Cell(row[0]);
      Add("charset of " + table, Verdict::kFail, UnreadableColumn(Cell(row[2]), table, charset),
          AlterTable(database, Cell(row[0])) + " CONVERT TO CHARACTER SET utf8mb4;");
    }
    if (all_known) {
      Add(Of("charset", database), Verdict::kPass, "every column's text can be read as UTF-8");
    }
    return Status::Ok();
  }

  static std::string EndXa(const std::string& xid) {
    return "XA COMMIT " + xid + ";  -- or XA ROLLBACK " + xid + ";";
  }

  Status CheckXa() {
    const bool mariadb = server_.is_mariadb();
    BINSEEK_ASSIGN_OR_RETURN(const auto prepared, TryQuery(mariadb ? "XA RECOVER FORMAT = 'SQL'"
                                                                   : "XA RECOVER CONVERT XID"));
    if (!prepared) {
      Add("xa", Verdict::kWarn, "whether prepared XA transactions are open could not be looked at",
          mariadb ? "XA RECOVER FORMAT = 'SQL';  -- as an account that may"
                  : GrantLine("XA_RECOVER_ADMIN"));
      return Status::Ok();
    }
    if (prepared->rows.empty()) {
      Add("xa", Verdict::kPass, "no prepared XA transaction is open");
      return Status::Ok();
    }
    std::string fix;
    for (const auto& row : prepared->rows) {
      const std::string xid = mariadb ? Cell(row[3]) : MysqlXid(row);
      fix += (fix.empty() ? "" : "\n") + EndXa(xid);
    }
    // Not before a stream that knows of them: a restart's checkpoint has their rows.
    Add("xa", Verdict::kWarn,
        std::to_string(prepared->rows.size()) +
            " XA transactions are prepared: the rows of those that a stream which begins now does "
            "not know are not logged again, so that all "
            "tables are read again when they are committed",
        fix);
    return Status::Ok();
  }

  // formatID, gtrid_length, bqual_length, 0x... of both
  static std::string MysqlXid(const std::vector<std::optional<std::string>>& row) {
    const std::string data = Cell(row[3]);
    const size_t gtrid = 2 * std::strtoull(Cell(row[1]).c_str(), nullptr, 10);
    const std::string digits = data.starts_with("0x") ? data.substr(2) : data;
    return "x'" + digits.substr(0, gtrid) + "',x'" +
           (gtrid < digits.size() ? digits.substr(gtrid) : "") + "'," + Cell(row[0]);
  }

  Connection* const connection_;
  const ServerInfo& server_;
  const std::string wanted_;
  const uint32_t our_server_id_;
  const bool brief_lock_;
  bool locks_ = false;  // for want of GTIDs, and may
  std::vector<std::string> databases_;
  std::string account_;
  std::vector<PreflightCheck> checks_;
};

}  // namespace

Result<std::vector<PreflightCheck>> RunPreflight(Connection* connection, std::string_view wanted,
                                                 uint32_t our_server_id, bool brief_lock) {
  return Preflight(connection, wanted, our_server_id, brief_lock).Run();
}

bool PreflightPassed(const std::vector<PreflightCheck>& checks) {
  return std::none_of(checks.begin(), checks.end(),
                      [](const PreflightCheck& check) { return check.verdict == Verdict::kFail; });
}

std::string_view VerdictName(PreflightCheck::Verdict verdict) {
  constexpr std::string_view kNames[] = {"PASS", "WARN", "FAIL"};
  return kNames[static_cast<size_t>(verdict)];
}

}  // namespace binseek::mysql
