// Batches that no binlog has: they outlive a crash by the translog.
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine.h"
#include "engine/index/segment_file.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/fault_directory.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

const Product kPhone{"red phone", "acme", 1999, 5};
const Product kCase{"phone case", "acme", 500, 10};

class EngineLogTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void TearDown() override {
    engine_.reset();
    ExpectSound(*directory_);
  }
  void Open() {
    engine_.reset();
    engine_ = MustOpen(directory_);
  }
  void LosePower() {
    engine_.reset();
    directory_->DropUnsynced();
    Open();
  }
  IndexId CreateDurable(const std::string& name) {
    const IndexId id = *engine_->CreateIndex(name, ShopMapping(), "{}");
    EXPECT_OK(engine_->Commit());
    return id;
  }
  ApplyResult Write(Durability durability, std::vector<Operation> operations) {
    Batch batch;
    batch.operations = std::move(operations);
    batch.durability = durability;
    auto result = engine_->Apply(batch);
    EXPECT_OK(result);
    return result.ok() ? std::move(*result) : ApplyResult();
  }
  const IndexView& Index(IndexId id) {
    view_ = engine_->View();
    return *view_->Find(id);
  }

  std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<const EngineView> view_;
};

TEST_F(EngineLogTest, WhatWasSyncedOutlivesACrashAndWhatWasNotDoesNot) {
  const IndexId id = CreateDurable("products");
  Write(Durability::kSynced, {Upsert(id, "1", kPhone), Upsert(id, "2", kCase)});
  Write(Durability::kSynced, {SetStock(id, "1", 77), Delete(id, "2")});
  Write(Durability::kCommit, {Upsert(id, "3", kPhone)});
  Write(Durability::kLogged, {Upsert(id, "4", kPhone)});
  LosePower();
  EXPECT_EQ(NumberOf(Index(id), "1", kStock), 77);
  EXPECT_EQ(SourceOf(Index(id), "2"), std::nullopt);
  EXPECT_EQ(SourceOf(Index(id), "3"), std::nullopt) << "its source has it";
  EXPECT_EQ(SourceOf(Index(id), "4"), std::nullopt);
}

TEST_F(EngineLogTest, ASyncOfTheLogCoversAllThatWasLogged) {
  const IndexId id = CreateDurable("products");
  Write(Durability::kLogged, {Upsert(id, "1", kPhone)});
  Write(Durability::kLogged, {Upsert(id, "2", kCase)});
  ASSERT_OK(engine_->SyncLog());
  LosePower();
  EXPECT_EQ(Index(id).live_docs(), 2u);
}

TEST_F(EngineLogTest, VersionsAndSequenceNumbersAreThoseThatWereGiven) {
  const IndexId id = CreateDurable("products");
  const auto first = Write(Durability::kSynced, {Upsert(id, "1", kPhone)}).results[0];
  const auto second = Write(Durability::kSynced, {Upsert(id, "1", kCase)}).results[0];
  Write(Durability::kSynced, {Delete(id, "gone", 9)});
  EXPECT_EQ(second.version, first.version + 1);
  LosePower();
  EXPECT_EQ(NumberOf(Index(id), "1", mapping::kVersionField), second.version);
  EXPECT_EQ(NumberOf(Index(id), "1", mapping::kSeqNoField), second.seq_no);
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "gone", kPhone, 8)), Outcome::kStale)
      << "the tombstone came back";
  const auto next = Write(Durability::kSynced, {Upsert(id, "2", kPhone)}).results[0];
  EXPECT_GT(next.seq_no, second.seq_no);
}

// Else who read the write that was lost would take another one for it.
TEST_F(EngineLogTest, ASequenceNumberIsNotGivenAgainAfterACrash) {
  const IndexId id = CreateDurable("products");
  for (const Durability durability : {Durability::kLogged, Durability::kCommit}) {
    Write(Durability::kSynced, {Upsert(id, "1", kPhone)});
    const auto lost = Write(durability, {SetStock(id, "1", 7)}).results[0];
    ASSERT_EQ(lost.outcome, Outcome::kUpdated);
    LosePower();
    const auto other = Write(Durability::kLogged, {SetStock(id, "1", 8)}).results[0];
    EXPECT_GT(other.seq_no, lost.seq_no);
    Operation stale = SetStock(id, "1", 9);
    stale.if_seq_no = lost.seq_no;
    EXPECT_EQ(MustApplyOne(engine_.get(), stale), Outcome::kConflict);
    EXPECT_EQ(NumberOf(Index(id), "1", kStock), 8);
  }
  // Where a start finds nothing to replay, and so makes no commit.
  ASSERT_OK(engine_->Commit());
  Open();
  const auto lost = Write(Durability::kLogged, {SetStock(id, "1", 9)}).results[0];
  LosePower();
  EXPECT_EQ(NumberOf(Index(id), "1", kStock), 8);
  EXPECT_GT(Write(Durability::kLogged, {SetStock(id, "1", 10)}).results[0].seq_no, lost.seq_no);
}

TEST_F(EngineLogTest, WhatOutlivesACrashKeepsItsSequenceNumber) {
  const IndexId id = CreateDurable("products");
  const auto kept = Write(Durability::kSynced, {Upsert(id, "1", kPhone)}).results[0];
  LosePower();
  Operation update = SetStock(id, "1", 9);
  update.if_seq_no = kept.seq_no;
  EXPECT_EQ(MustApplyOne(engine_.get(), update), Outcome::kUpdated);
}

TEST_F(EngineLogTest, StartsAfterWhichNothingIsWrittenTakeNoNumbers) {
  const IndexId id = CreateDurable("products");
  Write(Durability::kSynced, {Upsert(id, "1", kPhone)});
  LosePower();
  ASSERT_OK(engine_->Commit());
  Open();
  const int64_t next = Index(id).next_seq_no;
  const uint64_t generation = LoadManifest(*directory_)->generation;
  Open();
  Open();
  EXPECT_EQ(Index(id).next_seq_no, next);
  EXPECT_EQ(LoadManifest(*directory_)->generation, generation) << "readers need no commit";
}

TEST_F(EngineLogTest, ASequenceNumberOfAStagedBatchIsNotGivenAgainEither) {
  const IndexId id = CreateDurable("products");
  int64_t given = 0;
  for (int start = 0; start < 3; ++start) {
    Open();
    auto staged = engine_->Stage({id});
    ASSERT_OK(staged);
    const std::vector<Operation> operations = {Upsert(id, "1", kPhone), Upsert(id, "2", kCase)};
    const auto results = (*staged)->Add(operations);
    ASSERT_OK(results);
    EXPECT_GT(results->front().seq_no, given);
    given = results->back().seq_no;
    ASSERT_OK((*staged)->Finish({}, {}));
    staged->reset();
    LosePower();
  }
}

TEST_F(EngineLogTest, AMappingThatWasLoggedComesBackBeforeItsDocuments) {
  const IndexId id = CreateDurable("products");
  mapping::Mapping grown = *Index(id).mapping;
  ASSERT_OK(grown.Merge(R"({"properties":{"sales":{"type":"long"}}})"));
  ASSERT_OK(engine_->UpdateMapping(id, grown, Durability::kLogged));
  Write(Durability::kSynced, {Upsert(id, "1", kPhone)});
  LosePower();
  EXPECT_NE(Index(id).mapping->Find("sales"), nullptr);
  EXPECT_EQ(Index(id).live_docs(), 1u);
}

TEST_F(EngineLogTest, ACommitMakesTheLogBeforeItSuperfluous) {
  const IndexId id = CreateDurable("products");
  std::set<size_t> sizes;
  for (int i = 0; i < 5; ++i) {
    Write(Durability::kSynced, {Upsert(id, "1", kPhone)});
    ASSERT_OK(engine_->Commit());
    std::vector<std::string> files = *directory_->List();
    std::erase_if(files, [](const auto& file) { return !file.starts_with("translog-"); });
    ASSERT_EQ(files.size(), 1u);
    sizes.insert((*directory_->Map(files[0]))->bytes().size());
  }
  EXPECT_EQ(sizes.size(), 1u) << "what a commit has is still in the log behind it";
  LosePower();
  EXPECT_EQ(NumberOf(Index(id), "1", mapping::kVersionField), 5);
}

TEST_F(EngineLogTest, WhatIsReplayedIsReplayedOnce) {
  const IndexId id = CreateDurable("products");
  Write(Durability::kSynced, {Upsert(id, "1", kPhone), Upsert(id, "2", kCase)});
  LosePower();
  Write(Durability::kSynced, {Delete(id, "2")});
  LosePower();
  LosePower();
  EXPECT_EQ(Index(id).live_docs(), 1u);
  EXPECT_EQ(NumberOf(Index(id), "1", mapping::kVersionField), 1);
}

TEST(EngineLogFailureTest, AFailedSyncIsToldAndACommitLetsWritersInAgain) {
  using ::binseek::test::Fault;
  const auto ram = std::make_shared<store::RamDirectory>();
  const auto disk = std::make_shared<::binseek::test::FaultDirectory>(ram, 1);
  auto engine = MustOpen(disk);
  const IndexId id = *engine->CreateIndex("products", ShopMapping(), "{}");
  ASSERT_OK(engine->Commit());
  Batch batch;
  batch.durability = Durability::kSynced;
  batch.operations = {Upsert(id, "1", kPhone)};
  ASSERT_OK(engine->Apply(batch));
  batch.operations = {Upsert(id, "2", kCase)};
  disk->Arm(Fault::kSync, 0, 1);
  EXPECT_STATUS(engine->Apply(batch), kIoError);
  EXPECT_STATUS(engine->Apply(batch), kUnavailable);
  ASSERT_OK(engine->Commit());
  batch.operations = {Upsert(id, "3", kPhone)};
  ASSERT_OK(engine->Apply(batch));
  engine.reset();
  ASSERT_OK(disk->LosePower(::binseek::test::Survival::kSynced));
  engine = MustOpen(disk);
  const auto view = engine->View();
  EXPECT_NE(SourceOf(*view->Find(id), "1"), std::nullopt);
  EXPECT_NE(SourceOf(*view->Find(id), "3"), std::nullopt);
  engine.reset();
  ExpectSound(*disk);
}

}  // namespace
}  // namespace binseek::index::test
