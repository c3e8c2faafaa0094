// A table that is read again in place, or rebuilt beside, against a model of its server: whatever comes between what, the index ends equal to the table.
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
#include "sync/mapper/table_layout.h"
#include "sync/mapper/table_mapping.h"
#include "sync/pipeline/applier.h"
#include "sync/pipeline/checkpoint_beside.h"
#include "sync/pipeline/engine_sink.h"
#include "sync/pipeline/generation_mapper.h"
#include "sync/pipeline/index_sink.h"
#include "tests/drills/plain_sink/plain_sink.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

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
  bool unseen = false;     // tells that rows have changed that no one logged
  bool truncates = false;  // and has no changes
  Items behind{};          // what is there then
};

// A server of one table. Transactions are in its log, all or from some place on, or have passed it by.
struct Server {
  Items items;
  std::vector<Logged> log;
  Items before;       // its first
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
  // `plain_seed` not 0: over a sink that can nothing, with its checkpoint beside it.
  Follower(Server* server, std::shared_ptr<store::RamDirectory> directory, uint64_t plain_seed = 0)
      : server_(server),
        directory_(std::move(directory)),
        plain_seed_(plain_seed),
        schema_(ItemsSchema()) {
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
    ASSERT_NO_FATAL_FAILURE(OpenSink());
    mapper_.emplace(/*whole_documents=*/plain_seed_ != 0);
    auto stored = ResumeFrom(*sink_, {});
    ASSERT_OK(stored);
    Checkpoint checkpoint = stored->value_or(Checkpoint());
    if (!stored->has_value()) {
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
    plain_.reset();
    engine_.reset();
    directory_->DropUnsynced();
    tables_.emplace();
    Open();
  }

  void Commit() {
    ASSERT_OK(sink_->Commit());
    for (const index::IndexId index : tables_->Indices()) {
      sink_->ForgetTombstones(index, change::VersionOf(Settled() + 1, 0));
    }
  }

  bool IsLost() const {
    return applier_->place().server != std::to_string(server_->history) || next_ < server_->purged;
  }
  bool HasNext() const { return next_ < server_->log.size(); }

  void StreamStep() {
    if (IsLost()) {
      const StreamPlace lost = applier_->PlaceOfLoss();
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
  void SwapStep() { ASSERT_OK(applier_->Swap()); }

  // By a user's word. Does nothing where the table is being read.
  void Resync() {
    TableCheckpoint table = *tables_->Find(kTable);
    if (IsLost() || !table.snapshot_done || table.old) {
      return;
    }
    applier_->LeaveOrdinal(++last_ordinal_);
    table.old = {table.index_id, /*is_fed=*/true, last_ordinal_, 1, "it was asked for"};
    const auto id = sink_->MakeGeneration("items", *mapper::DeriveMapping(*schema_));
    ASSERT_OK(id);
    table.index_id = *id;
    table.snapshot_done = false;
    table.snapshot_rows = 0;
    Follow(std::move(table));
    ASSERT_OK(applier_->ApplyCheckpoint());
  }

  bool IsDone() const {
    const auto table = tables_->Find(kTable);
    return !IsLost() && !HasNext() && table->snapshot_done && !table->old;
  }
  bool IsRebuilt() const { return static_cast<bool>(tables_->Find(kTable)->old); }
  // What the table had where the stream is, where the index has to have just that.
  std::optional<Items> Exact() const {
    const auto table = tables_->Find(kTable);
    if (IsLost() || !(table->old ? table->old.is_fed : table->snapshot_done)) {
      return std::nullopt;
    }
    return next_ == 0 ? server_->before : server_->log[next_ - 1].behind;
  }
  size_t indices() const { return engine_->View()->indices().size(); }

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
  size_t tombstones() const { return engine_->tombstones(); }

 private:
  void OpenSink() {
    if (plain_seed_ == 0) {
      sink_ = std::make_unique<EngineSink>(engine_.get());
      return;
    }
    plain_ = std::make_unique<test::PlainSink>(engine_.get(), 5, ++plain_seed_);
    auto beside =
        CheckpointBeside::Open(plain_.get(), state_.get(), folder_.path() + "/checkpoint.db");
    ASSERT_OK(beside);
    sink_ = std::move(*beside);
  }

  static change::SourcePosition PositionOf(change::BinlogPosition binlog) {
    change::SourcePosition position;
    position.binlog = std::move(binlog);
    return position;
  }

  uint64_t Settled() const {
    return open_.empty() ? last_ordinal_ : std::min(open_.front(), last_ordinal_);
  }

  change::BinlogPosition Reached() const { return Server::At(next_); }

  void Follow(TableCheckpoint table) {
    const auto layout = mapper::LayOut(table.schema, {});
    ASSERT_OK(layout);
    ASSERT_OK(mapper_->Bind(*layout, table.index_id, sink_->MappingOf(table.index_id),
                            table.sweep_below));
    if (table.old.is_fed) {
      ASSERT_OK(mapper_->BindOld(*layout, table.old.id, sink_->MappingOf(table.old.id)));
    }
    to_read_ = !table.snapshot_done;
    tables_->Follow(std::move(table));
  }

  void BeginAgain(uint64_t ordinal) {
    Follow(ReadAgain(*tables_->Find(kTable), {ordinal, server_->End(), 1, "it was asked for"}));
  }

  // Chunks that were read before it do not count; of a table that is read to the end there are none.
  void TakeTruncation() {
    const auto table = tables_->Find(kTable);
    if (table->snapshot_done) {
      return;
    }
    if (table->old.is_fed) {
      Follow(ReadAgain(*table, {last_ordinal_, table->captured_from, 1, "it was truncated",
                                /*old_goes_on=*/true}));
    } else {
      BeginAgain(last_ordinal_);
    }
  }

  void GoOnFrom(const Checkpoint& checkpoint) {
    next_ = Server::TransactionsAt(checkpoint.place.position.binlog);
    last_ordinal_ = checkpoint.place.ordinal;
    task_.reset();
    window_.reset();
    open_.clear();
    chunks_.clear();
    ApplierOptions options;
    options.sink = sink_.get();
    options.mapper = &*mapper_;
    options.tables = &*tables_;
    options.state = state_.get();
    options.stored_rows = [this] {
      return std::make_unique<EngineRows>(engine_->View(), tables_->Stale());
    };
    options.sweep_keys = 2;
    options.settled_ordinal = [this] { return Settled(); };
    options.swapped = [this](const std::string& table) { mapper_->UnbindOld(table); };
    applier_.emplace(options, checkpoint);
    ASSERT_OK(applier_->Begin());
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
    if (logged.truncates) {
      change::TableEvent& event = transaction.table_events.emplace_back();
      event.kind = change::TableEvent::Kind::kTruncate;
      event.database = "shop";
      event.table = "items";
    }
    last_ordinal_ = change::LastOrdinalOf(transaction);
    ++next_;
    if (logged.unseen && !BeginsBehind(*tables_->Find(kTable), transaction.position.end)) {
      BeginAgain(last_ordinal_);
    }
    if (logged.truncates) {
      TakeTruncation();
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
  const test::TempFolder folder_;  // of the checkpoint beside a plain sink
  uint64_t plain_seed_;
  const std::shared_ptr<const change::TableSchema> schema_;
  std::unique_ptr<StateStore> state_;
  std::unique_ptr<index::Engine> engine_;
  std::unique_ptr<test::PlainSink> plain_;
  std::unique_ptr<IndexSink> sink_;
  std::optional<FollowedTables> tables_{std::in_place};
  std::optional<GenerationMapper> mapper_;
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
      server_.before = server_.items;
      ++server_.history;
    } else if (kind == 1) {
      server_.purged = server_.log.size();
    } else {
      Logged logged;
      logged.unseen = kind < 5 && !OneIn(unseen_rarely_);
      if (truncates_ && OneIn(10)) {
        server_.items.clear();
        server_.log.push_back({{}, false, /*truncates=*/true, {}});
        return;
      }
      if (logged.unseen) {
        ChangeUnlogged();
      }
      for (uint64_t n = logged.unseen ? Uniform(3) : 1 + Uniform(3); n > 0; --n) {
        logged.changes.push_back(RandomChange());
      }
      logged.behind = server_.items;
      server_.log.push_back(std::move(logged));
    }
  }

  std::map<std::string, std::string> Expected() const { return DocumentsOf(server_.items); }
  static std::map<std::string, std::string> DocumentsOf(const Items& items) {
    std::map<std::string, std::string> all;
    for (const auto& [id, item] : items) {
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
      follower->SwapStep();
    }
    EXPECT_EQ(follower->Documents(), Expected());
    EXPECT_EQ(follower->indices(), 1U);
    EXPECT_EQ(follower->Status().state, TableState::kLive);
    EXPECT_EQ(follower->Status().stale_since_us, 0);
    EXPECT_EQ(follower->Status().stale_why, "");
  }

  void Begin(Follower* follower) {
    Drain(follower);
    follower->Commit();
  }

  void FillTable() {
    for (const int id : kPillars) {
      server_.items[id] = {"pillar", id};
    }
    for (uint64_t i = 0; i < 10; ++i) {
      RandomChange();
    }
  }

  // A random walk, and to its end.
  void Wander(Follower* follower) {
    const auto pillars = [&] {
      const auto expected = Expected();
      for (const int id : kPillars) {
        const std::string key = std::to_string(id);
        ASSERT_EQ(follower->Documents()[key], expected.at(key)) << "a search would have missed it";
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
          follower->StreamStep();
          break;
        case 5:
        case 6:
        case 7:
          follower->SnapshotStep(1 + Uniform(6));
          break;
        case 8:
        case 9:
          follower->ApplyStep();
          break;
        case 10:
          follower->SweepStep();
          break;
        default:
          if (OneIn(3)) {
            follower->Commit();
          } else if (OneIn(6)) {
            follower->Crash();
          }
      }
      pillars();
      if (follower->IsDone()) {
        ASSERT_EQ(follower->Documents(), Expected()) << "and nothing is left to come";
        ++equal;
      }
      if (OneIn(200)) {
        Drain(follower);
      }
    }
    Drain(follower);
    EXPECT_GT(equal, 0U);
  }

  // As Wander, with resyncs. What is searched is the table as of where the stream is, but where rows have changed unseen.
  void WanderAndRebuild(Follower* follower) {
    uint64_t exact = 0;
    uint64_t rebuilt = 0;
    for (uint64_t step = Iterations(6000); step > 0 && !HasFatalFailure(); --step) {
      switch (Uniform(14)) {
        case 0:
        case 1:
          ServerStep();
          break;
        case 2:
        case 3:
        case 4:
          follower->StreamStep();
          break;
        case 5:
        case 6:
        case 7:
          follower->SnapshotStep(1 + Uniform(6));
          break;
        case 8:
        case 9:
          follower->ApplyStep();
          break;
        case 10:
          follower->SweepStep();
          break;
        case 11:
          follower->SwapStep();
          break;
        case 12:
          follower->Resync();
          break;
        default:
          if (OneIn(3)) {
            follower->Commit();
          } else if (OneIn(6)) {
            follower->Crash();
          }
      }
      if (const auto items = follower->Exact()) {
        ASSERT_EQ(follower->Documents(), DocumentsOf(*items));
        ++exact;
        rebuilt += follower->IsRebuilt() ? 1 : 0;
      }
      if (OneIn(300)) {
        Drain(follower);
      }
    }
    Drain(follower);
    EXPECT_GT(exact, rebuilt);
    EXPECT_GT(rebuilt, 0U);
  }

  Server server_;
  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  bool truncates_ = false;
  uint64_t unseen_rarely_ =
      UINT64_MAX;  // one in so many of the times that rows would change unseen they do not
};

TEST_F(TableRereadTest, EndsEqualWhateverComesBetweenAndShowsWhatIsThereAllTheTime) {
  FillTable();
  Follower follower(&server_, directory_);
  Begin(&follower);
  Wander(&follower);
}

TEST_F(TableRereadTest, WhileItIsRebuiltTheOldGenerationIsTheTableWhateverComesBetween) {
  truncates_ = true;
  unseen_rarely_ = 2;
  FillTable();
  server_.before = server_.items;
  Follower follower(&server_, directory_);
  Begin(&follower);
  WanderAndRebuild(&follower);
}

TEST_F(TableRereadTest, ADeleteIsRememberedOnlyWhereAChunkOfBeforeMayCome) {
  FillTable();
  Follower follower(&server_, directory_);
  Begin(&follower);
  const auto remove = [&](int id) {
    Change change;
    change.before = *server_.items.find(id);
    server_.items.erase(id);
    server_.log.push_back({{change}, false});
    follower.StreamStep();
  };
  const size_t before = follower.tombstones();
  remove(20);
  EXPECT_EQ(follower.tombstones(), before);
  server_.log.push_back({{}, /*unseen=*/true});
  follower.StreamStep();
  while (follower.tombstones() == before) {
    follower.SnapshotStep(3);  // begins with the table, opens a window
    follower.SnapshotStep(3);
    ASSERT_FALSE(server_.items.empty());
    remove(server_.items.begin()->first);
  }
  Drain(&follower);
}

// What was written before a crash is older or newer than the checkpoint beside it, and comes again.
TEST_F(TableRereadTest, EndsEqualWhateverComesBetweenOverASinkThatCanNothing) {
  FillTable();
  Follower follower(&server_, directory_, /*plain_seed=*/1 + Uniform(1'000'000));
  Begin(&follower);
  Wander(&follower);
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
