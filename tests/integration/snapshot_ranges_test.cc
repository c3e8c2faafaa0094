// Snapshots that read several ranges of a table at the same time: beside traffic that crosses borders, over crashes and other numbers of readers.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using pipeline::TableState;

class SnapshotRangesTest : public PipelineFixture {
 protected:
  // Ranges of some hundred rows, in chunks of 20.
  void StartInRanges(uint32_t ranges) {
    StartWith([&](pipeline::SupervisorOptions* options) {
      options->chunk_rows = 20;
      options->parallel_ranges = ranges;
      options->commit_interval = std::chrono::milliseconds(20);
    });
  }
  // The table is being read, and has come so far since `rows`.
  bool AwaitReading(uint64_t rows) {
    return Await([&] {
      const auto table = Table("items");
      return table.snapshot_rows >= rows || table.state == TableState::kLive;
    });
  }
  std::unique_ptr<mysql::Connection> ConnectHere() {
    auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    EXPECT_OK(connection);
    return std::move(*connection);
  }

  // Rows that come, go, change, move anywhere, swap their keys, and are added behind the last.
  class Traffic {
   public:
    Traffic(SnapshotRangesTest* test, int rows) {
      for (int i = 0; i < 2; ++i) {
        writers_.emplace_back([this, test, rows, i](const std::stop_token& stop) {
          const auto connection = test->ConnectHere();
          std::mt19937 random(static_cast<uint32_t>(7 + i));
          while (!stop.stop_requested()) {
            const auto any = [&] {
              return std::to_string(1 + random() % static_cast<uint32_t>(rows));
            };
            Write(connection.get(), random() % 6, any(), any());
            ++written_;
          }
        });
      }
    }
    uint64_t written() const { return written_; }

   private:
    static void Write(mysql::Connection* connection, uint32_t kind, const std::string& one,
                      const std::string& two) {
      std::vector<std::string> sql;
      switch (kind) {
        case 0:
          sql = {"DELETE FROM items WHERE id = " + one};
          break;
        case 1:
          sql = {"REPLACE INTO items VALUES (" + one + ", 'again', 5.00, 5, NULL)"};
          break;
        case 2:
          sql = {"INSERT INTO items (name, price, stock) VALUES ('behind', 1.00, 1)"};
          break;
        case 3:
          sql = {"UPDATE IGNORE items SET id = " + one + ", stock = stock + 1 WHERE id = " + two};
          break;
        case 4:
          sql = {"BEGIN",
                 "DELETE FROM items WHERE id = 10000000",
                 "UPDATE items SET id = 10000000 WHERE id = " + one,
                 "UPDATE IGNORE items SET id = " + one + " WHERE id = " + two,
                 "UPDATE IGNORE items SET id = " + two + " WHERE id = 10000000",
                 "COMMIT"};
          break;
        default:
          sql = {"UPDATE items SET price = price + 1, stock = stock + 1 WHERE id = " + one};
      }
      for (const std::string& statement : sql) {
        const Status done = connection->Execute(statement);
        if (!done.ok()) {  // a deadlock of the two
          connection->Execute("ROLLBACK").IgnoreError();
          return;
        }
      }
    }

    std::atomic<uint64_t> written_{0};
    std::vector<std::jthread> writers_;
  };
};

TEST_P(SnapshotRangesTest, EveryRowIsReadOnce) {
  CreateItems(2345);
  Sql("CREATE TABLE boxes LIKE items; INSERT INTO boxes SELECT * FROM items WHERE id < 700; CREATE "
      "TABLE none LIKE items");
  StartInRanges(3);
  AwaitLive();
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  EXPECT_EQ(Table("items").snapshot_rows, 2345U);
  EXPECT_EQ(Table("boxes").snapshot_rows, 699U);
  EXPECT_EQ(Table("none").snapshot_rows, 0U);
}

TEST_P(SnapshotRangesTest, RowsThatCrossBordersMeanwhileEndEqual) {
  CreateItems(3000);
  {
    Traffic traffic(this, 3000);
    StartInRanges(4);
    AwaitLive();
    const uint64_t by_now = traffic.written();
    EXPECT_TRUE(Await([&] { return traffic.written() >= by_now + 200; }));
  }
  ExpectEqual();
  const auto table = Table("items");
  EXPECT_EQ(table.error, "");
  EXPECT_EQ(table.stale_since_us, 0);
}

TEST_P(SnapshotRangesTest, ACrashGoesOnWithAnyNumberOfReaders) {
  constexpr uint64_t kRows = 4000;
  CreateItems(kRows);
  uint64_t reached = 0;
  for (const uint32_t ranges : {4U, 1U, 3U, 1U}) {
    StartInRanges(ranges);
    ASSERT_TRUE(AwaitReading(reached + 500));
    Crash();
    reached += 250;
  }
  StartInRanges(2);
  AwaitLive();
  ExpectEqual();
  EXPECT_EQ(Table("items").snapshot_rows, kRows) << "rows were read twice, or not counted";
}

TEST_P(SnapshotRangesTest, CrashesBesideTrafficEndEqual) {
  CreateItems(3000);
  {
    Traffic traffic(this, 3000);
    for (int round = 0; round < 4; ++round) {
      StartInRanges(round % 2 == 0 ? 4 : 2);
      ASSERT_TRUE(AwaitReading(static_cast<uint64_t>(300 * (round + 1))));
      Crash();
    }
    StartInRanges(3);
    AwaitLive();
  }
  ExpectEqual();
}

TEST_P(SnapshotRangesTest, StatementsXaAndCascadesAmidRangesEndEqual) {
  for (const char* statement :
       {"TRUNCATE TABLE items; REPLACE INTO items VALUES (5, 'after', 1.00, 1, NULL)",
        "DELETE FROM items WHERE id > 100", "ALTER TABLE items MODIFY name VARCHAR(70) NOT NULL",
        "XA START 'x'; UPDATE items SET stock = stock + 1 WHERE id % 3 = 0; XA END 'x'; XA PREPARE "
        "'x'; XA COMMIT 'x'",
        "DROP TABLE IF EXISTS others; CREATE TABLE others LIKE items; INSERT INTO others SELECT "
        "id, 'other', 1, 1, NULL FROM "
        "items WHERE id % 2 = 0; RENAME TABLE items TO gone, others TO items; DROP TABLE gone"}) {
    SCOPED_TRACE(statement);
    Stop();
    CreateItems(2500);
    {
      Traffic traffic(this, 2500);
      StartInRanges(4);
      ASSERT_TRUE(AwaitReading(300));
      // Once more where the traffic has it end in a deadlock.
      ASSERT_TRUE(Await([&] { return server_->Sql(statement, database_).ok(); }));
      const uint64_t by_now = traffic.written();
      EXPECT_TRUE(Await([&] { return traffic.written() >= by_now + 100; }));
    }
    AwaitLive();
    ExpectEqual();
    Sql("DROP TABLE items");
    EXPECT_TRUE(Await([&] { return engine_->View()->Find("items") == nullptr; }));
  }
}

TEST_P(SnapshotRangesTest, ChildrenThatGoWithTheirParentsAmidRangesStayGone) {
  CreateItems(1500);
  Sql("CREATE TABLE parents (id INT PRIMARY KEY); INSERT INTO parents SELECT id FROM items; ALTER "
      "TABLE items ADD COLUMN parent INT NULL; UPDATE items SET parent = 1501 - id; ALTER TABLE "
      "items ADD FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE");
  StartInRanges(4);
  std::thread removing([&] {
    const auto connection = ConnectHere();
    for (int id = 1; id <= 1500; id += 7) {
      EXPECT_OK(connection->Execute("DELETE FROM parents WHERE id = " + std::to_string(id)));
    }
  });
  removing.join();
  AwaitLive();
  const std::string count = Sql("SELECT COUNT(*) FROM items");
  EXPECT_TRUE(Await([&] { return std::to_string(Documents("items").size()) + "\n" == count; }))
      << Documents("items").size() << " documents of " << count;
}

TEST_P(SnapshotRangesTest, ATableThatIsReadAgainInRangesLosesWhatHasNoRow) {
  CreateItems(2000);
  StartInRanges(4);
  AwaitLive();
  ExpectEqual();
  Sql("SET SESSION binlog_format = 'STATEMENT'; DELETE FROM items WHERE id % 10 = 3");
  Sql("UPDATE items SET stock = 77 WHERE id % 10 = 4");
  ExpectEqual();
  EXPECT_TRUE(Await([&] { return Table("items").stale_since_us == 0; }));
  ASSERT_OK(supervisor_->ResyncTable("items", std::chrono::steady_clock::now() + kPatience));
  Sql("DELETE FROM items WHERE id % 10 = 5");
  EXPECT_TRUE(Await([&] { return Table("items").state == TableState::kLive; }));
  ExpectEqual();
}

// Of the two codes that some signs have in cp932, only one is what they are asked for by.
TEST_P(SnapshotRangesTest, KeysThatPrintAsOthersStopTheirTableAloneAndSaySo) {
  CreateItems(50);
  Sql("CREATE TABLE codes (k VARCHAR(4) CHARACTER SET cp932 COLLATE cp932_bin PRIMARY KEY); "
      "INSERT INTO codes VALUES (_cp932 x'FA4A')");
  StartWith([](pipeline::SupervisorOptions* options) { options->chunk_rows = 1; });
  ASSERT_TRUE(Await([&] { return Table("codes").state == TableState::kStopped; }));
  EXPECT_NE(Table("codes").error.find("does not compare as it prints"), std::string::npos)
      << Table("codes").error;
  ExpectEqual();
}

// No index has the order of a key of prefixes.
TEST_P(SnapshotRangesTest, KeysOfPrefixesAreReadWhole) {
  CreateItems(600);
  Sql("CREATE TABLE pages (k VARCHAR(60) CHARACTER SET utf8mb4, name VARCHAR(50), price "
      "DECIMAL(10,2), stock INT, note TEXT, PRIMARY KEY (k(20))); INSERT INTO pages SELECT "
      "CONCAT('page ', id, ' of many, and more than the key has'), name, price, stock, note FROM "
      "items");
  StartInRanges(3);
  AwaitLive();
  EXPECT_EQ(Table("pages").snapshot_rows, 600U);
  EXPECT_EQ(Documents("pages").size(), 600U);
}

INSTANTIATE_TEST_SUITE_P(Servers, SnapshotRangesTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const ::testing::TestParamInfo<ServerFlavor>& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
