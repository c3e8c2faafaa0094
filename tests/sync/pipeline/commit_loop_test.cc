#include "sync/pipeline/commit_loop.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/change/transaction.h"
#include "sync/pipeline/engine_sink.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::pipeline {
namespace {

using change::ColumnType;
using mapper::MakeColumn;
using mapper::MakeTable;

class CommitLoopTest : public ::testing::Test {
 protected:
  CommitLoopTest() {
    index::EngineOptions options;
    options.directory = std::make_shared<store::RamDirectory>();
    engine_ = *index::Engine::Open(std::move(options));
    mapping::Mapping mapping;
    mapping.set_synced(true);
    index_ = *engine_->CreateIndex("all", mapping, "{}");
    sink_ = std::make_unique<EngineSink>(engine_.get());
    TableCheckpoint table;
    table.schema = MakeTable("t", {MakeColumn("id", ColumnType::kInt)});
    table.index = "all";
    table.index_id = index_;
    table.snapshot_done = true;
    tables_.Follow(std::move(table));
  }

  void Delete(const std::string& key, uint64_t ordinal) {
    index::Batch batch;
    index::Operation& erase = batch.operations.emplace_back();
    erase.kind = index::OpKind::kDelete;
    erase.index = index_;
    erase.key = key;
    erase.version_type = index::VersionType::kExternalGte;
    erase.version = change::VersionOf(ordinal, 0);
    ASSERT_OK(engine_->Apply(batch));
  }
  // One commit of a source that has settled all up to the ordinal.
  void Commit(uint64_t settled, const std::optional<std::string>& key_prefix) {
    CommitLoop loop({sink_.get(), &tables_, std::chrono::milliseconds(1000),
                     [settled] {
                       return CommitPlace{{}, settled};
                     },
                     [key_prefix](std::string_view index) {
                       EXPECT_EQ(index, "all");
                       return key_prefix;
                     }});
    loop.Start();
    loop.Stop();
  }

  std::unique_ptr<index::Engine> engine_;
  index::IndexId index_{};
  std::unique_ptr<EngineSink> sink_;
  FollowedTables tables_;
};

TEST_F(CommitLoopTest, WhatIsSettledLeavesNoTombstones) {
  Delete("1", 5);
  Delete("2", 6);
  Delete("3", 7);
  Commit(6, "");
  EXPECT_EQ(engine_->tombstones(), 1u);
}

// The other's ordinals are smaller: a chunk of it may still bring the row of before.
TEST_F(CommitLoopTest, WhatAnotherSourceHasDeletedInTheIndexIsNotForgotten) {
  Delete("eu:1", 5'000'000);
  Delete("us:1", 5);
  Commit(6'000'000, "eu:");
  EXPECT_EQ(engine_->tombstones(), 1u);
  Commit(5, "us:");
  EXPECT_EQ(engine_->tombstones(), 0u);
}

TEST_F(CommitLoopTest, NothingIsForgottenWhereKeysDoNotTellWhoseTheyAre) {
  Delete("1", 5);
  Delete("us:1", 5);
  Commit(6'000'000, std::nullopt);
  EXPECT_EQ(engine_->tombstones(), 2u);
}

// Its ids do not begin with the source, and another source has come to its index since: its ordinals say nothing of what that one deletes.
TEST_F(CommitLoopTest, ATableThatIsStoppedForgetsNothingOfItsIndex) {
  Delete("us:1", 5);
  tables_.StopTable(*tables_.Find("shop.t")->schema, {change::StopCode::kIndexTaken, "taken"});
  Commit(6'000'000, "");
  EXPECT_EQ(engine_->tombstones(), 1u);
}

}  // namespace
}  // namespace binseek::pipeline
