// The preflight against real servers: what passes, what does not, and that the lines it prints do mend it.
#include "sync/mysql/preflight.h"

#include <algorithm>
#include <chrono>

#include "sync/mysql/binlog_retention.h"
#include "sync/mysql/url.h"
#include "tests/integration/binlog_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using mysql::PreflightCheck;
using Verdict = mysql::PreflightCheck::Verdict;

constexpr uint32_t kOurServerId = 987654321;

class PreflightTest : public BinlogFixture {
 protected:
  using Checks = std::vector<PreflightCheck>;

  Checks Run(mysql::Connection* connection, uint32_t our_server_id = kOurServerId) {
    auto checks = mysql::RunPreflight(connection, database(), our_server_id);
    EXPECT_OK(checks);
    return checks.ok() ? *checks : Checks();
  }

  static std::string Print(const Checks& checks) {
    std::string text;
    for (const PreflightCheck& check : checks) {
      text += std::string(mysql::VerdictName(check.verdict)) + " " + check.name + ": " + check.why +
              "\n" + check.fix + "\n";
    }
    return text;
  }

  static PreflightCheck Find(const Checks& checks, const std::string& name) {
    const auto found = std::find_if(checks.begin(), checks.end(),
                                    [&](const auto& check) { return check.name == name; });
    if (found == checks.end()) {
      ADD_FAILURE() << "no check " << name << " in\n" << Print(checks);
      return {};
    }
    EXPECT_FALSE(found->why.empty()) << name;
    EXPECT_EQ(found->fix.empty(), found->verdict == Verdict::kPass) << name << ": " << found->fix;
    return *found;
  }

  // Runs the fix's lines, as an administrator would paste them.
  void Mend(const PreflightCheck& check) {
    const auto done = server()->Sql(check.fix);
    EXPECT_OK(done) << check.fix;
  }

  // A new account with nothing but what `grants` gives.
  std::unique_ptr<mysql::Connection> CreateUser(const std::string& user,
                                                const std::string& grants) {
    Sql("CREATE USER " + user + "@'127.0.0.1' IDENTIFIED BY 'secret'");
    if (!grants.empty()) {
      Sql("GRANT " + grants + " TO " + user + "@'127.0.0.1'");
    }
    return ConnectAs(user);
  }

  std::unique_ptr<mysql::Connection> ConnectAs(const std::string& user) {
    auto options = *mysql::ParseMysqlUrl("mysql://" + user +
                                         ":secret@127.0.0.1:" + std::to_string(server()->port()));
    auto connection = mysql::Connection::Open(options);
    EXPECT_OK(connection);
    return connection.ok() ? std::move(connection).value() : nullptr;
  }
};

TEST_P(PreflightTest, AServerSetUpWellPasses) {
  Sql("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(10))");
  const Checks checks = Run(session());
  EXPECT_TRUE(mysql::PreflightPassed(checks));
  EXPECT_TRUE(std::all_of(checks.begin(), checks.end(), [](const auto& c) {
    return c.verdict == Verdict::kPass;
  })) << Print(checks);
  EXPECT_EQ(checks.size(), 15U) << Print(checks);
}

TEST_P(PreflightTest, SettingsThatCannotWorkAreNamedAndMended) {
  std::vector<std::string> args = {"--binlog-format=STATEMENT", "--binlog-row-image=MINIMAL",
                                   "--binlog-expire-logs-seconds=3600"};
  if (mariadb()) {
    args.push_back("--binlog-row-metadata=NO_LOG");
  } else {
    args.insert(args.end(),
                {"--binlog-row-metadata=MINIMAL", "--gtid-mode=OFF",
                 "--enforce-gtid-consistency=OFF", "--binlog-row-value-options=PARTIAL_JSON"});
  }
  UseOwnServer(args);
  Sql("CREATE TABLE a (id INT PRIMARY KEY)");
  Checks checks = Run(session());
  EXPECT_FALSE(mysql::PreflightPassed(checks));
  EXPECT_EQ(Find(checks, "log_bin").verdict, Verdict::kPass);
  EXPECT_EQ(Find(checks, "binlog_format").verdict, Verdict::kFail);
  EXPECT_EQ(Find(checks, "binlog_row_image").verdict, Verdict::kWarn);
  EXPECT_EQ(Find(checks, "binlog_row_metadata").verdict, Verdict::kWarn);
  EXPECT_EQ(Find(checks, "gtid").verdict, mariadb() ? Verdict::kPass : Verdict::kFail);
  EXPECT_EQ(Find(checks, "retention").verdict, Verdict::kWarn);
  for (int round = 0; round < 2; ++round) {  // the second mends what the first uncovers
    for (const PreflightCheck& check : checks) {
      if (check.verdict != Verdict::kPass) {
        Mend(check);
      }
    }
    checks = Run(session());
  }
  EXPECT_TRUE(std::all_of(checks.begin(), checks.end(), [](const auto& c) {
    return c.verdict == Verdict::kPass;
  })) << Print(checks);
}

TEST_P(PreflightTest, ChangesThatTheServerDoesNotLogAreNamed) {
  UseOwnServer({"--binlog-ignore-db=" + database(), "--binlog-checksum=NONE",
                mariadb() ? "--log-slave-updates=OFF" : "--log-replica-updates=OFF"});
  Sql("CREATE TABLE a (id INT PRIMARY KEY)");
  Checks checks = Run(session());
  EXPECT_EQ(Find(checks, "binlog_filter").verdict, Verdict::kFail);
  EXPECT_EQ(Find(checks, "log_replica_updates").verdict, Verdict::kPass);
  const PreflightCheck checksum = Find(checks, "binlog_checksum");
  EXPECT_EQ(checksum.verdict, Verdict::kWarn);
  Mend(checksum);
  // A source that nobody answers for is one all the same.
  ASSERT_OK(server()->Sql(
      mariadb()
          ? "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=1, MASTER_USER='x'; START SLAVE"
          : "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT=1, SOURCE_USER='x'; "
            "START REPLICA"));
  checks = Run(session());
  EXPECT_EQ(Find(checks, "binlog_checksum").verdict, Verdict::kPass);
  EXPECT_EQ(Find(checks, "log_replica_updates").verdict, Verdict::kFail);
  ASSERT_OK(server()->Sql(mariadb() ? "STOP SLAVE" : "STOP REPLICA"));
  EXPECT_EQ(Find(Run(session()), "log_replica_updates").verdict, Verdict::kWarn);
}

TEST_P(PreflightTest, ADatabaseAmongThoseThatAreLoggedIsAWarning) {
  UseOwnServer({"--binlog-do-db=" + database(), "--binlog-do-db=other"});
  Sql("CREATE TABLE a (id INT PRIMARY KEY)");
  EXPECT_EQ(Find(Run(session()), "binlog_filter").verdict, Verdict::kWarn);
  UseOwnServer({"--binlog-do-db=" + database() + "x", "--binlog-do-db=other"});
  Sql("CREATE TABLE a (id INT PRIMARY KEY)");
  EXPECT_EQ(Find(Run(session()), "binlog_filter").verdict, Verdict::kFail);
}

TEST_P(PreflightTest, TriggersMatterWhereStatementsAreLogged) {
  UseOwnServer({"--binlog-format=MIXED"});
  Sql("CREATE TABLE a (id INT PRIMARY KEY)");
  EXPECT_EQ(Find(Run(session()), "triggers").verdict, Verdict::kPass);
  const auto thin = CreateUser("thin", "SELECT ON " + database() + ".*");
  ASSERT_NE(thin, nullptr);
  const PreflightCheck check = Find(Run(thin.get()), "triggers");
  EXPECT_EQ(check.verdict, Verdict::kWarn);
  Mend(check);
  EXPECT_EQ(Find(Run(thin.get()), "triggers").verdict, Verdict::kPass);
}

TEST_P(PreflightTest, HowLongTheBinlogIsKeptIsAsked) {
  UseOwnServer({"--binlog-expire-logs-seconds=7200"});
  auto kept = mysql::ReadBinlogRetention(session());
  ASSERT_OK(kept);
  EXPECT_EQ(*kept, std::chrono::hours(2));
  Sql("SET GLOBAL binlog_expire_logs_seconds = 0");
  kept = mysql::ReadBinlogRetention(session());
  ASSERT_OK(kept);
  EXPECT_EQ(kept->count(), 0);
}

TEST_P(PreflightTest, AServerWithoutBinlogFails) {
  UseOwnServer({"--skip-log-bin"});
  const PreflightCheck check = Find(Run(session()), "log_bin");
  EXPECT_EQ(check.verdict, Verdict::kFail);
  EXPECT_NE(check.fix.find("[mysqld]\nlog_bin"), std::string::npos);
}

TEST_P(PreflightTest, MissingGrantsAreNamedAndMended) {
  Sql("CREATE TABLE a (id INT PRIMARY KEY)");
  auto thin = CreateUser("thin_" + database(), "");
  ASSERT_NE(thin, nullptr);
  PreflightCheck check = Find(Run(thin.get()), "grants");
  EXPECT_EQ(check.verdict, Verdict::kFail);
  EXPECT_NE(check.why.find(mariadb() ? "BINLOG MONITOR" : "REPLICATION CLIENT"), std::string::npos)
      << check.why;
  EXPECT_NE(check.why.find("SELECT on " + database()), std::string::npos) << check.why;
  Mend(check);
  const Checks mended = Run(thin.get());
  EXPECT_EQ(Find(mended, "grants").verdict, Verdict::kPass) << Print(mended);
  EXPECT_TRUE(mysql::PreflightPassed(mended)) << Print(mended);
  // What still cannot be looked at is a warning with its grant.
  if (mariadb()) {
    check = Find(mended, "server_id");
    EXPECT_NE(check.fix.find("REPLICATION MASTER ADMIN"), std::string::npos) << check.fix;
  } else {
    check = Find(mended, "xa");
    EXPECT_NE(check.fix.find("XA_RECOVER_ADMIN"), std::string::npos) << check.fix;
  }
  EXPECT_EQ(check.verdict, Verdict::kWarn);
  Mend(check);
  thin =
      ConnectAs("thin_" + database());  // a session keeps the global privileges that it began with
  EXPECT_EQ(Find(Run(thin.get()), check.name).verdict, Verdict::kPass);
  Sql("DROP USER thin_" + database() + "@'127.0.0.1'");
}

TEST_P(PreflightTest, GrantsOnSingleTablesAndPatternsCount) {
  Sql("CREATE TABLE a (id INT PRIMARY KEY)");
  Sql("CREATE TABLE b (id INT PRIMARY KEY)");
  const std::string user = "single_" + database();
  const auto connection = CreateUser(user, "SELECT ON " + database() + ".a");
  ASSERT_NE(connection, nullptr);
  Sql("GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO " + user + "@'127.0.0.1'");
  EXPECT_EQ(Find(Run(connection.get()), "grants").verdict, Verdict::kPass);
  Sql("GRANT INSERT ON " + database() + ".b TO " + user + "@'127.0.0.1'");
  EXPECT_EQ(Find(Run(connection.get()), "grants").verdict, Verdict::kFail);
  Sql("GRANT SELECT ON `" + database().substr(0, 1) + "%`.* TO " + user + "@'127.0.0.1'");
  EXPECT_EQ(Find(Run(connection.get()), "grants").verdict, Verdict::kPass);
  Sql("DROP USER " + user + "@'127.0.0.1'");
}

TEST_P(PreflightTest, AServerIdThatIsTakenFails) {
  Sql("CREATE TABLE a (id INT PRIMARY KEY)");
  EXPECT_EQ(Find(Run(session(), session()->server().server_id), "server_id").verdict,
            Verdict::kFail);
  EXPECT_EQ(Find(Run(session(), 0), "server_id").verdict, Verdict::kPass);
  ReadShapes();
  auto options = SourceOptions(Now());
  options.server_id = kOurServerId;
  auto source = binlog::BinlogSource::Open(std::move(options));
  ASSERT_OK(source);
  EXPECT_EQ(Find(Run(session()), "server_id").verdict, Verdict::kFail);
}

TEST_P(PreflightTest, TablesWithoutAKeyAreNamedAndMended) {
  EXPECT_EQ(Find(Run(session()), "key").verdict, Verdict::kFail);  // no table at all
  Sql("CREATE TABLE with_nullable (a INT NOT NULL, b INT, UNIQUE (a, b))");
  Sql("CREATE TABLE with_prefix (a VARCHAR(300) NOT NULL, UNIQUE (a(10)))");
  Sql("CREATE TABLE with_nothing (v INT)");
  Checks checks = Run(session());
  EXPECT_EQ(Find(checks, "key").verdict, Verdict::kFail);
  Sql("CREATE TABLE with_key (a INT PRIMARY KEY)");
  Sql("CREATE TABLE with_unique (a INT NOT NULL, b INT NOT NULL, v INT, UNIQUE (a, b))");
  checks = Run(session());
  EXPECT_TRUE(mysql::PreflightPassed(checks)) << Print(checks);
  for (const char* table : {"with_nullable", "with_prefix", "with_nothing"}) {
    const PreflightCheck without = Find(checks, "key of " + database() + "." + table);
    EXPECT_EQ(without.verdict, Verdict::kWarn);
    Mend(without);
  }
  EXPECT_EQ(Find(Run(session()), "key").verdict, Verdict::kPass);
}

TEST_P(PreflightTest, EveryCharacterSetOfTheServersCanBeRead) {
  Sql("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(10) CHARACTER SET geostd8)");
  EXPECT_EQ(Find(Run(session()), "charset").verdict, Verdict::kPass);
}

TEST_P(PreflightTest, PreparedXaTransactionsAreToldOfAndCanBeEnded) {
  Sql("CREATE TABLE a (id INT PRIMARY KEY)");
  {
    const auto other = Connect();
    ASSERT_OK(other->Execute("XA START x'00ff27','branch',7"));
    ASSERT_OK(other->Execute("INSERT INTO " + database() + ".a VALUES (1)"));
    ASSERT_OK(other->Execute("XA END x'00ff27','branch',7"));
    ASSERT_OK(other->Execute("XA PREPARE x'00ff27','branch',7"));
  }
  const PreflightCheck check = Find(Run(session()), "xa");
  EXPECT_EQ(check.verdict, Verdict::kWarn);
  // A prepared transaction can be ended as soon as the server has noticed that its session is gone.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!server()->Sql(check.fix).ok() && std::chrono::steady_clock::now() < deadline) {
  }
  EXPECT_EQ(Find(Run(session()), "xa").verdict, Verdict::kPass);
}

INSTANTIATE_TEST_SUITE_P(Servers, PreflightTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         FlavorOfTest);

}  // namespace
}  // namespace binseek::test
