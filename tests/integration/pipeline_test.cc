// The whole road from a real server's tables to the engine's documents: snapshot, stream, restarts, crashes, DDL.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using pipeline::SyncState;
using pipeline::TableState;

class PipelineTest : public PipelineFixture {};

TEST_P(PipelineTest, EveryRowOfATableBecomesADocument) {
  CreateItems(1234);
  Start();
  AwaitLive();
  ExpectEqual();
  EXPECT_EQ(Documents("items").size(), 1234U);
  EXPECT_EQ(Table("items").state, TableState::kLive);
  EXPECT_EQ(Table("items").snapshot_rows, 1234U);
}

TEST_P(PipelineTest, InsertsUpdatesAndDeletesArriveWithin100Milliseconds) {
  CreateItems(50);
  Start();
  AwaitLive();
  auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
  ASSERT_OK(connection);
  std::vector<std::chrono::microseconds> times;
  for (int i = 1; i <= 21; ++i) {
    const std::string price = std::to_string(1000 + i) + ".25";
    ASSERT_OK(
        (*connection)
            ->Execute("UPDATE items SET price = " + price + " WHERE id = " + std::to_string(i)));
    const auto committed = std::chrono::steady_clock::now();
    ASSERT_TRUE(Await(
        [&] { return Documents("items")[std::to_string(i)].find(price) != std::string::npos; }));
    times.push_back(std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - committed));
  }
  std::sort(times.begin(), times.end());
  EXPECT_LT(times[times.size() / 2], std::chrono::milliseconds(100));
  Sql("INSERT INTO items (name, price, stock) VALUES ('new 新品', 1.00, 2); DELETE FROM items "
      "WHERE id < 10;"
      "UPDATE items SET id = 777 WHERE id = 20; UPDATE items SET note = 'text', name = 'renamed' "
      "WHERE id = 30");
  ExpectEqual();
}

TEST_P(PipelineTest, ASnapshotBesideTrafficEndsEqual) {
  CreateItems(3000);
  std::atomic<bool> stop{false};
  std::atomic<int> changes{0};
  std::thread traffic([&] {
    auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    ASSERT_OK(connection);
    std::mt19937_64 random(7);
    while (!stop) {
      const std::string id = std::to_string(1 + random() % 3000);
      switch (random() % 5) {
        case 0:
          EXPECT_OK((*connection)->Execute("DELETE FROM items WHERE id = " + id));
          break;
        case 1:
          EXPECT_OK(
              (*connection)
                  ->Execute("REPLACE INTO items VALUES (" + id + ", 'again', 5.00, 5, NULL)"));
          break;
        case 2:
          EXPECT_OK((*connection)
                        ->Execute("UPDATE items SET name = CONCAT('n', stock) WHERE id = " + id));
          break;
        default:
          EXPECT_OK(
              (*connection)
                  ->Execute("UPDATE items SET price = price + 1, stock = stock + 1 WHERE id = " +
                            id));
      }
      ++changes;
    }
  });
  StartWith([](pipeline::SupervisorOptions* options) { options->chunk_rows = 20; });
  EXPECT_TRUE(supervisor_->WaitUntilLive(kPatience));
  EXPECT_TRUE(Await([&, at_least = changes + 200] { return changes >= at_least; }));
  stop = true;
  traffic.join();
  ExpectEqual();
}

TEST_P(PipelineTest, WholeTransactions) {
  CreateItems(10);
  Sql("CREATE TABLE boxes LIKE items; INSERT INTO boxes SELECT * FROM items; UPDATE items SET "
      "stock = 500; "
      "UPDATE boxes SET stock = 500");
  Start();
  AwaitLive();
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
  std::atomic<bool> stop{false};
  std::thread transfers([&] {
    auto connection = mysql::Connection::Open(*mysql::ParseMysqlUrl(server_->url(database_)));
    ASSERT_OK(connection);
    for (int i = 0; i < 300 && !stop; ++i) {
      const std::string amount = std::to_string(i % 7 + 1);
      EXPECT_OK((*connection)->Execute("BEGIN"));
      EXPECT_OK((*connection)
                    ->Execute("UPDATE items SET stock = stock - " + amount +
                              " WHERE id = " + std::to_string(i % 10 + 1)));
      EXPECT_OK((*connection)
                    ->Execute("UPDATE boxes SET stock = stock + " + amount +
                              " WHERE id = " + std::to_string(i % 9 + 1)));
      EXPECT_OK((*connection)->Execute("COMMIT"));
    }
    stop = true;
  });
  uint64_t views = 0;
  while (!stop) {
    const auto view = engine_->View();
    int64_t sum = 0;
    for (const char* name : {"items", "boxes"}) {
      const index::IndexView* index = view->Find(name);
      const auto field = index->mapping->Find("stock")->id;
      for (const auto& segment : index->segments) {
        for (index::DocId doc = 0; doc < segment->max_doc(); ++doc) {
          sum += segment->IsLive(doc) ? segment->Column(field)->Get(doc).value_or(0) : 0;
        }
      }
    }
    ASSERT_EQ(sum, 10'000) << "a transfer was seen half";
    ++views;
  }
  transfers.join();
  EXPECT_GT(views, 100U);
  ExpectEqual();
  ExpectEqual("boxes", "boxes");
}

TEST_P(PipelineTest, ARestartGoesOnFromTheCommittedPosition) {
  CreateItems(300);
  Start();
  AwaitLive();
  Stop();
  Sql("UPDATE items SET price = 9.99 WHERE id % 7 = 0; DELETE FROM items WHERE id % 11 = 0; "
      "INSERT INTO items (name, price, stock) VALUES ('while away', 3.00, 4)");
  Start();
  AwaitLive();
  ExpectEqual();
  EXPECT_EQ(Table("items").snapshot_rows, 300U) << "the table was read again";
}

TEST_P(PipelineTest, TheFirstTransactionAfterARestartIsApplied) {
  CreateItems(30);
  for (int round = 1; round <= 3; ++round) {
    Start();
    AwaitLive();
    Sql("UPDATE items SET stock = 1000 + " + std::to_string(round) + " WHERE id = 7");
    ExpectEqual();
    Stop();
  }
}

TEST_P(PipelineTest, WhatIsLiveIsNotTakenBackByACrash) {
  CreateItems(500);
  StartWith([](pipeline::SupervisorOptions* options) {
    options->commit_interval = std::chrono::hours(1);
  });
  AwaitLive();
  Crash();
  StartWith([](pipeline::SupervisorOptions* options) { options->exclude = {"nothing"}; });
  EXPECT_EQ(Documents("items").size(), 500U);
  AwaitLive();
  ExpectEqual();
}

TEST_P(PipelineTest, EqualityAfterCrashesAtAnyTime) {
  CreateItems(2000);
  std::mt19937_64 random(11);
  for (int round = 0; round < 8; ++round) {
    StartWith([](pipeline::SupervisorOptions* options) {
      options->chunk_rows = 50;
      options->commit_interval = std::chrono::milliseconds(5);
    });
    for (uint64_t i = random() % 20; i > 0; --i) {
      const std::string id = std::to_string(1 + random() % 2000);
      Sql("UPDATE items SET stock = stock + 1, price = price + 1 WHERE id = " + id +
          "; DELETE FROM items WHERE id = " + id +
          " + 1; INSERT INTO items (name, price, stock) VALUES ('round " + std::to_string(round) +
          "', 1.00, 1)");
    }
    Crash();
  }
  Start();
  AwaitLive();
  ExpectEqual();
}

TEST_P(PipelineTest, ATableThatChangesShapeIsReadAgain) {
  CreateItems(200);
  Start();
  AwaitLive();
  Sql("ALTER TABLE items ADD COLUMN color VARCHAR(10) NOT NULL DEFAULT 'red'; UPDATE items SET "
      "color = 'blue' WHERE id = 5");
  ASSERT_TRUE(Await([&] {
    const auto documents = Documents("items");
    return documents.size() == 200 &&
           documents.at("5").find("\"color\":\"blue\"") != std::string::npos &&
           documents.at("6").find("\"color\":\"red\"") != std::string::npos;
  }));
  Sql("ALTER TABLE items DROP COLUMN color, ADD INDEX (stock)");
  ExpectEqual();
  Sql("RENAME TABLE items TO goods");
  ASSERT_TRUE(Await([&] { return engine_->View()->Find("items") == nullptr; }));
  ExpectEqual("goods", "goods");
}

TEST_P(PipelineTest, TablesComeAndGo) {
  CreateItems(20);
  Start();
  AwaitLive();
  Sql("CREATE TABLE later LIKE items; INSERT INTO later SELECT * FROM items; UPDATE later SET "
      "stock = 1");
  ExpectEqual("later", "later");
  Sql("TRUNCATE TABLE later; INSERT INTO later VALUES (1, 'one', 1.00, 1, NULL)");
  ExpectEqual("later", "later");
  Sql("DROP TABLE later");
  EXPECT_TRUE(Await([&] { return engine_->View()->Find("later") == nullptr; }));
  ExpectEqual();
}

TEST_P(PipelineTest, StatementsThatChangeRowsButNotTheShapeAreFollowed) {
  CreateItems(50);
  Start();
  AwaitLive();
  const auto index = engine_->View()->Find("items")->id;
  for (const char* statement :
       {"ALTER TABLE items DROP COLUMN note, ADD COLUMN note TEXT NULL DEFAULT ('again')",
        "ALTER TABLE items MODIFY note TEXT NULL"}) {
    Sql(statement);
    Sql("UPDATE items SET stock = stock + 1 WHERE id = 3");
    ExpectEqual();
  }
  EXPECT_EQ(engine_->View()->Find("items")->id, index) << "searches saw it empty";
}

TEST_P(PipelineTest, NoResurrectionByATruncationDuringASnapshot) {
  for (int round = 0; round < 4; ++round) {
    Stop();
    CreateItems(2000);
    StartWith([&](pipeline::SupervisorOptions* options) { options->chunk_rows = 20; });
    EXPECT_TRUE(
        Await([&] { return Table("items").snapshot_rows > static_cast<uint64_t>(200 * round); }));
    Sql("TRUNCATE TABLE items; INSERT INTO items VALUES (5, 'after', 1.00, 1, NULL)");
    AwaitLive();
    ExpectEqual();
    EXPECT_EQ(Table("items").error, "");
    Sql("DROP TABLE items");
    EXPECT_TRUE(Await([&] { return engine_->View()->Find("items") == nullptr; }));
  }
}

TEST_P(PipelineTest, ATableReplacedByASelectHasItsRowsAndNoOthers) {
  CreateItems(20);
  Start();
  AwaitLive();
  if (GetParam() == ServerFlavor::kMariadb) {
    Sql("CREATE TABLE source SELECT id, name, price, stock + 1 AS stock, note FROM items WHERE id "
        "< 9;"
        "CREATE OR REPLACE TABLE items (PRIMARY KEY (id)) SELECT * FROM source");
    Sql("DELETE FROM items WHERE id = 4");
    ExpectEqual();
  }
  Sql("CREATE TABLE copies (PRIMARY KEY (id)) SELECT * FROM items; DELETE FROM copies WHERE id = "
      "2");
  ExpectEqual("copies", "copies");
  AwaitLive();
}

TEST_P(PipelineTest, ADroppedDatabaseTakesItsIndicesAlong) {
  CreateItems(20);
  Start();
  AwaitLive();
  Sql("DROP DATABASE " + database_);
  EXPECT_TRUE(Await([&] { return engine_->View()->Find("items") == nullptr; }));
  ASSERT_OK(server_->Sql("CREATE DATABASE " + database_));
  CreateItems(7);
  ExpectEqual();
}

TEST_P(PipelineTest, ColumnsThatAreHiddenShiftNoOther) {
  if (GetParam() != ServerFlavor::kMysql9) {
    GTEST_SKIP() << "MariaDB has no keys of its own making, nor keys over expressions";
  }
  Sql("CREATE TABLE by_expression (id INT PRIMARY KEY, a INT, b VARCHAR(10), KEY ((a + 1)), KEY "
      "((CAST(b AS CHAR(5)))), c INT INVISIBLE DEFAULT 4, d INT);"
      "SET SESSION sql_generate_invisible_primary_key = ON; CREATE TABLE keyed_by_server (a INT)");
  Start();
  AwaitLive();
  Sql("INSERT INTO by_expression (id, a, b, d) VALUES (1, 2, 'x', 9);"
      "INSERT INTO keyed_by_server (a) VALUES (5), (6); UPDATE keyed_by_server SET a = 7 WHERE a = "
      "6");
  const auto expect = [&](const std::string& index,
                          const std::map<std::string, std::string>& expected) {
    if (!Await([&] { return Documents(index) == expected; })) {
      EXPECT_EQ(Documents(index), expected) << supervisor_->status().error;
    }
  };
  expect("by_expression", {{"1", R"({"id":1,"a":2,"b":"x","c":4,"d":9})"}});
  expect("keyed_by_server", {{"1", R"({"my_row_id":1,"a":5})"}, {"2", R"({"my_row_id":2,"a":7})"}});
}

// Its rows are told apart by what the server itself takes in images of a row's key alone: the first such key that is declared.
TEST_P(PipelineTest, AUniqueKeyDoesWhereThereIsNoPrimaryOne) {
  Sql("CREATE TABLE codes (v INT, region INT NOT NULL, code VARCHAR(20) COLLATE utf8mb4_bin NOT "
      "NULL, ean INT NOT NULL, maybe INT, UNIQUE KEY z_first (region, code), UNIQUE KEY a_second "
      "(ean), UNIQUE KEY (maybe));"
      "INSERT INTO codes VALUES (1, 1, 'a', 10, NULL), (2, 1, 'b', 20, NULL)");
  const auto row = [](int v, int region, const std::string& code, int ean) {
    return "{\"v\":" + std::to_string(v) + ",\"region\":" + std::to_string(region) +
           ",\"code\":\"" + code + "\",\"ean\":" + std::to_string(ean) + ",\"maybe\":null}";
  };
  const auto expect = [&](const std::map<std::string, std::string>& expected) {
    if (!Await([&] { return Documents("codes") == expected; })) {
      EXPECT_EQ(Documents("codes"), expected) << supervisor_->status().error;
    }
  };
  Start();
  AwaitLive();
  expect({{"1:a", row(1, 1, "a", 10)}, {"1:b", row(2, 1, "b", 20)}});
  Sql("UPDATE codes SET v = 7 WHERE code = 'a'; UPDATE codes SET code = 'c' WHERE code = 'b';"
      "INSERT INTO codes VALUES (3, 2, 'a', 30, NULL)");
  expect({{"1:a", row(7, 1, "a", 10)}, {"1:c", row(2, 1, "c", 20)}, {"2:a", row(3, 2, "a", 30)}});
  Sql("SET SESSION binlog_row_image = 'MINIMAL'; UPDATE codes SET v = 8 WHERE code = 'c'; DELETE "
      "FROM codes WHERE ean = 10; UPDATE codes SET region = 9 WHERE ean = 30");
  expect({{"1:c", row(8, 1, "c", 20)}, {"9:a", row(3, 9, "a", 30)}});
}

TEST_P(PipelineTest, ATableWithoutAKeyStopsAloneAndSaysHowToMendIt) {
  CreateItems(20);
  Sql("CREATE TABLE heap (a INT); CREATE TABLE UPPER (id INT PRIMARY KEY)");
  Start();
  AwaitLive();
  ExpectEqual();
  EXPECT_EQ(Table("heap").state, TableState::kStopped);
  EXPECT_EQ(Table("heap").code, change::StopCode::kTableKeyMissing);
  EXPECT_NE(Table("heap").error.find("ADD PRIMARY KEY"), std::string::npos) << Table("heap").error;
  EXPECT_EQ(Table("UPPER").index, "upper");
  EXPECT_TRUE(supervisor_->OwnsIndex("items"));
  EXPECT_FALSE(supervisor_->OwnsIndex("heap"));
  Sql("ALTER TABLE heap ADD PRIMARY KEY (a); INSERT INTO heap VALUES (7)");
  EXPECT_TRUE(Await([&] { return Documents("heap").count("7") == 1; }));
}

TEST_P(PipelineTest, TwoTablesOfOneIndexNameAreReported) {
  if (Sql("SELECT @@lower_case_table_names") != "0\n") {
    GTEST_SKIP() << "the server folds table names";
  }
  Sql("CREATE TABLE Shoes (id INT PRIMARY KEY); CREATE TABLE shoes (id INT PRIMARY KEY); INSERT "
      "INTO Shoes VALUES (1)");
  Start();
  AwaitLive();
  const bool first = Table("Shoes").state == TableState::kStopped;
  const auto stopped = Table(first ? "Shoes" : "shoes");
  EXPECT_EQ(stopped.state, TableState::kStopped);
  EXPECT_NE(stopped.error.find("source.rename: {"), std::string::npos) << stopped.error;
  StartWith([](pipeline::SupervisorOptions* options) {
    options->rename = {{"Shoes", "big-shoes"}};
  });
  AwaitLive();
  EXPECT_EQ(Documents("big-shoes").size(), 1U);
}

TEST_P(PipelineTest, IncludeAndExcludeChooseTables) {
  CreateItems(5);
  Sql("CREATE TABLE items_log LIKE items; CREATE TABLE other LIKE items");
  StartWith([](pipeline::SupervisorOptions* options) {
    options->include = {"items*"};
    options->exclude = {"*_log"};
  });
  AwaitLive();
  EXPECT_EQ(supervisor_->status().tables.size(), 1U);
  ExpectEqual();
}

TEST_P(PipelineTest, KeysOfEveryTypeAreReadInTheirOrder) {
  Sql("CREATE TABLE k1 (a VARCHAR(20), b INT UNSIGNED, PRIMARY KEY (a, b)) CHARACTER SET utf8mb4 "
      "COLLATE utf8mb4_general_ci;"
      "CREATE TABLE k2 (a VARBINARY(8) PRIMARY KEY); CREATE TABLE k3 (a DECIMAL(10,3), b DATE, "
      "PRIMARY KEY (a, b));"
      "CREATE TABLE k4 (a ENUM('z','m','a') PRIMARY KEY); CREATE TABLE k5 (a DATETIME(3), b BIGINT "
      "UNSIGNED, PRIMARY KEY (b, a));"
      "CREATE TABLE k6 (a DOUBLE PRIMARY KEY); CREATE TABLE k7 (a CHAR(5) CHARACTER SET latin1 "
      "PRIMARY KEY)");
  std::string sql = "INSERT INTO k4 VALUES ('z'),('m'),('a');";
  for (int i = 0; i < 60; ++i) {
    const std::string n = std::to_string(i);
    sql += "INSERT INTO k1 VALUES ('Aé" + std::to_string(i / 5) + (i % 2 == 0 ? "a" : "B") + "', " +
           n + ");";
    sql += "INSERT INTO k2 VALUES (UNHEX(LPAD(HEX(" + n + " * 4), 4, '0')));";
    sql +=
        "INSERT INTO k3 VALUES (" + n + ".125 - 30, '2026-01-0" + std::to_string(1 + i % 9) + "');";
    sql += "INSERT INTO k5 VALUES ('2026-01-02 03:04:05." + std::to_string(100 + i) +
           "', 18446744073709551615 - " + std::to_string(i / 4) + ");";
    sql += "INSERT INTO k6 VALUES (" + n + " / 7);";
    sql += "INSERT INTO k7 VALUES ('ü" + n + "');";
  }
  Sql(sql);
  StartWith([](pipeline::SupervisorOptions* options) { options->chunk_rows = 1; });
  AwaitLive();
  EXPECT_EQ(Documents("k1").size(), 60U);
  EXPECT_EQ(Documents("k2").size(), 60U);
  EXPECT_EQ(Documents("k3").size(), 60U);
  EXPECT_EQ(Documents("k4").size(), 3U);
  EXPECT_EQ(Documents("k5").size(), 60U);
  EXPECT_EQ(Documents("k6").size(), 60U);
  EXPECT_EQ(Documents("k7").size(), 60U);
}

TEST_P(PipelineTest, KeysOfTheRarerTypesAreReadInTheirOrder) {
  struct Keys {
    const char* table;
    const char* columns;
    const char* row;  // '#': its number
  };
  std::vector<Keys> all = {
      {"f1", "a FLOAT PRIMARY KEY", "# / 7"},
      {"f2", "a FLOAT(9,3) NOT NULL, b INT, PRIMARY KEY (a, b)", "# / 7 - 3, #"},
      {"b1", "a BIT(20) PRIMARY KEY", "# * 1000"},
      {"s1", "a SET('z','m','a','k','b','c'), b INT, PRIMARY KEY (a, b)", "# DIV 2, #"},
      {"y1", "a YEAR PRIMARY KEY", "1950 + #"},
      {"t1", "a TIME(3) PRIMARY KEY", "SEC_TO_TIME(# * 999.125 - 30000)"},
      {"t2", "a TIMESTAMP(6) NOT NULL, b INT, PRIMARY KEY (b, a)",
       "'2026-01-02 03:04:05.000001' + INTERVAL # SECOND, # DIV 7"},
      {"u1", "b INT NULL, a INT NOT NULL, UNIQUE KEY (b), UNIQUE KEY (a)", "NULL, # - 30"}};
  if (GetParam() == ServerFlavor::kMariadb) {
    all.push_back({"i1", "a INET6 PRIMARY KEY", "CONCAT('::', HEX(# * 1000))"});
    all.push_back({"i2", "a UUID PRIMARY KEY",
                   "CONCAT(LPAD(HEX(# * 7), 8, '0'), '-0000-1000-8000-', LPAD(HEX(99 - #), 12, "
                   "'0'))"});
  } else {
    all.push_back({"g1", "b INT, a INT AS (b * 3 - 50) STORED PRIMARY KEY", "#, DEFAULT"});
  }
  std::string sql = "SET sql_mode = 'NO_ENGINE_SUBSTITUTION';";
  for (const Keys& keys : all) {
    sql += std::string("CREATE TABLE ") + keys.table + " (" + keys.columns + ");";
    for (int i = 0; i < 60; ++i) {
      sql += std::string("INSERT INTO ") + keys.table + " VALUES (";
      for (const char c : std::string_view(keys.row)) {
        sql += c == '#' ? std::to_string(i) : std::string(1, c);
      }
      sql += ");";
    }
  }
  Sql(sql);
  StartWith([](pipeline::SupervisorOptions* options) { options->chunk_rows = 7; });
  AwaitLive();
  for (const Keys& keys : all) {
    EXPECT_EQ(Documents(keys.table).size(), 60U) << keys.columns << " " << Table(keys.table).error;
  }
}

TEST_P(PipelineTest, AnEnumKeyWithTheEmptyLabelIsReadToItsEnd) {
  // The first two have the error value, which prints as the label '' does.
  Sql("CREATE TABLE k (e ENUM('a','','b'), id INT, PRIMARY KEY (e, id)); INSERT IGNORE INTO k "
      "VALUES ('none', 1), ('none', 2), ('a', 3), ('a', 4), ('', 5), ('', 6), ('', 7), ('b', 8)");
  EXPECT_EQ(Sql("SELECT COUNT(*) FROM k WHERE e = 0"), "2\n");
  StartWith([](pipeline::SupervisorOptions* options) { options->chunk_rows = 1; });
  AwaitLive();
  EXPECT_EQ(Documents("k").size(), 8U);
}

TEST_P(PipelineTest, ChunksOfLargeRowsEndByTheirBytes) {
  CreateItems(1);
  Sql("ALTER TABLE items MODIFY note LONGTEXT NULL");
  for (int i = 0; i < 12; ++i) {
    Sql("INSERT INTO items (name, price, stock, note) VALUES ('large', 1.00, 1, REPEAT('x', "
        "6000000))");
  }
  Sql("INSERT INTO items (name, price, stock, note) VALUES ('small', 1.00, 1, 'y')");
  StartWith([](pipeline::SupervisorOptions* options) { options->chunk_rows = 10000; });
  AwaitLive();
  EXPECT_EQ(Documents("items").size(), 14U);
  EXPECT_EQ(Table("items").snapshot_rows, 14U);
  Sql("UPDATE items SET note = 'z'");
  ExpectEqual();
}

TEST_P(PipelineTest, AServerThatRestartsIsFollowedOn) {
  CreateItems(30);
  Start();
  AwaitLive();
  ASSERT_OK(server_->Kill());
  EXPECT_TRUE(Await([&] { return supervisor_->status().state == SyncState::kConnecting; }));
  ASSERT_OK(server_->Restart());
  Sql("UPDATE items SET stock = stock + 100");
  ExpectEqual();
  EXPECT_TRUE(Await([&] { return supervisor_->status().state == SyncState::kLive; }));
}

INSTANTIATE_TEST_SUITE_P(Servers, PipelineTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
