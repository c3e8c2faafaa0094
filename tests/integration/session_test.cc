// What the server's global settings, which every new session begins with, do to sessions that read tables: nothing. And what a refused
// session does to them.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

class SessionTest : public PipelineFixture {
 protected:
  void TearDown() override {
    if (server_ != nullptr) {
      EXPECT_OK(
          server_->Sql("SET GLOBAL autocommit = 1, GLOBAL completion_type = DEFAULT, GLOBAL "
                       "sql_select_limit = DEFAULT, GLOBAL max_join_size = DEFAULT, GLOBAL " +
                       statement_time() + " = 0"));
    }
    PipelineFixture::TearDown();
  }

  bool mariadb() const { return GetParam() == ServerFlavor::kMariadb; }
  std::string statement_time() const {
    return mariadb() ? "max_statement_time" : "max_execution_time";
  }
  std::unique_ptr<mysql::Connection> Connect(const std::string& options = "") {
    auto connection =
        mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_) + options));
    EXPECT_OK(connection);
    return connection.ok() ? std::move(*connection) : nullptr;
  }
};

TEST_P(SessionTest, TheServersLimitOfAStatementsTimeIsNotOurs) {
  Sql("SET GLOBAL " + statement_time() + " = 1");
  const auto connection = Connect();
  ASSERT_NE(connection, nullptr);
  const auto limit = connection->QueryCell("SELECT @@" + statement_time() + " + 0");
  ASSERT_OK(limit);
  EXPECT_EQ(std::stod(limit->value_or("1")), 0);
}

TEST_P(SessionTest, AWaitForALockEndsBeforeTheConnectionIsGivenUp) {
  CreateItems(1);
  const auto holder = Connect();
  const auto reader = Connect("?read-timeout=4");
  ASSERT_NE(holder, nullptr);
  ASSERT_NE(reader, nullptr);
  ASSERT_OK(holder->Execute("LOCK TABLES items WRITE"));
  EXPECT_STATUS(reader->Query("SELECT * FROM items").status(), kUnavailable);
  ASSERT_OK(holder->Execute("UNLOCK TABLES"));
  const auto rows = reader->Query("SELECT * FROM items");
  ASSERT_OK(rows) << "the session itself has not ended";
  EXPECT_EQ(rows->rows.size(), 1U);
}

TEST_P(SessionTest, ASelectShowsWhatWasWrittenSinceTheOneBeforeIt) {
  CreateItems(1);
  Sql("SET GLOBAL autocommit = 0");
  const auto reader = Connect();
  ASSERT_NE(reader, nullptr);
  ASSERT_OK(reader->Query("SELECT * FROM items"));
  Sql("UPDATE items SET stock = 12345; COMMIT");
  EXPECT_EQ(*reader->QueryCell("SELECT stock FROM items"), "12345");
  ASSERT_OK(server_->Sql("SET GLOBAL autocommit = 1, GLOBAL completion_type = 'CHAIN'"));
  const auto chained = Connect();
  ASSERT_NE(chained, nullptr);
  ASSERT_OK(chained->Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT"));
  ASSERT_OK(chained->Execute("COMMIT"));
  ASSERT_OK(chained->Query("SELECT * FROM items"));
  Sql("SET completion_type = 'NO_CHAIN'; UPDATE items SET stock = 54321; COMMIT");
  EXPECT_EQ(*chained->QueryCell("SELECT stock FROM items"), "54321");
}

TEST_P(SessionTest, ASelectWithoutALimitShowsAllRowsHoweverManyTheServerAllows) {
  CreateItems(30);
  Sql("SET GLOBAL sql_select_limit = 3, GLOBAL max_join_size = 5");
  const auto reader = Connect();
  ASSERT_NE(reader, nullptr);
  const auto rows = reader->Query("SELECT * FROM items");
  ASSERT_OK(rows);
  EXPECT_EQ(rows->rows.size(), 30U);
  Start();
  AwaitLive();
  Sql("SET GLOBAL sql_select_limit = DEFAULT, GLOBAL max_join_size = DEFAULT");
  ExpectEqual();
}

TEST_P(SessionTest, APasswordThatChangesAmidASnapshotStopsNoTable) {
  CreateItems(300);
  const std::string user = "loader_" + database_;
  const std::string account = user + "@'127.0.0.1'";
  Sql("CREATE USER " + account + " IDENTIFIED BY 'secret'; GRANT ALL ON *.* TO " + account);
  const auto admin = Connect();
  const auto holder = Connect();
  ASSERT_NE(admin, nullptr);
  ASSERT_NE(holder, nullptr);
  ASSERT_OK(holder->Execute("LOCK TABLES items WRITE"));
  StartWith([&](pipeline::SupervisorOptions* options) {
    options->connection.user = user;
    options->connection.password = "secret";
  });
  std::string reading;
  ASSERT_TRUE(Await([&] {
    const auto id = admin->QueryCell("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = " +
                                     mysql::Quote(user) + " AND INFO LIKE 'SELECT%items%LIMIT%'");
    reading = id.ok() ? id->value_or("") : "";
    return !reading.empty();
  }));
  const auto refused = [&] {
    const auto rows = admin->Query("SHOW GLOBAL STATUS LIKE 'Aborted_connects'");
    return rows.ok() ? std::stoul(rows->rows.at(0).at(1).value_or("0")) : 0UL;
  };
  const auto before = refused();
  ASSERT_OK(admin->Execute("ALTER USER " + account + " IDENTIFIED BY 'another'"));
  ASSERT_OK(admin->Execute("KILL " + reading));
  ASSERT_TRUE(Await([&] { return refused() > before + 1; })) << "it has not tried twice";
  EXPECT_NE(Table("items").state, pipeline::TableState::kStopped) << Table("items").error;
  ASSERT_OK(admin->Execute("ALTER USER " + account + " IDENTIFIED BY 'secret'"));
  ASSERT_OK(holder->Execute("UNLOCK TABLES"));
  AwaitLive();
  ExpectEqual();
  supervisor_.reset();
  ASSERT_OK(admin->Execute("DROP USER " + account));
}

INSTANTIATE_TEST_SUITE_P(Servers, SessionTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
