#include "sync/mysql/preflight_settings.h"

#include <chrono>
#include <iterator>

#include "sync/mysql/binlog_retention.h"

namespace binseek::mysql {
namespace {

using Verdict = PreflightCheck::Verdict;

// An outage over a weekend has to be survived.
constexpr std::chrono::hours kWantedRetention{3 * 24};

constexpr const char* kVariables[] = {
    "log_bin",
    "binlog_format",
    "binlog_row_image",
    "gtid_mode",
    "binlog_row_metadata",
    "binlog_row_value_options",
    "expire_logs_days",
    "binlog_expire_logs_seconds",
    "binlog_expire_logs_auto_purge",
    "enforce_gtid_consistency",
};

std::string Lower(std::string text) {
  for (char& c : text) {
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
  }
  return text;
}

class SettingsChecker {
 public:
  SettingsChecker(const ServerInfo& server, const ServerVariables& variables, bool brief_lock)
      : server_(server), variables_(variables), brief_lock_(brief_lock) {}

  std::vector<PreflightCheck> Check() const {
    return {LogBin(), Format(), RowImage(), RowMetadata(), Gtid(), Retention()};
  }

 private:
  // In lower case; empty where the server has none of that name.
  std::string Get(const std::string& name) const {
    const auto found = variables_.find(name);
    return found == variables_.end() ? std::string() : Lower(found->second);
  }

  PreflightCheck LogBin() const {
    if (Get("log_bin") == "on") {
      return {"log_bin", Verdict::kPass, "the server writes a binlog", ""};
    }
    return {"log_bin", Verdict::kFail, "the server writes no binlog, so there is nothing to follow",
            "my.cnf, then restart the server:\n[mysqld]\nlog_bin = binlog\nbinlog_format = "
            "ROW\nserver_id = 1"};
  }

  PreflightCheck Format() const {
    const std::string format = Get("binlog_format");
    if (format == "row") {
      return {"binlog_format", Verdict::kPass, "changes are logged as rows", ""};
    }
    return {"binlog_format", Verdict::kFail,
            "binlog_format is " + (format.empty() ? "not known" : format) +
                ": changes may be logged as statements, which hold no rows; sessions keep the old "
                "format until they "
                "connect anew",
            SetVariable(server_, "binlog_format", "ROW")};
  }

  PreflightCheck RowImage() const {
    PreflightCheck check{"binlog_row_image", Verdict::kPass, "row events carry every column", ""};
    const std::string image = Get("binlog_row_image");
    if (image == "full" || image.empty()) {
      return check;
    }
    check.verdict = Verdict::kWarn;
    check.why = "binlog_row_image is " + image +
                ": row events leave columns out; a row whose document cannot be completed from the "
                "one that is stored is read from the table shortly after, and until then it is not "
                "seen together with its transaction (status counts such rows as pending_keys)";
    if (server_.is_mariadb() && image == "noblob") {
      check.why +=
          "; so is every updated row of a table with TEXT, BLOB or JSON columns, because "
          "MariaDB logs a REPLACE like an update";
    }
    if (const std::string options = Get("binlog_row_value_options"); !options.empty()) {
      check.why += "; with binlog_row_value_options = " + options +
                   " so is every row whose JSON columns are updated in part";
    }
    check.fix = SetVariable(server_, "binlog_row_image", "FULL");
    return check;
  }

  PreflightCheck RowMetadata() const {
    const std::string metadata = Get("binlog_row_metadata");
    if (metadata == "full") {
      return {"binlog_row_metadata", Verdict::kPass, "row events name their columns", ""};
    }
    PreflightCheck check{
        "binlog_row_metadata", Verdict::kWarn,
        "row events do not name their columns, so a changed table is known by its types alone", ""};
    if (metadata.empty()) {
      check.why += "; " + server_.version_text + " cannot write more";
      check.fix = "upgrade: MySQL from 8.0.1, MariaDB from 10.5 on";
    } else {
      check.fix = SetVariable(server_, "binlog_row_metadata", "FULL");
    }
    return check;
  }

  PreflightCheck Gtid() const {
    if (server_.is_mariadb()) {
      return {"gtid", Verdict::kPass, "MariaDB gives every transaction a GTID", ""};
    }
    const std::string mode = Get("gtid_mode");
    if (mode == "on") {
      return {"gtid", Verdict::kPass, "every transaction has a GTID", ""};
    }
    PreflightCheck check{
        "gtid", brief_lock_ ? Verdict::kWarn : Verdict::kFail,
        "gtid_mode is " + (mode.empty() ? "not known" : mode) +
            ": positions are files and offsets, which mean nothing after a failover; ",
        ""};
    check.why += brief_lock_
                     ? "whenever rows of a table are read it is locked for a moment "
                       "(snapshot.lock: brief)"
                     : "what rows a SELECT can have seen is not told, unless it locks their "
                       "table (snapshot.lock: brief)";
    for (const std::string& step : StepsToGtids(server_, mode, Get("enforce_gtid_consistency"))) {
      check.fix += (check.fix.empty() ? "" : "\n") + step;
    }
    return check;
  }

  PreflightCheck Retention() const {
    PreflightCheck check{"retention", Verdict::kPass, "", ""};
    const std::chrono::seconds kept = BinlogRetention(variables_);
    if (kept.count() == 0) {
      check.why = "the server deletes no binlog files by age";
      return check;
    }
    const auto hours = std::chrono::duration_cast<std::chrono::hours>(kept).count();
    check.why = "binlog files are kept for " + std::to_string(hours) + " hours";
    if (kept < kWantedRetention) {
      check.verdict = Verdict::kWarn;
      check.why += ": after a longer outage everything has to be read anew";
      check.fix = Get("binlog_expire_logs_seconds").empty()
                      ? SetVariable(server_, "expire_logs_days", "7")
                      : SetVariable(server_, "binlog_expire_logs_seconds", "604800");
    }
    return check;
  }

  const ServerInfo& server_;
  const ServerVariables& variables_;
  const bool brief_lock_;
};

}  // namespace

std::string SelectServerVariables() {
  std::string sql = "SHOW GLOBAL VARIABLES WHERE Variable_name IN (";
  for (size_t i = 0; i < std::size(kVariables); ++i) {
    sql += (i == 0 ? "" : ", ") + Quote(kVariables[i]);
  }
  return sql + ")";
}

std::string SetVariable(const ServerInfo& server, const std::string& name,
                        const std::string& value) {
  const bool number = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
  const std::string literal = number ? value : Quote(value);
  if (!server.is_mariadb() && server.AtLeast(8, 0)) {
    return "SET PERSIST " + name + " = " + literal + ";";
  }
  return "SET GLOBAL " + name + " = " + literal + ";  -- and in my.cnf, below [mysqld]: " + name +
         " = " + value;
}

std::vector<PreflightCheck> CheckSettings(const ServerInfo& server,
                                          const ServerVariables& variables, bool brief_lock) {
  return SettingsChecker(server, variables, brief_lock).Check();
}

std::vector<std::string> StepsToGtids(const ServerInfo& server, const std::string& gtid_mode,
                                      const std::string& enforce_gtid_consistency) {
  const std::string mode = Lower(gtid_mode);
  std::vector<std::string> steps;
  if (Lower(enforce_gtid_consistency) != "on") {
    steps.push_back(SetVariable(server, "enforce_gtid_consistency", "ON"));
  }
  // The mode moves by single steps only.
  if (mode == "off" || mode.empty()) {
    steps.push_back(SetVariable(server, "gtid_mode", "OFF_PERMISSIVE"));
  }
  if (mode != "on_permissive") {
    steps.push_back(SetVariable(server, "gtid_mode", "ON_PERMISSIVE"));
  }
  steps.push_back(SetVariable(server, "gtid_mode", "ON"));
  return steps;
}

}  // namespace binseek::mysql
