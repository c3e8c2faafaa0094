// The sentences of engine.h, one test each.
#include "engine/index/engine.h"

#include <algorithm>

#include "engine/base/fault_point.h"
#include "engine/index/manifest.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fault_scope.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

const Product kPhone{"red phone", "acme", 1999, 5};
const Product kCase{"phone case", "acme", 500, 10};

class EngineTest : public ::testing::Test {
 protected:
  void SetUp() override { Open(); }
  void TearDown() override {
    engine_.reset();
    ExpectSound(*directory_);
  }

  void Open() {
    engine_.reset();
    EngineOptions options;
    options.directory = directory_;
    options.memory_limit_bytes = memory_limit_bytes_;
    options.background_merges = background_merges_;
    options.before_commit = [this] {
      const auto hook = before_commit_;  // which may take itself away
      return hook ? hook() : Status::Ok();
    };
    auto engine = Engine::Open(std::move(options));
    ASSERT_OK(engine);
    engine_ = std::move(engine).value();
  }
  void LosePower() {
    engine_.reset();
    directory_->DropUnsynced();
    Open();
  }
  IndexId Create(const std::string& name) {
    const auto id = engine_->CreateIndex(name, ShopMapping(), R"({"a":1})");
    EXPECT_OK(id);
    return id.ok() ? *id : IndexId{};
  }
  const IndexView& Index(IndexId id) {
    view_ = engine_->View();
    return *view_->Find(id);
  }

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  size_t memory_limit_bytes_ = 128u << 20;
  bool background_merges_ = true;
  std::function<Status()> before_commit_;
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<const EngineView> view_;
};

TEST_F(EngineTest, NamesFollowElasticsearchsRules) {
  EXPECT_OK(CheckIndexName("products-2026.01"));
  EXPECT_OK(CheckIndexName(std::string(255, 'a')));
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("Products"),
        std::string("_x"), std::string("-x"), std::string("+x"), std::string("a b"),
        std::string("a/b"), std::string("a#b"), std::string("a:b"), std::string("a*"),
        std::string(256, 'a')}) {
    EXPECT_STATUS(engine_->CreateIndex(bad, ShopMapping(), "{}"), kInvalidArgument) << bad;
  }
}

TEST_F(EngineTest, AnIndexIsMadeFoundAndDropped) {
  const IndexId id = Create("products");
  EXPECT_STATUS(engine_->CreateIndex("products", ShopMapping(), "{}"), kInvalidArgument);
  const IndexView& index = Index(id);
  EXPECT_EQ(index.name, "products");
  EXPECT_EQ(index.settings_json, R"({"a":1})");
  EXPECT_EQ(index.uuid.size(), 22u);
  EXPECT_OK(engine_->DropIndex(id));
  EXPECT_STATUS(engine_->DropIndex(id), kNotFound);
  EXPECT_EQ(engine_->View()->Find("products"), nullptr);
  EXPECT_NE(Create("products"), id) << "an id is never used again";
}

TEST_F(EngineTest, OneEngineAtATimeHoldsADirectory) {
  EngineOptions options;
  options.directory = directory_;
  EXPECT_STATUS(Engine::Open(std::move(options)), kUnavailable);
}

TEST_F(EngineTest, AViewNeverChanges) {
  const IndexId id = Create("products");
  MustApply(engine_.get(), {Upsert(id, "1", kPhone)});
  const auto before = engine_->View();
  MustApply(engine_.get(), {SetStock(id, "1", 4), Upsert(id, "2", kCase)});
  ASSERT_OK(engine_->Commit());
  MustApply(engine_.get(), {Delete(id, "1")});
  ASSERT_OK(engine_->Commit());
  EXPECT_EQ(SourceOf(*before->Find(id), "1"), kPhone.ToSource());
  EXPECT_EQ(SourceOf(*before->Find(id), "2"), std::nullopt);
  EXPECT_EQ(SourceOf(Index(id), "1"), std::nullopt);
  EXPECT_EQ(SourceOf(Index(id), "2"), kCase.ToSource());
  EXPECT_LT(before->epoch(), engine_->View()->epoch());
}

TEST_F(EngineTest, WholeTransactionsOverTwoIndices) {
  const IndexId products = Create("products");
  const IndexId variants = Create("variants");
  const auto before = engine_->View();
  const ApplyResult result =
      MustApply(engine_.get(), {Upsert(products, "1", kPhone), Upsert(variants, "1a", kCase)});
  EXPECT_EQ(result.epoch, before->epoch() + 1) << "one step";
  EXPECT_EQ(engine_->View()->epoch(), result.epoch);
  EXPECT_EQ(before->Find(products)->live_docs() + before->Find(variants)->live_docs(), 0u);
  EXPECT_EQ(Index(products).live_docs() + Index(variants).live_docs(), 2u);
}

TEST_F(EngineTest, OnlyWhatIsCommittedOutlivesALossOfPower) {
  const IndexId id = Create("products");
  Batch batch;
  batch.operations.push_back(Upsert(id, "1", kPhone));
  batch.user_data = {{"shop", "binlog.7:123"}};
  ASSERT_OK(engine_->Apply(batch));
  EXPECT_EQ(engine_->UserData("shop"), "binlog.7:123");
  EXPECT_EQ(engine_->UserData("other"), "");
  ASSERT_OK(engine_->Commit());
  batch.operations[0] = Upsert(id, "2", kCase);
  batch.user_data["shop"] = "binlog.7:456";
  ASSERT_OK(engine_->Apply(batch));
  LosePower();
  EXPECT_EQ(engine_->UserData("shop"), "binlog.7:123");
  EXPECT_EQ(SourceOf(Index(id), "1"), kPhone.ToSource());
  EXPECT_EQ(SourceOf(Index(id), "2"), std::nullopt);
}

TEST_F(EngineTest, ACommitWithoutChangesWritesNothing) {
  Create("products");
  const auto first = engine_->Commit();
  ASSERT_OK(first);
  const auto second = engine_->Commit();
  ASSERT_OK(second);
  EXPECT_EQ(first->generation, second->generation);
  EXPECT_EQ(first->epoch, second->epoch);
}

TEST_F(EngineTest, ACommitWritesOnlyWhatChanged) {
  const IndexId id = Create("products");
  std::vector<Operation> many;
  for (int i = 0; i < 2000; ++i) {
    many.push_back(Upsert(id, std::to_string(i), kPhone));
  }
  MustApply(engine_.get(), std::move(many));
  ASSERT_OK(engine_->Commit());
  const auto before = *directory_->List();
  MustApply(engine_.get(), {SetStock(id, "77", 1)});
  const auto stats = engine_->Commit();
  ASSERT_OK(stats);
  EXPECT_EQ(stats->merged_docs, 0u) << "a column update rewrites no document";
  auto after = *directory_->List();
  std::string state;
  for (const std::string& file : after) {
    state = file.find(".state-") != std::string::npos ? file : state;
  }
  ASSERT_FALSE(state.empty());
  // The live bitset, and one page of 256 documents for each of stock, version and sequence number.
  EXPECT_LT((*directory_->Map(state))->bytes().size(), 2000 / 8 + 3 * 256 * 8 + 500);
  std::erase(after, state);
  EXPECT_EQ(after, before);
  LosePower();
  EXPECT_EQ(NumberOf(Index(id), "77", kStock), 1);
  EXPECT_EQ(NumberOf(Index(id), "78", kStock), 5);
}

TEST_F(EngineTest, WhatTheHookRefusesIsNotCommitted) {
  const IndexId id = Create("products");
  ASSERT_OK(engine_->Commit());
  MustApply(engine_.get(), {Upsert(id, "1", kPhone)});
  before_commit_ = [] { return Status::IoError("the other store is full"); };
  EXPECT_STATUS(engine_->Commit(), kIoError);
  EXPECT_EQ(SourceOf(Index(id), "1"), kPhone.ToSource());
  LosePower();
  EXPECT_EQ(Index(id).live_docs(), 0u);
}

// Each commit writes what has changed since the one before; what would repeat too much is written as one again.
TEST_F(EngineTest, StateFilesAreDeltasAndTheirChainStaysShort) {
  const IndexId id = Create("products");
  std::vector<Operation> upserts;
  std::vector<Operation> updates;
  for (int i = 0; i < 2000; ++i) {
    upserts.push_back(Upsert(id, std::to_string(i), kPhone));
    updates.push_back(SetStock(id, std::to_string(i), i));
    updates.back().columns.push_back({kPrice, i});
  }
  MustApply(engine_.get(), std::move(upserts));
  ASSERT_OK(engine_->Commit());
  MustApply(engine_.get(), updates);
  ASSERT_OK(engine_->Commit());
  const auto state_files = [&] {
    std::vector<std::string> files = *directory_->List();
    std::erase_if(files,
                  [](const auto& file) { return file.find(".state-") == std::string::npos; });
    return files;
  };
  ASSERT_EQ(state_files().size(), 1u);
  const size_t whole = (*directory_->Map(state_files()[0]))->bytes().size();
  MustApply(engine_.get(), {SetStock(id, "77", -1)});
  ASSERT_OK(engine_->Commit());
  ASSERT_EQ(state_files().size(), 2u);
  EXPECT_LT((*directory_->Map(state_files()[1]))->bytes().size(), whole / 8) << "one page of each";
  for (int i = 0; i < 40; ++i) {
    MustApply(engine_.get(), {SetStock(id, std::to_string(i), -1)});
    ASSERT_OK(engine_->Commit());
    EXPECT_LE(state_files().size(), 8u);
  }
  LosePower();
  EXPECT_EQ(NumberOf(Index(id), "77", kStock), -1);
  EXPECT_EQ(NumberOf(Index(id), "39", kStock), -1);
  EXPECT_EQ(NumberOf(Index(id), "79", kStock), 79);
  EXPECT_EQ(NumberOf(Index(id), "39", kPrice), 39);
}

TEST_F(EngineTest, AMergedSegmentThatDidNotChangeGetsNoState) {
  const IndexId id = Create("products");
  MustApply(engine_.get(), {Upsert(id, "1", kPhone), Upsert(id, "2", kCase)});
  ASSERT_OK(engine_->Commit());
  const auto before = *directory_->List();
  Batch only_a_position;
  only_a_position.user_data = {{"shop", "binlog.7:123"}};
  ASSERT_OK(engine_->Apply(only_a_position));
  ASSERT_OK(engine_->Commit());
  EXPECT_EQ(*directory_->List(), before);
  before_commit_ = [this, id] {
    before_commit_ = nullptr;
    MustApply(engine_.get(), {SetStock(id, "3", 1)});
    return Status::Ok();
  };
  MustApply(engine_.get(), {Upsert(id, "3", kPhone)});
  ASSERT_OK(engine_->Commit());
  ASSERT_OK(engine_->Commit());
  LosePower();
  EXPECT_EQ(NumberOf(Index(id), "3", kStock), 1) << "changed between the merge and its commit";
}

TEST_F(EngineTest, AFailedCommitLeavesNoFilesOfItsOwn) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "fault points are not compiled in";
  }
  const IndexId id = Create("products");
  std::vector<Operation> many;
  for (int i = 0; i < 2000; ++i) {
    many.push_back(Upsert(id, std::to_string(i), kPhone));
  }
  MustApply(engine_.get(), std::move(many));
  ASSERT_OK(engine_->Commit());
  const auto before = *directory_->List();
  MustApply(engine_.get(),
            {SetStock(id, "77", 1), Upsert(id, "new", kCase), Delete(id, "gone", 9)});
  for (const char* point : {"store.half_written@1", "store.half_written@2", "store.sync@3",
                            "store.create@4", "commit.after_segment", "commit.before_state",
                            "commit.before_hook", "commit.after_hook", "commit.before_rename"}) {
    const std::string name(point);
    const size_t at = std::min(name.find('@'), name.size());
    const ::binseek::test::FaultScope scope(name.substr(0, at) + "=error" + name.substr(at));
    EXPECT_STATUS(engine_->Commit(), kIoError);
    EXPECT_EQ(*directory_->List(), before) << point;
  }
  ASSERT_OK(engine_->Commit());
  LosePower();
  EXPECT_EQ(NumberOf(Index(id), "77", kStock), 1);
  EXPECT_EQ(SourceOf(Index(id), "new"), kCase.ToSource());
  EXPECT_EQ(engine_->tombstones(), 1u);
}

// Its manifest may be durable all the same, and then a restart needs what it names.
TEST_F(EngineTest, ACommitThatFailsAfterItsRenameKeepsItsFiles) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "fault points are not compiled in";
  }
  const IndexId id = Create("products");
  MustApply(engine_.get(), {Upsert(id, "1", kPhone)});
  ASSERT_OK(engine_->Commit());
  MustApply(engine_.get(), {Upsert(id, "2", kCase)});
  {
    const ::binseek::test::FaultScope scope("commit.after_rename=error");
    EXPECT_STATUS(engine_->Commit(), kIoError);
  }
  {
    const ::binseek::test::FaultScope scope("commit.before_rename=error");
    EXPECT_STATUS(engine_->Commit(), kIoError);
  }
  Open();
  EXPECT_EQ(Index(id).live_docs(), 2u);
}

// The hook stands between the merge and the manifest, so what it applies arrives during the commit.
TEST_F(EngineTest, WritesDuringACommitAreKept) {
  const IndexId id = Create("products");
  for (const char* key : {"updated", "deleted", "replaced", "untouched", "nulled"}) {
    MustApply(engine_.get(), {Upsert(id, key, kPhone)});
  }
  const Product added{"new thing", "zeta", 1, 1};
  before_commit_ = [&] {
    before_commit_ = nullptr;
    MustApply(engine_.get(),
              {SetStock(id, "updated", 99), Delete(id, "deleted"), Upsert(id, "replaced", kCase)});
    MustApply(engine_.get(), {SetStock(id, "nulled", std::nullopt), Upsert(id, "added", added),
                              SetStock(id, "updated", 100)});
    return Status::Ok();
  };
  ASSERT_OK(engine_->Commit());
  const auto expect_now = [&] {
    const IndexView& now = Index(id);
    EXPECT_EQ(now.live_docs(), 5u);
    EXPECT_EQ(NumberOf(now, "updated", kStock), 100);
    EXPECT_EQ(NumberOf(now, "updated", mapping::kVersionField), 3);
    EXPECT_EQ(NumberOf(now, "nulled", kStock), std::nullopt);
    EXPECT_EQ(SourceOf(now, "deleted"), std::nullopt);
    EXPECT_EQ(SourceOf(now, "replaced"), kCase.ToSource());
    EXPECT_EQ(SourceOf(now, "added"), added.ToSource());
    EXPECT_EQ(SourceOf(now, "untouched"), kPhone.ToSource());
  };
  expect_now();
  ASSERT_OK(engine_->Commit());
  expect_now();
  LosePower();
  expect_now();
}

TEST_F(EngineTest, OfWritesDuringACommitNothingIsDurableYet) {
  const IndexId id = Create("products");
  MustApply(engine_.get(), {Upsert(id, "1", kPhone), Upsert(id, "2", kPhone)});
  before_commit_ = [&] {
    MustApply(engine_.get(), {SetStock(id, "1", 99), Delete(id, "2"), Upsert(id, "3", kCase)});
    return Status::Ok();
  };
  ASSERT_OK(engine_->Commit());
  before_commit_ = nullptr;
  LosePower();
  EXPECT_EQ(Index(id).live_docs(), 2u);
  EXPECT_EQ(SourceOf(Index(id), "1"), kPhone.ToSource());
  EXPECT_EQ(SourceOf(Index(id), "2"), kPhone.ToSource());
}

// A process dies between the rename and its sync; the next one reads that manifest; then the machine loses power.
TEST_F(EngineTest, WhatAnEngineHasOpenedIsDurable) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "fault points are not compiled in";
  }
  const IndexId id = Create("products");
  ASSERT_OK(engine_->Commit());
  MustApply(engine_.get(), {Upsert(id, "1", kPhone)});
  {
    const ::binseek::test::FaultScope faults("commit.after_rename=error");
    EXPECT_STATUS(engine_->Commit(), kIoError);
  }
  Open();
  EXPECT_EQ(SourceOf(Index(id), "1"), kPhone.ToSource());
  LosePower();
  EXPECT_EQ(SourceOf(Index(id), "1"), kPhone.ToSource());
}

TEST_F(EngineTest, AnIndexDroppedDuringACommitStaysDropped) {
  const IndexId id = Create("products");
  MustApply(engine_.get(), {Upsert(id, "1", kPhone)});
  before_commit_ = [&] { return engine_->DropIndex(id); };
  ASSERT_OK(engine_->Commit());
  before_commit_ = nullptr;
  EXPECT_EQ(engine_->View()->Find(id), nullptr);
  ASSERT_OK(engine_->Commit());
  LosePower();
  EXPECT_TRUE(engine_->View()->indices().empty());
  const auto files = *directory_->List();
  for (const std::string& file : files) {
    EXPECT_TRUE(file == kManifestFile || file.starts_with("translog-")) << file;
  }
}

TEST_F(EngineTest, TheNewMappingExtendsTheOld) {
  const IndexId id = Create("products");
  mapping::Mapping wider = ShopMapping();
  ASSERT_OK(wider.AddField(MakeField("sales", mapping::FieldKind::kLong)));
  ASSERT_OK(engine_->UpdateMapping(id, wider));
  EXPECT_STATUS(engine_->UpdateMapping(id, ShopMapping()), kInvalidArgument);
  mapping::Mapping other;
  ASSERT_OK(other.AddField(MakeField("title", mapping::FieldKind::kKeyword)));
  EXPECT_STATUS(engine_->UpdateMapping(id, other), kInvalidArgument);
  EXPECT_STATUS(engine_->UpdateMapping(IndexId{77}, wider), kNotFound);
  ASSERT_OK(engine_->Commit());
  LosePower();
  EXPECT_NE(Index(id).mapping->Find("sales"), nullptr);
}

TEST_F(EngineTest, ApplyCommitsWhatExceedsTheMemoryLimit) {
  memory_limit_bytes_ = 64 << 10;
  Open();
  const IndexId id = Create("products");
  size_t most = 0;
  for (int i = 0; i < 4000; ++i) {
    MustApply(engine_.get(), {Upsert(id, std::to_string(i), kPhone)});
    most = std::max(most, engine_->memory_bytes());
  }
  EXPECT_LT(most, memory_limit_bytes_ + (8 << 10));
  EXPECT_EQ(Index(id).live_docs(), 4000u);
  engine_.reset();
  directory_->DropUnsynced();
  Open();
  // What merges in memory have made small fits the limit by the hundreds, not by the thousands.
  EXPECT_GT(Index(id).live_docs(), 1000u);
}

TEST_F(EngineTest, MemoryCountsWhatIsNotOnDisk) {
  EXPECT_EQ(engine_->memory_bytes(), 0u);
  const IndexId a = Create("a");
  const IndexId b = Create("b");
  MustApply(engine_.get(), {Upsert(a, "1", kPhone)});
  const size_t one = engine_->memory_bytes();
  EXPECT_GT(one, 0u);
  MustApply(engine_.get(), {Upsert(b, "1", kPhone)});
  EXPECT_EQ(engine_->memory_bytes(), 2 * one);
  ASSERT_OK(engine_->DropIndex(a));
  EXPECT_EQ(engine_->memory_bytes(), one);
  ASSERT_OK(engine_->Commit());
  EXPECT_EQ(engine_->memory_bytes(), 0u);
}

TEST_F(EngineTest, MemorySegmentsStayFewInWhateverOrderSizesCome) {
  background_merges_ = false;
  Open();
  const IndexId id = Create("products");
  size_t most = 0;
  int key = 0;
  for (int i = 0; i < 1000; ++i) {
    std::vector<Operation> operations;
    for (int n = 0; n < (i % 8 == 7 ? 40 : 1); ++n) {  // seven small batches, then a large one
      operations.push_back(Upsert(id, std::to_string(key++), kPhone));
    }
    MustApply(engine_.get(), std::move(operations));
    most = std::max(most, Index(id).segments.size());
  }
  EXPECT_EQ(Index(id).live_docs(), static_cast<uint64_t>(key));
  EXPECT_LE(most, 7u * 5);
}

TEST_F(EngineTest, NoResurrectionByAnOldWrite) {
  const IndexId id = Create("products");
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "1", kPhone, 10)), Outcome::kCreated);
  EXPECT_EQ(MustApplyOne(engine_.get(), Delete(id, "1", 20)), Outcome::kDeleted);
  EXPECT_EQ(MustApplyOne(engine_.get(), Delete(id, "never seen", 20)), Outcome::kMissing);
  const auto replay = [&](int64_t version) {
    for (const char* key : {"1", "never seen"}) {
      EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, key, kPhone, version)), Outcome::kStale);
      Operation update = SetStock(id, key, 3, version);
      update.if_missing = []() -> Result<mapping::Document> { return kPhone.ToDocument(); };
      EXPECT_EQ(MustApplyOne(engine_.get(), std::move(update)), Outcome::kStale);
    }
    EXPECT_EQ(Index(id).live_docs(), 0u);
  };
  replay(10);
  replay(20);
  ASSERT_OK(engine_->Commit());
  replay(20);
  LosePower();
  EXPECT_EQ(engine_->tombstones(), 2u);
  replay(10);
  replay(20);
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "1", kPhone, 21)), Outcome::kCreated);
  EXPECT_EQ(engine_->tombstones(), 1u);
}

TEST_F(EngineTest, NoResurrectionOfWhatAnInternalVersionDeleted) {
  const IndexId id = Create("products");
  MustApply(engine_.get(), {Upsert(id, "1", kPhone, 10), Upsert(id, "2", kPhone, 10)});
  EXPECT_EQ(MustApplyOne(engine_.get(), Delete(id, "1")), Outcome::kDeleted);
  ASSERT_OK(engine_->Commit());
  LosePower();
  EXPECT_EQ(MustApplyOne(engine_.get(), Delete(id, "2")), Outcome::kDeleted);
  for (const char* key : {"1", "2"}) {
    EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, key, kPhone, 11)), Outcome::kStale);
  }
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "1", kPhone, 12)), Outcome::kCreated);
}

TEST_F(EngineTest, ADocumentThatWasDeletedIsNotBroughtBackByALateExternalVersion) {
  const IndexId id = Create("products");
  MustApply(engine_.get(), {Upsert(id, "1", kPhone), Delete(id, "1")});
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "1", kPhone, 1)), Outcome::kStale);
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "1", kPhone, 2)), Outcome::kStale);
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "1", kPhone, 3)), Outcome::kCreated);
}

TEST_F(EngineTest, VersionsGoOnCountingWhereADocumentComesBack) {
  const IndexId id = Create("products");
  MustApply(engine_.get(), {Upsert(id, "1", kPhone), Delete(id, "1")});
  Batch batch;
  batch.operations = {Upsert(id, "1", kPhone)};
  const auto applied = engine_->Apply(batch);
  ASSERT_OK(applied);
  EXPECT_EQ(applied->results[0].version, 3);
  EXPECT_EQ(MustApplyOne(engine_.get(), Delete(id, "never")), Outcome::kMissing);
  EXPECT_EQ(engine_->tombstones(), 0u) << "a key that nobody knew has no version to go on from";
}

TEST_F(EngineTest, TombstonesAreForgottenWhenNoOlderWriteCanCome) {
  const IndexId id = Create("products");
  MustApply(engine_.get(), {Delete(id, "a", 10), Delete(id, "b", 20)});
  ASSERT_OK(engine_->Commit());
  engine_->ForgetTombstones(id, 20);
  EXPECT_EQ(engine_->tombstones(), 1u);
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "b", kPhone, 19)), Outcome::kStale);
  ASSERT_OK(engine_->Commit());
  LosePower();
  EXPECT_EQ(engine_->tombstones(), 1u);
  engine_->ForgetTombstones(id, 21);
  ASSERT_OK(engine_->Commit());
  LosePower();
  EXPECT_EQ(engine_->tombstones(), 0u);
  EXPECT_EQ(MustApplyOne(engine_.get(), Delete(id, "internal")), Outcome::kMissing);
  EXPECT_EQ(engine_->tombstones(), 0u) << "nobody knew it";
}

TEST_F(EngineTest, TombstonesOfOneWriterAreForgottenByItsPrefixAlone) {
  const IndexId id = Create("products");
  MustApply(engine_.get(), {Delete(id, "eu:1", 10), Delete(id, "us:1", 10), Delete(id, "eu:2", 30),
                            Delete(id, "e", 10)});
  ASSERT_OK(engine_->Commit());
  const size_t all = engine_->memory().tombstones;
  engine_->ForgetTombstonesOf(id, "eu:", 20);
  EXPECT_EQ(engine_->tombstones(), 3u);
  EXPECT_LT(engine_->memory().tombstones, all);
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "us:1", kPhone, 9)), Outcome::kStale);
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "eu:2", kPhone, 29)), Outcome::kStale);
  ASSERT_OK(engine_->Commit());
  LosePower();
  EXPECT_EQ(engine_->tombstones(), 3u) << "also behind a restart";
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "eu:1", kPhone, 9)), Outcome::kCreated);
}

TEST_F(EngineTest, ASettledDeleteLeavesNoTombstone) {
  const IndexId id = Create("products");
  MustApply(engine_.get(), {Upsert(id, "1", kPhone, 10)});
  Operation settled = Delete(id, "1", 11);
  settled.is_settled = true;
  EXPECT_EQ(MustApplyOne(engine_.get(), settled), Outcome::kDeleted);
  EXPECT_EQ(engine_->tombstones(), 0u);
}

// Elasticsearch's index.gc_deletes: nobody tells when a late write cannot come any more, so time does.
TEST_F(EngineTest, TombstonesOfAnIndexWithoutASourceGoWithTime) {
  ::binseek::test::FakeClock clock;
  const auto open = [&] {
    engine_.reset();
    EngineOptions options;
    options.directory = directory_;
    options.clock = &clock;
    engine_ = *Engine::Open(std::move(options));
  };
  open();
  mapping::Mapping unsynced = ShopMapping();
  unsynced.set_synced(false);
  const IndexId id = *engine_->CreateIndex("products", unsynced, "{}");
  const IndexId synced = *engine_->CreateIndex("synced", ShopMapping(), "{}");
  MustApply(engine_.get(), {Delete(id, "a", 10), Delete(synced, "a", 10)});
  clock.Advance(std::chrono::seconds(59));
  MustApply(engine_.get(), {Delete(id, "b", 10), Delete(id, "c", 10)});
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "a", kPhone, 9)), Outcome::kStale);
  clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "a", kPhone, 9)), Outcome::kCreated);
  EXPECT_EQ(MustApplyOne(engine_.get(), Delete(id, "c", 20)), Outcome::kMissing);
  EXPECT_EQ(engine_->tombstones(), 3u);
  ASSERT_OK(engine_->Commit());
  open();
  EXPECT_EQ(engine_->tombstones(), 3u);
  clock.Advance(std::chrono::seconds(59));
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "b", kPhone, 9)), Outcome::kStale)
      << "how long it has been there is not known after a restart";
  clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id, "b", kPhone, 9)), Outcome::kCreated);
  ASSERT_OK(engine_->Commit());
  open();
  EXPECT_EQ(engine_->tombstones(), 1u) << "the source of the other index has said nothing";
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(synced, "a", kPhone, 9)), Outcome::kStale);
  engine_.reset();
}

}  // namespace
}  // namespace binseek::index::test
