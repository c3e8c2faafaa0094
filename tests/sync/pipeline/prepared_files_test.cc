#include "sync/pipeline/prepared_files.h"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/pipeline/checkpoint.h"
#include "sync/pipeline/chosen_sink.h"
#include "sync/pipeline/state_store.h"
#include "tests/support/directory_files.h"
#include "tests/support/status_matchers.h"

namespace binseek::pipeline {
namespace {

using change::PreparedEvents;
using change::PreparedSet;

constexpr change::SourceId kSource{3};

class PreparedFilesTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void Open() {
    files_.reset();
    engine_.reset();
    auto engine = index::Engine::Open({.directory = directory_, .before_commit = {}});
    ASSERT_OK(engine);
    engine_ = std::move(*engine);
    files_ = std::make_unique<PreparedFiles>(engine_.get(), kSource);
  }
  void Crash() {
    directory_->DropUnsynced();
    Open();
  }
  std::shared_ptr<const PreparedEvents> Keep(std::string_view events) {
    auto kept = files_->Keep(events);
    EXPECT_OK(kept);
    return kept.ok() ? *kept : nullptr;
  }
  static std::string Text(const PreparedEvents& events) {
    const auto read = events.Read();
    EXPECT_OK(read);
    return read.ok() ? std::string(read->bytes) : "unreadable";
  }
  // As the checkpoint of an applied transaction names them.
  static PreparedSet Decoded(const PreparedSet& set) {
    Checkpoint checkpoint;
    checkpoint.place.ordinal = 1;
    const auto decoded =
        DecodeCheckpoint(EncodeCheckpoint(checkpoint.place, EncodePrepared(set), EncodeTables({})));
    EXPECT_OK(decoded);
    return decoded.ok() ? *decoded->prepared : PreparedSet();
  }
  std::set<std::string> Attached() const {
    std::set<std::string> names;
    for (const auto& [name, file] : engine_->Attached()) {
      names.insert(name);
    }
    return names;
  }
  size_t FilesOnDisk() const { return ::binseek::test::FilesOf(*directory_, "attached-").size(); }

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<index::Engine> engine_;
  std::unique_ptr<PreparedFiles> files_;
};

TEST_F(PreparedFilesTest, WhatACheckpointNamesIsReadBehindACrash) {
  PreparedSet set;
  set["small"] = std::make_shared<const PreparedEvents>("s");
  set["large"] = Keep("many rows");
  EXPECT_EQ(Text(*set.at("large")), "many rows");
  files_->LetGo(&set);
  ASSERT_OK(engine_->Commit());
  Crash();
  const auto opened = files_->Open(Decoded(set));
  ASSERT_EQ(opened->size(), 2U);
  EXPECT_EQ(Text(*opened->at("small")), "s");
  EXPECT_EQ(Text(*opened->at("large")), "many rows");
  EXPECT_EQ(opened->at("large")->kept_as(), set.at("large")->kept_as());
}

TEST_F(PreparedFilesTest, AFileGoesWithTheFirstCheckpointThatDoesNotNameIt) {
  PreparedSet set;
  set["one"] = Keep("first");
  set["two"] = Keep("second");
  ASSERT_NE(set.at("one")->kept_as(), set.at("two")->kept_as());
  ASSERT_OK(engine_->Commit());
  const std::string two = set.at("two")->kept_as();
  set.erase("one");
  files_->LetGo(&set);
  EXPECT_EQ(Attached(), std::set<std::string>{two});
  EXPECT_EQ(FilesOnDisk(), 2U) << "a crash comes back to the commit that names it";
  ASSERT_OK(engine_->Commit());
  ASSERT_OK(engine_->Commit());
  EXPECT_EQ(FilesOnDisk(), 1U);
  files_->LetGo(nullptr);
  EXPECT_TRUE(Attached().empty());
}

// As where a stream is read twice, or a process ends between the file and its checkpoint.
TEST_F(PreparedFilesTest, WhatNoCheckpointNamesIsDroppedByTheNextStart) {
  const auto lost = Keep("read once");
  ASSERT_OK(engine_->Commit());
  Crash();
  ASSERT_EQ(Attached(), std::set<std::string>{lost->kept_as()});
  EXPECT_TRUE(files_->Open({})->empty());
  files_->LetGo(nullptr);
  EXPECT_TRUE(Attached().empty());
}

TEST_F(PreparedFilesTest, AFileThatIsNotThereMakesItsTransactionOneThatWasNeverSeen) {
  PreparedSet set;
  set["large"] = Keep("many rows");
  Crash();
  EXPECT_TRUE(files_->Open(Decoded(set))->empty());
}

TEST_F(PreparedFilesTest, OtherSourcesFilesAreLeftAlone) {
  PreparedFiles others(engine_.get(), change::SourceId{33});
  const auto theirs = others.Keep("theirs");
  ASSERT_OK(theirs);
  Keep("ours");
  EXPECT_TRUE(files_->Open({})->empty());
  files_->LetGo(nullptr);
  EXPECT_EQ(Attached(), std::set<std::string>{(*theirs)->kept_as()});
}

}  // namespace
}  // namespace binseek::pipeline
