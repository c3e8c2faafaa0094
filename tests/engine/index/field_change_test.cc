// The sentences of field_change.h: a field's type changes under readers, writers, merges and crashes.
#include "engine/index/field_change.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "engine/index/engine.h"
#include "engine/mapping/document_parser.h"
#include "engine/mapping/number.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/fault_scope.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

using binseek::test::FaultScope;
using mapping::Field;
using mapping::FieldId;
using mapping::FieldKind;
using Values = std::vector<int64_t>;

Values ValuesOf(const IndexView& index, const std::string& key, FieldId field) {
  const auto address = index.FindKey(key);
  const NumberPages* const column = address ? index.at(*address).Column(field) : nullptr;
  std::vector<int64_t> scratch;
  if (column == nullptr) {
    return {};
  }
  const auto values = column->GetAll(address->doc, &scratch);
  return {values.begin(), values.end()};
}

Operation UpdateOf(IndexId index, std::string key, std::vector<ColumnUpdate> columns) {
  Operation operation;
  operation.kind = OpKind::kUpdateColumns;
  operation.index = index;
  operation.key = std::move(key);
  operation.columns = std::move(columns);
  return operation;
}

FieldChange To(std::string field, FieldKind kind, uint8_t scale = 0) {
  FieldChange change;
  change.field = std::move(field);
  change.definition.kind = kind;
  change.definition.scale = scale;
  return change;
}

class FieldChangeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Open();
    auto mapping = mapping::Mapping::FromJson(
        R"({"dynamic":"false","properties":{"n":{"type":"long","ignore_malformed":true},)"
        R"("shop":{"properties":{"n":{"type":"double"}}},"name":{"type":"text"}}})");
    ASSERT_OK(mapping);
    mapping_ = *mapping;
    id_ = *engine_->CreateIndex("products", mapping_, "{}");
    n_ = mapping_.Find("n")->id;
    ASSERT_OK(engine_->Commit());
  }
  void TearDown() override {
    engine_.reset();
    ExpectSound(*directory_);
  }
  void Open() {
    engine_.reset();
    engine_ = MustOpen(directory_, /*background_merges=*/false);
  }
  void LosePower() {
    engine_.reset();
    directory_->DropUnsynced();
    Open();
  }
  Operation Write(std::string key, const std::string& json) {
    Operation operation;
    operation.index = id_;
    operation.key = std::move(key);
    auto document = mapping::ParseDocument(json, &mapping_);
    EXPECT_OK(document);
    operation.document = *std::move(document);
    return operation;
  }
  const IndexView& Index() {
    view_ = engine_->View();
    return *view_->Find(id_);
  }
  const Field& FieldNow(const std::string& name = "n") { return *Index().mapping->Find(name); }
  // What the field, whatever its id, has in the document.
  Values Now(const std::string& key) { return ValuesOf(Index(), key, FieldNow().id); }
  // More documents than are converted in the last step.
  void Fill(int documents = 700) {
    std::vector<Operation> operations;
    for (int i = 0; i < documents; ++i) {
      operations.push_back(Write(std::to_string(i), R"({"n":)" + std::to_string(i) + "}"));
    }
    MustApply(engine_.get(), std::move(operations));
  }

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<Engine> engine_;
  mapping::Mapping mapping_;
  IndexId id_{};
  FieldId n_{};
  std::shared_ptr<const EngineView> view_;
  FieldChangeReport report_;
};

TEST_F(FieldChangeTest, TheNameMovesToANewFieldMadeOfWhatWasGiven) {
  MustApply(engine_.get(), {Write("1", R"({"n":[3, 1.25, "7"]})"), Write("2", "{}"),
                            Write("3", R"({"n": 5 })"), Write("4", R"({"n":9})")});
  MustApply(engine_.get(), {UpdateOf(id_, "4", {{n_, 6}})});
  const auto old = engine_->View();
  ASSERT_OK(engine_->ChangeField(id_, To("n", FieldKind::kDecimal, 2), &report_));
  EXPECT_EQ(report_.documents, 4u);
  EXPECT_EQ(report_.failed, 0u);
  EXPECT_NE(report_.id, n_);
  EXPECT_EQ(FieldNow().id, report_.id);
  EXPECT_EQ(FieldNow().kind, FieldKind::kDecimal);
  EXPECT_EQ(Now("1"), (Values{125, 300, 700})) << "the source has more than the old column";
  EXPECT_EQ(Now("2"), Values());
  EXPECT_EQ(Now("3"), Values{500});
  EXPECT_EQ(Now("4"), Values{600}) << "updated since it was given";
  EXPECT_EQ(SourceOf(Index(), "3"), R"({"n": 5 })");
  EXPECT_EQ(SourceOf(Index(), "4"), R"({"n":6.00})");
  // What was there before stays for who holds it.
  EXPECT_EQ(old->Find(id_)->mapping->Find("n")->id, n_);
  EXPECT_EQ(ValuesOf(*old->Find(id_), "1", n_), (Values{1, 3, 7}));
  EXPECT_EQ(old->Find(id_)->mapping->Find(report_.id), nullptr);
  LosePower();
  EXPECT_EQ(Now("1"), (Values{125, 300, 700}));
  EXPECT_EQ(SourceOf(Index(), "4"), R"({"n":6.00})");
  mapping_ = *Index().mapping;
  MustApply(engine_.get(), {Write("5", R"({"n":8.5})")});
  EXPECT_EQ(Now("5"), Values{850});
}

TEST_F(FieldChangeTest, FieldsBelowObjectsAreFoundThere) {
  MustApply(engine_.get(), {Write("1", R"({"shop":{"n":2.5}})"), Write("2", R"({"shop.n":"3"})"),
                            Write("3", R"({"n":4})")});
  ASSERT_OK(engine_->ChangeField(id_, To("shop.n", FieldKind::kDecimal, 1), &report_));
  EXPECT_EQ(ValuesOf(Index(), "1", report_.id), Values{25});
  EXPECT_EQ(ValuesOf(Index(), "2", report_.id), Values{30});
  EXPECT_EQ(ValuesOf(Index(), "3", report_.id), Values());
}

TEST_F(FieldChangeTest, WritesMeanwhileGoToBoth) {
  Fill();
  int calls = 0;
  FieldChange change = To("n", FieldKind::kDecimal, 2);
  change.progress = [&](const FieldChangeProgress& progress) {
    EXPECT_LE(progress.documents, progress.of);
    if (++calls == 2) {
      Batch batch;
      batch.durability = Durability::kSynced;
      batch.operations = {UpdateOf(id_, "1", {{n_, 1001}}),
                          UpdateOf(id_, "699", {{n_, 1699}}),
                          Write("2", R"({"n":1002})"),
                          Write("new", R"({"n":[7,8]})"),
                          Delete(id_, "3"),
                          UpdateOf(id_, "new", {{n_, 9}})};
      EXPECT_OK(engine_->Apply(batch));
      EXPECT_EQ(ValuesOf(Index(), "1", n_), Values{1001}) << "the old field is what readers see";
      EXPECT_EQ(FieldNow().id, n_);
    }
    return true;
  };
  ASSERT_OK(engine_->ChangeField(id_, change, &report_));
  EXPECT_GT(calls, 2);
  EXPECT_EQ(Now("0"), Values{0});
  EXPECT_EQ(Now("1"), Values{100'100});
  EXPECT_EQ(Now("699"), Values{169'900});
  EXPECT_EQ(Now("2"), Values{100'200});
  EXPECT_EQ(Now("new"), Values{900});
  EXPECT_EQ(Now("3"), Values());
  EXPECT_EQ(Now("4"), Values{400});
  ASSERT_OK(engine_->ForceMerge(id_, 1));
  EXPECT_EQ(Now("new"), Values{900});
}

TEST_F(FieldChangeTest, BatchesMadeBeforeTheSwitchAreUnderstood) {
  MustApply(engine_.get(), {Write("1", R"({"n":1})"), Write("2", R"({"n":2})")});
  const std::vector<Operation> late = {UpdateOf(id_, "1", {{n_, 11}}), Write("3", R"({"n":3})")};
  ASSERT_OK(engine_->ChangeField(id_, To("n", FieldKind::kDouble), &report_));
  Batch batch;
  batch.operations = late;
  batch.durability = Durability::kSynced;
  const auto result = engine_->Apply(batch);
  ASSERT_OK(result);
  EXPECT_OK(result->results[0].status);
  EXPECT_OK(result->results[1].status);
  LosePower();
  EXPECT_EQ(Now("1"), Values{mapping::SortableFromDouble(11)});
  EXPECT_EQ(Now("2"), Values{mapping::SortableFromDouble(2)});
  EXPECT_EQ(Now("3"), Values{mapping::SortableFromDouble(3)});
}

TEST_F(FieldChangeTest, BadValuesFailTheChangeOrAreLeftOut) {
  MustApply(engine_.get(), {Write("1", R"({"n":1})"), Write("2", R"({"n":["two",2]})"),
                            Write("3", R"({"n":"three"})"), Write("4", R"({"n":"four"})")});
  MustApply(engine_.get(), {Delete(id_, "4")});
  FieldChange change = To("n", FieldKind::kDouble);
  const Status failed = engine_->ChangeField(id_, change, &report_);
  EXPECT_STATUS(failed, kInvalidArgument);
  EXPECT_NE(failed.message().find("2 documents"), std::string::npos) << failed.message();
  EXPECT_EQ(report_.failed, 2u);
  EXPECT_EQ(report_.failures.count("2") + report_.failures.count("3"), 2u);
  EXPECT_EQ(FieldNow().id, n_);
  EXPECT_EQ(Now("1"), Values{1});
  const FieldId abandoned = report_.id;
  change.on_bad_value = OnBadValue::kLeaveOut;
  ASSERT_OK(engine_->ChangeField(id_, change, &report_));
  EXPECT_NE(report_.id, abandoned) << "an id is never given twice";
  EXPECT_EQ(report_.failed, 2u);
  EXPECT_EQ(Now("2"), Values{mapping::SortableFromDouble(2)});
  EXPECT_EQ(Now("3"), Values());
}

TEST_F(FieldChangeTest, WhatWasMendedMeanwhileIsNoFailure) {
  Fill();
  MustApply(engine_.get(), {Write("0", R"({"n":"bad"})"), Write("1", R"({"n":"bad"})")});
  FieldChange change = To("n", FieldKind::kDouble);
  int calls = 0;
  change.progress = [&](const FieldChangeProgress&) {
    if (++calls == 3) {
      MustApply(engine_.get(), {Write("0", R"({"n":5})"), Delete(id_, "1")});
    }
    return true;
  };
  ASSERT_OK(engine_->ChangeField(id_, change, &report_));
  EXPECT_GE(calls, 3);
  EXPECT_EQ(report_.failed, 0u);
}

TEST_F(FieldChangeTest, ACancelledChangeLeavesTheOldField) {
  Fill();
  FieldChange change = To("n", FieldKind::kDouble);
  int calls = 0;
  change.progress = [&](const FieldChangeProgress&) { return ++calls < 3; };
  EXPECT_STATUS(engine_->ChangeField(id_, change, &report_), kAborted);
  EXPECT_EQ(FieldNow().id, n_);
  EXPECT_EQ(Now("5"), Values{5});
  const FieldId abandoned = report_.id;
  const auto holds_it = [&] {
    const auto& segments = Index().segments;
    return std::any_of(segments.begin(), segments.end(),
                       [&](const auto& segment) { return segment->Column(abandoned) != nullptr; });
  };
  EXPECT_TRUE(holds_it());
  ASSERT_OK(engine_->Commit());
  MustApply(engine_.get(), {Write("other", R"({"n":1})")});
  ASSERT_OK(engine_->Commit());
  ASSERT_OK(engine_->ForceMerge(id_, 1));
  EXPECT_FALSE(holds_it());
  MustApply(engine_.get(), {UpdateOf(id_, "5", {{n_, 6}})});
  change.progress = nullptr;
  ASSERT_OK(engine_->ChangeField(id_, change, &report_));
  EXPECT_EQ(Now("5"), Values{mapping::SortableFromDouble(6)});
}

TEST_F(FieldChangeTest, WhatCannotBeChangedIsRefused) {
  EXPECT_STATUS(engine_->ChangeField(id_, To("name", FieldKind::kLong), &report_),
                kInvalidArgument);
  EXPECT_STATUS(engine_->ChangeField(id_, To("n", FieldKind::kKeyword), &report_),
                kInvalidArgument);
  EXPECT_STATUS(engine_->ChangeField(id_, To("none", FieldKind::kLong), &report_),
                kInvalidArgument);
  EXPECT_STATUS(engine_->ChangeField(id_, To("_routing", FieldKind::kLong), &report_),
                kInvalidArgument);
  EXPECT_STATUS(engine_->ChangeField(IndexId{99}, To("n", FieldKind::kLong), &report_), kNotFound);
  FieldChange change = To("n", FieldKind::kDouble);
  change.progress = [&](const FieldChangeProgress&) {
    FieldChangeReport other;
    EXPECT_STATUS(engine_->ChangeField(id_, To("shop.n", FieldKind::kLong), &other), kUnavailable);
    EXPECT_OK(engine_->DropIndex(id_));
    return true;
  };
  EXPECT_STATUS(engine_->ChangeField(id_, change, &report_), kAborted);
}

TEST_F(FieldChangeTest, AFieldThatIsDroppedMeanwhileIsNoneToChange) {
  Fill();
  const auto drop = [this](const std::string& name) {
    mapping::Mapping without = *Index().mapping;
    EXPECT_OK(without.DropField(name));
    EXPECT_OK(engine_->UpdateMapping(id_, without));
  };
  int calls = 0;
  FieldChange change = To("n", FieldKind::kDouble);
  change.progress = [&](const FieldChangeProgress&) {
    if (++calls == 2) {
      drop("n");
    }
    return true;
  };
  EXPECT_STATUS(engine_->ChangeField(id_, change, &report_), kAborted);
  EXPECT_EQ(Index().mapping->Find("n"), nullptr);
  EXPECT_EQ(Index().mapping->Find(report_.id), nullptr);
  MustApply(engine_.get(), {Write("1", R"({"shop":{"n":2.5}})")});
  // With the object that it belongs to, where so few documents have it that the switch comes at once; and again under its old name.
  change = To("shop.n", FieldKind::kLong);
  MustApply(engine_.get(), {Write("1", R"({"shop":{"n":2.5}})")});
  change.progress = [&](const FieldChangeProgress&) {
    if (Index().mapping->Find("shop") != nullptr) {
      drop("shop");
      mapping::Mapping again = *Index().mapping;
      Field field;
      field.name = "shop.n";
      field.kind = FieldKind::kKeyword;
      EXPECT_OK(again.AddField(field));
      EXPECT_OK(engine_->UpdateMapping(id_, again));
    }
    return true;
  };
  EXPECT_STATUS(engine_->ChangeField(id_, change, &report_), kAborted);
  EXPECT_EQ(FieldNow("shop.n").kind, FieldKind::kKeyword);
  LosePower();
  EXPECT_EQ(Index().live_docs(), 700u);
}

TEST_F(FieldChangeTest, ACrashBeforeTheLastCommitLeavesTheOldField) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "no fault points";
  }
  Fill();
  ASSERT_OK(engine_->Commit());
  FieldId newest = n_;
  for (const char* point : {"begun", "segment", "built", "switched"}) {
    {
      const FaultScope faults(std::string("field_change.") + point + "=error");
      FieldChange change = To("n", FieldKind::kDouble);
      change.progress = [&](const FieldChangeProgress&) {
        EXPECT_OK(engine_->Commit());  // so that files have half of it
        return true;
      };
      EXPECT_STATUS(engine_->ChangeField(id_, change, &report_), kIoError) << point;
    }
    LosePower();
    EXPECT_EQ(FieldNow().id, n_) << point;
    EXPECT_EQ(Now("17"), Values{17}) << point;
    if (report_.id != FieldId{}) {
      EXPECT_GT(report_.id, newest) << point << ": an id is never given twice";
      newest = report_.id;
    }
  }
  ASSERT_OK(engine_->ChangeField(id_, To("n", FieldKind::kDouble), &report_));
  EXPECT_GT(report_.id, newest);
  LosePower();
  EXPECT_EQ(FieldNow().id, report_.id);
  EXPECT_EQ(Now("17"), Values{mapping::SortableFromDouble(17)});
}

TEST(FieldChangeOfRowsTest, TheSourceIsRenderedByTheNewType) {
  const auto engine = MustOpen(std::make_shared<store::RamDirectory>());
  const IndexId id = *engine->CreateIndex("products", ShopMapping(), "{}");
  MustApply(engine.get(), {Upsert(id, "1", {"red phone", "acme", 1999, 5}),
                           Upsert(id, "2", {"case", "acme", 1999, std::nullopt})});
  MustApply(engine.get(), {SetStock(id, "1", 7)});
  FieldChangeReport report;
  ASSERT_OK(engine->ChangeField(id, To("stock", FieldKind::kDecimal, 2), &report));
  const auto view = engine->View();
  EXPECT_EQ(SourceOf(*view->Find(id), "1"),
            R"({"title":"red phone","brand":"acme","price":19.99,"stock":7.00})");
  EXPECT_EQ(SourceOf(*view->Find(id), "2"),
            R"({"title":"case","brand":"acme","price":19.99,"stock":null})");
  EXPECT_TRUE(view->Find(id)->mapping->Find("stock")->in_place);
}

TEST(FieldChangeOfRowsTest, AMappingMadeBeforeTheChangeIsRefused) {
  const auto engine = MustOpen(std::make_shared<store::RamDirectory>());
  const IndexId id = *engine->CreateIndex("products", ShopMapping(), "{}");
  mapping::Mapping grown = *engine->View()->Find(id)->mapping;
  mapping::Mapping shrunk = grown;
  Field color;
  color.name = "color";
  ASSERT_OK(grown.AddField(color));
  ASSERT_OK(shrunk.DropField("brand"));
  FieldChangeReport report;
  FieldChange change = To("stock", FieldKind::kDouble);
  change.progress = [&](const FieldChangeProgress&) {
    EXPECT_STATUS(engine->UpdateMapping(id, grown), kInvalidArgument) << "its new id is taken";
    return true;
  };
  ASSERT_OK(engine->ChangeField(id, change, &report));
  color.name = "size";
  ASSERT_OK(grown.AddField(color));
  EXPECT_STATUS(engine->UpdateMapping(id, grown), kInvalidArgument);
  EXPECT_STATUS(engine->UpdateMapping(id, shrunk), kInvalidArgument);
  EXPECT_EQ(engine->View()->Find(id)->mapping->Find("stock")->id, report.id);
}

class FieldChangeConcurrencyTest : public binseek::test::SeededTest {};

TEST_F(FieldChangeConcurrencyTest, AWriterGoesOnWhileFieldsChange) {
  const auto directory = std::make_shared<store::RamDirectory>();
  const auto engine = MustOpen(directory);
  const IndexId id = *engine->CreateIndex("products", ShopMapping(), "{}");
  constexpr int64_t kKeys = 1500;
  std::vector<std::optional<int64_t>> stock(kKeys);  // the writer's, until it has ended
  std::vector<Operation> all;
  for (int64_t i = 0; i < kKeys; ++i) {
    stock[i] = i;
    all.push_back(Upsert(id, std::to_string(i), {"phone", "acme", 1, i}));
  }
  MustApply(engine.get(), std::move(all));
  std::atomic<bool> stop{false};
  std::thread writer([&, random = std::mt19937_64(seed())]() mutable {
    while (!stop) {
      std::vector<Operation> operations;
      for (int n = 0; n < 5; ++n) {
        const auto key = static_cast<int64_t>(random() % kKeys);
        const std::string name = std::to_string(key);
        stock[key] = random() % 8 == 0
                         ? std::nullopt
                         : std::optional<int64_t>(static_cast<int64_t>(random() % 1000));
        operations.push_back(random() % 3 == 0 ? Upsert(id, name, {"case", "acme", 1, stock[key]})
                                               : SetStock(id, name, stock[key]));
      }
      MustApply(engine.get(), std::move(operations));
    }
  });
  // The writer names the field as it was first, whatever it has become.
  FieldChangeReport report;
  const Status changed = engine->ChangeField(id, To("stock", FieldKind::kDecimal, 2), &report);
  const Result<CommitStats> committed = engine->Commit();
  stop = true;
  writer.join();
  ASSERT_OK(changed);
  ASSERT_OK(committed);
  const auto view = engine->View();
  const IndexView& index = *view->Find(id);
  EXPECT_EQ(index.mapping->Find("stock")->id, report.id);
  for (int64_t i = 0; i < kKeys; ++i) {
    const auto value = NumberOf(index, std::to_string(i), report.id);
    EXPECT_EQ(value, stock[i] ? std::optional<int64_t>(*stock[i] * 100) : std::nullopt) << i;
  }
}

}  // namespace
}  // namespace binseek::index::test
