#include "sync/mapper/table_mapper.h"

#include <gmock/gmock.h>

#include "sync/change/row_hash.h"
#include "sync/mapper/table_mapping.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::mapper {
namespace {

using change::ColumnType;
using change::RowImage;
using change::Value;
using index::OpKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr index::IndexId kProducts{3};

// products(id, name, price, stock, attrs), bound to kProducts.
class TableMapperTest : public ::testing::Test {
 protected:
  TableMapperTest() { EXPECT_OK(mapper_.Bind(products_, kProducts, mapping_)); }

  MappedTransaction Map(const change::Transaction& transaction) {
    auto mapped = mapper_.Map(transaction, stored_);
    EXPECT_OK(mapped);
    return mapped.ok() ? std::move(mapped).value() : MappedTransaction();
  }
  static RowImage Product(int64_t id, std::string_view name, std::string_view price, int64_t stock,
                          std::string_view attrs = "{}") {
    return {Value::Int(id), Text(name), Dec(price), Value::Int(stock), Json(attrs)};
  }
  uint64_t HashOf(const RowImage& row) const {
    std::string scratch;
    return change::RowHasher(*products_, {0, 1, 2, 3, 4}).Hash(row, {}, &scratch);
  }
  mapping::FieldId FieldOf(const char* name) const { return mapping_->Find(name)->id; }

  const TablePointer products_ = MakeTable(
      "products", {MakeColumn("id", ColumnType::kInt), MakeColumn("name", ColumnType::kVarchar),
                   Decimal("price", 10, 2), MakeColumn("stock", ColumnType::kInt),
                   MakeColumn("attrs", ColumnType::kJson)});
  const std::shared_ptr<const mapping::Mapping> mapping_ =
      std::make_shared<mapping::Mapping>(*DeriveMapping(*products_));
  TableMapper mapper_;
  NoStoredRows stored_;
};

TEST_F(TableMapperTest, InsertsAreUpsertsWithTheVersionOfTheirRow) {
  const auto transaction = MakeTransaction(7, {Insert(products_, Product(1, "a", "1.00", 1)),
                                               Insert(products_, Product(2, "b", "2.00", 2))});
  const MappedTransaction mapped = Map(transaction);
  ASSERT_EQ(mapped.batch.operations.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const index::Operation& operation = mapped.batch.operations[i];
    EXPECT_EQ(operation.kind, OpKind::kUpsert);
    EXPECT_EQ(operation.index, kProducts);
    EXPECT_EQ(operation.key, std::to_string(i + 1));
    EXPECT_EQ(operation.version_type, index::VersionType::kExternal);
    EXPECT_EQ(operation.version, change::VersionOf(7, i));
    EXPECT_EQ(operation.row_hash,
              HashOf(Product(static_cast<int64_t>(i) + 1, i == 0 ? "a" : "b",
                             i == 0 ? "1.00" : "2.00", static_cast<int64_t>(i) + 1)));
  }
  EXPECT_THAT(mapped.rejected, IsEmpty());
}

TEST_F(TableMapperTest, ChunkRowsHaveTheVersionOfTheirLowWatermark) {
  auto chunk = MakeTransaction(7, {Read(products_, Product(1, "a", "1.00", 1)),
                                   Read(products_, Product(2, "b", "2.00", 2))});
  chunk.chunk = std::make_unique<change::ChunkInfo>();
  const MappedTransaction mapped = Map(chunk);
  ASSERT_EQ(mapped.batch.operations.size(), 2u);
  for (const index::Operation& operation : mapped.batch.operations) {
    EXPECT_EQ(operation.kind, OpKind::kUpsert);
    EXPECT_EQ(operation.version, change::ChunkVersionOf(7));
  }
}

TEST_F(TableMapperTest, EveryRoadToADocumentCarriesTheHashOfTheWholeRow) {
  const RowImage before = Product(1, "a", "1.00", 1);
  const RowImage restocked = Product(1, "a", "1.00", 2);
  const RowImage renamed = Product(1, "b", "1.00", 2);
  const RowImage moved = Product(2, "b", "1.00", 2);
  RowImage only_stock(5);
  only_stock[3] = Value::Int(2);
  const MappedTransaction mapped = Map(
      MakeTransaction(1, {Insert(products_, before), Update(products_, before, restocked),
                          Update(products_, restocked, renamed), Update(products_, renamed, moved),
                          Read(products_, moved), Update(products_, before, only_stock)}));
  std::vector<std::pair<OpKind, uint64_t>> found;
  for (const index::Operation& operation : mapped.batch.operations) {
    found.emplace_back(operation.kind, operation.row_hash);
  }
  EXPECT_THAT(found, ElementsAre(std::pair(OpKind::kUpsert, HashOf(before)),
                                 std::pair(OpKind::kUpdateColumns, HashOf(restocked)),
                                 std::pair(OpKind::kUpsert, HashOf(renamed)),
                                 std::pair(OpKind::kDelete, uint64_t{0}),
                                 std::pair(OpKind::kUpsert, HashOf(moved)),
                                 std::pair(OpKind::kUpsert, HashOf(moved)),
                                 std::pair(OpKind::kUpdateColumns, HashOf(restocked))));
}

TEST_F(TableMapperTest, AnUpdateThatChangesNothingIsDropped) {
  const MappedTransaction mapped = Map(MakeTransaction(
      1, {Update(products_, Product(1, "a", "1.00", 1), Product(1, "a", "1.00", 1))}));
  EXPECT_THAT(mapped.batch.operations, IsEmpty());
  EXPECT_EQ(mapped.unchanged_rows, 1u);
}

TEST_F(TableMapperTest, NumbersAloneAreUpdatedInPlaceWithTheDocumentBehindThem) {
  RowImage after = Product(1, "a", "2.50", 1);
  after[3] = Value::Null();
  const auto transaction =
      MakeTransaction(1, {Update(products_, Product(1, "a", "1.00", 1), after)});
  const MappedTransaction mapped = Map(transaction);
  ASSERT_EQ(mapped.batch.operations.size(), 1u);
  const index::Operation& operation = mapped.batch.operations[0];
  EXPECT_EQ(operation.kind, OpKind::kUpdateColumns);
  ASSERT_EQ(operation.columns.size(), 2u);
  EXPECT_EQ(operation.columns[0].field, FieldOf("price"));
  EXPECT_EQ(operation.columns[0].value, 250);
  EXPECT_EQ(operation.columns[1].field, FieldOf("stock"));
  EXPECT_EQ(operation.columns[1].value, std::nullopt);
  ASSERT_TRUE(operation.if_missing);
  const auto whole = operation.if_missing();
  ASSERT_OK(whole);
  const MappedTransaction inserted = Map(MakeTransaction(1, {Insert(products_, after)}));
  EXPECT_EQ(whole->source.bytes, inserted.batch.operations[0].document.source.bytes);
  EXPECT_EQ(whole->texts.size(), inserted.batch.operations[0].document.texts.size());
  EXPECT_EQ(whole->numbers.size(), inserted.batch.operations[0].document.numbers.size());
}

TEST_F(TableMapperTest, TheDocumentBehindAnUpdateOutlivesTheBinding) {
  const auto transaction = MakeTransaction(
      1, {Update(products_, Product(1, "a", "1.00", 1), Product(1, "a", "1.00", 2))});
  const MappedTransaction mapped = Map(transaction);
  mapper_.Unbind("shop.products");
  EXPECT_OK(mapped.batch.operations.at(0).if_missing());
  EXPECT_THAT(Map(transaction).batch.operations, IsEmpty());
}

// Rows that a cursor forgets when it moves on, as spilled ones do.
class FleetingRows final : public change::RowSequence {
 public:
  explicit FleetingRows(std::vector<change::RowChange> rows) : rows_(std::move(rows)) {}
  uint64_t size() const override { return rows_.size(); }
  const change::TableList& tables() const override { return tables_; }
  std::unique_ptr<change::RowCursor> Open() const override {
    return std::make_unique<Cursor>(rows_);
  }

 private:
  class Cursor final : public change::RowCursor {
   public:
    explicit Cursor(const std::vector<change::RowChange>& rows) : rows_(rows) {}
    Result<const change::RowChange*> Next() override {
      current_ =
          next_ < rows_.size() ? std::make_unique<change::RowChange>(rows_[next_++]) : nullptr;
      return static_cast<const change::RowChange*>(current_.get());
    }

   private:
    const std::vector<change::RowChange>& rows_;
    std::unique_ptr<change::RowChange> current_;
    size_t next_ = 0;
  };
  const std::vector<change::RowChange> rows_;
  const change::TableList tables_;
};

TEST_F(TableMapperTest, RowsThatDoNotStayAreKeptForTheDocumentBehindAnUpdate) {
  auto transaction = MakeTransaction(1, {});
  transaction.rows = std::make_shared<FleetingRows>(std::vector<change::RowChange>{
      Update(products_, Product(1, "a", "1.00", 1), Product(1, "a", "1.00", 2)),
      Update(products_, Product(2, "b", "1.00", 1), Product(2, "b", "1.00", 3))});
  const MappedTransaction mapped = Map(transaction);
  ASSERT_EQ(mapped.batch.operations.size(), 2u);
  const auto first = mapped.batch.operations[0].if_missing();
  ASSERT_OK(first);
  EXPECT_EQ(first->texts.at(0).text, "a");
}

// What tells an operation, as text.
std::string Told(const index::Operation& operation) {
  std::string text = std::to_string(static_cast<int>(operation.kind)) + " " + operation.key + " " +
                     std::to_string(operation.version) + " " + operation.document.source.bytes;
  for (const index::ColumnUpdate& update : operation.columns) {
    text += " " + std::to_string(static_cast<uint32_t>(update.field)) + "=" +
            std::to_string(update.value.value_or(0));
  }
  if (operation.if_missing) {
    const auto document = operation.if_missing();
    EXPECT_OK(document);
    text += " else " + (document.ok() ? document->source.bytes : "");
  }
  return text;
}

TEST_F(TableMapperTest, PiecesTogetherAreTheWhole) {
  std::vector<change::RowChange> rows;
  for (int64_t i = 0; i < 300; ++i) {
    const RowImage row = Product(i, "a", "1.00", i);
    switch (i % 7) {
      case 0:
        rows.push_back(Insert(products_, row));
        break;
      case 1:
        rows.push_back(Update(products_, row, Product(i, "a", "1.00", i + 1)));
        break;
      case 2:
        rows.push_back(Update(products_, row, Product(i + 1000, "a", "1.00", i)));
        break;
      case 3:
        rows.push_back(Update(products_, row, row));
        break;
      case 4:
        rows.push_back(Insert(products_, Product(i, "a", "no number", 1)));
        break;
      case 5:
        rows.push_back(Insert(MakeTable("other", {}), {}));
        break;
      default:
        rows.push_back(Delete(products_, row));
    }
  }
  auto transaction = MakeTransaction(9, rows);
  const MappedTransaction whole = Map(transaction);
  ASSERT_GT(whole.rejected.size(), 0U);
  ASSERT_GT(whole.unchanged_rows, 0U);
  std::vector<std::string> wanted;
  for (const index::Operation& operation : whole.batch.operations) {
    wanted.push_back(Told(operation));
  }
  for (const bool fleeting : {false, true}) {
    if (fleeting) {
      transaction.rows = std::make_shared<FleetingRows>(rows);
    }
    for (const uint64_t piece_bytes : {uint64_t{0}, uint64_t{2000}, uint64_t{50'000}}) {
      std::vector<std::string> told;
      std::vector<std::string> rejected;
      uint64_t unchanged = 0;
      uint64_t pieces = 0;
      const auto run = mapper_.Begin(transaction, stored_, piece_bytes);
      for (;; ++pieces) {
        const auto piece = run->Next();
        ASSERT_OK(piece);
        if (!*piece) {
          break;
        }
        uint64_t bytes = 0;
        for (const index::Operation& operation : (*piece)->batch.operations) {
          told.push_back(Told(operation));
          bytes += MemoryOf(operation);
        }
        EXPECT_LT(bytes, piece_bytes + 2000) << "a row more than the piece holds, no more";
        for (const RejectedRow& row : (*piece)->rejected) {
          rejected.push_back(row.key);
        }
        unchanged += (*piece)->unchanged_rows;
      }
      EXPECT_EQ(told, wanted);
      EXPECT_EQ(rejected.size(), whole.rejected.size());
      EXPECT_EQ(unchanged, whole.unchanged_rows);
      EXPECT_GT(pieces, piece_bytes == 0 ? 200U : 1U);
    }
  }
}

TEST_F(TableMapperTest, TheIndicesOfATransactionAreThoseOfItsTables) {
  const auto other = MakeTable("other", {MakeColumn("id", ColumnType::kInt)});
  const auto transaction = MakeTransaction(
      1, {Insert(products_, Product(1, "a", "1.00", 1)), Insert(other, {Value::Int(1)})});
  EXPECT_THAT(mapper_.IndicesOf(transaction), ElementsAre(kProducts));
  EXPECT_THAT(mapper_.IndicesOf(MakeTransaction(1, {})), IsEmpty());
}

TEST_F(TableMapperTest, AnythingElseIsAnUpsert) {
  const MappedTransaction mapped = Map(MakeTransaction(
      1,
      {Update(products_, Product(1, "a", "1.00", 1), Product(1, "b", "2.00", 1)),
       Update(products_, Product(1, "b", "2.00", 1), Product(1, "b", "2.00", 1, R"({"a":1})"))}));
  ASSERT_EQ(mapped.batch.operations.size(), 2u);
  for (const index::Operation& operation : mapped.batch.operations) {
    EXPECT_EQ(operation.kind, OpKind::kUpsert);
    EXPECT_THAT(operation.columns, IsEmpty());
    EXPECT_FALSE(operation.if_missing);
  }
}

TEST_F(TableMapperTest, AnotherKeyIsADeleteAndAnUpsert) {
  const MappedTransaction mapped = Map(
      MakeTransaction(4, {Update(products_, Product(1, "a", "1.00", 1), Product(2, "a", "1.00", 1)),
                          Delete(products_, Product(2, "a", "1.00", 1))}));
  ASSERT_EQ(mapped.batch.operations.size(), 3u);
  const auto& operations = mapped.batch.operations;
  EXPECT_EQ(std::pair(operations[0].kind, operations[0].key),
            std::pair(OpKind::kDelete, std::string("1")));
  EXPECT_EQ(std::pair(operations[1].kind, operations[1].key),
            std::pair(OpKind::kUpsert, std::string("2")));
  EXPECT_EQ(std::pair(operations[2].kind, operations[2].key),
            std::pair(OpKind::kDelete, std::string("2")));
  EXPECT_EQ(operations[0].version, change::VersionOf(4, 0));
  EXPECT_EQ(operations[1].version, change::VersionOf(4, 0));
  EXPECT_EQ(operations[2].version, change::VersionOf(4, 1));
}

TEST_F(TableMapperTest, ABadRowIsRejectedAndTheOthersGoOn) {
  const MappedTransaction mapped =
      Map(MakeTransaction(9, {Insert(products_, Product(1, "secret", "1.00", 1, "{broken")),
                              Insert(products_, Product(2, "b", "1.00", 1)),
                              Update(products_, Product(3, "c", "1.00", 1),
                                     Product(3, "c", "99999999999999999999.00", 1))}));
  ASSERT_EQ(mapped.batch.operations.size(), 1u);
  EXPECT_EQ(mapped.batch.operations[0].key, "2");
  EXPECT_EQ(mapped.batch.operations[0].version, change::VersionOf(9, 1));
  ASSERT_EQ(mapped.rejected.size(), 2u);
  EXPECT_EQ(mapped.rejected[0].table, "shop.products");
  EXPECT_EQ(mapped.rejected[0].key, "1");
  EXPECT_EQ(mapped.rejected[0].position.gtid, "0-1-9");
  EXPECT_THAT(mapped.rejected[0].reason, HasSubstr("column `attrs` of type JSON: "));
  EXPECT_THAT(mapped.rejected[0].reason, ::testing::Not(HasSubstr("secret")));
  EXPECT_EQ(mapped.rejected[1].key, "3");
  EXPECT_THAT(mapped.rejected[1].reason, HasSubstr("column `price` of type DECIMAL: "));
}

TEST_F(TableMapperTest, ARejectedRowUnderAnotherKeyStillLeavesItsOldOne) {
  const MappedTransaction mapped = Map(MakeTransaction(
      1, {Update(products_, Product(1, "a", "1.00", 1), Product(2, "a", "1.00", 1, "{"))}));
  ASSERT_EQ(mapped.batch.operations.size(), 1u);
  EXPECT_EQ(mapped.batch.operations[0].kind, OpKind::kDelete);
  EXPECT_EQ(mapped.batch.operations[0].key, "1");
  ASSERT_EQ(mapped.rejected.size(), 1u);
  EXPECT_EQ(mapped.rejected[0].key, "2");
}

TEST_F(TableMapperTest, KeysThatMakeNoIdAreRejectedByTheirBeginning) {
  const TablePointer table = MakeTable("k", {MakeColumn("k", ColumnType::kVarchar)});
  ASSERT_OK(mapper_.Bind(table, index::IndexId{4},
                         std::make_shared<mapping::Mapping>(*DeriveMapping(*table))));
  std::string key = "x";
  for (int i = 0; i < 300; ++i) {
    key += "果";
  }
  const MappedTransaction mapped = Map(MakeTransaction(
      1, {Insert(table, {Text(key)}), Insert(table, {Text("")}),
          Update(table, {Text(key)}, {Text("short")}), Delete(table, {Text(key)})}));
  ASSERT_EQ(mapped.batch.operations.size(), 1u);
  EXPECT_EQ(mapped.batch.operations[0].key, "short");
  ASSERT_EQ(mapped.rejected.size(), 2u);
  // Whole characters, and what tells it from another key with this beginning.
  EXPECT_EQ(mapped.rejected[0].key.substr(0, 512), key.substr(0, 511) + "#");
  EXPECT_EQ(mapped.rejected[0].key.size(), 512U + 16U);
  EXPECT_EQ(mapped.rejected[1].key, "");
  // Nothing is lost with a row that has no document.
  ASSERT_EQ(mapped.mended.size(), 2u);
  EXPECT_EQ(mapped.mended[0].key, mapped.rejected[0].key);
  EXPECT_EQ(mapped.mended[1].key, mapped.rejected[0].key);
  EXPECT_LT(mapped.mended[0].version, mapped.mended[1].version);
}

TEST_F(TableMapperTest, PartialImagesAreFilledFromTheOneBefore) {
  RowImage after = Product(1, "a", "1.00", 5);
  after[0] = after[1] = after[2] = after[4] = Value::Absent();
  RowImage renamed = after;
  renamed[1] = Text("new");
  RowImage poor(5);
  poor[0] = Value::Int(2);
  const auto transaction =
      MakeTransaction(1, {Update(products_, Product(1, "a", "1.00", 1), after),
                          Update(products_, Product(1, "a", "1.00", 1), renamed),
                          Update(products_, poor, after), Insert(products_, renamed)});
  const MappedTransaction mapped = Map(transaction);
  ASSERT_EQ(mapped.batch.operations.size(), 2u);
  EXPECT_EQ(mapped.batch.operations[0].kind, OpKind::kUpdateColumns);
  EXPECT_EQ(mapped.batch.operations[0].key, "1");
  ASSERT_EQ(mapped.batch.operations[0].columns.size(), 1u);
  EXPECT_EQ(mapped.batch.operations[0].columns[0].value, 5);
  const auto whole = mapped.batch.operations[0].if_missing();
  ASSERT_OK(whole);
  EXPECT_EQ(whole->texts.at(0).text, "a");
  EXPECT_EQ(mapped.batch.operations[1].kind, OpKind::kUpsert);
  EXPECT_EQ(mapped.batch.operations[1].document.texts.at(0).text, "new");
  EXPECT_THAT(mapped.rejected, IsEmpty());
  ASSERT_EQ(mapped.pending.size(), 2u);
  EXPECT_EQ(mapped.pending[0].key, snapshot::KeyCells{"2"}) << "that no image has the rest of";
  EXPECT_EQ(mapped.pending[1].key, snapshot::KeyCells()) << "whose key is not known";
}

TEST_F(TableMapperTest, PartialImagesThatMoveARowAreSeen) {
  RowImage moved(5);
  moved[0] = Value::Int(2);
  const MappedTransaction mapped =
      Map(MakeTransaction(1, {Update(products_, Product(1, "a", "1.00", 1), moved)}));
  ASSERT_EQ(mapped.batch.operations.size(), 2u);
  EXPECT_EQ(mapped.batch.operations[0].kind, OpKind::kDelete);
  EXPECT_EQ(mapped.batch.operations[1].key, "2");
  EXPECT_EQ(mapped.batch.operations[1].document.texts.at(0).text, "a");
}

TEST_F(TableMapperTest, RowsOfOtherTablesArePassedOverButCounted) {
  const TablePointer other = MakeTable("other", {MakeColumn("id", ColumnType::kInt)});
  const MappedTransaction mapped = Map(MakeTransaction(
      2, {Insert(other, {Value::Int(1)}), Insert(products_, Product(1, "a", "1.00", 1)),
          Insert(other, {Value::Int(2)})}));
  ASSERT_EQ(mapped.batch.operations.size(), 1u);
  EXPECT_EQ(mapped.batch.operations[0].version, change::VersionOf(2, 1));
  EXPECT_EQ(mapped.unchanged_rows, 0u);
}

TEST_F(TableMapperTest, TwoTablesInOneTransactionBecomeOneBatch) {
  const TablePointer brands = MakeTable(
      "brands", {MakeColumn("id", ColumnType::kInt), MakeColumn("name", ColumnType::kVarchar)});
  ASSERT_OK(mapper_.Bind(brands, index::IndexId{9},
                         std::make_shared<mapping::Mapping>(*DeriveMapping(*brands))));
  const MappedTransaction mapped = Map(MakeTransaction(
      1, {Insert(products_, Product(1, "a", "1.00", 1)), Insert(brands, {Value::Int(1), Text("b")}),
          Delete(products_, Product(1, "a", "1.00", 1))}));
  std::vector<std::pair<uint32_t, int64_t>> operations;
  for (const index::Operation& operation : mapped.batch.operations) {
    operations.emplace_back(static_cast<uint32_t>(operation.index), operation.version);
  }
  EXPECT_THAT(operations, ElementsAre(std::pair(3u, change::VersionOf(1, 0)),
                                      std::pair(9u, change::VersionOf(1, 1)),
                                      std::pair(3u, change::VersionOf(1, 2))));
  // Each says where it is from, as a truncation asks for it.
  const auto table_of = [](const TablePointer& table) {
    return change::SourceTable(change::SourceId{}, table->QualifiedName());
  };
  EXPECT_EQ(mapped.batch.operations[0].source_table, table_of(products_));
  EXPECT_EQ(mapped.batch.operations[1].source_table, table_of(brands));
}

TEST_F(TableMapperTest, RowsOfAnotherShapeStopTheSource) {
  const TablePointer altered = MakeTable("products", {MakeColumn("id", ColumnType::kInt)});
  EXPECT_STATUS(mapper_.Map(MakeTransaction(1, {Insert(altered, {Value::Int(1)})}), stored_),
                kAborted);
  EXPECT_STATUS(mapper_.Map(MakeTransaction(1, {Insert(products_, {Value::Int(1)})}), stored_),
                kAborted);
  EXPECT_STATUS(
      mapper_.Map(MakeTransaction(1, {Update(products_, {}, Product(1, "a", "1.00", 1))}), stored_),
      kAborted);
  EXPECT_STATUS(mapper_.Map(MakeTransaction(1, {Insert(nullptr, {})}), stored_), kAborted);
  const TablePointer same = std::make_shared<change::TableSchema>(*products_);
  EXPECT_OK(mapper_.Map(MakeTransaction(1, {Insert(same, Product(1, "a", "1.00", 1))}), stored_));
}

TEST_F(TableMapperTest, ABindingThatFailsLeavesTheOldOne) {
  EXPECT_STATUS(mapper_.Bind(products_, index::IndexId{8}, std::make_shared<mapping::Mapping>()),
                kInvalidArgument);
  EXPECT_EQ(Map(MakeTransaction(1, {Insert(products_, Product(1, "a", "1.00", 1))}))
                .batch.operations.at(0)
                .index,
            kProducts);
}

}  // namespace
}  // namespace binseek::mapper
