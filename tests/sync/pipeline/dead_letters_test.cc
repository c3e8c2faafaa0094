// How rows come among the dead letters and leave them: the applier over a real engine and a real state store.
#include <gmock/gmock.h>

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
#include "sync/pipeline/engine_sink.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_folder.h"

namespace binseek::pipeline {
namespace {

using change::RowChange;
using change::RowChangeKind;
using change::RowImage;
using change::Value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kBad[] = "{no JSON";

class DeadLettersTest : public ::testing::Test {
 protected:
  DeadLettersTest() : state_(*StateStore::Open(folder_.path() + "/state.db")) { OpenEngine(); }

  // An empty one, as after a crash that fell before its first commit; the letters stay.
  void OpenEngine() {
    index::EngineOptions options;
    options.directory = std::make_shared<store::RamDirectory>();
    engine_ = *index::Engine::Open(std::move(options));
    sink_.emplace(engine_.get());
    for (const char* name : {"items", "boxes"}) {
      Follow(name);
    }
    Restart(0);
  }

  // `limit` of dead letters.
  void Restart(uint64_t limit) {
    ApplierOptions options;
    options.sink = &*sink_;
    options.mapper = &mapper_;
    options.tables = &tables_;
    options.state = state_.get();
    options.stored_rows = [this] { return std::make_unique<EngineRows>(engine_->View()); };
    options.dead_letter_limit = limit;
    options.swapped = [this](const std::string&) { at_swap_ = Letters(); };
    applier_.emplace(options, Checkpoint());
  }

  // As a start behind a commit.
  void RestartState() {
    ASSERT_OK(state_->Flush());
    applier_.reset();
    state_.reset();
    state_ = *StateStore::Open(folder_.path() + "/state.db");
    Restart(0);
  }

  // A new generation of the items' index; nothing was written under this ordinal.
  void BuildBeside(uint64_t ordinal) {
    TableCheckpoint table = *tables_.Find("shop.items");
    table.old = {table.index_id, /*is_fed=*/false, ordinal, 1, "it was asked for"};
    table.index_id = *sink_->MakeGeneration("items", *mapper::DeriveMapping(*table.schema));
    ASSERT_OK(mapper_.Bind(table.schema, table.index_id, sink_->MappingOf(table.index_id)));
    tables_.Follow(std::move(table));
  }
  // The snapshot of the items, in one chunk.
  void ReadItems(uint64_t low_ordinal, std::vector<RowImage> rows) {
    auto task = tables_.TakeTask(1);
    while (task && task->table != "shop.items") {
      task = tables_.TakeTask(1);
    }
    ASSERT_TRUE(task);
    ReadyChunk ready;
    ready.table = task->table;
    ready.generation = task->generation;
    ready.range = task->range.id;
    ready.chunk.low_ordinal = low_ordinal;
    ready.chunk.content.last = true;
    std::vector<RowChange> all;
    for (RowImage& row : rows) {
      all.push_back({RowChangeKind::kRead, schemas_.at("items"), {}, std::move(row)});
    }
    ready.chunk.content.rows = std::make_shared<change::RowVector>(std::move(all));
    ASSERT_OK(applier_->ApplyChunk(ready));
  }

  void Follow(const std::string& name, bool text_key = false) {
    auto schema = std::make_shared<change::TableSchema>();
    schema->database = "shop";
    schema->table = name;
    change::Column id;
    id.name = "id";
    id.type = text_key ? change::ColumnType::kVarchar : id.type;
    change::Column price;
    price.name = "price";
    change::Column attrs;
    attrs.name = "attrs";
    attrs.type = change::ColumnType::kJson;
    schema->columns = {id, price, attrs};
    schema->key = {0};
    schemas_[name] = schema;
    TableCheckpoint table;
    table.schema = schema;
    table.index = name;
    table.index_id = *sink_->EnsureIndex(name, *mapper::DeriveMapping(*schema));
    EXPECT_OK(mapper_.Bind(schema, table.index_id, sink_->MappingOf(table.index_id)));
    tables_.Follow(table);
  }

  static RowImage Row(int64_t id, const std::string& attrs, int64_t price = 1) {
    return {Value::Int(id), Value::Int(price), Value::Bytes(change::ValueKind::kJson, attrs)};
  }
  RowChange Insert(RowImage row, const std::string& table = "items") const {
    return {RowChangeKind::kInsert, schemas_.at(table), {}, std::move(row)};
  }
  RowChange Update(RowImage before, RowImage after) const {
    return {RowChangeKind::kUpdate, schemas_.at("items"), std::move(before), std::move(after)};
  }
  RowChange Delete(RowImage row) const {
    return {RowChangeKind::kDelete, schemas_.at("items"), std::move(row), {}};
  }

  // The next transaction, or the one with this ordinal.
  void Apply(std::vector<RowChange> rows, uint64_t ordinal = 0) {
    ordinal_ = ordinal == 0 ? ordinal_ + 1 : ordinal;
    change::Transaction transaction;
    transaction.ordinal = ordinal_;
    transaction.position.end = {"binlog.000001", ordinal_ * 100};
    transaction.rows = std::make_shared<change::RowVector>(std::move(rows));
    ASSERT_OK(applier_->Apply(transaction));
  }
  void ApplyChunk(uint64_t low_ordinal, RowImage row) {
    ReadyChunk ready;
    ready.table = "shop.items";
    ready.generation = 1;
    ready.chunk.low_ordinal = low_ordinal;
    ready.chunk.content.last_key = {"1"};
    ready.chunk.content.rows = std::make_shared<change::RowVector>(
        std::vector<RowChange>{{RowChangeKind::kRead, schemas_.at("items"), {}, std::move(row)}});
    ASSERT_OK(applier_->ApplyChunk(ready));
  }

  // "key position", newest first.
  std::vector<std::string> Letters() const {
    const auto letters = state_->DeadLetters(100);
    EXPECT_OK(letters);
    std::vector<std::string> shown;
    for (const DeadLetter& letter : *letters) {
      shown.push_back(letter.key + " " + letter.position);
    }
    EXPECT_EQ(shown.size(), state_->dead_letter_count());
    EXPECT_EQ(shown.empty() && !discarded_, !state_->AnyRejected());
    return shown;
  }
  bool Has(const std::string& index, const std::string& key) const {
    const EngineRows rows(engine_->View());
    return rows.Contains(engine_->View()->Find(index)->id, key);
  }

  // "": there is no document.
  std::string Source(const std::string& index, const std::string& key) const {
    const EngineRows rows(engine_->View());
    const auto source = rows.Source(engine_->View()->Find(index)->id, key);
    EXPECT_OK(source);
    return source.ok() ? source->value_or("") : "";
  }

  const test::TempFolder folder_;
  std::unique_ptr<StateStore> state_;
  std::unique_ptr<index::Engine> engine_;
  std::optional<EngineSink> sink_;
  mapper::TableMapper mapper_;
  FollowedTables tables_;
  std::map<std::string, std::shared_ptr<const change::TableSchema>> schemas_;
  std::optional<Applier> applier_;
  uint64_t ordinal_ = 0;
  std::vector<std::string> at_swap_;
  bool discarded_ = false;  // letters, of rows that have not been written since
};

TEST_F(DeadLettersTest, ARowThatBecomesADocumentLeaves) {
  Apply({Insert(Row(1, kBad)), Insert(Row(2, kBad)), Insert(Row(3, "{}"))});
  Apply({Update(Row(1, kBad), Row(1, "[]"))});
  EXPECT_THAT(Letters(), ElementsAre("2 binlog.000001:100"));
  EXPECT_TRUE(Has("items", "1"));
  EXPECT_FALSE(Has("items", "2"));
}

TEST_F(DeadLettersTest, ARowLeavesWithAllItsLettersWhatIsDurableIncluded) {
  Apply({Insert(Row(1, kBad))});
  ASSERT_OK(state_->Flush());
  Apply({Update(Row(1, kBad), Row(1, "{worse"))});
  EXPECT_THAT(Letters(), ElementsAre("1 binlog.000001:200", "1 binlog.000001:100"));
  EXPECT_EQ(state_->DeadRows(change::SourceId{}, "shop.items"), 1U);
  Apply({Update(Row(1, "{worse"), Row(1, "{}"))});
  EXPECT_THAT(Letters(), IsEmpty());
  ASSERT_OK(state_->Flush());
  EXPECT_THAT(Letters(), IsEmpty());
}

TEST_F(DeadLettersTest, ARowThatIsDeletedLeaves) {
  Apply({Insert(Row(1, kBad)), Insert(Row(2, kBad))});
  Apply({Delete(Row(1, kBad))});
  EXPECT_THAT(Letters(), ElementsAre("2 binlog.000001:100"));
}

TEST_F(DeadLettersTest, ARowThatGetsAnotherKeyLeaves) {
  Apply({Insert(Row(1, kBad))});
  Apply({Update(Row(1, kBad), Row(7, "{}"))});
  EXPECT_THAT(Letters(), IsEmpty());
  EXPECT_TRUE(Has("items", "7"));
}

TEST_F(DeadLettersTest, WithinATransactionTheLastChangeDecides) {
  Apply({Insert(Row(1, kBad)), Update(Row(1, kBad), Row(1, "{}")), Insert(Row(2, "{}")),
         Update(Row(2, "{}"), Row(2, kBad))});
  EXPECT_THAT(Letters(), ElementsAre("2 binlog.000001:100"));
}

TEST_F(DeadLettersTest, ARowOfASnapshotThatIsOlderThanTheRefusedChangeDoesNotSettleIt) {
  Apply({Insert(Row(1, kBad))}, 10);
  ApplyChunk(9, Row(1, "{}"));
  EXPECT_THAT(Letters(), ElementsAre("1 binlog.000001:1000"));
  ApplyChunk(10, Row(1, "{}"));
  EXPECT_THAT(Letters(), IsEmpty());
}

TEST_F(DeadLettersTest, AnUpdateOfOtherColumnsDoesNotSettleIt) {
  Apply({Insert(Row(1, "{}"))});
  Apply({Update(Row(1, "{}"), Row(1, kBad))});
  Apply({Update(Row(1, kBad), Row(1, kBad, 2))});
  EXPECT_FALSE(Letters().empty());
}

// Its document is that of before: a number of it would be new beside a text that is old, for good.
TEST_F(DeadLettersTest, ARowWhoseLettersWereDiscardedComesBackWithTheNextChangeThatDoesNotMendIt) {
  for (const bool restarts : {false, true}) {
    const int64_t id = restarts ? 2 : 1;
    Apply({Insert(Row(id, "{}"))});
    Apply({Update(Row(id, "{}"), Row(id, kBad, 2))});
    EXPECT_EQ(*state_->DiscardDeadLetters({"shop.items", std::to_string(id)}), 1u);
    discarded_ = true;
    if (restarts) {
      RestartState();
    }
    EXPECT_THAT(Letters(), IsEmpty());
    Apply({Update(Row(id, kBad, 2), Row(id, kBad, 3))});
    EXPECT_EQ(Letters().size(), 1u);
    EXPECT_THAT(Source("items", std::to_string(id)), HasSubstr("\"price\":1"));
    Apply({Update(Row(id, kBad, 3), Row(id, "[]", 4))});
    discarded_ = false;
    EXPECT_THAT(Letters(), IsEmpty());
    EXPECT_THAT(Source("items", std::to_string(id)), HasSubstr("\"price\":4,\"attrs\":[]"));
  }
}

TEST_F(DeadLettersTest, ASwapBehindARestartTakesLettersOfBeforeAlone) {
  Apply({Insert(Row(1, kBad)), Insert(Row(2, kBad))}, 1);  // and the second one goes, unseen
  state_->AddDeadLetters({}, {{"shop.items", "4", "by a release that noted no version", {}}});
  BuildBeside(2);
  ReadItems(2, {Row(1, kBad)});
  Apply({Insert(Row(3, kBad))}, 3);
  RestartState();
  ASSERT_OK(applier_->Swap());
  ASSERT_FALSE(tables_.Find("shop.items")->old);
  EXPECT_EQ(at_swap_, Letters()) << "a commit behind the swap would hold others, for good";
  EXPECT_THAT(Letters(), ElementsAre("3 binlog.000001:300", "1 snapshot", "4 snapshot",
                                     "1 binlog.000001:100"));
  Apply({Update(Row(1, kBad), Row(1, kBad, 2))}, 4);
  EXPECT_FALSE(Has("items", "1"));
}

TEST_F(DeadLettersTest, AReplayAfterACrashEndsWhereItEndedBefore) {
  const std::vector<RowChange> refused = {Insert(Row(1, kBad)), Insert(Row(2, kBad))};
  const std::vector<RowChange> mended = {Update(Row(1, kBad), Row(1, "{}"))};
  for (const bool flushed_between : {true, false}) {
    OpenEngine();
    Apply(refused, 1);
    if (flushed_between) {
      ASSERT_OK(state_->Flush());
    }
    Apply(mended, 2);
    ASSERT_OK(state_->Flush());  // and the commit does not come about
    EXPECT_THAT(Letters(), ElementsAre("2 binlog.000001:100"));
  }
  // Of a commit that holds the first transaction, the second alone comes again.
  OpenEngine();
  Apply(mended, 2);
  EXPECT_THAT(Letters(), ElementsAre("2 binlog.000001:100"));
  EXPECT_TRUE(Has("items", "1"));
}

TEST_F(DeadLettersTest, ATruncationEmptiesThoseOfItsTable) {
  Apply({Insert(Row(1, kBad)), Insert(Row(1, kBad), "boxes")});
  ASSERT_OK(state_->Flush());
  change::Transaction transaction;
  transaction.ordinal = 2;
  transaction.rows = std::make_shared<change::RowVector>(std::vector<RowChange>());
  transaction.table_events.push_back(
      {change::TableEvent::Kind::kTruncate, "shop", "items", "TRUNCATE items", {}});
  ASSERT_OK(applier_->Apply(transaction));
  const auto letters = state_->DeadLetters(10);
  ASSERT_OK(letters);
  ASSERT_EQ(letters->size(), 1U);
  EXPECT_EQ(letters->front().table, "shop.boxes");
}

TEST_F(DeadLettersTest, ATableBeyondTheLimitStopsAloneAndSaysWhy) {
  Restart(2);
  Apply({Insert(Row(1, kBad)), Insert(Row(2, kBad)), Insert(Row(2, kBad), "boxes")});
  Apply({Update(Row(2, kBad), Row(2, "{worse"))});  // the same row again
  EXPECT_FALSE(tables_.IsStopped("shop.items"));
  Apply({Insert(Row(3, kBad)), Insert(Row(4, "{}"))});
  ASSERT_TRUE(tables_.IsStopped("shop.items"));
  EXPECT_FALSE(tables_.IsStopped("shop.boxes"));
  for (const TableStatus& table : tables_.Status()) {
    EXPECT_THAT(table.error,
                table.table == "shop.boxes"
                    ? ::testing::Matcher<std::string>(IsEmpty())
                    : HasSubstr("more than 2 of its rows could not become documents "
                                "(source.dead_letter_limit); the newest, key [3]: column `attrs` "
                                "of type JSON: "));
  }
  // What it had is there, others go on, and a restart knows why it has stopped.
  EXPECT_TRUE(Has("items", "4"));
  Apply({Insert(Row(5, "{}"), "boxes")});
  EXPECT_TRUE(Has("boxes", "5"));
  const auto checkpoint = DecodeCheckpoint(sink_->Checkpoint(CheckpointKey({})));
  ASSERT_OK(checkpoint);
  const TableCheckpoint& stopped = checkpoint->tables.at("shop.items");
  EXPECT_THAT(stopped.stopped, HasSubstr("more than 2 of its rows"));
  EXPECT_EQ(stopped.dead_letter_limit, 2U);
  EXPECT_EQ(stopped.stop_code, change::StopCode::kDeadLettersAboveLimit);
  FollowedTables again;
  again.Follow(stopped);
  EXPECT_EQ(again.Status()[0].code, change::StopCode::kDeadLettersAboveLimit);
  EXPECT_TRUE(again.IsStopped("shop.items"));
  EXPECT_FALSE(again.has_work());
  EXPECT_THAT(again.WhyBehind("items"), HasSubstr("more than 2 of its rows"));
}

TEST_F(DeadLettersTest, RowsThatLeaveMakeRoomBelowTheLimit) {
  Restart(1);
  for (int id = 1; id < 10; ++id) {
    Apply({Insert(Row(id, kBad))});
    Apply({Delete(Row(id, kBad))});
  }
  Apply({Insert(Row(11, kBad)), Insert(Row(12, kBad)), Delete(Row(11, kBad))});
  EXPECT_FALSE(tables_.IsStopped("shop.items"));
}

TEST_F(DeadLettersTest, ALimitOfZeroIsNone) {
  for (int id = 1; id < 30; ++id) {
    Apply({Insert(Row(id, kBad))});
  }
  EXPECT_FALSE(tables_.IsStopped("shop.items"));
  EXPECT_EQ(state_->DeadRows(change::SourceId{}, "shop.items"), 29U);
}

// The key makes no _id, so that there is neither a document to delete nor one to write.
TEST_F(DeadLettersTest, ARowWhoseKeyMakesNoIdLeavesWhenItIsDeletedOrGetsAnotherKey) {
  Follow("names", /*text_key=*/true);
  const auto row = [](const std::string& key) {
    return RowImage{Value::Bytes(change::ValueKind::kText, key), Value::Int(1),
                    Value::Bytes(change::ValueKind::kJson, "{}")};
  };
  const auto change = [&](RowChangeKind kind, RowImage before, RowImage after) {
    return RowChange{kind, schemas_.at("names"), std::move(before), std::move(after)};
  };
  const std::string first = "a" + std::string(600, 'x');
  const std::string second = "b" + std::string(600, 'x');
  Apply({change(RowChangeKind::kInsert, {}, row(first)),
         change(RowChangeKind::kInsert, {}, row(second))});
  EXPECT_EQ(Letters().size(), 2u);
  Apply({change(RowChangeKind::kDelete, row(first), {})});
  EXPECT_EQ(Letters().size(), 1u);
  // To one that looks the same where it is shown.
  Apply({change(RowChangeKind::kUpdate, row(second), row(second + "y"))});
  EXPECT_EQ(state_->DeadRows({}, "shop.names"), 1u) << "refused twice";
  Apply({change(RowChangeKind::kUpdate, row(second + "y"), row("short"))});
  EXPECT_THAT(Letters(), IsEmpty());
  EXPECT_TRUE(Has("names", "short"));
  // Nothing was known of it.
  Apply({change(RowChangeKind::kDelete, row(first), {})});
  EXPECT_THAT(Letters(), IsEmpty());
  // Gone, and there again, in one transaction.
  Apply({change(RowChangeKind::kInsert, {}, row(first)),
         change(RowChangeKind::kDelete, row(first), {}),
         change(RowChangeKind::kInsert, {}, row(first))});
  EXPECT_EQ(Letters().size(), 1u);
}

}  // namespace
}  // namespace binseek::pipeline
