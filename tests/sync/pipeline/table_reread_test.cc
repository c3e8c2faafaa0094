// A table that is read again in place, against a model of its server: whatever comes between what, the index ends equal to the table.
#include "sync/pipeline/table_reread.h"

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
#include "sync/mapper/table_mapper.h"
#include "sync/mapper/table_mapping.h"
#include "sync/pipeline/applier.h"
#include "sync/pipeline/engine_sink.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::pipeline {
namespace {

using change::RowChangeKind;
using change::Value;
using change::ValueKind;

constexpr char kTable[] = "shop.items";

std::shared_ptr<const change::TableSchema> ItemsSchema() {
  auto schema = std::make_shared<change::TableSchema>();
  schema->database = "shop";
  schema->table = "items";
  for (const char* name : {"id", "name", "stock"}) {
    change::Column& column = schema->columns.emplace_back();
    column.name = name;
    column.type =
        std::string(name) == "name" ? change::ColumnType::kVarchar : change::ColumnType::kInt;
    column.charset = column.type == change::ColumnType::kVarchar ? "utf8mb4" : "";
    column.length = 50;
  }
  schema->key = {0};
  return schema;
}

// What is in a row beside its key.
struct Item {
  std::string name;
  int stock = 0;
  bool operator==(const Item&) const = default;
};
using Items = std::map<int, Item>;

change::RowImage ImageOf(int id, const Item& item) {
  return {Value::Int(id), Value::Bytes(ValueKind::kText, item.name), Value::Int(item.stock)};
}

struct Change {
  std::optional<std::pair<int, Item>> before;
  std::optional<std::pair<int, Item>> after;
};

struct Logged {
  std::vector<Change> changes;
  bool unseen = false;  // tells that rows have changed that no one logged
};

// A server of one table. Transactions are in its log, all or from some place on, or have passed it by.
struct Server {
  Items items;
  std::vector<Logged> log;
  size_t purged = 0;  // transactions at the front of the log that cannot be had
  int history = 0;    // another one has nothing to do with this

  change::BinlogPosition End() const { return At(log.size()); }
  static change::BinlogPosition At(size_t transactions) {
    return {"binlog.000001", transactions + 1};
  }
  static size_t TransactionsAt(const change::BinlogPosition& position) {
    return position.offset - 1;
  }
};

// What a supervisor does, one step at a time, with the pieces that it does it with.
class Follower {
 public:
  Follower(Server* server, std::shared_ptr<store::RamDirectory> directory)
      : server_(server), directory_(std::move(directory)), schema_(ItemsSchema()) {
    Open();
  }

  void Open() {
    auto state = StateStore::Open(":memory:");
    ASSERT_OK(state);
    state_ = std::move(*state);
    index::EngineOptions options;
    options.directory = directory_;
    auto engine = index::Engine::Open(std::move(options));
    ASSERT_OK(engine);
    engine_ = std::move(*engine);
    sink_.emplace(engine_.get());
    Checkpoint checkpoint;
    const std::string stored = sink_->Checkpoint(CheckpointKey({}));
    if (!stored.empty()) {
      auto decoded = DecodeCheckpoint(stored);
      ASSERT_OK(decoded);
      checkpoint = *std::move(decoded);
    } else {
      checkpoint.place.position = PositionOf(server_->End());
      checkpoint.place.server = std::to_string(server_->history);
      TableCheckpoint table;
      table.schema = schema_;
      table.index = "items";
      const auto id = sink_->EnsureIndex("items", *mapper::DeriveMapping(*schema_));
      ASSERT_OK(id);
      table.index_id = *id;
      table.captured_from = server_->End();
      checkpoint.tables[kTable] = std::move(table);
    }
    Follow(checkpoint.tables.at(kTable));
    GoOnFrom(checkpoint);
  }

  // As a crash does: what was not committed is gone.
  void Crash() {
    applier_.reset();
    sink_.reset();
    engine_.reset();
    directory_->DropUnsynced();
    tables_.emplace();
    mapper_.emplace();
    Open();
  }

  void Commit() {
    ASSERT_OK(engine_->Commit());
    const uint64_t settled = open_.empty() ? last_ordinal_ : std::min(open_.front(), last_ordinal_);
    sink_->ForgetTombstones(tables_->Find(kTable)->index_id, change::VersionOf(settled + 1, 0));
  }

  bool IsLost() const {
    return applier_->place().server != std::to_string(server_->history) || next_ < server_->purged;
  }
  bool HasNext() const { return next_ < server_->log.size(); }

  void StreamStep() {
    if (IsLost()) {
      const StreamPlace lost = applier_->place();
      Checkpoint anew;
      anew.place = PlaceBehind(lost, PositionOf(server_->End()));
      anew.place.server = std::to_string(server_->history);
      BeginAgain(anew.place.ordinal);
      GoOnFrom(anew);
    } else if (HasNext()) {
      TakeTransaction(server_->log[next_]);
    }
  }

  // What the snapshot's thread does next: begins with a table, opens a window, reads, one at a time.
  void SnapshotStep(uint64_t limit) {
    if (!task_) {
      if (!to_read_ || Reached() < tables_->Find(kTable)->captured_from) {
        return;
      }
      task_ = tables_->AwaitTask(100, {});
      after_ = task_->after;
    } else if (!window_) {
      if (!tables_->IsCurrent(kTable, task_->generation)) {
        task_.reset();
        return;
      }
      window_ = last_ordinal_;
      open_.push_back(last_ordinal_);
    } else {
      ReadChunk(limit);
    }
  }

  void ApplyStep() {
    if (!chunks_.empty() && !(Reached() < chunks_.front().chunk.high)) {
      ASSERT_OK(applier_->ApplyChunk(chunks_.front()));
      chunks_.pop_front();
      open_.pop_front();
    }
  }

  void SweepStep() { ASSERT_OK(applier_->Sweep()); }

  bool IsDone() const { return !IsLost() && !HasNext() && tables_->Find(kTable)->snapshot_done; }

  std::map<std::string, std::string> Documents() const {
    std::map<std::string, std::string> all;
    const auto view = engine_->View();
    const index::IndexView& index = *view->Find("items");
    for (uint32_t ordinal = 0; ordinal < index.segments.size(); ++ordinal) {
      const index::SegmentView& segment = *index.segments[ordinal];
      for (index::DocId doc = 0; doc < segment.max_doc(); ++doc) {
        if (segment.IsLive(doc)) {
          EXPECT_OK(index::AppendSource(index, {ordinal, doc},
                                        &all[std::string(segment.segment().Key(doc))]));
        }
      }
    }
    return all;
  }

  TableStatus Status() const { return tables_->Status().at(0); }

 private:
  static change::SourcePosition PositionOf(change::BinlogPosition binlog) {
    change::SourcePosition position;
    position.binlog = std::move(binlog);
    return position;
  }

  change::BinlogPosition Reached() const { return Server::At(next_); }

  void Follow(TableCheckpoint table) {
    ASSERT_OK(mapper_->Bind(table.schema, table.index_id, sink_->MappingOf(table.index_id),
                            table.sweep_below));
    to_read_ = !table.snapshot_done;
    tables_->Follow(std::move(table));
  }

  void BeginAgain(uint64_t ordinal) {
    Follow(ReadAgain(*tables_->Find(kTable), {ordinal, server_->End(), 1, "it was asked for"}));
  }

  void GoOnFrom(const Checkpoint& checkpoint) {
    next_ = Server::TransactionsAt(checkpoint.place.position.binlog);
    last_ordinal_ = checkpoint.place.ordinal;
    task_.reset();
    window_.reset();
    open_.clear();
    chunks_.clear();
    ApplierOptions options;
    options.sink = &*sink_;
    options.mapper = &*mapper_;
    options.tables = &*tables_;
    options.state = state_.get();
    options.stored_rows = [this] {
      return std::make_unique<EngineRows>(engine_->View(), tables_->Stale());
    };
    options.sweep_keys = 2;
    applier_.emplace(options, checkpoint);
    ASSERT_OK(applier_->ApplyCheckpoint());
  }

  void TakeTransaction(const Logged& logged) {
    change::Transaction transaction;
    transaction.ordinal = last_ordinal_ + 1;
    transaction.position.end = Server::At(next_ + 1);
    std::vector<change::RowChange> rows;
    if (const auto schema = tables_->SchemaFor("shop", "items", Reached())) {
      for (const Change& change : logged.changes) {
        change::RowChange& row = rows.emplace_back();
        row.kind = !change.before  ? RowChangeKind::kInsert
                   : !change.after ? RowChangeKind::kDelete
                                   : RowChangeKind::kUpdate;
        row.table = schema;
        row.before = change.before ? ImageOf(change.before->first, change.before->second)
                                   : change::RowImage();
        row.after =
            change.after ? ImageOf(change.after->first, change.after->second) : change::RowImage();
      }
    }
    transaction.rows = std::make_shared<change::RowVector>(std::move(rows));
    if (logged.unseen) {
      transaction.table_events.emplace_back().kind = change::TableEvent::Kind::kUnseenRows;
    }
    last_ordinal_ = change::LastOrdinalOf(transaction);
    ++next_;
    if (logged.unseen && !BeginsBehind(*tables_->Find(kTable), transaction.position.end)) {
      BeginAgain(last_ordinal_);
    }
    ASSERT_OK(applier_->Apply(transaction));
    tables_->Passed(Reached());
  }

  void ReadChunk(uint64_t limit) {
    ReadyChunk ready;
    ready.table = kTable;
    ready.generation = task_->generation;
    ready.chunk.low_ordinal = *std::exchange(window_, std::nullopt);
    ready.chunk.high = server_->End();
    snapshot::ChunkRows& content = ready.chunk.content;
    content.last_key = after_;
    std::vector<change::RowChange> rows;
    auto it =
        after_.empty() ? server_->items.begin() : server_->items.upper_bound(std::stoi(after_[0]));
    for (; it != server_->items.end() && rows.size() < limit; ++it) {
      rows.push_back({RowChangeKind::kRead, task_->schema, {}, ImageOf(it->first, it->second)});
      content.last_key = {std::to_string(it->first)};
    }
    content.last = rows.size() < limit;
    content.rows = std::make_shared<const change::RowVector>(std::move(rows));
    after_ = content.last_key;
    if (content.last) {
      tables_->ReadToEnd(kTable, task_->generation);
      to_read_ = to_read_ && !tables_->IsCurrent(kTable, task_->generation);
      task_.reset();
    }
    chunks_.push_back(std::move(ready));
  }

  Server* const server_;
  const std::shared_ptr<store::RamDirectory> directory_;
  const std::shared_ptr<const change::TableSchema> schema_;
  std::unique_ptr<StateStore> state_;
  std::unique_ptr<index::Engine> engine_;
  std::optional<EngineSink> sink_;
  std::optional<FollowedTables> tables_{std::in_place};
  std::optional<mapper::TableMapper> mapper_{std::in_place};
  std::optional<Applier> applier_;

  size_t next_ = 0;  // of the server's log
  uint64_t last_ordinal_ = 0;
  bool to_read_ = false;  // the table, from some place on, and nobody has begun
  std::optional<SnapshotTask> task_;
  snapshot::KeyCells after_;
  std::optional<uint64_t> window_;  // of the chunk that is to be read
  std::deque<uint64_t> open_;
  std::deque<ReadyChunk> chunks_;
};

class TableRereadTest : public test::SeededTest {
 protected:
  // Nobody changes these: searches must find them at any time.
  static constexpr int kPillars[] = {1, 20, 99};

  Change RandomChange() {
    const int id = 2 + static_cast<int>(Uniform(17));
    const auto it = server_.items.find(id);
    Change change;
    if (it != server_.items.end()) {
      change.before = *it;
    }
    const uint64_t kind = Uniform(6);
    if (change.before && kind == 0) {
      server_.items.erase(it);
      return change;
    }
    Item item = change.before ? change.before->second : Item{"new", 0};
    item.stock = static_cast<int>(Uniform(1000));
    if (kind >= 4 || !change.before) {
      item.name = "name" + std::to_string(Uniform(1000));
    }
    int to = id;
    if (change.before && kind == 1) {
      to = 2 + static_cast<int>(Uniform(17));
      if (server_.items.count(to) != 0) {
        to = id;
      }
      server_.items.erase(id);
    }
    server_.items[to] = item;
    change.after = {to, item};
    return change;
  }

  void ChangeUnlogged() {
    for (uint64_t n = 1 + Uniform(4); n > 0; --n) {
      RandomChange();
    }
  }

  void ServerStep() {
    const uint64_t kind = Uniform(40);
    if (kind == 0) {
      ChangeUnlogged();  // a RESET, a failover, a restored backup
      server_.log.clear();
      server_.purged = 0;
      ++server_.history;
    } else if (kind == 1) {
      server_.purged = server_.log.size();
    } else {
      Logged logged;
      logged.unseen = kind < 5;
      if (logged.unseen) {
        ChangeUnlogged();
      }
      for (uint64_t n = logged.unseen ? Uniform(3) : 1 + Uniform(3); n > 0; --n) {
        logged.changes.push_back(RandomChange());
      }
      server_.log.push_back(std::move(logged));
    }
  }

  std::map<std::string, std::string> Expected() const {
    std::map<std::string, std::string> all;
    for (const auto& [id, item] : server_.items) {
      all[std::to_string(id)] = "{\"id\":" + std::to_string(id) + ",\"name\":\"" + item.name +
                                "\",\"stock\":" + std::to_string(item.stock) + "}";
    }
    return all;
  }

  void Drain(Follower* follower) {
    for (int steps = 0; !follower->IsDone(); ++steps) {
      ASSERT_LT(steps, 10'000) << "it does not come to an end";
      follower->StreamStep();
      follower->SnapshotStep(3);
      follower->ApplyStep();
      follower->SweepStep();
    }
    EXPECT_EQ(follower->Documents(), Expected());
    EXPECT_EQ(follower->Status().state, TableState::kLive);
    EXPECT_EQ(follower->Status().stale_since_us, 0);
    EXPECT_EQ(follower->Status().stale_why, "");
  }

  void Begin(Follower* follower) {
    Drain(follower);
    follower->Commit();
  }

  Server server_;
  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
};

TEST_F(TableRereadTest, EndsEqualWhateverComesBetweenAndShowsWhatIsThereAllTheTime) {
  for (const int id : kPillars) {
    server_.items[id] = {"pillar", id};
  }
  for (uint64_t i = 0; i < 10; ++i) {
    RandomChange();
  }
  Follower follower(&server_, directory_);
  Begin(&follower);
  const auto pillars = [&] {
    const auto expected = Expected();
    for (const int id : kPillars) {
      const std::string key = std::to_string(id);
      ASSERT_EQ(follower.Documents()[key], expected.at(key)) << "a search would have missed it";
    }
  };
  uint64_t equal = 0;
  for (uint64_t step = Iterations(4000); step > 0 && !HasFatalFailure(); --step) {
    switch (Uniform(12)) {
      case 0:
      case 1:
        ServerStep();
        break;
      case 2:
      case 3:
      case 4:
        follower.StreamStep();
        break;
      case 5:
      case 6:
      case 7:
        follower.SnapshotStep(1 + Uniform(6));
        break;
      case 8:
      case 9:
        follower.ApplyStep();
        break;
      case 10:
        follower.SweepStep();
        break;
      default:
        if (OneIn(3)) {
          follower.Commit();
        } else if (OneIn(6)) {
          follower.Crash();
        }
    }
    pillars();
    if (follower.IsDone()) {
      ASSERT_EQ(follower.Documents(), Expected()) << "and nothing is left to come";
      ++equal;
    }
    if (OneIn(200)) {
      Drain(&follower);
    }
  }
  Drain(&follower);
  EXPECT_GT(equal, 0U);
}

TEST_F(TableRereadTest, ARowDeletedUnseenIsFoundUntilTheEndAndThenSwept) {
  server_.items = {{1, {"stays", 1}}, {2, {"goes", 2}}, {3, {"changes", 3}}};
  Follower follower(&server_, directory_);
  Begin(&follower);
  server_.items.erase(2);
  server_.items[3].name = "changed";
  server_.log.push_back({{}, true});
  follower.StreamStep();
  EXPECT_EQ(follower.Documents().size(), 3U);
  EXPECT_EQ(follower.Status().stale_since_us, 1);
  EXPECT_EQ(follower.Status().stale_why, "it was asked for");
  for (int i = 0; i < 3; ++i) {
    follower.SnapshotStep(10);
  }
  follower.ApplyStep();
  EXPECT_EQ(follower.Documents().size(), 3U) << "the sweep has not begun";
  EXPECT_FALSE(follower.IsDone());
  follower.SweepStep();
  EXPECT_EQ(follower.Documents(), Expected());
  EXPECT_FALSE(follower.IsDone()) << "more could have come";
  follower.SweepStep();
  EXPECT_TRUE(follower.IsDone());
}

TEST_F(TableRereadTest, ACrashWithinTheSweepGoesOnWithIt) {
  for (int id = 1; id <= 9; ++id) {
    server_.items[id] = {"item", id};
  }
  Follower follower(&server_, directory_);
  Begin(&follower);
  server_.items.erase(server_.items.begin(), server_.items.find(8));
  server_.log.push_back({{}, true});
  follower.StreamStep();
  for (int i = 0; i < 3; ++i) {
    follower.SnapshotStep(10);
  }
  follower.ApplyStep();
  follower.SweepStep();
  EXPECT_EQ(follower.Documents().size(), 7U) << "a piece of two keys";
  follower.Commit();
  follower.SweepStep();
  follower.Crash();
  EXPECT_EQ(follower.Documents().size(), 7U);
  EXPECT_FALSE(follower.IsDone());
  Drain(&follower);
}

TEST_F(TableRereadTest, WhatAChunkBroughtJustBeforeTheNewBeginningIsOfBefore) {
  server_.items = {{1, {"stays", 1}}, {2, {"goes", 2}}};
  Follower follower(&server_, directory_);
  Begin(&follower);  // by a chunk that no transaction came behind
  server_.items.erase(2);
  ++server_.history;
  Drain(&follower);
}

TEST_F(TableRereadTest, WhatTheTransactionBroughtThatSaysSoIsOfBefore) {
  server_.items = {{1, {"stays", 1}}};
  Follower follower(&server_, directory_);
  Begin(&follower);
  const std::pair<int, Item> comes_and_goes = {2, {"comes and goes", 2}};
  server_.log.push_back({{{std::nullopt, comes_and_goes}}, true});
  server_.log.push_back({{{comes_and_goes, std::nullopt}}, false});
  Drain(&follower);
}

TEST_F(TableRereadTest, APartOfADocumentOfBeforeIsNotUpdatedAlone) {
  server_.items[1] = {"before", 1};
  Follower follower(&server_, directory_);
  Begin(&follower);
  server_.items[1].name = "unseen";
  server_.log.push_back({{}, true});
  follower.StreamStep();
  const Item unseen = server_.items[1];
  server_.items[1].stock = 7;
  server_.log.push_back({{{{{1, unseen}}, {{1, server_.items[1]}}}}, false});
  follower.StreamStep();
  EXPECT_EQ(follower.Documents(), Expected());
  Drain(&follower);
}

}  // namespace
}  // namespace binseek::pipeline
