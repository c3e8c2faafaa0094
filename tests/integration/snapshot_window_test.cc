// Snapshots while the server has logged transactions that it does not show yet: such moments are held open here. With GTIDs, with a consistent snapshot,
// and with a brief lock where a MySQL server has no GTIDs; and XA transactions from before the stream.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using pipeline::SyncState;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

class SnapshotWindowTest : public PipelineFixture {
 protected:
  static constexpr int kWriters = 6;

  bool mariadb() const { return GetParam() == ServerFlavor::kMariadb; }

  // A server that only this test uses, with its database.
  void UseOwnServer(const std::vector<std::string>& args = {}) {
    auto own = TestServer::Start(GetParam(), args);
    ASSERT_OK(own);
    own_ = std::move(*own);
    server_ = own_.get();
    ASSERT_OK(server_->Sql("CREATE DATABASE " + database_ + " CHARACTER SET utf8mb4"));
  }
  void UseOwnServerWithoutGtids() {
    UseOwnServer({"--gtid-mode=OFF", "--enforce-gtid-consistency=OFF"});
  }
  void TearDown() override {
    supervisor_.reset();
    if (own_ != nullptr) {
      server_ = nullptr;
    }
    PipelineFixture::TearDown();
  }

  std::unique_ptr<mysql::Connection> ConnectHere() {
    auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    EXPECT_OK(connection);
    return std::move(*connection);
  }

  // Of the test's random numbers; BINSEEK_SEED repeats them.
  static uint32_t TestSeed() {
    const char* given = std::getenv("BINSEEK_SEED");
    const uint32_t seed =
        given != nullptr ? static_cast<uint32_t>(std::atoll(given)) : std::random_device()();
    std::printf("BINSEEK_SEED=%u\n", seed);
    return seed;
  }

  // From now on a transaction stays for that long between its place in the binlog and the engine's commit. MariaDB forgets it after the first: to be
  // called before each there.
  void HoldWindowsOpen(milliseconds time) {
    if (mariadb()) {
      Sql("SET GLOBAL rpl_semi_sync_master_wait_point = AFTER_SYNC; SET GLOBAL "
          "rpl_semi_sync_master_timeout = " +
          std::to_string(time.count()) +
          "; SET GLOBAL rpl_semi_sync_master_enabled = OFF; SET GLOBAL "
          "rpl_semi_sync_master_enabled = ON");
    } else {
      Sql("SET GLOBAL binlog_group_commit_sync_delay = " + std::to_string(time.count() * 1000));
    }
  }

  std::string WrittenEnd(mysql::Connection* connection) const {
    const auto rows =
        connection->Query(mariadb() ? "SHOW MASTER STATUS" : "SHOW BINARY LOG STATUS");
    EXPECT_OK(rows);
    return rows.ok() ? rows->rows[0][0].value_or("") + ":" + rows->rows[0][1].value_or("") : "";
  }

  void StartInSmallChunks(bool brief_lock = false) {
    StartWith([&](pipeline::SupervisorOptions* options) {
      options->chunk_rows = 5;
      options->commit_interval = milliseconds(20);
      options->brief_lock = brief_lock;
    });
  }

  // Single-row transactions of all kinds over `rows` rows, each client for itself.
  class Traffic {
   public:
    Traffic(SnapshotWindowTest* test, int rows, uint32_t seed, std::string table = "items")
        : table_(std::move(table)) {
      for (int i = 0; i < kWriters; ++i) {
        writers_.emplace_back([this, test, rows, i, seed](const std::stop_token& stop) {
          const auto connection = test->ConnectHere();
          std::mt19937 random(seed + static_cast<uint32_t>(i));
          while (!stop.stop_requested()) {
            Write(connection.get(), &random, rows);
          }
        });
      }
    }
    uint64_t written() const { return written_; }
    int64_t longest_ms() const { return longest_ms_; }

   private:
    void Write(mysql::Connection* connection, std::mt19937* random, int rows) {
      const std::string id = std::to_string(1 + (*random)() % static_cast<uint32_t>(rows));
      const uint32_t kind = (*random)() % 4;
      const auto began = steady_clock::now();
      const Status done = connection->Execute(
          kind == 0 ? "DELETE FROM " + table_ + " WHERE id = " + id
          : kind == 1
              ? "INSERT IGNORE INTO " + table_ + " (id, name, price, stock) VALUES (" + id +
                    ", 'back', 1, 1)"
              : "UPDATE " + table_ + " SET stock = stock + 1, price = price + 1 WHERE id = " + id);
      EXPECT_TRUE(done.ok() || done.retryable()) << done;
      const auto took =
          std::chrono::duration_cast<milliseconds>(steady_clock::now() - began).count();
      for (int64_t longest = longest_ms_;
           longest < took && !longest_ms_.compare_exchange_weak(longest, took);) {
      }
      ++written_;
    }

    const std::string table_;
    std::atomic<uint64_t> written_{0};
    std::atomic<int64_t> longest_ms_{0};
    std::vector<std::jthread> writers_;
  };

  std::unique_ptr<TestServer> own_;
};

class SnapshotLockTest : public SnapshotWindowTest {};

// Why no written position is a low watermark.
TEST_P(SnapshotWindowTest, AWrittenPositionHoldsTransactionsThatNoSelectSees) {
  UseOwnServer();
  CreateItems(3);
  Sql("UPDATE items SET stock = 1");
  const auto reader = ConnectHere();
  const auto writer = ConnectHere();
  const std::string before = WrittenEnd(reader.get());
  HoldWindowsOpen(milliseconds(900));
  std::jthread writing(
      [&] { EXPECT_OK(writer->Execute("UPDATE items SET stock = 2 WHERE id = 1")); });
  ASSERT_TRUE(Await([&] { return WrittenEnd(reader.get()) != before; }));
  const auto seen = reader->QueryCell("SELECT stock FROM items WHERE id = 1");
  ASSERT_OK(seen);
  EXPECT_EQ(*seen, "1");
}

TEST_P(SnapshotWindowTest, RowsThatAreLoggedAndNotShownAreNotTakenForRead) {
  UseOwnServer();
  constexpr int kRows = 60;
  CreateItems(kRows);
  const uint32_t seed = TestSeed();
  for (int round = 0; round < 3; ++round) {
    HoldWindowsOpen(milliseconds(150));
    Traffic traffic(this, kRows, seed + static_cast<uint32_t>(100 * round));
    ASSERT_TRUE(Await([&] { return traffic.written() >= kWriters; }));
    HoldWindowsOpen(milliseconds(150));
    StartInSmallChunks();
    AwaitLive();
    const uint64_t by_now = traffic.written();
    ASSERT_TRUE(Await([&] { return traffic.written() >= by_now + kWriters; }));
    HoldWindowsOpen(milliseconds(0));
    ASSERT_TRUE(Await([&] { return traffic.written() >= by_now + 100; }));
  }
  ExpectEqual();
}

// Its rows are nowhere in the stream, and MariaDB logs its commit before it shows them.
TEST_P(SnapshotWindowTest, AnXaTransactionOfBeforeTheStreamHasAllTablesReadAgain) {
  UseOwnServer();
  CreateItems(40);
  const auto client = ConnectHere();
  for (const char* sql :
       {"XA START 'early', 'half', 7", "UPDATE items SET stock = 5000 WHERE id < 9",
        "INSERT INTO items (name, price, stock) VALUES ('xa', 1.00, 1)",
        "XA END 'early', 'half', 7", "XA PREPARE 'early', 'half', 7"}) {
    ASSERT_OK(client->Execute(sql));
  }
  StartInSmallChunks();
  AwaitLive();
  ExpectEqual();
  HoldWindowsOpen(milliseconds(600));
  ASSERT_OK(client->Execute("XA COMMIT 'early', 'half', 7"));
  ExpectEqual();
  EXPECT_TRUE(Await([&] { return Table("items").stale_since_us == 0; }));
  ExpectEqual();
}

INSTANTIATE_TEST_SUITE_P(Servers, SnapshotWindowTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const ::testing::TestParamInfo<ServerFlavor>& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

TEST_P(SnapshotLockTest, AServerWithoutGtidsIsRefusedWithTheStepsThatLeadToThem) {
  UseOwnServerWithoutGtids();
  CreateItems(3);
  Start();
  ASSERT_TRUE(Await([&] { return supervisor_->status().state == SyncState::kHalted; }));
  const std::string error = supervisor_->status().error;
  EXPECT_NE(error.find("snapshot.lock: brief"), std::string::npos) << error;
  EXPECT_EQ(supervisor_->status().code, change::StopCode::kGtidsOff);
  EXPECT_EQ(supervisor_->status().stops.of(change::StopCode::kGtidsOff), 1U);
  Stop();
  // One after the other, as they stand there.
  for (size_t at = error.find("SET PERSIST"); at != std::string::npos;
       at = error.find("SET PERSIST", at + 1)) {
    Sql(error.substr(at, error.find(';', at) + 1 - at));
  }
  EXPECT_EQ(Sql("SELECT @@gtid_mode"), "ON\n");
  Start();
  AwaitLive();
  ExpectEqual();
}

TEST_P(SnapshotLockTest, SnapshotsBesideTrafficEndEqual) {
  UseOwnServerWithoutGtids();
  constexpr int kRows = 200;
  CreateItems(kRows);
  const uint32_t seed = TestSeed();
  HoldWindowsOpen(milliseconds(30));
  auto running = std::make_unique<Traffic>(this, kRows, seed);
  Traffic& traffic = *running;
  StartInSmallChunks(/*brief_lock=*/true);
  AwaitLive();
  // From the committed position on, by file and offset; then with rows that come in parts, and are read by their keys.
  Crash();
  StartInSmallChunks(/*brief_lock=*/true);
  AwaitLive();
  Sql("SET GLOBAL binlog_row_image = MINIMAL");
  Sql("ALTER TABLE items ADD COLUMN extra INT DEFAULT 3, ALGORITHM = INSTANT");
  Sql("INSERT INTO items (id, name, price, stock) VALUES (5000, 'in part', 2.00, 2)");
  uint64_t by_now = traffic.written();
  ASSERT_TRUE(Await([&] { return traffic.written() >= by_now + 50; }));
  Sql("ALTER TABLE items DROP COLUMN extra");
  by_now = traffic.written();
  ASSERT_TRUE(Await([&] { return traffic.written() >= by_now + 50; }));
  Sql("TRUNCATE items");
  by_now = traffic.written();
  ASSERT_TRUE(Await([&] { return traffic.written() >= by_now + 50; }));
  running.reset();
  AwaitLive();
  EXPECT_EQ(supervisor_->status().error, "");
  ExpectEqual();
}

TEST_P(SnapshotLockTest, AnOpenTransactionHoldsTheLockUpAndNobodyElse) {
  UseOwnServerWithoutGtids();
  constexpr int kRows = 50;
  CreateItems(kRows);
  Sql("CREATE TABLE others LIKE items; INSERT INTO others SELECT * FROM items");
  const auto holder = ConnectHere();
  ASSERT_OK(holder->Execute("BEGIN"));
  ASSERT_OK(
      holder->Execute("INSERT INTO items (id, name, price, stock) VALUES (900, 'late', 1, 1)"));
  {
    Traffic traffic(this, kRows, TestSeed());
    // Nobody has this one open: what its writers wait for is the machine, as theirs of the other table do besides.
    const Traffic others(this, kRows, TestSeed() + kWriters, "others");
    StartInSmallChunks(/*brief_lock=*/true);
    EXPECT_FALSE(supervisor_->WaitUntilLive(milliseconds(4000)));
    EXPECT_LT(traffic.longest_ms(), 2500 + others.longest_ms());
    const uint64_t by_now = traffic.written();
    EXPECT_TRUE(Await([&] { return traffic.written() > by_now; }));
    // It is said, and how to find who it is.
    EXPECT_TRUE(Await([&] {
      return Table("items").error.find("performance_schema.metadata_locks") != std::string::npos;
    })) << Table("items").error;
    EXPECT_LT(traffic.longest_ms(), 2500 + others.longest_ms());
  }
  ASSERT_OK(holder->Execute("COMMIT"));
  AwaitLive();
  ExpectEqual();
  ExpectEqual("others", "others");
  EXPECT_EQ(Table("items").error, "");
}

TEST_P(SnapshotLockTest, GtidsThatAreTurnedOnMeanwhileAreTakenUpByNobodyAndHarmNothing) {
  UseOwnServerWithoutGtids();
  constexpr int kRows = 100;
  CreateItems(kRows);
  StartInSmallChunks(/*brief_lock=*/true);
  AwaitLive();
  {
    const Traffic traffic(this, kRows, TestSeed());
    Sql("SET GLOBAL enforce_gtid_consistency = ON; SET GLOBAL gtid_mode = OFF_PERMISSIVE; SET "
        "GLOBAL gtid_mode = ON_PERMISSIVE");
    ASSERT_TRUE(Await([&] {
      return Sql("SHOW STATUS LIKE 'ONGOING_ANONYMOUS_TRANSACTION_COUNT'").find("\t0") !=
             std::string::npos;
    }));
    Sql("SET GLOBAL gtid_mode = ON");
    Sql("ALTER TABLE items FORCE");
    const uint64_t by_now = traffic.written();
    ASSERT_TRUE(Await([&] { return traffic.written() >= by_now + 50; }));
  }
  AwaitLive();
  ExpectEqual();
  Stop();
  Sql("UPDATE items SET stock = stock + 1");
  StartInSmallChunks(/*brief_lock=*/true);
  AwaitLive();
  ExpectEqual();
}

INSTANTIATE_TEST_SUITE_P(Servers, SnapshotLockTest, ::testing::Values(ServerFlavor::kMysql9),
                         [](const ::testing::TestParamInfo<ServerFlavor>& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
