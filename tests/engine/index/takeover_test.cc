// Generations of an index that are built beside it, and take over its name in one epoch.
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

const Product kPhone{"red phone", "acme", 1999, 5};
const Product kCase{"phone case", "acme", 500, 10};

class TakeoverTest : public ::binseek::test::SeededTest {
 protected:
  TakeoverTest() { Open(); }

  void Open() {
    engine_.reset();
    engine_ = MustOpen(directory_);
    const auto view = engine_->View();
    if (const IndexView* products = view->Find("products")) {
      products_ = products->id;
    } else {
      products_ = *engine_->CreateIndex("products", ShopMapping(), R"({"index":{"a":"1"}})");
    }
  }
  IndexId Generation() {
    const auto id = engine_->CreateGeneration("products", ShopMapping());
    EXPECT_OK(id);
    return *id;
  }
  Status TakeOver(IndexId generation, IndexId of, const std::string& place = "behind") {
    Batch batch;
    batch.takeovers.push_back({generation, of});
    batch.user_data["place"] = place;
    return engine_->Apply(batch).status();
  }

  std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<Engine> engine_;
  IndexId products_{};
};

TEST_F(TakeoverTest, AGenerationIsFoundByItsIdAlone) {
  const IndexId generation = Generation();
  MustApply(engine_.get(), {Upsert(generation, "1", kPhone, 7), Upsert(products_, "2", kCase, 7)});
  const auto view = engine_->View();
  ASSERT_NE(view->Find(generation), nullptr);
  EXPECT_TRUE(view->Find(generation)->is_generation());
  EXPECT_EQ(view->Find(view->Find(generation)->name), nullptr);
  EXPECT_EQ(view->Find("products")->id, products_);
  EXPECT_FALSE(view->Find("products")->is_generation());
  EXPECT_TRUE(IsGenerationOf(*view->Find(generation), "products"));
  EXPECT_FALSE(IsGenerationOf(*view->Find(generation), "product"));
}

TEST_F(TakeoverTest, ItTakesNameAndSettingsInTheEpochOfTheUserData) {
  const IndexId generation = Generation();
  MustApply(engine_.get(), {Upsert(products_, "1", kCase, 7), Upsert(generation, "1", kPhone, 8),
                            Delete(products_, "9", 7)});
  const auto before = engine_->View();
  ASSERT_OK(TakeOver(generation, products_));
  const auto after = engine_->View();
  EXPECT_EQ(after->epoch(), before->epoch() + 1);
  EXPECT_EQ(engine_->UserData("place"), "behind");
  EXPECT_EQ(after->indices().size(), 1U);
  const IndexView* const now = after->Find("products");
  ASSERT_NE(now, nullptr);
  EXPECT_EQ(now->id, generation);
  EXPECT_EQ(now->settings_json, before->Find("products")->settings_json);
  EXPECT_EQ(now->created_ms, before->Find("products")->created_ms);
  EXPECT_EQ(SourceOf(*now, "1"), kPhone.ToSource());
  EXPECT_EQ(after->Find(products_), nullptr);
  // Who has a view keeps what it shows.
  EXPECT_EQ(SourceOf(*before->Find("products"), "1"), kCase.ToSource());
  EXPECT_EQ(engine_->tombstones(), 0U);
  // The writer goes with it.
  MustApply(engine_.get(), {Upsert(generation, "1", kCase, 9)});
  EXPECT_EQ(SourceOf(*engine_->View()->Find("products"), "1"), kCase.ToSource());
}

TEST_F(TakeoverTest, OperationsOfTheSameBatchAreInIt) {
  const IndexId generation = Generation();
  Batch batch;
  batch.operations = {Upsert(generation, "1", kPhone, 8)};
  batch.takeovers = {{generation, products_}};
  ASSERT_OK(engine_->Apply(batch));
  EXPECT_EQ(SourceOf(*engine_->View()->Find("products"), "1"), kPhone.ToSource());
}

TEST_F(TakeoverTest, WhatIsNoGenerationOfTheIndexTakesNothing) {
  const IndexId other = *engine_->CreateIndex("boxes", ShopMapping(), "{}");
  const IndexId generation = Generation();
  EXPECT_STATUS(TakeOver(other, products_), kInvalidArgument);
  EXPECT_STATUS(TakeOver(generation, other), kInvalidArgument);
  EXPECT_STATUS(TakeOver(generation, IndexId{999}), kNotFound);
  EXPECT_STATUS(TakeOver(IndexId{999}, products_), kNotFound);
  Batch batch;
  batch.operations = {Upsert(products_, "1", kPhone, 8)};
  batch.takeovers = {{generation, products_}};
  EXPECT_STATUS(engine_->Apply(batch).status(), kInvalidArgument);
  EXPECT_EQ(engine_->UserData("place"), "");
  EXPECT_EQ(engine_->View()->Find("products")->id, products_);
  EXPECT_EQ(engine_->View()->indices().size(), 3U);
}

TEST_F(TakeoverTest, ACrashLeavesWhatTheLastCommitHas) {
  const IndexId generation = Generation();
  MustApply(engine_.get(), {Upsert(products_, "1", kCase, 7), Upsert(generation, "1", kPhone, 8)});
  ASSERT_OK(engine_->Commit());
  ASSERT_OK(TakeOver(generation, products_));
  engine_.reset();
  directory_->DropUnsynced();
  Open();
  EXPECT_EQ(SourceOf(*engine_->View()->Find("products"), "1"), kCase.ToSource());
  EXPECT_EQ(engine_->UserData("place"), "");
  ASSERT_NE(engine_->View()->Find(generation), nullptr);
  ASSERT_OK(TakeOver(generation, products_));
  ASSERT_OK(engine_->Commit());
  engine_.reset();
  directory_->DropUnsynced();
  Open();
  EXPECT_EQ(products_, generation);
  EXPECT_EQ(SourceOf(*engine_->View()->Find("products"), "1"), kPhone.ToSource());
  EXPECT_EQ(engine_->UserData("place"), "behind");
  EXPECT_EQ(engine_->View()->indices().size(), 1U);
  engine_.reset();
  ExpectSound(*directory_);
}

// Each generation is whole when it takes over, so a reader finds all of one and nothing of another; merges and commits go on meanwhile.
TEST_F(TakeoverTest, AReaderNeverFindsLessThanOneGeneration) {
  constexpr int kKeys = 50;
  const auto fill = [&](IndexId id, int64_t round) {
    for (int key = 0; key < kKeys; ++key) {
      MustApply(engine_.get(),
                {Upsert(id, std::to_string(key), {"phone", "acme", 1, round}, round + 1)});
    }
  };
  fill(products_, 0);
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> looks{0};
  std::thread reader([&] {
    while (!stop) {
      const auto view = engine_->View();
      const IndexView* const index = view->Find("products");
      ASSERT_NE(index, nullptr);
      EXPECT_EQ(index->live_docs(), static_cast<uint64_t>(kKeys));
      EXPECT_EQ(NumberOf(*index, "0", kStock), NumberOf(*index, "49", kStock));
      ++looks;
    }
  });
  const int64_t rounds = static_cast<int64_t>(Iterations(20));
  for (int64_t round = 1; round <= rounds && !HasFailure(); ++round) {
    const IndexId generation = Generation();
    fill(generation, round);
    if (OneIn(2)) {
      EXPECT_OK(engine_->Commit());
    }
    EXPECT_OK(TakeOver(generation, products_));
    products_ = generation;
    if (OneIn(2)) {
      EXPECT_OK(engine_->Commit());
    }
  }
  while (looks < 10) {
    std::this_thread::yield();
  }
  stop = true;
  reader.join();
  EXPECT_EQ(NumberOf(*engine_->View()->Find("products"), "0", kStock), rounds);
  EXPECT_OK(engine_->Commit());
  engine_.reset();
  ExpectSound(*directory_);
}

}  // namespace
}  // namespace binseek::index::test
