// Tables that are rebuilt beside the index that answers: by a resync, a statement, other rules. Whoever searches finds all of the old
// generation or all of the new one.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include "sync/mapper/mapping_rules.h"
#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/fault_scope.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using pipeline::SyncState;
using pipeline::TableState;

class ResyncTest : public PipelineFixture {
 protected:
  void StartInSmallChunks(std::string_view rules = "") {
    StartWith([&](pipeline::SupervisorOptions* options) {
      options->chunk_rows = 50;
      options->commit_interval = std::chrono::milliseconds(20);
      if (!rules.empty()) {
        auto parsed = mapper::MappingRules::Parse(rules);
        ASSERT_OK(parsed);
        options->mapping.rules =
            std::make_shared<const mapper::MappingRules>(std::move(parsed).value());
      }
    });
  }
  std::unique_ptr<mysql::Connection> ConnectHere() {
    auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    EXPECT_OK(connection);
    return std::move(*connection);
  }
  Result<pipeline::Resync> Resync(const std::string& table = "items") {
    return supervisor_->ResyncTable(table, std::chrono::steady_clock::now() + kPatience);
  }
  index::IndexId IdOf(const std::string& index = "items") const {
    const auto view = engine_->View();
    const index::IndexView* found = view->Find(index);
    return found == nullptr ? index::IndexId{} : found->id;
  }
  size_t AllIndices() const { return engine_->View()->indices().size(); }
  void AwaitRebuilt(const std::string& table = "items") {
    EXPECT_TRUE(Await([&] { return Table(table).state == TableState::kLive; }))
        << Table(table).error << supervisor_->status().error;
    EXPECT_EQ(Table(table).rebuilding_since_us, 0);
    EXPECT_EQ(Table(table).stale_since_us, 0) << Table(table).stale_why;
  }

  // From now on until the end of its life looks at every view that it gets: how many documents the index has, and the sum of their stock.
  class Reader {
   public:
    Reader(const index::Engine* engine, uint64_t documents, int64_t stock)
        : thread_([=, this](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
              const auto view = engine->View();
              const index::IndexView* const items = view->Find("items");
              if (items == nullptr || items->live_docs() != documents || StockOf(*items) != stock) {
                ++wrong_;
              }
              ++looks_;
              std::this_thread::yield();
            }
          }) {}
    void ExpectNothingWrong() {
      thread_.request_stop();
      thread_.join();
      EXPECT_GT(looks_, 0U);
      EXPECT_EQ(wrong_, 0U) << "of " << looks_ << " looks";
    }

   private:
    static int64_t StockOf(const index::IndexView& items) {
      const mapping::Field* const field = items.mapping->Find("stock");
      int64_t sum = 0;
      for (const auto& segment : items.segments) {
        const index::NumberPages* const column = segment->Column(field->id);
        for (index::DocId doc = 0; column != nullptr && doc < segment->max_doc(); ++doc) {
          sum += segment->IsLive(doc) ? column->Get(doc).value_or(0) : 0;
        }
      }
      return sum;
    }

    std::atomic<uint64_t> looks_{0};
    std::atomic<uint64_t> wrong_{0};
    std::jthread thread_;
  };

  // Transactions that leave the number of rows and the sum of their stock as they are.
  class Load {
   public:
    Load(std::unique_ptr<mysql::Connection> connection, int rows, uint64_t seed)
        : connection_(std::move(connection)), thread_([this, rows, seed](const std::stop_token& s) {
            std::mt19937_64 random(seed);
            while (!s.stop_requested()) {
              // A row has its number for an id, or that below 0.
              const std::string from = std::to_string(random() % rows + 1);
              const std::string to = std::to_string(random() % rows + 1);
              const std::string is_from = " WHERE id IN (" + from + ", -" + from + ")";
              Run("BEGIN");
              Run("UPDATE items SET stock = stock - 1, name = 'a" + from + "'" + is_from);
              Run("UPDATE items SET stock = stock + 1 WHERE id IN (" + to + ", -" + to + ")");
              if (random() % 4 == 0) {
                Run("UPDATE items SET id = -id" + is_from);
              }
              Run("COMMIT");
              ++transactions_;
            }
          }) {}
    uint64_t transactions() const { return transactions_; }
    void Stop() {
      thread_.request_stop();
      thread_.join();
    }

   private:
    void Run(const std::string& sql) { EXPECT_OK(connection_->Execute(sql)) << sql; }

    const std::unique_ptr<mysql::Connection> connection_;
    std::atomic<uint64_t> transactions_{0};
    std::jthread thread_;
  };
};

TEST_P(ResyncTest, UnderLoadEveryAnswerIsRightFromTheMomentItBegins) {
  constexpr int kRows = 3000;
  CreateItems(kRows);
  Sql("UPDATE items SET stock = 10");
  StartInSmallChunks();
  AwaitLive();
  ExpectEqual();
  const auto before = IdOf();
  Load load(ConnectHere(), kRows, 7);
  Reader reader(engine_.get(), kRows, kRows * 10);
  for (int round = 0; round < 3; ++round) {
    const auto now = IdOf();
    const auto begun = Resync();
    ASSERT_OK(begun);
    EXPECT_EQ(begun->table, database_ + ".items");
    EXPECT_TRUE(begun->beside);
    EXPECT_TRUE(begun->is_fed);
    AwaitRebuilt();
    EXPECT_NE(IdOf(), now);
    const uint64_t transactions = load.transactions();
    EXPECT_TRUE(Await([&] { return load.transactions() > transactions + 5; }));
  }
  load.Stop();
  ExpectEqual();
  reader.ExpectNothingWrong();
  EXPECT_NE(IdOf(), before);
  EXPECT_EQ(AllIndices(), 1U);
  Stop();
  Sql("DELETE FROM items WHERE id = 9");
  Start();
  AwaitLive();
  ExpectEqual();
}

TEST_P(ResyncTest, WhileItIsBuiltTheOldGenerationFollowsTheTable) {
  CreateItems(300);
  StartInSmallChunks();
  AwaitLive();
  const auto before = IdOf();
  const auto lock = ConnectHere();
  ASSERT_OK(lock->Execute("LOCK TABLES items WRITE"));  // nobody else reads it
  ASSERT_OK(Resync());
  EXPECT_EQ(Table("items").state, TableState::kRebuilding);
  EXPECT_NE(Table("items").rebuilding_since_us, 0);
  EXPECT_EQ(Table("items").stale_since_us, 0);
  EXPECT_EQ(supervisor_->status().state, SyncState::kLive);
  EXPECT_STATUS(Resync(), kAborted);
  EXPECT_STATUS(Resync("nothing"), kNotFound);
  ASSERT_OK(lock->Execute("UPDATE items SET name = 'new' WHERE id = 5"));
  ASSERT_OK(lock->Execute("DELETE FROM items WHERE id > 100"));
  ASSERT_OK(lock->Execute("INSERT INTO items VALUES (1000, 'more', 1.00, 1, NULL)"));
  EXPECT_TRUE(Await([&] {
    const auto documents = Documents("items");
    return documents.size() == 101 && documents.count("1000") == 1 &&
           documents.at("5").find("\"name\":\"new\"") != std::string::npos;
  }));
  EXPECT_EQ(IdOf(), before);
  EXPECT_EQ(AllIndices(), 2U);
  ASSERT_OK(lock->Execute("UNLOCK TABLES"));
  AwaitRebuilt();
  ExpectEqual();
  EXPECT_NE(IdOf(), before);
  EXPECT_EQ(AllIndices(), 1U);
}

TEST_P(ResyncTest, WhatTheStreamDidNotShowIsPutRight) {
  CreateItems(300);
  StartInSmallChunks();
  AwaitLive();
  Sql("SET sql_log_bin = 0; DELETE FROM items WHERE id > 200; UPDATE items SET name = 'x' WHERE id "
      "= 7; INSERT INTO items VALUES (900, 'unseen', 1.00, 1, NULL)");
  Sql("UPDATE items SET stock = 77 WHERE id = 1");
  EXPECT_TRUE(
      Await([&] { return Documents("items").at("1").find("\"stock\":77") != std::string::npos; }));
  EXPECT_EQ(Documents("items").size(), 300U);
  ASSERT_OK(Resync(database_ + ".items"));
  AwaitRebuilt();
  ExpectEqual();
}

TEST_P(ResyncTest, ACrashInTheMiddleGoesOn) {
  CreateItems(2000);
  StartInSmallChunks();
  AwaitLive();
  auto lock = ConnectHere();
  ASSERT_OK(lock->Execute("LOCK TABLES items WRITE"));
  ASSERT_OK(Resync());
  const auto before = IdOf();
  Crash();
  StartInSmallChunks();
  EXPECT_TRUE(Await([&] { return Table("items").state == TableState::kRebuilding; }));
  EXPECT_EQ(IdOf(), before);
  EXPECT_EQ(AllIndices(), 2U);
  EXPECT_EQ(Documents("items").size(), 2000U);
  ASSERT_OK(lock->Execute("UPDATE items SET stock = 3 WHERE id % 2 = 0"));
  ASSERT_OK(lock->Execute("UNLOCK TABLES"));
  AwaitRebuilt();
  EXPECT_NE(IdOf(), before);
  ExpectEqual();
  EXPECT_EQ(AllIndices(), 1U);
}

TEST_P(ResyncTest, EqualityAfterCrashesAtAnyTime) {
  CreateItems(2000);
  StartInSmallChunks();
  AwaitLive();
  std::mt19937_64 random(13);
  for (int round = 0; round < 8; ++round) {
    if (Table("items").state != TableState::kRebuilding) {
      ASSERT_OK(Resync());
    }
    const char* const images[] = {"FULL", "MINIMAL", "NOBLOB"};
    for (uint64_t i = random() % 20; i > 0; --i) {
      const std::string id = std::to_string(1 + random() % 2000);
      Sql("SET SESSION binlog_row_image = '" + std::string(images[random() % 3]) +
          "'; UPDATE items SET stock = stock + 1, price = price + 1 WHERE id = " + id +
          "; DELETE FROM items WHERE id = " + id +
          " + 1; INSERT INTO items (name, price, stock) VALUES ('round " + std::to_string(round) +
          "', 1.00, 1)");
    }
    const uint64_t rows = random() % 2000;
    EXPECT_TRUE(Await([&] {
      return Table("items").state == TableState::kLive || Table("items").snapshot_rows >= rows;
    }));
    Crash();
    StartInSmallChunks();
    EXPECT_TRUE(Await([&] { return !Table("items").table.empty(); }));
    EXPECT_GE(Documents("items").size(), 1900U) << "searches saw less than a whole generation";
  }
  AwaitRebuilt();
  ExpectEqual();
  EXPECT_EQ(AllIndices(), 1U);
}

TEST_P(ResyncTest, ATruncationInTheMiddleEmptiesBothAndIsFollowed) {
  CreateItems(500);
  StartInSmallChunks();
  AwaitLive();
  const auto before = IdOf();
  const auto lock = ConnectHere();
  ASSERT_OK(lock->Execute("LOCK TABLES items WRITE"));
  ASSERT_OK(Resync());
  ASSERT_OK(lock->Execute("TRUNCATE TABLE items"));
  ASSERT_OK(lock->Execute("INSERT INTO items VALUES (3, 'three', 1.00, 1, NULL)"));
  ASSERT_OK(lock->Execute("INSERT INTO items VALUES (700, 'seven', 1.00, 1, NULL)"));
  ASSERT_OK(lock->Execute("UPDATE items SET stock = 9 WHERE id = 3"));
  EXPECT_TRUE(Await([&] {
    const auto documents = Documents("items");
    return documents.size() == 2 && documents.count("700") == 1 &&
           documents.at("3").find("\"stock\":9") != std::string::npos;
  }));
  EXPECT_EQ(Table("items").state, TableState::kRebuilding);
  EXPECT_EQ(Table("items").stale_since_us, 0) << "nothing was passed over";
  EXPECT_EQ(IdOf(), before);
  ASSERT_OK(lock->Execute("UNLOCK TABLES"));
  AwaitRebuilt();
  ExpectEqual();
  EXPECT_NE(IdOf(), before);
}

TEST_P(ResyncTest, AnotherShapeInTheMiddleBeginsAnewAndTheOldGenerationAnswersOn) {
  CreateItems(500);
  StartInSmallChunks();
  AwaitLive();
  const auto before = IdOf();
  Sql("UPDATE items SET stock = 10");
  ExpectEqual();
  Reader reader(engine_.get(), 500, 5000);
  const auto lock = ConnectHere();
  ASSERT_OK(lock->Execute("LOCK TABLES items WRITE"));
  ASSERT_OK(Resync());
  ASSERT_OK(lock->Execute("ALTER TABLE items ADD COLUMN color VARCHAR(10) NOT NULL DEFAULT 'red'"));
  // Between two generations the table stands still for a moment, stale but not yet rebuilt.
  EXPECT_TRUE(Await([&] {
    const auto table = Table("items");
    return table.stale_since_us != 0 && table.state == TableState::kRebuilding;
  }));
  EXPECT_NE(Table("items").rebuilding_why.find("ALTER TABLE"), std::string::npos)
      << Table("items").rebuilding_why;
  EXPECT_NE(supervisor_->WhyBehind("items"), "");
  EXPECT_EQ(IdOf(), before);
  EXPECT_EQ(AllIndices(), 2U);
  ASSERT_OK(lock->Execute("UNLOCK TABLES"));
  AwaitRebuilt();
  EXPECT_NE(IdOf(), before);
  EXPECT_EQ(AllIndices(), 1U);
  reader.ExpectNothingWrong();
  EXPECT_NE(Documents("items").at("7").find("\"color\":\"red\""), std::string::npos);
  Sql("ALTER TABLE items DROP COLUMN color");
  ExpectEqual();
}

// As gh-ost and pt-online-schema-change end.
TEST_P(ResyncTest, ASwappedTableOfAnotherShapeIsBuiltBesideTheOldOne) {
  CreateItems(500);
  Sql("UPDATE items SET stock = 10");
  StartInSmallChunks();
  AwaitLive();
  Reader reader(engine_.get(), 500, 5000);
  Sql("CREATE TABLE _items_gho LIKE items; ALTER TABLE _items_gho MODIFY name VARCHAR(200) NOT "
      "NULL, ADD COLUMN size BIGINT NOT NULL DEFAULT 4; INSERT INTO _items_gho SELECT items.*, 4 "
      "FROM items; RENAME TABLE items TO _items_del, _items_gho TO items");
  EXPECT_TRUE(Await([&] {
    const auto documents = Documents("items");
    return documents.at("7").find("\"size\":4") != std::string::npos;
  }));
  reader.ExpectNothingWrong();
  AwaitRebuilt();
}

TEST_P(ResyncTest, OtherRulesAtAStartLeaveTheOldAnswersUntilTheNewOnesAreThere) {
  CreateItems(400);
  StartInSmallChunks();
  AwaitLive();
  Stop();
  const auto lock = ConnectHere();
  ASSERT_OK(lock->Execute("LOCK TABLES items WRITE"));
  StartInSmallChunks(
      R"json([{"table":"items","include":["id","name"],"fields":{"name":{"type":"keyword"}}}])json");
  EXPECT_TRUE(Await([&] { return Table("items").state == TableState::kRebuilding; }));
  EXPECT_EQ(Documents("items").size(), 400U);
  EXPECT_NE(Documents("items").at("7").find("\"stock\""), std::string::npos);
  EXPECT_NE(Table("items").stale_why.find("rules"), std::string::npos);
  ASSERT_OK(lock->Execute("UNLOCK TABLES"));
  AwaitRebuilt();
  EXPECT_EQ(Documents("items").size(), 400U);
  EXPECT_EQ(Documents("items").at("7").find("\"stock\""), std::string::npos);
  EXPECT_EQ(AllIndices(), 1U);
}

TEST_P(ResyncTest, ATableThatCannotBeReadKeepsItsIndexAndIsFollowedAsBefore) {
  CreateItems(300);
  StartInSmallChunks();
  AwaitLive();
  const auto before = IdOf();
  const auto lock = ConnectHere();
  ASSERT_OK(lock->Execute("LOCK TABLES items WRITE"));
  ASSERT_OK(Resync());
  ASSERT_OK(lock->Execute("SET sql_log_bin = 0"));
  ASSERT_OK(lock->Execute("ALTER TABLE items CHANGE note note2 TEXT NULL"));
  ASSERT_OK(lock->Execute("UNLOCK TABLES"));
  EXPECT_TRUE(Await([&] { return Table("items").state == TableState::kLive; }));
  EXPECT_NE(Table("items").error.find("given up"), std::string::npos) << Table("items").error;
  EXPECT_EQ(IdOf(), before);
  EXPECT_TRUE(Await([&] { return AllIndices() == 1; }));
  ASSERT_OK(lock->Execute("ALTER TABLE items CHANGE note2 note TEXT NULL"));
  Sql("UPDATE items SET stock = 4 WHERE id < 50; DELETE FROM items WHERE id = 60");
  ExpectEqual();
  ASSERT_OK(Resync());
  AwaitRebuilt();
  EXPECT_EQ(Table("items").error, "");
  ExpectEqual();
}

TEST_P(ResyncTest, ATableThatCannotBeMadeAnewIsStoppedAndNotTakenForLive) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "no fault points";
  }
  CreateItems(100);
  StartInSmallChunks();
  AwaitLive();
  // Another shape, of which the stream does not tell: only the resync meets it.
  ASSERT_OK(server_->Sql("SET sql_log_bin = 0; ALTER TABLE items ADD COLUMN color INT DEFAULT 7",
                         database_));
  {
    const FaultScope faults("catalog.make_index=error@1");
    EXPECT_STATUS(Resync(), kInvalidArgument);
  }
  EXPECT_EQ(Table("items").state, TableState::kStopped);
  EXPECT_EQ(Table("items").code, change::StopCode::kResyncFailed);
  EXPECT_NE(Table("items").error.find("binseek resync"), std::string::npos);
  Sql("UPDATE items SET stock = 4 WHERE id < 50");
  Stop();
  StartInSmallChunks();
  AwaitLive();
  EXPECT_EQ(Table("items").state, TableState::kStopped) << "its rows since are not in the index";
  ASSERT_OK(Resync());
  AwaitRebuilt();
  const std::string row = Documents("items").at("7");
  EXPECT_NE(row.find("\"stock\":4"), std::string::npos) << row;
  EXPECT_NE(row.find("\"color\":7"), std::string::npos) << row;
}

TEST_P(ResyncTest, ATableThatGoesTakesBothGenerationsAlong) {
  CreateItems(300);
  StartInSmallChunks();
  AwaitLive();
  const auto lock = ConnectHere();
  ASSERT_OK(lock->Execute("LOCK TABLES items WRITE"));
  ASSERT_OK(Resync());
  ASSERT_OK(lock->Execute("DROP TABLE items"));
  EXPECT_TRUE(Await([&] { return AllIndices() == 0; }));
  ASSERT_OK(lock->Execute("UNLOCK TABLES"));
}

TEST_P(ResyncTest, ATableOfASharedIndexIsReadAgainInPlace) {
  for (const char* shard : {"1", "2"}) {
    Sql(std::string("CREATE TABLE orders_") + shard + " (id INT PRIMARY KEY, note VARCHAR(20));" +
        "INSERT INTO orders_" + shard + " VALUES (1, 'a'), (2, 'b')");
  }
  StartInSmallChunks(R"json([{"table":"orders_%","index":"orders","id":["table","key"]}])json");
  AwaitLive();
  const auto before = IdOf("orders");
  Sql("SET sql_log_bin = 0; DELETE FROM orders_1 WHERE id = 1; DELETE FROM orders_2 WHERE id = 1");
  const auto begun = Resync("orders_1");
  ASSERT_OK(begun);
  EXPECT_FALSE(begun->beside);
  AwaitRebuilt("orders_1");
  EXPECT_EQ(IdOf("orders"), before);
  const auto documents = Documents("orders");
  EXPECT_EQ(documents.count("orders_1:1"), 0U);
  EXPECT_EQ(documents.count("orders_1:2"), 1U);
  EXPECT_EQ(documents.size(), 3U) << "the other table's are as they were";
}

TEST_P(ResyncTest, WhatForeignKeysDeleteGoesFromBothGenerations) {
  Sql("CREATE TABLE parents (id INT PRIMARY KEY); CREATE TABLE items (id INT PRIMARY KEY, stock "
      "INT, "
      "parent INT, FOREIGN KEY (parent) REFERENCES parents (id) ON DELETE CASCADE)");
  std::string parents = "INSERT INTO parents VALUES (0)";
  std::string items = "INSERT INTO items VALUES (0, 1, 0)";
  for (int i = 1; i < 400; ++i) {
    parents += ", (" + std::to_string(i) + ")";
    items += ", (" + std::to_string(i) + ", 1, " + std::to_string(i % 200) + ")";
  }
  Sql(parents + ";" + items);
  StartInSmallChunks();
  AwaitLive();
  const auto ids = [&] {
    std::string all;
    for (const auto& [id, source] : Documents("items")) {
      all += id + "\n";
    }
    return all;
  };
  const auto expected = [&] { return Sql("SELECT id FROM items ORDER BY CAST(id AS CHAR)"); };
  for (int parent = 0; parent < 60; ++parent) {
    if (parent % 20 == 0) {
      ASSERT_OK(Resync());
    }
    Sql("DELETE FROM parents WHERE id = " + std::to_string(parent));
    const std::string rows = expected();
    EXPECT_TRUE(Await([&] { return ids() == rows; })) << parent;
    EXPECT_TRUE(parent % 20 != 19 ||
                Await([&] { return Table("items").state == TableState::kLive; }));
  }
  const std::string rows = expected();
  EXPECT_EQ(ids(), rows);
}

INSTANTIATE_TEST_SUITE_P(Servers, ResyncTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
