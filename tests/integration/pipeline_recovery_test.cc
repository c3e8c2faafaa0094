// What the stream does not show, or cannot show any more: tables are read again in place, and each fault concerns its own table.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using pipeline::SyncState;
using pipeline::TableState;

class PipelineRecoveryTest : public PipelineFixture {
 protected:
  bool mariadb() const { return GetParam() == ServerFlavor::kMariadb; }

  void StartInSmallChunks() {
    StartWith([](pipeline::SupervisorOptions* options) {
      options->chunk_rows = 20;
      options->commit_interval = std::chrono::milliseconds(5);
    });
  }

  // `items`, and as `boxes` a table that nothing happens to.
  void CreateTwo(int rows) {
    CreateItems(rows);
    Sql("CREATE TABLE boxes LIKE items; INSERT INTO boxes SELECT * FROM items");
  }

  std::unique_ptr<mysql::Connection> ConnectHere() {
    auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    EXPECT_OK(connection);
    return std::move(*connection);
  }

  // A server that only this test uses, with its database.
  void UseOwnServer() {
    auto own = TestServer::Start(GetParam());
    ASSERT_OK(own);
    own_ = std::move(*own);
    server_ = own_.get();
    ASSERT_OK(server_->Sql("CREATE DATABASE " + database_ + " CHARACTER SET utf8mb4"));
  }
  void TearDown() override {
    supervisor_.reset();
    if (own_ != nullptr) {
      server_ = nullptr;
    }
    PipelineFixture::TearDown();
  }

  void ResetServer() { Sql(mariadb() ? "RESET MASTER" : "RESET BINARY LOGS AND GTIDS"); }

  // Waits until the binlog begins with its last file.
  void Purge() {
    EXPECT_TRUE(Await([&] {
      const std::string logs = Sql("SHOW BINARY LOGS");
      const size_t last = logs.rfind("binlog.");
      Sql("PURGE BINARY LOGS TO '" + logs.substr(last, 13) + "'");
      return last == 0;  // a dump that the server still holds open keeps its file
    }));
  }

  // From now on until the end of its life looks whether row 7 of items is found, which nobody has changed.
  class Searches {
   public:
    explicit Searches(const index::Engine* engine)
        : thread_([this, engine](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
              const auto view = engine->View();
              const index::IndexView* items = view->Find("items");
              missed_ += items == nullptr || !items->FindKey("7") ? 1 : 0;
              ++searches_;
              std::this_thread::yield();
            }
          }) {}
    void ExpectNoneMissed() {
      thread_.request_stop();
      thread_.join();
      EXPECT_GT(searches_, 0U);
      EXPECT_EQ(missed_, 0U);
    }

   private:
    std::atomic<uint64_t> searches_{0};
    std::atomic<uint64_t> missed_{0};
    std::jthread thread_;
  };

  std::unique_ptr<TestServer> own_;
};

TEST_P(PipelineRecoveryTest, APurgedBinlogEndsInEqualTablesThatWereSearchedAllTheTime) {
  CreateTwo(500);
  StartInSmallChunks();
  AwaitLive();
  const auto index = engine_->View()->Find("items")->id;
  Stop();
  Sql("UPDATE items SET stock = 1 WHERE id % 3 = 0; DELETE FROM items WHERE id > 400 OR id = 8; "
      "INSERT INTO items VALUES (1000, 'new', 1.00, 1, NULL); FLUSH BINARY LOGS; "
      "UPDATE boxes SET name = 'renamed' WHERE id < 50; FLUSH BINARY LOGS");
  Purge();
  StartInSmallChunks();
  Searches searches(engine_.get());
  ASSERT_TRUE(Await([&] { return Table("items").stale_since_us != 0; }));
  EXPECT_NE(Table("items").stale_why, "");
  AwaitLive();
  searches.ExpectNoneMissed();
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  EXPECT_EQ(engine_->View()->Find("items")->id, index);
  EXPECT_EQ(Table("items").stale_since_us, 0);
  EXPECT_EQ(Table("items").stale_why, "");
  Sql("UPDATE items SET stock = 2; DELETE FROM boxes WHERE id = 3");
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  Stop();
  Sql("DELETE FROM items WHERE id = 9");
  Start();
  AwaitLive();
  ExpectEqual();
  EXPECT_EQ(Table("items").stale_since_us, 0) << "what was made good stays so";
}

TEST_P(PipelineRecoveryTest, AServerThatWasResetIsFollowedAnew) {
  UseOwnServer();
  CreateTwo(300);
  StartInSmallChunks();
  AwaitLive();
  Sql("UPDATE items SET stock = 5; UPDATE items SET stock = 6");
  ExpectEqual();
  const uint64_t ordinal = supervisor_->status().ordinal;
  Stop();
  ResetServer();
  Sql("UPDATE items SET stock = 2 WHERE id > 100; DELETE FROM items WHERE id = 8");
  StartInSmallChunks();
  Searches searches(engine_.get());
  AwaitLive();
  searches.ExpectNoneMissed();
  ExpectEqual();
  EXPECT_GT(supervisor_->status().ordinal, ordinal);
  EXPECT_EQ(supervisor_->status().stops.of(change::StopCode::kPositionLost), 1U);
  Sql("UPDATE items SET stock = 3; CREATE TABLE more LIKE items; INSERT INTO more SELECT * FROM "
      "items; DELETE FROM boxes WHERE id < 10");
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  ExpectEqual("more", "more");
}

TEST_P(PipelineRecoveryTest, AServerThatIsResetWhileItIsFollowedIsFollowedAnew) {
  UseOwnServer();
  CreateTwo(300);
  StartInSmallChunks();
  AwaitLive();
  Searches searches(engine_.get());
  ResetServer();
  Sql("DELETE FROM items WHERE id = 8; UPDATE boxes SET stock = 7");
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  AwaitLive();
  searches.ExpectNoneMissed();
  Sql("DELETE FROM items WHERE id = 9");
  ExpectEqual();
}

// From the set of a server that has executed next to nothing.
TEST_P(PipelineRecoveryTest, AServerWithoutHistoryIsFollowedFromItsBeginning) {
  UseOwnServer();
  CreateItems(10);
  ResetServer();
  Start();
  AwaitLive();
  Sql("UPDATE items SET stock = 3; CREATE TABLE more LIKE items; INSERT INTO more SELECT * FROM "
      "items");
  ExpectEqual();
  ExpectEqual("more", "more");
}

TEST_P(PipelineRecoveryTest, ATableWhoseRowsCannotBeReadStopsNoOther) {
  CreateTwo(300);
  StartInSmallChunks();
  AwaitLive();
  Searches searches(engine_.get());
  // Nobody is told of the new column, and the rows do not fit.
  Sql("SET sql_log_bin = 0; ALTER TABLE boxes ADD COLUMN color VARCHAR(10) NOT NULL DEFAULT 'red'");
  Sql("UPDATE boxes SET color = 'blue' WHERE id = 5; UPDATE items SET stock = 7 WHERE id = 8");
  ExpectEqual();
  ASSERT_TRUE(Await([&] {
    const auto documents = Documents("boxes");
    return documents.size() == 300 &&
           documents.at("5").find("\"color\":\"blue\"") != std::string::npos;
  }));
  EXPECT_NE(supervisor_->status().state, SyncState::kHalted);
  AwaitLive();
  searches.ExpectNoneMissed();
}

TEST_P(PipelineRecoveryTest, ATableThatCanNeverBeReadIsStoppedAloneAndSaysWhatMendsIt) {
  if (!mariadb()) {
    GTEST_SKIP() << "only MariaDB writes a format that does not describe itself";
  }
  CreateItems(50);
  Sql("SET GLOBAL mysql56_temporal_format = OFF");
  Sql("CREATE TABLE times (id INT PRIMARY KEY, v TIME(3)); INSERT INTO times VALUES (1, "
      "'01:02:03.5')");
  Sql("SET GLOBAL mysql56_temporal_format = ON");
  Start();
  AwaitLive();
  EXPECT_EQ(Documents("times").size(), 1U) << "a SELECT can read it";
  Sql("INSERT INTO times VALUES (2, '02:03:04.5')");
  // Once it is read again, in place.
  ASSERT_TRUE(Await([&] { return Documents("times").size() == 2; }));
  AwaitLive();
  EXPECT_EQ(Table("times").state, TableState::kLive);
  Sql("INSERT INTO times VALUES (3, '03:04:05.5'); UPDATE items SET stock = 9");
  ASSERT_TRUE(Await([&] { return Table("times").state == TableState::kStopped; }));
  EXPECT_EQ(Table("times").code, change::StopCode::kTableUnreadable);
  const auto stops = supervisor_->status().stops;
  EXPECT_EQ(stops.of(change::StopCode::kTableUnreadable), 1U);
  EXPECT_GE(stops.of(change::StopCode::kRowsUnreadable), 1U) << "the first time";
  const std::string error = Table("times").error;
  for (const char* part : {"times", "column v", "FORCE"}) {
    EXPECT_NE(error.find(part), std::string::npos) << error;
  }
  EXPECT_NE(Table("times").stale_since_us, 0);
  EXPECT_EQ(Documents("times").size(), 2U) << "searches go on over what is there";
  ExpectEqual();
  EXPECT_EQ(supervisor_->status().state, SyncState::kLive);
  // A restart says the same, and goes on over the same documents.
  Stop();
  Start();
  AwaitLive();
  EXPECT_EQ(Table("times").state, TableState::kStopped);
  EXPECT_EQ(Table("times").error, error);
  EXPECT_EQ(Table("times").code, change::StopCode::kTableUnreadable);
  EXPECT_NE(Table("times").stale_since_us, 0);
  EXPECT_EQ(Documents("times").size(), 2U);
  Sql("ALTER TABLE times FORCE; INSERT INTO times VALUES (4, '04:05:06.5')");
  EXPECT_TRUE(Await([&] { return Documents("times").size() == 4; })) << Table("times").error;
  EXPECT_EQ(Table("times").error, "");
}

TEST_P(PipelineRecoveryTest, RowsDeletedUnseenAreSwept) {
  CreateTwo(300);
  const auto other = ConnectHere();
  for (const char* sql : {"XA START 'x'", "INSERT INTO items VALUES (1000, 'in XA', 1.00, 1, NULL)",
                          "XA END 'x'", "XA PREPARE 'x'"}) {
    ASSERT_OK(other->Execute(sql));
  }
  StartInSmallChunks();
  AwaitLive();
  EXPECT_EQ(Documents("items").size(), 300U);
  Searches searches(engine_.get());
  Sql("SET sql_log_bin = 0; DELETE FROM items WHERE id BETWEEN 201 AND 250; DELETE FROM items "
      "WHERE "
      "id = 8; UPDATE boxes SET name = 'unseen' WHERE id = 9");
  ASSERT_OK(other->Execute("XA COMMIT 'x'"));
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  AwaitLive();
  searches.ExpectNoneMissed();
  EXPECT_EQ(Documents("items").count("1000"), 1U);
}

TEST_P(PipelineRecoveryTest, RowsLoggedAsStatementsHaveTheirTableReadAgain) {
  CreateTwo(200);
  Sql("CREATE VIEW part AS SELECT * FROM boxes WHERE id < 100");
  StartInSmallChunks();
  AwaitLive();
  Searches searches(engine_.get());
  const auto other = ConnectHere();
  const auto run = [&](const std::string& sql) { ASSERT_OK(other->Execute(sql)); };
  run("SET SESSION binlog_format = 'STATEMENT'");
  run("DELETE FROM items WHERE id = 8");
  run("UPDATE items SET name = CONCAT(name, '!') WHERE id % 5 = 0");
  run("BEGIN");
  run("UPDATE items SET stock = stock + 1 WHERE id > 100");
  run("UPDATE items SET stock = stock + 1 WHERE id > 101");
  run("COMMIT");
  ExpectEqual();
  AwaitLive();
  EXPECT_EQ(Table("items").stale_since_us, 0);
  run("UPDATE part SET stock = 77");  // whose table that is, nobody tells
  run("SET SESSION binlog_format = 'ROW'");
  run("UPDATE items SET stock = 1 WHERE id = 9");
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  AwaitLive();
  searches.ExpectNoneMissed();
}

TEST_P(PipelineRecoveryTest, ReadAgainTwiceWithACrashBetweenEndsEqual) {
  CreateTwo(3000);
  StartInSmallChunks();
  AwaitLive();
  const auto other = ConnectHere();
  const auto run = [&](const std::string& sql) { ASSERT_OK(other->Execute(sql)); };
  run("SET SESSION binlog_format = 'STATEMENT'");
  run("DELETE FROM items WHERE id > 2900");
  ASSERT_TRUE(Await([&] {
    const auto table = Table("items");
    return table.stale_since_us != 0 && table.snapshot_rows > 200;
  }));
  Crash();
  run("DELETE FROM items WHERE id BETWEEN 10 AND 99");
  StartInSmallChunks();
  ASSERT_TRUE(Await([&] { return Table("items").snapshot_rows > 100; }));
  EXPECT_NE(Documents("items").count("7"), 0U);
  run("UPDATE items SET name = 'last' WHERE id % 2 = 0");
  Crash();
  StartInSmallChunks();
  AwaitLive();
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
}

INSTANTIATE_TEST_SUITE_P(Servers, PipelineRecoveryTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
