// A source of several databases, and foreign keys that lead through databases that are none of it.
#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "sync/mapper/mapping_rules.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using ::testing::HasSubstr;

using DocumentMap = std::map<std::string, std::string>;

class DatabasesTest : public PipelineFixture {
 protected:
  void TearDown() override {
    if (server_ != nullptr) {
      supervisor_.reset();
      for (const char* name : {"_a", "_b", "_c", "_other"}) {
        EXPECT_OK(server_->Sql("SET foreign_key_checks = 0; DROP DATABASE IF EXISTS " + database_ +
                               name));
      }
    }
    PipelineFixture::TearDown();
  }

  void CreateOrders(const std::string& database, int table, std::string_view note) {
    const std::string name = database + ".orders_" + std::to_string(table);
    Sql("CREATE DATABASE IF NOT EXISTS " + database + "; CREATE TABLE " + name +
        " (id INT PRIMARY KEY, note VARCHAR(20)); INSERT INTO " + name + " VALUES (1, '" +
        std::string(note) + "')");
  }

  void StartAll(std::string_view rules) {
    StartWith([&](pipeline::SupervisorOptions* options) {
      options->connection.database = database_ + "_%";
      auto parsed = mapper::MappingRules::Parse(rules);
      ASSERT_OK(parsed);
      options->mapping.rules = std::make_shared<const mapper::MappingRules>(*std::move(parsed));
    });
  }

  void ExpectDocuments(const std::string& index, const DocumentMap& expected) {
    if (!Await([&] { return Documents(index) == expected; })) {
      EXPECT_EQ(Documents(index), expected) << supervisor_->status().error;
    }
  }

  std::string Id(const char* suffix, int table, int id) const {
    return database_ + suffix + ":orders_" + std::to_string(table) + ":" + std::to_string(id);
  }
};

TEST_P(DatabasesTest, ShardsOfSeveralDatabasesAreOneIndexAndDoNotTouchEachOther) {
  CreateOrders(database_, 1, "not among them");
  CreateOrders(database_ + "_a", 1, "a1");
  CreateOrders(database_ + "_b", 1, "b1");
  CreateOrders(database_ + "_b", 2, "b2");
  const std::string rules =
      R"json([{"table":")json" + database_ +
      R"json(_%.orders_%","index":"orders","id":["database","table","key"]}])json";
  StartAll(rules);
  AwaitLive();
  const std::string a1 = R"({"id":1,"note":"a1"})";
  const std::string b1 = R"({"id":1,"note":"b1"})";
  const std::string b2 = R"({"id":1,"note":"b2"})";
  ExpectDocuments("orders", {{Id("_a", 1, 1), a1}, {Id("_b", 1, 1), b1}, {Id("_b", 2, 1), b2}});
  // One transaction over two databases, and a database that comes while the stream runs.
  Sql("BEGIN; DELETE FROM " + database_ + "_b.orders_2; INSERT INTO " + database_ +
      "_a.orders_1 VALUES (2, 'a2'); COMMIT; INSERT INTO orders_1 VALUES (9, 'none')");
  CreateOrders(database_ + "_c", 1, "c1");
  const std::string a2 = R"({"id":2,"note":"a2"})";
  const std::string c1 = R"({"id":1,"note":"c1"})";
  ExpectDocuments(
      "orders",
      {{Id("_a", 1, 1), a1}, {Id("_a", 1, 2), a2}, {Id("_b", 1, 1), b1}, {Id("_c", 1, 1), c1}});
  Sql("TRUNCATE TABLE " + database_ + "_b.orders_1; DROP DATABASE " + database_ + "_c");
  ExpectDocuments("orders", {{Id("_a", 1, 1), a1}, {Id("_a", 1, 2), a2}});
  // A database goes and another one comes while nobody looks.
  Stop();
  Sql("DROP DATABASE " + database_ + "_a");
  CreateOrders(database_ + "_c", 2, "c2");
  StartAll(rules);
  AwaitLive();
  ExpectDocuments("orders", {{Id("_c", 2, 1), R"({"id":1,"note":"c2"})"}});
}

TEST_P(DatabasesTest, TablesOfOneNameAreToldApartOrTheSecondSaysWhatMendsIt) {
  CreateOrders(database_ + "_a", 1, "a1");
  CreateOrders(database_ + "_b", 1, "b1");
  StartAll(R"json([{"table":"orders_%","index":"orders","id":["table","key"]}])json");
  const auto second = [&] {
    for (const auto& table : supervisor_->status().tables) {
      if (table.table == database_ + "_b.orders_1") {
        return table;
      }
    }
    return pipeline::TableStatus{};
  };
  ASSERT_TRUE(Await([&] { return second().state == pipeline::TableState::kStopped; }));
  EXPECT_THAT(second().error, HasSubstr("have them begin with the database"));
  EXPECT_THAT(second().error, HasSubstr("id: [database, table, key]"));
  EXPECT_EQ(second().code, change::StopCode::kIndexTaken);
  ExpectDocuments("orders", {{"orders_1:1", R"({"id":1,"note":"a1"})"}});
  Stop();
  StartAll("");
  ASSERT_TRUE(Await([&] { return second().state == pipeline::TableState::kStopped; }));
  EXPECT_THAT(second().error,
              HasSubstr("source.rename: {" + database_ + "_b.orders_1: other_name}"));
}

// The server logs nothing of it, neither of the table between, which is of a database that is not followed.
TEST_P(DatabasesTest, KeysThatLeadThroughADatabaseThatIsNotFollowedTakeChildrenAlong) {
  const std::string other = database_ + "_other";
  Sql("CREATE TABLE top (id INT PRIMARY KEY); CREATE DATABASE " + other + "; CREATE TABLE " +
      other + ".mid (id INT PRIMARY KEY, up INT, FOREIGN KEY (up) REFERENCES " + database_ +
      ".top (id) ON DELETE CASCADE); CREATE TABLE leaf (id INT PRIMARY KEY, up INT, FOREIGN KEY "
      "(up) REFERENCES " +
      other + ".mid (id) ON DELETE CASCADE); INSERT INTO top VALUES (1), (2); INSERT INTO " +
      other + ".mid VALUES (10, 1), (20, 2); INSERT INTO leaf VALUES (100, 10), (200, 20)");
  Start();
  AwaitLive();
  EXPECT_EQ(Documents("leaf").size(), 2U);
  Sql("DELETE FROM top WHERE id = 1");
  ExpectDocuments("leaf", {{"200", R"({"id":200,"up":20})"}});
}

INSTANTIATE_TEST_SUITE_P(Servers, DatabasesTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
