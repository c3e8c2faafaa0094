// Transactions larger than memory, from rows to the engine: in pieces, of which nobody sees one before the last.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
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

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/binlog/row_buffer.h"
#include "sync/mapper/table_mapper.h"
#include "sync/mapper/table_mapping.h"
#include "sync/pipeline/applier.h"
#include "sync/pipeline/engine_sink.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace binseek::pipeline {
namespace {

using change::RowChange;
using change::RowChangeKind;
using change::RowImage;
using change::Value;
using change::ValueKind;

constexpr uint64_t kPieceBytes = 20'000;

// Rows that call `at` before each of them; what it gives ends the cursor.
class WatchedRows final : public change::RowSequence {
 public:
  WatchedRows(std::vector<RowChange> rows, std::function<Status(size_t)> at)
      : rows_(std::move(rows)), at_(std::move(at)) {}
  uint64_t size() const override { return rows_.size(); }
  const change::TableList& tables() const override { return rows_.tables(); }
  std::unique_ptr<change::RowCursor> Open() const override {
    return std::make_unique<Cursor>(rows_.Open(), at_);
  }

 private:
  class Cursor final : public change::RowCursor {
   public:
    Cursor(std::unique_ptr<change::RowCursor> rows, const std::function<Status(size_t)>& at)
        : rows_(std::move(rows)), at_(at) {}
    Result<const RowChange*> Next() override {
      BINSEEK_RETURN_IF_ERROR(at_(next_++));
      return rows_->Next();
    }

   private:
    const std::unique_ptr<change::RowCursor> rows_;
    const std::function<Status(size_t)>& at_;
    size_t next_ = 0;
  };

  const change::RowVector rows_;
  const std::function<Status(size_t)> at_;
};

// An engine with an index for each of the tables shop.items and shop.boxes (id, name, stock), and an applier of pieces to it.
class Site {
 public:
  explicit Site(uint64_t piece_bytes, std::shared_ptr<store::RamDirectory> directory = nullptr)
      : piece_bytes_(piece_bytes),
        directory_(directory != nullptr ? std::move(directory)
                                        : std::make_shared<store::RamDirectory>()) {
    auto state = StateStore::Open(":memory:");
    EXPECT_OK(state);
    state_ = std::move(*state);
    Open();
  }

  void Open() {
    applier_.reset();
    sink_.reset();
    engine_.reset();
    index::EngineOptions options;
    options.directory = directory_;
    options.memory_limit_bytes = 64 << 10;
    options.before_commit = [this] { return state_->Flush(); };
    auto engine = index::Engine::Open(std::move(options));
    ASSERT_OK(engine);
    engine_ = std::move(*engine);
    sink_ = std::make_unique<EngineSink>(engine_.get());
    for (const char* name : {"items", "boxes"}) {
      auto schema = std::make_shared<change::TableSchema>();
      schema->database = "shop";
      schema->table = name;
      schema->columns.resize(3);
      schema->columns[0].name = "id";
      schema->columns[1].name = "name";
      schema->columns[1].type = change::ColumnType::kVarchar;
      schema->columns[2].name = "stock";
      schema->key = {0};
      const auto id = sink_->EnsureIndex(name, *mapper::DeriveMapping(*schema));
      ASSERT_OK(id);
      ASSERT_OK(mapper_.Bind(schema, *id, sink_->MappingOf(*id)));
      TableCheckpoint table;
      table.schema = schema;
      table.index = name;
      table.index_id = *id;
      tables_.Follow(table);
      schemas_[name] = schema;
      ids_[name] = *id;
    }
    ApplierOptions to;
    to.sink = sink_.get();
    to.mapper = &mapper_;
    to.tables = &tables_;
    to.state = state_.get();
    to.stored_rows = [this] { return std::make_unique<EngineRows>(engine_->View()); };
    to.progress = &progress_;
    to.piece_bytes = piece_bytes_;
    const std::string stored = sink_->Checkpoint("source/0");
    auto checkpoint = stored.empty() ? Result<Checkpoint>(Checkpoint()) : DecodeCheckpoint(stored);
    ASSERT_OK(checkpoint);
    applier_.emplace(to, *checkpoint);
  }

  // As a crash does: what was not committed is gone.
  void Crash() {
    applier_.reset();
    sink_.reset();
    engine_.reset();
    directory_->DropUnsynced();
    Open();
  }

  RowChange Row(RowChangeKind kind, int64_t id, int64_t stock, const std::string& table = "items",
                const std::string& name = "a name") const {
    const RowImage image = {Value::Int(id), Value::Bytes(ValueKind::kText, name),
                            Value::Int(stock)};
    RowChange row{kind, schemas_.at(table), {}, {}};
    (kind == RowChangeKind::kDelete ? row.before : row.after) = image;
    return row;
  }
  std::vector<RowChange> Inserts(int64_t from, int64_t to) const {
    std::vector<RowChange> rows;
    for (int64_t i = from; i < to; ++i) {
      rows.push_back(Row(RowChangeKind::kInsert, i, i));
    }
    return rows;
  }

  size_t Count(const index::EngineView& view, const std::string& name = "items") const {
    return view.Find(name)->live_docs();
  }
  size_t Count(const std::string& name = "items") const { return Count(*engine_->View(), name); }

  // _id -> version and _source.
  std::map<std::string, std::string> Documents(const std::string& name) const {
    std::map<std::string, std::string> all;
    const auto view = engine_->View();
    const index::IndexView* index = view->Find(name);
    for (uint32_t ordinal = 0; ordinal < index->segments.size(); ++ordinal) {
      const index::SegmentView& segment = *index->segments[ordinal];
      for (index::DocId doc = 0; doc < segment.max_doc(); ++doc) {
        if (segment.IsLive(doc)) {
          std::string& text = all[std::string(segment.segment().Key(doc))];
          text = std::to_string(segment.System(doc).version.value_or(-1)) + " ";
          EXPECT_OK(index::AppendSource(*index, {ordinal, doc}, &text));
        }
      }
    }
    return all;
  }

  uint64_t StoredOrdinal() const {
    const std::string stored = sink_->Checkpoint("source/0");
    return stored.empty() ? 0 : DecodeCheckpoint(stored)->place.ordinal;
  }

  const uint64_t piece_bytes_;
  std::shared_ptr<store::RamDirectory> directory_;
  std::unique_ptr<StateStore> state_;
  std::unique_ptr<index::Engine> engine_;
  std::unique_ptr<EngineSink> sink_;
  mapper::TableMapper mapper_;
  FollowedTables tables_;
  ApplyProgress progress_;
  std::map<std::string, std::shared_ptr<const change::TableSchema>> schemas_;
  std::map<std::string, index::IndexId> ids_;
  std::optional<Applier> applier_;
};

change::Transaction MakeTransaction(uint64_t ordinal,
                                    std::shared_ptr<const change::RowSequence> rows) {
  change::Transaction transaction;
  transaction.ordinal = ordinal;
  transaction.position.end = {"binlog.000001", ordinal * 100};
  transaction.rows = std::move(rows);
  return transaction;
}

change::Transaction MakeTransaction(uint64_t ordinal, std::vector<RowChange> rows) {
  return MakeTransaction(ordinal, std::make_shared<change::RowVector>(std::move(rows)));
}

TEST(LargeTransactionTest, NothingOfItIsSeenBeforeItsEndAndThenAllWithItsCheckpoint) {
  Site site(kPieceBytes);
  ASSERT_OK(site.applier_->Apply(MakeTransaction(1, site.Inserts(0, 10))));
  std::vector<RowChange> rows = site.Inserts(10, 3000);
  for (int64_t i = 0; i < 500; ++i) {
    rows.push_back(site.Row(RowChangeKind::kInsert, i, i, "boxes"));
  }
  rows.push_back(site.Row(RowChangeKind::kDelete, 0, 0));
  uint64_t seen_operations = 0;
  const auto watched = std::make_shared<WatchedRows>(rows, [&](size_t) {
    EXPECT_EQ(site.Count("items"), 10U);
    EXPECT_EQ(site.Count("boxes"), 0U);
    EXPECT_EQ(site.StoredOrdinal(), 1U);
    EXPECT_EQ(site.progress_.rows, rows.size());
    seen_operations = site.progress_.operations;
    return Status::Ok();
  });
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      const auto view = site.engine_->View();
      const std::pair counts(site.Count(*view, "items"), site.Count(*view, "boxes"));
      EXPECT_TRUE(counts == std::pair(size_t{10}, size_t{0}) ||
                  counts == std::pair(size_t{2999}, size_t{500}))
          << counts.first << " and " << counts.second;
    }
  });
  EXPECT_OK(site.applier_->Apply(MakeTransaction(2, watched)));
  stop = true;
  reader.join();
  EXPECT_GT(seen_operations, rows.size() / 2) << "it has to come in pieces";
  EXPECT_EQ(site.progress_.rows, 0U);
  EXPECT_EQ(site.Count("items"), 2999U);
  EXPECT_EQ(site.Count("boxes"), 500U);
  EXPECT_EQ(site.StoredOrdinal(), 2U);
  ASSERT_OK(site.engine_->Commit());
  site.Crash();
  EXPECT_EQ(site.Count("items"), 2999U);
  EXPECT_EQ(site.StoredOrdinal(), 2U);
}

TEST(LargeTransactionTest, ACrashBeforeItsEndLeavesNothingAndItsReplayCompletesIt) {
  Site site(kPieceBytes);
  ASSERT_OK(site.applier_->Apply(MakeTransaction(1, site.Inserts(0, 10))));
  const std::vector<RowChange> rows = site.Inserts(5, 3000);
  const auto broken = std::make_shared<WatchedRows>(rows, [&](size_t row) {
    if (row == 2000) {  // commits go on meanwhile
      EXPECT_OK(site.engine_->Commit());
    }
    return row == 2500 ? Status::IoError("the disk is gone") : Status::Ok();
  });
  EXPECT_STATUS(site.applier_->Apply(MakeTransaction(2, broken)), kIoError);
  EXPECT_EQ(site.applier_->place().ordinal, 1U);
  EXPECT_EQ(site.Count(), 10U);
  EXPECT_OK(site.applier_->Apply(MakeTransaction(2, site.Inserts(0, 0)))) << "the index is free";
  site.Crash();
  EXPECT_EQ(site.Count(), 10U);
  EXPECT_EQ(site.StoredOrdinal(), 1U);
  ASSERT_OK(site.applier_->Apply(MakeTransaction(2, rows)));
  EXPECT_EQ(site.Count(), 3000U);
}

TEST(LargeTransactionTest, WhoIsAskedToStopLeavesNothingOfIt) {
  Site site(kPieceBytes);
  std::stop_source stop;
  const auto rows = std::make_shared<WatchedRows>(site.Inserts(0, 3000), [&](size_t row) {
    if (row == 1500) {
      stop.request_stop();
    }
    EXPECT_LT(row, 2500U);
    return Status::Ok();
  });
  EXPECT_STATUS(site.applier_->Apply(MakeTransaction(1, rows), stop.get_token()), kAborted);
  EXPECT_EQ(site.Count(), 0U);
  EXPECT_EQ(site.StoredOrdinal(), 0U);
  // A small one is not worth it.
  EXPECT_OK(site.applier_->Apply(MakeTransaction(1, site.Inserts(0, 3)), stop.get_token()));
}

// The committer forgets tombstones after each commit, in its own thread.
TEST(LargeTransactionTest, CommitsAndTombstonesDoNotWaitForIt) {
  Site site(kPieceBytes);
  ASSERT_OK(site.applier_->Apply(
      MakeTransaction(1, {site.Row(RowChangeKind::kDelete, 9999, 0),
                          site.Row(RowChangeKind::kDelete, 9999, 0, "boxes")})));
  ASSERT_EQ(site.engine_->tombstones(), 2U);
  const auto forget = [&] {
    for (const auto& [name, id] : site.ids_) {
      site.sink_->ForgetTombstones(id, change::VersionOf(2, 0));
    }
  };
  bool asked = false;
  const auto rows = std::make_shared<WatchedRows>(site.Inserts(0, 3000), [&](size_t row) {
    if (row == 2500) {
      asked = true;
      auto committed = std::async(std::launch::async, [&] {
        EXPECT_OK(site.engine_->Commit());
        forget();
      });
      EXPECT_EQ(committed.wait_for(std::chrono::seconds(20)), std::future_status::ready);
      EXPECT_EQ(site.engine_->tombstones(), 1U) << "that of the other index goes";
    }
    return Status::Ok();
  });
  ASSERT_OK(site.applier_->Apply(MakeTransaction(2, rows)));
  ASSERT_TRUE(asked);
  EXPECT_EQ(site.Count(), 3000U);
  forget();
  EXPECT_EQ(site.engine_->tombstones(), 0U);
}

TEST(LargeTransactionTest, TheTruncationOfALargeTableIsSeenInOneStepWithWhatFollowsIt) {
  Site site(kPieceBytes);
  ASSERT_OK(site.applier_->Apply(MakeTransaction(1, site.Inserts(0, 3000))));
  ASSERT_OK(
      site.applier_->Apply(MakeTransaction(2, {site.Row(RowChangeKind::kInsert, 1, 1, "boxes")})));
  change::Transaction transaction =
      MakeTransaction(3, std::make_shared<WatchedRows>(site.Inserts(3000, 3010), [&](size_t) {
                        EXPECT_EQ(site.Count(), 3000U);
                        EXPECT_EQ(site.progress_.operations, 3000U);
                        return Status::Ok();
                      }));
  transaction.table_events.push_back(
      {change::TableEvent::Kind::kTruncate, "shop", "items", "TRUNCATE items", {}});
  std::atomic<bool> stop{false};
  std::thread reader([&] {
    while (!stop) {
      const size_t count = site.Count();
      EXPECT_TRUE(count == 3000 || count == 10) << count;
    }
  });
  EXPECT_OK(site.applier_->Apply(transaction));
  stop = true;
  reader.join();
  EXPECT_EQ(site.Count(), 10U);
  EXPECT_EQ(site.Count("boxes"), 1U);
  EXPECT_EQ(site.StoredOrdinal(), change::LastOrdinalOf(transaction));
}

// What earlier pieces made of a row, the mapper does not see.
TEST(LargeTransactionTest, ItsRowsWithoutAllColumnsAreReadBehindTheFirstPiece) {
  Site site(kPieceBytes);
  const auto partial = [&](int64_t id) {
    RowChange row = site.Row(RowChangeKind::kUpdate, id, 0);
    row.before = {Value::Int(id), Value::Absent(), Value::Absent()};
    row.after = {Value::Absent(), Value::Bytes(ValueKind::kText, "new"), Value::Absent()};
    return row;
  };
  ASSERT_OK(site.applier_->Apply(MakeTransaction(1, site.Inserts(0, 10))));
  std::vector<RowChange> rows = {partial(1)};
  for (RowChange& row : site.Inserts(10, 3000)) {
    rows.push_back(std::move(row));
  }
  rows.push_back(partial(2));
  rows.push_back(partial(2990));
  ASSERT_OK(site.applier_->Apply(MakeTransaction(2, std::move(rows))));
  const auto documents = site.Documents("items");
  EXPECT_THAT(documents.at("1"), ::testing::HasSubstr("new"));
  EXPECT_THAT(documents.at("2"), ::testing::Not(::testing::HasSubstr("new")));
  EXPECT_THAT(documents.at("2990"), ::testing::Not(::testing::HasSubstr("new")));
  const std::vector<snapshot::KeyCells> pending = {{"2"}, {"2990"}};
  EXPECT_EQ(site.tables_.Find("shop.items")->pending_keys, pending);
  EXPECT_EQ(
      DecodeCheckpoint(site.sink_->Checkpoint("source/0"))->tables.at("shop.items").pending_keys,
      pending);
}

TEST(LargeTransactionTest, ItsRejectedRowsAreDeadLettersWithItsEnd) {
  Site site(kPieceBytes);
  std::vector<RowChange> rows = site.Inserts(0, 3000);
  rows[100].after[0] = Value::Null();
  rows[2900].after[0] = Value::Null();
  const auto watched = std::make_shared<WatchedRows>(rows, [&](size_t) {
    EXPECT_EQ(site.state_->dead_letter_count(), 0U) << "of what is not passed over";
    return Status::Ok();
  });
  ASSERT_OK(site.applier_->Apply(MakeTransaction(1, watched)));
  EXPECT_EQ(site.Count(), 2998U);
  ASSERT_OK(site.engine_->Commit());
  const auto letters = site.state_->DeadLetters(10);
  ASSERT_OK(letters);
  ASSERT_EQ(letters->size(), 1U) << "one key, one place";
  EXPECT_EQ((*letters)[0].count, 2U);
}

class LargeTransactionsTest : public test::SeededTest {};

// The same transactions as one batch each of rows in memory, and as pieces of rows in a file.
TEST_F(LargeTransactionsTest, PiecesOfSpilledRowsLeaveWhatWholeTransactionsDo) {
  const test::TempFolder folder;
  binlog::SpillOptions spill;
  spill.folder = folder.path();
  spill.memory_bytes = 1 << 10;
  Site whole(mapper::RowMapper::kWhole);
  Site pieces(5000);
  std::map<std::string, std::map<int64_t, int64_t>> stocks;  // by table and id
  for (uint64_t ordinal = 1; ordinal <= Iterations(20); ++ordinal) {
    std::vector<RowChange> rows;
    change::Transaction transaction;
    transaction.position.end = {"binlog.000001", ordinal * 100};
    if (OneIn(6)) {
      transaction.table_events.push_back(
          {change::TableEvent::Kind::kTruncate, "shop", "items", "TRUNCATE items", {}});
      stocks["items"].clear();
    }
    for (uint64_t n = Uniform(400); n > 0; --n) {
      const std::string table = OneIn(2) ? "items" : "boxes";
      const auto id = static_cast<int64_t>(Uniform(200));
      const auto stock = static_cast<int64_t>(Uniform(1000));
      const auto there = stocks[table].find(id);
      if (there == stocks[table].end()) {
        stocks[table][id] = stock;
        if (!OneIn(5)) {  // else: a row that no snapshot has brought yet
          rows.push_back(whole.Row(RowChangeKind::kInsert, id, stock, table));
        }
      } else if (OneIn(4)) {
        rows.push_back(whole.Row(RowChangeKind::kDelete, id, there->second, table));
        stocks[table].erase(there);
      } else {
        RowChange row = whole.Row(RowChangeKind::kUpdate, id, stock, table,
                                  OneIn(3) ? "another name" : "a name");
        row.before = whole.Row(RowChangeKind::kInsert, id, there->second, table).after;
        rows.push_back(row);
        there->second = stock;
      }
    }
    transaction.ordinal = ordinal;
    transaction.rows = std::make_shared<change::RowVector>(rows);
    ASSERT_OK(whole.applier_->Apply(transaction));
    binlog::RowBuffer buffer(&spill);
    for (RowChange& row : rows) {
      row.table = pieces.schemas_.at(row.table->table);
      ASSERT_OK(buffer.Add(row));
    }
    const auto spilled = buffer.Take();
    ASSERT_OK(spilled);
    transaction.rows = *spilled;
    ASSERT_OK(pieces.applier_->Apply(transaction));
    for (const char* table : {"items", "boxes"}) {
      ASSERT_EQ(pieces.Documents(table), whole.Documents(table)) << "behind " << ordinal;
    }
    if (OneIn(4)) {
      ASSERT_OK(pieces.engine_->Commit());
      pieces.Crash();
    }
  }
}

}  // namespace
}  // namespace binseek::pipeline
