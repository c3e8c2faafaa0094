// Merges beside writers, made certain instead of likely: a hook runs while a merge writes its file, between the view that it read and its switch.
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/index/batch_applier.h"
#include "engine/index/engine_state.h"
#include "engine/index/merge_policy.h"
#include "engine/index/merge_run.h"
#include "engine/index/merge_throttle.h"
#include "engine/index/running_merges.h"
#include "engine/mapping/document_parser.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/hook_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/fake_clock.h"
#include "tests/support/fault_scope.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

const Product kPhone{"a phone", "acme", 100, 1};

class MergeBesideWritersTest : public ::testing::Test {
 protected:
  void Open(bool background, size_t memory_limit) {
    EngineOptions options;
    options.directory = directory_;
    options.background_merges = background;
    options.memory_limit_bytes = memory_limit;
    engine_ = *Engine::Open(std::move(options));
    id_ = *engine_->CreateIndex("products", ShopMapping(), "{}");
  }
  // As many files as a merge takes, which goes on for years: a byte a second.
  void OpenWithASlowMerge() {
    EngineOptions options;
    options.directory = directory_;
    options.merge_max_bytes_per_second = 1;
    options.merge_unthrottled_bytes = 0;
    engine_ = *Engine::Open(std::move(options));
    id_ = *engine_->CreateIndex("products", ShopMapping(), "{}");
    for (int i = 0; i < static_cast<int>(kMergeFactor); ++i) {
      AddFile(i * 10, i * 10 + 10);
    }
    ASSERT_TRUE(Await([this] { return SegmentFiles() == kMergeFactor + 1; })) << "no merge began";
  }
  static bool Await(const std::function<bool()>& done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done() && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return done();
  }
  // Parts included.
  size_t SegmentFiles() const {
    size_t count = 0;
    const auto files = directory_->List();  // kept alive while it is walked
    for (const std::string& file : *files) {
      count += file.starts_with("segment-") && file.find(".state-") == std::string::npos ? 1 : 0;
    }
    return count;
  }
  // Documents [from, to) as a file of their own.
  void AddFile(int from, int to) {
    std::vector<Operation> operations;
    for (int i = from; i < to; ++i) {
      operations.push_back(Upsert(id_, std::to_string(i), kPhone));
    }
    MustApply(engine_.get(), std::move(operations));
    ASSERT_OK(engine_->Commit());
  }
  size_t Segments() const { return engine_->View()->Find(id_)->segments.size(); }
  std::optional<int64_t> Stock(const std::string& key) const {
    const auto view = engine_->View();
    return NumberOf(*view->Find(id_), key, kStock);
  }

  const std::shared_ptr<HookDirectory> directory_ = std::make_shared<HookDirectory>();
  std::unique_ptr<Engine> engine_;
  IndexId id_{};
};

TEST_F(MergeBesideWritersTest, WhatIsWrittenDuringAMergeIsInItsSegment) {
  Open(/*background=*/false, size_t{1} << 30);
  AddFile(0, 300);
  AddFile(300, 600);
  directory_->hook = [&] {
    MustApply(engine_.get(), {SetStock(id_, "7", 77), SetStock(id_, "400", std::nullopt),
                              Delete(id_, "8"), Upsert(id_, "9", {"a case", "acme", 5, 99}),
                              Delete(id_, "10"), Upsert(id_, "10", {"a case", "acme", 5, 10}),
                              Delete(id_, "10"), Upsert(id_, "10", {"a case", "acme", 5, 11})});
    MustApply(engine_.get(), {SetStock(id_, "9", 100), SetStock(id_, "11", 12)});
  };
  ASSERT_OK(engine_->ForceMerge(id_, 1));
  EXPECT_GE(directory_->segments, 1);
  directory_->hook = nullptr;
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Stock("7"), 77);
    EXPECT_EQ(Stock("400"), std::nullopt);
    EXPECT_EQ(Stock("8"), std::nullopt);
    EXPECT_EQ(Stock("9"), 100);
    EXPECT_EQ(Stock("10"), 11);
    EXPECT_EQ(Stock("11"), 12);
    EXPECT_EQ(Stock("599"), 1);
    EXPECT_EQ(engine_->View()->Find(id_)->live_docs(), 599u);
    // The key map leads to the merged segment: writers find what readers find.
    EXPECT_EQ(MustApplyOne(engine_.get(), Delete(id_, "8")), Outcome::kMissing);
    EXPECT_EQ(MustApplyOne(engine_.get(), SetStock(id_, "7", 77)), Outcome::kUpdated);
    ASSERT_OK(engine_->Commit());
  }
  engine_.reset();
  ExpectSound(*directory_);
}

TEST_F(MergeBesideWritersTest, AnUpdateBesideVerbatimJsonShowsInItsSource) {
  Open(/*background=*/false, size_t{1} << 30);
  auto mapping = mapping::Mapping::FromJson(R"({"properties":{"price":{"type":"long"}}})");
  ASSERT_OK(mapping);
  const IndexId id = *engine_->CreateIndex("json", *mapping, "{}");
  for (const char* key : {"1", "2"}) {
    Operation write;
    write.index = id;
    write.key = key;
    write.document = *mapping::ParseDocument(R"({"price": 10})", &*mapping);
    MustApply(engine_.get(), {write});
    ASSERT_OK(engine_->Commit());
  }
  directory_->hook = [&] {
    Operation update;
    update.kind = OpKind::kUpdateColumns;
    update.index = id;
    update.key = "2";
    update.columns = {{mapping->Find("price")->id, 20}};
    MustApply(engine_.get(), {update});
  };
  ASSERT_OK(engine_->ForceMerge(id, 1));
  directory_->hook = nullptr;
  for (int round = 0; round < 2; ++round) {
    const auto view = engine_->View();
    EXPECT_EQ(view->Find(id)->segments.size(), 1u);
    EXPECT_EQ(SourceOf(*view->Find(id), "1"), R"({"price": 10})");
    EXPECT_EQ(SourceOf(*view->Find(id), "2"), R"({"price": 20})");
    ASSERT_OK(engine_->Commit());
    ASSERT_OK(engine_->ForceMerge(id, 1));
  }
}

TEST_F(MergeBesideWritersTest, AFieldThatIsBeingMadeAnewComesAlong) {
  Open(/*background=*/false, size_t{1} << 30);
  AddFile(0, 300);
  AddFile(300, 600);
  std::atomic<bool> converted{false};
  std::atomic<bool> merged{false};
  FieldChange change;
  change.field = "stock";
  change.definition.kind = mapping::FieldKind::kDecimal;
  change.definition.scale = 2;
  change.progress = [&](const FieldChangeProgress& progress) {
    if (progress.documents == 600) {
      converted = true;
      EXPECT_TRUE(Await([&] { return merged.load(); }));
    }
    return true;
  };
  FieldChangeReport report;
  std::thread changer;
  // The merge has read its sources; all of their documents get the new value before it goes on, and the name moves after it has ended.
  std::atomic<bool> begun{false};
  directory_->hook = [&] {
    if (begun.exchange(true)) {
      return;  // a file of the change's own commits
    }
    changer = std::thread([&] { EXPECT_OK(engine_->ChangeField(id_, change, &report)); });
    EXPECT_TRUE(Await([&] { return converted.load(); }));
  };
  EXPECT_OK(engine_->ForceMerge(id_, 1));
  merged = true;
  changer.join();
  const auto view = engine_->View();
  const IndexView& index = *view->Find(id_);
  ASSERT_EQ(index.mapping->Find("stock")->id, report.id);
  for (int i = 0; i < 600; ++i) {
    ASSERT_EQ(NumberOf(index, std::to_string(i), report.id), 100) << i;
  }
}

TEST_F(MergeBesideWritersTest, AForcedMergeEndsBesideASteadyWriter) {
  Open(/*background=*/false, size_t{1} << 30);
  AddFile(0, 50);
  AddFile(50, 100);
  int next = 0;
  directory_->hook = [&] { MustApply(engine_.get(), {Delete(id_, std::to_string(next++))}); };
  ASSERT_OK(engine_->ForceMerge(id_, 1));
  EXPECT_LE(directory_->segments, 2);
  directory_->hook = nullptr;
  EXPECT_EQ(Segments(), 1u);
  EXPECT_EQ(engine_->View()->Find(id_)->live_docs(), 100u - static_cast<unsigned>(next));
  ASSERT_OK(engine_->ForceMerge(id_, 1));
  EXPECT_EQ(engine_->View()->Find(id_)->deleted_docs(), 0u);
}

TEST_F(MergeBesideWritersTest, AnIndexDroppedDuringAMergeLeavesNothing) {
  Open(/*background=*/false, size_t{1} << 30);
  AddFile(0, 50);
  AddFile(50, 100);
  auto view = engine_->View();
  const size_t files = SegmentFiles();
  directory_->hook = [&] {
    MustApply(engine_.get(), {SetStock(id_, "7", 77), Delete(id_, "8")});
    ASSERT_OK(engine_->DropIndex(id_));
  };
  EXPECT_STATUS(engine_->ForceMerge(id_, 1), kNotFound);
  EXPECT_EQ(SegmentFiles(), files);
  EXPECT_EQ(NumberOf(*view->Find(id_), "7", kStock), 1);
  view.reset();
  EXPECT_EQ(engine_->held_bytes(), 0u);
  EXPECT_EQ(engine_->page_bytes(), 0u);
}

TEST_F(MergeBesideWritersTest, ADroppedIndexEndsItsMergeAtOnce) {
  ASSERT_NO_FATAL_FAILURE(OpenWithASlowMerge());
  ASSERT_OK(engine_->DropIndex(id_));
  EXPECT_TRUE(Await([this] { return SegmentFiles() == kMergeFactor; }));
  // The sources are the merge's until it has ended.
  EXPECT_TRUE(Await([this] { return engine_->Commit().ok() && SegmentFiles() == 0; }));
}

TEST_F(MergeBesideWritersTest, AClosedEngineEndsItsMergesAtOnce) {
  ASSERT_NO_FATAL_FAILURE(OpenWithASlowMerge());
  engine_.reset();
  EXPECT_EQ(SegmentFiles(), kMergeFactor);
  ExpectSound(*directory_);
}

TEST_F(MergeBesideWritersTest, AMergeThatFailsLeavesNoFile) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP();
  }
  Open(/*background=*/false, size_t{1} << 30);
  AddFile(0, 50);
  AddFile(50, 100);
  for (const char* fault : {"merge.before_read=error@1", "merge.before_catch_up=error@1",
                            "merge.before_install=error@1", "store.sync=error@1"}) {
    const ::binseek::test::FaultScope faults(fault);
    EXPECT_FALSE(engine_->ForceMerge(id_, 1).ok()) << fault;
    EXPECT_EQ(SegmentFiles(), 2u) << fault;
  }
  ASSERT_OK(engine_->ForceMerge(id_, 1));
  EXPECT_EQ(Segments(), 1u);
}

TEST_F(MergeBesideWritersTest, AMergeThatFailsHoldsUpNoOther) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP();
  }
  ::binseek::test::FakeClock clock;
  EngineOptions options;
  options.directory = directory_;
  options.background_merges = false;
  options.clock = &clock;
  engine_ = *Engine::Open(std::move(options));
  id_ = *engine_->CreateIndex("products", ShopMapping(), "{}");
  AddFile(0, 20);
  std::vector<Operation> deletes;
  for (int i = 0; i < 10; ++i) {
    deletes.push_back(Delete(id_, std::to_string(i)));
  }
  MustApply(engine_.get(), std::move(deletes));
  {
    const ::binseek::test::FaultScope faults("merge.before_read=error@1");
    EXPECT_FALSE(engine_->Commit().ok()) << "the file of which half is dead comes first";
  }
  for (int i = 0; i < static_cast<int>(kMergeFactor); ++i) {
    AddFile(100 + i * 10, 110 + i * 10);
  }
  EXPECT_EQ(Segments(), 2u) << "the others became one";
  EXPECT_EQ(engine_->View()->Find(id_)->deleted_docs(), 10u) << "it was not tried again";
  clock.Advance(std::chrono::seconds(11));
  ASSERT_OK(engine_->Commit());
  EXPECT_EQ(engine_->View()->Find(id_)->deleted_docs(), 0u);
  engine_.reset();  // before its clock
}

TEST_F(MergeBesideWritersTest, FilesWithDeletionsAreWrittenAnewAlone) {
  Open(/*background=*/false, size_t{1} << 30);
  for (int i = 0; i < 3; ++i) {
    AddFile(i * 20, i * 20 + 20);
  }
  MustApply(engine_.get(), {Delete(id_, "1"), Delete(id_, "2"), Delete(id_, "3"), Delete(id_, "21"),
                            Delete(id_, "22")});
  ASSERT_OK(engine_->ExpungeDeletes(id_));
  EXPECT_EQ(Segments(), 3u);
  EXPECT_EQ(engine_->View()->Find(id_)->deleted_docs(), 2u) << "a tenth is few enough";
  ASSERT_OK(engine_->DropIndex(id_));
  EXPECT_STATUS(engine_->ExpungeDeletes(id_), kNotFound);
}

TEST_F(MergeBesideWritersTest, DroppedFieldsAreLeftOutOfMerges) {
  Open(/*background=*/false, size_t{1} << 30);
  AddFile(0, 50);
  AddFile(50, 100);
  mapping::Mapping mapping = *engine_->View()->Find(id_)->mapping;
  for (const char* name : {"title", "brand", "stock"}) {
    ASSERT_OK(mapping.DropField(name));
  }
  MustApply(engine_.get(), {SetStock(id_, "60", 7)});
  ASSERT_OK(engine_->UpdateMapping(id_, mapping));
  ASSERT_OK(engine_->ForceMerge(id_, 1));
  const auto view = engine_->View();
  const IndexView& index = *view->Find(id_);
  ASSERT_EQ(index.segments.size(), 1u);
  const codec::Segment& segment = index.segments[0]->segment();
  EXPECT_TRUE(segment.TermFields().empty());
  EXPECT_EQ(index.segments[0]->columns().size(), 1u);
  EXPECT_EQ(SourceOf(index, "60"), R"({"price":1.00})");
  EXPECT_EQ(index.keywords->Find(kBrand)->size, 0u) << "values go with the last ids";
  // Its name may come again, and reads nothing old.
  ASSERT_OK(mapping.AddField(MakeField("stock", mapping::FieldKind::kLong)));
  ASSERT_OK(engine_->UpdateMapping(id_, mapping));
  const auto later = engine_->View();
  EXPECT_EQ(SourceOf(*later->Find(id_), "60"), R"({"price":1.00,"stock":null})");
  // Who knows nothing of a field has not dropped it.
  EXPECT_STATUS(engine_->UpdateMapping(id_, mapping::Mapping()), kInvalidArgument);
}

TEST_F(MergeBesideWritersTest, FilesAreMergedWhereFullMemoryMadeTheCommits) {
  Open(/*background=*/true, /*memory_limit=*/1);
  for (int i = 0; i < 200; ++i) {
    MustApply(engine_.get(), {Upsert(id_, std::to_string(i), kPhone)});
  }
  EXPECT_TRUE(Await([this] { return Segments() <= 50; }));
}

TEST(MergeRunTest, TheKeyMapForgetsTheSourcesAtOnce) {
  EngineOptions options;
  options.directory = std::make_shared<store::RamDirectory>();
  EngineState state(std::move(options));
  const IndexId id{1};
  auto index = std::make_shared<IndexView>();
  index->id = id;
  index->name = "products";
  index->mapping = std::make_shared<const mapping::Mapping>(ShopMapping());
  state.publisher.Start(1, {index}, {}, {}, 2, 1);
  IndexWriter* const writer = state.writers.Add(id);
  constexpr int kDocs = static_cast<int>(PrimaryKeyMap::kMovedAtOnceDocs) * 2;
  {
    const auto view = state.publisher.applied();
    PageEdit edit(state.publisher.NextEdit(), &state.memory->pool);
    BatchApplier applier(
        *view, [&](IndexId) { return writer; }, &edit, state.pool(),
        [&] { return state.publisher.NextSegmentId(); });
    for (int i = 0; i < kDocs; ++i) {
      ASSERT_OK(applier.Apply(Upsert(id, std::to_string(i), kPhone)).status);
    }
    auto changes = *applier.Finish();
    Publication publication;
    publication.changed = std::move(changes.changed);
    publication.edits.push_back(&edit);
    ASSERT_OK(state.publisher.Publish(std::move(publication)));
    applier.Published(0);
  }
  const uint64_t source = state.publisher.applied()->Find(id)->segments.front()->id();
  MergeRun run(&state, id, {source}, MergeRun::Target::kMemory);
  ASSERT_OK(run.Read(state.publisher.applied()));
  ASSERT_OK(run.CatchUp());
  ASSERT_OK(run.Install());
  EXPECT_EQ(writer->keys.forwarded_segments(), 0u) << "their document maps are held";
  EXPECT_EQ(writer->keys.Find("77")->segment_id, run.segment_id());
}

TEST(MergeThrottleTest, MergesTogetherKeepTheRate) {
  using std::chrono::milliseconds;
  constexpr uint64_t kMb = uint64_t{1} << 20;
  MergeThrottle throttle(uint64_t{1} << 30);
  ASSERT_EQ(throttle.bytes_per_second(), 20 * kMb);
  const auto near = [](MergeThrottle::Duration pause, int ms) {
    return std::chrono::abs(pause - milliseconds(ms)) < milliseconds(1);
  };
  const MergeThrottle::Time now{std::chrono::hours(1)};
  EXPECT_TRUE(near(throttle.Pause(2 * kMb, {}, now), 100));
  EXPECT_TRUE(near(throttle.Pause(kMb, {}, now), 150)) << "another one, which waits for both";
  EXPECT_TRUE(near(throttle.Pause(kMb, {}, now + milliseconds(120)), 80));
  EXPECT_TRUE(near(throttle.Pause(kMb, {}, now + milliseconds(1000)), 50)) << "idle time is lost";
  EXPECT_TRUE(near(throttle.Pause(0, milliseconds(30), now + milliseconds(2000)), 30))
      << "half of a processor";
}

TEST(MergeThrottleTest, TheRateRisesWhereMergesFallBehind) {
  MergeThrottle throttle(uint64_t{100} << 20);
  uint64_t before = throttle.bytes_per_second();
  for (int i = 0; i < 20; ++i) {
    throttle.Adapt(/*behind=*/true);
    EXPECT_GE(throttle.bytes_per_second(), before);
    before = throttle.bytes_per_second();
  }
  EXPECT_EQ(before, uint64_t{100} << 20);
  EXPECT_EQ(throttle.cpu_percent(), 100u);
  for (int i = 0; i < 60; ++i) {
    throttle.Adapt(/*behind=*/false);
    EXPECT_LE(throttle.bytes_per_second(), before);
    before = throttle.bytes_per_second();
  }
  EXPECT_EQ(before, MergeThrottle::kMinBytesPerSecond);
  EXPECT_LT(throttle.cpu_percent(), 20u);
}

TEST(RunningMergesTest, AMergeWaitsForMemoryAndOneMayAlwaysRun) {
  RunningMerges running(1 << 20, /*memory_bytes=*/100);
  auto large = running.Begin({.index = IndexId{1}, .memory_bytes = 1000});
  ASSERT_OK(large);
  ASSERT_OK(running.Begin({.index = IndexId{2}})) << "so small that it need not wait";
  std::atomic<bool> released{false};
  std::thread other([&] {
    const auto next = running.Begin({.index = IndexId{2}, .memory_bytes = 1});
    EXPECT_OK(next);
    EXPECT_TRUE(released);
  });
  std::this_thread::yield();
  released = true;
  large->reset();
  other.join();
}

TEST(RunningMergesTest, ACancelledMergeIsToldSoWhileItPauses) {
  RunningMerges running(/*max_bytes_per_second=*/1, 100);
  auto slow = running.Begin({.index = IndexId{1}, .memory_bytes = 1, .throttled = true});
  auto other = running.Begin({.index = IndexId{2}, .memory_bytes = 1});
  std::thread merge([&] {
    (*slow)->Wrote(1 << 20);
    EXPECT_STATUS((*slow)->Check(), kAborted);
  });
  running.Cancel(IndexId{1});
  merge.join();
  EXPECT_OK((*other)->Check());
  running.Stop();
  EXPECT_STATUS((*other)->Check(), kAborted);
  EXPECT_STATUS(running.Begin({.index = IndexId{3}}), kAborted);
}

}  // namespace
}  // namespace binseek::index::test
