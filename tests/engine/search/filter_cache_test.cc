// Filters that are kept answer as those that are not: while values change, documents come and go and segments merge, in views of any age.
#include "engine/search/filter_cache.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/search/searcher.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/seeded_test.h"

namespace binseek::search::test {
namespace {

class FilterCacheTest : public binseek::test::SeededTest {
 protected:
  FilterCacheTest() {
    engine_.CreateIndex("shop", R"({"properties": {"price": {"type": "long"}}})", {"price"});
  }

  using Prices = std::map<std::string, std::optional<int64_t>>;
  struct Snapshot {
    std::shared_ptr<const index::EngineView> view;
    Prices prices;
  };

  std::optional<int64_t> Price() {
    return OneIn(8) ? std::nullopt : std::optional<int64_t>(static_cast<int64_t>(Uniform(40)));
  }
  void Put(const std::string& id) {
    const std::optional<int64_t> price = Price();
    engine_.Put("shop", id, price ? R"({"price": )" + std::to_string(*price) + "}" : "{}");
    prices_[id] = price;
  }
  const std::string& AnyId() {
    auto it = prices_.begin();
    std::advance(it, static_cast<ptrdiff_t>(Uniform(prices_.size())));
    return it->first;
  }
  void PutMany(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      Put(std::to_string(Uniform(5'000)));
    }
    engine_.Apply();
  }
  void UpdateSome(uint64_t count) {
    for (uint64_t i = 0; i < count; ++i) {
      const std::string id = AnyId();
      prices_[id] = Price();
      engine_.Update("shop", id, "price", prices_[id]);
    }
    engine_.Apply();
  }
  void DeleteSome(uint64_t count) {
    for (uint64_t i = 0; i < count && prices_.size() > 100; ++i) {
      const std::string id = AnyId();
      engine_.Delete("shop", id);
      prices_.erase(id);
    }
    engine_.Apply();
  }
  void Step() {
    switch (Uniform(8)) {
      case 0:
        return PutMany(1 + Uniform(200));
      case 1:
        return DeleteSome(1 + Uniform(50));
      case 2:
        return engine_.Commit();
      case 3:
        return OneIn(3) ? engine_.ForceMerge("shop", 1) : UpdateSome(1000);
      default:
        return UpdateSome(1 + Uniform(20));
    }
  }

  Snapshot Now() const { return {engine_.view(), prices_}; }
  const index::SegmentView& SegmentOf(const Snapshot& snapshot) const {
    return *snapshot.view->Find("shop")->segments[0];
  }

  void Check(const Snapshot& snapshot, FilterCache* cache) {
    const auto low = static_cast<int64_t>(Uniform(4)) * 10;
    const int64_t high = low + 5 + static_cast<int64_t>(Uniform(2)) * 10;
    const bool exists = OneIn(6);
    SearchOptions options = engine_.options();
    options.filters = cache;
    const index::IndexView* const shop = snapshot.view->Find("shop");
    const QueryPtr query =
        exists ? MakeExists("price")
               : MakeRange("price", Bound{std::to_string(low)}, Bound{std::to_string(high)});
    const auto expected = static_cast<uint64_t>(
        std::count_if(snapshot.prices.begin(), snapshot.prices.end(), [&](const auto& entry) {
          return entry.second && (exists || (*entry.second >= low && *entry.second <= high));
        }));
    const Result<uint64_t> found = Count(*snapshot.view, {{shop}}, query, options);
    ASSERT_TRUE(found.ok());
    ASSERT_EQ(*found, expected) << low << " to " << high;
  }

  TestEngine engine_;
  Prices prices_;
};

TEST_F(FilterCacheTest, AnswersAreRightWhileEverythingChangesInViewsOfAnyAge) {
  FilterCache cache({.max_bytes = uint64_t{4096} << Uniform(6), .least_docs = 1, .least_uses = 1});
  PutMany(3'000);
  std::vector<Snapshot> snapshots = {Now()};
  for (uint64_t i = 0; i < Iterations(300); ++i) {
    Step();
    if (OneIn(3)) {
      snapshots.push_back(Now());
    }
    if (snapshots.size() > 5) {
      snapshots.erase(snapshots.begin() + static_cast<ptrdiff_t>(Uniform(snapshots.size())));
    }
    for (int query = 0; query < 4; ++query) {
      const bool held = !snapshots.empty() && OneIn(2);
      ASSERT_NO_FATAL_FAILURE(Check(held ? snapshots[Uniform(snapshots.size())] : Now(), &cache))
          << i;
    }
  }
}

// The cache itself, whose pages are counted.
class FilterCachePagesTest : public FilterCacheTest {
 protected:
  FilterBitsPtr Get(const Snapshot& snapshot, FilterCache* cache,
                    const std::string& name = "filter") {
    const index::SegmentView& segment = SegmentOf(snapshot);
    const index::NumberPages& column =
        *segment.Column(snapshot.view->Find("shop")->mapping->Find("price")->id);
    matched_.clear();
    return cache->Get(
        name, segment, column,
        [&](uint32_t page, uint64_t* words) {
          matched_.push_back(page);
          column.MatchRange(page, 10, 20, words);
        },
        nullptr);
  }
  void Fill() {
    for (uint64_t i = 0; i < kDocuments; ++i) {
      Put(std::to_string(i));
    }
    engine_.Apply();
  }

  static constexpr uint64_t kDocuments = 20'000;
  static constexpr uint32_t kPageDocs = 256;
  FilterCache cache_{{.max_bytes = 1 << 20}};
  std::vector<uint32_t> matched_;
};

TEST_F(FilterCachePagesTest, AfterAnUpdateOnlyItsPagesAreMatchedAnew) {
  Fill();
  const Snapshot before = Now();
  const FilterBitsPtr first = Get(before, &cache_);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(matched_.size(), (kDocuments + kPageDocs - 1) / kPageDocs);
  EXPECT_EQ(Get(before, &cache_), first);
  EXPECT_TRUE(matched_.empty());

  engine_.Update("shop", "300", "price", first->bits.Test(300) ? 99 : 15);
  engine_.Update("shop", "19000", "price", first->bits.Test(19'000) ? 99 : 16);
  engine_.Apply();
  const FilterBitsPtr second = Get(Now(), &cache_);
  ASSERT_NE(second, nullptr);
  EXPECT_EQ(matched_, (std::vector<uint32_t>{300 / kPageDocs, 19'000 / kPageDocs}));
  EXPECT_NE(second->bits.Test(300), first->bits.Test(300));
  EXPECT_NE(second->bits.Test(19'000), first->bits.Test(19'000));

  EXPECT_EQ(Get(before, &cache_), nullptr) << "a view that does not see the update yet";
  EXPECT_TRUE(matched_.empty());
  engine_.Delete("shop", "7");
  engine_.Apply();
  EXPECT_EQ(Get(Now(), &cache_), second) << "who lives is not the filter's business";
}

TEST_F(FilterCachePagesTest, WhatIsKeptStaysWithinItsLimit) {
  Fill();
  const Snapshot now = Now();
  FilterCache cache({.max_bytes = 10'000});  // room for two or three
  const FilterBitsPtr first = Get(now, &cache, "first");
  ASSERT_NE(first, nullptr);
  for (int i = 0; i < 20; ++i) {
    ASSERT_NE(Get(now, &cache, std::to_string(i)), nullptr);
    ASSERT_EQ(Get(now, &cache, "first"), first) << "what is asked for stays";
    EXPECT_LE(cache.bytes(), 10'000u);
    EXPECT_GE(cache.bytes(), kDocuments / 8);
  }
  Get(now, &cache, "0");
  EXPECT_FALSE(matched_.empty()) << "what nobody asked for went";
  FilterCache none({.max_bytes = 0});
  EXPECT_FALSE(none.Note("filter"));
}

TEST_F(FilterCachePagesTest, BitsOfSegmentsThatAreGoneMakeRoomFirst) {
  Fill();
  FilterCache cache({.max_bytes = 10'000});
  std::optional<Snapshot> before = Now();
  for (uint64_t i = 0; i < kDocuments; ++i) {
    Put(std::to_string(i));
  }
  engine_.Apply();
  engine_.ForceMerge("shop", 1);
  const FilterBitsPtr kept = Get(Now(), &cache, "a");
  ASSERT_NE(kept, nullptr);
  ASSERT_NE(Get(Now(), &cache, "b"), nullptr);
  ASSERT_NE(Get(*before, &cache, "a"), nullptr);  // the one asked for last, and not the same bits
  EXPECT_EQ(Get(Now(), &cache, "a"), kept);
  ASSERT_NE(Get(Now(), &cache, "b"), nullptr);
  ASSERT_NE(Get(*before, &cache, "a"), nullptr);
  before.reset();
  ASSERT_NE(Get(Now(), &cache, "c"), nullptr);
  EXPECT_EQ(Get(Now(), &cache, "a"), kept) << "though it is the one asked for least recently";
}

TEST_F(FilterCachePagesTest, RoomIsMadeWithoutALookAtAllThatIsKept) {
  engine_.Put("shop", "1", R"({"price": 1})");
  engine_.Apply();
  const Snapshot now = Now();
  constexpr int kFilters = 60'000;
  FilterCache cache({.max_bytes = kFilters * 280, .least_docs = 1});
  for (int i = 0; i < kFilters; ++i) {
    ASSERT_NE(Get(now, &cache, std::to_string(i)), nullptr);
  }
  ASSERT_GT(cache.bytes(), uint64_t{kFilters} * 270);
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kFilters; ++i) {
    ASSERT_NE(Get(now, &cache, "later" + std::to_string(i)), nullptr);
  }
  // A walk over all of them each time takes ten times as long.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(3));
}

TEST_F(FilterCachePagesTest, AFilterIsKeptOnceItHasComeOften) {
  EXPECT_FALSE(cache_.Note("price 1"));
  EXPECT_FALSE(cache_.Note("price 1"));
  EXPECT_TRUE(cache_.Note("price 1"));
  EXPECT_TRUE(cache_.Note("price 1"));
}

TEST_F(FilterCachePagesTest, WhoIsCancelledKeepsNothing) {
  Fill();
  const Snapshot now = Now();
  const index::SegmentView& segment = SegmentOf(now);
  const index::NumberPages& column =
      *segment.Column(now.view->Find("shop")->mapping->Find("price")->id);
  const std::atomic<bool> cancel = true;
  Interrupt interrupt(&cancel, engine_.clock(), 0);
  EXPECT_EQ(cache_.Get(
                "filter", segment, column, [](uint32_t, uint64_t*) {}, &interrupt),
            nullptr);
  EXPECT_EQ(cache_.bytes(), 0u);
}

}  // namespace
}  // namespace binseek::search::test
