// Statements and key literals; what they do on real servers is the pipeline's integration test.
#include "sync/snapshot/chunk_reader.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "sync/mysql/select_row.h"
#include "tests/support/status_matchers.h"

namespace binseek::snapshot {
namespace {

using change::Column;
using change::ColumnType;

Column Make(const std::string& name, ColumnType type) {
  Column column;
  column.name = name;
  column.type = type;
  return column;
}

std::shared_ptr<const change::TableSchema> Table(std::vector<uint32_t> key) {
  auto table = std::make_shared<change::TableSchema>();
  table->database = "shop";
  table->table = "it`ems";
  table->columns = {Make("a", ColumnType::kInt), Make("b", ColumnType::kVarchar),
                    Make("c", ColumnType::kDate)};
  table->key = std::move(key);
  return table;
}

TEST(ChunkReaderTest, TheFirstChunkHasNoCondition) {
  const auto sql = ChunkReader(Table({0})).Statement({}, 10);
  ASSERT_OK(sql);
  EXPECT_EQ(*sql, "SELECT `a`,`b`,`c` FROM `shop`.`it``ems` AS t ORDER BY t.`a` LIMIT 10");
}

TEST(ChunkReaderTest, AChunkBeginsBehindTheLastKey) {
  const auto sql = ChunkReader(Table({0})).Statement({{"-7"}, {}}, 10);
  ASSERT_OK(sql);
  EXPECT_NE(sql->find(" WHERE t.`a` > -7 ORDER BY t.`a` LIMIT 10"), std::string::npos) << *sql;
}

TEST(ChunkReaderTest, CompositeKeysCompareInKeyOrder) {
  const auto sql = ChunkReader(Table({2, 0, 1})).Statement({{"2026-01-02", "5", "it's"}, {}}, 3);
  ASSERT_OK(sql);
  EXPECT_NE(
      sql->find(
          " WHERE t.`c` >= '2026-01-02' AND (t.`c` > '2026-01-02' OR (t.`c` = '2026-01-02' AND "
          "(t.`a` > 5 OR (t.`a` = 5 AND t.`b` > 'it''s')))) ORDER BY t.`c`, t.`a`, t.`b` LIMIT 3"),
      std::string::npos)
      << *sql;
}

TEST(ChunkReaderTest, UpToAKeyIsWhatIsNotBehindIt) {
  const auto one = ChunkReader(Table({0})).Statement({{"-7"}, {"12"}}, 10);
  ASSERT_OK(one);
  EXPECT_NE(one->find(" WHERE t.`a` > -7 AND t.`a` <= 12 ORDER BY"), std::string::npos) << *one;
  const auto sql = ChunkReader(Table({2, 0, 1})).Statement({{}, {"2026-01-02", "5", "it's"}}, 3);
  ASSERT_OK(sql);
  EXPECT_NE(
      sql->find(
          " WHERE t.`c` <= '2026-01-02' AND (t.`c` < '2026-01-02' OR (t.`c` = '2026-01-02' AND "
          "(t.`a` < 5 OR (t.`a` = 5 AND t.`b` <= 'it''s')))) ORDER BY t.`c`, t.`a`, t.`b` LIMIT 3"),
      std::string::npos)
      << *sql;
}

TEST(ChunkReaderTest, ABorderIsAskedForByTheKeyAlone) {
  const auto sql = ChunkReader(Table({1, 0})).StatementOfKeyAt({{"x", "1"}, {}}, 500);
  ASSERT_OK(sql);
  EXPECT_EQ(*sql,
            "SELECT `b`,`a` FROM `shop`.`it``ems` AS t WHERE t.`b` >= 'x' AND (t.`b` > 'x' OR "
            "(t.`b` = 'x' AND t.`a` > 1)) ORDER BY t.`b`, t.`a` LIMIT 1 OFFSET 499");
}

TEST(ChunkReaderTest, RowsAreFoundByTheirKeys) {
  const std::vector<KeyCells> keys = {{"5", "it's"}, {"-6", ""}};
  const auto sql = ChunkReader(Table({0, 1})).StatementOfKeys(keys);
  ASSERT_OK(sql);
  EXPECT_EQ(
      *sql,
      "SELECT `a`,`b`,`c` FROM `shop`.`it``ems` AS t WHERE (t.`a` = 5 AND t.`b` = 'it''s') OR "
      "(t.`a` = -6 AND t.`b` = '')");
  const auto one = ChunkReader(Table({2})).StatementOfKeys(std::vector<KeyCells>{{"2026-01-02"}});
  ASSERT_OK(one);
  EXPECT_TRUE(one->ends_with(" WHERE (t.`c` = '2026-01-02')")) << *one;
  const auto begins = ChunkReader(Table({0, 1})).StatementOfKeys(std::vector<KeyCells>{{"1"}});
  ASSERT_OK(begins);
  EXPECT_TRUE(begins->ends_with(" WHERE (t.`a` = 1)")) << *begins;
  for (const KeyCells& key : {KeyCells(), KeyCells{"1", "a", "b"}}) {
    EXPECT_STATUS(ChunkReader(Table({0, 1})).StatementOfKeys(std::vector<KeyCells>{key}),
                  kInvalidArgument);
  }
}

TEST(ChunkReaderTest, AKeyOfAnotherLengthIsRefused) {
  EXPECT_STATUS(ChunkReader(Table({0, 1})).Statement({{"1"}, {}}, 3), kInvalidArgument);
  EXPECT_STATUS(ChunkReader(Table({0, 1})).Statement({{}, {"1"}}, 3), kInvalidArgument);
}

TEST(KeyLiteralTest, LabelsCompareByTheirNumber) {
  Column column = Make("e", ColumnType::kEnum);
  column.labels = {"z", "m", "a"};
  EXPECT_EQ(*KeyLiteral(column, "z"), "1");
  EXPECT_EQ(*KeyLiteral(column, "a"), "3");
  EXPECT_EQ(*KeyLiteral(column, ""), "0");
  EXPECT_STATUS(KeyLiteral(column, "q"), kInvalidArgument);
  column.type = ColumnType::kSet;
  EXPECT_EQ(*KeyLiteral(column, ""), "0");
  EXPECT_EQ(*KeyLiteral(column, "z,a"), "5");
}

TEST(KeyLiteralTest, AnEmptyLabelOfAnEnumIsNotItsErrorValue) {
  Column column = Make("e", ColumnType::kEnum);
  column.labels = {"z", ""};
  EXPECT_EQ(*KeyLiteral(column, ""), "2");
  EXPECT_EQ(*KeyLiteral(column, mysql::kErrorValueCell), "0");
  column.labels = {"z"};
  EXPECT_STATUS(KeyLiteral(column, mysql::kErrorValueCell), kInvalidArgument);
}

TEST(KeyLiteralTest, AnEmptyLabelOfASetCountsWhereItCanBeTold) {
  Column column = Make("s", ColumnType::kSet);
  column.labels = {"z", ""};
  EXPECT_EQ(*KeyLiteral(column, "z,"), "3");
  EXPECT_EQ(*KeyLiteral(column, "z"), "1");
  EXPECT_STATUS(KeyLiteral(column, ""), kInvalidArgument);
}

TEST(ChunkReaderTest, AKeyWithTheEmptyLabelFindsTheRowsThatPrintLikeIt) {
  auto table = std::make_shared<change::TableSchema>(*Table({0}));
  table->columns[0].type = ColumnType::kEnum;
  table->columns[0].labels = {"z", ""};
  const auto keys = ChunkReader(table).StatementOfKeys(std::vector<KeyCells>{{""}, {"z"}});
  ASSERT_OK(keys);
  EXPECT_TRUE(keys->ends_with(" WHERE ((t.`a` = 2 OR t.`a` = 0)) OR (t.`a` = 1)")) << *keys;
}

TEST(KeyLiteralTest, NothingButNumbersGoesUnquoted) {
  EXPECT_EQ(*KeyLiteral(Make("n", ColumnType::kDecimal), "-12.50"), "-12.50");
  EXPECT_EQ(*KeyLiteral(Make("n", ColumnType::kDouble), "1.5e-7"), "1.5e-7");
  EXPECT_STATUS(KeyLiteral(Make("n", ColumnType::kInt), "1 OR 1=1"), kInvalidArgument);
  EXPECT_STATUS(KeyLiteral(Make("n", ColumnType::kInt), ""), kInvalidArgument);
  EXPECT_EQ(*KeyLiteral(Make("n", ColumnType::kVarchar), "1 OR 1=1"), "'1 OR 1=1'");
  EXPECT_EQ(*KeyLiteral(Make("n", ColumnType::kVarbinary), std::string("\0'", 2)), "x'0027'");
  EXPECT_STATUS(KeyLiteral(Make("n", ColumnType::kJson), "{}"), kInvalidArgument);
}

}  // namespace
}  // namespace binseek::snapshot
