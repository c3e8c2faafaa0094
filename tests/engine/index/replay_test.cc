// What a restart makes of the translog: the state that there was, in little memory, however often it dies on the way; and what the check
// says of one that is damaged.
#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/check_index.h"
#include "engine/index/segment_file.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/fault_directory.h"
#include "tests/support/fault_scope.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

using ::binseek::test::Fault;
using ::binseek::test::FaultDirectory;
using ::binseek::test::FaultScope;
using ::binseek::test::Survival;

const Product kPhone{"red phone", "acme", 1999, 5};
const Product kCase{"phone case", "acme", 500, 10};
constexpr size_t kLittleMemory = 64u << 10;

class ReplayTest : public ::binseek::test::SeededTest {
 protected:
  void SetUp() override {
    Open();
    id_ = *engine_->CreateIndex("products", ShopMapping(), "{}");
    ASSERT_OK(engine_->Commit());
  }
  void TearDown() override {
    engine_.reset();
    ExpectSound(*disk_);
  }
  Status TryOpen(size_t memory_limit_bytes) {
    engine_.reset();
    EngineOptions options;
    options.directory = disk_;
    options.memory_limit_bytes = memory_limit_bytes;
    options.background_merges = false;
    auto engine = Engine::Open(std::move(options));
    if (engine.ok()) {
      engine_ = std::move(*engine);
    }
    return engine.status();
  }
  void Open(size_t memory_limit_bytes = size_t{128} << 20) {
    ASSERT_OK(TryOpen(memory_limit_bytes));
  }
  void LosePower(Survival survival = Survival::kSynced) {
    engine_.reset();
    disk_->Heal();
    ASSERT_OK(disk_->LosePower(survival));
  }
  std::vector<OpResult> Log(std::vector<Operation> operations) {
    Batch batch;
    batch.operations = std::move(operations);
    batch.durability = Durability::kSynced;
    batch.user_data["batch"] = std::to_string(++batches_);
    auto result = engine_->Apply(batch);
    EXPECT_OK(result);
    return result.ok() ? std::move(result->results) : std::vector<OpResult>();
  }
  // Several times kLittleMemory; of all kinds of operation.
  void LogMuch(int batches) {
    for (int b = 0; b < batches; ++b) {
      std::vector<Operation> operations;
      for (int i = 0; i < 60; ++i) {
        const std::string key = "k" + std::to_string(Uniform(2000));
        const auto version = static_cast<int64_t>(b * 100 + i + 1);
        const uint64_t what = Uniform(10);
        operations.push_back(what == 0  ? Delete(id_, key, version)
                             : what < 3 ? SetStock(id_, key, version, version)
                                        : Upsert(id_, key, OneIn(2) ? kPhone : kCase, version));
      }
      Log(std::move(operations));
    }
  }

  struct State {
    std::map<std::string, std::string> contents;
    size_t tombstones = 0;
    std::string user_data;
    friend bool operator==(const State&, const State&) = default;
  };
  State Now() const {
    const auto view = engine_->View();
    const IndexView& index = *view->Find(id_);
    return {ContentsOf(index), engine_->tombstones(), engine_->UserData("batch")};
  }

  std::shared_ptr<FaultDirectory> disk_ =
      std::make_shared<FaultDirectory>(std::make_shared<store::RamDirectory>(), seed());
  std::unique_ptr<Engine> engine_;
  IndexId id_{};
  int batches_ = 0;
};

TEST_F(ReplayTest, OperationsThatChangedNothingAreReplayedAsNothing) {
  Log({Upsert(id_, "1", kPhone), Upsert(id_, "2", kPhone)});
  Operation failing = SetStock(id_, "2", 1, 7);
  failing.columns[0].field = kTitle;
  const auto results = Log({SetStock(id_, "absent", 1, 5), failing});
  ASSERT_EQ(results[0].outcome, Outcome::kMissing);
  ASSERT_EQ(results[1].outcome, Outcome::kFailed);
  Log({Delete(id_, "1")});
  const State before = Now();
  EXPECT_EQ(before.tombstones, 1u) << "of the document that is gone";
  LosePower();
  Open();
  EXPECT_EQ(Now(), before);
}

TEST_F(ReplayTest, ADeleteLeavesTheTombstoneThatItLeft) {
  Log({Upsert(id_, "1", kPhone, 10), Delete(id_, "1", 20), Delete(id_, "2", 20)});
  ASSERT_OK(engine_->Commit());
  engine_->ForgetTombstones(id_, 21);
  Log({Delete(id_, "1")});
  EXPECT_EQ(engine_->tombstones(), 0u);
  LosePower();
  Open();
  EXPECT_EQ(engine_->tombstones(), 2u) << "nobody has committed that they are forgotten";
  EXPECT_EQ(MustApplyOne(engine_.get(), Upsert(id_, "1", kPhone, 19)), Outcome::kStale)
      << "as it was, and not of the version that the engine counted from nothing";
}

TEST_F(ReplayTest, ALogThatIsLargerThanMemoryIsCommittedOnTheWay) {
  LogMuch(70);
  const State before = Now();
  LosePower();
  const uint64_t generation = LoadManifest(*disk_)->generation;
  Open(kLittleMemory);
  EXPECT_EQ(Now(), before);
  EXPECT_GE(LoadManifest(*disk_)->generation, generation + 3);
  const auto files = *disk_->List();
  for (const std::string& file : files) {
    if (file.starts_with("segment-")) {
      EXPECT_LE((*disk_->Map(file))->bytes().size(), kLittleMemory) << file;
    }
  }
}

TEST_F(ReplayTest, AReplayThatDiesBehindACommitGoesOnFromThere) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "fault points are not compiled in";
  }
  LogMuch(70);
  const State before = Now();
  LosePower();
  const Manifest first = *LoadManifest(*disk_);
  {
    const FaultScope faults("commit.after_sync=error@2");
    EXPECT_STATUS(TryOpen(kLittleMemory), kIoError);
  }
  LosePower();
  const Manifest second = *LoadManifest(*disk_);
  EXPECT_EQ(second.generation, first.generation + 2);
  EXPECT_EQ(second.translog.generation, first.translog.generation);
  EXPECT_GT(second.translog.offset, first.translog.offset);
  ExpectSound(*disk_);
  Open(kLittleMemory);
  EXPECT_EQ(Now(), before);
}

// A replay reads what a process before it has written and not synced. Its commits may then be all that is left of that.
TEST_F(ReplayTest, WhatACommitOnTheWayHasNeedNotBeInTheLogAnyMore) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "fault points are not compiled in";
  }
  Batch batch;
  batch.durability = Durability::kLogged;
  for (int i = 0; i < 3000; ++i) {
    batch.operations.push_back(Upsert(id_, "k" + std::to_string(i), kPhone));
    if (batch.operations.size() == 100) {
      ASSERT_OK(engine_->Apply(batch));
      batch.operations.clear();
    }
  }
  ASSERT_OK(engine_->SyncLog());
  const State before = Now();
  LosePower(Survival::kAll);
  {
    const FaultScope faults("commit.after_sync=error@2");
    EXPECT_STATUS(TryOpen(kLittleMemory), kIoError);
  }
  const Manifest manifest = *LoadManifest(*disk_);
  ASSERT_GT(manifest.translog.offset, kTranslogHeaderBytes);
  const std::string file = TranslogFile(manifest.translog.generation);
  const std::string bytes((*disk_->Map(file))->bytes());
  const auto expect = [&](uint64_t size) {
    ASSERT_OK(store::WriteFile(disk_.get(), file, std::string_view(bytes).substr(0, size)));
    ASSERT_OK(disk_->Sync());
    ExpectSound(*disk_);
    Open();
    EXPECT_GT(Now().contents.size(), 100u);
    EXPECT_LT(Now().contents.size(), before.contents.size());
    Log({Upsert(id_, "next", kCase)});
    LosePower();
    Open();
    EXPECT_EQ(Now().contents.count("next"), 1u);
  };
  expect(manifest.translog.offset / 2);
}

TEST_F(ReplayTest, AReplayMayDieAtEveryWrite) {
  LogMuch(20);
  const State before = Now();
  engine_.reset();
  std::map<std::string, std::string> image;
  const auto files = *disk_->List();
  for (const std::string& file : files) {
    image[file] = (*disk_->Map(file))->bytes();
  }
  bool died = true;
  for (uint64_t after = 0; died && !HasFailure(); after += 1 + Uniform(5)) {
    SCOPED_TRACE(after);
    const auto ram = std::make_shared<store::RamDirectory>();
    for (const auto& [file, bytes] : image) {
      ASSERT_OK(store::WriteFile(ram.get(), file, bytes));
    }
    disk_ = std::make_shared<FaultDirectory>(ram, random()());
    disk_->Arm(Fault::kReadOnly, after);
    died = !TryOpen(kLittleMemory).ok();
    LosePower(Survival::kChance);
    if (OneIn(2)) {
      disk_->Arm(Fault::kReadOnly, Uniform(after + 1));
      const Status again = TryOpen(kLittleMemory);
      static_cast<void>(again.ok());
      LosePower(Survival::kChance);
    }
    ExpectSound(*disk_);
    Open(OneIn(2) ? kLittleMemory : size_t{128} << 20);
    ASSERT_EQ(Now(), before);
  }
}

TEST_F(ReplayTest, TheCheckTellsATornTailFromALoss) {
  for (int i = 0; i < 3; ++i) {
    Log({Upsert(id_, std::to_string(i), kPhone)});
  }
  engine_.reset();
  const std::string file = TranslogFile(LoadManifest(*disk_)->translog.generation);
  const std::string sound((*disk_->Map(file))->bytes());
  const uint64_t record = (sound.size() - kTranslogHeaderBytes) / 3;
  const auto check = [&](const std::string& bytes) {
    EXPECT_OK(store::WriteFile(disk_.get(), file, bytes));
    auto report = CheckDirectory(*disk_);
    EXPECT_OK(report);
    return report.ok() ? std::move(*report) : CheckReport();
  };
  CheckReport report = check(sound);
  EXPECT_EQ(report.translog_records, 3u);
  EXPECT_EQ(report.translog_bytes, 3 * record);
  EXPECT_TRUE(report.problems.empty() && report.notes.empty());

  report = check(sound.substr(0, sound.size() - 5));
  EXPECT_EQ(report.translog_records, 2u);
  EXPECT_TRUE(report.problems.empty());
  const uint64_t torn = kTranslogHeaderBytes + 2 * record;
  ASSERT_EQ(report.notes.size(), 1u);
  EXPECT_TRUE(report.notes[0].starts_with(file + ": offset " + std::to_string(torn) + ": " +
                                          std::to_string(record - 5) + " bytes"))
      << report.notes[0];

  std::string damaged = sound;
  damaged[kTranslogHeaderBytes + record + 30] ^= 1;
  report = check(damaged);
  ASSERT_EQ(report.problems.size(), 1u) << "a later record says that it was durable";
  EXPECT_NE(
      report.problems[0].find(file + ": offset " + std::to_string(kTranslogHeaderBytes + record)),
      std::string::npos)
      << report.problems[0];
  EXPECT_STATUS(TryOpen(kLittleMemory), kCorruption);

  ASSERT_OK(disk_->Delete(file));
  report = *CheckDirectory(*disk_);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_NE(report.problems[0].find(file + " is missing"), std::string::npos);
  check(sound);
  ASSERT_OK(disk_->Sync());
  Open();
}

}  // namespace
}  // namespace binseek::index::test
