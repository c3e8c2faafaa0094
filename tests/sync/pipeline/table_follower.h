// Follower: what a supervisor does with one table, one step at a time and with the product's own pieces, against a model of its server.
//
// Single-threaded: a test takes the steps in the order that it likes. The server is borrowed.
#ifndef BINSEEK_TESTS_SYNC_PIPELINE_TABLE_FOLLOWER_H_
#define BINSEEK_TESTS_SYNC_PIPELINE_TABLE_FOLLOWER_H_

#include <gtest/gtest.h>

#include <array>
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
#include "sync/pipeline/table_reread.h"
#include "tests/drills/plain_sink/plain_sink.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace binseek::pipeline::model {

inline constexpr char kTable[] = "shop.items";

inline std::shared_ptr<const change::TableSchema> ItemsSchema() {
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

inline change::RowImage ImageOf(int id, const Item& item) {
  return {change::Value::Int(id), change::Value::Bytes(change::ValueKind::kText, item.name),
          change::Value::Int(item.stock)};
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
    Reader& reader = readers_[in_ranges_ ? ++turn_ % 3 % 2 : 0];
    if (!reader.task) {
      if (Reached() < tables_->Find(kTable)->captured_from) {
        return;
      }
      tables_->Passed(Reached());
      if ((reader.task = tables_->TakeTask(100))) {
        reader.left = reader.task->range.range;
        Cut(limit, &reader);
      }
    } else if (!reader.window) {
      if (!tables_->IsCurrent(kTable, reader.task->generation)) {
        reader.task.reset();
        return;
      }
      if (in_ranges_ && ++windows_ % 4 == 0) {  // another table's time has come
        tables_->GiveBack(*std::exchange(reader.task, std::nullopt), reader.left.after);
        return;
      }
      reader.window = last_ordinal_;
      open_.insert(last_ordinal_);
    } else {
      ReadChunk(limit, &reader);
    }
  }
  // From now on two readers take turns, each with a range of its own.
  void ReadInRanges() { in_ranges_ = true; }

  void ApplyStep() {
    if (!chunks_.empty() && !(Reached() < chunks_.front().chunk.high)) {
      ASSERT_OK(applier_->ApplyChunk(chunks_.front()));
      open_.erase(open_.find(chunks_.front().chunk.low_ordinal));
      chunks_.pop_front();
    }
  }

  // What rows changed unseen while it was read is read once more behind that.
  void SweepStep() {
    ASSERT_OK(applier_->Sweep());
    if (tables_->TableToReadAgain() == kTable && !IsLost()) {
      applier_->LeaveOrdinal(++last_ordinal_);
      const auto table = *tables_->Find(kTable);
      const bool is_built = static_cast<bool>(table.old);
      Follow(ReadAgain(table, {last_ordinal_, table.captured_from, 1, "it was asked for",
                               /*old_goes_on=*/false}));
      ASSERT_FALSE(is_built) << "none is put off there";
      ASSERT_OK(applier_->ApplyCheckpoint());
      ++once_more_;
    }
  }
  uint64_t once_more() const { return once_more_; }
  void SwapStep() { ASSERT_OK(applier_->Swap()); }

  // By a user's word. Does nothing where the table is being read.
  void Resync() {
    TableCheckpoint table = *tables_->Find(kTable);
    if (IsLost() || !table.snapshot_done || table.old || !table.pending_keys.empty()) {
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
    return !IsLost() && !HasNext() && table->snapshot_done && !table->old &&
           table->pending_keys.empty();
  }
  bool IsRebuilt() const { return static_cast<bool>(tables_->Find(kTable)->old); }
  // What the table had where the stream is, where the index has to have just that.
  std::optional<Items> Exact() const {
    const auto table = tables_->Find(kTable);
    if (IsLost() || !(table->old ? table->old.is_fed : table->snapshot_done) ||
        !table->pending_keys.empty()) {
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
    return open_.empty() ? last_ordinal_ : std::min(*open_.begin(), last_ordinal_);
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
    readers_ = {};
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
        row.kind = !change.before  ? change::RowChangeKind::kInsert
                   : !change.after ? change::RowChangeKind::kDelete
                                   : change::RowChangeKind::kUpdate;
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
    if (logged.unseen && !BeginsBehind(*tables_->Find(kTable), transaction.position.end) &&
        !tables_->ReadOnceMore(kTable, "it was asked for")) {
      BeginAgain(last_ordinal_);
    }
    if (logged.truncates) {
      TakeTruncation();
    }
    ASSERT_OK(applier_->Apply(transaction));
    tables_->Passed(Reached());
  }

  struct Reader {
    std::optional<SnapshotTask> task;
    snapshot::KeyRange left;
    std::optional<uint64_t> window;  // of the chunk that is to be read
  };

  Items::const_iterator FirstOf(const snapshot::KeyRange& range) const {
    return range.after.empty() ? server_->items.begin()
                               : server_->items.upper_bound(std::stoi(range.after[0]));
  }
  Items::const_iterator EndOf(const snapshot::KeyRange& range) const {
    return range.up_to.empty() ? server_->items.end()
                               : server_->items.upper_bound(std::stoi(range.up_to[0]));
  }

  // Behind so many rows.
  void Cut(uint64_t rows, Reader* reader) {
    auto it = FirstOf(reader->left);
    for (; in_ranges_ && it != EndOf(reader->left) && rows > 1; --rows) {
      ++it;
    }
    if (in_ranges_ && it != EndOf(reader->left)) {
      reader->left.up_to = {std::to_string(it->first)};
      tables_->CutRange(*reader->task, reader->left.up_to);
    }
  }

  void ReadChunk(uint64_t limit, Reader* reader) {
    ReadyChunk ready;
    ready.table = kTable;
    ready.generation = reader->task->generation;
    ready.range = reader->task->range.id;
    ready.chunk.low_ordinal = *std::exchange(reader->window, std::nullopt);
    ready.chunk.high = server_->End();
    snapshot::ChunkRows& content = ready.chunk.content;
    content.last_key = reader->left.after;
    std::vector<change::RowChange> rows;
    auto it = FirstOf(reader->left);
    for (; it != EndOf(reader->left) && rows.size() < limit; ++it) {
      rows.push_back(
          {change::RowChangeKind::kRead, reader->task->schema, {}, ImageOf(it->first, it->second)});
      content.last_key = {std::to_string(it->first)};
    }
    content.last = rows.size() < limit;
    content.rows = std::make_shared<const change::RowVector>(std::move(rows));
    reader->left.after = content.last_key;
    if (content.last) {
      reader->task.reset();
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
  bool in_ranges_ = false;
  uint64_t once_more_ = 0;
  uint64_t turn_ = 0;
  uint64_t windows_ = 0;  // that readers were about to open
  std::array<Reader, 2> readers_;
  std::multiset<uint64_t> open_;  // low ordinals of windows
  std::deque<ReadyChunk> chunks_;
};

}  // namespace binseek::pipeline::model

#endif  // BINSEEK_TESTS_SYNC_PIPELINE_TABLE_FOLLOWER_H_
