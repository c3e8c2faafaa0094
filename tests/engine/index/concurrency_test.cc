// One writer, readers on views, and a thread that commits, all at once. Meant for ThreadSanitizer.
#include <atomic>
#include <thread>
#include <vector>

#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

constexpr int kAccounts = 40;
constexpr int64_t kStart = 1000;

std::string KeyOf(uint64_t account) { return "account" + std::to_string(account); }

int64_t SumOf(const IndexView& index) {
  int64_t sum = 0;
  for (int account = 0; account < kAccounts; ++account) {
    sum += NumberOf(index, KeyOf(account), kStock).value_or(-1'000'000);
  }
  return sum;
}

class EngineConcurrencyTest : public ::binseek::test::SeededTest {
 protected:
  void SetUp() override {
    engine_ = MustOpen(directory_);
    left_ = *engine_->CreateIndex("left", ShopMapping(), "{}");
    right_ = *engine_->CreateIndex("right", ShopMapping(), "{}");
    for (const IndexId id : {left_, right_}) {
      std::vector<Operation> operations;
      for (int account = 0; account < kAccounts; ++account) {
        operations.push_back(Upsert(id, KeyOf(account), ProductWith(kStart)));
      }
      MustApply(engine_.get(), std::move(operations));
    }
  }

  static Product ProductWith(int64_t stock) { return {"an account", "bank", 1, stock}; }

  // Moves stock from one index to the other in one batch; by column update, upsert, or delete and create.
  void Transfer() {
    const auto view = engine_->View();
    std::vector<Operation> operations;
    const auto move = static_cast<int64_t>(Uniform(50));
    for (const auto& [id, change] : {std::pair(left_, -move), std::pair(right_, move)}) {
      const std::string key = KeyOf(Uniform(kAccounts));
      const int64_t stock = NumberOf(*view->Find(id), key, kStock).value_or(0) + change;
      const uint64_t how = Uniform(4);
      if (how == 0) {
        operations.push_back(Upsert(id, key, ProductWith(stock)));
      } else if (how == 1) {
        operations.push_back(Delete(id, key));
        operations.push_back(Upsert(id, key, ProductWith(stock)));
      } else {
        operations.push_back(SetStock(id, key, stock));
      }
    }
    MustApply(engine_.get(), std::move(operations));
  }

  static void ExpectWhole(const EngineView& view) {
    const IndexView* left = view.Find("left");
    const IndexView* right = view.Find("right");
    ASSERT_EQ(left->live_docs(), static_cast<uint64_t>(kAccounts));
    ASSERT_EQ(right->live_docs(), static_cast<uint64_t>(kAccounts));
    ASSERT_EQ(SumOf(*left) + SumOf(*right), 2 * kAccounts * kStart)
        << "half a transaction at epoch " << view.epoch();
    ASSERT_EQ(CountTerm(*left, kBrand, "bank"), static_cast<uint64_t>(kAccounts));
  }

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<Engine> engine_;
  IndexId left_{};
  IndexId right_{};
};

TEST_F(EngineConcurrencyTest, WholeTransactionsUnderReadersAndCommits) {
  std::atomic<bool> done = false;
  std::atomic<uint64_t> views = 0;
  std::atomic<uint64_t> commits = 0;
  std::vector<std::thread> threads;
  for (int reader = 0; reader < 2; ++reader) {
    threads.emplace_back([&] {
      Epoch last = 0;
      std::shared_ptr<const EngineView> held = engine_->View();
      while (!done && !HasFatalFailure()) {
        const auto view = engine_->View();
        ASSERT_GE(view->epoch(), last) << "time goes on";
        last = view->epoch();
        ExpectWhole(*view);
        ExpectWhole(*held);
        held = ++views % 8 == 0 ? view : held;
      }
    });
  }
  threads.emplace_back([&] {
    while (!done) {
      ASSERT_OK(engine_->Commit());
      ++commits;
    }
  });
  const uint64_t transfers = Iterations(400);
  for (uint64_t i = 0; i < transfers || commits < 5 || views < 20; ++i) {
    Transfer();
  }
  done = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  ExpectWhole(*engine_->View());
  engine_.reset();
  directory_->DropUnsynced();
  ExpectSound(*directory_);
  engine_ = MustOpen(directory_);
  ExpectWhole(*engine_->View());
}

TEST_F(EngineConcurrencyTest, IndicesComeAndGoBesideWritesAndCommits) {
  std::atomic<bool> done = false;
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    while (!done) {
      ASSERT_OK(engine_->Commit());
    }
  });
  threads.emplace_back([&] {
    while (!done) {
      const auto id = engine_->CreateIndex("passing", ShopMapping(), "{}");
      ASSERT_OK(id);
      MustApply(engine_.get(), {Upsert(*id, "1", ProductWith(1))});
      ASSERT_OK(engine_->DropIndex(*id));
      static_cast<void>(engine_->memory_bytes());
      static_cast<void>(engine_->UserData("x"));
    }
  });
  for (uint64_t i = 0; i < Iterations(200); ++i) {
    Transfer();
  }
  done = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  ExpectWhole(*engine_->View());
  ASSERT_OK(engine_->Commit());
  engine_.reset();
  ExpectSound(*directory_);
}

}  // namespace
}  // namespace binseek::index::test
