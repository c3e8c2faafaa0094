// _source after updates: documents that came as JSON keep every other byte; documents of rows read as if they had just been loaded.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/index/engine.h"
#include "engine/mapping/date.h"
#include "engine/mapping/document_parser.h"
#include "engine/mapping/number.h"
#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

using mapping::Field;
using mapping::FieldId;
using mapping::FieldKind;

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

Operation Update(IndexId index, std::string key, std::vector<ColumnUpdate> columns) {
  Operation operation;
  operation.kind = OpKind::kUpdateColumns;
  operation.index = index;
  operation.key = std::move(key);
  operation.columns = std::move(columns);
  return operation;
}

class JsonSourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Open();
    auto mapping = mapping::Mapping::FromJson(
        R"({"properties":{"price":{"type":"scaled_float","scaling_factor":100},"stock":{"type":"long"},)"
        R"("at":{"type":"date"},"shop":{"properties":{"rating":{"type":"double"}}},)"
        R"("size":{"type":"integer","fields":{"text":{"type":"keyword"}}},"name":{"type":"text"}}})");
    ASSERT_OK(mapping);
    mapping_ = *mapping;
    id_ = *engine_->CreateIndex("products", mapping_, "{}");
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
  Operation Write(std::string key, const std::string& json) {
    Operation operation;
    operation.index = id_;
    operation.key = std::move(key);
    auto document = mapping::ParseDocument(json, &mapping_);
    EXPECT_OK(document);
    operation.document = *std::move(document);
    const auto view = engine_->View();
    if (view->Find(id_)->mapping->fields().size() != mapping_.fields().size()) {
      EXPECT_OK(engine_->UpdateMapping(id_, mapping_));
    }
    return operation;
  }
  FieldId Id(std::string_view name) const { return mapping_.Find(name)->id; }
  std::string Source(const std::string& key) {
    return SourceOf(*engine_->View()->Find(id_), key).value_or("none");
  }

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<Engine> engine_;
  mapping::Mapping mapping_;
  IndexId id_{};
};

TEST_F(JsonSourceTest, AnUpdateShowsInItsPlaceAndAllElseStaysVerbatim) {
  const std::string before = R"({ "name":"a \u0062",  "price" : 12.5,"shop.rating":3.5,)"
                             R"( "extra":{"price":[1, 2]},"size":7 })";
  const std::string after = R"({ "name":"a \u0062",  "price" : 13.00,"shop.rating":4.25,)"
                            R"( "extra":{"price":[1, 2]},"size":7,"stock":[3,5,5],)"
                            R"("at":"2026-01-02T03:04:05.678Z" })";
  MustApply(engine_.get(), {Write("1", before), Write("2", before)});
  const auto old = engine_->View();
  const auto at = mapping::ParseDate("2026-01-02T03:04:05.678Z");
  ASSERT_OK(at);
  const OpResult result =
      MustApply(engine_.get(), {Update(id_, "1",
                                       {{Id("price"), 1300},
                                        {Id("shop.rating"), mapping::SortableFromDouble(4.25)},
                                        {Id("stock"), 5},
                                        {Id("stock"), 3},
                                        {Id("stock"), 5},
                                        {Id("at"), *at}})})
          .results[0];
  EXPECT_OK(result.status);
  EXPECT_EQ(result.version, 2);
  EXPECT_EQ(Source("1"), after);
  EXPECT_EQ(Source("2"), before);
  EXPECT_EQ(SourceOf(*old->Find(id_), "1"), before) << "an older view";
  ASSERT_OK(engine_->Commit());
  Open();
  EXPECT_EQ(Source("1"), after);
  MustApply(engine_.get(), {Write("3", before)});
  ASSERT_OK(engine_->Commit());
  ASSERT_OK(engine_->ForceMerge(id_, 1));
  EXPECT_EQ(Source("1"), after) << "merged";
  EXPECT_EQ(Source("3"), before);
  MustApply(engine_.get(), {Update(id_, "1", {{Id("stock"), std::nullopt}, {Id("price"), kMax}})});
  ASSERT_OK(engine_->Commit());
  Open();
  EXPECT_EQ(Source("1").find("stock"), std::string::npos) << "it never was in the document";
  EXPECT_NE(Source("1").find(R"("price" : 92233720368547758.07,)"), std::string::npos);
  MustApply(engine_.get(), {Write("1", before)});
  EXPECT_EQ(Source("1"), before) << "a new document has nothing of the old one's updates";
}

TEST_F(JsonSourceTest, ADocumentOfTheSameBatchIsUpdatedAlike) {
  MustApply(engine_.get(),
            {Write("1", R"({"price":1})"), Update(id_, "1", {{Id("price"), 250}}),
             Update(id_, "1", {{Id("stock"), 2}, {Id("stock"), 1}}), Write("2", R"({"price":1})"),
             Update(id_, "2", {{Id("price"), 100}}), Write("2", R"({"stock":4})")});
  EXPECT_EQ(Source("1"), R"({"price":2.50,"stock":[1,2]})");
  EXPECT_EQ(Source("2"), R"({"stock":4})");
}

TEST_F(JsonSourceTest, TheTranslogRepeatsTheUpdate) {
  Batch batch;
  batch.durability = Durability::kSynced;
  batch.operations = {Write("1", R"({"price":1,"stock":[4,4]})")};
  ASSERT_OK(engine_->Apply(batch));
  batch.operations = {Update(id_, "1", {{Id("price"), 250}, {Id("stock"), 9}, {Id("stock"), 8}})};
  ASSERT_OK(engine_->Apply(batch));
  engine_.reset();
  directory_->DropUnsynced();
  Open();
  EXPECT_EQ(Source("1"), R"({"price":2.50,"stock":[8,9]})");
}

TEST_F(JsonSourceTest, WhatMoreThanAColumnWasMadeOfIsRefused) {
  MustApply(engine_.get(), {Write("1", R"({"size":7,"name":"x"})")});
  for (const char* name : {"size", "size.text", "name", "shop"}) {
    const OpResult result =
        MustApply(engine_.get(), {Update(id_, "1", {{Id(name), 1}})}).results[0];
    EXPECT_STATUS(result.status, kInvalidArgument) << name;
  }
  EXPECT_EQ(Source("1"), R"({"size":7,"name":"x"})");
}

// Every kind of column that a row's field can have, and the key, which is in the stored source.
struct RowField {
  Field field;
  std::vector<int64_t> values;  // to draw from
};

std::vector<RowField> RowFields() {
  const auto real = [](double value) { return mapping::SortableFromDouble(value); };
  const auto column = [](std::string name, FieldKind kind, uint8_t scale = 0) {
    Field field = MakeField(name, kind);
    field.scale = scale;
    return field;
  };
  const int64_t day = 86'400'000'000;
  std::vector<RowField> fields = {
      {column("cents", FieldKind::kDecimal, 2), {0, 1, -1, 5, -5, 1000, 1250, kMin, kMax}},
      {column("whole", FieldKind::kDecimal, 0), {0, -7, 100, kMin, kMax}},
      {column("tiny", FieldKind::kDecimal, 18), {0, 1, -1, kMin, kMax}},
      {column("big", FieldKind::kLong), {0, -1, kMin, kMax, 1'000'000}},
      {column("huge", FieldKind::kUnsignedLong),
       {mapping::SortableFromUnsigned(0), mapping::SortableFromUnsigned(1),
        mapping::SortableFromUnsigned(uint64_t{1} << 63),
        mapping::SortableFromUnsigned(std::numeric_limits<uint64_t>::max())}},
      {column("real", FieldKind::kDouble),
       {real(0), real(-0.0), real(0.1), real(1e300), real(-2.5e-10),
        real(std::numeric_limits<double>::quiet_NaN()),
        real(std::numeric_limits<double>::infinity())}},
      {column("small", FieldKind::kFloat), {real(0.1F), real(3), real(1e30F)}},
      {column("on", FieldKind::kBoolean), {0, 1}},
      {column("day", FieldKind::kDate), {0, day, -day, 20'000 * day}},
      {column("local", FieldKind::kDate, 3), {0, 1'500'000, 1'000, -1'000}},
      {column("moment", FieldKind::kDate, 6), {0, 1, day + 123'456}},
      {column("sizes", FieldKind::kLong), {0, 1, 2, kMin, kMax}},
  };
  fields[8].field.date_style = mapping::DateStyle::kDate;
  fields[9].field.date_style = mapping::DateStyle::kLocal;
  fields.back().field.several = true;
  return fields;
}

class RowSourceTest : public binseek::test::SeededTest {
 protected:
  using Values = std::vector<int64_t>;
  struct Row {
    std::string title;
    std::vector<Values> columns;  // in the order of fields_
  };

  RowSourceTest() : fields_(RowFields()) {
    mapping_.set_synced(true);
    Field key = MakeField("id", FieldKind::kLong);
    key.in_place = false;
    key_ = *mapping_.AddField(key);
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (i == 3) {
        title_ = *mapping_.AddField(MakeField("title", FieldKind::kText));
      }
      fields_[i].field.id = *mapping_.AddField(fields_[i].field);
    }
  }

  // None, one, or, where there may be several, many with duplicates.
  Values Draw(const RowField& field) {
    Values values;
    const uint64_t count = field.field.several ? Uniform(5) : Uniform(5) == 0 ? 0 : 1;
    for (uint64_t i = 0; i < count; ++i) {
      values.push_back(field.values[Uniform(field.values.size())]);
    }
    return values;
  }
  Row DrawRow() {
    Row row{"title " + std::to_string(Uniform(100)), {}};
    for (const RowField& field : fields_) {
      row.columns.push_back(Draw(field));
    }
    return row;
  }
  Operation Upsert(IndexId index, const std::string& key, const Row& row) const {
    Operation operation;
    operation.index = index;
    operation.key = key;
    mapping::Document& document = operation.document;
    document.texts = {{title_, row.title}};
    document.numbers.push_back({key_, std::stoll(key)});
    for (size_t i = 0; i < fields_.size(); ++i) {
      for (const int64_t value : row.columns[i]) {
        document.numbers.push_back({fields_[i].field.id, value});
      }
    }
    document.source.AppendFragment(key_, key);
    document.source.AppendFragment(title_, "\"" + row.title + "\"");
    return operation;
  }
  Operation Change(IndexId index, const std::string& key, Row* row) {
    std::vector<ColumnUpdate> columns;
    for (size_t i = 0; i < fields_.size(); ++i) {
      if (!OneIn(4)) {
        continue;
      }
      row->columns[i] = Draw(fields_[i]);
      for (const int64_t value : row->columns[i]) {
        columns.push_back({fields_[i].field.id, value});
      }
      if (row->columns[i].empty()) {
        columns.push_back({fields_[i].field.id, std::nullopt});
      }
    }
    return Update(index, key, std::move(columns));
  }

  std::vector<RowField> fields_;
  mapping::Mapping mapping_;
  FieldId key_{};
  FieldId title_{};
};

TEST_F(RowSourceTest, EveryValueHasOneRendering) {
  const auto engine = MustOpen(std::make_shared<store::RamDirectory>());
  const IndexId id = *engine->CreateIndex("rows", mapping_, "{}");
  const auto render = [&](const std::array<Values, 12>& columns) {
    MustApply(engine.get(), {Upsert(id, "7", {"x", {columns.begin(), columns.end()}})});
    return *SourceOf(*engine->View()->Find(id), "7");
  };
  EXPECT_EQ(
      render({}),
      R"({"id":7,"cents":null,"whole":null,"tiny":null,"title":"x","big":null,"huge":null,"real":null,)"
      R"("small":null,"on":null,"day":null,"local":null,"moment":null,"sizes":[]})");
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(
      render({Values{1250},
              {-7},
              {kMin},
              {kMin},
              {mapping::SortableFromUnsigned(std::numeric_limits<uint64_t>::max())},
              {mapping::SortableFromDouble(nan)},
              {mapping::SortableFromDouble(0.5)},
              {1},
              {0},
              {1'500'000},
              {1},
              {3, 1, 3}}),
      R"({"id":7,"cents":12.50,"whole":-7,"tiny":-9.223372036854775808,"title":"x",)"
      R"("big":-9223372036854775808,"huge":18446744073709551615,"real":null,"small":0.5,"on":true,)"
      R"("day":"1970-01-01","local":"1970-01-01T00:00:01.500",)"
      R"("moment":"1970-01-01T00:00:00.000001Z","sizes":[1,3,3]})");
  EXPECT_EQ(
      render({Values{kMax}, {}, {}, {kMax}, {}, {}, {}, {}, {}, {}, {}, {5}}),
      R"({"id":7,"cents":92233720368547758.07,"whole":null,"tiny":null,"title":"x",)"
      R"("big":9223372036854775807,"huge":null,"real":null,"small":null,"on":null,"day":null,)"
      R"("local":null,"moment":null,"sizes":[5]})");
}

TEST_F(RowSourceTest, UpdatedAndMergedRowsReadAsIfFreshlyLoaded) {
  const auto directory = std::make_shared<store::RamDirectory>();
  auto engine = MustOpen(directory, /*background_merges=*/false);
  const IndexId id = *engine->CreateIndex("rows", mapping_, "{}");
  std::map<std::string, Row> rows;
  for (uint64_t i = 0; i < Iterations(400); ++i) {
    std::vector<Operation> operations;
    for (uint64_t n = 1 + Uniform(4); n > 0; --n) {
      const std::string key = std::to_string(Uniform(40));
      const auto known = rows.find(key);
      if (known == rows.end() || OneIn(6)) {
        operations.push_back(Upsert(id, key, rows[key] = DrawRow()));
      } else if (OneIn(12)) {
        operations.push_back(Delete(id, key));
        rows.erase(known);
      } else {
        operations.push_back(Change(id, key, &known->second));
      }
    }
    for (const OpResult& result : MustApply(engine.get(), std::move(operations)).results) {
      ASSERT_OK(result.status);
    }
    if (OneIn(25)) {
      ASSERT_OK(engine->Commit());
    }
    if (OneIn(60)) {
      ASSERT_OK(engine->ForceMerge(id, 1));
    }
    if (OneIn(80)) {
      ASSERT_OK(engine->Commit());
      engine.reset();
      engine = MustOpen(directory, /*background_merges=*/false);
    }
  }
  const auto fresh = MustOpen(std::make_shared<store::RamDirectory>());
  const IndexId fresh_id = *fresh->CreateIndex("rows", mapping_, "{}");
  for (const auto& [key, row] : rows) {
    MustApply(fresh.get(), {Upsert(fresh_id, key, row)});
  }
  const auto view = engine->View();
  const auto fresh_view = fresh->View();
  EXPECT_EQ(view->Find(id)->live_docs(), rows.size());
  for (const auto& [key, row] : rows) {
    EXPECT_EQ(SourceOf(*view->Find(id), key), SourceOf(*fresh_view->Find(fresh_id), key)) << key;
  }
  ASSERT_OK(engine->Commit());
  engine.reset();
  ExpectSound(*directory);
}

TEST_F(RowSourceTest, AFieldOfOneValueRefusesSeveral) {
  const auto engine = MustOpen(std::make_shared<store::RamDirectory>());
  const IndexId id = *engine->CreateIndex("rows", mapping_, "{}");
  Row row = DrawRow();
  row.columns[3] = {5};
  MustApply(engine.get(), {Upsert(id, "1", row)});
  const FieldId big = fields_[3].field.id;
  EXPECT_STATUS(MustApply(engine.get(), {Update(id, "1", {{big, 1}, {big, 2}})}).results[0].status,
                kInvalidArgument);
  EXPECT_STATUS(MustApply(engine.get(), {Update(id, "1", {{key_, 1}})}).results[0].status,
                kInvalidArgument)
      << "which is in the stored source of a row";
  EXPECT_EQ(NumberOf(*engine->View()->Find(id), "1", big), 5);
  row.columns[3] = {1, 2};
  EXPECT_STATUS(MustApply(engine.get(), {Upsert(id, "2", row)}).results[0].status,
                kInvalidArgument);
}

}  // namespace
}  // namespace binseek::index::test
