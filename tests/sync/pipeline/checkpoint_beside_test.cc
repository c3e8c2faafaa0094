// The checkpoint of a sink that cannot hold it: what is durable when, and what a restart finds.
#include "sync/pipeline/checkpoint_beside.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/mapper/row_mapper.h"
#include "tests/drills/plain_sink/plain_sink.h"
#include "tests/support/fault_scope.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace binseek::pipeline {
namespace {

constexpr char kKey[] = "source/0";

class CheckpointBesideTest : public ::testing::Test {
 protected:
  CheckpointBesideTest() { Open(); }

  void Open() {
    index::EngineOptions options;
    options.directory = directory_;
    engine_ = *index::Engine::Open(std::move(options));
    plain_ = std::make_unique<test::PlainSink>(engine_.get(), 0, 1);
    state_ = *StateStore::Open(folder_.path() + "/state.db");
    beside_ =
        *CheckpointBeside::Open(plain_.get(), state_.get(), folder_.path() + "/checkpoint.db");
    mapping::Mapping mapping;
    mapping.set_synced(true);
    index_ = *beside_->EnsureIndex("items", mapping);
  }

  void Crash() {
    beside_.reset();
    state_.reset();
    plain_.reset();
    engine_.reset();
    directory_->DropUnsynced();
    Open();
  }

  // An empty document.
  void Apply(const std::string& key, int64_t version, const std::string& checkpoint) {
    index::Batch batch;
    index::Operation& operation = batch.operations.emplace_back();
    operation.kind = index::OpKind::kUpsert;
    operation.index = index_;
    operation.key = key;
    operation.version_type = index::VersionType::kExternal;
    operation.version = version;
    operation.source_table = "0/shop.items";
    batch.user_data[kKey] = checkpoint;
    ASSERT_OK(beside_->Apply(batch));
  }
  bool Has(const std::string& key) const {
    return EngineRows(engine_->View()).Contains(index_, key);
  }

  const test::TempFolder folder_;
  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<index::Engine> engine_;
  std::unique_ptr<test::PlainSink> plain_;
  std::unique_ptr<StateStore> state_;
  std::unique_ptr<CheckpointBeside> beside_;
  index::IndexId index_{};
};

TEST_F(CheckpointBesideTest, WhatIsAppliedIsKnownAtOnceAndDurableWithACommit) {
  EXPECT_EQ(beside_->Checkpoint(kKey), "");
  Apply("a", 1, "one");
  EXPECT_EQ(beside_->Checkpoint(kKey), "one");
  Crash();
  EXPECT_EQ(beside_->Checkpoint(kKey), "");
  Apply("a", 1, std::string("with \0 bytes", 12));
  ASSERT_OK(beside_->Commit());
  Apply("b", 2, "two");
  Crash();
  EXPECT_EQ(beside_->Checkpoint(kKey), std::string("with \0 bytes", 12));
  EXPECT_TRUE(Has("a"));
}

TEST_F(CheckpointBesideTest, TheSinkIsDurableFirstAndThenTheLettersAndThenTheCheckpoint) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "fault points are not compiled in";
  }
  Apply("a", 1, "one");
  ASSERT_OK(beside_->Commit());
  mapper::RejectedRow letter;
  letter.table = "shop.items";
  letter.key = "bad";
  for (const bool letters_too : {false, true}) {
    Apply("b", 2, "two");
    state_->AddDeadLetters({}, {letter});
    {
      const test::FaultScope faults(letters_too ? "beside.letters_are_durable=error@1"
                                                : "beside.sink_is_durable=error@1");
      EXPECT_FALSE(beside_->Commit().ok());
    }
    Crash();
    EXPECT_EQ(beside_->Checkpoint(kKey), "one");
    EXPECT_TRUE(Has("b"));
    EXPECT_EQ(state_->dead_letter_count(), letters_too ? 1U : 0U);
  }
}

TEST_F(CheckpointBesideTest, NothingIsDurableOfACommitThatTheSinkFails) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "fault points are not compiled in";
  }
  Apply("a", 1, "one");
  ASSERT_OK(beside_->Commit());
  Apply("b", 2, "two");
  {
    const test::FaultScope faults("commit.before_hook=error@1");
    EXPECT_FALSE(beside_->Commit().ok());
  }
  Crash();
  EXPECT_EQ(beside_->Checkpoint(kKey), "one");
  EXPECT_FALSE(Has("b"));
}

TEST_F(CheckpointBesideTest, NothingIsStaged) {
  EXPECT_FALSE(beside_->capabilities().stages);
  EXPECT_FALSE(beside_->capabilities().holds_checkpoint);
}

}  // namespace
}  // namespace binseek::pipeline
