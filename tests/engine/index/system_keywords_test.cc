// Two tables that feed one index, and what else the engine's own keywords say of documents.
#include "engine/index/system_keywords.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/store/ram_directory.h"
#include "tests/engine/index/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::index::test {
namespace {

const Product kPhone{"red phone", "acme", 1999, 5};

class SystemKeywordsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    engine_ = MustOpen(directory_, /*background_merges=*/false);
    id_ = *engine_->CreateIndex("products", ShopMapping(), "{}");
  }
  void TearDown() override {
    engine_.reset();
    ExpectSound(*directory_);
  }
  Operation From(const std::string& table, std::string key) const {
    Operation operation = Upsert(id_, std::move(key), kPhone);
    operation.source_table = table;
    return operation;
  }
  std::vector<std::string> KeysOf(const std::string& table) {
    const auto view = engine_->View();
    std::vector<std::string> keys;
    EXPECT_OK(VisitKeysOfTable(*view->Find(id_), table,
                               [&](std::string_view key) { keys.emplace_back(key); }));
    std::sort(keys.begin(), keys.end());
    return keys;
  }
  using Keys = std::vector<std::string>;

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  std::unique_ptr<Engine> engine_;
  IndexId id_{};
};

TEST_F(SystemKeywordsTest, EachTableOfAnIndexHasItsOwnKeys) {
  MustApply(engine_.get(), {From("0/shop.phones", "1"), From("0/shop.phones", "2"),
                            From("0/shop.cases", "3"), Upsert(id_, "4", kPhone)});
  MustApply(engine_.get(), {From("0/shop.cases", "5"), SetStock(id_, "1", 9)});
  EXPECT_EQ(KeysOf("0/shop.phones"), (Keys{"1", "2"}));
  EXPECT_EQ(KeysOf("0/shop.cases"), (Keys{"3", "5"}));
  EXPECT_EQ(KeysOf("0/shop"), Keys());
  EXPECT_EQ(KeysOf(""), Keys()) << "which is no table";
  // What a truncation does.
  std::vector<Operation> deletes;
  for (const std::string& key : KeysOf("0/shop.phones")) {
    deletes.push_back(Delete(id_, key));
  }
  MustApply(engine_.get(), std::move(deletes));
  EXPECT_EQ(KeysOf("0/shop.phones"), Keys());
  EXPECT_EQ(engine_->View()->Find(id_)->live_docs(), 3u);
}

TEST_F(SystemKeywordsTest, ADocumentGoesToTheTableThatWroteItLast) {
  MustApply(engine_.get(), {From("a", "1"), From("b", "1"), From("a", "2")});
  EXPECT_EQ(KeysOf("a"), Keys{"2"});
  EXPECT_EQ(KeysOf("b"), Keys{"1"});
  Operation update = SetStock(id_, "3", 1);
  update.source_table = "b";
  update.if_missing = [] { return kPhone.ToDocument(); };
  MustApply(engine_.get(), {update});
  EXPECT_EQ(KeysOf("b"), (Keys{"1", "3"}));
}

TEST_F(SystemKeywordsTest, KeysBelowAVersionComeInPiecesOfOneView) {
  const auto write = [&](const std::string& key, int64_t version, const std::string& table) {
    Operation operation = From(table, key);
    operation.version_type = VersionType::kExternal;
    operation.version = version;
    MustApply(engine_.get(), {operation});
  };
  for (int i = 0; i < 10; ++i) {
    write(std::to_string(i), 100 + i, "a");
    write("b" + std::to_string(i), 1, "b");
  }
  Operation raised = SetStock(id_, "3", 9);  // a part of a document is a write of it, too
  raised.version_type = VersionType::kExternal;
  raised.version = 200;
  MustApply(engine_.get(), {raised, Delete(id_, "5")});
  TableKeys keys(engine_->View(), id_, "a", 107);
  std::vector<std::string> all;
  for (size_t piece = 1;; ++piece) {
    const auto next = keys.Next(2);
    ASSERT_OK(next);
    ASSERT_LE(next->size(), 2u);
    if (next->empty()) {
      break;
    }
    all.insert(all.end(), next->begin(), next->end());
    write("late" + std::to_string(piece), 1, "a");
    MustApply(engine_.get(), {Delete(id_, next->front())});
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, (Keys{"0", "1", "2", "4", "6"}));
  EXPECT_TRUE(keys.Next(2)->empty()) << "it stays at its end";
  EXPECT_TRUE(TableKeys(engine_->View(), IndexId{77}, "a", 107).Next(2)->empty());
}

TEST_F(SystemKeywordsTest, MergesCommitsAndTheTranslogKeepThem) {
  for (int i = 0; i < 30; ++i) {
    MustApply(engine_.get(), {From(i % 3 == 0 ? "a" : "b", std::to_string(i))});
  }
  ASSERT_OK(engine_->Commit());
  const size_t before = engine_->View()->Find(id_)->segments.size();
  Batch logged;
  logged.operations = {From("a", "logged")};
  logged.durability = Durability::kSynced;
  ASSERT_OK(engine_->Apply(logged));
  ASSERT_OK(engine_->ForceMerge(id_, 1));
  EXPECT_LE(engine_->View()->Find(id_)->segments.size(), before + 1);
  engine_.reset();
  directory_->DropUnsynced();
  engine_ = MustOpen(directory_, /*background_merges=*/false);
  EXPECT_EQ(KeysOf("a").size(), 11u);
  EXPECT_EQ(KeysOf("b").size(), 20u);
}

TEST_F(SystemKeywordsTest, TheyAreReadWhereTheyAre) {
  Operation operation = From("a", "1");
  operation.document.texts.push_back({mapping::kRoutingField, "north"});
  operation.document.texts.push_back({mapping::kIgnoredField, "title.keyword"});
  operation.document.texts.push_back({mapping::kIgnoredField, "brand"});
  MustApply(engine_.get(), {operation, Upsert(id_, "2", kPhone)});
  const auto view = engine_->View();
  const IndexView& index = *view->Find(id_);
  const auto read = [&](const std::string& key, mapping::FieldId field) {
    const auto address = index.FindKey(key);
    Keys values{"stale"};
    EXPECT_OK(ReadSystemKeywords(index.at(*address), address->doc, field, &values));
    return values;
  };
  EXPECT_EQ(read("1", mapping::kRoutingField), Keys{"north"});
  EXPECT_EQ(read("1", mapping::kIgnoredField), (Keys{"brand", "title.keyword"}));
  EXPECT_EQ(read("1", mapping::kSourceTableField), Keys{"a"});
  EXPECT_EQ(read("2", mapping::kRoutingField), Keys());
  EXPECT_EQ(SourceOf(index, "1"), kPhone.ToSource()) << "they are not in the source";
}

}  // namespace
}  // namespace binseek::index::test
