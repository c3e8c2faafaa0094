// The applier against a sink that fails, and against one that cannot all that the engine can.
#include "sync/pipeline/applier.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/fault_point.h"
#include "engine/base/mutex.h"
#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/mapper/table_mapper.h"
#include "sync/mapper/table_mapping.h"
#include "sync/pipeline/engine_sink.h"
#include "tests/support/fault_scope.h"
#include "tests/support/status_matchers.h"

namespace binseek::pipeline {
namespace {

// Keeps what it is given, and fails when told to.
class RecordingSink final : public IndexSink {
 public:
  SinkCapabilities capabilities() const override { return {.stages = stages}; }
  Result<index::IndexId> EnsureIndex(const std::string&, const mapping::Mapping&) override {
    return index::IndexId{1};
  }
  Status DropIndexNamed(const std::string&, std::optional<index::IndexId>) override {
    return Status::Ok();
  }
  std::shared_ptr<const mapping::Mapping> MappingOf(index::IndexId) const override {
    return nullptr;
  }
  bool IsForeign(const std::string&) const override { return false; }
  Result<index::ApplyResult> Apply(const index::Batch& batch) override {
    if (before_apply) {
      before_apply();
    }
    if (!fail_with.ok()) {
      return fail_with;
    }
    index::ApplyResult result;
    for (const index::Operation& operation : batch.operations) {
      index::OpResult one;
      one.outcome = operation.key == refuse ? index::Outcome::kFailed : index::Outcome::kCreated;
      if (operation.key == refuse) {
        one.status = Status::InvalidArgument("no such luck");
      }
      result.results.push_back(one);
      keys.push_back(operation.key);
      versions.push_back(operation.version);
    }
    batches.push_back(batch.operations.size());
    {
      const MutexLock lock(&mutex);
      for (const auto& [key, value] : batch.user_data) {
        user_data[key] = value;
      }
    }
    if (when_applied) {
      when_applied();
    }
    return result;
  }
  // Keeps what is added for an Apply at the end.
  class Staged final : public StagedSink {
   public:
    explicit Staged(RecordingSink* sink) : sink_(sink) {}
    Result<std::vector<index::OpResult>> Add(
        std::span<const index::Operation> operations) override {
      std::vector<index::OpResult> results(operations.size());
      for (size_t i = 0; i < operations.size(); ++i) {
        results[i].outcome = index::Outcome::kCreated;
        if (operations[i].key == sink_->refuse) {
          results[i].outcome = index::Outcome::kFailed;
          results[i].status = Status::InvalidArgument("no such luck");
        }
        batch_.operations.push_back(operations[i]);
      }
      return results;
    }
    Status Finish(std::map<std::string, std::string> user_data) override {
      batch_.user_data = std::move(user_data);
      return sink_->Apply(batch_).status();
    }

   private:
    RecordingSink* const sink_;
    index::Batch batch_;
  };
  Result<std::unique_ptr<StagedSink>> Stage(const std::vector<index::IndexId>& indices) override {
    staged_indices = indices;
    return std::unique_ptr<StagedSink>(std::make_unique<Staged>(this));
  }
  Status VisitKeys(index::IndexId, std::string_view source_table,
                   const std::function<void(std::string_view)>& visit) const override {
    if (source_table == visited_table) {
      visit("1");
      visit("2");
    }
    return Status::Ok();
  }
  std::unique_ptr<KeyCursor> KeysBelow(index::IndexId, std::string_view source_table,
                                       int64_t) const override {
    class Keys final : public KeyCursor {
     public:
      explicit Keys(std::vector<std::string> keys) : keys_(std::move(keys)) {}
      Result<std::vector<std::string>> Next(size_t) override { return std::exchange(keys_, {}); }

     private:
      std::vector<std::string> keys_;
    };
    return std::make_unique<Keys>(source_table == visited_table ? std::vector<std::string>{"1", "2"}
                                                                : std::vector<std::string>());
  }
  Status Commit() override { return Status::Ok(); }
  std::string Checkpoint(std::string_view key) const override {
    const MutexLock lock(&mutex);
    const auto it = user_data.find(std::string(key));
    return it == user_data.end() ? "" : it->second;
  }
  void ForgetTombstones(index::IndexId, int64_t) override {}

  bool stages = false;
  std::vector<index::IndexId> staged_indices;  // of the last one staged
  std::vector<size_t> batches;                 // operations of each
  Status fail_with;
  std::function<void()> before_apply;
  std::function<void()> when_applied;  // what happens before the writer is told
  mutable Mutex mutex;
  std::string visited_table;
  std::string refuse;
  std::vector<std::string> keys;
  std::vector<int64_t> versions;
  std::map<std::string, std::string> user_data;
};

class NoRows final : public mapper::StoredRows {
 public:
  bool Contains(index::IndexId, std::string_view) const override { return false; }
  Result<std::optional<std::string>> Source(index::IndexId, std::string_view) const override {
    return std::optional<std::string>();
  }
};

class ApplierTest : public ::testing::Test {
 protected:
  ApplierTest() {
    auto schema = std::make_shared<change::TableSchema>();
    schema->database = "shop";
    schema->table = "items";
    change::Column id;
    id.name = "id";
    schema->columns = {id};
    schema->key = {0};
    schema_ = schema;
    auto state = StateStore::Open(":memory:");
    EXPECT_OK(state);
    state_ = std::move(*state);
    const auto mapping = std::make_shared<const mapping::Mapping>(*mapper::DeriveMapping(*schema_));
    EXPECT_OK(mapper_.Bind(schema_, index::IndexId{1}, mapping));
    TableCheckpoint table;
    table.schema = schema_;
    table.index = "items";
    table.index_id = index::IndexId{1};
    tables_.Follow(table);
    ApplierOptions options;
    options.sink = &sink_;
    options.mapper = &mapper_;
    options.tables = &tables_;
    options.state = state_.get();
    options.stored_rows = [] { return std::make_unique<NoRows>(); };
    options.progress = &progress_;
    options.piece_bytes = 20'000;
    applier_.emplace(options, Checkpoint());
  }

  std::vector<change::RowChange> Rows(int from, int to, change::RowChangeKind kind) const {
    std::vector<change::RowChange> rows;
    for (int i = from; i < to; ++i) {
      rows.push_back({kind, schema_, {}, {change::Value::Int(i)}});
    }
    return rows;
  }

  change::Transaction Inserts(uint64_t ordinal, int from, int to) const {
    change::Transaction transaction;
    transaction.ordinal = ordinal;
    transaction.position.end = {"binlog.000001", ordinal * 100};
    transaction.rows =
        std::make_shared<change::RowVector>(Rows(from, to, change::RowChangeKind::kInsert));
    return transaction;
  }

  Checkpoint Stored() const {
    const auto checkpoint = DecodeCheckpoint(sink_.Checkpoint("source/0"));
    EXPECT_OK(checkpoint);
    return *checkpoint;
  }

  std::shared_ptr<const change::TableSchema> schema_;
  RecordingSink sink_;
  mapper::TableMapper mapper_;
  FollowedTables tables_;
  ApplyProgress progress_;
  std::unique_ptr<StateStore> state_;
  std::optional<Applier> applier_;
};

TEST_F(ApplierTest, TheCheckpointGoesWithTheRows) {
  ASSERT_OK(applier_->Apply(Inserts(1, 0, 3)));
  EXPECT_EQ(sink_.keys, (std::vector<std::string>{"0", "1", "2"}));
  EXPECT_EQ(sink_.versions[2], change::VersionOf(1, 2));
  EXPECT_EQ(Stored().place.ordinal, 1U);
  EXPECT_EQ(Stored().place.position.binlog.offset, 100U);
}

// A flush tells by the checkpoint whether a write is applied.
TEST_F(ApplierTest, NoTwoCheckpointsAreTheSame) {
  ASSERT_OK(applier_->ApplyCheckpoint());
  const std::string first = sink_.Checkpoint("source/0");
  ASSERT_OK(applier_->ApplyCheckpoint());
  EXPECT_NE(sink_.Checkpoint("source/0"), first);
}

TEST_F(ApplierTest, ATransactionWithoutRowsMovesTheCheckpoint) {
  ASSERT_OK(applier_->Apply(Inserts(5, 0, 0)));
  EXPECT_EQ(Stored().place.ordinal, 5U);
}

TEST_F(ApplierTest, AFailedWriteCanBeTriedAgain) {
  sink_.fail_with = Status::Unavailable("away");
  EXPECT_STATUS(applier_->Apply(Inserts(1, 0, 1)), kUnavailable);
  EXPECT_EQ(applier_->place().ordinal, 0U);
  sink_.fail_with = Status::Ok();
  ASSERT_OK(applier_->Apply(Inserts(1, 0, 1)));
  EXPECT_EQ(Stored().place.ordinal, 1U);
}

TEST_F(ApplierTest, NothingSilentARowThatTheSinkRefusesIsADeadLetter) {
  sink_.refuse = "1";
  ASSERT_OK(applier_->Apply(Inserts(1, 0, 3)));
  const auto letters = state_->DeadLetters(10);
  ASSERT_OK(letters);
  ASSERT_EQ(letters->size(), 1U);
  EXPECT_EQ((*letters)[0].table, "shop.items");
  EXPECT_EQ((*letters)[0].key, "1");
  EXPECT_EQ((*letters)[0].reason, "no such luck");
}

TEST_F(ApplierTest, ACommitOfARefusedRowWaitsForItsDeadLetter) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "no fault points";
  }
  const test::FaultScope faults("");
  sink_.refuse = "1";
  std::future<std::pair<Status, size_t>> flushed;
  // A commit takes up the batch as soon as it is applied, in another thread.
  sink_.when_applied = [&] {
    flushed = std::async(std::launch::async, [this] {
      Status status = state_->Flush();
      // What this flush has made durable cannot come later.
      return std::make_pair(std::move(status), static_cast<size_t>(state_->dead_letter_count()));
    });
    while (test::FaultScope::passes("flush.awaits_write") == 0 &&
           flushed.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      std::this_thread::yield();
    }
  };
  ASSERT_OK(applier_->Apply(Inserts(1, 0, 3)));
  const auto [status, letters] = flushed.get();
  EXPECT_OK(status);
  EXPECT_EQ(letters, 1U);
}

// Letters of rows that the new generation has not met go with the swap: a crash between the two would leave them for good.
TEST_F(ApplierTest, ACommitOfASwapWaitsForTheLettersThatGoWithIt) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "no fault points";
  }
  state_->AddDeadLetters({}, {{"shop.items", "7", "its row is gone", {}, 1}});
  TableCheckpoint table = *tables_.Find("shop.items");
  table.old = {index::IndexId{9}, /*is_fed=*/false, /*ordinal=*/5, 1, "it was asked for"};
  table.snapshot_done = true;
  tables_.Follow(std::move(table));
  const test::FaultScope faults("");
  std::future<std::pair<Status, size_t>> flushed;
  sink_.when_applied = [&] {
    flushed = std::async(std::launch::async, [this] {
      Status status = state_->Flush();
      return std::make_pair(std::move(status), static_cast<size_t>(state_->dead_letter_count()));
    });
    while (test::FaultScope::passes("flush.awaits_write") == 0 &&
           flushed.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      std::this_thread::yield();
    }
  };
  ASSERT_OK(applier_->Swap());
  ASSERT_TRUE(flushed.valid());
  const auto [status, letters] = flushed.get();
  EXPECT_OK(status);
  EXPECT_EQ(letters, 0U);
}

TEST_F(ApplierTest, ACommitThatAWriteMakesToFindRoomDoesNotWaitForIt) {
  ASSERT_OK(applier_->Apply(Inserts(1, 0, 1)));
  sink_.before_apply = [this] { EXPECT_OK(state_->Flush()); };
  const test::FaultScope faults("");
  ASSERT_OK(applier_->Apply(Inserts(2, 0, 3)));
  ASSERT_OK(applier_->Apply(Inserts(3, 0, 3)));
  EXPECT_EQ(test::FaultScope::passes("flush.awaits_write"), 0U);
}

TEST_F(ApplierTest, CommitsBesideWritesThatMakeRoomByCommitsAllSucceed) {
  index::EngineOptions options;
  options.directory = std::make_shared<store::RamDirectory>();
  options.memory_limit_bytes = 1;  // every Apply commits what was before it, or waits for who does
  options.before_commit = [this] { return state_->Flush(); };
  auto engine = index::Engine::Open(std::move(options));
  ASSERT_OK(engine);
  EngineSink sink(engine->get());
  const auto id = sink.EnsureIndex("items", *mapper::DeriveMapping(*schema_));
  ASSERT_OK(id);
  mapper::TableMapper mapper;
  ASSERT_OK(mapper.Bind(schema_, *id, sink.MappingOf(*id)));
  ApplierOptions to_engine;
  to_engine.sink = &sink;
  to_engine.mapper = &mapper;
  to_engine.tables = &tables_;
  to_engine.state = state_.get();
  to_engine.stored_rows = [] { return std::make_unique<NoRows>(); };
  Applier applier(to_engine, Checkpoint());
  const std::jthread commits([&](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      EXPECT_OK((*engine)->Commit());
    }
  });
  for (uint64_t ordinal = 1; ordinal <= 100; ++ordinal) {
    ASSERT_OK(applier.Apply(Inserts(ordinal, 0, 3)));
  }
}

TEST_F(ApplierTest, ASinkThatCannotStageGetsALargeTransactionInBatchesTheCheckpointWithTheLast) {
  ASSERT_OK(applier_->Apply(Inserts(1, 0, 1)));
  sink_.before_apply = [this] { EXPECT_EQ(Stored().place.ordinal, 1U); };
  ASSERT_OK(applier_->Apply(Inserts(2, 0, 1000)));
  EXPECT_GT(sink_.batches.size(), 5U);
  EXPECT_EQ(sink_.keys.size(), 1001U);
  EXPECT_EQ(sink_.keys.back(), "999");
  EXPECT_EQ(Stored().place.ordinal, 2U);
}

TEST_F(ApplierTest, ACommitOfALargeTransactionWaitsForTheDeadLettersOfItsRefusedRows) {
  if (!FaultPoints::Enabled()) {
    GTEST_SKIP() << "no fault points";
  }
  const test::FaultScope faults("");
  sink_.stages = true;
  sink_.refuse = "500";
  std::future<std::pair<Status, size_t>> flushed;
  sink_.when_applied = [&] {
    flushed = std::async(std::launch::async, [this] {
      Status status = state_->Flush();
      return std::make_pair(std::move(status), static_cast<size_t>(state_->dead_letter_count()));
    });
    while (test::FaultScope::passes("flush.awaits_write") == 0 &&
           flushed.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      std::this_thread::yield();
    }
  };
  ASSERT_OK(applier_->Apply(Inserts(1, 0, 1000)));
  EXPECT_EQ(sink_.batches, std::vector<size_t>{1000}) << "staged, and then in one step";
  EXPECT_EQ(sink_.staged_indices, std::vector<index::IndexId>{index::IndexId{1}});
  const auto [status, letters] = flushed.get();
  EXPECT_OK(status);
  EXPECT_EQ(letters, 1U);
  EXPECT_EQ((*state_->DeadLetters(1))[0].key, "500");
}

TEST_F(ApplierTest, AWriteThatIsTriedAgainCountsItsDeadLettersOnce) {
  // A row that has no key, which the mapper rejects.
  change::Transaction transaction = Inserts(1, 0, 0);
  transaction.rows = std::make_shared<change::RowVector>(std::vector<change::RowChange>{
      {change::RowChangeKind::kInsert, schema_, {}, {change::Value::Null()}}});
  sink_.fail_with = Status::Unavailable("away");
  EXPECT_STATUS(applier_->Apply(transaction), kUnavailable);
  EXPECT_STATUS(applier_->Apply(transaction), kUnavailable);
  EXPECT_EQ(state_->dead_letter_count(), 0U) << "of what is not passed over";
  sink_.fail_with = Status::Ok();
  ASSERT_OK(applier_->Apply(transaction));
  const auto letters = state_->DeadLetters(10);
  ASSERT_OK(letters);
  ASSERT_EQ(letters->size(), 1U);
  EXPECT_EQ((*letters)[0].count, 1U);
}

TEST_F(ApplierTest, AChunkHasTheVersionOfItsLowWatermark) {
  ReadyChunk ready;
  ready.table = "shop.items";
  ready.generation = 1;
  ready.chunk.low_ordinal = 4;
  ready.chunk.content.rows =
      std::make_shared<change::RowVector>(Rows(7, 9, change::RowChangeKind::kRead));
  ready.chunk.content.last_key = {"8"};
  sink_.fail_with = Status::Unavailable("away");
  EXPECT_STATUS(applier_->ApplyChunk(ready), kUnavailable);
  EXPECT_EQ(tables_.Status()[0].snapshot_rows, 0U) << "progress without rows";
  sink_.fail_with = Status::Ok();
  ASSERT_OK(applier_->ApplyChunk(ready));
  EXPECT_EQ(sink_.versions[0], change::ChunkVersionOf(4));
  EXPECT_EQ(Stored().tables.at("shop.items").ranges,
            (std::vector<snapshot::KeyRange>{{{"8"}, {}}}));
  EXPECT_EQ(tables_.Status()[0].snapshot_rows, 2U);
  EXPECT_EQ(progress_.operations, 0U) << "of no transaction";
}

TEST_F(ApplierTest, AChunkOfAReplacedTableIsDropped) {
  TableCheckpoint again = *tables_.Find("shop.items");
  tables_.Follow(again);
  ReadyChunk ready;
  ready.table = "shop.items";
  ready.generation = 1;
  ready.chunk.content.rows =
      std::make_shared<change::RowVector>(Rows(7, 9, change::RowChangeKind::kRead));
  ASSERT_OK(applier_->ApplyChunk(ready));
  EXPECT_TRUE(sink_.keys.empty());
}

TEST_F(ApplierTest, PendingKeysGoWithTheCheckpointOfTheirRowsAndOfTheirChunk) {
  change::Transaction transaction = Inserts(3, 0, 0);
  const auto wide = [&] {  // (id, name), of which the row lacks the name
    auto schema = std::make_shared<change::TableSchema>(*schema_);
    schema->columns.emplace_back();
    schema->columns.back().name = "name";
    schema->columns.back().type = change::ColumnType::kVarchar;
    return schema;
  }();
  ASSERT_OK(mapper_.Bind(wide, index::IndexId{1},
                         std::make_shared<const mapping::Mapping>(*mapper::DeriveMapping(*wide))));
  transaction.rows = std::make_shared<change::RowVector>(std::vector<change::RowChange>{
      {change::RowChangeKind::kInsert, wide, {}, {change::Value::Int(7), change::Value::Absent()}},
      {change::RowChangeKind::kInsert,
       wide,
       {},
       {change::Value::Int(8), change::Value::Absent()}}});
  sink_.fail_with = Status::Unavailable("away");
  EXPECT_STATUS(applier_->Apply(transaction), kUnavailable);
  sink_.fail_with = Status::Ok();
  ASSERT_OK(applier_->Apply(transaction));
  EXPECT_TRUE(sink_.keys.empty());
  EXPECT_EQ(state_->dead_letter_count(), 0U);
  EXPECT_EQ(Stored().tables.at("shop.items").pending_keys,
            (std::vector<snapshot::KeyCells>{{"7"}, {"8"}}));
  EXPECT_EQ(tables_.Status()[0].pending_keys, 2U);
  const auto task = tables_.TakeKeys(1);
  ASSERT_TRUE(task);
  ReadyChunk ready{"shop.items", task->generation, {}, {}, task->keys};
  ready.chunk.low_ordinal = 3;
  ready.chunk.content.rows = std::make_shared<change::RowVector>(std::vector<change::RowChange>{
      {change::RowChangeKind::kRead, wide, {}, {change::Value::Int(7), change::Value::Null()}}});
  ASSERT_OK(applier_->ApplyChunk(ready));
  EXPECT_EQ(sink_.keys, std::vector<std::string>{"7"});
  EXPECT_EQ(sink_.versions[0], change::ChunkVersionOf(3));
  EXPECT_EQ(Stored().tables.at("shop.items").pending_keys,
            (std::vector<snapshot::KeyCells>{{"8"}}));
  EXPECT_EQ(tables_.Status()[0].snapshot_rows, 0U) << "its snapshot has not come further";
  // The table is truncated while the other is being read.
  const auto before = tables_.TakeKeys(1);
  ASSERT_TRUE(before);
  change::Transaction truncation = Inserts(4, 0, 0);
  truncation.table_events.push_back(
      {change::TableEvent::Kind::kTruncate, "shop", "items", "TRUNCATE items", {}});
  ASSERT_OK(applier_->Apply(truncation));
  EXPECT_TRUE(Stored().tables.at("shop.items").pending_keys.empty());
  ready.keys = before->keys;
  ASSERT_OK(applier_->ApplyChunk(ready));
  EXPECT_EQ(sink_.keys.size(), 1U) << "a row from before the truncation";
}

TEST_F(ApplierTest, ATruncationDeletesEveryDocumentOfItsTable) {
  sink_.visited_table = "0/shop.items";
  change::Transaction transaction = Inserts(3, 0, 0);
  transaction.table_events.push_back(
      {change::TableEvent::Kind::kTruncate, "shop", "items", "TRUNCATE items", ""});
  ASSERT_OK(applier_->Apply(transaction));
  EXPECT_EQ(sink_.keys, (std::vector<std::string>{"1", "2"}));
}

TEST(FollowedTablesTest, ATableWithTooManyPendingKeysIsReadAgainOnceItsSnapshotIsDone) {
  FollowedTables tables;
  for (const char* name : {"a", "b"}) {
    auto schema = std::make_shared<change::TableSchema>();
    schema->database = "shop";
    schema->table = name;
    TableCheckpoint table;
    table.schema = schema;
    table.index = name;
    tables.Follow(table);
  }
  tables.AddPending({{"shop.b", {}}, {"shop.gone", {"1"}}});
  EXPECT_EQ(tables.TableToReadAgain(), "") << "its snapshot would never end";
  EXPECT_TRUE(tables.IsOutdated("shop.b", {"1"}));
  EXPECT_FALSE(tables.AnyOutdated("shop.a"));
  EXPECT_FALSE(tables.TakeKeys(5));
  tables.ChunkApplied({"shop.b", 3, {"3"}, /*last=*/true, /*swept=*/false, {}});
  EXPECT_EQ(tables.TableToReadAgain(), "shop.b");
  EXPECT_TRUE(tables.has_work());
  TableCheckpoint begun = *tables.Find("shop.b");
  EXPECT_EQ(begun.pending_keys, std::vector<snapshot::KeyCells>{{}}) << "so a restart knows it";
  begun.pending_keys.clear();
  begun.snapshot_done = false;
  tables.Follow(begun);
  EXPECT_EQ(tables.TableToReadAgain(), "");
  EXPECT_FALSE(tables.AnyOutdated("shop.b"));
}

TEST(FollowedTablesTest, RowsThatChangeUnseenAmidAReadingHaveAllReadOnceMore) {
  FollowedTables tables;
  auto schema = std::make_shared<change::TableSchema>();
  schema->database = "shop";
  schema->table = "items";
  TableCheckpoint table;
  table.schema = schema;
  table.index = "items";
  tables.Follow(table);
  const auto stale = [&] { return tables.Find("shop.items")->stale_since_us; };
  ASSERT_TRUE(tables.ReadOnceMore("shop.items", "a statement"));
  const int64_t since = stale();
  EXPECT_NE(since, 0);
  ASSERT_TRUE(tables.ReadOnceMore("shop.items", "another"));
  EXPECT_EQ(tables.Find("shop.items")->stale_why, "a statement");
  EXPECT_EQ(tables.TableToReadAgain(), "") << "the reading goes on";
  const auto decoded = DecodeCheckpoint(EncodeCheckpoint({}, EncodePrepared({}), tables.Encoded()));
  ASSERT_OK(decoded);
  EXPECT_EQ(decoded->tables.at("shop.items").pending_keys, std::vector<snapshot::KeyCells>{{}});
  EXPECT_TRUE(tables.ChunkApplied({"shop.items", 3, {"3"}, /*last=*/true, /*swept=*/false, {}}));
  EXPECT_EQ(tables.TableToReadAgain(), "shop.items");
  EXPECT_EQ(stale(), since);
  EXPECT_FALSE(tables.snapshot_done());
  EXPECT_FALSE(tables.ReadOnceMore("shop.items", "it is not being read"));
  tables.Follow(ReadAgain(*tables.Find("shop.items"), {9, {}, since + 1, "once more"}));
  EXPECT_EQ(stale(), since);
  EXPECT_TRUE(tables.ChunkApplied({"shop.items", 3, {"3"}, /*last=*/true, /*swept=*/false, {}}));
  tables.ChunkApplied({"shop.items", 0, {}, /*last=*/true, /*swept=*/true, {}});
  EXPECT_EQ(stale(), 0);
  EXPECT_TRUE(tables.snapshot_done());
}

TEST(FollowedTablesTest, ATruncationLeavesNothingToReadOnceMore) {
  FollowedTables tables;
  auto schema = std::make_shared<change::TableSchema>();
  schema->database = "shop";
  schema->table = "items";
  TableCheckpoint table;
  table.schema = schema;
  table.index = "items";
  table.snapshot_done = true;  // a crash fell before it was begun once more
  table.pending_keys = {{}};
  table.stale_since_us = 5;
  table.stale_why = "a statement";
  tables.Follow(table);
  tables.ForgetPending("shop.items");
  EXPECT_EQ(tables.Find("shop.items")->stale_since_us, 0);
  EXPECT_EQ(tables.WhyBehind("items"), "");
}

TEST(FollowedTablesTest, WhatAReadingWaitsForIsToldUntilAChunkComes) {
  FollowedTables tables;
  auto schema = std::make_shared<change::TableSchema>();
  schema->database = "shop";
  schema->table = "items";
  TableCheckpoint table;
  table.schema = schema;
  table.index = "items";
  tables.Follow(table);
  const auto task = tables.TakeTask(1);
  ASSERT_TRUE(task);
  for (int i = 0; i < 3; ++i) {
    tables.NoteWaiting(*task, {change::StopCode::kSnapshotWaits, "a lock"});
  }
  EXPECT_EQ(tables.Status()[0].error, "a lock");
  EXPECT_EQ(tables.Status()[0].code, change::StopCode::kSnapshotWaits);
  EXPECT_EQ(tables.stops().of(change::StopCode::kSnapshotWaits), 1U) << "it was one wait";
  tables.ChunkApplied({"shop.items", 3, {"3"}, /*last=*/false, /*swept=*/false, {}});
  EXPECT_EQ(tables.Status()[0].error, "");
  EXPECT_EQ(tables.Status()[0].code, change::StopCode::kNone);
}

TEST(FollowedTablesTest, KeysComeBeforeSnapshotsAndTablesTakeTurns) {
  FollowedTables tables;
  for (const char* name : {"a", "b", "c"}) {
    auto schema = std::make_shared<change::TableSchema>();
    schema->database = "shop";
    schema->table = name;
    TableCheckpoint table;
    table.schema = schema;
    table.index = name;
    tables.Follow(table);
  }
  tables.AddPending({{"shop.b", {"1"}}, {"shop.b", {"2"}}, {"shop.c", {"3"}}});
  const std::stop_token never;
  for (const char* expected : {"shop.b", "shop.c", "shop.b"}) {
    const auto task = tables.AwaitTask(1, never);
    ASSERT_TRUE(task);
    EXPECT_EQ(task->table, expected);
    EXPECT_EQ(task->keys.size(), 1U);
  }
  const auto task = tables.AwaitTask(1, never);
  ASSERT_TRUE(task);
  EXPECT_EQ(task->table, "shop.a");
  EXPECT_TRUE(task->keys.empty());
}

TEST(FollowedTablesTest, RowsBeforeTheCapturedPlaceAreNotWanted) {
  auto schema = std::make_shared<change::TableSchema>();
  schema->database = "shop";
  schema->table = "items";
  TableCheckpoint table;
  table.schema = schema;
  table.captured_from = {"binlog.000002", 500};
  FollowedTables tables;
  tables.Follow(table);
  EXPECT_EQ(tables.SchemaFor("shop", "items", {"binlog.000001", 900}), nullptr);
  EXPECT_EQ(tables.SchemaFor("shop", "items", {"binlog.000002", 499}), nullptr);
  EXPECT_EQ(tables.SchemaFor("shop", "items", {"binlog.000002", 500}), schema);
  tables.Passed({"binlog.000002", 500});
  EXPECT_EQ(tables.SchemaFor("shop", "items", {"binlog.000001", 4}), schema);
  EXPECT_EQ(tables.SchemaFor("shop", "other", {"binlog.000009", 4}), nullptr);
}

TEST(FollowedTablesTest, AnIndexIsBehindWhereItsTableIsStoppedOrReadAgain) {
  FollowedTables tables;
  const auto follow = [&](const std::string& name, int64_t stale_since_us) {
    auto schema = std::make_shared<change::TableSchema>();
    schema->database = "shop";
    schema->table = name;
    TableCheckpoint table;
    table.schema = schema;
    table.index = name + "_index";
    table.stale_since_us = stale_since_us;
    table.stale_why = "an incident";
    tables.Follow(table);
    return schema;
  };
  follow("well", 0);
  follow("stale", 1);
  const auto stopped = follow("stopped", 0);
  tables.StopTable(*stopped, {change::StopCode::kTableKeyMissing, "no key"});
  EXPECT_EQ(tables.WhyBehind("well_index"), "");
  EXPECT_EQ(tables.WhyBehind("stale_index"), "table shop.stale is read again: an incident");
  EXPECT_EQ(tables.WhyBehind("stopped_index"),
            "table shop.stopped is not followed any more: no key");
  EXPECT_EQ(tables.WhyBehind("none"), "");
  EXPECT_EQ(tables.WhyBehind(""), "");
}

}  // namespace
}  // namespace binseek::pipeline
