// Several tables that are read again, each swept in its time; and what a start writes down before it erases.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/mapper/table_mapper.h"
#include "sync/mapper/table_mapping.h"
#include "sync/pipeline/applier.h"
#include "sync/pipeline/checkpoint_beside.h"
#include "sync/pipeline/engine_sink.h"
#include "sync/pipeline/table_reread.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::pipeline {
namespace {

using change::Value;

class SweepOrderTest : public ::testing::Test {
 protected:
  using Rows = std::vector<change::RowChange>;

  SweepOrderTest() {
    Open();
    for (const char* name : {"boxes", "items"}) {
      TableCheckpoint table;
      table.schema = mapper::MakeTable(name, {mapper::MakeColumn("id", change::ColumnType::kInt)});
      table.index = name;
      table.index_id = *sink_->EnsureIndex(name, *mapper::DeriveMapping(*table.schema));
      table.snapshot_done = true;
      EXPECT_OK(mapper_.Bind(table.schema, table.index_id, sink_->MappingOf(table.index_id)));
      tables_.Follow(table);
    }
    applier_.emplace(Options(), Checkpoint());
    change::Transaction transaction;
    transaction.ordinal = 1;
    transaction.position.end = {"binlog.000001", 100};
    transaction.rows = std::make_shared<change::RowVector>(
        Rows{mapper::Insert(tables_.Find("shop.boxes")->schema, {Value::Int(1)}),
             mapper::Insert(tables_.Find("shop.items")->schema, {Value::Int(1)})});
    EXPECT_OK(applier_->Apply(transaction));
  }

  void Open() {
    index::EngineOptions options;
    options.directory = directory_;
    engine_ = *index::Engine::Open(std::move(options));
    sink_.emplace(engine_.get());
  }
  ApplierOptions Options() {
    ApplierOptions options;
    options.sink = &*sink_;
    options.mapper = &mapper_;
    options.tables = &tables_;
    options.state = state_.get();
    options.stored_rows = [this] { return std::make_unique<EngineRows>(engine_->View()); };
    return options;
  }

  void ReadAgainWithoutRows(const std::string& name) {
    tables_.Follow(ReadAgain(*tables_.Find(name), {2, {}, 1, "it was asked for"}));
    const auto task = tables_.TakeTask(1);
    ASSERT_TRUE(task);
    ASSERT_EQ(task->table, name);
    ready_[name].table = name;
    ready_[name].generation = task->generation;
    ready_[name].range = task->range.id;
    ready_[name].chunk.low_ordinal = 2;
    ready_[name].chunk.content.last = true;
    ready_[name].chunk.content.rows = std::make_shared<change::RowVector>(Rows());
  }
  // What was asked for is not there any more.
  void ReadKeys(const std::string& name) {
    const auto task = tables_.TakeKeys(10);
    ASSERT_TRUE(task);
    ReadyChunk ready;
    ready.table = name;
    ready.generation = task->generation;
    ready.keys = task->keys;
    ready.chunk.low_ordinal = 2;
    ready.chunk.content.last = true;
    ready.chunk.content.rows = std::make_shared<change::RowVector>(Rows());
    ASSERT_OK(applier_->ApplyChunk(ready));
  }
  void Sweep() {
    for (int i = 0; i < 5; ++i) {
      ASSERT_OK(applier_->Sweep());
    }
  }
  bool Has(const std::string& index, const std::string& key) const {
    return EngineRows(engine_->View()).Contains(engine_->View()->Find(index)->id, key);
  }
  bool IsRead(const std::string& name) const { return tables_.Find(name)->sweep_below == 0; }

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  const std::unique_ptr<StateStore> state_ = *StateStore::Open(":memory:");
  std::unique_ptr<index::Engine> engine_;
  std::optional<EngineSink> sink_;
  mapper::TableMapper mapper_;
  FollowedTables tables_;
  std::optional<Applier> applier_;
  std::map<std::string, ReadyChunk> ready_;
};

TEST_F(SweepOrderTest, ATableThatWaitsForKeysHoldsUpNoOther) {
  ReadAgainWithoutRows("shop.boxes");
  ReadAgainWithoutRows("shop.items");
  tables_.AddPending({{"shop.boxes", {"7"}}});
  ASSERT_OK(applier_->ApplyChunk(ready_["shop.boxes"]));
  ASSERT_OK(applier_->ApplyChunk(ready_["shop.items"]));
  Sweep();
  EXPECT_FALSE(Has("items", "1"));
  EXPECT_TRUE(IsRead("shop.items"));
  EXPECT_TRUE(Has("boxes", "1")) << "its row may be the one that is yet to be read";
  EXPECT_FALSE(IsRead("shop.boxes"));
  ReadKeys("shop.boxes");
  Sweep();
  EXPECT_FALSE(Has("boxes", "1"));
  EXPECT_TRUE(IsRead("shop.boxes"));
}

// Killed before its stream begins, the start has erased for nothing, where the next one is under the settings of before.
TEST_F(SweepOrderTest, ATableWhoseDocumentsAStartBeganToEraseIsReadAgainByOneThatGoesOnWithIt) {
  ASSERT_OK(sink_->Commit());
  Checkpoint checkpoint = **ResumeFrom(*sink_, {});
  const Checkpoint before = checkpoint;
  ASSERT_OK(NoteErasure(&*sink_, {}, {}, &checkpoint));
  EXPECT_EQ(checkpoint.place, before.place);
  ASSERT_OK(NoteErasure(&*sink_, {}, {"shop.boxes"}, &checkpoint));
  EXPECT_EQ(checkpoint.place.writes, before.place.writes + 1) << "no two checkpoints are the same";
  EXPECT_EQ(checkpoint.tables, before.tables) << "this start goes by what there was";
  ASSERT_OK(sink_->Commit());
  sink_.reset();
  engine_.reset();
  Open();
  const Checkpoint next = **ResumeFrom(*sink_, {});
  EXPECT_EQ(next.place, checkpoint.place);
  const auto of_items = [](const Checkpoint& all) {
    return EncodeTables({{"shop.items", all.tables.at("shop.items")}});
  };
  EXPECT_EQ(of_items(next), of_items(before));
  FollowedTables tables;
  for (const auto& [name, table] : next.tables) {
    tables.Follow(table);
  }
  EXPECT_EQ(tables.TableToReadAgain(), "shop.boxes");
  EXPECT_TRUE(tables.AnyOutdated("shop.boxes")) << "no part of a document of it is updated";
  EXPECT_NE(tables.WhyBehind("boxes"), "");
}

}  // namespace
}  // namespace binseek::pipeline
