// What foreign keys cascade to, over an engine: exactly the children, in the parent's transaction, or their keys to be read.
#include "sync/pipeline/cascades.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/mapper/mapping_rules.h"
#include "sync/mapper/table_layout.h"
#include "sync/mapper/table_mapper.h"
#include "sync/mapper/table_mapping.h"
#include "sync/pipeline/applier.h"
#include "sync/pipeline/engine_sink.h"
#include "tests/support/status_matchers.h"

namespace binseek::pipeline {
namespace {

using change::RowChange;
using change::RowChangeKind;
using change::RowImage;
using change::Value;
using mysql::ForeignKey;
using mysql::ForeignKeyAction;
using TablePointer = std::shared_ptr<const change::TableSchema>;

// All columns are INTs but `name`; the first is the key.
TablePointer MakeTable(const std::string& name, const std::vector<std::string>& columns) {
  auto table = std::make_shared<change::TableSchema>();
  table->database = "shop";
  table->table = name;
  for (const std::string& column_name : columns) {
    change::Column column;
    column.name = column_name;
    if (column_name == "name") {
      column.type = change::ColumnType::kVarchar;
      column.length = 20;
      column.charset = "utf8mb4";
    }
    table->columns.push_back(column);
  }
  table->key = {0};
  return table;
}

ForeignKey Key(const std::string& child, const std::string& column, const std::string& parent,
               const std::string& referenced, ForeignKeyAction on_delete,
               ForeignKeyAction on_update = ForeignKeyAction::kNone) {
  return {child + "_" + column, "shop." + child, {column}, "shop." + parent,
          {referenced},         on_delete,       on_update};
}

class CascadesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    state_ = *StateStore::Open(":memory:");
    index::EngineOptions options;
    options.directory = std::make_shared<store::RamDirectory>();
    engine_ = *index::Engine::Open(std::move(options));
    sink_.emplace(engine_.get());
    parent_ = Add(MakeTable("parent", {"id", "name", "v"}));
    child_ = Add(MakeTable("child", {"id", "pid", "name"}));
    grandchild_ = Add(MakeTable("grandchild", {"id", "cid"}));
    note_ = Add(MakeTable("note", {"id", "pid"}));
    graph_ = CascadeGraph({Key("child", "pid", "parent", "id", ForeignKeyAction::kCascade,
                               ForeignKeyAction::kCascade),
                           Key("child", "name", "parent", "name", ForeignKeyAction::kNone,
                               ForeignKeyAction::kCascade),
                           Key("grandchild", "cid", "child", "id", ForeignKeyAction::kCascade),
                           Key("note", "pid", "parent", "id", ForeignKeyAction::kSetNull)});
    Begin();
  }

  void Begin() {
    applier_.emplace(
        ApplierOptions{
            .sink = &*sink_,
            .mapper = &mapper_,
            .tables = &tables_,
            .state = state_.get(),
            .stored_rows = [this] { return std::make_unique<EngineRows>(engine_->View()); },
            .cascades = &graph_,
            .mapping = mapping_},
        Checkpoint());
  }

  TablePointer Add(TablePointer table) {
    TableCheckpoint checkpoint;
    checkpoint.schema = table;
    checkpoint.index = table->table;
    checkpoint.index_id = *sink_->EnsureIndex(table->table, *mapper::DeriveMapping(*table));
    checkpoint.snapshot_done = true;
    EXPECT_OK(mapper_.Bind(table, checkpoint.index_id, sink_->MappingOf(checkpoint.index_id)));
    tables_.Follow(std::move(checkpoint));
    return table;
  }

  // All tables anew, as rules have them.
  void UseRules(const std::string& json) {
    auto rules = mapper::MappingRules::Parse(json);
    ASSERT_OK(rules);
    mapping_.rules = std::make_shared<const mapper::MappingRules>(*std::move(rules));
    for (const TablePointer& table : {parent_, child_, grandchild_, note_}) {
      const auto layout = mapper::LayOut(table, mapping_);
      ASSERT_OK(layout);
      TableCheckpoint checkpoint = *tables_.Find(table->QualifiedName());
      checkpoint.index += "_ruled";
      checkpoint.index_id = *sink_->EnsureIndex(checkpoint.index, *mapper::MappingOf(**layout));
      checkpoint.mapping = (*layout)->fingerprint;
      ASSERT_OK(mapper_.Bind(*layout, checkpoint.index_id, sink_->MappingOf(checkpoint.index_id)));
      tables_.Follow(std::move(checkpoint));
    }
    Begin();
  }

  static RowImage Image(const std::vector<std::optional<int>>& numbers, const TablePointer& table) {
    RowImage image;
    for (size_t i = 0; i < numbers.size(); ++i) {
      if (!numbers[i]) {
        image.push_back(Value::Null());
      } else if (table->columns[i].name == "name") {
        image.push_back(Value::Bytes(change::ValueKind::kText, "n" + std::to_string(*numbers[i])));
      } else {
        image.push_back(Value::Int(*numbers[i]));
      }
    }
    return image;
  }
  static RowChange Insert(const TablePointer& table, const std::vector<std::optional<int>>& row) {
    return {RowChangeKind::kInsert, table, {}, Image(row, table)};
  }
  static RowChange Delete(const TablePointer& table, const std::vector<std::optional<int>>& row) {
    return {RowChangeKind::kDelete, table, Image(row, table), {}};
  }
  static RowChange Update(const TablePointer& table, const std::vector<std::optional<int>>& before,
                          const std::vector<std::optional<int>>& after) {
    return {RowChangeKind::kUpdate, table, Image(before, table), Image(after, table)};
  }

  void Apply(std::vector<RowChange> rows, std::vector<change::CascadeSource> cascades = {}) {
    change::Transaction transaction;
    transaction.ordinal = ++ordinal_;
    transaction.position.end = {"binlog.000001", ordinal_ * 100};
    transaction.rows = std::make_shared<change::RowVector>(std::move(rows));
    transaction.cascades = std::move(cascades);
    ASSERT_OK(applier_->Apply(transaction));
  }

  void Fill() {
    Apply({Insert(parent_, {1, 1, 0}), Insert(parent_, {2, 2, 0}), Insert(child_, {10, 1, 5}),
           Insert(child_, {11, 1, 5}), Insert(child_, {12, 2, 5}), Insert(child_, {13, {}, 5}),
           Insert(grandchild_, {100, 10}), Insert(grandchild_, {101, 12}), Insert(note_, {1, 1}),
           Insert(note_, {2, 2})});
  }

  std::map<std::string, std::string> Documents(const std::string& name) const {
    std::map<std::string, std::string> all;
    const auto view = engine_->View();
    const index::IndexView* index = view->Find(name);
    for (uint32_t ordinal = 0; ordinal < index->segments.size(); ++ordinal) {
      const index::SegmentView& segment = *index->segments[ordinal];
      for (index::DocId doc = 0; doc < segment.max_doc(); ++doc) {
        if (segment.IsLive(doc)) {
          std::string& source = all[std::string(segment.segment().Key(doc))];
          EXPECT_OK(index::AppendSource(*index, {ordinal, doc}, &source));
        }
      }
    }
    return all;
  }
  std::set<std::string> Ids(const std::string& name) const {
    std::set<std::string> ids;
    for (const auto& [id, source] : Documents(name)) {
      ids.insert(id);
    }
    return ids;
  }
  std::vector<snapshot::KeyCells> Pending(const TablePointer& table) const {
    return tables_.Find(table->QualifiedName())->pending_keys;
  }

  using Strings = std::set<std::string>;
  using Cells = std::vector<snapshot::KeyCells>;

  std::unique_ptr<StateStore> state_;
  std::unique_ptr<index::Engine> engine_;
  std::optional<EngineSink> sink_;
  mapper::TableMapper mapper_;
  mapper::MapperOptions mapping_;
  FollowedTables tables_;
  CascadeGraph graph_;
  std::optional<Applier> applier_;
  TablePointer parent_, child_, grandchild_, note_;
  uint64_t ordinal_ = 0;
};

const change::CascadeSource kDeletes{.table = "shop.parent", .deletes = true};
const change::CascadeSource kUpdates{.table = "shop.parent", .updates = true};

TEST_F(CascadesTest, ADeletedParentTakesItsDescendantsAlongInOneStep) {
  Fill();
  const uint64_t epoch = engine_->View()->epoch();
  Apply({Delete(parent_, {1, 1, 0})}, {kDeletes});
  EXPECT_EQ(engine_->View()->epoch(), epoch + 1);
  EXPECT_EQ(Ids("parent"), Strings{"2"});
  EXPECT_EQ(Ids("child"), (Strings{"12", "13"}));
  EXPECT_EQ(Ids("grandchild"), Strings{"101"});
  EXPECT_EQ(Documents("note").at("1"), R"({"id":1,"pid":null})");
  EXPECT_EQ(Documents("note").at("2"), R"({"id":2,"pid":2})");
  EXPECT_TRUE(Pending(child_).empty() && Pending(grandchild_).empty() && Pending(note_).empty());
}

TEST_F(CascadesTest, ChildrenAreFoundUnderTheNamesAndIdsOfRules) {
  UseRules(R"([{"table":"child","rename":{"pid":"parent"},"id":["table","key"]}])");
  Fill();
  ASSERT_EQ(Ids("child_ruled"), (Strings{"child:10", "child:11", "child:12", "child:13"}));
  Apply({Delete(parent_, {1, 1, 0})}, {kDeletes});
  EXPECT_EQ(Ids("child_ruled"), (Strings{"child:12", "child:13"}));
  EXPECT_EQ(Ids("grandchild_ruled"), Strings{"101"});
  Apply({Update(parent_, {2, 2, 0}, {3, 2, 0})}, {kUpdates});
  EXPECT_EQ(Documents("child_ruled").at("child:12"), R"({"id":12,"parent":3,"name":"n5"})");
  EXPECT_TRUE(Pending(child_).empty() && Pending(grandchild_).empty());
}

class HiddenChildrenTest : public CascadesTest,
                           public ::testing::WithParamInterface<const char*> {};

TEST_P(HiddenChildrenTest, ChildrenThatDocumentsDoNotTellAreReadAsAWhole) {
  UseRules(GetParam());
  Fill();
  Apply({Delete(parent_, {1, 1, 0})}, {kDeletes});
  EXPECT_EQ(Ids("child_ruled").size(), 4U);
  EXPECT_EQ(Pending(child_), Cells{snapshot::KeyCells()});
  EXPECT_EQ(Pending(grandchild_), Cells{snapshot::KeyCells()});
}

INSTANTIATE_TEST_SUITE_P(Rules, HiddenChildrenTest,
                         ::testing::Values(R"([{"table":"child","where":"id > 0"}])",
                                           R"([{"table":"child","exclude":["pid"]}])",
                                           R"([{"table":"child","id":["id","name"]}])"));

TEST_F(CascadesTest, SeveralKeysChangeOneDocument) {
  Fill();
  TablePointer both = Add(MakeTable("both", {"id", "pid", "cid"}));
  graph_ = CascadeGraph(
      {Key("child", "pid", "parent", "id", ForeignKeyAction::kCascade),
       Key("both", "pid", "parent", "id", ForeignKeyAction::kSetNull, ForeignKeyAction::kCascade),
       Key("both", "cid", "child", "id", ForeignKeyAction::kSetNull)});
  Apply({Insert(both, {1, 1, 10}), Insert(both, {2, 2, 11}), Insert(both, {3, 1, 12})});
  Apply({Delete(parent_, {1, 1, 0})}, {kDeletes});
  EXPECT_EQ(Documents("both").at("1"), R"({"id":1,"pid":null,"cid":null})");
  EXPECT_EQ(Documents("both").at("2"), R"({"id":2,"pid":2,"cid":null})");
  EXPECT_EQ(Documents("both").at("3"), R"({"id":3,"pid":null,"cid":12})");
}

TEST_F(CascadesTest, AParentWhoseEventsDoNotCascadeLeavesItsChildren) {
  Fill();
  Apply({Delete(parent_, {1, 1, 0})});
  EXPECT_EQ(Ids("child").size(), 4U);
}

TEST_F(CascadesTest, AMovedParentMovesItsChildrenAndNoGrandchildren) {
  Fill();
  Apply({Update(parent_, {1, 1, 0}, {7, 1, 0})}, {kUpdates});
  EXPECT_EQ(Documents("child").at("10"), R"({"id":10,"pid":7,"name":"n5"})");
  EXPECT_EQ(Documents("child").at("12"), R"({"id":12,"pid":2,"name":"n5"})");
  EXPECT_EQ(Ids("grandchild").size(), 2U);
  // Another column of the parent is none of the key's.
  Apply({Update(parent_, {2, 2, 0}, {2, 2, 9})}, {kUpdates});
  EXPECT_TRUE(Pending(child_).empty());
}

TEST_F(CascadesTest, KeysOfTextHaveTheWholeTableReadAgain) {
  Fill();
  Apply({Update(parent_, {1, 1, 0}, {1, 8, 0})}, {kUpdates});
  EXPECT_EQ(Pending(child_), Cells{snapshot::KeyCells()});
  EXPECT_TRUE(Pending(note_).empty());
}

TEST_F(CascadesTest, ParentsThatAreNotSeenHaveTheWholeTableReadAgainAndItsChildrenToo) {
  Fill();
  Apply({}, {{.table = "shop.parent", .deletes = true, .unseen = true}});
  EXPECT_EQ(Pending(child_), Cells{snapshot::KeyCells()});
  EXPECT_EQ(Pending(grandchild_), Cells{snapshot::KeyCells()});
  EXPECT_EQ(Pending(note_), Cells{snapshot::KeyCells()});
}

TEST_F(CascadesTest, TheTransactionsOwnRowsCountInTheirOrder) {
  Fill();
  Apply({Insert(child_, {20, 1, 5}), Update(child_, {11, 1, 5}, {11, 2, 5}),
         Delete(parent_, {1, 1, 0}), Insert(parent_, {1, 1, 0}), Insert(child_, {21, 1, 5})},
        {kDeletes});
  EXPECT_EQ(Ids("child"), (Strings{"11", "12", "13", "21"}));
  EXPECT_TRUE(Pending(child_).empty());
}

TEST_F(CascadesTest, AParentThatMovesAndGoesTakesItsChildrenAlong) {
  Fill();
  Apply({Update(parent_, {1, 1, 0}, {7, 1, 0}), Update(parent_, {7, 1, 0}, {8, 1, 0}),
         Delete(parent_, {8, 1, 0})},
        {{.table = "shop.parent", .deletes = true, .updates = true}});
  EXPECT_EQ(Ids("child"), (Strings{"12", "13"}));
  EXPECT_EQ(Ids("grandchild"), Strings{"101"});
  EXPECT_TRUE(Pending(child_).empty());
}

TEST_F(CascadesTest, ARowThatIsUpdatedBehindTheCascadeIsRead) {
  Fill();
  // Its images have the new value on both sides.
  Apply({Insert(child_, {20, 1, 5}), Update(parent_, {1, 1, 0}, {7, 1, 0}),
         Update(child_, {10, 7, 5}, {10, 7, 6}), Update(child_, {20, 7, 5}, {20, 7, 6})},
        {kUpdates});
  EXPECT_EQ(Documents("child").at("11"), R"({"id":11,"pid":7,"name":"n5"})");
  EXPECT_EQ(Pending(child_), (Cells{{"10"}, {"20"}}));
}

TEST_F(CascadesTest, DocumentsThatMayBeOldAreRead) {
  Fill();
  tables_.AddPending({{"shop.child", {"12"}}, {"shop.child", {"10"}}});
  Apply({Delete(parent_, {1, 1, 0})}, {kDeletes});
  EXPECT_EQ(Ids("child"), (Strings{"10", "12", "13"}));
  EXPECT_EQ(Pending(child_), (Cells{{"10"}, {"12"}}));
  // Which of its rows are gone is not known yet.
  EXPECT_EQ(Pending(grandchild_), Cells{snapshot::KeyCells()});
}

TEST_F(CascadesTest, WhereSomeRowsOfTheParentDoNotCascadeTheChildrenAreRead) {
  Fill();
  Apply({Delete(parent_, {1, 1, 0})}, {{.table = "shop.parent", .deletes = true, .partly = true}});
  EXPECT_EQ(Ids("child").size(), 4U);
  EXPECT_EQ(Pending(child_), (Cells{{"10"}, {"11"}}));
  EXPECT_EQ(Pending(grandchild_), (Cells{{"100"}}));
}

TEST_F(CascadesTest, AnImageWithoutTheReferencedColumnHasTheTableReadAgain) {
  Fill();
  graph_ = CascadeGraph({Key("child", "pid", "parent", "v", ForeignKeyAction::kCascade)});
  RowChange row = Delete(parent_, {1, 1, 0});
  row.before[2] = Value::Absent();
  Apply({row}, {kDeletes});
  EXPECT_EQ(Pending(child_), Cells{snapshot::KeyCells()});
}

ReadyChunk Chunk(const TablePointer& table, uint64_t low, std::vector<RowChange> rows,
                 std::vector<PendingKey> keys, uint64_t generation) {
  ReadyChunk chunk;
  chunk.table = table->QualifiedName();
  chunk.generation = generation;
  chunk.chunk.low_ordinal = low;
  chunk.chunk.content.rows = std::make_shared<change::RowVector>(std::move(rows));
  chunk.keys = std::move(keys);
  return chunk;
}

TEST_F(CascadesTest, AKeyThatIsReadAndFindsNoRowLosesItsDocument) {
  Fill();
  tables_.AddPending({{"shop.child", {"10"}}, {"shop.child", {"11"}}});
  const auto task = tables_.TakeKeys(10);
  ASSERT_TRUE(task && task->keys.size() == 2);
  RowChange found = Insert(child_, {11, 2, 6});
  found.kind = RowChangeKind::kRead;
  ASSERT_OK(applier_->ApplyChunk(Chunk(child_, ordinal_, {found}, task->keys, task->generation)));
  EXPECT_EQ(Ids("child"), (Strings{"11", "12", "13"}));
  EXPECT_EQ(Documents("child").at("11"), R"({"id":11,"pid":2,"name":"n6"})");
  EXPECT_TRUE(Pending(child_).empty());
}

TEST_F(CascadesTest, AChunkFromBeforeTheCascadeBringsNoChildBack) {
  Apply({Insert(parent_, {1, 1, 0}), Insert(parent_, {2, 2, 0})});
  TableCheckpoint anew = *tables_.Find("shop.child");
  anew.snapshot_done = false;
  tables_.Follow(anew);
  const auto task = tables_.AwaitTask(1, {});
  ASSERT_TRUE(task);
  RowChange gone = Insert(child_, {10, 1, 5});
  RowChange stays = Insert(child_, {12, 2, 5});
  gone.kind = stays.kind = RowChangeKind::kRead;
  const uint64_t low = ordinal_;
  Apply({Delete(parent_, {1, 1, 0})}, {kDeletes});
  ASSERT_OK(applier_->ApplyChunk(Chunk(child_, low, {gone, stays}, {}, task->generation)));
  EXPECT_EQ(Ids("child"), Strings{"12"});
  EXPECT_EQ(Pending(child_), Cells{{"10"}});
  // One that was read behind it is taken as it is.
  applier_->Settled(ordinal_);
  RowChange again = Insert(child_, {14, 1, 5});
  again.kind = RowChangeKind::kRead;
  ASSERT_OK(applier_->ApplyChunk(Chunk(child_, ordinal_, {again}, {}, task->generation)));
  EXPECT_TRUE(Ids("child").contains("14"));
}

// The chunk's row is that of before the cascade, so that the document of before is all that there is of it until its key is read.
TEST_F(CascadesTest, AChildThatIsReadAgainIsFoundUntilItsKeyHasBeenRead) {
  Apply({Insert(parent_, {1, 1, 0}), Insert(parent_, {2, 2, 0}), Insert(child_, {10, 1, 5}),
         Insert(child_, {11, 2, 5}), Insert(child_, {12, 2, 5})});
  tables_.Follow(ReadAgain(*tables_.Find("shop.child"), {++ordinal_, {}, 1, "a test"}));
  const auto task = tables_.AwaitTask(1, {});
  ASSERT_TRUE(task);
  RowChange before = Insert(child_, {10, 1, 5});
  RowChange stays = Insert(child_, {12, 2, 5});
  before.kind = stays.kind = RowChangeKind::kRead;
  ReadyChunk last = Chunk(child_, ordinal_, {before, stays}, {}, task->generation);
  last.chunk.content.last = true;
  Apply({Update(parent_, {1, 1, 0}, {9, 1, 0})}, {kUpdates});
  ASSERT_OK(applier_->ApplyChunk(last));
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(applier_->Sweep());
  }
  EXPECT_EQ(Ids("child"), (Strings{"10", "11", "12"}));
  EXPECT_NE(tables_.Find("shop.child")->stale_since_us, 0);
  const auto keys = tables_.TakeKeys(10);
  ASSERT_TRUE(keys && keys->keys.size() == 1);
  RowChange now = Insert(child_, {10, 9, 5});
  now.kind = RowChangeKind::kRead;
  ASSERT_OK(applier_->ApplyChunk(Chunk(child_, ordinal_, {now}, keys->keys, keys->generation)));
  for (int i = 0; i < 3; ++i) {
    ASSERT_OK(applier_->Sweep());
  }
  EXPECT_EQ(Ids("child"), (Strings{"10", "12"}));
  EXPECT_EQ(Documents("child").at("10"), R"({"id":10,"pid":9,"name":"n5"})");
  EXPECT_EQ(tables_.Find("shop.child")->stale_since_us, 0);
}

TEST_F(CascadesTest, ATableThatIsToBeReadAgainOnceMoreIsSweptBehindThat) {
  Apply({Insert(child_, {10, 1, 5})});
  tables_.Follow(ReadAgain(*tables_.Find("shop.child"), {++ordinal_, {}, 1, "a test"}));
  const auto task = tables_.AwaitTask(1, {});
  ASSERT_TRUE(task);
  tables_.AddPending({{"shop.child", {}}});
  ReadyChunk last = Chunk(child_, ordinal_, {}, {}, task->generation);
  last.chunk.content.last = true;
  ASSERT_OK(applier_->ApplyChunk(last));
  ASSERT_OK(applier_->Sweep());
  EXPECT_EQ(Ids("child"), Strings{"10"});
  EXPECT_EQ(tables_.TableToReadAgain(), "shop.child");
}

TEST(CascadeGraphTest, ChildrenOfOtherKeysThanBeforeAreConcerned) {
  const ForeignKey a = Key("a", "x", "p", "id", ForeignKeyAction::kCascade);
  const ForeignKey b = Key("b", "x", "q", "id", ForeignKeyAction::kCascade);
  const CascadeGraph both({a, b});
  EXPECT_TRUE(both.Concerned(both, "").empty());
  EXPECT_EQ(both.Concerned(both, "shop.p"), std::set<std::string>{"shop.a"});
  EXPECT_EQ(CascadeGraph({a}).Concerned(both, ""), std::set<std::string>{"shop.b"});
  EXPECT_TRUE(both.CascadesFrom("shop", "q"));
  EXPECT_FALSE(both.CascadesFrom("shop", "a"));
}

TEST(CascadeGraphTest, WhatCascadedByAKeyThatIsGoneCascadedOn) {
  const ForeignKey a = Key("a", "x", "p", "id", ForeignKeyAction::kCascade);
  const ForeignKey b = Key("b", "x", "a", "id", ForeignKeyAction::kCascade);
  const ForeignKey c = Key("c", "x", "b", "id", ForeignKeyAction::kSetNull);
  const ForeignKey other = Key("d", "x", "q", "id", ForeignKeyAction::kCascade);
  const std::set<std::string> all{"shop.a", "shop.b", "shop.c"};
  EXPECT_EQ(CascadeGraph({b, c, other}).Concerned(CascadeGraph({a, b, c, other}), ""), all);
  EXPECT_EQ(CascadeGraph({a, b, c, other}).Concerned(CascadeGraph({b, c, other}), ""), all);
  EXPECT_EQ(CascadeGraph({b, c, other}).Concerned(CascadeGraph({b, c, other}), "shop.a"),
            (std::set<std::string>{"shop.b", "shop.c"}));
}

// A write that fails is tried again, as often as it takes.
TEST_F(CascadesTest, ATransactionThatComesAgainIsRememberedOnce) {
  Fill();
  TableCheckpoint reading = *tables_.Find("shop.child");
  reading.snapshot_done = false;
  tables_.Follow(std::move(reading));
  Cascades cascades({{}, &graph_, &*sink_, &tables_, state_.get(), mapping_});
  change::Transaction transaction;
  transaction.ordinal = 5;
  transaction.rows =
      std::make_shared<change::RowVector>(std::vector<RowChange>{Delete(parent_, {1, 1, 0})});
  transaction.cascades = {kDeletes};
  ASSERT_OK(cascades.Follow(transaction));
  ASSERT_OK(cascades.Follow(transaction));
  change::Transaction chunk;
  chunk.ordinal = 4;
  chunk.chunk = std::make_unique<change::ChunkInfo>();
  chunk.chunk->table = "shop.child";
  chunk.rows = std::make_shared<change::RowVector>(
      std::vector<RowChange>{{RowChangeKind::kRead, child_, {}, Image({10, 1, 5}, child_)}});
  const auto asked_for = [&] {
    mapper::MappedTransaction mapped;
    cascades.FilterChunk(chunk, &mapped);
    return mapped.pending.size();
  };
  EXPECT_EQ(asked_for(), 1U);
  cascades.Settled(5);
  EXPECT_EQ(asked_for(), 0U);
}

// What they were children of is not known: there are none of their documents, or old ones.
TEST_F(CascadesTest, ChildrenThatWereRejectedAreReadWhateverOtherSourcesHaveRejected) {
  Fill();
  const auto reject = [&](change::SourceId source, int first, int rows) {
    std::vector<mapper::RejectedRow> rejected;
    for (int key = first; key < first + rows; ++key) {
      rejected.push_back({"shop.child", std::to_string(key), "why", {}, 1});
    }
    state_->AddDeadLetters(source, rejected);
  };
  reject({}, 14, 2);
  ASSERT_OK(state_->DiscardDeadLetters({"shop.child", "15"}));
  reject(change::SourceId{7}, 1000, PendingKeys::kMost);
  Apply({Delete(parent_, {1, 1, 0})}, {kDeletes});
  EXPECT_EQ(Pending(child_), (Cells{{"14"}, {"15"}}));
  reject({}, 20'000, PendingKeys::kMost);
  Apply({Delete(parent_, {2, 2, 0})}, {kDeletes});
  EXPECT_EQ(Pending(child_), Cells{snapshot::KeyCells()});
}

}  // namespace
}  // namespace binseek::pipeline
