// Rows of a real server that no document can be made of: how they are kept, and when they leave.
//
// MariaDB alone: it stores in a JSON column what is no JSON, where a session turns its check off; a MySQL server has no such value.
#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using pipeline::TableState;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

constexpr char kUnchecked[] = "SET SESSION check_constraint_checks = 0;";

class DeadLettersTest : public PipelineFixture {
 protected:
  // `goods` with the rows 1, 2, 3, of which 2 is no document.
  void CreateGoods() {
    Sql(std::string(kUnchecked) +
        "CREATE TABLE goods (id INT PRIMARY KEY, attrs JSON);"
        "INSERT INTO goods VALUES (1, '{}'), (2, '{no JSON'), (3, '[]')");
  }
  std::vector<std::string> Keys() const {
    const auto letters = state_->DeadLetters(1000);
    EXPECT_OK(letters);
    std::vector<std::string> keys;
    for (const pipeline::DeadLetter& letter : *letters) {
      keys.push_back(letter.key);
    }
    return keys;
  }
  std::vector<std::string> Indexed(const std::string& index) const {
    std::vector<std::string> keys;
    for (const auto& [key, source] : Documents(index)) {
      keys.push_back(key);
    }
    return keys;
  }
  pipeline::TableStatus Table(const std::string& name) const {
    for (const auto& table : supervisor_->status().tables) {
      if (table.table == database_ + "." + name) {
        return table;
      }
    }
    return {};
  }
};

TEST_P(DeadLettersTest, ZeroDatesAreThemWhereTheConfigSaysSo) {
  const std::string lax = "SET sql_mode = '';";
  Sql(lax +
      "CREATE TABLE days (id INT PRIMARY KEY, day DATE, at DATETIME);"
      "INSERT INTO days VALUES (1, '2026-01-02', NULL), (2, '0000-00-00', NULL), "
      "(3, '2026-01-02', '2026-00-00 00:00:00')");
  const auto start = [&](bool refused) {
    StartWith([&](pipeline::SupervisorOptions* options) {
      options->mapping.zero_dates = std::make_shared<mapper::ZeroDates>(refused);
    });
    AwaitLive();
  };
  start(true);
  EXPECT_THAT(Indexed("days"), ElementsAre("1"));
  EXPECT_THAT(Keys(), UnorderedElementsAre("2", "3"));
  EXPECT_GE(supervisor_->status().zero_dates, 2U);
  Sql(lax + "UPDATE days SET day = '0000-00-00' WHERE id = 1");
  Sql("UPDATE days SET day = '2026-05-06' WHERE id = 2");
  EXPECT_TRUE(Await([&] { return Keys().size() == 2 && Indexed("days").back() == "2"; }));
  EXPECT_THAT(Keys(), UnorderedElementsAre("1", "3"));
  Stop();
  start(false);
  EXPECT_TRUE(Await([&] { return Indexed("days").size() == 3; }));
  EXPECT_THAT(Keys(), ElementsAre());
  EXPECT_GE(supervisor_->status().zero_dates, 2U);
}

TEST_P(DeadLettersTest, ARowLeavesThemWhenItIsMendedOrDeleted) {
  CreateGoods();
  Start();
  AwaitLive();
  EXPECT_THAT(Indexed("goods"), ElementsAre("1", "3"));
  const auto letters = state_->DeadLetters(10);
  ASSERT_OK(letters);
  ASSERT_EQ(letters->size(), 1U);
  EXPECT_EQ(letters->front().table, database_ + ".goods");
  EXPECT_EQ(letters->front().key, "2");
  EXPECT_EQ(letters->front().position, "snapshot");
  EXPECT_THAT(letters->front().reason, HasSubstr("column `attrs` of type JSON: "));
  Sql(std::string(kUnchecked) +
      "INSERT INTO goods VALUES (4, '{no JSON'), (5, '{no JSON'), (6, '{}')");
  EXPECT_TRUE(Await([&] { return Keys().size() == 3; }));
  EXPECT_THAT(state_->DeadLetters(1)->front().position, HasSubstr("-"));
  Sql("UPDATE goods SET attrs = '{}' WHERE id = 2");
  EXPECT_TRUE(Await([&] { return Keys().size() == 2; }));
  EXPECT_THAT(Indexed("goods"), ElementsAre("1", "2", "3", "6"));
  Sql("DELETE FROM goods WHERE id = 4");
  EXPECT_TRUE(Await([&] { return Keys() == std::vector<std::string>{"5"}; }));
  Sql("TRUNCATE goods");
  EXPECT_TRUE(Await([&] { return Keys().empty() && Indexed("goods").empty(); }));
  EXPECT_EQ(Table("goods").state, TableState::kLive);
}

TEST_P(DeadLettersTest, ATableBeyondTheLimitStopsAloneAndIsReadAgainAtTheNextStart) {
  CreateGoods();
  CreateItems(10);
  const auto with_limit = [](pipeline::SupervisorOptions* options) {
    options->dead_letter_limit = 2;
  };
  StartWith(with_limit);
  AwaitLive();
  Sql(std::string(kUnchecked) + "INSERT INTO goods VALUES (4, '{no JSON')");
  EXPECT_TRUE(Await([&] { return Keys().size() == 2; }));
  EXPECT_EQ(Table("goods").state, TableState::kLive);
  Sql(std::string(kUnchecked) + "INSERT INTO goods VALUES (5, '{no JSON'), (6, '{}')");
  ASSERT_TRUE(Await([&] { return Table("goods").state == TableState::kStopped; }));
  EXPECT_THAT(Table("goods").error,
              HasSubstr("more than 2 of its rows could not become documents "
                        "(source.dead_letter_limit); the newest, key [5]: column `attrs`"));
  EXPECT_EQ(Table("goods").code, change::StopCode::kDeadLettersAboveLimit);
  EXPECT_THAT(Indexed("goods"), ElementsAre("1", "3", "6"));
  Sql("UPDATE items SET stock = stock + 1; UPDATE goods SET attrs = '{}' WHERE id > 2");
  ExpectEqual();
  EXPECT_THAT(Indexed("goods"), ElementsAre("1", "3", "6")) << "it is stopped";
  Stop();
  StartWith(with_limit);
  AwaitLive();
  EXPECT_EQ(Table("goods").state, TableState::kLive);
  EXPECT_THAT(Indexed("goods"), ElementsAre("1", "3", "4", "5", "6"));
  EXPECT_THAT(Keys(), ElementsAre("2"));
}

// What the stream does not tell of is mended here: a session without a binlog.
TEST_P(DeadLettersTest, ARowThatIsReadOnceMoreLeavesThemWhereItIsGoodNow) {
  CreateGoods();
  Sql(std::string(kUnchecked) +
      "CREATE TABLE pairs (code VARBINARY(8), at DATETIME(3), amount DECIMAL(6,2), attrs JSON, "
      "PRIMARY KEY (code, at, amount));"
      "INSERT INTO pairs VALUES (x'00ff3a', '2026-01-02 03:04:05.678', -1.50, '{no JSON'), "
      "('', '0000-00-00 00:00:00', 0, '{no JSON')");
  Start();
  AwaitLive();
  EXPECT_EQ(Keys().size(), 3U);
  Sql(std::string(kUnchecked) +
      "SET SESSION sql_log_bin = 0; UPDATE goods SET attrs = '[]' WHERE id = 2;"
      "UPDATE pairs SET attrs = '{}' WHERE code != ''");
  const std::string goods = database_ + ".goods";
  EXPECT_EQ(supervisor_->RetryDeadLetters(goods, {"2", "1", "99"})->retried, 1U);
  EXPECT_TRUE(Await([&] { return Keys().size() == 2; }));
  EXPECT_THAT(Indexed("goods"), ElementsAre("1", "2", "3"));
  // Of the other table, one is good now and the other is met once more.
  const std::string pairs = database_ + ".pairs";
  const auto outcome = supervisor_->RetryDeadLetters(pairs, Keys());
  ASSERT_OK(outcome);
  EXPECT_EQ(outcome->retried, 2U);
  EXPECT_EQ(outcome->not_retried, 0U);
  EXPECT_TRUE(
      Await([&] { return Keys().size() == 1 && state_->DeadLetters(1)->front().count == 2; }));
  EXPECT_EQ(Indexed("pairs").size(), 1U);
  EXPECT_STATUS(supervisor_->RetryDeadLetters(database_ + ".none", {"1"}), kInvalidArgument);
}

TEST_P(DeadLettersTest, ASnapshotOfTooManyOfThemStopsItsTableAlone) {
  CreateItems(10);
  Sql(std::string(kUnchecked) +
      "CREATE TABLE goods (id INT AUTO_INCREMENT PRIMARY KEY, attrs JSON);"
      "INSERT INTO goods (attrs) SELECT '{no JSON' FROM items a, items b, items c");
  StartWith([](pipeline::SupervisorOptions* options) { options->dead_letter_limit = 150; });
  AwaitLive();
  EXPECT_EQ(Table("goods").state, TableState::kStopped);
  EXPECT_EQ(Table("items").state, TableState::kLive);
  EXPECT_LT(state_->dead_letter_count(), 1000U) << "chunks beyond the limit are not taken";
  ExpectEqual();
}

INSTANTIATE_TEST_SUITE_P(Servers, DeadLettersTest, ::testing::Values(ServerFlavor::kMariadb),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
