// Changes that the binlog tells as statements, or not at all: tables are read again, and a server that hides changes is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using pipeline::SyncState;

class UnseenRowsTest : public PipelineFixture {
 protected:
  bool mariadb() const { return GetParam() == ServerFlavor::kMariadb; }

  void TearDown() override {
    supervisor_.reset();
    if (own_ != nullptr) {
      server_ = nullptr;
    }
    PipelineFixture::TearDown();
  }

  // `items`, and `boxes`, whose rows only routines and triggers change.
  void CreateTwo(int rows) {
    CreateItems(rows);
    Sql("CREATE TABLE boxes LIKE items; INSERT INTO boxes SELECT * FROM items");
  }

  std::unique_ptr<mysql::Connection> StatementSession() {
    auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    EXPECT_OK(connection);
    EXPECT_OK((*connection)->Execute("SET SESSION binlog_format = 'STATEMENT'"));
    return std::move(*connection);
  }

  // A server that only this test uses, with its database.
  void UseOwnServer(const std::vector<std::string>& args = {}) {
    auto own = TestServer::Start(GetParam(), args);
    ASSERT_OK(own);
    own_ = std::move(*own);
    server_ = own_.get();
    ASSERT_OK(server_->Sql("CREATE DATABASE " + database_ + " CHARACTER SET utf8mb4"));
  }

  bool HaltsBecauseOf(const std::string& words) {
    return Await([&] { return supervisor_->status().state == SyncState::kHalted; }) &&
           supervisor_->status().error.find(words) != std::string::npos &&
           supervisor_->status().code == change::StopCode::kChangesNotLogged;
  }

  bool WarnsOf(const std::string& words) const {
    const auto warnings = supervisor_->status().warnings;
    return std::any_of(warnings.begin(), warnings.end(), [&](const std::string& warning) {
      return warning.find(words) != std::string::npos;
    });
  }

  std::unique_ptr<TestServer> own_;
};

TEST_P(UnseenRowsTest, FunctionsLoggedAsStatementsHaveAllTablesReadAgain) {
  CreateTwo(50);
  Sql("CREATE TABLE sums (id INT PRIMARY KEY, v INT)");
  const auto session = StatementSession();
  const auto run = [&](const std::string& sql) { ASSERT_OK(session->Execute(sql)); };
  run("CREATE FUNCTION refill(i INT) RETURNS INT DETERMINISTIC MODIFIES SQL DATA "
      "BEGIN UPDATE boxes SET stock = stock + i; DELETE FROM items WHERE id = i; RETURN i; END");
  Start();
  AwaitLive();
  run("SELECT refill(7)");
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  run("DO refill(8)");
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  run("SET @x = refill(9)");
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  run("INSERT INTO sums VALUES (1, refill(10))");
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  EXPECT_EQ(Documents("items").size(), 46U);
}

TEST_P(UnseenRowsTest, ATemporaryTableThatIsEmptiedLeavesTheOneOfItsName) {
  CreateItems(50);
  Start();
  AwaitLive();
  const auto session = StatementSession();
  for (const char* sql : {"CREATE TEMPORARY TABLE items (id INT PRIMARY KEY)",
                          "TRUNCATE TABLE items", "DROP TABLE items"}) {
    ASSERT_OK(session->Execute(sql));
  }
  Sql("UPDATE items SET stock = 77 WHERE id = 3");
  ExpectEqual();
  EXPECT_EQ(Documents("items").size(), 50U);
}

TEST_P(UnseenRowsTest, AnalyzedStatementsHaveTheirTableReadAgain) {
  if (!mariadb()) {
    GTEST_SKIP() << "MySQL's EXPLAIN ANALYZE changes nothing";
  }
  CreateItems(50);
  Start();
  AwaitLive();
  const auto session = StatementSession();
  ASSERT_OK(session->Execute("ANALYZE FORMAT=JSON UPDATE items SET stock = 77 WHERE id < 20"));
  ExpectEqual();
  ASSERT_OK(session->Execute("ANALYZE DELETE FROM items WHERE id < 10"));
  ExpectEqual();
}

TEST_P(UnseenRowsTest, ALargeFileThatIsLoadedAsAStatementHasItsTableReadAgain) {
  CreateItems(200);
  Start();
  AwaitLive();
  std::string folder = Sql("SELECT @@secure_file_priv");
  folder.pop_back();  // the line's end
  const std::string file = folder + "/" + database_ + ".txt";
  Sql("SELECT id, CONCAT('loaded ', id), price, stock, REPEAT('x', 3000) FROM items WHERE id > 5 "
      "INTO OUTFILE '" +
      file + "'");
  EXPECT_GT(std::filesystem::file_size(file), 4 * 128U << 10);  // of which each block has 128 KB
  const auto session = StatementSession();
  ASSERT_OK(session->Execute("LOAD DATA INFILE '" + file + "' REPLACE INTO TABLE items"));
  std::filesystem::remove(file);
  ASSERT_TRUE(Await([&] {
    return Documents("items")["200"].find("loaded 200") != std::string::npos ||
           supervisor_->status().state == SyncState::kHalted;
  }));
  ExpectEqual();
  AwaitLive();
}

TEST_P(UnseenRowsTest, ATriggerThatTheAccountIsNotShownHasItsTableReadAgain) {
  CreateTwo(50);
  Sql("CREATE TRIGGER follow AFTER UPDATE ON items FOR EACH ROW UPDATE boxes SET stock = NEW.stock "
      "WHERE id = NEW.id");
  const std::string account = "thin_" + database_ + "@'127.0.0.1'";
  Sql("CREATE USER " + account + " IDENTIFIED BY 'secret'; GRANT SELECT ON " + database_ +
      ".* TO " + account + "; GRANT REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO " + account);
  StartWith([&](pipeline::SupervisorOptions* options) {
    options->connection.user = "thin_" + database_;
    options->connection.password = "secret";
  });
  AwaitLive();
  const auto session = StatementSession();
  ASSERT_OK(session->Execute("UPDATE items SET stock = 1000 + id WHERE id < 20"));
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  supervisor_.reset();
  Sql("DROP USER " + account);
}

TEST_P(UnseenRowsTest, AServerThatLeavesTheDatabaseOutOfItsBinlogIsRefused) {
  UseOwnServer({"--binlog-ignore-db=" + database_});
  CreateItems(5);
  Start();
  EXPECT_TRUE(HaltsBecauseOf("binlog-ignore-db = " + database_)) << supervisor_->status().error;
  ASSERT_OK(server_->Restart({"--binlog-do-db=other"}));
  Start();
  EXPECT_TRUE(HaltsBecauseOf("binlog-do-db = other")) << supervisor_->status().error;
  ASSERT_OK(server_->Restart({"--binlog-do-db=" + database_}));
  Start();
  AwaitLive();
  EXPECT_TRUE(WarnsOf("some databases only"));
}

TEST_P(UnseenRowsTest, SettingsThatAreChangedBehindALiveStreamAreNoticedWhenItComesBack) {
  UseOwnServer();
  CreateItems(5);
  Start();
  AwaitLive();
  EXPECT_TRUE(supervisor_->status().warnings.empty());
  ASSERT_OK(server_->Restart({"--binlog-format=MIXED"}));
  EXPECT_TRUE(Await([&] { return WarnsOf("binlog_format is MIXED"); }));
  AwaitLive();
  ASSERT_OK(server_->Restart({"--binlog-ignore-db=" + database_}));
  EXPECT_TRUE(HaltsBecauseOf("binlog-ignore-db = " + database_)) << supervisor_->status().error;
}

// binlog_format = MIXED: each of them had the reading begin anew, which never came to its end.
TEST_P(UnseenRowsTest, AReadingComesToItsEndWhileStatementsGoOn) {
  constexpr uint64_t kRows = 3000;
  CreateItems(kRows);
  const auto session = StatementSession();
  const auto start = [&] {
    StartWith([](pipeline::SupervisorOptions* options) {
      options->chunk_rows = 20;
      options->commit_interval = std::chrono::milliseconds(20);
      options->parallel_ranges = 2;
    });
  };
  start();
  // A statement whenever the reading has got on, until one has come to its end and the next has begun.
  uint64_t rows = 0;
  int ended = 0;
  for (int i = 0; ended < 2; ++i) {
    ASSERT_OK(session->Execute(i % 100 == 99
                                   ? "DELETE FROM items WHERE id = " + std::to_string(i)
                                   : "UPDATE items SET stock = stock + 1, name = 'written' WHERE "
                                     "id % 100 = " +
                                         std::to_string(i % 100)));
    uint64_t now = rows;
    ASSERT_TRUE(Await([&] { return (now = Table("items").snapshot_rows) != rows; }))
        << rows << " rows, after " << i << " statements";
    ended += now < rows && rows > kRows / 2 ? 1 : 0;
    rows = now;
    ASSERT_LT(i, 20 * static_cast<int>(kRows) / 20);
  }
  EXPECT_NE(Table("items").stale_since_us, 0);
  EXPECT_FALSE(supervisor_->WaitUntilLive(std::chrono::milliseconds(0)));
  Crash();
  start();
  AwaitLive();
  ExpectEqual();
  EXPECT_TRUE(Await([&] { return Table("items").stale_since_us == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Servers, UnseenRowsTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
