// A table that is read again in place, or rebuilt beside, against a model of its server: whatever comes between what, the index ends equal to the table.
#include "sync/pipeline/table_reread.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/support/seeded_test.h"
#include "tests/sync/pipeline/table_follower.h"

namespace binseek::pipeline::model {
namespace {

class TableRereadTest : public test::SeededTest {
 protected:
  // Nobody changes these: searches must find them at any time.
  static constexpr int kPillars[] = {1, 20, 99};

  Change RandomChange() {
    const int id = 2 + static_cast<int>(Uniform(17));
    const auto it = server_.items.find(id);
    Change change;
    if (it != server_.items.end()) {
      change.before = *it;
    }
    const uint64_t kind = Uniform(6);
    if (change.before && kind == 0) {
      server_.items.erase(it);
      return change;
    }
    Item item = change.before ? change.before->second : Item{"new", 0};
    item.stock = static_cast<int>(Uniform(1000));
    if (kind >= 4 || !change.before) {
      item.name = "name" + std::to_string(Uniform(1000));
    }
    int to = id;
    if (change.before && kind == 1) {
      to = 2 + static_cast<int>(Uniform(17));
      if (server_.items.count(to) != 0) {
        to = id;
      }
      server_.items.erase(id);
    }
    server_.items[to] = item;
    change.after = {to, item};
    return change;
  }

  void ChangeUnlogged() {
    for (uint64_t n = 1 + Uniform(4); n > 0; --n) {
      RandomChange();
    }
  }

  void ServerStep() {
    const uint64_t kind = Uniform(40);
    if (kind == 0) {
      ChangeUnlogged();  // a RESET, a failover, a restored backup
      server_.log.clear();
      server_.purged = 0;
      server_.before = server_.items;
      ++server_.history;
    } else if (kind == 1) {
      server_.purged = server_.log.size();
    } else {
      Logged logged;
      logged.unseen = kind < 5 && !OneIn(unseen_rarely_);
      if (truncates_ && OneIn(10)) {
        server_.items.clear();
        server_.log.push_back({{}, false, /*truncates=*/true, {}});
        return;
      }
      if (logged.unseen) {
        ChangeUnlogged();
      }
      for (uint64_t n = logged.unseen ? Uniform(3) : 1 + Uniform(3); n > 0; --n) {
        logged.changes.push_back(RandomChange());
      }
      logged.behind = server_.items;
      server_.log.push_back(std::move(logged));
    }
  }

  std::map<std::string, std::string> Expected() const { return DocumentsOf(server_.items); }
  static std::map<std::string, std::string> DocumentsOf(const Items& items) {
    std::map<std::string, std::string> all;
    for (const auto& [id, item] : items) {
      all[std::to_string(id)] = "{\"id\":" + std::to_string(id) + ",\"name\":\"" + item.name +
                                "\",\"stock\":" + std::to_string(item.stock) + "}";
    }
    return all;
  }

  void Drain(Follower* follower) {
    for (int steps = 0; !follower->IsDone(); ++steps) {
      ASSERT_LT(steps, 10'000) << "it does not come to an end";
      follower->StreamStep();
      follower->SnapshotStep(3);
      follower->ApplyStep();
      follower->SweepStep();
      follower->SwapStep();
    }
    EXPECT_EQ(follower->Documents(), Expected());
    EXPECT_EQ(follower->indices(), 1U);
    EXPECT_EQ(follower->Status().state, TableState::kLive);
    EXPECT_EQ(follower->Status().stale_since_us, 0);
    EXPECT_EQ(follower->Status().stale_why, "");
  }

  void Begin(Follower* follower) {
    Drain(follower);
    follower->Commit();
  }

  void FillTable() {
    for (const int id : kPillars) {
      server_.items[id] = {"pillar", id};
    }
    for (uint64_t i = 0; i < 10; ++i) {
      RandomChange();
    }
  }

  // A random walk, and to its end.
  void Wander(Follower* follower) {
    const auto pillars = [&] {
      const auto expected = Expected();
      for (const int id : kPillars) {
        const std::string key = std::to_string(id);
        ASSERT_EQ(follower->Documents()[key], expected.at(key)) << "a search would have missed it";
      }
    };
    uint64_t equal = 0;
    for (uint64_t step = Iterations(4000); step > 0 && !HasFatalFailure(); --step) {
      switch (Uniform(12)) {
        case 0:
        case 1:
          ServerStep();
          break;
        case 2:
        case 3:
        case 4:
          follower->StreamStep();
          break;
        case 5:
        case 6:
        case 7:
          follower->SnapshotStep(1 + Uniform(6));
          break;
        case 8:
        case 9:
          follower->ApplyStep();
          break;
        case 10:
          follower->SweepStep();
          break;
        default:
          if (OneIn(3)) {
            follower->Commit();
          } else if (OneIn(6)) {
            follower->Crash();
          }
      }
      pillars();
      if (follower->IsDone()) {
        ASSERT_EQ(follower->Documents(), Expected()) << "and nothing is left to come";
        ++equal;
      }
      if (OneIn(200)) {
        Drain(follower);
      }
    }
    Drain(follower);
    EXPECT_GT(equal, 0U);
  }

  // As Wander, with resyncs. What is searched is the table as of where the stream is, but where rows have changed unseen.
  void WanderAndRebuild(Follower* follower) {
    uint64_t exact = 0;
    uint64_t rebuilt = 0;
    for (uint64_t step = Iterations(6000); step > 0 && !HasFatalFailure(); --step) {
      switch (Uniform(14)) {
        case 0:
        case 1:
          ServerStep();
          break;
        case 2:
        case 3:
        case 4:
          follower->StreamStep();
          break;
        case 5:
        case 6:
        case 7:
          follower->SnapshotStep(1 + Uniform(6));
          break;
        case 8:
        case 9:
          follower->ApplyStep();
          break;
        case 10:
          follower->SweepStep();
          break;
        case 11:
          follower->SwapStep();
          break;
        case 12:
          follower->Resync();
          break;
        default:
          if (OneIn(3)) {
            follower->Commit();
          } else if (OneIn(6)) {
            follower->Crash();
          }
      }
      if (const auto items = follower->Exact()) {
        ASSERT_EQ(follower->Documents(), DocumentsOf(*items));
        ++exact;
        rebuilt += follower->IsRebuilt() ? 1 : 0;
      }
      if (OneIn(300)) {
        Drain(follower);
      }
    }
    Drain(follower);
    EXPECT_GT(exact, rebuilt);
    EXPECT_GT(rebuilt, 0U);
  }

  Server server_;
  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  bool truncates_ = false;
  uint64_t unseen_rarely_ =
      UINT64_MAX;  // one in so many of the times that rows would change unseen they do not
};

TEST_F(TableRereadTest, EndsEqualWhateverComesBetweenAndShowsWhatIsThereAllTheTime) {
  FillTable();
  Follower follower(&server_, directory_);
  Begin(&follower);
  Wander(&follower);
}

TEST_F(TableRereadTest, EndsEqualWhereRangesAreReadAtTheSameTime) {
  FillTable();
  Follower follower(&server_, directory_);
  follower.ReadInRanges();
  Begin(&follower);
  Wander(&follower);
}

TEST_F(TableRereadTest, IsRebuiltInRangesWhileTheOldGenerationIsTheTable) {
  truncates_ = true;
  unseen_rarely_ = 2;
  FillTable();
  server_.before = server_.items;
  Follower follower(&server_, directory_);
  follower.ReadInRanges();
  Begin(&follower);
  WanderAndRebuild(&follower);
}

TEST_F(TableRereadTest, WhileItIsRebuiltTheOldGenerationIsTheTableWhateverComesBetween) {
  truncates_ = true;
  unseen_rarely_ = 2;
  FillTable();
  server_.before = server_.items;
  Follower follower(&server_, directory_);
  Begin(&follower);
  WanderAndRebuild(&follower);
}

TEST_F(TableRereadTest, ADeleteIsRememberedOnlyWhereAChunkOfBeforeMayCome) {
  FillTable();
  Follower follower(&server_, directory_);
  Begin(&follower);
  const auto remove = [&](int id) {
    Change change;
    change.before = *server_.items.find(id);
    server_.items.erase(id);
    server_.log.push_back({{change}, false});
    follower.StreamStep();
  };
  const size_t before = follower.tombstones();
  remove(20);
  EXPECT_EQ(follower.tombstones(), before);
  server_.log.push_back({{}, /*unseen=*/true});
  follower.StreamStep();
  while (follower.tombstones() == before) {
    follower.SnapshotStep(3);  // begins with the table, opens a window
    follower.SnapshotStep(3);
    ASSERT_FALSE(server_.items.empty());
    remove(server_.items.begin()->first);
  }
  Drain(&follower);
}

// What was written before a crash is older or newer than the checkpoint beside it, and comes again.
TEST_F(TableRereadTest, EndsEqualWhateverComesBetweenOverASinkThatCanNothing) {
  FillTable();
  Follower follower(&server_, directory_, /*plain_seed=*/1 + Uniform(1'000'000));
  Begin(&follower);
  Wander(&follower);
}

TEST_F(TableRereadTest, ARowDeletedUnseenIsFoundUntilTheEndAndThenSwept) {
  server_.items = {{1, {"stays", 1}}, {2, {"goes", 2}}, {3, {"changes", 3}}};
  Follower follower(&server_, directory_);
  Begin(&follower);
  server_.items.erase(2);
  server_.items[3].name = "changed";
  server_.log.push_back({{}, true});
  follower.StreamStep();
  EXPECT_EQ(follower.Documents().size(), 3U);
  EXPECT_EQ(follower.Status().stale_since_us, 1);
  EXPECT_EQ(follower.Status().stale_why, "it was asked for");
  for (int i = 0; i < 3; ++i) {
    follower.SnapshotStep(10);
  }
  follower.ApplyStep();
  EXPECT_EQ(follower.Documents().size(), 3U) << "the sweep has not begun";
  EXPECT_FALSE(follower.IsDone());
  follower.SweepStep();
  EXPECT_EQ(follower.Documents(), Expected());
  EXPECT_FALSE(follower.IsDone()) << "more could have come";
  follower.SweepStep();
  EXPECT_TRUE(follower.IsDone());
}

TEST_F(TableRereadTest, ACrashWithinTheSweepGoesOnWithIt) {
  for (int id = 1; id <= 9; ++id) {
    server_.items[id] = {"item", id};
  }
  Follower follower(&server_, directory_);
  Begin(&follower);
  server_.items.erase(server_.items.begin(), server_.items.find(8));
  server_.log.push_back({{}, true});
  follower.StreamStep();
  for (int i = 0; i < 3; ++i) {
    follower.SnapshotStep(10);
  }
  follower.ApplyStep();
  follower.SweepStep();
  EXPECT_EQ(follower.Documents().size(), 7U) << "a piece of two keys";
  follower.Commit();
  follower.SweepStep();
  follower.Crash();
  EXPECT_EQ(follower.Documents().size(), 7U);
  EXPECT_FALSE(follower.IsDone());
  Drain(&follower);
}

TEST_F(TableRereadTest, WhatAChunkBroughtJustBeforeTheNewBeginningIsOfBefore) {
  server_.items = {{1, {"stays", 1}}, {2, {"goes", 2}}};
  Follower follower(&server_, directory_);
  Begin(&follower);  // by a chunk that no transaction came behind
  server_.items.erase(2);
  ++server_.history;
  Drain(&follower);
}

TEST_F(TableRereadTest, WhatTheTransactionBroughtThatSaysSoIsOfBefore) {
  server_.items = {{1, {"stays", 1}}};
  Follower follower(&server_, directory_);
  Begin(&follower);
  const std::pair<int, Item> comes_and_goes = {2, {"comes and goes", 2}};
  server_.log.push_back({{{std::nullopt, comes_and_goes}}, true});
  server_.log.push_back({{{comes_and_goes, std::nullopt}}, false});
  Drain(&follower);
}

TEST_F(TableRereadTest, APartOfADocumentOfBeforeIsNotUpdatedAlone) {
  server_.items[1] = {"before", 1};
  Follower follower(&server_, directory_);
  Begin(&follower);
  server_.items[1].name = "unseen";
  server_.log.push_back({{}, true});
  follower.StreamStep();
  const Item unseen = server_.items[1];
  server_.items[1].stock = 7;
  server_.log.push_back({{{{{1, unseen}}, {{1, server_.items[1]}}}}, false});
  follower.StreamStep();
  EXPECT_EQ(follower.Documents(), Expected());
  Drain(&follower);
}

}  // namespace
}  // namespace binseek::pipeline::model
