// The sentences of batch.h, one test each.
#include "engine/index/batch.h"

#include <limits>

#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

const Product kPhone{"red phone", "acme", 1999, 5};
const Product kCase{"phone case", "acme", 500, 10};

class BatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_ = MustOpen(directory_);
    id_ = *engine_->CreateIndex("products", ShopMapping(), "{}");
  }
  void TearDown() override {
    EXPECT_OK(engine_->Commit());
    engine_.reset();
    ExpectSound(*directory_);
  }
  OpResult Apply(Operation operation) {
    return MustApply(engine_.get(), {std::move(operation)}).results.at(0);
  }
  std::optional<std::string> Source(const std::string& key) {
    return SourceOf(*engine_->View()->Find(id_), key);
  }

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<Engine> engine_;
  IndexId id_{};
};

TEST_F(BatchTest, AnUpsertReplacesWhateverHasTheKey) {
  EXPECT_EQ(Apply(Upsert(id_, "1", kPhone)).outcome, Outcome::kCreated);
  EXPECT_EQ(Apply(Upsert(id_, "1", kCase)).outcome, Outcome::kUpdated);
  EXPECT_EQ(Source("1"), kCase.ToSource());
  EXPECT_EQ(CountTerm(*engine_->View()->Find(id_), kTitle, "red"), 0u);
}

TEST_F(BatchTest, CreateConflictsWithAnExistingKey) {
  Operation create = Upsert(id_, "1", kPhone);
  create.kind = OpKind::kCreate;
  EXPECT_EQ(Apply(create).outcome, Outcome::kCreated);
  const OpResult again = Apply(create);
  EXPECT_EQ(again.outcome, Outcome::kConflict);
  EXPECT_EQ(again.version, 1);
  EXPECT_STATUS(again.status, kAborted);
}

TEST_F(BatchTest, LaterOperationsSeeEarlierOnes) {
  const ApplyResult result = MustApply(
      engine_.get(), {Upsert(id_, "1", kPhone), SetStock(id_, "1", 4), Upsert(id_, "1", kCase),
                      Delete(id_, "1"), Upsert(id_, "1", kPhone), SetStock(id_, "1", 3)});
  std::vector<Outcome> outcomes;
  for (const OpResult& one : result.results) {
    outcomes.push_back(one.outcome);
  }
  EXPECT_EQ(outcomes,
            (std::vector<Outcome>{Outcome::kCreated, Outcome::kUpdated, Outcome::kUpdated,
                                  Outcome::kDeleted, Outcome::kCreated, Outcome::kUpdated}));
  EXPECT_EQ(result.results.back().version, 6) << "a deleted document's versions go on";
  EXPECT_EQ(result.results.back().seq_no, 5);
  EXPECT_EQ(engine_->View()->Find(id_)->live_docs(), 1u);
  EXPECT_EQ(NumberOf(*engine_->View()->Find(id_), "1", kStock), 3);
}

TEST_F(BatchTest, AColumnUpdateLeavesTheRestAsItWas) {
  MustApply(engine_.get(), {Upsert(id_, "1", kPhone), Upsert(id_, "2", kCase)});
  const OpResult result = Apply(SetStock(id_, "1", 77));
  EXPECT_EQ(result.outcome, Outcome::kUpdated);
  EXPECT_EQ(result.version, 2);
  Product expected = kPhone;
  expected.stock = 77;
  EXPECT_EQ(Source("1"), expected.ToSource());
  EXPECT_EQ(Source("2"), kCase.ToSource());
  Apply(SetStock(id_, "1", std::nullopt));
  expected.stock = std::nullopt;
  EXPECT_EQ(Source("1"), expected.ToSource());
  EXPECT_EQ(engine_->View()->Find(id_)->deleted_docs(), 0u) << "in place";
}

TEST_F(BatchTest, AColumnUpdateOfAnUnknownKeyMakesTheDocumentOrIsMissing) {
  EXPECT_EQ(Apply(SetStock(id_, "1", 7)).outcome, Outcome::kMissing);
  Operation update = SetStock(id_, "1", 7, 30);
  update.if_missing = []() -> Result<mapping::Document> { return kPhone.ToDocument(); };
  EXPECT_EQ(Apply(update).outcome, Outcome::kCreated);
  EXPECT_EQ(Source("1"), kPhone.ToSource());
  EXPECT_EQ(NumberOf(*engine_->View()->Find(id_), "1", mapping::kVersionField), 30);
  update.key = "2";
  update.if_missing = []() -> Result<mapping::Document> {
    return Status::Unavailable("the source is away");
  };
  const OpResult failed = Apply(update);
  EXPECT_EQ(failed.outcome, Outcome::kFailed);
  EXPECT_STATUS(failed.status, kUnavailable);
}

TEST_F(BatchTest, InternalVersionsCount) {
  EXPECT_EQ(Apply(Upsert(id_, "1", kPhone)).version, 1);
  EXPECT_EQ(Apply(SetStock(id_, "1", 1)).version, 2);
  EXPECT_EQ(Apply(Upsert(id_, "1", kPhone)).version, 3);
  EXPECT_EQ(Apply(Delete(id_, "1")).version, 4);
  EXPECT_EQ(Apply(Delete(id_, "2", 50)).version, 50);
  EXPECT_EQ(Apply(Upsert(id_, "2", kPhone)).version, 51) << "goes on from a tombstone";
}

TEST_F(BatchTest, NoVersionFollowsTheHighest) {
  constexpr int64_t kHighest = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(Apply(Upsert(id_, "1", kPhone, kHighest)).outcome, Outcome::kCreated);
  for (const Operation& operation :
       {Upsert(id_, "1", kCase), SetStock(id_, "1", 1), Delete(id_, "1")}) {
    const OpResult result = Apply(operation);
    EXPECT_EQ(result.outcome, Outcome::kConflict);
    EXPECT_EQ(result.version, kHighest);
    EXPECT_STATUS(result.status, kAborted);
  }
  EXPECT_EQ(Source("1"), kPhone.ToSource());
}

TEST_F(BatchTest, OnlyAGreaterExternalVersionWins) {
  EXPECT_EQ(Apply(Upsert(id_, "1", kPhone, 10)).outcome, Outcome::kCreated);
  for (const int64_t version : {9, 10}) {
    for (const Operation& stale : {Upsert(id_, "1", kCase, version), SetStock(id_, "1", 1, version),
                                   Delete(id_, "1", version)}) {
      const OpResult result = Apply(stale);
      EXPECT_EQ(result.outcome, Outcome::kStale);
      EXPECT_EQ(result.version, 10);
    }
  }
  EXPECT_EQ(Source("1"), kPhone.ToSource());
  Operation equal = Upsert(id_, "1", kCase, 10);
  equal.version_type = VersionType::kExternalGte;
  EXPECT_EQ(Apply(equal).outcome, Outcome::kUpdated);
  EXPECT_EQ(Apply(SetStock(id_, "1", 2, 11)).outcome, Outcome::kUpdated);
  EXPECT_EQ(Apply(Upsert(id_, "1", kPhone, 11)).outcome, Outcome::kStale)
      << "a column update carries its version too";
}

TEST_F(BatchTest, IfSeqNoMustBeThatOfTheDocument) {
  const int64_t seq_no = Apply(Upsert(id_, "1", kPhone)).seq_no;
  Operation conditional = Upsert(id_, "1", kCase);
  conditional.if_seq_no = seq_no + 1;
  const OpResult conflict = Apply(conditional);
  EXPECT_EQ(conflict.outcome, Outcome::kConflict);
  EXPECT_EQ(conflict.seq_no, seq_no);
  conditional.if_seq_no = seq_no;
  EXPECT_EQ(Apply(conditional).outcome, Outcome::kUpdated);
  EXPECT_EQ(Apply(conditional).outcome, Outcome::kConflict);
  conditional.key = "unknown";
  EXPECT_EQ(Apply(conditional).outcome, Outcome::kConflict);
}

TEST_F(BatchTest, AnOperationThatCannotBeAppliedLeavesTheOthersBe) {
  Operation text_for_a_number = Upsert(id_, "bad", kPhone);
  text_for_a_number.document.texts.push_back({kPrice, "cheap"});
  Operation two_values = Upsert(id_, "bad", kPhone);
  two_values.document.numbers.push_back({kStock, 6});
  Operation not_in_place = SetStock(id_, "1", 1);
  not_in_place.columns = {{kStock, 9}, {kBrand, 9}};
  const ApplyResult result = MustApply(
      engine_.get(), {Upsert(id_, "1", kPhone), text_for_a_number, two_values, not_in_place,
                      Upsert(IndexId{99}, "1", kPhone), Upsert(id_, "2", kCase)});
  EXPECT_EQ(result.results[0].outcome, Outcome::kCreated);
  for (size_t i = 1; i <= 4; ++i) {
    EXPECT_EQ(result.results[i].outcome, Outcome::kFailed) << i;
    EXPECT_FALSE(result.results[i].status.ok());
  }
  EXPECT_EQ(result.results[5].outcome, Outcome::kCreated);
  EXPECT_EQ(result.results[5].seq_no, 1) << "what fails takes no sequence number";
  EXPECT_EQ(Source("1"), kPhone.ToSource()) << "all columns of an update, or none";
  EXPECT_EQ(Source("bad"), std::nullopt);
}

TEST_F(BatchTest, TheRowsHashIsKept) {
  Operation upsert = Upsert(id_, "1", kPhone);
  upsert.row_hash = ~uint64_t{0} - 5;
  Apply(upsert);
  const auto hash = NumberOf(*engine_->View()->Find(id_), "1", mapping::kRowHashField);
  EXPECT_EQ(hash, std::optional<int64_t>(-6));
}

TEST_F(BatchTest, AColumnUpdateTakesTheHashOfItsRowAndLeavesNoneWhereItHasNone) {
  const auto hash = [this] {
    return NumberOf(*engine_->View()->Find(id_), "1", mapping::kRowHashField);
  };
  Operation upsert = Upsert(id_, "1", kPhone);
  upsert.row_hash = 5;
  Operation known = SetStock(id_, "1", 7);
  known.row_hash = 6;
  const Operation unknown = SetStock(id_, "1", 8);
  Apply(upsert);
  Apply(known);
  EXPECT_EQ(hash(), 6);
  Apply(unknown);
  EXPECT_EQ(hash(), std::nullopt) << "that of the row before is not this row's";
  Apply(known);
  EXPECT_EQ(hash(), 6);
  // The same within one batch, whose documents are not in a segment yet.
  MustApply(engine_.get(), {upsert, known});
  EXPECT_EQ(hash(), 6);
  MustApply(engine_.get(), {upsert, unknown});
  EXPECT_EQ(hash(), std::nullopt);
  MustApply(engine_.get(), {upsert, unknown, known});
  EXPECT_EQ(hash(), 6);
}

TEST_F(BatchTest, AnEmptyBatchCarriesUserDataOnly) {
  Batch batch;
  batch.user_data["source"] = "position";
  const auto before = engine_->View()->epoch();
  const auto result = engine_->Apply(batch);
  ASSERT_OK(result);
  EXPECT_EQ(result->epoch, before + 1);
  EXPECT_EQ(engine_->UserData("source"), "position");
}

}  // namespace
}  // namespace binseek::index::test
