#include "engine/index/publisher.h"

#include <atomic>
#include <thread>

#include "engine/index/batch_applier.h"
#include "engine/index/engine_state.h"
#include "engine/index/merge_run.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

constexpr IndexId kProducts{1};

std::shared_ptr<IndexView> MakeIndex(IndexId id, const std::string& name) {
  auto index = std::make_shared<IndexView>();
  index->id = id;
  index->name = name;
  index->mapping = std::make_shared<const mapping::Mapping>(ShopMapping());
  return index;
}

// An index whose refresh is manual.
class ManualRefreshTest : public ::testing::Test {
 protected:
  ManualRefreshTest() : state_(Options()) {
    auto index = MakeIndex(kProducts, "products");
    index->manual_refresh = true;
    state_.writers.Add(kProducts);
    state_.publisher.Start(1, {index}, {}, {}, 2, 1);
  }
  static EngineOptions Options() {
    EngineOptions options;
    options.directory = std::make_shared<store::RamDirectory>();
    return options;
  }
  void Apply(const Operation& operation) {
    const auto view = state_.publisher.applied();
    PageEdit edit(state_.publisher.NextEdit(), &state_.memory->pool);
    BatchApplier applier(
        *view, [&](IndexId id) { return state_.writers.Find(id); }, &edit, state_.pool(),
        [&] { return state_.publisher.NextSegmentId(); });
    ASSERT_OK(applier.Apply(operation).status);
    auto changes = *applier.Finish();
    Publication publication;
    publication.changed = std::move(changes.changed);
    publication.edits.push_back(&edit);
    publication.refresh = false;
    ASSERT_OK(state_.publisher.Publish(std::move(publication)));
    applier.Published(0);
  }
  std::optional<int64_t> Shown() const {
    const auto view = state_.publisher.published();
    return NumberOf(*view->Find(kProducts), "1", kStock);
  }
  std::optional<int64_t> Applied() const {
    const auto view = state_.publisher.applied();
    return NumberOf(*view->Find(kProducts), "1", kStock);
  }

  EngineState state_;
};

TEST_F(ManualRefreshTest, ShowsWhatWasAppliedAtARefreshOnlyAndKeepsItsPages) {
  Apply(Upsert(kProducts, "1", {"a phone", "acme", 100, 1}));
  EXPECT_EQ(Shown(), std::nullopt);
  ASSERT_OK(state_.publisher.Refresh(kProducts));
  EXPECT_EQ(Shown(), 1);
  for (int64_t stock = 2; stock < 10; ++stock) {
    Apply(SetStock(kProducts, "1", stock));
    EXPECT_EQ(Applied(), stock);
    EXPECT_EQ(Shown(), stock < 6 ? 1 : 5);
    if (stock == 5) {
      ASSERT_OK(state_.publisher.Refresh(kProducts));
      EXPECT_EQ(Shown(), 5);
    }
  }
  ASSERT_OK(state_.publisher.Refresh(kProducts));
  EXPECT_EQ(state_.memory->reclaimer.waiting(), 0u);
}

TEST_F(ManualRefreshTest, AMergeIsNoRefresh) {
  Apply(Upsert(kProducts, "1", {"a phone", "acme", 100, 1}));
  ASSERT_OK(state_.publisher.Refresh(kProducts));
  Apply(SetStock(kProducts, "1", 2));
  const uint64_t source = state_.publisher.applied()->Find(kProducts)->segments.front()->id();
  MergeRun run(&state_, kProducts, {source}, MergeRun::Target::kMemory);
  ASSERT_OK(run.Read(state_.publisher.applied()));
  ASSERT_OK(run.Install());
  EXPECT_EQ(Applied(), 2);
  EXPECT_EQ(Shown(), 1);
  Apply(SetStock(kProducts, "1", 3));
  EXPECT_EQ(Applied(), 3);
  EXPECT_EQ(Shown(), 1);
}

// What was opened is shown as of the epoch of its commit until its first refresh.
TEST_F(ManualRefreshTest, AnOpenedIndexIsPinnedWhileItIsShownBesideNewerStates) {
  Apply(Upsert(kProducts, "1", {"a phone", "acme", 100, 1}));
  Apply(SetStock(kProducts, "1", 2));
  const auto opened = std::make_shared<IndexView>(*state_.publisher.applied()->Find(kProducts));
  const Epoch epoch = state_.publisher.applied()->epoch();
  opened->epoch = 0;
  state_.publisher.Start(epoch, {opened}, {}, {}, 2, state_.publisher.next_segment_id());
  Apply(SetStock(kProducts, "1", 3));
  Apply(SetStock(kProducts, "1", 4));
  EXPECT_EQ(state_.memory->reclaimer.oldest_pinned(), epoch);
  EXPECT_EQ(Shown(), 2);
  EXPECT_EQ(Applied(), 4);
}

TEST(PublisherTest, WritersOfDifferentIndicesLoseNothingOfEachOther) {
  constexpr uint32_t kWriters = 4;
  constexpr int64_t kRounds = 2000;
  const auto memory = std::make_shared<PageMemory>();
  Publisher publisher{std::shared_ptr<EpochReclaimer>(memory, &memory->reclaimer)};
  std::vector<std::shared_ptr<const IndexView>> indices;
  for (uint32_t i = 1; i <= kWriters; ++i) {
    indices.push_back(MakeIndex(IndexId{i}, "index" + std::to_string(i)));
  }
  publisher.Start(1, indices, {}, {}, kWriters + 1, 1);
  std::vector<std::thread> threads;
  for (uint32_t i = 1; i <= kWriters; ++i) {
    threads.emplace_back([&, id = IndexId{i}] {
      for (int64_t round = 1; round <= kRounds; ++round) {
        const auto view = publisher.applied();
        auto index = std::make_shared<IndexView>(*view->Find(id));
        ASSERT_EQ(index->next_seq_no, round - 1);
        index->next_seq_no = round;
        Publication publication;
        publication.changed.push_back(std::move(index));
        ASSERT_OK(publisher.Publish(std::move(publication)));
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  const auto view = publisher.applied();
  EXPECT_EQ(view, publisher.published());
  EXPECT_EQ(view->epoch(), kWriters * kRounds + 1);
  for (const auto& index : view->indices()) {
    EXPECT_EQ(index->next_seq_no, kRounds);
  }
  EXPECT_EQ(memory->reclaimer.pinned(), 1u);
}

TEST(PublisherTest, IndicesOfOnePublicationAreShownTogether) {
  constexpr int kRounds = 20'000;
  const auto memory = std::make_shared<PageMemory>();
  Publisher publisher{std::shared_ptr<EpochReclaimer>(memory, &memory->reclaimer)};
  const std::vector<std::shared_ptr<const IndexView>> indices{MakeIndex(IndexId{1}, "left"),
                                                              MakeIndex(IndexId{2}, "right")};
  publisher.Start(1, indices, {}, {}, 3, 1);
  std::atomic<bool> stop{false};
  // Looks at nothing else, so that it looks often.
  std::thread reader([&] {
    while (!stop) {
      const auto view = publisher.published();
      ASSERT_EQ(view->Find(IndexId{1})->next_seq_no, view->Find(IndexId{2})->next_seq_no);
    }
  });
  for (int round = 1; round <= kRounds; ++round) {
    const auto view = publisher.applied();
    Publication publication;
    for (const uint32_t id : {1u, 2u}) {
      auto index = std::make_shared<IndexView>(*view->Find(IndexId{id}));
      index->next_seq_no = round;
      publication.changed.push_back(std::move(index));
    }
    EXPECT_OK(publisher.Publish(std::move(publication)));
    if (round % 64 == 0) {
      std::this_thread::yield();
    }
  }
  stop = true;
  reader.join();
}

}  // namespace
}  // namespace binseek::index::test
