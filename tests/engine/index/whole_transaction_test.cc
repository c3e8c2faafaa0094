// Whole transactions, seen from every core: writers move stock between accounts of two indices, and accounts from one index to the
// other; the sum stays. Readers never see another sum, however they look, while commits succeed and fail, and merges run. Meant for
// ThreadSanitizer too.
#include <algorithm>
#include <array>
#include <atomic>
#include <thread>
#include <vector>

#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/fault_directory.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

using ::binseek::test::Fault;
using ::binseek::test::FaultDirectory;

constexpr int kWriters = 3;
constexpr int kAccounts =
    48;  // each is written by one writer only, so that a writer knows what is in it
constexpr int64_t kStart = 1000;
constexpr std::array kSides = {"left", "right"};

std::string KeyOf(int account) { return "account" + std::to_string(account); }
Product ProductWith(int64_t stock) { return {"an account", "bank", 1, stock}; }

struct Account {
  size_t side = 0;
  int64_t stock = kStart;
  friend bool operator==(const Account&, const Account&) = default;
};
using Accounts = std::vector<Account>;

// What a view holds, looked up by key; fails the test where an account is in no index or in both, or reads differently by its source.
Accounts Read(const EngineView& view) {
  const std::array indices = {view.Find(kSides[0]), view.Find(kSides[1])};
  Accounts accounts;
  for (int account = 0; account < kAccounts; ++account) {
    const std::string key = KeyOf(account);
    const std::array stocks = {NumberOf(*indices[0], key, kStock),
                               NumberOf(*indices[1], key, kStock)};
    EXPECT_NE(stocks[0].has_value(), stocks[1].has_value())
        << key << " at epoch " << view.epoch() << " is in no index, or in both";
    const size_t side = stocks[0] ? 0 : 1;
    accounts.push_back({side, stocks[side].value_or(0)});
    if (account % 8 == 0) {
      EXPECT_EQ(SourceOf(*indices[side], key), ProductWith(accounts.back().stock).ToSource());
    }
  }
  return accounts;
}

void ExpectWhole(const EngineView& view) {
  int64_t sum = 0;
  for (const Account& account : Read(view)) {
    sum += account.stock;
  }
  EXPECT_EQ(sum, kAccounts * kStart) << "half a transaction at epoch " << view.epoch();
  const IndexView& left = *view.Find(kSides[0]);
  const IndexView& right = *view.Find(kSides[1]);
  EXPECT_EQ(left.live_docs() + right.live_docs(), static_cast<uint64_t>(kAccounts));
  EXPECT_EQ(CountTerm(left, kBrand, "bank") + CountTerm(right, kBrand, "bank"),
            static_cast<uint64_t>(kAccounts));
}

// One thread's transactions over the accounts that are its own.
class Writer {
 public:
  Writer(Engine* engine, std::array<IndexId, 2> ids, int ordinal, uint64_t seed)
      : engine_(engine), ids_(ids), ordinal_(ordinal), random_(seed), accounts_(kAccounts) {}

  void Transfer() {
    const int from = Own(Uniform(kAccounts / kWriters));
    const int to = Own(Uniform(kAccounts / kWriters));
    const auto amount = static_cast<int64_t>(Uniform(50));
    std::vector<Operation> operations;
    Change(from, -amount, &operations);
    Change(to, amount, &operations);
    for (const OpResult& result : MustApply(engine_, std::move(operations)).results) {
      EXPECT_NE(result.outcome, Outcome::kFailed) << result.status;
    }
  }

  // What this writer's accounts hold now.
  void CopyTo(Accounts* all) const {
    for (int account = ordinal_; account < kAccounts; account += kWriters) {
      (*all)[static_cast<size_t>(account)] = accounts_[static_cast<size_t>(account)];
    }
  }

 private:
  int Own(uint64_t n) const { return static_cast<int>(n) * kWriters + ordinal_; }
  uint64_t Uniform(uint64_t limit) { return random_() % limit; }

  void Change(int number, int64_t amount, std::vector<Operation>* operations) {
    Account& account = accounts_[static_cast<size_t>(number)];
    account.stock += amount;
    const std::string key = KeyOf(number);
    const uint64_t how = Uniform(6);
    if (how < 3) {
      operations->push_back(SetStock(ids_[account.side], key, account.stock));
      return;
    }
    if (how < 5) {
      operations->push_back(Delete(ids_[account.side], key));
      account.side = how == 4 ? 1 - account.side : account.side;
    }
    operations->push_back(Upsert(ids_[account.side], key, ProductWith(account.stock)));
  }

  Engine* const engine_;
  const std::array<IndexId, 2> ids_;
  const int ordinal_;
  std::mt19937_64 random_;
  Accounts accounts_;
};

class WholeTransactionTest : public ::binseek::test::SeededTest {
 protected:
  void SetUp() override {
    disk_ = std::make_shared<FaultDirectory>(std::make_shared<store::RamDirectory>(), random()());
    Open();
    for (size_t side = 0; side < kSides.size(); ++side) {
      ids_[side] = *engine_->CreateIndex(kSides[side], ShopMapping(), "{}");
    }
    std::vector<Operation> operations;
    operations.reserve(kAccounts);
    for (int account = 0; account < kAccounts; ++account) {
      operations.push_back(Upsert(ids_[0], KeyOf(account), ProductWith(kStart)));
    }
    MustApply(engine_.get(), std::move(operations));
    ASSERT_OK(engine_->Commit());
    for (int writer = 0; writer < kWriters; ++writer) {
      writers_.emplace_back(engine_.get(), ids_, writer, random()());
    }
  }

  void Open() {
    engine_ = MustOpen(disk_);
    ASSERT_NE(engine_, nullptr);
  }

  // Looks at every view that it can get, and again and again at one that it holds.
  void ReadUntilDone() {
    auto held = engine_->View();
    Accounts seen = Read(*held);
    for (uint64_t views = 0; !done_ && !HasFailure(); ++views, ++views_) {
      const auto view = engine_->View();
      EXPECT_GE(view->epoch(), held->epoch()) << "time goes on";
      ExpectWhole(*view);
      EXPECT_EQ(Read(*held), seen) << "a held view has changed";
      if (views % 8 == 7) {
        held = view;
        seen = Read(*held);
      }
    }
  }

  // Every third commit meets a disk that fails somewhere within it.
  void CommitUntilDone() {
    for (uint64_t n = 0; !done_ && !HasFailure(); ++n) {
      const bool faulty = n % 3 == 2;
      if (faulty) {
        disk_->Arm(n % 2 == 0 ? Fault::kSync : Fault::kReadOnly, n % 7, 1);
      }
      const auto stats = engine_->Commit();
      disk_->Heal();
      EXPECT_TRUE(stats.ok() || faulty) << stats.status();
      commits_ += stats.ok() ? 1 : 0;
    }
  }

  void Run(uint64_t transfers) {
    std::vector<std::thread> threads;
    const unsigned readers = std::max(2u, std::thread::hardware_concurrency());
    for (unsigned reader = 0; reader < readers; ++reader) {
      threads.emplace_back([this] { ReadUntilDone(); });
    }
    threads.emplace_back([this] { CommitUntilDone(); });
    std::vector<std::thread> writing;
    for (Writer& writer : writers_) {
      writing.emplace_back([&, this] {
        for (uint64_t i = 0;
             (i < transfers || commits_ < 5 || views_ < uint64_t{10} * readers) && !HasFailure();
             ++i) {
          writer.Transfer();
        }
      });
    }
    for (std::thread& thread : writing) {
      thread.join();
    }
    done_ = true;
    for (std::thread& thread : threads) {
      thread.join();
    }
  }

  Accounts Expected() const {
    Accounts all(kAccounts);
    for (const Writer& writer : writers_) {
      writer.CopyTo(&all);
    }
    return all;
  }

  std::shared_ptr<FaultDirectory> disk_;
  std::unique_ptr<Engine> engine_;
  std::array<IndexId, 2> ids_{};
  std::vector<Writer> writers_;
  std::atomic<bool> done_ = false;
  std::atomic<uint64_t> views_ = 0;
  std::atomic<uint64_t> commits_ = 0;
};

TEST_F(WholeTransactionTest, ReadersOnAllCoresNeverSeeAnotherSum) {
  Run(Iterations(1000));
  ExpectWhole(*engine_->View());
  EXPECT_EQ(Read(*engine_->View()), Expected());

  // A machine that loses power comes back to a sum that is whole, if not to the newest one ...
  engine_.reset();
  ASSERT_OK(disk_->LosePower());
  ExpectSound(*disk_);
  Open();
  ExpectWhole(*engine_->View());
}

// ... and to the newest one where that was committed.
TEST_F(WholeTransactionTest, ACommitBehindTheLastOneKeepsThemAll) {
  Run(Iterations(200));
  ASSERT_OK(engine_->Commit());
  engine_.reset();
  ASSERT_OK(disk_->LosePower());
  ExpectSound(*disk_);
  Open();
  ExpectWhole(*engine_->View());
  EXPECT_EQ(Read(*engine_->View()), Expected());
}

}  // namespace
}  // namespace binseek::index::test
