// What is logged beside what is not: nothing that was acknowledged is lost, and what comes back can always be opened.
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/index/engine_log.h"
#include "engine/index/log_keeper.h"
#include "engine/index/manifest.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/fault_directory.h"
#include "tests/support/fault_scope.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

using ::binseek::test::Fault;
using ::binseek::test::FaultDirectory;
using ::binseek::test::Survival;

const Product kPhone{"red phone", "acme", 1999, 5};
const Product kCase{"phone case", "acme", 500, 10};

class RecoveryLogTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void TearDown() override {
    engine_.reset();
    disk_->Heal();
    ExpectSound(*disk_);
  }
  void Open(std::chrono::milliseconds sync_interval = std::chrono::hours(1)) {
    engine_.reset();
    EngineOptions options;
    options.directory = disk_;
    options.before_commit = [this] { return hook_; };
    options.translog_sync_interval = sync_interval;
    auto engine = Engine::Open(std::move(options));
    ASSERT_OK(engine);
    engine_ = std::move(*engine);
  }
  void LosePower() {
    engine_.reset();
    disk_->Heal();
    hook_ = Status::Ok();
    ASSERT_OK(disk_->LosePower(Survival::kSynced));
    Open();
  }
  IndexId Create(const std::string& name) {
    const auto id = engine_->CreateIndex(name, ShopMapping(), "{}");
    EXPECT_OK(id);
    return *id;
  }
  Status Write(Durability durability, std::vector<Operation> operations) {
    Batch batch;
    batch.operations = std::move(operations);
    batch.durability = durability;
    return engine_->Apply(batch).status();
  }
  std::optional<std::string> Source(IndexId id, const std::string& key) {
    const auto view = engine_->View();
    const IndexView* index = view->Find(id);
    return index == nullptr ? std::nullopt : SourceOf(*index, key);
  }
  std::optional<int64_t> Stock(IndexId id, const std::string& key) {
    const auto view = engine_->View();
    return NumberOf(*view->Find(id), key, kStock);
  }

  const std::shared_ptr<FaultDirectory> disk_ =
      std::make_shared<FaultDirectory>(std::make_shared<store::RamDirectory>(), 1);
  Status hook_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(RecoveryLogTest, WhatWasReplayedAndNeverDurableMayBeMissingAtTheNextStart) {
  const IndexId id = Create("products");
  ASSERT_OK(engine_->Commit());
  ASSERT_OK(Write(Durability::kSynced, {Upsert(id, "1", kPhone)}));
  ASSERT_OK(Write(Durability::kLogged, {Upsert(id, "2", kCase)}));
  disk_->Arm(Fault::kSync, 0, 1);
  EXPECT_STATUS(engine_->SyncLog(), kIoError);
  // The process dies, and the next one finds both records in the page cache; its commit fails.
  engine_.reset();
  disk_->Heal();
  hook_ = Status::IoError("the state's disk is full");
  EngineOptions options;
  options.directory = disk_;
  options.before_commit = [this] { return hook_; };
  EXPECT_STATUS(Engine::Open(std::move(options)), kIoError);
  LosePower();
  EXPECT_NE(Source(id, "1"), std::nullopt);
  EXPECT_EQ(Source(id, "2"), std::nullopt);
}

TEST_F(RecoveryLogTest, AnIndexThatCannotBeCommittedKeepsNoOtherFromItsSync) {
  const IndexId products = Create("products");
  ASSERT_OK(engine_->Commit());
  const IndexId variants = Create("variants");
  ASSERT_OK(Write(Durability::kLogged, {Upsert(variants, "1", kPhone)}));  // waits for a commit
  ASSERT_OK(Write(Durability::kLogged, {Upsert(products, "1", kPhone)}));
  hook_ = Status::IoError("the state's disk is full");
  EXPECT_STATUS(engine_->SyncLog(), kIoError);
  LosePower();
  EXPECT_NE(Source(products, "1"), std::nullopt);
}

TEST_F(RecoveryLogTest, AFailedLogTakesWritesAgainByItself) {
  const IndexId id = Create("products");
  ASSERT_OK(engine_->Commit());
  Open(std::chrono::milliseconds(10));
  ASSERT_OK(Write(Durability::kSynced, {Upsert(id, "0", kPhone)}));  // which commits
  disk_->Arm(Fault::kSync, 0, 1);
  Status status = Write(Durability::kSynced, {Upsert(id, "1", kPhone)});
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!status.ok() && std::chrono::steady_clock::now() < deadline) {
    status = Write(Durability::kSynced, {Upsert(id, "2", kCase)});
    std::this_thread::yield();
  }
  ASSERT_OK(status);
  LosePower();
  EXPECT_NE(Source(id, "2"), std::nullopt);
}

TEST_F(RecoveryLogTest, WhatIsWrittenToAnIndexThatNoCommitHasOutlivesACrash) {
  const IndexId id = Create("products");
  ASSERT_OK(Write(Durability::kSynced, {Upsert(id, "1", kPhone)}));
  LosePower();
  EXPECT_NE(Source(id, "1"), std::nullopt);
  const IndexId other = Create("variants");
  ASSERT_OK(Write(Durability::kLogged, {Upsert(other, "1", kPhone)}));
  ASSERT_OK(engine_->SyncLog());
  LosePower();
  EXPECT_NE(Source(other, "1"), std::nullopt);
}

TEST_F(RecoveryLogTest, NobodyIsToldSoWhereTheCommitOfANewIndexFails) {
  const IndexId id = Create("products");
  hook_ = Status::IoError("refused");
  EXPECT_STATUS(engine_->Commit(), kIoError);
  EXPECT_STATUS(Write(Durability::kSynced, {Upsert(id, "1", kPhone)}), kIoError);
  ASSERT_OK(Write(Durability::kLogged, {Upsert(id, "2", kPhone)}));
  EXPECT_STATUS(engine_->SyncLog(), kIoError);
  hook_ = Status::Ok();
  ASSERT_OK(engine_->SyncLog());
  LosePower();
  EXPECT_NE(Source(id, "1"), std::nullopt);
  EXPECT_NE(Source(id, "2"), std::nullopt);
}

TEST_F(RecoveryLogTest, AnUpdateOfADocumentThatWasNotLoggedOutlivesACrash) {
  const IndexId id = Create("products");
  ASSERT_OK(engine_->Commit());
  ASSERT_OK(Write(Durability::kCommit, {Upsert(id, "1", kPhone)}));
  ASSERT_OK(Write(Durability::kSynced, {SetStock(id, "1", 77)}));
  LosePower();
  ASSERT_NE(engine_, nullptr);
  EXPECT_EQ(Stock(id, "1"), 77);
  ASSERT_OK(Write(Durability::kCommit, {Upsert(id, "2", kPhone)}));
  ASSERT_OK(Write(Durability::kLogged, {SetStock(id, "2", 77)}));
  LosePower();
  ASSERT_NE(engine_, nullptr) << "nobody was promised anything about 2, but it must open";
  EXPECT_EQ(Stock(id, "1"), 77);
}

TEST_F(RecoveryLogTest, AFieldThatWasNotLoggedMayBeWritten) {
  const IndexId id = Create("products");
  ASSERT_OK(engine_->Commit());
  ASSERT_OK(Write(Durability::kSynced, {Upsert(id, "1", kPhone)}));
  const auto view = engine_->View();
  mapping::Mapping grown = *view->Find(id)->mapping;
  ASSERT_OK(grown.Merge(R"({"properties":{"sales":{"type":"long"}}})"));
  ASSERT_OK(engine_->UpdateMapping(id, grown));
  Operation update = SetStock(id, "1", 77);
  update.columns[0].field = grown.Find("sales")->id;
  const bool in_place = grown.Find("sales")->in_place;
  ASSERT_OK(Write(Durability::kSynced, {update, Upsert(id, "2", kCase)}));
  LosePower();
  ASSERT_NE(engine_, nullptr);
  EXPECT_NE(Source(id, "2"), std::nullopt);
  const auto after = engine_->View();
  EXPECT_EQ(NumberOf(*after->Find(id), "1", update.columns[0].field),
            in_place ? std::optional<int64_t>(77) : std::nullopt);
}

TEST_F(RecoveryLogTest, UserDataAloneIsLoggedToo) {
  Batch batch;
  batch.durability = Durability::kSynced;
  batch.user_data["source"] = "here";
  ASSERT_OK(engine_->Apply(batch));
  LosePower();
  EXPECT_EQ(engine_->UserData("source"), "here");
}

// The translog that failed held what is waited for; the one in its place knows nothing of it.
TEST_F(RecoveryLogTest, ASyncOfTheLogSaysNoUntilACommitHasWhatTheFailedOneHeld) {
  const IndexId id = Create("products");
  ASSERT_OK(engine_->Commit());
  ASSERT_OK(Write(Durability::kLogged, {Upsert(id, "1", kPhone)}));
  disk_->Arm(Fault::kSync, 0, 1);
  EXPECT_STATUS(engine_->SyncLog(), kIoError);
  hook_ = Status::IoError("refused");
  EXPECT_STATUS(engine_->Commit(), kIoError);
  EXPECT_FALSE(engine_->SyncLog().ok()) << "it is not durable";
  hook_ = Status::Ok();
  ASSERT_OK(engine_->Commit());
  ASSERT_OK(engine_->SyncLog());
  LosePower();
  EXPECT_NE(Source(id, "1"), std::nullopt);
}

TEST_F(RecoveryLogTest, ALogWithoutItsManifestIsNamed) {
  Batch batch;
  batch.durability = Durability::kSynced;
  batch.user_data["source"] = "here";
  ASSERT_OK(engine_->Apply(batch));
  engine_.reset();
  const std::string manifest((*disk_->Map(std::string(kManifestFile)))->bytes());
  ASSERT_OK(disk_->Delete(std::string(kManifestFile)));
  EngineOptions options;
  options.directory = disk_;
  const auto opened = Engine::Open(std::move(options));
  EXPECT_STATUS(opened, kCorruption);
  EXPECT_NE(opened.status().message().find(kManifestFile), std::string::npos) << opened.status();
  ASSERT_OK(store::WriteFile(disk_.get(), std::string(kManifestFile), manifest));
  Open();
  EXPECT_EQ(engine_->UserData("source"), "here");
}

TEST_F(RecoveryLogTest, ACommitAfterAMergeNamesWhatIsMergedAndLetsTheRestGo) {
  const IndexId id = Create("products");
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(Write(Durability::kCommit, {Upsert(id, std::to_string(i), kPhone)}));
    ASSERT_OK(engine_->Commit());
  }
  ASSERT_OK(engine_->ForceMerge(id, 1));
  ASSERT_OK(engine_->Commit());
  std::vector<std::string> files = *disk_->List();
  std::erase_if(files, [](const auto& file) { return !file.starts_with("segment-"); });
  EXPECT_EQ(files.size(), 1u);
  LosePower();
  EXPECT_EQ(engine_->View()->Find(id)->segments.size(), 1u);
  EXPECT_EQ(engine_->View()->Find(id)->live_docs(), 3u);
}

// The batch is published and may be logged: to say that it failed would make its sender send it twice.
TEST_F(RecoveryLogTest, AMergeThatFailsIsNoFailureOfTheBatchBeforeIt) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "fault points are not compiled in";
  }
  engine_.reset();
  EngineOptions options;
  options.directory = disk_;
  options.background_merges = false;
  engine_ = *Engine::Open(std::move(options));
  const IndexId id = Create("products");
  const ::binseek::test::FaultScope faults("merge.before_read=error");
  for (int i = 0; i < 40; ++i) {
    ASSERT_OK(Write(Durability::kCommit, {Upsert(id, std::to_string(i), kPhone)}));
  }
  EXPECT_GT(::binseek::test::FaultScope::passes("merge.before_read"), 0u);
  EXPECT_EQ(engine_->View()->Find(id)->live_docs(), 40u);
}

// A translog that takes the place of a failed one counts its records anew.
TEST(LogKeeperTest, SyncsWhateverIsNotDurable) {
  FaultDirectory disk(std::make_shared<store::RamDirectory>(), 1);
  EngineLog log;
  ASSERT_OK(log.Open(&disk, {}));
  LogKeeper keeper(
      &log, std::chrono::milliseconds(2), UINT64_MAX, [&] { return log.Sync(); },
      [] { return Status::Ok(); });
  keeper.Start();
  const auto write = [&] {
    const auto translog = *log.Get();
    auto prepared = translog->Prepare("record");
    EXPECT_OK(prepared);
    const auto end = translog->Append(std::move(*prepared));
    EXPECT_OK(end);
    while (translog->tail() < *end) {
      std::this_thread::yield();
    }
    return translog;
  };
  for (int i = 0; i < 20; ++i) {
    const auto translog = write();
    disk.Arm(Fault::kSync, 0, 1);
    auto prepared = translog->Prepare("lost");
    ASSERT_OK(prepared);
    ASSERT_OK(translog->Append(std::move(*prepared)));
    const Status failed = translog->SyncAll();  // or the keeper's
    log.Failed(translog.get(), failed);
    ASSERT_FALSE(failed.ok());
    ASSERT_OK(log.Repair());
    const uint64_t generation = log.Roll().generation;
    ASSERT_OK(log.SyncAll());
    log.Committed(generation);
  }
  keeper.Stop();
}

}  // namespace
}  // namespace binseek::index::test
