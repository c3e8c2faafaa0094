#include "sync/pipeline/source_ids.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/batch.h"
#include "engine/store/ram_directory.h"
#include "sync/pipeline/checkpoint.h"
#include "tests/support/status_matchers.h"

namespace binseek::pipeline {
namespace {

using change::SourceId;

class SourceIdsTest : public ::testing::Test {
 protected:
  SourceIdsTest() { Open(); }

  void Open() {
    engine_.reset();
    index::EngineOptions options;
    options.directory = directory_;
    auto engine = index::Engine::Open(std::move(options));
    ASSERT_OK(engine);
    engine_ = *std::move(engine);
  }
  // What a power failure leaves.
  void Crash() {
    engine_.reset();
    directory_->DropUnsynced();
    Open();
  }
  void Put(const std::string& key, const std::string& value) {
    index::Batch batch;
    batch.user_data[key] = value;
    ASSERT_OK(engine_->Apply(batch));
  }

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<index::Engine> engine_;
};

TEST_F(SourceIdsTest, ANameKeepsItsIdInWhateverOrderItStands) {
  const auto first = KeepSourceIds(engine_.get(), {"eu", "us"});
  ASSERT_OK(first);
  EXPECT_NE(first->at("eu"), first->at("us"));
  Crash();
  const auto again = KeepSourceIds(engine_.get(), {"asia", "us", "eu"});
  ASSERT_OK(again);
  EXPECT_EQ(again->at("eu"), first->at("eu"));
  EXPECT_EQ(again->at("us"), first->at("us"));
  EXPECT_EQ(again->size(), 3u);
}

TEST_F(SourceIdsTest, TheIdOfASourceThatIsGoneIsNobodyElses) {
  const auto first = KeepSourceIds(engine_.get(), {"eu", "us"});
  ASSERT_OK(first);
  ASSERT_OK(KeepSourceIds(engine_.get(), {"eu"}));
  const auto later = KeepSourceIds(engine_.get(), {"eu", "asia"});
  ASSERT_OK(later);
  EXPECT_NE(later->at("asia"), first->at("us"));
  EXPECT_EQ(later->at("us"), first->at("us")) << "which is told, and comes back under its id";
}

// As it always was: its checkpoint lies under source/1.
TEST_F(SourceIdsTest, TheOnlySourceHasTheIdOfADirectoryFromBefore) {
  const auto alone = KeepSourceIds(engine_.get(), {"default"});
  ASSERT_OK(alone);
  EXPECT_EQ(alone->at("default"), SourceId{1});
  EXPECT_EQ(engine_->UserData("source_ids"), "") << "nothing to keep";
  const auto several = KeepSourceIds(engine_.get(), {"eu", "us"});
  ASSERT_OK(several);
  EXPECT_EQ(several->count("default"), 0u) << "it was never followed";
  for (const auto& [name, id] : *several) {
    EXPECT_NE(id, SourceId{1}) << name;
  }
  Put(CheckpointKey(SourceId{1}), "x");
  EXPECT_EQ(KeepSourceIds(engine_.get(), {"eu"})->at("default"), SourceId{1});
}

TEST_F(SourceIdsTest, WhatIsNoListOfIdsIsCorruption) {
  for (const char* stored : {"[]", R"({"eu":1})", R"({"eu":"2"})", R"({"eu":65536})"}) {
    Put("source_ids", stored);
    EXPECT_STATUS(KeepSourceIds(engine_.get(), {"eu"}), kCorruption);
  }
  Put("source_ids", R"({"eu":65535})");
  EXPECT_STATUS(KeepSourceIds(engine_.get(), {"us"}), kResourceExhausted);
}

}  // namespace
}  // namespace binseek::pipeline
