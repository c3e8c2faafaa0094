// Whose turn it is to be read, where reads fail: no table holds up another, and none is forgotten.
#include "sync/pipeline/followed_tables.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/fake_clock.h"

namespace binseek::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ReadingOrderTest : public ::testing::Test {
 protected:
  void Follow(const std::string& name, const change::BinlogPosition& captured_from = {},
              bool snapshot_done = false) {
    auto schema = std::make_shared<change::TableSchema>();
    schema->database = "shop";
    schema->table = name;
    TableCheckpoint table;
    table.schema = schema;
    table.index = name;
    table.captured_from = captured_from;
    table.snapshot_done = snapshot_done;
    tables_.Follow(table);
  }
  // The table of the next task; empty: there is none.
  std::string Take(bool others_first = false) {
    task_ = tables_.TakeTask(1, others_first);
    return task_ ? task_->table : std::string();
  }
  void PutOff(const snapshot::KeyCells& read_up_to = {}, milliseconds took = milliseconds(10)) {
    tables_.PutOff(*task_, read_up_to, took, {change::StopCode::kSnapshotWaits, "a lock"});
  }
  std::string ErrorOf(const std::string& name) const {
    for (const TableStatus& table : tables_.Status()) {
      if (table.table == name) {
        return table.error;
      }
    }
    return "not there";
  }
  // After how many seconds the table can be taken again, within a minute.
  int SecondsUntilTaken(const std::string& name) {
    for (int waited = 0; waited < 60; ++waited) {
      if (Take() == name) {
        return waited;
      }
      clock_.Advance(seconds(1));
    }
    return -1;
  }

  test::FakeClock clock_;
  FollowedTables tables_{&clock_};
  std::optional<SnapshotTask> task_;
};

TEST_F(ReadingOrderTest, ATableThatIsPutOffLetsOthersBeReadAndComesAgainInItsTime) {
  Follow("a");
  Follow("b");
  ASSERT_EQ(Take(), "shop.a");
  PutOff();
  EXPECT_EQ(ErrorOf("shop.a"), "a lock");
  ASSERT_EQ(Take(/*others_first=*/true), "shop.b");
  const SnapshotTask other = *task_;
  EXPECT_EQ(Take(), "");
  EXPECT_FALSE(tables_.AnotherIsDue(other));
  clock_.Advance(milliseconds(1100));
  EXPECT_TRUE(tables_.AnotherIsDue(other)) << "its reader is to leave it";
  tables_.GiveBack(other, {"7"});
  EXPECT_EQ(Take(/*others_first=*/true), "shop.b") << "which had no chunk since";
  EXPECT_EQ(task_->range.range.after, snapshot::KeyCells{"7"});
  tables_.GiveBack(*task_, {"8"});
  EXPECT_EQ(Take(), "shop.a");
  EXPECT_FALSE(tables_.AnotherIsDue(*task_)) << "it is being read itself";
}

TEST_F(ReadingOrderTest, EachAttemptThatFailsMakesTheNextLaterUntilAChunkComes) {
  Follow("a");
  std::vector<int> waited;
  for (int i = 0; i < 5; ++i) {
    waited.push_back(SecondsUntilTaken("shop.a"));
    PutOff({"7"});
  }
  EXPECT_EQ(waited, (std::vector<int>{0, 1, 2, 4, 5}));
  EXPECT_EQ(SecondsUntilTaken("shop.a"), 5);
  EXPECT_EQ(task_->range.range.after, snapshot::KeyCells{"7"});
  tables_.ChunkApplied(
      {"shop.a", 1, {"9"}, /*last=*/false, /*swept=*/false, {}, /*swapped=*/false, /*range=*/0});
  EXPECT_EQ(ErrorOf("shop.a"), "");
  PutOff({"9"});
  EXPECT_EQ(SecondsUntilTaken("shop.a"), 1);
  PutOff({}, seconds(20));
  EXPECT_EQ(SecondsUntilTaken("shop.a"), 40) << "an attempt that took long leaves others longer";
}

TEST_F(ReadingOrderTest, ATableWhoseReadingStandsHasNoSpeed) {
  const auto speed = [this] { return tables_.Status()[0].rows_per_second; };
  const auto apply = [this](uint64_t rows) {
    tables_.ChunkApplied({"shop.a",
                          rows,
                          {"9"},
                          /*last=*/false,
                          /*swept=*/false,
                          {},
                          /*swapped=*/false,
                          /*range=*/0});
  };
  Follow("a");
  ASSERT_EQ(Take(), "shop.a");
  clock_.Advance(seconds(1));
  apply(500);
  EXPECT_EQ(speed(), 500);
  clock_.Advance(seconds(29));
  EXPECT_EQ(speed(), 500);
  clock_.Advance(seconds(2));
  EXPECT_EQ(speed(), 0) << "nothing has come for half a minute";
  apply(3100);
  EXPECT_EQ(speed(), 100);
  PutOff({"9"});
  EXPECT_EQ(speed(), 0);
}

TEST_F(ReadingOrderTest, ManyTablesThatWaitTakeNoMoreOfTheReadersTimeThanOne) {
  for (const char* name : {"a", "b", "c"}) {
    Follow(name);
    ASSERT_EQ(Take(), std::string("shop.") + name);
    PutOff();
  }
  EXPECT_EQ(SecondsUntilTaken("shop.c"), 3);
  PutOff();
  EXPECT_EQ(SecondsUntilTaken("shop.c"), 6);
}

TEST_F(ReadingOrderTest, KeysOfATableThatIsPutOffLetOthersKeysBeRead) {
  for (const char* name : {"a", "b"}) {
    Follow(name, {}, /*snapshot_done=*/true);
  }
  tables_.AddPending({{"shop.a", {"1"}}, {"shop.a", {"2"}}, {"shop.b", {"3"}}});
  ASSERT_EQ(Take(), "shop.a");
  PutOff();
  ASSERT_EQ(Take(), "shop.b");
  EXPECT_EQ(Take(), "") << "the other key of the table is behind the same lock";
  EXPECT_FALSE(tables_.TakeKeys(5));
  clock_.Advance(seconds(2));
  const auto keys = tables_.TakeKeys(5);
  ASSERT_TRUE(keys);
  EXPECT_EQ(keys->keys.size(), 2U);
}

TEST_F(ReadingOrderTest, ATableThatBeginsAheadOfTheStreamHoldsUpNoOther) {
  Follow("a", {"binlog.000002", 500});
  Follow("b");
  EXPECT_EQ(Take(), "shop.b");
  EXPECT_EQ(Take(), "");
  EXPECT_NE(ErrorOf("shop.a").find("binlog.000002:500"), std::string::npos) << ErrorOf("shop.a");
  tables_.Passed({"binlog.000002", 499});
  EXPECT_EQ(Take(), "");
  tables_.Passed({"binlog.000002", 500});
  EXPECT_EQ(Take(), "shop.a");
  EXPECT_EQ(ErrorOf("shop.a"), "");
}

TEST_F(ReadingOrderTest,
       ATableWhoseReadingIsRefusedStopsWhereTheStreamHasMetNothingThatExplainsIt) {
  Follow("a");
  Follow("b");
  ASSERT_EQ(Take(), "shop.a");
  tables_.Refuse(*task_, {"binlog.000002", 500}, "no privilege", "grant it");
  EXPECT_EQ(Take(), "shop.b") << "nothing waits for the stream";
  EXPECT_EQ(Take(), "");
  tables_.Passed({"binlog.000002", 499});
  EXPECT_FALSE(tables_.IsStopped("shop.a"));
  EXPECT_NE(ErrorOf("shop.a").find("no privilege"), std::string::npos);
  tables_.Passed({"binlog.000002", 500});
  EXPECT_TRUE(tables_.IsStopped("shop.a"));
  EXPECT_EQ(ErrorOf("shop.a"), "its snapshot failed: no privilege; grant it");
  EXPECT_FALSE(tables_.IsStopped("shop.b"));
}

TEST_F(ReadingOrderTest, ATableWhoseReadingIsRefusedGoesOnWhereAStatementExplainsIt) {
  Follow("a");
  ASSERT_EQ(Take(), "shop.a");
  tables_.Refuse(*task_, {"binlog.000002", 500}, "no such column", "nothing");
  Follow("a", {"binlog.000002", 450});  // which the stream has met
  tables_.Passed({"binlog.000002", 500});
  EXPECT_FALSE(tables_.IsStopped("shop.a"));
  EXPECT_EQ(Take(), "shop.a");
}

TEST_F(ReadingOrderTest, WhatOneServerRefusedIsAskedOfTheNext) {
  Follow("a");
  ASSERT_EQ(Take(), "shop.a");
  tables_.Refuse(*task_, {"binlog.000090", 500}, "no privilege", "grant it");
  tables_.MoveTo({"binlog.000003", 700});
  tables_.Passed({"binlog.000100", 4});
  EXPECT_FALSE(tables_.IsStopped("shop.a"));
  EXPECT_EQ(Take(), "shop.a");
}

}  // namespace
}  // namespace binseek::pipeline
