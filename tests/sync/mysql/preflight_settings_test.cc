#include "sync/mysql/preflight_settings.h"

#include <gtest/gtest.h>

namespace binseek::mysql {
namespace {

using Verdict = PreflightCheck::Verdict;

ServerInfo Server(change::Flavor flavor, int major, int minor) {
  ServerInfo server;
  server.flavor = flavor;
  server.major = major;
  server.minor = minor;
  server.version_text = std::to_string(major) + "." + std::to_string(minor);
  return server;
}

PreflightCheck Find(const std::vector<PreflightCheck>& checks, const std::string& name) {
  for (const PreflightCheck& check : checks) {
    if (check.name == name) {
      return check;
    }
  }
  ADD_FAILURE() << name;
  return {};
}

const ServerInfo kOldMysql = Server(change::Flavor::kMysql, 5, 7);
const ServerInfo kMysql = Server(change::Flavor::kMysql, 9, 7);
const ServerInfo kMariadb = Server(change::Flavor::kMariadb, 10, 11);

TEST(PreflightSettingsTest, LinesAreInTheServersOwnWords) {
  EXPECT_EQ(SetVariable(kMysql, "binlog_format", "ROW"), "SET PERSIST binlog_format = 'ROW';");
  EXPECT_EQ(SetVariable(kMysql, "binlog_expire_logs_seconds", "60"),
            "SET PERSIST binlog_expire_logs_seconds = 60;");
  EXPECT_EQ(
      SetVariable(kMariadb, "binlog_format", "ROW"),
      "SET GLOBAL binlog_format = 'ROW';  -- and in my.cnf, below [mysqld]: binlog_format = ROW");
  EXPECT_EQ(
      SetVariable(kOldMysql, "expire_logs_days", "7"),
      "SET GLOBAL expire_logs_days = 7;  -- and in my.cnf, below [mysqld]: expire_logs_days = 7");
}

TEST(PreflightSettingsTest, GtidModeMovesByTheStepsThatAreLeft) {
  const auto fix = [](const std::string& mode, const std::string& enforce) {
    return Find(CheckSettings(kMysql, {{"gtid_mode", mode}, {"enforce_gtid_consistency", enforce}}),
                "gtid")
        .fix;
  };
  EXPECT_EQ(fix("ON", "ON"), "");
  EXPECT_EQ(fix("ON_PERMISSIVE", "ON"), "SET PERSIST gtid_mode = 'ON';");
  EXPECT_EQ(fix("OFF_PERMISSIVE", "ON"),
            "SET PERSIST gtid_mode = 'ON_PERMISSIVE';\nSET PERSIST gtid_mode = 'ON';");
  EXPECT_EQ(
      fix("OFF", "WARN"),
      "SET PERSIST enforce_gtid_consistency = 'ON';\nSET PERSIST gtid_mode = 'OFF_PERMISSIVE';\n"
      "SET PERSIST gtid_mode = 'ON_PERMISSIVE';\nSET PERSIST gtid_mode = 'ON';");
}

TEST(PreflightSettingsTest, ImagesThatLackColumnsAreReadAndCounted) {
  const auto check = [](const ServerInfo& server, const ServerVariables& variables) {
    return Find(CheckSettings(server, variables), "binlog_row_image");
  };
  EXPECT_EQ(check(kMysql, {{"binlog_row_image", "FULL"}}).verdict, Verdict::kPass);
  for (const ServerInfo& server : {kMysql, kMariadb}) {
    for (const char* image : {"MINIMAL", "NOBLOB"}) {
      const PreflightCheck found = check(server, {{"binlog_row_image", image}});
      EXPECT_EQ(found.verdict, Verdict::kWarn);
      EXPECT_NE(found.why.find("pending_keys"), std::string::npos);
      EXPECT_NE(found.fix.find("binlog_row_image = 'FULL'"), std::string::npos);
      EXPECT_EQ(found.why.find("REPLACE") != std::string::npos,
                server.is_mariadb() && image == std::string("NOBLOB"));
    }
  }
  const PreflightCheck partial = check(
      kMysql, {{"binlog_row_image", "MINIMAL"}, {"binlog_row_value_options", "PARTIAL_JSON"}});
  EXPECT_EQ(partial.verdict, Verdict::kWarn);
  EXPECT_NE(partial.why.find("JSON"), std::string::npos);
}

TEST(PreflightSettingsTest, RetentionKnowsBothVariables) {
  const auto check = [](const ServerInfo& server, const ServerVariables& variables) {
    return Find(CheckSettings(server, variables), "retention");
  };
  EXPECT_EQ(check(kMysql, {{"binlog_expire_logs_seconds", "2592000"}}).verdict, Verdict::kPass);
  EXPECT_EQ(check(kMysql, {{"binlog_expire_logs_seconds", "0"}}).verdict, Verdict::kPass);
  EXPECT_EQ(check(kMysql,
                  {{"binlog_expire_logs_seconds", "60"}, {"binlog_expire_logs_auto_purge", "OFF"}})
                .verdict,
            Verdict::kPass);
  EXPECT_EQ(check(kMysql, {{"binlog_expire_logs_seconds", "3600"}}).verdict, Verdict::kWarn);
  EXPECT_EQ(
      check(kMariadb, {{"expire_logs_days", "1.000000"}, {"binlog_expire_logs_seconds", "86400"}})
          .verdict,
      Verdict::kWarn);
  const PreflightCheck old = check(kOldMysql, {{"expire_logs_days", "1"}});
  EXPECT_EQ(old.verdict, Verdict::kWarn);
  EXPECT_NE(old.fix.find("expire_logs_days = 7"), std::string::npos);
}

TEST(PreflightSettingsTest, AServerWithoutAnyVariableFailsButDoesNotCrash) {
  const auto checks = CheckSettings(kOldMysql, {});
  EXPECT_EQ(checks.size(), 6U);
  EXPECT_FALSE(PreflightPassed(checks));
  EXPECT_EQ(Find(checks, "binlog_row_metadata").verdict, Verdict::kWarn);
  EXPECT_EQ(VerdictName(Find(checks, "log_bin").verdict), "FAIL");
}

}  // namespace
}  // namespace binseek::mysql
