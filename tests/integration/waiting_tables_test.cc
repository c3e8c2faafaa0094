// Tables whose rows cannot be read for a while, or are refused: the others are read meanwhile, by one reader, and the status says what each waits for.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using pipeline::TableState;

class WaitingTablesTest : public PipelineFixture {
 protected:
  // `items`, and `later`, whose turn comes behind it.
  void CreateTables(int rows) {
    CreateItems(rows);
    Sql("CREATE TABLE later LIKE items; INSERT INTO later SELECT * FROM items");
  }
  std::unique_ptr<mysql::Connection> Connect(const std::string& options = "") {
    auto connection =
        mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_) + options));
    EXPECT_OK(connection);
    return connection.ok() ? std::move(*connection) : nullptr;
  }
  bool Waits(const std::string& table) const {
    return Table(table).error.find("its reading waits") != std::string::npos;
  }
  bool AwaitState(const std::string& table, TableState state) {
    return Await([&] { return Table(table).state == state; });
  }
};

TEST_P(WaitingTablesTest, ALockedTableHoldsUpNoOtherAndIsReadWhenItIsReleased) {
  CreateTables(1000);
  const auto lock = Connect();
  ASSERT_NE(lock, nullptr);
  ASSERT_OK(lock->Execute("LOCK TABLES items WRITE"));
  Start();
  ASSERT_TRUE(AwaitState("later", TableState::kLive)) << Table("later").error;
  EXPECT_TRUE(Await([&] { return Waits("items"); })) << Table("items").error;
  EXPECT_EQ(Table("items").snapshot_rows, 0U);
  EXPECT_EQ(Table("later").error, "");
  ASSERT_OK(lock->Execute("UPDATE items SET stock = stock + 1 WHERE id % 2 = 0"));
  ASSERT_OK(lock->Execute("UNLOCK TABLES"));
  AwaitLive();
  EXPECT_EQ(Table("items").error, "");
  ExpectEqual();
  ExpectEqual("later", "later");
}

TEST_P(WaitingTablesTest, ATableThatIsLockedHalfWayGoesOnWhereItWas) {
  CreateTables(2000);
  Sql("UPDATE later SET note = REPEAT('x', 3000)");
  StartWith([](pipeline::SupervisorOptions* options) { options->chunk_rows = 20; });
  const auto lock = Connect();
  ASSERT_NE(lock, nullptr);
  ASSERT_TRUE(Await([&] { return Table("items").snapshot_rows > 0; }));
  ASSERT_OK(lock->Execute("LOCK TABLES items WRITE"));
  ASSERT_TRUE(AwaitState("later", TableState::kLive)) << Table("later").error;
  ASSERT_OK(lock->Execute("UNLOCK TABLES"));
  AwaitLive();
  EXPECT_EQ(Table("items").snapshot_rows, 2000U) << "rows were read twice";
  ExpectEqual();
  ExpectEqual("later", "later");
}

TEST_P(WaitingTablesTest, KeysOfALockedTableHoldUpNoOthersKeys) {
  CreateTables(50);
  Start();
  AwaitLive();
  const auto writer = Connect();
  const auto lock = Connect();
  ASSERT_NE(writer, nullptr);
  ASSERT_NE(lock, nullptr);
  ASSERT_OK(writer->Execute("SET SESSION binlog_row_image = MINIMAL"));
  ASSERT_OK(lock->Execute("SET SESSION binlog_row_image = MINIMAL"));
  ASSERT_OK(lock->Execute("LOCK TABLES items WRITE"));
  ASSERT_OK(lock->Execute("INSERT INTO items (name, price, stock) VALUES ('part', 1.00, 1)"));
  ASSERT_TRUE(Await([&] { return Waits("items"); })) << Table("items").error;
  ASSERT_OK(writer->Execute("INSERT INTO later (name, price, stock) VALUES ('part', 2.00, 2)"));
  ExpectEqual("later", "later");
  EXPECT_EQ(Table("items").pending_keys, 1U);
  ASSERT_OK(lock->Execute("UNLOCK TABLES"));
  ExpectEqual();
}

TEST_P(WaitingTablesTest, ARefusedTableHoldsUpNoOtherAndIsFollowedOnceItIsGrantedAndAskedFor) {
  CreateTables(300);
  const std::string account = "'refused_" + database_ + "'@'127.0.0.1'";
  Sql("CREATE USER " + account +
      " IDENTIFIED BY 'secret';"
      "GRANT REPLICATION SLAVE, REPLICATION CLIENT, PROCESS, RELOAD, SUPER ON *.* TO " +
      account + "; GRANT INSERT ON " + database_ + ".items TO " + account + "; GRANT SELECT ON " +
      database_ + ".later TO " + account);
  StartWith([&](pipeline::SupervisorOptions* options) {
    options->connection.user = "refused_" + database_;
    options->connection.password = "secret";
  });
  ASSERT_TRUE(AwaitState("later", TableState::kLive)) << Table("later").error;
  ASSERT_TRUE(AwaitState("items", TableState::kStopped)) << Table("items").error;
  EXPECT_NE(Table("items").error.find("denied"), std::string::npos) << Table("items").error;
  EXPECT_NE(Table("items").error.find("resync"), std::string::npos) << Table("items").error;
  Sql("GRANT SELECT ON " + database_ + ".items TO " + account);
  ASSERT_OK(supervisor_->ResyncTable("items", std::chrono::steady_clock::now() + kPatience));
  AwaitLive();
  ExpectEqual();
  ExpectEqual("later", "later");
  Stop();
  Sql("DROP USER " + account);
}

// It is not gone: its documents stay until the account may see it again, or the table is dropped.
TEST_P(WaitingTablesTest, ATableThatTheAccountMaySeeNoMoreKeepsItsDocumentsAndSaysSo) {
  CreateTables(30);
  const std::string account = "'blinded_" + database_ + "'@'127.0.0.1'";
  const std::string items = database_ + ".items";
  Sql("CREATE USER " + account +
      " IDENTIFIED BY 'secret';"
      "GRANT REPLICATION SLAVE, REPLICATION CLIENT, PROCESS, RELOAD, SUPER ON *.* TO " +
      account + "; GRANT SELECT ON " + items + " TO " + account + "; GRANT SELECT ON " + database_ +
      ".later TO " + account);
  StartWith([&](pipeline::SupervisorOptions* options) {
    options->connection.user = "blinded_" + database_;
    options->connection.password = "secret";
  });
  AwaitLive();
  const size_t documents = Documents("items").size();
  Sql("REVOKE SELECT ON " + items + " FROM " + account);
  Sql("ALTER TABLE items ADD COLUMN weight INT NOT NULL DEFAULT 7");
  ASSERT_TRUE(AwaitState("items", TableState::kStopped)) << Table("items").error;
  EXPECT_NE(Table("items").error.find("GRANT SELECT ON"), std::string::npos)
      << Table("items").error;
  EXPECT_EQ(Documents("items").size(), documents);
  Sql("GRANT SELECT ON " + items + " TO " + account);
  ASSERT_OK(supervisor_->ResyncTable("items", std::chrono::steady_clock::now() + kPatience));
  AwaitLive();
  EXPECT_TRUE(Await([&] {
    const auto all = Documents("items");
    return all.size() == documents && std::all_of(all.begin(), all.end(), [](const auto& document) {
             return document.second.find("\"weight\":7") != std::string::npos;
           });
  }));
  Stop();
  Sql("DROP USER " + account);
}

INSTANTIATE_TEST_SUITE_P(Servers, WaitingTablesTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
