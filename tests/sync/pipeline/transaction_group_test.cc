// Transactions that share a step: what may, and that nothing is other than if each had its own.
#include "sync/pipeline/transaction_group.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/mapper/table_mapper.h"
#include "sync/mapper/table_mapping.h"
#include "sync/pipeline/applier.h"
#include "sync/pipeline/engine_sink.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::pipeline {
namespace {

using change::RowChange;
using change::RowChangeKind;
using change::RowImage;
using change::Transaction;
using change::Value;
using change::ValueKind;

std::shared_ptr<const change::TableSchema> Schema() {
  auto schema = std::make_shared<change::TableSchema>();
  schema->database = "shop";
  schema->table = "items";
  for (const char* name : {"id", "name", "stock"}) {
    change::Column& column = schema->columns.emplace_back();
    column.name = name;
    const bool text = column.name == "name";
    column.type = text ? change::ColumnType::kVarchar : change::ColumnType::kInt;
    column.charset = text ? "utf8mb4" : "";
    column.length = text ? 50 : 0;
  }
  schema->key = {0};
  return schema;
}

Value Name(const std::string& name) { return Value::Bytes(ValueKind::kText, name); }

Transaction Of(uint64_t ordinal, std::vector<RowChange> rows) {
  Transaction transaction;
  transaction.ordinal = ordinal;
  transaction.position.end = {"binlog.000001", ordinal * 100};
  transaction.rows = std::make_shared<change::RowVector>(std::move(rows));
  transaction.row_bytes = 100;
  return transaction;
}

// Has what the test puts there.
class ReadySource final : public binlog::BinlogSource {
 public:
  std::deque<Transaction> ready;

  Result<std::optional<Transaction>> Next(std::chrono::milliseconds) override {
    return NextWaiting(UINT64_MAX);
  }
  uint64_t LeaveOrdinal() override { return 0; }
  std::optional<Transaction> NextWaiting(uint64_t) override {
    if (ready.empty()) {
      return std::nullopt;
    }
    Transaction next = std::move(ready.front());
    ready.pop_front();
    return next;
  }
  change::SourcePosition read_position() const override { return {}; }
  binlog::StreamReach reach() const override { return {}; }
  uint64_t last_ordinal() const override { return 0; }
  binlog::BinlogSourceStatus status() const override { return {}; }
  mysql::ServerInfo server() const override { return {}; }
  Status Renew() override { return Status::Ok(); }
  void RequestRenewal() override {}
  void Stop() override {}
};

class GatherTest : public ::testing::Test {
 protected:
  void Ready(uint64_t from, uint64_t to) {
    for (uint64_t ordinal = from; ordinal <= to; ++ordinal) {
      source_.ready.push_back(Of(ordinal, {}));
    }
  }

  ReadySource source_;
  GroupLimits limits_;
};

TEST_F(GatherTest, WhatNothingWaitsBehindIsAlone) {
  EXPECT_EQ(Gather(Of(1, {}), &source_, limits_).size(), 1U);
}

TEST_F(GatherTest, TakesAllThatIsThereInOrder) {
  Ready(2, 5);
  const TransactionGroup group = Gather(Of(1, {}), &source_, limits_);
  ASSERT_EQ(group.size(), 5U);
  for (size_t i = 0; i < group.size(); ++i) {
    EXPECT_EQ(group[i].ordinal, i + 1);
  }
}

TEST_F(GatherTest, IsBoundByCountAndByBytes) {
  Ready(2, 9);
  limits_.transactions = 3;
  EXPECT_EQ(Gather(Of(1, {}), &source_, limits_).size(), 3U);
  limits_ = GroupLimits();
  limits_.bytes = 250;  // three of 100
  EXPECT_EQ(Gather(Of(1, {}), &source_, limits_).size(), 3U);
  EXPECT_EQ(source_.ready.size(), 4U);
}

TEST_F(GatherTest, NothingIsReadBehindATransactionThatChangesTables) {
  Ready(2, 3);
  source_.ready.back().table_events.emplace_back();
  Ready(4, 5);
  EXPECT_EQ(Gather(Of(1, {}), &source_, limits_).size(), 3U);
  Transaction first = Of(9, {});
  first.table_events.emplace_back();
  EXPECT_EQ(Gather(std::move(first), &source_, limits_).size(), 1U);
  EXPECT_EQ(source_.ready.size(), 2U);
}

TEST_F(GatherTest, ALargeTransactionIsTheLast) {
  Ready(2, 4);
  source_.ready[1].row_bytes = limits_.bytes + 1;
  EXPECT_EQ(Gather(Of(1, {}), &source_, limits_).size(), 3U);
}

// An engine's sink that counts, fails, and refuses a key where the test says so.
class WatchedSink final : public IndexSink {
 public:
  explicit WatchedSink(index::Engine* engine) : engine_sink_(engine) {}

  Result<index::ApplyResult> Apply(const index::Batch& batch) override {
    BINSEEK_RETURN_IF_ERROR(fail_with);
    steps.push_back(batch.operations.size());
    BINSEEK_ASSIGN_OR_RETURN(index::ApplyResult result, engine_sink_.Apply(batch));
    for (size_t i = 0; i < batch.operations.size(); ++i) {
      if (batch.operations[i].key == refuse) {
        result.results[i].outcome = index::Outcome::kFailed;
        result.results[i].status = Status::InvalidArgument("no such luck");
      }
    }
    return result;
  }
  SinkCapabilities capabilities() const override { return engine_sink_.capabilities(); }
  Result<index::IndexId> EnsureIndex(const std::string& name,
                                     const mapping::Mapping& mapping) override {
    return engine_sink_.EnsureIndex(name, mapping);
  }
  Status DropIndexNamed(const std::string&, std::optional<index::IndexId>) override {
    return Status::Ok();
  }
  std::shared_ptr<const mapping::Mapping> MappingOf(index::IndexId index) const override {
    return engine_sink_.MappingOf(index);
  }
  bool IsForeign(const std::string&) const override { return false; }
  Result<std::unique_ptr<StagedSink>> Stage(const std::vector<index::IndexId>& indices) override {
    ++staged;
    return engine_sink_.Stage(indices);
  }
  Status VisitKeys(index::IndexId, std::string_view,
                   const std::function<void(std::string_view)>&) const override {
    return Status::Ok();
  }
  std::unique_ptr<KeyCursor> KeysBelow(index::IndexId, std::string_view, int64_t) const override {
    return nullptr;
  }
  Status Commit() override { return engine_sink_.Commit(); }
  std::string Checkpoint(std::string_view key) const override {
    return engine_sink_.Checkpoint(key);
  }
  void ForgetTombstones(index::IndexId, int64_t) override {}

  Status fail_with;
  std::string refuse;
  std::vector<size_t> steps;  // operations of each
  int staged = 0;

 private:
  EngineSink engine_sink_;
};

// An index of shop.items, and an applier.
class Site {
 public:
  explicit Site(std::shared_ptr<const change::TableSchema> schema, uint64_t piece_bytes = 1 << 20)
      : schema_(std::move(schema)) {
    index::EngineOptions options;
    options.directory = std::make_shared<store::RamDirectory>();
    engine_ = std::move(*index::Engine::Open(std::move(options)));
    state_ = std::move(*StateStore::Open(":memory:"));
    sink_.emplace(engine_.get());
    index_ = *sink_->EnsureIndex("items", *mapper::DeriveMapping(*schema_));
    EXPECT_OK(mapper_.Bind(schema_, index_, sink_->MappingOf(index_)));
    TableCheckpoint table;
    table.schema = schema_;
    table.index = "items";
    table.index_id = index_;
    table.snapshot_done = true;
    tables_.Follow(table);
    ApplierOptions to_engine;
    to_engine.sink = &*sink_;
    to_engine.mapper = &mapper_;
    to_engine.tables = &tables_;
    to_engine.state = state_.get();
    to_engine.stored_rows = [this] { return std::make_unique<EngineRows>(engine_->View()); };
    to_engine.piece_bytes = piece_bytes;
    applier_.emplace(to_engine, Checkpoint());
  }

  // In as many steps as it takes; returns how many transactions each had.
  std::vector<size_t> Apply(std::span<const Transaction> group) {
    std::vector<size_t> steps;
    while (!group.empty()) {
      const Result<size_t> taken = applier_->ApplyGroup(group);
      EXPECT_OK(taken);
      if (!taken.ok() || *taken == 0) {
        ADD_FAILURE() << "nothing is written";
        break;
      }
      steps.push_back(*taken);
      group = group.subspan(*taken);
    }
    return steps;
  }

  // By key: the version and _source.
  std::map<std::string, std::pair<int64_t, std::string>> Documents() const {
    std::map<std::string, std::pair<int64_t, std::string>> documents;
    const auto view = engine_->View();
    const index::IndexView* index = view->Find(index_);
    for (int id = 0; id < 100; ++id) {
      const std::string key = std::to_string(id);
      if (const auto address = index->FindKey(key)) {
        auto& [version, source] = documents[key];
        version = index->at(*address).system().Version(address->doc).value_or(0);
        EXPECT_OK(index::AppendSource(*index, *address, &source));
      }
    }
    return documents;
  }

  Checkpoint Stored() const {
    const auto checkpoint = DecodeCheckpoint(sink_->Checkpoint(CheckpointKey(change::SourceId{})));
    EXPECT_OK(checkpoint);
    return checkpoint.ok() ? *checkpoint : Checkpoint();
  }

  WatchedSink& sink() { return *sink_; }
  Applier& applier() { return *applier_; }
  StateStore& state() { return *state_; }
  FollowedTables& tables() { return tables_; }

 private:
  const std::shared_ptr<const change::TableSchema> schema_;
  std::unique_ptr<index::Engine> engine_;
  std::unique_ptr<StateStore> state_;
  std::optional<WatchedSink> sink_;
  index::IndexId index_{};
  mapper::TableMapper mapper_;
  FollowedTables tables_;
  std::optional<Applier> applier_;
};

class GroupTest : public ::testing::Test {
 protected:
  RowChange Insert(int id, const std::string& name, int stock) const {
    return {RowChangeKind::kInsert, schema_, {}, Image(id, name, stock)};
  }
  // Of images without what did not change.
  RowChange Rename(int id, const std::string& name) const {
    return {RowChangeKind::kUpdate,
            schema_,
            {Value::Int(id), Value::Absent(), Value::Absent()},
            {Value::Absent(), Name(name), Value::Absent()}};
  }
  RowChange WithoutKey() const {
    return {RowChangeKind::kInsert, schema_, {}, {Value::Null(), Name("x"), Value::Int(1)}};
  }
  static RowImage Image(int id, const std::string& name, int stock) {
    return {Value::Int(id), Name(name), Value::Int(stock)};
  }

  const std::shared_ptr<const change::TableSchema> schema_ = Schema();
  Site site_{schema_};
};

TEST_F(GroupTest, SeveralTransactionsAreOneStepWithTheirOwnVersionsAndTheLastOnesCheckpoint) {
  std::vector<Transaction> group;
  group.push_back(Of(1, {Insert(1, "a", 1), Insert(2, "b", 2)}));
  group.push_back(Of(2, {}));
  group.push_back(Of(3, {Insert(3, "c", 3)}));
  group[2].position.gtid = "3e11fa47-71ca-11e1-9e33-c80aa9429562:3";
  group[2].fingerprint.crc32c = 77;
  EXPECT_EQ(site_.Apply(group), std::vector<size_t>{3});
  EXPECT_EQ(site_.sink().steps, std::vector<size_t>{3});
  const auto documents = site_.Documents();
  EXPECT_EQ(documents.at("2").first, change::VersionOf(1, 1));
  EXPECT_EQ(documents.at("3").first, change::VersionOf(3, 0));
  const StreamPlace place = site_.Stored().place;
  EXPECT_EQ(place.ordinal, 3U);
  EXPECT_EQ(place.position.binlog.offset, 300U);
  EXPECT_EQ(place.last_gtid, group[2].position.gtid);
  EXPECT_EQ(place.fingerprint.crc32c, 77U);
}

TEST_F(GroupTest, ARowThatIsCompletedFromWhatIsStoredBeginsAStep) {
  std::vector<Transaction> group;
  group.push_back(Of(1, {Insert(1, "a", 7)}));
  group.push_back(Of(2, {Rename(1, "b")}));
  group.push_back(Of(3, {Insert(2, "c", 3)}));
  EXPECT_EQ(site_.Apply(group), (std::vector<size_t>{1, 2}));
  EXPECT_EQ(site_.Documents().at("1").second, R"({"id":1,"name":"b","stock":7})");
  EXPECT_EQ(site_.tables().Status()[0].pending_keys, 0U) << "nothing is read from the table for it";
}

TEST_F(GroupTest, NothingIsWrittenBehindARejectedRowInItsStep) {
  std::vector<Transaction> group;
  group.push_back(Of(1, {Insert(1, "a", 1)}));
  group.push_back(Of(2, {WithoutKey()}));
  group.push_back(Of(3, {Insert(3, "c", 3)}));
  EXPECT_EQ(site_.Apply(group), (std::vector<size_t>{2, 1}));
  EXPECT_EQ(site_.state().dead_letter_count(), 1U);
  EXPECT_EQ((*site_.state().DeadLetters(1))[0].position, "binlog.000001:200");
}

TEST_F(GroupTest, TheDeadLetterOfARefusedRowNamesItsOwnTransaction) {
  site_.sink().refuse = "3";
  std::vector<Transaction> group;
  for (int id = 1; id <= 5; ++id) {
    group.push_back(Of(static_cast<uint64_t>(id), {Insert(id, "a", 1)}));
  }
  EXPECT_EQ(site_.Apply(group), std::vector<size_t>{5});
  ASSERT_EQ(site_.state().dead_letter_count(), 1U);
  EXPECT_EQ((*site_.state().DeadLetters(1))[0].position, "binlog.000001:300");
}

TEST_F(GroupTest, AStepThatFailsLeavesThePlaceWhereItWasAndCanBeTriedAgain) {
  std::vector<Transaction> group;
  group.push_back(Of(1, {Insert(1, "a", 1)}));
  group.push_back(Of(2, {Insert(2, "b", 1)}));
  site_.sink().fail_with = Status::Unavailable("away");
  EXPECT_STATUS(site_.applier().ApplyGroup(group), kUnavailable);
  EXPECT_EQ(site_.applier().place().ordinal, 0U);
  EXPECT_TRUE(site_.applier().place().position.binlog.empty());
  site_.sink().fail_with = Status::Ok();
  EXPECT_EQ(site_.Apply(group), std::vector<size_t>{2});
  EXPECT_EQ(site_.Stored().place.ordinal, 2U);
}

TEST_F(GroupTest, MoreThanAPieceHoldsIsStagedAndSeenInOneStep) {
  Site small(schema_, /*piece_bytes=*/2000);
  std::vector<Transaction> group;
  for (int id = 0; id < 50; ++id) {
    group.push_back(Of(static_cast<uint64_t>(id + 1), {Insert(id, "a", 1)}));
  }
  EXPECT_EQ(small.Apply(group), std::vector<size_t>{50});
  EXPECT_EQ(small.sink().staged, 1);
  EXPECT_EQ(small.Documents().size(), 50U);
  EXPECT_EQ(small.Stored().place.ordinal, 50U);
}

// Any stream, with whole and partial images, comes to the same whether its transactions share steps or not.
class GroupRandomTest : public test::SeededTest {
 protected:
  RowChange Any(std::map<int, std::pair<std::string, int>>* table) {
    const int id = static_cast<int>(Uniform(20));
    const auto found = table->find(id);
    if (found == table->end()) {
      const std::string name = "name " + std::to_string(Uniform(1000));
      const int stock = static_cast<int>(Uniform(100));
      (*table)[id] = {name, stock};
      return {RowChangeKind::kInsert, schema_, {}, {Value::Int(id), Name(name), Value::Int(stock)}};
    }
    RowImage before = {Value::Int(id), Name(found->second.first), Value::Int(found->second.second)};
    const bool partial = OneIn(2);
    if (OneIn(4)) {
      table->erase(found);
      if (partial) {
        before[1] = before[2] = Value::Absent();
      }
      return {RowChangeKind::kDelete, schema_, before, {}};
    }
    RowImage after = before;
    const bool renames = OneIn(3);
    if (renames) {
      found->second.first = "name " + std::to_string(Uniform(1000));
      after[1] = Name(found->second.first);
    } else {
      found->second.second = static_cast<int>(Uniform(100));
      after[2] = Value::Int(found->second.second);
    }
    if (partial) {
      before[1] = before[2] = Value::Absent();
      after[0] = after[renames ? 2 : 1] = Value::Absent();
    }
    return {RowChangeKind::kUpdate, schema_, before, after};
  }

  const std::shared_ptr<const change::TableSchema> schema_ = Schema();
};

TEST_F(GroupRandomTest, SharedStepsGiveTheDocumentsOfSingleOnes) {
  for (uint64_t round = 0; round < Iterations(30); ++round) {
    Site together(schema_, OneIn(3) ? 3000 : 1 << 20);
    Site alone(schema_);
    std::map<int, std::pair<std::string, int>> table;
    uint64_t ordinal = 0;
    while (ordinal < 60) {
      std::vector<Transaction> group;
      for (uint64_t i = 1 + Uniform(8); i > 0; --i) {
        std::vector<RowChange> rows;
        for (uint64_t k = Uniform(4); k > 0; --k) {
          rows.push_back(Any(&table));
        }
        group.push_back(Of(++ordinal, std::move(rows)));
      }
      together.Apply(group);
      for (const Transaction& transaction : group) {
        ASSERT_OK(alone.applier().Apply(transaction));
      }
      ASSERT_EQ(together.Documents(), alone.Documents()) << "up to transaction " << ordinal;
      ASSERT_EQ(together.Documents().size(), table.size());
      ASSERT_EQ(together.tables().Status()[0].pending_keys, 0U);
      ASSERT_EQ(together.Stored().place.position.binlog.offset,
                alone.Stored().place.position.binlog.offset);
    }
  }
}

}  // namespace
}  // namespace binseek::pipeline
