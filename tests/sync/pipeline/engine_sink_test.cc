// What an index of several tables shows of each.
#include "sync/pipeline/engine_sink.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/mapper/mapping_rules.h"
#include "sync/mapper/table_mapper.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::pipeline {
namespace {

using change::ColumnType;
using change::RowImage;
using change::Value;
using mapper::MakeColumn;
using mapper::MakeTable;
using mapper::TablePointer;

constexpr change::SourceId kSource{3};

class SharedIndexTest : public ::testing::Test {
 protected:
  SharedIndexTest() {
    options_.rules = std::make_shared<const mapper::MappingRules>(
        *mapper::MappingRules::Parse(R"([{"table":"*","index":"all","id":["table","key"]}])"));
    Open();
  }
  void Open() {
    engine_.reset();
    index::EngineOptions options;
    options.directory = directory_;
    engine_ = *index::Engine::Open(std::move(options));
    sink_.emplace(engine_.get());
  }
  // The table is followed, and has one row, (1, 7, ...).
  void Write(const TablePointer& table) {
    const auto layout = mapper::LayOut(table, options_);
    ASSERT_OK(layout);
    auto mapping = *mapper::MappingOf(**layout);
    mapper::NameTable(**layout, kSource, &mapping);
    const auto id = sink_->EnsureIndex("all", mapping);
    ASSERT_OK(id);
    mapper::TableMapper mapper;
    ASSERT_OK(mapper.Bind(*layout, *id, sink_->MappingOf(*id), 0));
    change::Transaction transaction;
    transaction.source = kSource;
    transaction.ordinal = ++ordinal_;
    RowImage row(table->columns.size(), Value::Int(7));
    row[0] = Value::Int(1);
    transaction.rows = std::make_shared<change::RowVector>(
        std::vector<change::RowChange>{mapper::Insert(table, row)});
    auto mapped = mapper.Map(transaction, EngineRows(engine_->View()));
    ASSERT_OK(mapped);
    ASSERT_OK(sink_->Apply(mapped->batch));
  }
  std::string Source(const std::string& key) const {
    const auto view = engine_->View();
    const index::IndexView& index = *view->Find("all");
    const auto address = index.FindKey(key);
    std::string source;
    EXPECT_TRUE(address) << key;
    EXPECT_OK(index::AppendSource(index, *address, &source));
    return source;
  }
  static TablePointer Table(const std::string& name, const std::vector<std::string>& columns) {
    std::vector<change::Column> made = {MakeColumn("id", ColumnType::kInt)};
    for (const std::string& column : columns) {
      made.push_back(MakeColumn(column, ColumnType::kInt));
    }
    return MakeTable(name, std::move(made));
  }

  const std::shared_ptr<store::RamDirectory> directory_ = std::make_shared<store::RamDirectory>();
  mapper::MapperOptions options_;
  std::unique_ptr<index::Engine> engine_;
  std::optional<EngineSink> sink_;
  uint64_t ordinal_ = 0;
};

TEST_F(SharedIndexTest, DocumentsHaveTheFieldsOfTheirTableAlone) {
  Write(Table("books", {"pages", "price"}));
  Write(Table("films", {"price", "minutes"}));
  EXPECT_EQ(Source("books:1"), R"({"id":1,"pages":7,"price":7})");
  EXPECT_EQ(Source("films:1"), R"({"id":1,"price":7,"minutes":7})");
  ASSERT_OK(engine_->Commit());
  Open();
  EXPECT_EQ(Source("books:1"), R"({"id":1,"pages":7,"price":7})");
  EXPECT_EQ(Source("films:1"), R"({"id":1,"price":7,"minutes":7})");
}

TEST_F(SharedIndexTest, AColumnThatATableHasNoMoreGoesFromItsDocuments) {
  Write(Table("books", {"pages", "price"}));
  Write(Table("films", {"price", "minutes"}));
  Write(Table("books", {"price"}));
  EXPECT_EQ(Source("books:1"), R"({"id":1,"price":7})");
  Write(Table("films", {"price"}));
  EXPECT_EQ(Source("films:1"), R"({"id":1,"price":7})");
  EXPECT_EQ(Source("books:1"), R"({"id":1,"price":7})") << "a field that is nobody's is not all's";
  Write(Table("books", {"pages"}));
  EXPECT_EQ(Source("books:1"), R"({"id":1,"pages":7})");
  EXPECT_EQ(Source("films:1"), R"({"id":1,"price":7})");
}

TEST_F(SharedIndexTest, AFieldOfVeryManyTablesIsAlls) {
  for (int i = 0; i < 65; ++i) {
    Write(Table("t" + std::to_string(i), {"n"}));
  }
  Write(Table("other", {"m"}));
  const auto view = engine_->View();
  const mapping::Mapping& mapping = *view->Find("all")->mapping;
  EXPECT_TRUE(mapping.Find("n")->parameters().tables.empty());
  EXPECT_EQ(mapping.Find("m")->parameters().tables.size(), 1u);
  EXPECT_EQ(Source("t3:1"), R"({"id":1,"n":7})");
  EXPECT_EQ(Source("other:1"), R"({"id":1,"n":null,"m":7})");
}

}  // namespace
}  // namespace binseek::pipeline
