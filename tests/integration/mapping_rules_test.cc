// Mapping rules between real servers and an engine: filters, shared indices, ids, computed fields, time zones, and rules that change.
#include <gmock/gmock.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "sync/mapper/mapping_rules.h"
#include "sync/mapper/time_zone.h"
#include "tests/integration/pipeline_fixture.h"
#include "tests/support/fault_scope.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

using pipeline::TableState;
using ::testing::HasSubstr;

using DocumentMap = std::map<std::string, std::string>;

mapper::MapperOptions RulesOf(std::string_view json, std::string_view zone = "UTC") {
  mapper::MapperOptions options;
  auto rules = mapper::MappingRules::Parse(json);
  EXPECT_OK(rules);
  options.rules = std::make_shared<const mapper::MappingRules>(std::move(rules).value());
  auto found = mapper::TimeZone::Find(zone);
  EXPECT_OK(found);
  options.time_zone = std::move(found).value();
  return options;
}

class MappingRulesPipelineTest : public PipelineFixture {
 protected:
  void StartBy(std::string_view json, std::string_view zone = "UTC") {
    StartWith(
        [&](pipeline::SupervisorOptions* options) { options->mapping = RulesOf(json, zone); });
    AwaitLive();
  }
  void ExpectDocuments(const std::string& index, const DocumentMap& expected) {
    if (!Await([&] { return Documents(index) == expected; })) {
      EXPECT_EQ(Documents(index), expected) << supervisor_->status().error;
    }
  }
};

TEST_P(MappingRulesPipelineTest, RowsEnterAndLeaveTheFilter) {
  Sql("CREATE TABLE items (id INT PRIMARY KEY, name VARCHAR(20), stock INT, deleted_at DATETIME "
      "NULL);"
      "INSERT INTO items VALUES (1, 'one', 1, NULL), (2, 'two', 0, NULL), (3, 'three', 3, "
      "'2026-01-01')");
  StartBy(
      R"json([{"table":"items","include":["id","name"],"where":"stock > 0","soft_delete":"deleted_at IS NOT NULL"}])json");
  const std::string one = R"({"id":1,"name":"one"})";
  const std::string two = R"({"id":2,"name":"two"})";
  const std::string three = R"({"id":3,"name":"three"})";
  ExpectDocuments("items", {{"1", one}});
  Sql("UPDATE items SET stock = 5 WHERE id = 2; UPDATE items SET deleted_at = NULL WHERE id = 3;"
      "UPDATE items SET deleted_at = NOW() WHERE id = 1");
  ExpectDocuments("items", {{"2", two}, {"3", three}});
  Sql("UPDATE items SET stock = 0 WHERE id = 2; DELETE FROM items WHERE id = 3;"
      "UPDATE items SET deleted_at = NULL WHERE id = 1; INSERT INTO items VALUES (4, 'four', 0, "
      "NULL)");
  ExpectDocuments("items", {{"1", one}});
  // Images that do not tell whether the row is in.
  Sql("SET SESSION binlog_row_image = 'MINIMAL'; UPDATE items SET stock = 1 WHERE id = 2;"
      "UPDATE items SET name = 'neither' WHERE id = 4; UPDATE items SET name = 'uno' WHERE id = 1");
  ExpectDocuments("items", {{"1", R"({"id":1,"name":"uno"})"}, {"2", two}});
  Sql("SET SESSION binlog_row_image = 'MINIMAL'; UPDATE items SET deleted_at = NOW() WHERE id = 2;"
      "UPDATE items SET stock = 0 WHERE id = 1");
  ExpectDocuments("items", {});
}

TEST_P(MappingRulesPipelineTest, ShardsThatShareAnIndexDoNotTouchEachOther) {
  for (const char* shard : {"1", "2"}) {
    Sql(std::string("CREATE TABLE orders_") + shard + " (id INT PRIMARY KEY, note VARCHAR(20));" +
        "INSERT INTO orders_" + shard + " VALUES (1, 's" + shard + "'), (2, 'x')");
  }
  StartBy(R"json([{"table":"orders_%","index":"orders","id":["table","key"]}])json");
  ExpectDocuments("orders", {{"orders_1:1", R"({"id":1,"note":"s1"})"},
                             {"orders_1:2", R"({"id":2,"note":"x"})"},
                             {"orders_2:1", R"({"id":1,"note":"s2"})"},
                             {"orders_2:2", R"({"id":2,"note":"x"})"}});
  Sql("TRUNCATE TABLE orders_1; INSERT INTO orders_1 VALUES (7, 'new'); DELETE FROM orders_2 WHERE "
      "id = 2");
  ExpectDocuments("orders", {{"orders_1:7", R"({"id":7,"note":"new"})"},
                             {"orders_2:1", R"({"id":1,"note":"s2"})"}});
  // Another shape: its documents are read anew, with a field that the other has not.
  Sql("ALTER TABLE orders_1 ADD COLUMN kind INT NOT NULL DEFAULT 3");
  ExpectDocuments("orders", {{"orders_1:7", R"({"id":7,"note":"new","kind":3})"},
                             {"orders_2:1", R"({"id":1,"note":"s2"})"}});
  // A third one comes while the stream runs, and goes.
  Sql("CREATE TABLE orders_3 (id INT PRIMARY KEY, note VARCHAR(20)); INSERT INTO orders_3 VALUES "
      "(1, 's3')");
  ExpectDocuments("orders", {{"orders_1:7", R"({"id":7,"note":"new","kind":3})"},
                             {"orders_2:1", R"({"id":1,"note":"s2"})"},
                             {"orders_3:1", R"({"id":1,"note":"s3"})"}});
  Stop();
  StartBy(R"json([{"table":"orders_%","index":"orders","id":["table","key"]}])json");
  Sql("DROP TABLE orders_1; UPDATE orders_2 SET note = 'y'");
  ExpectDocuments("orders", {{"orders_2:1", R"({"id":1,"note":"y"})"},
                             {"orders_3:1", R"({"id":1,"note":"s3"})"}});
}

// Rows that the stream does not show have one shard read again, and swept of what has no row.
TEST_P(MappingRulesPipelineTest, AShardThatIsReadAgainLeavesTheOthersAsTheyAre) {
  for (const char* shard : {"1", "2"}) {
    Sql(std::string("CREATE TABLE orders_") + shard + " (id INT PRIMARY KEY, note VARCHAR(20));" +
        "INSERT INTO orders_" + shard + " VALUES (1, 'a'), (2, 'b')");
  }
  StartBy(R"json([{"table":"orders_%","index":"orders","id":["table","key"]}])json");
  EXPECT_EQ(Documents("orders").size(), 4U);
  // The binlog does not tell of these rows, and the statement behind them may have rewritten all of its table.
  Sql("SET SESSION sql_log_bin = 0; DELETE FROM orders_1 WHERE id = 2; DELETE FROM orders_2 WHERE "
      "id = 2;"
      "SET SESSION sql_log_bin = 1; UPDATE orders_2 SET note = 'c' WHERE id = 1;"
      "ALTER TABLE orders_1 ENGINE = InnoDB");
  ExpectDocuments("orders", {{"orders_1:1", R"({"id":1,"note":"a"})"},
                             {"orders_2:1", R"({"id":1,"note":"c"})"},
                             {"orders_2:2", R"({"id":2,"note":"b"})"}});
}

TEST_P(MappingRulesPipelineTest, TablesWhoseIdsMayClashAreRefused) {
  Sql("CREATE TABLE orders_1 (id INT PRIMARY KEY); CREATE TABLE orders_2 (id INT PRIMARY KEY);"
      "INSERT INTO orders_1 VALUES (1); INSERT INTO orders_2 VALUES (1)");
  StartBy(R"json([{"table":"orders_%","index":"orders"}])json");
  ExpectDocuments("orders", {{"1", R"({"id":1})"}});
  EXPECT_EQ(Table("orders_2").state, TableState::kStopped);
  EXPECT_EQ(Table("orders_2").code, change::StopCode::kIndexTaken);
  EXPECT_THAT(Table("orders_2").error,
              AllOf(HasSubstr(database_ + ".orders_1"), HasSubstr(database_ + ".orders_2"),
                    HasSubstr("id: [table, key]")));
}

TEST_P(MappingRulesPipelineTest, TypesThatDifferInOneIndexAreRefusedNamingBoth) {
  Sql("CREATE TABLE orders_1 (id INT PRIMARY KEY, price DECIMAL(10,2));"
      "CREATE TABLE orders_2 (id INT PRIMARY KEY, price VARCHAR(10), more INT);"
      "INSERT INTO orders_1 VALUES (1, 1.5)");
  StartBy(R"json([{"table":"orders_%","index":"orders","id":["table","key"]}])json");
  EXPECT_THAT(Table("orders_2").error,
              AllOf(HasSubstr(database_ + ".orders_1"), HasSubstr(database_ + ".orders_2"),
                    HasSubstr("field `price` is [text]"), HasSubstr("[scaled_float] of scale 2")));
  ExpectDocuments("orders", {{"orders_1:1", R"({"id":1,"price":1.50})"}});
}

TEST_P(MappingRulesPipelineTest, IdsOfAUniqueKeyFollowItsRows) {
  Sql("CREATE TABLE items (id INT PRIMARY KEY, sku VARCHAR(10) NULL, big BIGINT UNSIGNED NOT NULL, "
      "UNIQUE KEY (sku, big), name VARCHAR(10));"
      "INSERT INTO items VALUES (1, 'a', 18446744073709551615, 'one'), (2, NULL, 2, 'two')");
  StartBy(R"json([{"table":"items","id":["sku","big"]}])json");
  const std::string big = "18446744073709551615";
  ExpectDocuments("items",
                  {{"a:" + big, R"({"id":1,"sku":"a","big":)" + big + R"(,"name":"one"})"}});
  ASSERT_TRUE(Await([&] { return supervisor_->status().dead_letters == 1; }));
  const auto letters = state_->DeadLetters(10);
  ASSERT_OK(letters);
  ASSERT_EQ(letters->size(), 1U);
  EXPECT_THAT((*letters)[0].reason, HasSubstr("column `sku`"));
  Sql("UPDATE items SET sku = 'b:c' WHERE id = 2; UPDATE items SET big = 7 WHERE id = 1");
  ExpectDocuments("items", {{"a:7", R"({"id":1,"sku":"a","big":7,"name":"one"})"},
                            {"b\\:c:2", R"({"id":2,"sku":"b:c","big":2,"name":"two"})"}});
  EXPECT_TRUE(Await([&] { return supervisor_->status().dead_letters == 0; }));
  // Another key of the row, the same document; and images without the id.
  Sql("UPDATE items SET id = 10 WHERE id = 1; SET SESSION binlog_row_image = 'MINIMAL';"
      "UPDATE items SET name = 'zwei' WHERE id = 2");
  ExpectDocuments("items", {{"a:7", R"({"id":10,"sku":"a","big":7,"name":"one"})"},
                            {"b\\:c:2", R"({"id":2,"sku":"b:c","big":2,"name":"zwei"})"}});
  // The old id is in no image: all of the table is read again.
  Sql("SET SESSION binlog_row_image = 'MINIMAL'; UPDATE items SET sku = 'd' WHERE id = 2;"
      "DELETE FROM items WHERE id = 10");
  ExpectDocuments("items", {{"d:2", R"({"id":2,"sku":"d","big":2,"name":"zwei"})"}});
}

TEST_P(MappingRulesPipelineTest, ARowWhoseFilterFailsUnderAnotherIdLeavesNoDocument) {
  Sql("CREATE TABLE items (id INT PRIMARY KEY, payload TEXT);"
      "INSERT INTO items VALUES (1, '{\"active\": \"true\"}'), (2, '{\"active\": \"true\"}')");
  StartBy(
      R"json([{"table":"items","include":["id"],"where":"json_text(payload, '$.active') = 'true'"}])json");
  ExpectDocuments("items", {{"1", R"({"id":1})"}, {"2", R"({"id":2})"}});
  Sql("UPDATE items SET id = 7, payload = 'broken' WHERE id = 1");
  ExpectDocuments("items", {{"2", R"({"id":2})"}});
  Sql("SET SESSION binlog_row_image = 'MINIMAL';"
      "UPDATE items SET id = 8, payload = 'broken' WHERE id = 2");
  ExpectDocuments("items", {});
  EXPECT_TRUE(Await([&] { return supervisor_->status().dead_letters == 2; }));
  Sql("DELETE FROM items");
  EXPECT_TRUE(Await([&] { return supervisor_->status().dead_letters == 0; }));
}

TEST_P(MappingRulesPipelineTest, KeysThatReadAlikeLoseTheirOwnDocumentsUnderMinimal) {
  Sql("CREATE TABLE items (a VARCHAR(10), b VARCHAR(10), code VARCHAR(10) NOT NULL, PRIMARY KEY "
      "(a, "
      "b), UNIQUE KEY (code))");
  StartBy(R"json([{"table":"items","include":["code"],"id":["code"]}])json");
  Sql("SET SESSION binlog_row_image = 'MINIMAL'; START TRANSACTION;"
      "INSERT INTO items VALUES ('x:y', 'z', 'c1'), ('x', 'y:z', 'c2');"
      "DELETE FROM items WHERE code = 'c1'; COMMIT");
  ExpectDocuments("items", {{"c2", R"({"code":"c2"})"}});
  EXPECT_EQ(Table("items").state, TableState::kLive);
}

TEST_P(MappingRulesPipelineTest, IdsThatAreNoUniqueKeyAreRefused) {
  Sql("CREATE TABLE items (id INT PRIMARY KEY, sku VARCHAR(10), name VARCHAR(10), UNIQUE KEY (sku, "
      "name))");
  StartBy(R"json([{"table":"items","id":["sku"]}])json");
  EXPECT_THAT(Table("items").error,
              AllOf(HasSubstr("items, id: the columns `sku` have no unique key"),
                    HasSubstr("ADD UNIQUE KEY (`sku`)")));
}

TEST_P(MappingRulesPipelineTest, FieldsAreRenamedCopiedAndComputed) {
  Sql("CREATE TABLE people (id INT PRIMARY KEY, first VARCHAR(20), last VARCHAR(20), price "
      "DECIMAL(8,2), "
      "qty SMALLINT, attrs JSON, secret TEXT);"
      "INSERT INTO people VALUES (1, 'Ada', 'Lovelace', 2.50, 4, '{\"color\":\"red\"}', 's')");
  StartBy(R"json([{"table":"people","exclude":["secret"],"rename":{"last":"surname"},
      "fields":{"surname":{"type":"keyword","copy_to":["all"]},
      "first":{"type":"text","copy_to":["all"]},
      "full":{"value":"concat_ws(' ', first, last)"},"total":{"value":"price * qty"},
      "color":{"value":"json_text(attrs, '$.color')","type":"keyword"},
      "attrs":{"type":"object","properties":{"color":{"type":"keyword"}}},
      "all":{"type":"text"}}}])json");
  const auto person = [&](const std::string& last, const std::string& qty, const std::string& total,
                          const std::string& color) {
    return R"({"id":1,"first":"Ada","surname":")" + last + R"(","price":2.50,"qty":)" + qty +
           R"(,"attrs":{"color":")" + color + R"("},"full":"Ada )" + last + R"(","total":)" +
           total + R"(,"color":")" + color + R"("})";
  };
  ExpectDocuments("people", {{"1", person("Lovelace", "4", "10.00", "red")}});
  Sql("UPDATE people SET qty = 6, secret = 't'");
  ExpectDocuments("people", {{"1", person("Lovelace", "6", "15.00", "red")}});
  Sql("UPDATE people SET last = 'Byron', attrs = '{\"color\":\"blue\"}'");
  ExpectDocuments("people", {{"1", person("Byron", "6", "15.00", "blue")}});
}

TEST_P(MappingRulesPipelineTest, DatetimesAreOfTheSourcesZoneOnBothRoads) {
  const std::string values =
      "'2026-01-15 12:00:00', '2026-01-15'), (2, '2026-07-15 12:00:00', NULL), "
      "(3, '2026-03-29 02:30:00', NULL), (4, '2026-10-25 02:30:00', NULL), (5, NULL, NULL)";
  Sql("CREATE TABLE moments (id INT PRIMARY KEY, at DATETIME NULL, day DATE NULL);"
      "INSERT INTO moments VALUES (1, " +
      values);
  StartBy("[]", "Europe/Berlin");
  EXPECT_EQ(supervisor_->status().time_zone, "Europe/Berlin");
  const DocumentMap expected = {{"1", R"({"id":1,"at":"2026-01-15T11:00:00Z","day":"2026-01-15"})"},
                                {"2", R"({"id":2,"at":"2026-07-15T10:00:00Z","day":null})"},
                                {"3", R"({"id":3,"at":"2026-03-29T01:30:00Z","day":null})"},
                                {"4", R"({"id":4,"at":"2026-10-25T00:30:00Z","day":null})"},
                                {"5", R"({"id":5,"at":null,"day":null})"}};
  ExpectDocuments("moments", expected);
  Sql("DELETE FROM moments");
  ExpectDocuments("moments", {});
  Sql("INSERT INTO moments VALUES (1, " + values);
  ExpectDocuments("moments", expected);
  Sql("UPDATE moments SET at = '2026-07-15 13:00:00' WHERE id = 2");
  ASSERT_TRUE(Await([&] {
    return Documents("moments")["2"] == R"({"id":2,"at":"2026-07-15T11:00:00Z","day":null})";
  }));
  Stop();
  // Another zone: the table is built anew.
  StartBy("[]", "UTC");
  ASSERT_TRUE(Await([&] {
    return Documents("moments")["2"] == R"({"id":2,"at":"2026-07-15T13:00:00","day":null})";
  })) << Documents("moments")["2"];
  EXPECT_EQ(Documents("moments").size(), 5U);
}

TEST_P(MappingRulesPipelineTest, ARuleThatChangesAtARestartHasItsTableBuiltAnewAlone) {
  for (const char* shard : {"1", "2"}) {
    Sql(std::string("CREATE TABLE orders_") + shard +
        " (id INT PRIMARY KEY, note VARCHAR(20), kind INT);" + "INSERT INTO orders_" + shard +
        " VALUES (1, 'a', 1), (2, 'b', 2)");
  }
  StartBy(R"json([{"table":"orders_%","index":"orders","id":["table","key"]}])json");
  EXPECT_EQ(Documents("orders").size(), 4U);
  Stop();
  const std::string changed =
      R"json([{"table":"orders_2","index":"orders","id":["table","key"],"where":"kind = 2"},
      {"table":"orders_%","index":"orders","id":["table","key"]}])json";
  StartBy(changed);
  const DocumentMap expected = {{"orders_1:1", R"({"id":1,"note":"a","kind":1})"},
                                {"orders_1:2", R"({"id":2,"note":"b","kind":2})"},
                                {"orders_2:2", R"({"id":2,"note":"b","kind":2})"}};
  ExpectDocuments("orders", expected);
  Crash();
  StartBy(changed);
  ExpectDocuments("orders", expected);
  Stop();
  // A table that goes to an index of its own takes its documents along.
  StartBy(
      R"json([{"table":"orders_1","index":"orders","id":["table","key"]},{"table":"orders_2","index":"second"}])json");
  ExpectDocuments("orders", {{"orders_1:1", R"({"id":1,"note":"a","kind":1})"},
                             {"orders_1:2", R"({"id":2,"note":"b","kind":2})"}});
  ExpectDocuments("second", {{"1", R"({"id":1,"note":"a","kind":1})"},
                             {"2", R"({"id":2,"note":"b","kind":2})"}});
  Stop();
  // Fields of another type than before.
  StartBy(
      R"json([{"table":"orders_1","index":"orders","id":["key"],"fields":{"kind":{"type":"keyword"}}},{"table":"orders_2","index":"second"}])json");
  ExpectDocuments("orders", {{"1", R"({"id":1,"note":"a","kind":1})"},
                             {"2", R"({"id":2,"note":"b","kind":2})"}});
  EXPECT_EQ(engine_->View()->Find("orders")->mapping->Find("kind")->kind,
            mapping::FieldKind::kKeyword);
}

TEST_P(MappingRulesPipelineTest, AStartThatErasesAndComesToNothingLeavesTheTableToBeReadAgain) {
  for (const char* shard : {"1", "2"}) {
    Sql(std::string("CREATE TABLE orders_") + shard + " (id INT PRIMARY KEY, note VARCHAR(20));" +
        "INSERT INTO orders_" + shard + " VALUES (1, 'a'), (2, 'b')");
  }
  const std::string rules =
      R"json([{"table":"orders_%","index":"orders","id":["table","key"]}])json";
  StartBy(rules);
  EXPECT_EQ(Documents("orders").size(), 4U);
  Stop();
  {
    const FaultScope faults("supervisor.opens_stream=error@1");
    StartWith([&](pipeline::SupervisorOptions* options) {
      options->mapping = RulesOf(rules);
      options->exclude = {"orders_1"};
    });
    ASSERT_TRUE(Await([&] { return supervisor_->status().state == pipeline::SyncState::kHalted; }));
    EXPECT_EQ(Documents("orders").size(), 2U);
    Stop();  // commits
  }
  Sql("UPDATE orders_1 SET note = 'z' WHERE id = 1");
  StartBy(rules);
  ExpectDocuments("orders", {{"orders_1:1", R"({"id":1,"note":"z"})"},
                             {"orders_1:2", R"({"id":2,"note":"b"})"},
                             {"orders_2:1", R"({"id":1,"note":"a"})"},
                             {"orders_2:2", R"({"id":2,"note":"b"})"}});
}

TEST_P(MappingRulesPipelineTest, ARuleThatDoesNotFitNamesTableColumnAndRule) {
  Sql("CREATE TABLE items (id INT PRIMARY KEY); CREATE TABLE boxes (id INT PRIMARY KEY)");
  StartBy(R"json([{"table":"items","where":"state = 1"}])json");
  EXPECT_EQ(Table("items").state, TableState::kStopped);
  EXPECT_EQ(Table("items").code, change::StopCode::kMappingRefused);
  EXPECT_THAT(Table("items").error,
              HasSubstr(database_ +
                        ".items, where: the table has no column `state` (source.mapping, rule 1"));
  EXPECT_EQ(Table("boxes").state, TableState::kLive);
}

INSTANTIATE_TEST_SUITE_P(Servers, MappingRulesPipelineTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         [](const auto& test) {
                           return std::string(ServerFlavorName(test.param));
                         });

}  // namespace
}  // namespace binseek::test
