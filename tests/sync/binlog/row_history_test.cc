// Rows of system-versioned tables, of every kind and image.
#include "sync/binlog/row_history.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <utility>

namespace binseek::binlog {
namespace {

using change::RowChange;
using change::RowChangeKind;
using change::RowImage;
using change::Value;
using change::ValueKind;

constexpr int64_t kNone = 2'147'483'647'999'999;
constexpr int64_t kNoneSince115 = 4'294'967'295'999'999;
constexpr int64_t kEnded = 1'795'962'231'197'150;

std::shared_ptr<const change::TableSchema> Hidden() {
  auto table = std::make_shared<change::TableSchema>();
  table->database = "shop";
  table->table = "price";
  table->columns.resize(2);
  table->columns[0].name = "id";
  table->columns[1].name = "v";
  table->key = {0};
  table->versioning = change::Versioning::kHidden;
  return table;
}

RowImage Row(int v, std::optional<int64_t> end) {
  RowImage image{Value::Int(1), Value::Int(v), Value::Of(ValueKind::kTimestamp, 5),
                 end ? Value::Of(ValueKind::kTimestamp, *end) : Value::Absent()};
  return image;
}

TEST(RowHistoryTest, RowsEventsHaveTheHiddenColumnsBehindTheOthers) {
  const auto table = Hidden();
  const auto whole = WithHistory(table);
  ASSERT_EQ(whole->columns.size(), 4U);
  EXPECT_EQ(whole->columns[3].name, "row_end");
  EXPECT_EQ(whole->key, table->key);
  auto plain = std::make_shared<change::TableSchema>(*table);
  plain->versioning = change::Versioning::kNone;
  EXPECT_EQ(WithHistory(plain), std::shared_ptr<const change::TableSchema>(plain));
}

TEST(RowHistoryTest, OnlyCurrentRowsStay) {
  const auto table = Hidden();
  const auto whole = WithHistory(table);
  const auto taken = [&](RowChangeKind kind, RowImage before, RowImage after) {
    return WithoutHistory(table, {kind, whole, std::move(before), std::move(after)});
  };
  for (const int64_t none : {kNone, kNoneSince115}) {
    const auto inserted = taken(RowChangeKind::kInsert, {}, Row(1, none));
    ASSERT_TRUE(inserted);
    EXPECT_EQ(inserted->kind, RowChangeKind::kInsert);
    EXPECT_EQ(inserted->after.size(), 2U);
    EXPECT_EQ(inserted->table, table);
    const auto updated = taken(RowChangeKind::kUpdate, Row(1, none), Row(2, none));
    ASSERT_TRUE(updated);
    EXPECT_EQ(updated->kind, RowChangeKind::kUpdate);
    EXPECT_EQ(updated->after[1], Value::Int(2));
    const auto ended = taken(RowChangeKind::kUpdate, Row(1, none), Row(1, kEnded));
    ASSERT_TRUE(ended);
    EXPECT_EQ(ended->kind, RowChangeKind::kDelete);
    EXPECT_EQ(ended->before.size(), 2U);
    EXPECT_TRUE(ended->after.empty());
    ASSERT_TRUE(taken(RowChangeKind::kDelete, Row(1, none), {}));
  }
  EXPECT_FALSE(taken(RowChangeKind::kInsert, {}, Row(1, kEnded)));
  EXPECT_FALSE(taken(RowChangeKind::kDelete, Row(1, kEnded), {}));
  EXPECT_FALSE(taken(RowChangeKind::kUpdate, Row(1, kEnded), Row(2, kEnded)));
}

TEST(RowHistoryTest, ImagesThatDoNotTellTheEndAreTakenForWhatTheyCanBe) {
  const auto table = Hidden();
  const auto whole = WithHistory(table);
  // An update that leaves the end out has left it as it was: no statement updates history.
  auto updated = WithoutHistory(table, {RowChangeKind::kUpdate, whole, Row(1, {}), Row(2, {})});
  ASSERT_TRUE(updated);
  EXPECT_EQ(updated->kind, RowChangeKind::kUpdate);
  auto ended = WithoutHistory(table, {RowChangeKind::kUpdate, whole, Row(1, {}), Row(1, kEnded)});
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->kind, RowChangeKind::kDelete);
  // What a delete removes, a row or its history, is looked up.
  auto removed = WithoutHistory(table, {RowChangeKind::kDelete, whole, Row(1, {}), {}});
  ASSERT_TRUE(removed);
  EXPECT_EQ(removed->kind, RowChangeKind::kInsert);
  EXPECT_TRUE(removed->before.empty());
}

}  // namespace
}  // namespace binseek::binlog
