// Statements by which tables come, go and change their names in ways of their own.
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "sync/mysql/connection.h"
#include "sync/mysql/url.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/engine_sink.h"
#include "sync/pipeline/followed_tables.h"
#include "sync/pipeline/generation_mapper.h"
#include "sync/pipeline/source_checks.h"
#include "sync/pipeline/table_catalog.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

class TableStatementsTest : public PipelineFixture {
 protected:
  void TearDown() override {
    supervisor_.reset();
    if (server_ != nullptr) {
      EXPECT_OK(server_->Sql("DROP DATABASE IF EXISTS " + database_ + "_other"));
    }
    PipelineFixture::TearDown();
  }

  bool AwaitGone(const std::string& index) {
    return Await([&] { return engine_->View()->Find(index) == nullptr; });
  }
};

TEST_P(TableStatementsTest, AReplacedDatabaseLeavesNoDocumentsOfBefore) {
  if (GetParam() != ServerFlavor::kMariadb) {
    GTEST_SKIP() << "MySQL replaces no databases";
  }
  CreateItems(20);
  Start();
  AwaitLive();
  Sql("CREATE OR REPLACE DATABASE " + database_ + " CHARACTER SET utf8mb4");
  EXPECT_TRUE(AwaitGone("items"));
  CreateItems(7);
  ExpectEqual();
}

TEST_P(TableStatementsTest, APartitionThatBecomesATableIsFollowed) {
  if (GetParam() != ServerFlavor::kMariadb) {
    GTEST_SKIP() << "MySQL exchanges partitions only";
  }
  CreateItems(40);
  Sql("ALTER TABLE items PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (21), PARTITION p1 "
      "VALUES LESS THAN (100))");
  Start();
  AwaitLive();
  Sql("ALTER TABLE items CONVERT PARTITION p1 TO TABLE goods; UPDATE goods SET stock = 7 WHERE id "
      "= 30");
  ExpectEqual("goods", "goods");
  ExpectEqual();
  EXPECT_EQ(Documents("items").size(), 20U);
}

TEST_P(TableStatementsTest, ATableThatBecomesAPartitionIsNotFollowedAnyMore) {
  if (GetParam() != ServerFlavor::kMariadb) {
    GTEST_SKIP() << "MySQL exchanges partitions only";
  }
  CreateItems(20);
  Sql("CREATE TABLE goods LIKE items; INSERT INTO goods SELECT id + 20, name, price, stock, note "
      "FROM items; ALTER TABLE items PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (21))");
  Start();
  AwaitLive();
  Sql("ALTER TABLE items CONVERT TABLE goods TO PARTITION p1 VALUES LESS THAN (100); UPDATE items "
      "SET stock = 7 WHERE id = 30");
  EXPECT_TRUE(AwaitGone("goods"));
  ExpectEqual();
  EXPECT_EQ(Documents("items").size(), 40U);
}

TEST_P(TableStatementsTest, TablesThatChangeNamesInACircleHaveTheirRowsAndNoOthers) {
  CreateItems(20);
  Sql("CREATE TABLE goods LIKE items; INSERT INTO goods SELECT id + 100, name, price, stock, note "
      "FROM items WHERE id < 8");
  Start();
  AwaitLive();
  Sql("RENAME TABLE items TO parked, goods TO items, parked TO goods; UPDATE items SET stock = 7 "
      "WHERE id = 103; UPDATE goods SET stock = 8 WHERE id = 3");
  ExpectEqual();
  ExpectEqual("goods", "goods");
  EXPECT_EQ(engine_->View()->Find("parked"), nullptr);
}

TEST_P(TableStatementsTest, ATableThatLeavesTheDatabaseAndComesBackHasTheRowsOfThen) {
  CreateItems(20);
  const std::string away = database_ + "_other";
  Sql("CREATE DATABASE " + away);
  Start();
  AwaitLive();
  Sql("RENAME TABLE items TO " + away + ".items; UPDATE " + away + ".items SET stock = 7");
  EXPECT_TRUE(AwaitGone("items"));
  Sql("DELETE FROM " + away + ".items WHERE id = 4; RENAME TABLE " + away + ".items TO items");
  ExpectEqual();
  EXPECT_EQ(Documents("items").size(), 19U);
}

TEST_P(TableStatementsTest, ATableThatWentUnseenDoesNotAnswerBehindARestart) {
  CreateItems(20);
  Sql("CREATE TABLE goods LIKE items; INSERT INTO goods SELECT * FROM items");
  Start();
  AwaitLive();
  Stop();
  Sql("SET SESSION sql_log_bin = 0; DROP TABLE goods; SET SESSION sql_log_bin = 1; UPDATE items "
      "SET "
      "stock = 7");
  Start();
  EXPECT_TRUE(AwaitGone("goods"));
  AwaitLive();
  ExpectEqual();
  EXPECT_EQ(Table("goods").table, "");
}

TEST_P(TableStatementsTest, ATableThatChangesBetweenTwoAttemptsOfAFirstStartIsTakenAsItIsThen) {
  CreateItems(3);
  Sql("CREATE TABLE passing LIKE items; CREATE TABLE keyless (id INT)");
  auto state = pipeline::StateStore::Open(":memory:");
  ASSERT_OK(state);
  auto engine = index::Engine::Open({.directory = directory_, .before_commit = {}});
  ASSERT_OK(engine);
  pipeline::SupervisorOptions options;
  options.connection = *mysql::ParseMysqlUrl(server_->url(database_));
  options.engine = engine->get();
  options.state = state->get();
  pipeline::EngineSink sink(engine->get());
  pipeline::FollowedTables tables;
  pipeline::GenerationMapper mapper(/*whole_documents=*/false);
  pipeline::TableCatalog catalog(options, &sink, &tables, &mapper);
  const auto connection = mysql::Connection::Open(options.connection);
  ASSERT_OK(connection);
  const auto attempt = [&] {
    pipeline::Checkpoint checkpoint;
    auto now = pipeline::StartPosition(connection->get());
    ASSERT_OK(now);
    checkpoint.place.position = *std::move(now);
    ASSERT_OK(catalog.Restore(&checkpoint, connection->get()));
  };
  attempt();
  EXPECT_TRUE(tables.IsStopped(database_ + ".keyless"));
  // Its stream could not be opened. No other stream shows these.
  Sql("ALTER TABLE items ADD COLUMN color INT DEFAULT 7; DROP TABLE passing; ALTER TABLE keyless "
      "ADD "
      "PRIMARY KEY (id)");
  attempt();
  const auto items = tables.Find(database_ + ".items");
  ASSERT_TRUE(items.has_value());
  EXPECT_GE(items->schema->FindColumn("color"), 0);
  EXPECT_NE(sink.MappingOf(items->index_id)->Find("color"), nullptr);
  EXPECT_FALSE(tables.Find(database_ + ".passing").has_value());
  EXPECT_EQ((*engine)->View()->Find("passing"), nullptr);
  EXPECT_FALSE(tables.IsStopped(database_ + ".keyless"));
}

INSTANTIATE_TEST_SUITE_P(Servers, TableStatementsTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
