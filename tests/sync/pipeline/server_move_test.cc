// What the tables and the checkpoint let go of when the stream goes on with another server.
#include <gtest/gtest.h>

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/followed_tables.h"
#include "tests/support/sample_table.h"

namespace binseek::pipeline {
namespace {

class ServerMoveTest : public ::testing::Test {
 protected:
  static std::shared_ptr<const change::TableSchema> Schema(const std::string& name) {
    auto schema = std::make_shared<change::TableSchema>(*test::SampleTable(false));
    schema->table = name;
    return schema;
  }

  void Follow(const std::string& name, const change::BinlogPosition& captured_from,
              bool snapshot_done) {
    TableCheckpoint table;
    table.schema = Schema(name);
    table.index = name;
    table.captured_from = captured_from;
    table.snapshot_done = snapshot_done;
    tables_.Follow(table);
  }

  bool Captures(const std::string& name, const change::BinlogPosition& reached) const {
    return tables_.SchemaFor("shop", name, reached) != nullptr;
  }

  FollowedTables tables_;
  const std::stop_source stop_;
};

TEST_F(ServerMoveTest, WhatLayAheadLiesAtTheNewServersEndAndNothingElseDoes) {
  Follow("ahead", {"binlog.000090", 500}, false);
  Follow("reading", {}, false);
  Follow("live", {}, true);
  EXPECT_EQ(tables_.NotYetCaptured(), (std::vector<std::string>{"shop.ahead"}));
  tables_.MoveTo({"binlog.000003", 700});
  const change::BinlogPosition before{"binlog.000003", 699};
  const change::BinlogPosition end{"binlog.000003", 700};
  EXPECT_FALSE(Captures("ahead", {}));  // nothing has come from there
  EXPECT_FALSE(Captures("ahead", before));
  EXPECT_TRUE(Captures("ahead", end));
  EXPECT_TRUE(Captures("reading", {}));
  EXPECT_TRUE(Captures("live", {}));
  tables_.Passed({});
  tables_.Passed(before);
  EXPECT_EQ(tables_.NotYetCaptured().size(), 1U);
  tables_.Passed(end);
  EXPECT_TRUE(tables_.NotYetCaptured().empty());
}

TEST_F(ServerMoveTest, TablesAreReadOnBehindTheLastChunkThatWasApplied) {
  Follow("reading", {}, false);
  const auto task = tables_.AwaitTask(100, stop_.get_token());
  ASSERT_TRUE(task.has_value());
  tables_.ChunkApplied({task->table, 100, {"100"}, /*last=*/false, /*swept=*/false, {}});
  tables_.MoveTo({"binlog.000003", 700});
  EXPECT_FALSE(tables_.IsCurrent(task->table, task->generation));
  const auto again = tables_.AwaitTask(100, stop_.get_token());
  ASSERT_TRUE(again.has_value());
  EXPECT_TRUE(tables_.IsCurrent(again->table, again->generation));
  EXPECT_EQ(again->range.range, (snapshot::KeyRange{{"100"}, {}}));
  EXPECT_EQ(tables_.Find("shop.reading")->snapshot_rows, 100U);
}

// Chunks of keys have their high watermark in the old server's binlog, whatever the table's snapshot is like.
TEST_F(ServerMoveTest, KeysThatWereBeingReadAreReadFromTheNewServer) {
  Follow("live", {}, true);
  tables_.AddPending({{"shop.live", {"7"}}, {"shop.live", {"8"}}});
  const auto task = tables_.AwaitTask(1, stop_.get_token());
  ASSERT_TRUE(task.has_value());
  ASSERT_EQ(task->keys.size(), 1U);
  tables_.MoveTo({"binlog.000003", 700});
  EXPECT_FALSE(tables_.IsCurrent(task->table, task->generation, task->keys));
  const auto again = tables_.AwaitTask(100, stop_.get_token());
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->keys.size(), 2U);
  EXPECT_TRUE(tables_.IsCurrent(again->table, again->generation, again->keys));
  EXPECT_TRUE(tables_.snapshot_done());
}

TEST_F(ServerMoveTest, WhatANewGenerationWaitsForIsWaitedForOnTheNewServerToo) {
  TableCheckpoint built;
  built.schema = Schema("built");
  built.index = "built";
  built.old.id = index::IndexId{7};
  tables_.Follow(built);
  ASSERT_TRUE(tables_.AwaitTask(1, stop_.get_token()).has_value());
  tables_.AddPending({{"shop.built", {"9"}}});
  tables_.ChunkApplied({"shop.built", 3, {"9"}, /*last=*/true, /*swept=*/false, {}});
  EXPECT_EQ(tables_.TableToSwap(), "");
  tables_.AddPending({{"shop.built", {"1"}}});  // which comes first where the keys are counted anew
  tables_.MoveTo({"binlog.000003", 700});
  for (const char* key : {"1", "9"}) {
    EXPECT_EQ(tables_.TableToSwap(), "") << "before " << key;
    const auto task = tables_.TakeKeys(1);
    ASSERT_TRUE(task.has_value());
    EXPECT_EQ(task->keys[0].cells, snapshot::KeyCells{key});
    tables_.ChunkApplied({"shop.built", 1, {}, /*last=*/false, /*swept=*/false, task->keys});
  }
  EXPECT_EQ(tables_.TableToSwap(), "shop.built");
}

// Whatever becomes of the move: a chunk's high watermark lies in a binlog that nobody reads any more.
TEST_F(ServerMoveTest, AMoveThatFailsHalfWayLeavesNoChunkOfTheOldServer) {
  Follow("reading", {}, false);
  Follow("live", {}, true);
  tables_.AddPending({{"shop.live", {"7"}}});
  const auto keys = tables_.TakeKeys(100);
  ASSERT_TRUE(keys.has_value());
  const auto task = tables_.AwaitTask(100, stop_.get_token());
  ASSERT_TRUE(task.has_value());
  ASSERT_EQ(task->table, "shop.reading");
  tables_.DropChunks();
  EXPECT_FALSE(tables_.IsCurrent(task->table, task->generation));
  EXPECT_FALSE(tables_.IsCurrent(keys->table, keys->generation, keys->keys));
  EXPECT_TRUE(tables_.TakeKeys(100).has_value());
}

TEST_F(ServerMoveTest, StoppedAndFinishedTablesStayAsTheyAre) {
  Follow("live", {}, true);
  Follow("stopped", {"binlog.000090", 500}, false);
  tables_.StopTable(*Schema("stopped"), {change::StopCode::kTableReadFailed, "why"});
  const std::string encoded = tables_.Encoded();
  EXPECT_TRUE(tables_.NotYetCaptured().empty());
  tables_.MoveTo({"binlog.000003", 700});
  EXPECT_EQ(tables_.Encoded(), encoded);
  EXPECT_TRUE(tables_.snapshot_done());
  EXPECT_TRUE(tables_.IsStopped("shop.stopped"));
}

TEST_F(ServerMoveTest, ThePlaceForgetsFilesOfTheOldServerAndKeepsTheHistory) {
  StreamPlace place;
  ASSERT_TRUE(place.position.gtids.AddGtid("00000000-0000-0000-0000-000000000001:7").ok());
  place.position.binlog = {"binlog.000090", 500};
  place.server = "old";
  place.ordinal = 7;
  place.last_gtid = "00000000-0000-0000-0000-000000000001:7";
  place.last_begin = {"binlog.000090", 400};
  place.fingerprint = {1, 2, 3};
  const StreamPlace before = place;
  place.MoveTo("old");
  EXPECT_EQ(place, before);
  place.MoveTo("new");
  StreamPlace expected = before;
  expected.server = "new";
  expected.position.binlog = {};
  expected.last_begin = {};
  EXPECT_EQ(place, expected);
}

}  // namespace
}  // namespace binseek::pipeline
