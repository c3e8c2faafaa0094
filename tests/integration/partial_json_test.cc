// Documents that are changed by differences only, on a real server: ours stay equal to the server's.
#include "tests/integration/binlog_fixture.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

class PartialJsonTest : public BinlogFixture {
 protected:
  void SetUp() override {
    BinlogFixture::SetUp();
    if (session() == nullptr) {
      return;
    }
    Sql("CREATE TABLE j (id INT PRIMARY KEY, before_it JSON, doc JSON, n INT, behind_it JSON)");
    Follow();
  }
};

// One call of a function that the server logs as differences, of any paths.
class JsonCalls : public SeededTest {
 public:
  void TestBody() override {}
  std::string Value() {
    switch (Uniform(8)) {
      case 0:
        return "CAST('" + std::to_string(Uniform(1'000'000)) + "' AS JSON)";
      case 1:
        return "'text \\\"" + std::to_string(Uniform(100)) + "\\\" \xE6\xBC\xA2'";
      case 2:
        return "CAST('{\"x\": [1, {\"y\": null}], \"\": 1.5}' AS JSON)";
      case 3:
        return "CAST(12.50 AS DECIMAL(6,2))";
      case 4:
        return "CAST('2026-01-02 03:04:05.6' AS DATETIME(1))";
      case 5:
        return "CAST('[]' AS JSON)";
      case 6:
        return "REPEAT('x', " + std::to_string(Uniform(300)) + ")";
      default:
        return "NULL";
    }
  }
  std::string Path() {
    static constexpr const char* kLegs[] = {
        ".a",  ".bb", ".list", ".\"odd key\"", ".\"q\\\\\\\"\"", "[0]",
        "[1]", "[3]", ".x",    ".\"\"",        ".caf\xC3\xA9"};
    std::string path = "'$";
    for (uint64_t legs = 1 + Uniform(3); legs > 0; --legs) {
      path += kLegs[Uniform(std::size(kLegs))];
    }
    return path + "'";
  }
  std::string Call(const std::string& document) {
    switch (Uniform(3)) {
      case 0:
        return "JSON_REMOVE(" + document + ", " + Path() + ")";
      case 1:
        return "JSON_REPLACE(" + document + ", " + Path() + ", " + Value() + ")";
      default:
        return "JSON_SET(" + document + ", " + Path() + ", " + Value() + ")";
    }
  }
  bool Sometimes() { return OneIn(4); }
  uint64_t Rounds() { return Iterations(120); }
};

TEST_P(PartialJsonTest, DocumentsChangedByDifferencesEqualTheServers) {
  if (mariadb()) {
    GTEST_SKIP() << "MariaDB has no partial updates";
  }
  for (int id = 0; id < 4; ++id) {
    Sql("INSERT INTO j VALUES (" + std::to_string(id) +
        ", '[1, 2, 3]', JSON_OBJECT('pad', REPEAT('p', 800), 'a', 1, 'bb', JSON_OBJECT('x', 1, "
        "'list', JSON_ARRAY(1, 2, 3, JSON_ARRAY())), 'list', JSON_ARRAY('one', JSON_OBJECT('a', "
        "1)), "
        "'odd key', JSON_OBJECT('q\"', 2), '', JSON_ARRAY(true)), 0, '{\"a\": \"b\"}')");
  }
  Sql("SET SESSION binlog_row_value_options = 'PARTIAL_JSON'");
  JsonCalls calls;
  for (uint64_t round = calls.Rounds(); round > 0; --round) {
    std::string doc = calls.Call("doc");
    while (calls.Sometimes()) {
      doc = calls.Call(doc);  // a vector of several differences
    }
    std::string statement = "UPDATE j SET doc = " + doc;
    if (calls.Sometimes()) {
      statement += ", behind_it = " + calls.Call("behind_it");
    }
    if (calls.Sometimes()) {
      statement += ", before_it = NULL";
    }
    ASSERT_OK(session()->Execute(statement + ", n = n + 1 WHERE id = " + std::to_string(round % 4)))
        << statement;
  }
  Sql("SET SESSION binlog_row_value_options = ''");
  CatchUp();
  ExpectTableEqualsCopy("j");
}

TEST_P(PartialJsonTest, DifferencesWithoutTheDocumentAreUnknownValues) {
  if (mariadb()) {
    GTEST_SKIP() << "MariaDB has no partial updates";
  }
  Sql("INSERT INTO j VALUES (1, NULL, JSON_OBJECT('a', REPEAT('x', 1000), 'b', 1), 0, NULL)");
  CatchUp();
  Sql("SET SESSION binlog_row_value_options = 'PARTIAL_JSON', SESSION binlog_row_image = MINIMAL");
  Sql("UPDATE j SET doc = JSON_SET(doc, '$.b', 2)");
  copy_.clear();  // which takes whole images only
  const auto transactions = CatchUp();
  ASSERT_EQ(transactions.size(), 1U);
  const auto row = transactions[0].rows->Open()->Next();
  ASSERT_OK(row);
  ASSERT_NE(*row, nullptr);
  EXPECT_TRUE((*row)->after[1].is_absent());
  EXPECT_TRUE((*row)->after[2].is_unknown());
}

INSTANTIATE_TEST_SUITE_P(Servers, PartialJsonTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         FlavorOfTest);

}  // namespace
}  // namespace binseek::test
