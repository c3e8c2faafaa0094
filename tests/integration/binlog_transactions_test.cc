// Where transactions begin and end, what they hold, and what is refused because it cannot be followed.
#include <filesystem>

#include "sync/change/transaction.h"
#include "tests/integration/binlog_fixture.h"
#include "tests/support/full_disk.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace binseek::test {
namespace {

class BinlogTransactionsTest : public BinlogFixture {
 protected:
  void MakeTables() {
    Sql("CREATE TABLE a (id INT PRIMARY KEY, v VARCHAR(100))");
    Sql("CREATE TABLE b (id INT PRIMARY KEY, v LONGTEXT)");
    Follow();
  }
  void ExpectTablesEqualCopies() {
    ExpectTableEqualsCopy("a");
    ExpectTableEqualsCopy("b");
  }
  std::unique_ptr<mysql::Connection> ConnectHere() {
    auto connection = Connect();
    EXPECT_OK(connection->Execute("USE " + database()));
    return connection;
  }
};

TEST_P(BinlogTransactionsTest, RowsOfTwoTablesComeWholeAndInOrder) {
  MakeTables();
  Sql("BEGIN");
  Sql("INSERT INTO a VALUES (1, 'one'), (2, 'two')");
  Sql("INSERT INTO b VALUES (1, 'eins')");
  Sql("UPDATE a SET v = 'uno' WHERE id = 1");
  Sql("DELETE FROM a WHERE id = 2");
  Sql("COMMIT");
  const auto transactions = CatchUp();
  ASSERT_EQ(transactions.size(), 1U);
  EXPECT_EQ(transactions[0].rows->size(), 5U);
  EXPECT_FALSE(transactions[0].position.gtid.empty());
  EXPECT_EQ(transactions[0].position.end, Now().binlog);
  EXPECT_EQ(transactions[0].completeness, change::Completeness::kWhole);
  EXPECT_GT(transactions[0].commit_time_us, 1'600'000'000'000'000);
  EXPECT_EQ(source_->read_position().GtidText(), Now().GtidText());
  ExpectTablesEqualCopies();
}

TEST_P(BinlogTransactionsTest, RowsOfOtherDatabasesMoveThePositionOnly) {
  MakeTables();
  const uint64_t before = source_->last_ordinal();
  Sql("CREATE DATABASE other_" + database());
  Sql("CREATE TABLE other_" + database() + ".a (id INT PRIMARY KEY)");
  Sql("INSERT INTO other_" + database() + ".a VALUES (1)");
  Sql("DROP DATABASE other_" + database());
  EXPECT_EQ(CatchUp().size(), 0U);
  EXPECT_EQ(source_->last_ordinal(), before + 4);
  EXPECT_EQ(source_->read_position().GtidText(), Now().GtidText());
}

TEST_P(BinlogTransactionsTest, RolledBackRowsDoNotCome) {
  MakeTables();
  Sql("BEGIN");
  Sql("INSERT INTO a VALUES (1, 'gone')");
  Sql("ROLLBACK");
  Sql("BEGIN");
  Sql("INSERT INTO a VALUES (2, 'stays')");
  Sql("SAVEPOINT s1");
  Sql("INSERT INTO a VALUES (3, 'gone')");
  Sql("SAVEPOINT `S 2`");
  Sql("INSERT INTO a VALUES (4, 'gone')");
  Sql("ROLLBACK TO `s 2`");
  Sql("ROLLBACK TO S1");
  Sql("INSERT INTO a VALUES (5, 'stays')");
  Sql("RELEASE SAVEPOINT s1");
  Sql("COMMIT");
  EXPECT_EQ(CatchUp().size(), 1U);
  EXPECT_EQ(copy_["a"].size(), 2U);
  ExpectTablesEqualCopies();
}

TEST_P(BinlogTransactionsTest, RolledBackRowsAreDroppedWhereTheServerLogsThem) {
  if (!mariadb()) {
    GTEST_SKIP() << "MySQL with GTIDs takes no transaction over both engines";
  }
  Sql("CREATE TABLE m (id INT PRIMARY KEY) ENGINE=MyISAM");
  MakeTables();
  Sql("BEGIN");
  Sql("INSERT INTO a VALUES (1, 'stays')");
  Sql("SAVEPOINT s1");
  Sql("INSERT INTO a VALUES (2, 'gone')");
  Sql("INSERT INTO m VALUES (1)");
  Sql("ROLLBACK TO S1");
  Sql("INSERT INTO a VALUES (3, 'stays')");
  Sql("COMMIT");
  Sql("BEGIN");
  Sql("INSERT INTO a VALUES (4, 'gone')");
  Sql("INSERT INTO m VALUES (2)");
  ASSERT_OK(session()->Execute("ROLLBACK"));
  CatchUp();
  ExpectTableEqualsCopy("a");
  ExpectTableEqualsCopy("m");
}

TEST_P(BinlogTransactionsTest, ARowOfTwentyMegabytesComes) {
  MakeTables();
  Sql("INSERT INTO b VALUES (1, REPEAT('0123456789', 2000000))");
  Sql("UPDATE b SET v = CONCAT(v, '!') WHERE id = 1");
  EXPECT_EQ(CatchUp().size(), 2U);
  ExpectTablesEqualCopies();
}

TEST_P(BinlogTransactionsTest, CompressedTransactionsAndRowsCome) {
  if (mariadb()) {
    UseOwnServer({"--log-bin-compress=ON", "--log-bin-compress-min-len=10"});
  }
  MakeTables();
  if (!mariadb()) {
    Sql("SET SESSION binlog_transaction_compression = ON");
  }
  Sql("BEGIN");
  Sql("INSERT INTO a SELECT seq, CONCAT('value ', seq) FROM"
      " (WITH RECURSIVE s (seq) AS (SELECT 1 UNION ALL SELECT seq + 1 FROM s WHERE seq < 1000) "
      "SELECT seq FROM s) x");
  Sql("INSERT INTO b VALUES (1, REPEAT('squeeze me ', 100000)), (2, 'x')");
  Sql("COMMIT");
  Sql("UPDATE a SET v = CONCAT(v, v)");
  Sql("DELETE FROM a WHERE id % 2 = 0");
  EXPECT_EQ(CatchUp().size(), 3U);
  EXPECT_EQ(copy_["a"].size(), 500U);
  ExpectTablesEqualCopies();
}

TEST_P(BinlogTransactionsTest, ATransactionLargerThanItsMemoryComesFromAFile) {
  MakeTables();
  const TempFolder folder;
  auto options = SourceOptions(Now());
  options.spill.folder = folder.path() + "/spill";
  options.spill.memory_bytes = 100'000;
  auto source = binlog::BinlogSource::Open(std::move(options));
  ASSERT_OK(source);
  source_ = std::move(source).value();
  Sql("BEGIN");
  Sql("INSERT INTO a VALUES (1, 'stays')");
  Sql("SAVEPOINT early");
  for (int i = 0; i < 5; ++i) {
    Sql("INSERT INTO b VALUES (" + std::to_string(i) + ", REPEAT('0123456789', 20000))");
  }
  Sql("SAVEPOINT late");
  Sql("INSERT INTO a VALUES (2, 'gone')");
  Sql("UPDATE b SET v = CONCAT(v, '!')");
  Sql("ROLLBACK TO late");
  Sql("UPDATE b SET v = 'short' WHERE id = 3");
  Sql("COMMIT");
  Sql("BEGIN");
  Sql("INSERT INTO a VALUES (3, 'stays')");
  Sql("SAVEPOINT early");
  Sql("UPDATE b SET v = CONCAT(v, '?')");
  Sql("ROLLBACK TO early");
  Sql("COMMIT");
  const auto transactions = CatchUp();
  ASSERT_EQ(transactions.size(), 2U);
  EXPECT_EQ(dynamic_cast<const change::RowVector*>(transactions[0].rows.get()), nullptr)
      << "it has to lie in a file";
  EXPECT_EQ(copy_["b"].size(), 5U);
  ExpectTablesEqualCopies();
  EXPECT_TRUE(std::filesystem::is_empty(folder.path() + "/spill"));
}

TEST_P(BinlogTransactionsTest, ATransactionThatTheDiskHasNoRoomForComesOnceItHas) {
  MakeTables();
  const TempFolder folder;
  auto options = SourceOptions(Now());
  options.spill.folder = folder.path();
  options.spill.memory_bytes = 100'000;
  auto source = binlog::BinlogSource::Open(std::move(options));
  ASSERT_OK(source);
  source_ = std::move(source).value();
  Sql("BEGIN");
  // What does not compress well.
  for (int i = 0; i < 50; ++i) {
    Sql("INSERT INTO b VALUES (" + std::to_string(i) + ", REPEAT(SHA2(RAND(), 512), 100))");
  }
  Sql("UPDATE b SET v = CONCAT(SHA2(RAND(), 512), v)");
  Sql("INSERT INTO a VALUES (1, 'with it')");
  Sql("COMMIT");
  {
    const FullDisk disk(1000);
    while (source_->status().last_error.empty()) {
      const auto next = source_->Next(std::chrono::milliseconds(10));
      ASSERT_OK(next);
      ASSERT_FALSE(next->has_value());
    }
    EXPECT_NE(source_->status().last_error.find(folder.path()), std::string::npos)
        << source_->status().last_error;
  }
  EXPECT_EQ(CatchUp().size(), 1U);
  ExpectTablesEqualCopies();
}

TEST_P(BinlogTransactionsTest, ATransactionAboveTheLimitIsRefused) {
  MakeTables();
  auto options = SourceOptions(Now());
  options.spill.memory_bytes = 1 << 20;
  auto source = binlog::BinlogSource::Open(std::move(options));
  ASSERT_OK(source);
  source_ = std::move(source).value();
  Sql("INSERT INTO b VALUES (1, REPEAT('x', 3000000)), (2, '')");
  EXPECT_STATUS(CatchUpToError(), kResourceExhausted);
}

TEST_P(BinlogTransactionsTest, TruncateAndDdlComeAsTableEvents) {
  MakeTables();
  Sql("INSERT INTO a VALUES (1, 'x')");
  Sql("TRUNCATE TABLE a");
  Sql("ALTER TABLE a ADD COLUMN w INT");
  Sql("CREATE TABLE c AS SELECT 1 AS id");
  Sql("RENAME TABLE c TO d");
  Sql("DROP TABLE d");
  // Shapes are read behind the DDL, as the row before it has them too: only its shape is of interest here.
  std::vector<change::TableEvent> events;
  for (const auto& transaction : CatchUp()) {
    events.insert(events.end(), transaction.table_events.begin(), transaction.table_events.end());
  }
  ASSERT_EQ(events.size(), 6U);
  EXPECT_EQ(events[0].kind, change::TableEvent::Kind::kTruncate);
  EXPECT_EQ(events[0].table, "a");
  EXPECT_EQ(events[1].kind, change::TableEvent::Kind::kDdl);
  EXPECT_EQ(events[2].table, "c");
  EXPECT_EQ(events[3].table, "c");
  EXPECT_EQ(events[4].table, "d");
  EXPECT_EQ(events[5].kind, change::TableEvent::Kind::kDrop);
}

TEST_P(BinlogTransactionsTest, RowsThatDoNotFitTheKnownTableAreLeftOutAndNamed) {
  MakeTables();
  Sql("ALTER TABLE a MODIFY v INT");
  CatchUp();
  Sql("BEGIN");
  Sql("INSERT INTO a VALUES (1, 2)");
  Sql("INSERT INTO b VALUES (1, 'eins')");
  Sql("COMMIT");
  const auto transactions = CatchUp();
  ASSERT_EQ(transactions.size(), 1U);
  EXPECT_EQ(transactions[0].rows->size(), 1U);
  ASSERT_EQ(transactions[0].table_events.size(), 1U);
  const change::TableEvent& unreadable = transactions[0].table_events[0];
  EXPECT_EQ(unreadable.kind, change::TableEvent::Kind::kUnreadableRows);
  EXPECT_EQ(unreadable.table, "a");
  EXPECT_NE(unreadable.why.find(database() + ".a: column v"), std::string::npos) << unreadable.why;
}

TEST_P(BinlogTransactionsTest, RowsLoggedAsStatementsAreUnseen) {
  MakeTables();
  Sql("SET SESSION binlog_format = 'STATEMENT'");
  Sql("INSERT INTO a VALUES (1, 'as text')");
  Sql("SET SESSION binlog_format = 'ROW'");
  const auto transactions = CatchUp();
  ASSERT_EQ(transactions.size(), 1U);
  ASSERT_EQ(transactions[0].table_events.size(), 1U);
  const change::TableEvent& unseen = transactions[0].table_events[0];
  EXPECT_EQ(unseen.kind, change::TableEvent::Kind::kUnseenRows);
  EXPECT_EQ(unseen.table, "a");
  EXPECT_NE(unseen.why.find("binlog_format=ROW"), std::string::npos) << unseen.why;
}

TEST_P(BinlogTransactionsTest, XaTransactionsComeWhenTheyAreCommitted) {
  MakeTables();
  const auto other = ConnectHere();  // MariaDB's session does nothing else while it has prepared
  const auto run = [&](const std::string& sql) { ASSERT_OK(other->Execute(sql)); };
  const auto xa = [&](const std::string& name, const std::string& statement) {
    run("XA START " + name);
    run(statement);
    run("XA END " + name);
  };
  xa("'one'", "INSERT INTO a VALUES (1, 'in one phase')");
  run("XA COMMIT 'one' ONE PHASE");
  EXPECT_EQ(CatchUp().size(), 1U);
  xa("'t''wo', 'branch', 7", "INSERT INTO a VALUES (2, 'prepared'), (3, 'prepared')");
  run("XA PREPARE 't''wo', 'branch', 7");
  EXPECT_EQ(CatchUp().size(), 0U);
  ASSERT_NE(last_prepared_, nullptr);
  ASSERT_EQ(last_prepared_->size(), 1U);
  // We go away and come back with what the checkpoint would have.
  auto options = SourceOptions(source_->read_position());
  options.prepared = last_prepared_;
  options.next_ordinal = last_ordinal_ + 1;
  auto reopened = binlog::BinlogSource::Open(std::move(options));
  ASSERT_OK(reopened);
  source_ = std::move(reopened).value();
  run("XA COMMIT 't''wo', 'branch', 7");
  const auto committed = CatchUp();
  ASSERT_EQ(committed.size(), 1U);
  EXPECT_EQ(committed[0].rows->size(), 2U);
  EXPECT_TRUE(committed[0].table_events.empty());
  EXPECT_EQ(last_prepared_, nullptr);
  xa("'three'", "UPDATE a SET v = 'never' WHERE id = 1");
  run("XA PREPARE 'three'");
  run("XA ROLLBACK 'three'");
  EXPECT_EQ(CatchUp().size(), 0U);
  EXPECT_EQ(last_prepared_, nullptr);
  ExpectTablesEqualCopies();
}

TEST_P(BinlogTransactionsTest, AnXaCommitOfRowsFromBeforeTheStreamSaysSo) {
  Sql("CREATE TABLE a (id INT PRIMARY KEY)");
  const auto other = ConnectHere();
  const auto run = [&](const std::string& sql) { ASSERT_OK(other->Execute(sql)); };
  run("XA START 'early'");
  run("INSERT INTO a VALUES (1)");
  run("XA END 'early'");
  run("XA PREPARE 'early'");
  Follow();
  run("XA COMMIT 'early'");
  const auto transactions = CatchUp();
  ASSERT_EQ(transactions.size(), 1U);
  ASSERT_EQ(transactions[0].table_events.size(), 1U);
  EXPECT_EQ(transactions[0].table_events[0].kind, change::TableEvent::Kind::kUnseenRows);
}

TEST_P(BinlogTransactionsTest, StatementsOfOtherModesAndCharacterSetsNameTheirTables) {
  MakeTables();
  Sql("SET NAMES latin1");
  Sql("SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'");
  Sql("CREATE TABLE \"caf\xE9\" (id INT) COMMENT 'a\\'");
  Sql("ALTER TABLE \"caf\xE9\" COMMENT 'b\\', RENAME TO \"z\"");
  Sql("SET NAMES utf8mb4");
  std::string names;
  for (const auto& transaction : CatchUp()) {
    for (const auto& event : transaction.table_events) {
      names += event.table + " ";
    }
  }
  EXPECT_EQ(names, "caf\xC3\xA9 caf\xC3\xA9 z ");
}

INSTANTIATE_TEST_SUITE_P(Servers, BinlogTransactionsTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         FlavorOfTest);

}  // namespace
}  // namespace binseek::test
