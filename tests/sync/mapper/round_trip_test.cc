// Rows through the mapper into an engine and back as _source: equal, byte by byte, after any sequence of changes; and so is the row's
// hash, whether the last change was an upsert, a column update, or dropped.
#include <map>
#include <numeric>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/change/row_hash.h"
#include "sync/mapper/table_mapper.h"
#include "sync/mapper/table_mapping.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/source_oracle.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::mapper {
namespace {

using change::RowChange;
using change::RowImage;

// Rows of two tables and an index for each. Some rows are unknown to the index until they change, as before a snapshot.
class RoundTripTest : public test::SeededTest {
 protected:
  struct Table {
    TablePointer schema;
    index::IndexId index{};
    std::map<std::string, RowImage> rows;  // by id
    std::map<std::string, bool> loaded;
  };

  RoundTripTest() {
    index::EngineOptions options;
    options.directory = std::make_shared<store::RamDirectory>();
    auto engine = index::Engine::Open(std::move(options));
    EXPECT_OK(engine);
    engine_ = std::move(engine).value();
    for (const char* name : {"products", "variants"}) {
      Table& table = tables_.emplace_back();
      table.schema = EveryKindOfColumn(name);
      const auto id = engine_->CreateIndex(name, *DeriveMapping(*table.schema), "{}");
      EXPECT_OK(id);
      table.index = *id;
      EXPECT_OK(
          mapper_.Bind(table.schema, table.index, engine_->View()->Find(table.index)->mapping));
    }
  }

  Draw draw() {
    return [this](uint64_t limit) { return Uniform(limit); };
  }
  RowImage RandomRow(const Table& table) {
    RowImage row;
    for (uint32_t i = 0; i < table.schema->columns.size(); ++i) {
      row.push_back(RandomValue(*table.schema, i, draw()));
    }
    return row;
  }
  static std::string IdOf(const Table& table, const RowImage& row) {
    return *DocumentId(*table.schema, row);
  }

  // One random change of the table, as its row event; the row that it concerns is loaded from then on.
  std::optional<RowChange> RandomChange(Table* table) {
    if (table->rows.empty() || OneIn(4)) {
      RowImage row = RandomRow(*table);
      const std::string id = IdOf(*table, row);
      if (table->rows.count(id) != 0) {
        return std::nullopt;
      }
      table->rows[id] = row;
      table->loaded[id] = !OneIn(3);
      return table->loaded[id] ? std::optional(Insert(table->schema, std::move(row)))
                               : std::nullopt;
    }
    const auto it =
        std::next(table->rows.begin(), static_cast<std::ptrdiff_t>(Uniform(table->rows.size())));
    const std::string id = it->first;
    const RowImage before = it->second;
    if (OneIn(10)) {
      table->rows.erase(it);
      table->loaded.erase(id);
      return Delete(table->schema, before);
    }
    RowImage after = before;
    if (OneIn(8)) {  // another key, perhaps the same
      after[0] = RandomValue(*table->schema, 0, draw());
      after[1] = RandomValue(*table->schema, 1, draw());
    } else if (OneIn(2)) {  // numbers only
      after[3] = RandomValue(*table->schema, 3, draw());
      after[4] = RandomValue(*table->schema, 4, draw());
      after[12] = RandomValue(*table->schema, 12, draw());
    } else {
      for (uint64_t n = Uniform(4); n > 0; --n) {
        const auto ordinal =
            static_cast<uint32_t>(kKeyColumns + Uniform(after.size() - kKeyColumns));
        after[ordinal] = RandomValue(*table->schema, ordinal, draw());
      }
    }
    const std::string new_id = IdOf(*table, after);
    if (new_id != id && table->rows.count(new_id) != 0) {
      return std::nullopt;
    }
    table->rows.erase(id);
    const bool unchanged = before == after;
    const bool was_loaded = table->loaded[id];
    table->loaded.erase(id);
    table->rows[new_id] = after;
    table->loaded[new_id] = was_loaded || !unchanged;
    return Update(table->schema, before, after);
  }

  void Check() {
    const auto view = engine_->View();
    for (const Table& table : tables_) {
      const index::IndexView& index = *view->Find(table.index);
      std::vector<uint32_t> all(table.schema->columns.size());
      std::iota(all.begin(), all.end(), 0);
      const change::RowHasher hasher(*table.schema, all);
      std::string scratch;
      uint64_t loaded = 0;
      for (const auto& [id, row] : table.rows) {
        const auto address = index.FindKey(id);
        ASSERT_EQ(address.has_value(), table.loaded.at(id)) << id;
        if (!address) {
          continue;
        }
        ++loaded;
        std::string source;
        ASSERT_OK(index::AppendSource(index, *address, &source));
        ASSERT_EQ(source, ExpectedSource(*table.schema, row)) << id;
        const auto hash = index.at(*address).System(address->doc).row_hash;
        ASSERT_EQ(hash, static_cast<int64_t>(hasher.Hash(row, {}, &scratch))) << id;
      }
      ASSERT_EQ(index.live_docs(), loaded);
    }
  }

  index::ApplyResult Apply(const index::Batch& batch) {
    auto result = engine_->Apply(batch);
    EXPECT_OK(result);
    return result.ok() ? std::move(result).value() : index::ApplyResult();
  }

  std::unique_ptr<index::Engine> engine_;
  std::vector<Table> tables_;
  TableMapper mapper_;
  NoStoredRows stored_;
  uint64_t column_updates_ = 0;
};

TEST_F(RoundTripTest, SourcesEqualTheRowsAfterAnySequenceOfChanges) {
  const uint64_t transactions = Iterations(400);
  for (uint64_t ordinal = 1; ordinal <= transactions; ++ordinal) {
    std::vector<RowChange> rows;
    for (uint64_t n = 1 + Uniform(6); n > 0; --n) {
      if (auto row = RandomChange(&tables_[Uniform(tables_.size())])) {
        rows.push_back(std::move(*row));
      }
    }
    const change::Transaction transaction = MakeTransaction(ordinal, std::move(rows));
    const auto mapped = mapper_.Map(transaction, stored_);
    ASSERT_OK(mapped);
    ASSERT_EQ(mapped->rejected.size(), 0u) << mapped->rejected.front().reason;
    for (const index::OpResult& result : Apply(mapped->batch).results) {
      ASSERT_OK(result.status);
      ASSERT_NE(result.outcome, index::Outcome::kStale);
    }
    for (const index::Operation& operation : mapped->batch.operations) {
      column_updates_ += operation.kind == index::OpKind::kUpdateColumns ? 1 : 0;
    }
    if (OneIn(10)) {  // a replay changes nothing
      for (const index::OpResult& result : Apply(mapped->batch).results) {
        ASSERT_EQ(result.outcome, index::Outcome::kStale);
      }
    }
    if (OneIn(25)) {
      ASSERT_OK(engine_->Commit());
    }
    if (OneIn(8) || ordinal == transactions) {
      ASSERT_NO_FATAL_FAILURE(Check()) << "after transaction " << ordinal;
    }
  }
  EXPECT_GT(column_updates_, transactions / 20);
}

TEST_F(RoundTripTest, BothTablesOfATransactionAreSeenFromOneEpochOn) {
  std::vector<RowChange> rows;
  for (Table& table : tables_) {
    RowImage row = RandomRow(table);
    const std::string id = IdOf(table, row);
    table.rows[id] = row;
    table.loaded[id] = true;
    rows.push_back(Insert(table.schema, std::move(row)));
  }
  const change::Transaction transaction = MakeTransaction(1, std::move(rows));
  const auto mapped = mapper_.Map(transaction, stored_);
  ASSERT_OK(mapped);
  const auto before = engine_->View();
  const index::ApplyResult result = Apply(mapped->batch);
  const auto after = engine_->View();
  EXPECT_EQ(after->epoch(), result.epoch);
  for (const Table& table : tables_) {
    EXPECT_EQ(before->Find(table.index)->live_docs(), 0u);
    EXPECT_EQ(after->Find(table.index)->live_docs(), 1u);
  }
  Check();
}

}  // namespace
}  // namespace binseek::mapper
