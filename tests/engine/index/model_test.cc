// Random histories of an engine against EngineModel: batches over three indices, commits that fail at any step, restarts, and
// machines that lose power.
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "engine/store/ram_directory.h"
#include "tests/engine/index/engine_model.h"
#include "tests/support/fault_scope.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

constexpr std::array kPoints = {
    "commit.before_segment", "commit.after_segment", "commit.before_state", "commit.before_hook",
    "commit.after_hook",     "commit.before_rename", "commit.after_rename", "commit.after_sync",
    "store.create",          "store.half_written",   "store.sync"};
constexpr std::array kNames = {"products", "variants", "reviews"};
constexpr std::array kWords = {"red", "phone", "case", "wireless", "charger", "mini"};

class EngineModelTest : public ::binseek::test::SeededTest {
 protected:
  void SetUp() override {
    Reopen();
    for (const char* name : kNames) {
      Create(name);
    }
    Commit("");
  }

  void TearDown() override {
    engine_.reset();
    ExpectSound(*directory_);
  }

  void Create(const std::string& name) {
    const auto id = engine_->CreateIndex(name, ShopMapping(), "{}");
    ASSERT_OK(id);
    model_.CreateIndex(*id, name);
  }

  void DropAndCreate() {
    const auto index = model_.indices().begin();
    const IndexId id = index->first;
    const std::string name = index->second.name;
    ASSERT_OK(engine_->DropIndex(id));
    model_.DropIndex(id);
    Create(name);
  }

  IndexId RandomIndex() {
    auto index = model_.indices().begin();
    std::advance(index, static_cast<std::ptrdiff_t>(Uniform(model_.indices().size())));
    return index->first;
  }

  Product RandomProduct() {
    Product product;
    for (uint64_t i = 0; i <= Uniform(5); ++i) {
      product.title += std::string(i > 0 ? " " : "") + kWords[Uniform(kWords.size())];
    }
    product.brand = "brand" + std::to_string(Uniform(6));
    product.cents = OneIn(4) ? std::nullopt : std::optional<int64_t>(Uniform(100'000));
    product.stock =
        OneIn(4) ? std::nullopt : std::optional<int64_t>(static_cast<int64_t>(Uniform(100)) - 50);
    return product;
  }

  Operation RandomOperation(const Product& product) {
    constexpr std::array kKinds = {OpKind::kUpsert,        OpKind::kUpsert,        OpKind::kCreate,
                                   OpKind::kUpdateColumns, OpKind::kUpdateColumns, OpKind::kDelete};
    Operation operation;
    operation.kind = kKinds[Uniform(kKinds.size())];
    operation.index = RandomIndex();
    operation.key = "k" + std::to_string(Uniform(OneIn(3) ? 10 : 300));
    operation.version_type = VersionType{static_cast<uint8_t>(Uniform(3))};
    operation.version = operation.version_type == VersionType::kInternal
                            ? 0
                            : static_cast<int64_t>(Uniform(40) + step_ / 4);
    if (OneIn(10)) {
      operation.if_seq_no = static_cast<int64_t>(Uniform(50));
    }
    if (operation.kind == OpKind::kUpdateColumns) {
      operation.columns = {{kPrice, product.cents}};
      if (OneIn(2)) {
        operation.columns.push_back({kStock, product.stock});
      }
      if (OneIn(2)) {
        operation.if_missing = [document = product.ToDocument()]() -> Result<mapping::Document> {
          return document;
        };
      }
    } else {
      operation.document = product.ToDocument();
    }
    return operation;
  }

  void ApplyRandomBatch() {
    const EngineModel before = model_;
    Batch batch;
    std::vector<OpResult> expected;
    const uint64_t size = OneIn(20) ? 200 : OneIn(2) ? 1 : Uniform(10) + 1;
    for (uint64_t i = 0; i < size; ++i) {
      const Product product = RandomProduct();
      batch.operations.push_back(RandomOperation(product));
      expected.push_back(model_.Apply(batch.operations.back(), product));
    }
    if (!std::exchange(reserved_, true)) {
      durable_.push_back(before);  // the first one commits, for its numbers
    }
    batch.user_data["source"] = std::to_string(step_);
    model_.SetUserData("source", std::to_string(step_));
    const auto result = engine_->Apply(batch);
    ASSERT_OK(result);
    const auto view = engine_->View();
    for (const auto& index : view->indices()) {
      next_seq_nos_[index->id] = index->next_seq_no;
    }
    ASSERT_EQ(result->results.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      const OpResult& got = result->results[i];
      ASSERT_EQ(got.outcome, expected[i].outcome)
          << "operation " << i << " on " << batch.operations[i].key;
      ASSERT_EQ(got.version, expected[i].version);
      ASSERT_EQ(got.seq_no, expected[i].seq_no);
    }
  }

  // With a fault, what the commit tried to write may or may not have become durable.
  void Commit(const std::string& faults) {
    const ::binseek::test::FaultScope scope(faults);
    const auto stats = engine_->Commit();
    if (stats.ok()) {
      durable_ = {model_};
    } else {
      durable_.push_back(model_);
    }
  }

  void CommitWithARandomFault() {
    Commit(std::string(kPoints[Uniform(kPoints.size())]) + "=error@" +
           std::to_string(Uniform(3) + 1));
  }

  void Reopen() {
    engine_.reset();
    engine_ = MustOpen(directory_, /*background_merges=*/false);
    ASSERT_NE(engine_, nullptr);
    std::string differences;
    for (const EngineModel& candidate : durable_) {
      const std::string difference = candidate.Compare(*engine_);
      if (difference.empty()) {
        model_ = candidate;
        const auto view = engine_->View();
        model_.GoOnFrom(*view);
        durable_ = {model_};
        reserved_ = false;
        std::erase_if(next_seq_nos_,
                      [&](const auto& index) { return view->Find(index.first) == nullptr; });
        for (const auto& [id, next] : next_seq_nos_) {
          ASSERT_GE(view->Find(id)->next_seq_no, next) << "numbers would be given again";
        }
        ExpectSound(*directory_);
        return;
      }
      differences += "\n" + difference;
    }
    FAIL() << "what came back is no committed state:" << differences;
  }

  void LosePower() {
    engine_.reset();
    directory_->DropUnsynced();
    Reopen();
  }

  void Step() {
    ++step_;
    const uint64_t choice = Uniform(100);
    if (choice < 80) {
      ApplyRandomBatch();
    } else if (choice < 86) {
      Commit("");
    } else if (choice < 92) {
      CommitWithARandomFault();
    } else if (choice < 94) {
      LosePower();
    } else if (choice < 95) {
      Reopen();
    } else if (choice < 96) {
      DropAndCreate();
    } else if (choice < 98) {
      const IndexId index = RandomIndex();
      const auto below = static_cast<int64_t>(Uniform(step_ / 4 + 1));
      engine_->ForgetTombstones(index, below);
      model_.ForgetTombstones(index, below);
    } else {
      held_ = {engine_->View(), model_};
    }
    if (step_ % 16 == 0) {
      ASSERT_EQ(model_.Compare(*engine_), "");
      ASSERT_EQ(held_.first == nullptr ? "" : held_.second.CompareView(*held_.first), "")
          << "a held view has changed";
    }
  }

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<Engine> engine_;
  EngineModel model_;
  std::vector<EngineModel> durable_{EngineModel()};  // states that a restart may come back to
  std::pair<std::shared_ptr<const EngineView>, EngineModel> held_;
  std::map<IndexId, int64_t> next_seq_nos_;  // behind those that were given, over restarts too
  bool reserved_ = false;                    // a batch was applied since the last start
  uint64_t step_ = 0;
};

// Invariants "equality", "no resurrection" and "whole transactions" over crashes: what comes back is a whole committed state, and
// stale writes stay out of it.
TEST_F(EngineModelTest, EqualityOverAnyHistory) {
  const uint64_t steps = Iterations(600);
  for (uint64_t i = 0; i < steps; ++i) {
    Step();
    if (HasFatalFailure()) {
      return;
    }
  }
  LosePower();
  ASSERT_EQ(model_.Compare(*engine_), "");
}

TEST_F(EngineModelTest, AnErrorAtAnyStepOfACommitLeavesTheEngineGoing) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "fault points are not compiled in";
  }
  for (const char* point : kPoints) {
    SCOPED_TRACE(point);
    Commit("");
    for (int i = 0; i < 5; ++i) {
      ApplyRandomBatch();
      if (HasFatalFailure()) {
        return;
      }
    }
    const ::binseek::test::FaultScope scope(std::string(point) + "=error");
    const auto stats = engine_->Commit();
    if (::binseek::test::FaultScope::passes(point) == 0) {
      EXPECT_STREQ(point, "commit.before_state")
          << "which is passed only where a segment on disk stays and has changed";
      ASSERT_OK(stats);
      durable_ = {model_};
      continue;
    }
    ASSERT_TRUE(::binseek::test::HasCode(stats.status(), StatusCode::kIoError));
    durable_.push_back(model_);
    FaultPoints::Reset();
    ASSERT_EQ(model_.Compare(*engine_), "");
    ApplyRandomBatch();
    if (OneIn(2)) {
      Commit("");
    }
    LosePower();
    if (HasFatalFailure()) {
      return;
    }
  }
}

}  // namespace
}  // namespace binseek::index::test
