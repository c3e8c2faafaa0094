// What the engine holds in memory, by part, and what it does at the limit.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine.h"
#include "engine/index/tombstones.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/fake_clock.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

constexpr int kProducts = 4'000;
// A product has a key of its own, and a stock that no other batch gives it.
std::string KeyOf(int product) { return "product-" + std::to_string(100'000 + product); }

class MemoryLimitTest : public ::testing::Test {
 protected:
  void TearDown() override {
    view_.reset();
    engine_.reset();
    ExpectSound(*directory_);
  }
  void Open(size_t total_limit) {
    engine_.reset();
    EngineOptions options;
    options.directory = directory_;
    options.total_memory_limit_bytes = total_limit;
    options.background_merges = false;
    options.clock = &clock_;
    auto engine = Engine::Open(std::move(options));
    ASSERT_OK(engine);
    engine_ = std::move(engine).value();
  }
  // One file with all products; or several, into which neighbours are dealt in turn.
  void Build(int files = 1, size_t total_limit = 0) {
    Open(total_limit);
    const auto id = engine_->CreateIndex("products", ShopMapping(), "{}");
    ASSERT_OK(id);
    id_ = *id;
    for (int file = 0; file < files; ++file) {
      Batch batch;
      for (int i = file; i < kProducts; i += files) {
        batch.operations.push_back(Upsert(id_, KeyOf(i), {"red phone", "acme", 1999, 0}, 1));
      }
      ASSERT_OK(engine_->Apply(batch));
      ASSERT_OK(engine_->Commit());
    }
    ASSERT_EQ(engine_->View()->Find(id_)->segments.size(), static_cast<size_t>(files));
  }
  Result<ApplyResult> SetStocks(int first, int64_t version) {
    Batch batch;
    for (int i = first; i < std::min(first + 500, kProducts); ++i) {
      batch.operations.push_back(SetStock(id_, KeyOf(i), version * 1000 + i % 1000, version));
    }
    return engine_->Apply(batch);
  }
  Status SetAllStocks(int64_t version) {
    for (int first = 0; first < kProducts; first += 500) {
      BINSEEK_RETURN_IF_ERROR(SetStocks(first, version).status());
    }
    return Status::Ok();
  }
  void ExpectStocks(int64_t version) {
    const auto view = engine_->View();
    const IndexView& index = *view->Find(id_);
    for (int i = 0; i < kProducts; i += 97) {
      ASSERT_EQ(NumberOf(index, KeyOf(i), kStock), version * 1000 + i % 1000) << i;
    }
  }
  size_t Total() const { return engine_->memory().total(); }

  std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<const EngineView> view_;
  ::binseek::test::FakeClock clock_;
  IndexId id_{};
};

TEST_F(MemoryLimitTest, EachPartIsCounted) {
  Build();
  const EngineMemory built = engine_->memory();
  EXPECT_EQ(built.segments, 0u);
  EXPECT_EQ(built.pages, 0u);
  EXPECT_EQ(built.tombstones, 0u);
  EXPECT_GE(built.keys, kProducts * 8u);
  EXPECT_LE(built.keys, kProducts * 24u);
  EXPECT_GT(built.keywords, 0u);

  view_ = engine_->View();
  ASSERT_OK(SetAllStocks(2));
  view_ = engine_->View();
  const EngineMemory updated = engine_->memory();
  EXPECT_GE(updated.pages, kProducts * (2u + 24u));  // stocks, and rows of versions
  EXPECT_EQ(updated.keys, built.keys);
  ASSERT_OK(SetAllStocks(3));
  EXPECT_GE(engine_->memory().held_pages, updated.pages / 2);
  view_.reset();
  EXPECT_EQ(engine_->memory().held_pages, 0u);

  MustApply(engine_.get(), {Upsert(id_, "new", {"red phone", "acme", 1, 1}, 1)});
  EXPECT_EQ(engine_->memory().segments, engine_->memory_bytes());
  EXPECT_GT(engine_->memory().segments, 0u);
  MustApply(engine_.get(), {Delete(id_, KeyOf(0), 9), Delete(id_, std::string(100, 'x'), 9)});
  const size_t tombstones = engine_->memory().tombstones;
  EXPECT_GE(tombstones, 2 * 48 + 100u);
  MustApply(engine_.get(), {Upsert(id_, KeyOf(0), {"red phone", "acme", 1, 1}, 10)});
  EXPECT_LT(engine_->memory().tombstones, tombstones);
  ASSERT_OK(engine_->Commit());
  Open(0);
  EXPECT_GT(engine_->memory().keywords, 0u);
  EXPECT_EQ(engine_->memory().tombstones, TombstoneBytes(std::string(100, 'x')));
  engine_->ForgetTombstones(id_, 100);
  EXPECT_EQ(engine_->memory().tombstones, 0u);
  ASSERT_OK(engine_->DropIndex(id_));
  EXPECT_EQ(engine_->memory().keys, 0u);
  EXPECT_EQ(engine_->memory().keywords, 0u);
}

TEST_F(MemoryLimitTest, ColumnsThatChangedGoBackToFilesAtTheLimit) {
  Build();
  const size_t built = Total();
  ASSERT_OK(SetAllStocks(2));
  const size_t updated = Total();
  ASSERT_GT(updated, built + kProducts * 26u);
  // Without the changed columns it would fit, with all of them it does not.
  const size_t limit = built + (updated - built) / 2;
  ASSERT_OK(engine_->Commit());
  Open(limit);
  EXPECT_GT(Total(), limit);
  for (int64_t version = 3; version < 6; ++version) {
    ASSERT_OK(SetAllStocks(version)) << version;
    ExpectStocks(version);
  }
  // A batch may go beyond by what it needs itself.
  EXPECT_LT(Total(), limit + (updated - built) / 2);
  ASSERT_OK(engine_->Commit());
  Open(0);
  ExpectStocks(5);
}

// The pages of both files lie in the same slabs, so that none is empty before both files are written anew.
TEST_F(MemoryLimitTest, ColumnsOfSeveralFilesGoBackUntilThereIsRoom) {
  Build(2);
  const size_t built = Total();
  ASSERT_OK(SetAllStocks(2));
  const size_t updated = Total();
  for (const size_t quarters : {3, 1}) {  // room for the columns of one file, and of none
    engine_.reset();
    directory_ = std::make_shared<store::RamDirectory>();
    Build(2, built + (updated - built) * quarters / 4);
    for (int64_t version = 2; version < 8; ++version) {
      ASSERT_OK(SetAllStocks(version)) << version;
      ExpectStocks(version);
    }
  }
}

TEST_F(MemoryLimitTest, WritesAreRefusedWhileOldViewsHoldTheMemory) {
  Build();
  const size_t built = Total();
  ASSERT_OK(SetAllStocks(2));
  const size_t limit = built + (Total() - built) / 2;
  ASSERT_OK(engine_->Commit());
  Open(limit);
  view_ = engine_->View();  // needs the pages, whatever is written anew
  const uint64_t epoch = view_->epoch();
  const auto refused = SetStocks(0, 3);
  EXPECT_STATUS(refused, kResourceExhausted);
  EXPECT_NE(refused.status().message().find("total_memory_limit of " + std::to_string(limit)),
            std::string::npos)
      << refused.status().message();
  ExpectStocks(2);
  const uint64_t tried = engine_->View()->epoch();
  EXPECT_GT(tried, epoch);  // a segment was written anew
  EXPECT_STATUS(SetStocks(0, 3), kResourceExhausted);
  EXPECT_EQ(engine_->View()->epoch(), tried) << "nothing has changed, so nothing was tried again";
  view_.reset();
  ASSERT_OK(SetAllStocks(3));
  ExpectStocks(3);
}

TEST_F(MemoryLimitTest, NewDocumentsGoToDiskBeforeTheLimit) {
  Open(0);
  const auto id = engine_->CreateIndex("products", ShopMapping(), "{}");
  ASSERT_OK(id);
  id_ = *id;
  ASSERT_OK(engine_->Commit());
  constexpr size_t kLimit = 1u << 20;
  Open(kLimit);
  for (int i = 0; i < 8000; i += 500) {
    Batch batch;
    for (int each = i; each < i + 500; ++each) {
      batch.operations.push_back(
          Upsert(id_, KeyOf(each), {"red phone " + std::to_string(each), "acme", 1, 1}, 1));
    }
    ASSERT_OK(engine_->Apply(batch));
    EXPECT_LT(Total(), kLimit + (size_t{200} << 10)) << i;
  }
  EXPECT_EQ(engine_->View()->Find(id_)->live_docs(), 8000u);
}

// Deletes of keys that are not there, whose versions are kept for a minute where no source says for how long.
class TombstoneLimitTest : public MemoryLimitTest {
 protected:
  void SetUp() override { OpenUnsynced(0); }
  void OpenUnsynced(size_t total_limit) {
    directory_ = std::make_shared<store::RamDirectory>();
    Open(total_limit);
    mapping::Mapping unsynced = ShopMapping();
    unsynced.set_synced(false);
    const auto id = engine_->CreateIndex("products", unsynced, "{}");
    ASSERT_OK(id);
    id_ = *id;
    other_ = *engine_->CreateIndex("others", unsynced, "{}");
  }
  Result<ApplyResult> DeleteSome(int count) {
    Batch batch;
    for (int i = 0; i < count; ++i) {
      batch.operations.push_back(
          Delete(id_, "key that is none of the short ones " + std::to_string(next_++), 1));
    }
    return engine_->Apply(batch);
  }
  // Until the engine takes no more.
  void DeleteUpToTheLimit() {
    Status status;
    for (int i = 0; i < 10'000 && status.ok(); ++i) {
      status = DeleteSome(100).status();
    }
    EXPECT_STATUS(status, kResourceExhausted);
    EXPECT_STATUS(DeleteSome(100), kResourceExhausted);
  }

  int next_ = 0;
  IndexId other_{};
};

TEST_F(TombstoneLimitTest, OldOnesMakeRoomForABatchThatWasRefused) {
  OpenUnsynced(1u << 20);
  DeleteUpToTheLimit();
  const size_t before = engine_->tombstones();
  EXPECT_GT(before, 2000u);
  clock_.Advance(std::chrono::seconds(61));
  ASSERT_OK(DeleteSome(100));
  EXPECT_EQ(engine_->tombstones(), 100u);
  DeleteUpToTheLimit();
  clock_.Advance(std::chrono::seconds(61));
  // A batch on another index finds room too.
  Batch batch;
  batch.operations.push_back(Upsert(other_, "1", {"red phone", "acme", 1, 1}, 1));
  ASSERT_OK(engine_->Apply(batch));
  EXPECT_EQ(engine_->tombstones(), 0u);
}

// Who feeds it may write to other indices: to wait for it would be for ever.
TEST_F(TombstoneLimitTest, AnIndexThatAStagedBatchHoldsIsNotWaitedFor) {
  OpenUnsynced(1u << 20);
  ASSERT_OK(DeleteSome(1000));
  auto staged = engine_->Stage({id_});
  ASSERT_OK(staged);
  clock_.Advance(std::chrono::seconds(61));
  std::swap(id_, other_);
  DeleteUpToTheLimit();
  clock_.Advance(std::chrono::seconds(61));
  ASSERT_OK(DeleteSome(100));
  EXPECT_EQ(engine_->tombstones(), 1100u);
  ASSERT_OK((*staged)->Finish({}, {}));
  staged->reset();
  DeleteUpToTheLimit();
  clock_.Advance(std::chrono::seconds(61));
  ASSERT_OK(DeleteSome(100));
  EXPECT_EQ(engine_->tombstones(), 100u);
}

TEST_F(TombstoneLimitTest, ABatchForgetsAsManyAsItAdds) {
  for (int i = 0; i < 5; ++i) {
    ASSERT_OK(DeleteSome(5000));
    EXPECT_LE(engine_->tombstones(), 5000u);
    clock_.Advance(std::chrono::seconds(61));
  }
}

TEST_F(TombstoneLimitTest, WhatIsKeptOfTheirAgeIsCounted) {
  ASSERT_OK(DeleteSome(1000));
  const size_t with_ages = engine_->memory().tombstones;
  size_t without = 0;
  for (int i = 0; i < 1000; ++i) {
    without += TombstoneBytes("key that is none of the short ones " + std::to_string(i));
  }
  EXPECT_GE(with_ages, without + 1000 * (48 + 36));
  ASSERT_OK(DeleteSome(1000));
  engine_->ForgetTombstones(id_, 100);
  EXPECT_GT(engine_->memory().tombstones, 0u) << "goes when its time has come";
  clock_.Advance(std::chrono::seconds(61));
  Batch batch;
  batch.operations.push_back(Upsert(id_, "1", {"red phone", "acme", 1, 1}, 1));
  ASSERT_OK(engine_->Apply(batch));
  ASSERT_OK(engine_->Apply(batch));
  EXPECT_EQ(engine_->memory().tombstones, 0u);
  ASSERT_OK(DeleteSome(10));
  ASSERT_OK(engine_->DropIndex(id_));
  EXPECT_EQ(engine_->memory().tombstones, 0u);
}

}  // namespace
}  // namespace binseek::index::test
