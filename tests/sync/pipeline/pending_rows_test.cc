// Partial images from a server that is a model: its log runs ahead of what it shows, rows are read between watermarks at any time, the
// process dies in between, and the index ends equal to the table.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/mapper/row_key.h"
#include "sync/mapper/table_mapper.h"
#include "sync/mapper/table_mapping.h"
#include "sync/pipeline/applier.h"
#include "sync/pipeline/engine_sink.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/partial_images.h"
#include "tests/sync/mapper/source_oracle.h"

namespace binseek::pipeline {
namespace {

using change::Flavor;
using change::RowChange;
using change::RowImage;
using change::Value;
using mapper::AsLogged;
using mapper::ImageSetting;
using Rows = std::map<std::string, RowImage>;  // by id

constexpr const char* kTable = "shop.items";

// A server with one table: what it has logged, and the table as it was behind every transaction.
class ModelServer {
 public:
  ModelServer(mapper::TablePointer table, Flavor flavor, mapper::Draw draw)
      : table_(std::move(table)), flavor_(flavor), draw_(std::move(draw)) {}

  void Commit(bool truncate) {
    change::Transaction& transaction = log_.emplace_back();
    Rows rows = states_.back();
    std::vector<RowChange> logged;
    if (truncate) {
      rows.clear();
      transaction.table_events.push_back(
          {change::TableEvent::Kind::kTruncate, "shop", "items", "TRUNCATE items", {}});
    }
    const auto setting = static_cast<ImageSetting>(draw_(3));
    for (uint64_t n = truncate ? 0 : 1 + draw_(5); n > 0; --n) {
      Change(setting, &rows, &logged);
    }
    transaction.ordinal = LastOrdinal(log_.size() - 1) + 1;
    transaction.flavor = flavor_;
    transaction.position.end = {"binlog.000001", log_.size() * 100};
    transaction.rows = std::make_shared<change::RowVector>(std::move(logged));
    states_.push_back(std::move(rows));
  }

  uint64_t written() const { return log_.size(); }
  // How many transactions a SELECT sees: it follows what is written, as it likes.
  uint64_t shown() const { return shown_; }
  void Show() { shown_ += draw_(written() - shown_ + 1); }
  void ShowAll() { shown_ = written(); }
  const change::Transaction& At(uint64_t number) const { return log_[number - 1]; }
  // Of the first `written` transactions; a transaction may take several ordinals.
  uint64_t LastOrdinal(uint64_t written) const {
    return written == 0 ? 0 : change::LastOrdinalOf(log_[written - 1]);
  }
  uint64_t WrittenUpTo(uint64_t ordinal) const {
    uint64_t written = 0;
    while (written < log_.size() && LastOrdinal(written + 1) <= ordinal) {
      ++written;
    }
    return written;
  }
  const Rows& Select() const { return states_[shown_]; }

 private:
  void Change(ImageSetting setting, Rows* rows, std::vector<RowChange>* logged) {
    if (rows->empty() || draw_(4) == 0) {
      RowImage row;
      for (uint32_t i = 0; i < table_->columns.size(); ++i) {
        row.push_back(mapper::RandomValue(*table_, i, draw_));
      }
      std::set<uint32_t> named{0, 1};
      for (uint32_t i = 2; i < row.size(); ++i) {
        if (draw_(8) != 0) {
          named.insert(i);
        }
      }
      const std::string id = *mapper::DocumentId(*table_, row);
      const auto it = rows->find(id);
      const bool replace = it != rows->end();
      const RowChange whole =
          replace ? mapper::Update(table_, it->second, row) : mapper::Insert(table_, row);
      (*rows)[id] = row;
      logged->push_back(AsLogged(whole, setting, flavor_, named, replace));
      return;
    }
    const auto it = std::next(rows->begin(), static_cast<std::ptrdiff_t>(draw_(rows->size())));
    const RowImage before = it->second;
    if (draw_(8) == 0) {
      rows->erase(it);
      logged->push_back(AsLogged(mapper::Delete(table_, before), setting, flavor_, {}));
      return;
    }
    RowImage after = before;
    const bool numbers = draw_(2) == 0;
    const uint64_t from = draw_(8) == 0 ? 0 : 2;
    for (uint64_t n = 1 + draw_(3); n > 0; --n) {
      const auto ordinal =
          static_cast<uint32_t>(numbers && from != 0 ? 3 : from + draw_(after.size() - from));
      after[ordinal] = mapper::RandomValue(*table_, ordinal, draw_);
    }
    const std::string id = *mapper::DocumentId(*table_, after);
    if (id != it->first && rows->contains(id)) {
      return;
    }
    rows->erase(it);
    (*rows)[id] = after;
    logged->push_back(AsLogged(mapper::Update(table_, before, after), setting, flavor_, {}));
  }

  const mapper::TablePointer table_;
  const Flavor flavor_;
  const mapper::Draw draw_;
  std::vector<change::Transaction> log_;
  std::vector<Rows> states_{Rows()};
  uint64_t shown_ = 0;
};

class PendingRowsTest : public test::SeededTest {
 protected:
  // What the thread of a SnapshotWorker does, step by step.
  struct Reading {
    SnapshotTask task;
    uint64_t low = 0;  // transactions
  };

  void Open() {
    state_ = *StateStore::Open(":memory:");
    index::EngineOptions options;
    options.directory = directory_;
    auto engine = index::Engine::Open(std::move(options));
    ASSERT_OK(engine);
    engine_ = std::move(*engine);
    sink_.emplace(engine_.get());
    mapper_.emplace();
    tables_.emplace();
    Checkpoint checkpoint;
    if (const std::string stored = sink_->Checkpoint(CheckpointKey({})); !stored.empty()) {
      auto decoded = DecodeCheckpoint(stored);
      ASSERT_OK(decoded);
      checkpoint = std::move(*decoded);
    } else {
      TableCheckpoint table;
      table.schema = table_;
      table.index = "items";
      const auto id = sink_->EnsureIndex("items", *mapper::DeriveMapping(*table_));
      ASSERT_OK(id);
      table.index_id = *id;
      checkpoint.tables.emplace(kTable, table);
    }
    for (const auto& [name, table] : checkpoint.tables) {
      ASSERT_OK(mapper_->Bind(table.schema, table.index_id, sink_->MappingOf(table.index_id)));
      tables_->Follow(table);
    }
    ApplierOptions to;
    to.sink = &*sink_;
    to.mapper = &*mapper_;
    to.tables = &*tables_;
    to.state = state_.get();
    to.stored_rows = [this] { return std::make_unique<EngineRows>(engine_->View()); };
    applier_.emplace(std::move(to), checkpoint);
    applied_ = server_->WrittenUpTo(checkpoint.place.ordinal);
    reading_.reset();
    ready_.clear();
    after_.clear();
    const auto table = tables_->Find(kTable);
    read_to_end_ = table->snapshot_done;
    if (!read_to_end_ && !table->ranges[0].after.empty()) {
      after_ = table->ranges[0].after[0];
    }
  }

  // The process dies; what was committed is left.
  void Crash() {
    applier_.reset();
    engine_.reset();
    directory_->DropUnsynced();
    Open();
  }

  void Stream() {
    if (applied_ < server_->written()) {
      ASSERT_OK(applier_->Apply(server_->At(applied_ + 1)));
      ++applied_;
    }
  }

  // The keys first, then the low watermark, as SnapshotWorker::ReadKeys does.
  void BeginReading() {
    if (reading_) {
      return;
    }
    if (auto task = tables_->TakeKeys(1 + Uniform(4))) {
      reading_ = {std::move(*task), applied_};
    } else if (!read_to_end_) {
      reading_ = {{kTable, 1, table_, {}, {}, {}}, applied_};
    }
  }

  void EndReading() {
    if (!reading_ || server_->shown() < reading_->low) {
      return;  // the low watermark waits to be shown
    }
    ReadyChunk ready;
    ready.table = kTable;
    ready.generation = reading_->task.generation;
    ready.keys = reading_->task.keys;
    ready.chunk.low_ordinal = server_->LastOrdinal(reading_->low);
    ready.chunk.high = {"binlog.000001", server_->written() * 100};
    std::vector<RowChange> rows;
    if (ready.keys.empty()) {
      ReadBehind(&ready.chunk.content, &rows);
    } else {
      for (const auto& [id, row] : server_->Select()) {
        for (const PendingKey& key : ready.keys) {
          if (*mapper::KeyCellsOf(*table_, row) == key.cells) {
            rows.push_back(mapper::Read(table_, row));
          }
        }
      }
      ++keys_read_;
    }
    ready.chunk.content.rows = std::make_shared<change::RowVector>(std::move(rows));
    reading_.reset();
    ready_.push_back(std::move(ready));
  }

  void ReadBehind(snapshot::ChunkRows* content, std::vector<RowChange>* rows) {
    auto it = after_.empty() ? server_->Select().begin() : server_->Select().upper_bound(after_);
    for (; it != server_->Select().end() && rows->size() < 3; ++it) {
      rows->push_back(mapper::Read(table_, it->second));
      after_ = it->first;
    }
    content->last_key = {after_};
    content->last = it == server_->Select().end();
    read_to_end_ = content->last;
  }

  void TakeReady() {
    while (!ready_.empty() &&
           !(change::BinlogPosition{"binlog.000001", applied_ * 100} < ready_.front().chunk.high)) {
      ASSERT_OK(applier_->ApplyChunk(ready_.front()));
      ready_.pop_front();
    }
  }

  void ExpectEqual() {
    const auto view = engine_->View();
    const index::IndexView& index = *view->Find("items");
    for (const auto& [id, row] : server_->Select()) {
      const auto address = index.FindKey(id);
      ASSERT_TRUE(address) << id;
      std::string source;
      ASSERT_OK(index::AppendSource(index, *address, &source));
      ASSERT_EQ(source, mapper::ExpectedSource(*table_, row)) << id;
    }
    ASSERT_EQ(index.live_docs(), server_->Select().size());
    EXPECT_EQ(state_->dead_letter_count(), 0U);
    EXPECT_EQ(tables_->Status()[0].pending_keys, 0U);
  }

  void Run(Flavor flavor) {
    directory_ = std::make_shared<store::RamDirectory>();
    server_.emplace(table_, flavor, [this](uint64_t limit) { return Uniform(limit); });
    while (server_->written() < 10) {
      server_->Commit(false);  // rows from before, which are not streamed
    }
    server_->ShowAll();
    Open();
    applied_ = 10;
    const uint64_t steps = Iterations(4000);
    for (uint64_t step = 0; step < steps && !HasFatalFailure(); ++step) {
      switch (Uniform(8)) {
        case 0:
          server_->Commit(OneIn(40) && tables_->snapshot_done());
          break;
        case 1:
          server_->Show();
          break;
        case 2:
        case 3:
          Stream();
          TakeReady();
          break;
        case 4:
        case 5:
          BeginReading();
          break;
        default:
          EndReading();
          TakeReady();
      }
      if (OneIn(30)) {
        ASSERT_OK(engine_->Commit());
      }
      if (OneIn(100) && applied_ > 10) {
        Crash();
        applied_ = std::max<uint64_t>(applied_, 10);
      }
    }
    server_->ShowAll();
    for (int i = 0; (applied_ < server_->written() || reading_ || !ready_.empty() ||
                     !read_to_end_ || tables_->has_work()) &&
                    !HasFatalFailure();
         ++i) {
      ASSERT_LT(i, 10'000) << "does not come to an end";
      Stream();
      BeginReading();
      EndReading();
      TakeReady();
    }
    ASSERT_NO_FATAL_FAILURE(ExpectEqual());
    EXPECT_GT(keys_read_, 0U);
  }

  const mapper::TablePointer table_ = [] {
    auto table = std::make_shared<change::TableSchema>(*mapper::EveryKindOfColumn("items"));
    table->columns.push_back(mapper::MakeColumn("text", change::ColumnType::kText));
    return table;
  }();
  std::shared_ptr<store::RamDirectory> directory_;
  std::unique_ptr<StateStore> state_;
  std::unique_ptr<index::Engine> engine_;
  std::optional<EngineSink> sink_;
  std::optional<mapper::TableMapper> mapper_;
  std::optional<FollowedTables> tables_;
  std::optional<Applier> applier_;
  std::optional<ModelServer> server_;
  uint64_t applied_ = 0;  // transactions
  std::optional<Reading> reading_;
  std::deque<ReadyChunk> ready_;
  std::string after_;
  bool read_to_end_ = false;
  uint64_t keys_read_ = 0;
};

TEST_F(PendingRowsTest, AnIndexOfPartialImagesOfMysqlEndsEqual) { Run(Flavor::kMysql); }

TEST_F(PendingRowsTest, AnIndexOfPartialImagesOfMariadbEndsEqual) { Run(Flavor::kMariadb); }

}  // namespace
}  // namespace binseek::pipeline
