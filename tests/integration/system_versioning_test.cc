// MariaDB's system-versioned tables: documents are of current rows, whatever history is logged beside them.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>

#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

class SystemVersioningTest : public PipelineFixture {
 protected:
  void TearDown() override {
    if (server_ != nullptr) {
      EXPECT_OK(server_->Sql("SET GLOBAL binlog_row_image = 'FULL'"));
    }
    PipelineFixture::TearDown();
  }

  void ExpectCurrentRows(const std::string& table) {
    std::map<std::string, std::string> expected;
    std::istringstream lines(
        Sql("SELECT id, CONCAT('\"id\":', id, ',\"v\":', IFNULL(v, 'null')) FROM " + table));
    for (std::string line; std::getline(lines, line);) {
      expected[line.substr(0, line.find('\t'))] = line.substr(line.find('\t') + 1);
    }
    const auto same = [&] {
      const auto found = Documents(table);
      return supervisor_->status().pending_keys == 0 && found.size() == expected.size() &&
             std::all_of(expected.begin(), expected.end(), [&](const auto& row) {
               const auto it = found.find(row.first);
               return it != found.end() && it->second.find(row.second) != std::string::npos;
             });
    };
    EXPECT_TRUE(Await(same)) << table << ": " << ::testing::PrintToString(Documents(table))
                             << " for " << ::testing::PrintToString(expected) << "; "
                             << Table(table).error << Table(table).stale_why;
  }

  // Statements of every kind.
  void Change(const std::string& table) {
    const auto run = [&](std::string sql) {
      for (size_t at; (at = sql.find("T!")) != std::string::npos;) {
        sql.replace(at, 2, table);
      }
      SCOPED_TRACE(sql);
      Sql(sql);
      ExpectCurrentRows(table);
    };
    run("INSERT INTO T! (id, v) VALUES (1, 1), (2, 2), (3, 3), (4, 4)");
    run("UPDATE T! SET v = 10 WHERE id IN (1, 2)");
    run("DELETE FROM T! WHERE id = 2");
    run("UPDATE T! SET id = 7 WHERE id = 3");
    run("REPLACE INTO T! (id, v) VALUES (1, 20)");
    run("INSERT INTO T! (id, v) VALUES (1, 0) ON DUPLICATE KEY UPDATE v = 30");
    run("INSERT INTO T! (id, v) VALUES (2, 40)");
    run("START TRANSACTION; INSERT INTO T! (id, v) VALUES (9, 1); UPDATE T! SET v = 2 WHERE id = "
        "9; "
        "DELETE FROM T! WHERE id = 9; INSERT INTO T! (id, v) VALUES (9, 3); COMMIT");
    run("DELETE HISTORY FROM T!");
    run("DELETE FROM T! WHERE id = 4");
    run("UPDATE T! SET v = NULL");
  }
};

constexpr const char* kHidden =
    "CREATE TABLE hidden (id INT PRIMARY KEY, v INT) WITH SYSTEM VERSIONING";
constexpr const char* kNamed =
    "CREATE TABLE named (id INT PRIMARY KEY, v INT, since TIMESTAMP(6) GENERATED ALWAYS AS ROW "
    "START, till TIMESTAMP(6) GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (since, till)) "
    "WITH SYSTEM VERSIONING";

TEST_P(SystemVersioningTest, HistoryMakesNoDocuments) {
  Sql(std::string(kHidden) + ";" + kNamed +
      "; INSERT INTO hidden VALUES (90, 1), (91, 1); UPDATE hidden SET v = 2; DELETE FROM hidden "
      "WHERE id = 91; INSERT INTO named (id, v) VALUES (90, 1), (91, 1); UPDATE named SET v = 2; "
      "DELETE FROM named WHERE id = 91");
  Start();
  AwaitLive();
  for (const char* image : {"FULL", "NOBLOB", "MINIMAL"}) {
    SCOPED_TRACE(image);
    ASSERT_OK(server_->Sql(std::string("SET GLOBAL binlog_row_image = '") + image + "'"));
    for (const char* table : {"hidden", "named"}) {
      ExpectCurrentRows(table);
      Change(table);
      Sql(std::string("DELETE FROM ") + table);
      ExpectCurrentRows(table);
    }
  }
  EXPECT_EQ(Table("hidden").stale_since_us, 0);
  EXPECT_EQ(Table("named").stale_since_us, 0);
}

TEST_P(SystemVersioningTest, TablesBecomeVersionedAndCease) {
  Sql("CREATE TABLE hidden (id INT PRIMARY KEY, v INT); INSERT INTO hidden VALUES (1, 1), (2, 2)");
  Start();
  AwaitLive();
  Sql("ALTER TABLE hidden ADD SYSTEM VERSIONING; UPDATE hidden SET v = 5; DELETE FROM hidden WHERE "
      "id = 2");
  ExpectCurrentRows("hidden");
  Crash();
  Start();
  Sql("UPDATE hidden SET v = 6");
  ExpectCurrentRows("hidden");
  Sql("ALTER TABLE hidden DROP SYSTEM VERSIONING; UPDATE hidden SET v = 7; INSERT INTO hidden "
      "VALUES "
      "(3, 3)");
  ExpectCurrentRows("hidden");
}

TEST_P(SystemVersioningTest, ForeignKeysEndCurrentRows) {
  Sql("CREATE TABLE parent (id INT PRIMARY KEY, v INT); CREATE TABLE child (id INT PRIMARY KEY, v "
      "INT, pid INT, FOREIGN KEY (pid) REFERENCES parent (id) ON DELETE CASCADE) WITH SYSTEM "
      "VERSIONING; INSERT INTO parent VALUES (1, 1), (2, 2); INSERT INTO child VALUES (1, 1, 1), "
      "(2, "
      "2, 2), (3, 3, 1); UPDATE child SET v = 5");
  Start();
  AwaitLive();
  Sql("DELETE FROM parent WHERE id = 1");
  ExpectCurrentRows("child");
  EXPECT_EQ(Documents("child").size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Servers, SystemVersioningTest, ::testing::Values(ServerFlavor::kMariadb),
                         [](const auto& info) {
                           return std::string(ServerFlavorName(info.param));
                         });

}  // namespace
}  // namespace binseek::test
