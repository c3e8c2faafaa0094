// Files beside segments: those that the engine's user attaches, and those that a pinned commit keeps, here and in the directory that it is linked to.
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/attached_file.h"
#include "engine/index/check_index.h"
#include "engine/index/pinned_commit.h"
#include "engine/index/segment_file.h"
#include "engine/store/posix_directory.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/directory_files.h"
#include "tests/support/fault_directory.h"
#include "tests/support/fault_scope.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

using ::binseek::test::Damage;
using ::binseek::test::Fault;
using ::binseek::test::FaultDirectory;
using ::binseek::test::FaultScope;
using ::binseek::test::FilesOf;
using ::binseek::test::Survival;

const Product kPhone{"red phone", "acme", 1999, 5};
const Product kCase{"phone case", "acme", 500, 10};

std::shared_ptr<const AttachedFile> MustWrite(Engine* engine, const std::string& text) {
  auto writer = engine->CreateAttachedFile();
  EXPECT_OK(writer);
  EXPECT_OK((*writer)->Append(std::string_view(text).substr(0, text.size() / 2)));
  EXPECT_OK((*writer)->Append(std::string_view(text).substr(text.size() / 2)));
  auto file = (*writer)->Finish();
  EXPECT_OK(file);
  return file.ok() ? *file : nullptr;
}

void Attach(Engine* engine, const std::string& name, std::shared_ptr<const AttachedFile> file,
            Durability durability = Durability::kCommit) {
  Batch batch;
  batch.attached[name] = std::move(file);
  batch.user_data["attached last"] = name;
  batch.durability = durability;
  EXPECT_OK(engine->Apply(batch));
}

// Name to bytes.
std::map<std::string, std::string> Attached(const Engine& engine) {
  std::map<std::string, std::string> texts;
  for (const auto& [name, file] : engine.Attached()) {
    const auto read = file->Read();
    EXPECT_OK(read);
    texts[name] = read.ok() ? std::string(read->bytes) : "unreadable";
  }
  return texts;
}

struct State {
  std::map<std::string, std::map<std::string, std::string>> indices;
  std::map<std::string, std::string> attached;
  size_t tombstones = 0;
  std::string user_data;
  friend bool operator==(const State&, const State&) = default;
};

State StateOf(const Engine& engine) {
  State state;
  const auto view = engine.View();
  for (const auto& index : view->indices()) {
    state.indices[index->name] = ContentsOf(*index);
  }
  state.attached = Attached(engine);
  state.tombstones = engine.tombstones();
  state.user_data = engine.UserData("position");
  return state;
}

class CommitFilesTest : public ::binseek::test::SeededTest {
 protected:
  void SetUp() override { Open(); }
  void TearDown() override {
    engine_.reset();
    ExpectSound(*disk_);
  }
  void Open() {
    engine_.reset();
    engine_ = MustOpen(disk_, /*background_merges=*/false);
    ASSERT_NE(engine_, nullptr);
  }
  void LosePower() {
    engine_.reset();
    disk_->Heal();
    ASSERT_OK(disk_->LosePower(Survival::kSynced));
    Open();
  }
  // Two indices with updates, deletions and tombstones, in several segments.
  void WriteSome() {
    for (const char* name : {"products", "variants"}) {
      const auto view = engine_->View();
      const IndexView* known = view->Find(name);
      const IndexId id =
          known != nullptr ? known->id : *engine_->CreateIndex(name, ShopMapping(), "{}");
      std::vector<Operation> operations;
      for (int i = 0; i < 60; ++i) {
        const std::string key = "k" + std::to_string(Uniform(80));
        const uint64_t what = Uniform(5);
        operations.push_back(what == 0   ? Delete(id, key, ++version_)
                             : what == 1 ? SetStock(id, key, i, ++version_)
                                         : Upsert(id, key, OneIn(2) ? kPhone : kCase, ++version_));
      }
      MustApply(engine_.get(), std::move(operations));
    }
    Batch batch;
    batch.user_data["position"] = std::to_string(version_);
    ASSERT_OK(engine_->Apply(batch));
  }

  const std::shared_ptr<FaultDirectory> disk_ =
      std::make_shared<FaultDirectory>(std::make_shared<store::RamDirectory>(), seed());
  std::unique_ptr<Engine> engine_;
  int64_t version_ = 0;
};

TEST_F(CommitFilesTest, AnAttachedFileComesBackWithItsCommitAndGoesWithTheNextOneThatLacksIt) {
  const std::string text(300'000, 'x');
  Attach(engine_.get(), "xa/7", MustWrite(engine_.get(), text));
  Attach(engine_.get(), "empty", MustWrite(engine_.get(), ""));
  EXPECT_EQ(Attached(*engine_),
            (std::map<std::string, std::string>{{"empty", ""}, {"xa/7", text}}));
  ASSERT_OK(engine_->Commit());
  LosePower();
  EXPECT_EQ(Attached(*engine_),
            (std::map<std::string, std::string>{{"empty", ""}, {"xa/7", text}}));
  Attach(engine_.get(), "xa/7", nullptr);
  EXPECT_EQ(Attached(*engine_).size(), 1u);
  EXPECT_EQ(FilesOf(*disk_, "attached-").size(), 2u) << "the newest commit names it";
  LosePower();
  EXPECT_EQ(Attached(*engine_).size(), 2u);
  Attach(engine_.get(), "xa/7", MustWrite(engine_.get(), "another"));
  ASSERT_OK(engine_->Commit());
  EXPECT_EQ(FilesOf(*disk_, "attached-").size(), 2u);
  LosePower();
  EXPECT_EQ(Attached(*engine_)["xa/7"], "another");
}

TEST_F(CommitFilesTest, AFileThatNobodyAttachesIsKeptForWhoHoldsIt) {
  auto file = MustWrite(engine_.get(), "held");
  auto writer = *engine_->CreateAttachedFile();
  WriteSome();
  ASSERT_OK(engine_->Commit());
  EXPECT_EQ(FilesOf(*disk_, "attached-").size(), 2u);
  ASSERT_OK(writer->Append("unfinished"));
  writer.reset();
  EXPECT_EQ(FilesOf(*disk_, "attached-").size(), 1u);
  EXPECT_EQ((*file->Read()).bytes, "held");
  file.reset();
  ASSERT_OK(engine_->Commit());
  EXPECT_TRUE(FilesOf(*disk_, "attached-").empty());
  file = MustWrite(engine_.get(), "lost");
  LosePower();
  EXPECT_TRUE(FilesOf(*disk_, "attached-").empty()) << "nobody names it";
  EXPECT_EQ((*MustWrite(engine_.get(), "new")->Read()).bytes, "new");
}

TEST_F(CommitFilesTest, ABatchThatAttachesIsDurableWhenItWasToBe) {
  Attach(engine_.get(), "a", MustWrite(engine_.get(), "a"), Durability::kSynced);
  LosePower();
  EXPECT_EQ(Attached(*engine_)["a"], "a");
  Attach(engine_.get(), "b", MustWrite(engine_.get(), "b"));
  Batch batch;  // which may say "b is attached"
  batch.user_data["position"] = "behind b";
  batch.durability = Durability::kSynced;
  ASSERT_OK(engine_->Apply(batch));
  LosePower();
  EXPECT_EQ(engine_->UserData("position"), "behind b");
  EXPECT_EQ(Attached(*engine_)["b"], "b");
}

TEST_F(CommitFilesTest, ATransactionTakesTheFileThatHeldItAway) {
  const IndexId id = *engine_->CreateIndex("products", ShopMapping(), "{}");
  Attach(engine_.get(), "xa/7", MustWrite(engine_.get(), "1 2 3"));
  ASSERT_OK(engine_->Commit());
  auto staged = *engine_->Stage({id});
  ASSERT_OK(staged->Add(std::vector<Operation>{Upsert(id, "1", kPhone)}));
  EXPECT_EQ(Attached(*engine_).size(), 1u);
  ASSERT_OK(staged->Finish({}, {{"xa/7", nullptr}}));
  staged.reset();
  EXPECT_TRUE(Attached(*engine_).empty());
  LosePower();
  EXPECT_EQ(Attached(*engine_).size(), 1u) << "neither is committed";
  EXPECT_EQ(engine_->View()->Find(id)->live_docs(), 0u);
}

TEST_F(CommitFilesTest, DamageToAnAttachedFileIsNamed) {
  Attach(engine_.get(), "xa/7", MustWrite(engine_.get(), std::string(1000, 'x')));
  ASSERT_OK(engine_->Commit());
  engine_.reset();
  const std::string file = FilesOf(*disk_, "attached-").at(0);
  const std::string sound((*disk_->Map(file))->bytes());
  for (const Damage damage : {Damage::kFlippedBit, Damage::kCutShort, Damage::kGone}) {
    const auto what = disk_->DamageFile(file, damage);
    ASSERT_OK(what);
    SCOPED_TRACE(*what);
    const CheckReport report = *CheckDirectory(*disk_);
    ASSERT_EQ(report.problems.size(), 1u);
    EXPECT_NE(report.problems[0].find(file), std::string::npos) << report.problems[0];
    EngineOptions options;
    options.directory = disk_;
    const auto opened = Engine::Open(std::move(options));  // looks at its structure only
    if (!opened.ok()) {
      EXPECT_NE(opened.status().message().find(file), std::string::npos) << opened.status();
    } else {
      EXPECT_EQ(damage, Damage::kFlippedBit);
      EXPECT_FALSE((*opened)->Attached()["xa/7"]->Read().ok());
    }
    ASSERT_OK(store::WriteFile(disk_.get(), file, sound));
    ASSERT_OK(disk_->Sync());
  }
}

TEST_F(CommitFilesTest, APinnedCommitStaysWhateverHappensAndCanBeLinked) {
  const IndexId gone = *engine_->CreateIndex("gone", ShopMapping(), "{}");
  WriteSome();
  MustApply(engine_.get(), {Upsert(gone, "1", kPhone)});
  Attach(engine_.get(), "xa/7", MustWrite(engine_.get(), "open"));
  ASSERT_OK(engine_->Commit());
  WriteSome();  // state files
  ASSERT_OK(engine_->Commit());
  const State then = StateOf(*engine_);
  auto pinned = engine_->PinCommit();
  Attach(engine_.get(), "xa/7", nullptr);
  ASSERT_OK(engine_->DropIndex(gone));
  for (int i = 0; i < 12; ++i) {
    WriteSome();
    ASSERT_OK(engine_->Commit());
  }
  const auto view = engine_->View();
  for (const auto& index : view->indices()) {
    engine_->ForgetTombstones(index->id, version_ + 1);
    ASSERT_OK(engine_->ForceMerge(index->id, 1));
  }
  ASSERT_OK(engine_->Commit());
  ASSERT_OK(engine_->Commit());
  const auto copy = std::make_shared<store::RamDirectory>();
  ASSERT_OK(pinned->LinkTo(copy.get()));
  copy->DropUnsynced();
  ExpectSound(*copy);
  {
    const auto engine = MustOpen(copy, false);
    EXPECT_EQ(StateOf(*engine), then);
    MustApply(engine.get(), {Upsert(engine->View()->Find("products")->id, "new", kPhone)});
    ASSERT_OK(engine->Commit());
    EXPECT_STATUS(pinned->LinkTo(copy.get()), kUnavailable) << "it is open";
  }
  EXPECT_STATUS(pinned->LinkTo(copy.get()), kInvalidArgument);
  ExpectSound(*copy);
  EXPECT_NE(StateOf(*engine_), then);
  const size_t files = disk_->List()->size();
  pinned.reset();
  ASSERT_OK(engine_->Commit());
  EXPECT_LT(disk_->List()->size(), files) << "what the pin kept is gone";
  EXPECT_LE(FilesOf(*disk_, "segment-").size(), 2u);
}

// On a real file system, where the copy shares the files.
TEST_F(CommitFilesTest, LinkedFilesAreSharedAndNeverWrittenAgain) {
  std::string pattern = (std::filesystem::temp_directory_path() / "binseek-link-XXXXXX").string();
  const std::filesystem::path path = ::mkdtemp(pattern.data());
  {
    const std::shared_ptr<store::Directory> from = *store::OpenPosixDirectory(path / "from");
    const std::shared_ptr<store::Directory> to = *store::OpenPosixDirectory(path / "to");
    engine_ = MustOpen(from, false);
    WriteSome();
    Attach(engine_.get(), "xa/7", MustWrite(engine_.get(), "open"));
    ASSERT_OK(engine_->Commit());
    const State then = StateOf(*engine_);
    const auto pinned = engine_->PinCommit();
    if (FaultPoints::Enabled()) {
      for (const char* point :
           {"link.before_file=error@2", "link.before_manifest=error", "link.before_rename=error"}) {
        const FaultScope faults(point);
        EXPECT_STATUS(pinned->LinkTo(to.get()), kIoError);
        EngineOptions options;
        options.directory = to;
        EXPECT_STATUS(Engine::Open(std::move(options)), kCorruption) << "half a copy is none";
      }
    }
    ASSERT_OK(pinned->LinkTo(to.get()));
    for (const std::string& file : pinned->files()) {
      EXPECT_EQ(std::filesystem::hard_link_count(path / "to" / file), 2u) << file;
    }
    auto copy = MustOpen(to, false);
    EXPECT_EQ(StateOf(*copy), then);
    for (int i = 0; i < 4; ++i) {
      WriteSome();
      ASSERT_OK(engine_->Commit());
      EXPECT_EQ(StateOf(*copy), then);
      copy.reset();
      copy = MustOpen(to, false);
      EXPECT_EQ(StateOf(*copy), then);
    }
    const State now = StateOf(*engine_);
    const IndexId id = copy->View()->Find("products")->id;
    MustApply(copy.get(), {Upsert(id, "new", kPhone), Delete(id, "k1", version_)});
    ASSERT_OK(copy->ForceMerge(id, 1));
    ASSERT_OK(copy->Commit());
    Attach(copy.get(), "xa/7", nullptr);
    ASSERT_OK(copy->Commit());
    engine_ = nullptr;
    engine_ = MustOpen(from, false);
    EXPECT_EQ(StateOf(*engine_), now);
    engine_ = nullptr;
    copy = nullptr;
    ExpectSound(*from);
    ExpectSound(*to);
  }
  std::filesystem::remove_all(path);
}

TEST_F(CommitFilesTest, ALinkMayFailAtEveryWriteAndIsWholeOrNone) {
  WriteSome();
  Attach(engine_.get(), "xa/7", MustWrite(engine_.get(), "open"));
  ASSERT_OK(engine_->Commit());
  WriteSome();
  ASSERT_OK(engine_->Commit());
  const State then = StateOf(*engine_);
  const auto pinned = engine_->PinCommit();
  WriteSome();
  ASSERT_OK(engine_->Commit());
  // Several times each: what outlives the loss of power is a matter of chance.
  for (const Fault fault : {Fault::kReadOnly, Fault::kSync, Fault::kReadOnly, Fault::kSync,
                            Fault::kSync, Fault::kSync, Fault::kSync, Fault::kSync}) {
    bool failed = true;
    for (uint64_t after = 0; failed && !HasFailure(); ++after) {
      SCOPED_TRACE(after);
      const auto target =
          std::make_shared<FaultDirectory>(std::make_shared<store::RamDirectory>(), random()());
      target->Arm(fault, after);
      failed = !pinned->LinkTo(target.get()).ok();
      target->Heal();
      ASSERT_OK(target->LosePower(Survival::kChance));
      if (!LoadManifest(*target).ok()) {
        EXPECT_TRUE(failed) << "it said that it was whole";
        ASSERT_OK(pinned->LinkTo(target.get()));
        ASSERT_OK(target->LosePower(Survival::kSynced));
      }
      ExpectSound(*target);
      const auto copy = MustOpen(target, false);
      ASSERT_NE(copy, nullptr);
      ASSERT_EQ(StateOf(*copy), then);
    }
  }
}

}  // namespace
}  // namespace binseek::index::test
