// Rows of partial images: completed, they are what whole images would have given, byte by byte; else they are pending.
#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "engine/base/coding.h"
#include "engine/index/engine.h"
#include "engine/store/ram_directory.h"
#include "sync/mapper/row_key.h"
#include "sync/mapper/stored_fields.h"
#include "sync/mapper/table_mapper.h"
#include "sync/mapper/table_mapping.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/partial_images.h"
#include "tests/sync/mapper/source_oracle.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::mapper {
namespace {

using change::ColumnType;
using change::Flavor;
using change::RowChange;
using change::RowImage;
using change::Value;
using change::ValueKind;
using index::OpKind;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Value Real(ColumnType type, double value) {
  return Value::Real(type == ColumnType::kFloat ? ValueKind::kFloat : ValueKind::kDouble, value);
}

Value Moment(ValueKind kind, uint16_t year, uint8_t month, uint8_t day, uint32_t micros = 0) {
  change::Calendar c;
  c.year = year;
  c.month = month;
  c.day = day;
  if (kind == ValueKind::kDateTime) {
    c.hour = 23;
    c.minute = 59;
    c.second = 1;
    c.micros = micros;
  }
  return Value::Of(kind, change::PackCalendar(c));
}

std::string PointBytes(double x, double y) {
  std::string bytes;
  PutU32(&bytes, 4326);
  PutU8(&bytes, 1);
  PutU32(&bytes, 1);
  PutF64(&bytes, x);
  PutF64(&bytes, y);
  return bytes;
}

struct Sample {
  change::Column column;
  std::vector<Value> values;
};

std::vector<Value> Ints(std::initializer_list<int64_t> values) {
  std::vector<Value> all;
  for (const int64_t value : values) {
    all.push_back(Value::Int(value));
  }
  return all;
}

std::vector<Value> Bytes(ValueKind kind, std::initializer_list<std::string_view> values) {
  std::vector<Value> all;
  for (const std::string_view value : values) {
    all.push_back(Value::Bytes(kind, value));
  }
  return all;
}

// Every column type, with the values at its ends and those whose form is odd.
std::vector<Sample> EveryType() {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  static const std::string kLong(300, 'x');
  static const std::string kLonger(40'000, 'y');
  static const std::string kControls("\0\x01\b\t\n\x1f\x7f\"\\/", 10);
  std::string all_bytes;
  for (int i = 0; i < 256; ++i) {
    all_bytes.push_back(static_cast<char>(i));
  }
  const auto texts =
      Bytes(ValueKind::kText, {"", "plain", "null", "{}", kControls, "苹果 😀 \xE2\x80\xA8", kLong,
                               kLonger, "\xEF\xBF\xBD", "\\u0041"});
  const auto dates = [](ValueKind kind) {
    return std::vector<Value>{Moment(kind, 2026, 1, 2, 345'000),
                              Moment(kind, 1, 1, 1),
                              Moment(kind, 9999, 12, 31, 999'000),
                              Moment(kind, 0, 0, 0),
                              Moment(kind, 2026, 0, 0),
                              Moment(kind, 1969, 12, 31, 1'000)};
  };
  std::vector<Sample> samples = {
      {MakeColumn("tiny", ColumnType::kTinyInt), Ints({-128, 0, 127})},
      {MakeColumn("small", ColumnType::kSmallInt), Ints({-32768, 32767})},
      {MakeColumn("medium", ColumnType::kMediumInt), Ints({-8388608, 8388607})},
      {MakeColumn("int", ColumnType::kInt), Ints({-5, 0, 7})},
      {MakeColumn("bigint", ColumnType::kBigInt), Ints({kMin, -1, kMax})},
      {Unsigned("ubigint", ColumnType::kBigInt), {Value::Uint(0), Value::Uint(~uint64_t{0})}},
      {MakeColumn("float", ColumnType::kFloat),
       {Real(ColumnType::kFloat, 0.1F), Real(ColumnType::kFloat, -0.0F),
        Real(ColumnType::kFloat, std::numeric_limits<float>::max()),
        Real(ColumnType::kFloat, std::numeric_limits<float>::denorm_min())}},
      {MakeColumn("double", ColumnType::kDouble),
       {Real(ColumnType::kDouble, 0.1), Real(ColumnType::kDouble, -0.0),
        Real(ColumnType::kDouble, std::numeric_limits<double>::lowest()),
        Real(ColumnType::kDouble, std::numeric_limits<double>::denorm_min()),
        Real(ColumnType::kDouble, 1e21)}},
      {Decimal("decimal", 18, 4), {Dec("0.0000"), Dec("-99999999999999.9999"), Dec("12.5000")}},
      {Decimal("whole", 10, 0), {Dec("0"), Dec("-1234567890")}},
      {Decimal("wide", 65, 30),
       {Dec("12345678901234567890123456789012345.000000000000000000000000000001"),
        Dec("-0.500000000000000000000000000000")}},
      {MakeColumn("bit", ColumnType::kBit), {Value::Uint(0), Value::Uint(~uint64_t{0})}},
      {MakeColumn("year", ColumnType::kYear), Ints({0, 1901, 2155})},
      {MakeColumn("char", ColumnType::kChar), texts},
      {MakeColumn("varchar", ColumnType::kVarchar), texts},
      {MakeColumn("text", ColumnType::kText), texts},
      {MakeColumn("binary", ColumnType::kBinary), Bytes(ValueKind::kBytes, {all_bytes})},
      {MakeColumn("varbinary", ColumnType::kVarbinary), Bytes(ValueKind::kBytes, {"", "\"\\"})},
      {MakeColumn("blob", ColumnType::kBlob), Bytes(ValueKind::kBytes, {"", all_bytes, "a"})},
      {MakeColumn("date", ColumnType::kDate), dates(ValueKind::kDate)},
      {WithScale("time", ColumnType::kTime, 6),
       {Value::Of(ValueKind::kTime, 0), Value::Of(ValueKind::kTime, -3'020'399'000'001),
        Value::Of(ValueKind::kTime, 3'020'399'000'000)}},
      {WithScale("datetime", ColumnType::kDateTime, 3), dates(ValueKind::kDateTime)},
      {WithScale("timestamp", ColumnType::kTimestamp, 6),
       {Value::Of(ValueKind::kTimestamp, 0), Value::Of(ValueKind::kTimestamp, 1),
        Value::Of(ValueKind::kTimestamp, 4'294'967'295'999'999)}},
      {MakeColumn("enum", ColumnType::kEnum), Bytes(ValueKind::kEnum, {"", "red", "it's \"中\""})},
      {MakeColumn("set", ColumnType::kSet), Bytes(ValueKind::kSet, {"", "x", "x,y \"z\",中"})},
      {MakeColumn("json", ColumnType::kJson),
       Bytes(ValueKind::kJson, {"{}", "null", " { \"a\" : [1, 2.50, null, \"x\\u00e9,}\" ] }\n",
                                "3", "\"s\"", "[]", "true", R"({"a":{"b":"c\\"},"d":"]"})"})},
      {Geometry("point", "point"),
       {Value::Bytes(ValueKind::kGeometry, PointBytes(1.5, -2.25)),
        Value::Bytes(ValueKind::kGeometry, PointBytes(1e300, 0.1))}},
      {Geometry("polygon", "polygon"), Bytes(ValueKind::kGeometry, {all_bytes})},
      {MakeColumn("vector", ColumnType::kVector),
       Bytes(ValueKind::kVector, {std::string_view("\0\0\x80\x3f\xcd\xcc\xcc\x3d", 8), ""})},
      {MakeColumn("uuid", ColumnType::kUuid), Bytes(ValueKind::kBytes, {"0123456789abcdef"})},
      {MakeColumn("inet4", ColumnType::kInet4), Bytes(ValueKind::kBytes, {"\x7f\x01\x01\x01"})},
      {MakeColumn("inet6", ColumnType::kInet6), Bytes(ValueKind::kBytes, {"0123456789abcdef"})},
  };
  for (Sample& sample : samples) {
    sample.values.push_back(Value::Null());
  }
  return samples;
}

// An index of one table in an engine, and the mapper before it. What is outdated and rejected, the test says.
class IndexOf final : public StoredRows {
 public:
  explicit IndexOf(TablePointer table) : table_(std::move(table)) {
    index::EngineOptions options;
    options.directory = std::make_shared<store::RamDirectory>();
    auto engine = index::Engine::Open(std::move(options));
    EXPECT_OK(engine);
    engine_ = std::move(engine).value();
    const auto id = engine_->CreateIndex("t", *DeriveMapping(*table_), "{}");
    EXPECT_OK(id);
    index_ = *id;
    EXPECT_OK(mapper_.Bind(table_, index_, engine_->View()->Find(index_)->mapping));
    const auto plan = MakeTablePlan(table_, index_, *engine_->View()->Find(index_)->mapping);
    EXPECT_OK(plan);
    plan_ = *plan;
  }

  // Maps and applies.
  MappedTransaction Take(std::vector<RowChange> rows, Flavor flavor = Flavor::kMysql) {
    auto transaction = MakeTransaction(++ordinal_, std::move(rows));
    transaction.flavor = flavor;
    auto mapped = mapper_.Map(transaction, *this);
    EXPECT_OK(mapped);
    if (!mapped.ok()) {
      return {};
    }
    const auto applied = engine_->Apply(mapped->batch);
    EXPECT_OK(applied);
    for (size_t i = 0; i < applied->results.size(); ++i) {
      const index::OpResult& result = applied->results[i];
      EXPECT_TRUE(result.outcome != index::Outcome::kMissing ||
                  mapped->batch.operations[i].kind == OpKind::kDelete);
      EXPECT_NE(result.outcome, index::Outcome::kStale);
      EXPECT_NE(result.outcome, index::Outcome::kFailed) << result.status.message();
    }
    for (index::Operation& operation : mapped->batch.operations) {
      operation.if_missing = nullptr;  // what it borrows ends here
    }
    return std::move(mapped).value();
  }
  std::map<std::string, std::string> Documents() const {
    std::map<std::string, std::string> all;
    const auto view = engine_->View();
    const index::IndexView& index = *view->Find(index_);
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

  bool Contains(index::IndexId /*index*/, std::string_view key) const override {
    return engine_->View()->Find(index_)->FindKey(key).has_value();
  }
  Result<std::optional<std::string>> Source(index::IndexId /*index*/,
                                            std::string_view key) const override {
    const auto view = engine_->View();
    const auto address = view->Find(index_)->FindKey(key);
    if (!address) {
      return std::optional<std::string>();
    }
    std::string source;
    BINSEEK_RETURN_IF_ERROR(index::AppendSource(*view->Find(index_), *address, &source));
    return std::optional<std::string>(std::move(source));
  }
  bool AnyOutdated(const std::string& /*table*/) const override { return !outdated.empty(); }
  bool IsOutdated(const std::string& /*table*/, const snapshot::KeyCells& key) const override {
    return outdated.contains(key);
  }
  bool AnyRejected() const override { return true; }
  bool WasRejected(const std::string& /*table*/, std::string_view key) const override {
    return rejected.contains(std::string(key));
  }

  const TablePlan& plan() const { return *plan_; }
  index::Engine* engine() { return engine_.get(); }
  uint64_t ordinal() const { return ordinal_; }

  std::set<snapshot::KeyCells> outdated;
  std::set<std::string> rejected;

 private:
  const TablePointer table_;
  std::unique_ptr<index::Engine> engine_;
  index::IndexId index_{};
  std::shared_ptr<const TablePlan> plan_;
  TableMapper mapper_;
  uint64_t ordinal_ = 0;
};

std::vector<std::string> TokensOf(const TablePlan& plan, const mapping::Document& document) {
  std::vector<std::string> tokens;
  const auto fields = StoredFields::OfDocument(plan, document);
  for (size_t i = 0; fields && i < plan.columns.size(); ++i) {
    tokens.emplace_back(fields->token(i));
  }
  return tokens;
}

// All that is indexed and shown of two documents. (A JSON null has a fragment and SQL's has none: both are shown as null.)
void ExpectSame(const TablePlan& plan, const mapping::Document& completed,
                const mapping::Document& whole) {
  EXPECT_EQ(TokensOf(plan, completed), TokensOf(plan, whole));
  ASSERT_EQ(completed.texts.size(), whole.texts.size());
  for (size_t i = 0; i < whole.texts.size(); ++i) {
    EXPECT_EQ(completed.texts[i].field, whole.texts[i].field);
    EXPECT_EQ(completed.texts[i].text, whole.texts[i].text);
  }
  ASSERT_EQ(completed.numbers.size(), whole.numbers.size());
  for (size_t i = 0; i < whole.numbers.size(); ++i) {
    EXPECT_EQ(completed.numbers[i].field, whole.numbers[i].field);
    EXPECT_EQ(completed.numbers[i].value, whole.numbers[i].value);
  }
}

// For every type: that the rest of a row is completed from what is stored of it, and that it is changed beside the rest.
TEST(PartialRowTest, EveryColumnTypeIsCompletedByteByByteFromWhatIsStored) {
  for (const Sample& sample : EveryType()) {
    const TablePointer table = MakeTable("t", {MakeColumn("id", ColumnType::kInt), sample.column,
                                               MakeColumn("mark", ColumnType::kVarchar)});
    for (const ImageSetting setting : {ImageSetting::kMinimal, ImageSetting::kNoblob}) {
      IndexOf partial(table);
      IndexOf whole(table);
      for (const Value& value : sample.values) {
        SCOPED_TRACE(sample.column.name + " " + std::string(ImageSettingName(setting)) + " " +
                     change::DebugString(value).substr(0, 100));
        const RowImage before{Value::Int(1), value, Text("a")};
        RowImage marked = before;
        marked[2] = Text("b");
        RowImage changed = marked;
        changed[1] = sample.values[0];
        partial.Take({Insert(table, before)});
        whole.Take({Insert(table, before)});
        for (const auto& [from, to] : {std::pair(before, marked), std::pair(marked, changed)}) {
          const RowChange update = Update(table, from, to);
          const auto completed = partial.Take({AsLogged(update, setting, Flavor::kMysql, {})});
          const auto expected = whole.Take({update});
          EXPECT_THAT(completed.pending, IsEmpty());
          EXPECT_THAT(completed.rejected, IsEmpty());
          ASSERT_EQ(completed.batch.operations.size(), expected.batch.operations.size());
          if (!expected.batch.operations.empty()) {
            const index::Operation& operation = completed.batch.operations[0];
            ASSERT_EQ(operation.kind, expected.batch.operations[0].kind);
            if (operation.kind == OpKind::kUpsert) {
              ExpectSame(whole.plan(), operation.document, expected.batch.operations[0].document);
            }
          }
          EXPECT_EQ(partial.Documents(), whole.Documents());
        }
      }
    }
  }
}

// Keys are no part of what is updated, so their values are taken over from the images alone.
TEST(PartialRowTest, RowsWithKeysOfEveryTypeAreCompleted) {
  for (const Sample& sample : EveryType()) {
    const TablePointer table = MakeTable("t", {sample.column, MakeColumn("n", ColumnType::kInt),
                                               MakeColumn("mark", ColumnType::kVarchar)});
    IndexOf partial(table);
    IndexOf whole(table);
    for (const Value& value : sample.values) {
      const RowImage before{value, Value::Int(1), Text("a")};
      if (value.is_null() || !DocumentId(*table, before).ok()) {
        continue;
      }
      SCOPED_TRACE(sample.column.name + " " + change::DebugString(value).substr(0, 100));
      const RowChange update = Update(table, before, {value, Value::Int(2), Text("b")});
      for (IndexOf* index : {&partial, &whole}) {
        index->Take({Insert(table, before)});
      }
      const auto mapped =
          partial.Take({AsLogged(update, ImageSetting::kMinimal, Flavor::kMysql, {})});
      EXPECT_THAT(mapped.pending, IsEmpty());
      whole.Take({update});
      EXPECT_EQ(partial.Documents(), whole.Documents());
    }
  }
}

// shop.products(id, name, price, stock, attrs)
class PartialRowsOfProductsTest : public ::testing::Test {
 protected:
  static RowImage Product(int64_t id, std::string_view name, std::string_view price = "1.00",
                          int64_t stock = 1, std::string_view attrs = "{}") {
    return {Value::Int(id), Text(name), Dec(price), Value::Int(stock), Json(attrs)};
  }
  RowChange Minimal(RowChange whole, Flavor flavor = Flavor::kMysql) const {
    return AsLogged(whole, ImageSetting::kMinimal, flavor, {});
  }
  static std::vector<snapshot::KeyCells> Keys(const MappedTransaction& mapped) {
    std::vector<snapshot::KeyCells> keys;
    for (const PendingRow& row : mapped.pending) {
      EXPECT_EQ(row.table, "shop.products");
      keys.push_back(row.key);
    }
    return keys;
  }
  using KeyList = std::vector<snapshot::KeyCells>;

  const TablePointer products_ = MakeTable(
      "products", {MakeColumn("id", ColumnType::kInt), MakeColumn("name", ColumnType::kVarchar),
                   Decimal("price", 10, 2), MakeColumn("stock", ColumnType::kInt),
                   MakeColumn("attrs", ColumnType::kJson)});
  IndexOf index_{products_};
};

TEST_F(PartialRowsOfProductsTest, NumbersAloneAreUpdatedInPlaceWithoutABase) {
  index_.Take({Insert(products_, Product(1, "a"))});
  const auto mapped =
      index_.Take({Minimal(Update(products_, Product(1, "a"), Product(1, "a", "2.50")))});
  ASSERT_EQ(mapped.batch.operations.size(), 1U);
  EXPECT_EQ(mapped.batch.operations[0].kind, OpKind::kUpdateColumns);
  EXPECT_EQ(mapped.batch.operations[0].row_hash, 0U) << "no image has the whole row";
  EXPECT_THAT(mapped.pending, IsEmpty());
  EXPECT_THAT(index_.Documents().at("1"), HasSubstr("\"price\":2.50"));
}

TEST_F(PartialRowsOfProductsTest, RowsThatAreNotStoredArePendingWhateverChanged) {
  const auto mapped =
      index_.Take({Minimal(Update(products_, Product(1, "a"), Product(1, "a", "2.50"))),
                   Minimal(Update(products_, Product(2, "a"), Product(2, "b"))),
                   Minimal(Update(products_, Product(2, "b"), Product(2, "c")))});
  EXPECT_THAT(mapped.batch.operations, IsEmpty());
  EXPECT_THAT(mapped.rejected, IsEmpty());
  EXPECT_EQ(Keys(mapped), (KeyList{{"1"}, {"2"}})) << "each key once";
}

TEST_F(PartialRowsOfProductsTest, InsertedRowsThatLackColumnsArePending) {
  const auto mapped = index_.Take(
      {AsLogged(Insert(products_, Product(1, "a")), ImageSetting::kMinimal, Flavor::kMysql, {0, 1}),
       AsLogged(Insert(products_, Product(2, "b")), ImageSetting::kMinimal, Flavor::kMysql,
                {0, 1, 2, 3, 4})});
  EXPECT_EQ(Keys(mapped), (KeyList{{"1"}}));
  EXPECT_EQ(index_.Documents().size(), 1U) << "a row with all its columns needs no more";
  // A row that is not known is not completed by what comes behind it either.
  index_.outdated = {{"1"}};
  const auto later =
      index_.Take({Minimal(Update(products_, Product(1, "a"), Product(1, "a", "3.00")))});
  EXPECT_EQ(Keys(later), (KeyList{{"1"}}));
}

TEST_F(PartialRowsOfProductsTest, InsertedRowsWhoseKeyIsNotLoggedMakeTheWholeTablePending) {
  index_.Take({Insert(products_, Product(1, "a"))});
  const auto mapped = index_.Take(
      {AsLogged(Insert(products_, Product(7, "a")), ImageSetting::kMinimal, Flavor::kMysql, {1}),
       Minimal(Update(products_, Product(1, "a"), Product(1, "b")))});
  EXPECT_EQ(Keys(mapped), (KeyList{{}, {"1"}}));
}

TEST_F(PartialRowsOfProductsTest, InsertedRowsWhoseKeyIsLoggedInPartArePendingByThatPart) {
  const TablePointer table =
      MakeTable("products",
                {MakeColumn("id", ColumnType::kInt), MakeColumn("lang", ColumnType::kVarchar),
                 MakeColumn("n", ColumnType::kInt)},
                {0, 1});
  IndexOf index(table);
  const auto mapped = index.Take({Insert(table, {Value::Int(5), Value::Absent(), Value::Int(1)}),
                                  Insert(table, {Value::Absent(), Text("en"), Value::Int(1)})});
  EXPECT_EQ(Keys(mapped), (KeyList{{"5"}, {}}));
  EXPECT_THAT(mapped.rejected, IsEmpty());
}

TEST_F(PartialRowsOfProductsTest, EarlierRowsOfTheTransactionAreSeen) {
  index_.Take({Insert(products_, Product(1, "a")), Insert(products_, Product(2, "x"))});
  const auto mapped = index_.Take({
      Minimal(Update(products_, Product(1, "a"), Product(1, "a", "9.00"))),  // in place
      Minimal(Update(products_, Product(1, "a", "9.00"), Product(1, "b", "9.00"))),
      Minimal(Update(products_, Product(1, "b", "9.00"), Product(1, "b", "9.00", 5))),
      Minimal(Update(products_, Product(1, "b", "9.00", 5), Product(1, "b", "9.00", 5, "[1]"))),
      Minimal(Delete(products_, Product(2, "x"))),
      Insert(products_, Product(2, "y", "4.00")),
      Minimal(Update(products_, Product(2, "y", "4.00"), Product(2, "z", "4.00"))),
      Insert(products_, Product(3, "n")),
      Minimal(Update(products_, Product(3, "n"), Product(3, "n", "8.00"))),
      Minimal(Update(products_, Product(3, "n", "8.00"), Product(3, "m", "8.00"))),
  });
  EXPECT_THAT(mapped.pending, IsEmpty());
  EXPECT_EQ(index_.Documents(),
            (std::map<std::string, std::string>{
                {"1", R"({"id":1,"name":"b","price":9.00,"stock":5,"attrs":[1]})"},
                {"2", R"({"id":2,"name":"z","price":4.00,"stock":1,"attrs":{}})"},
                {"3", R"({"id":3,"name":"m","price":8.00,"stock":1,"attrs":{}})"}}));
}

TEST_F(PartialRowsOfProductsTest, ADocumentThatAnEarlierUpdateMakesIsSeen) {
  // Its session logged the first row whole, and the key was not loaded yet.
  const auto mapped =
      index_.Take({Update(products_, Product(1, "a"), Product(1, "a", "2.00")),
                   Minimal(Update(products_, Product(1, "a", "2.00"), Product(1, "b", "2.00")))});
  EXPECT_THAT(mapped.pending, IsEmpty());
  EXPECT_EQ(index_.Documents().at("1"), R"({"id":1,"name":"b","price":2.00,"stock":1,"attrs":{}})");
}

TEST_F(PartialRowsOfProductsTest, ARowThatIsDeletedByTheTransactionCompletesNothing) {
  index_.Take({Insert(products_, Product(1, "a"))});
  const auto mapped = index_.Take(
      {Minimal(Delete(products_, Product(1, "a"))),
       AsLogged(Insert(products_, Product(1, "b")), ImageSetting::kMinimal, Flavor::kMysql, {0, 1}),
       Minimal(Update(products_, Product(1, "b"), Product(1, "c")))});
  EXPECT_EQ(Keys(mapped), (KeyList{{"1"}}));
  EXPECT_THAT(index_.Documents(), IsEmpty());
}

TEST_F(PartialRowsOfProductsTest, ARowUnderAnotherKeyIsCompletedFromTheDocumentUnderTheOldOne) {
  index_.Take({Insert(products_, Product(1, "a", "5.00", 7, "[2]")),
               Insert(products_, Product(2, "b")), Insert(products_, Product(3, "c"))});
  // UPDATE products SET id = id + 1 ORDER BY id DESC, but for the row that has a new name too.
  const auto mapped = index_.Take({Minimal(Update(products_, Product(3, "c"), Product(4, "c"))),
                                   Minimal(Update(products_, Product(2, "b"), Product(3, "b"))),
                                   Minimal(Update(products_, Product(1, "a", "5.00", 7, "[2]"),
                                                  Product(2, "new", "5.00", 7, "[2]"))),
                                   Minimal(Update(products_, Product(9, "?"), Product(8, "?")))});
  EXPECT_EQ(Keys(mapped), (KeyList{{"8"}})) << "that there was no document of";
  EXPECT_EQ(index_.Documents(),
            (std::map<std::string, std::string>{
                {"2", R"({"id":2,"name":"new","price":5.00,"stock":7,"attrs":[2]})"},
                {"3", R"({"id":3,"name":"b","price":1.00,"stock":1,"attrs":{}})"},
                {"4", R"({"id":4,"name":"c","price":1.00,"stock":1,"attrs":{}})"}}));
}

TEST_F(PartialRowsOfProductsTest, DocumentsThatMayBeOldCompleteNothing) {
  index_.Take({Insert(products_, Product(1, "a")), Insert(products_, Product(2, "b"))});
  index_.outdated = {{"1"}};
  const auto before = index_.Documents().at("1");
  const auto mapped =
      index_.Take({Minimal(Update(products_, Product(1, "a"), Product(1, "a", "2.00"))),
                   Minimal(Update(products_, Product(1, "a"), Product(1, "c"))),
                   Minimal(Update(products_, Product(2, "b"), Product(2, "d"))),
                   Minimal(Update(products_, Product(1, "c"), Product(5, "c")))});
  EXPECT_EQ(Keys(mapped), (KeyList{{"1"}, {"5"}}));
  EXPECT_EQ(index_.Documents().count("1"), 0U);
  EXPECT_THAT(index_.Documents().at("2"), HasSubstr("\"d\""));
}

TEST_F(PartialRowsOfProductsTest, WholeRowsReplaceADocumentThatMayBeOld) {
  index_.Take({Insert(products_, Product(1, "old"))});
  index_.outdated = {{"1"}};
  // Numbers alone: in place, the rest would stay old, under a version that the row which is read cannot replace.
  const auto mapped = index_.Take({Update(products_, Product(1, "a"), Product(1, "a", "2.00"))});
  ASSERT_EQ(mapped.batch.operations.size(), 1U);
  EXPECT_EQ(mapped.batch.operations[0].kind, OpKind::kUpsert);
  EXPECT_THAT(index_.Documents().at("1"), HasSubstr("\"a\""));
  // The same where the transaction's own row made it so.
  index_.outdated.clear();
  const auto own = index_.Take(
      {AsLogged(Insert(products_, Product(2, "b")), ImageSetting::kMinimal, Flavor::kMysql, {0}),
       Update(products_, Product(2, "b"), Product(2, "b", "2.00"))});
  EXPECT_EQ(own.batch.operations.at(0).kind, OpKind::kUpsert);
}

TEST_F(PartialRowsOfProductsTest, WhatReplacesARejectedRowIsRead) {
  index_.Take({Insert(products_, Product(1, "a")), Insert(products_, Product(2, "a"))});
  const auto rejected = index_.Take(
      {Minimal(Update(products_, Product(1, "a"), Product(1, "b", "1.00", 1, "{broken"))),
       Minimal(Update(products_, Product(1, "b", "1.00", 1, "{broken"), Product(1, "b")))});
  ASSERT_EQ(rejected.rejected.size(), 1U);
  EXPECT_THAT(rejected.rejected[0].reason, HasSubstr("column `attrs`"));
  EXPECT_EQ(Keys(rejected), (KeyList{{"1"}})) << "its document has the name from before";
  index_.rejected = {"2"};
  const auto mapped = index_.Take({Minimal(Update(products_, Product(2, "a"), Product(2, "b")))});
  EXPECT_EQ(Keys(mapped), (KeyList{{"2"}}));
}

TEST_F(PartialRowsOfProductsTest, ADocumentWhoseRowWasRejectedIsNotUpdatedInPart) {
  index_.Take({Insert(products_, Product(1, "a"))});
  const auto broken = Product(1, "b", "1.00", 1, "{broken");
  const auto own = index_.Take({Update(products_, Product(1, "a"), broken),
                                Update(products_, broken, Product(1, "b", "2", 1, "{broken"))});
  EXPECT_THAT(own.batch.operations,
              IsEmpty());  // numbers would make it look like the row that it is not
  index_.rejected = {"1"};
  index_.Take({Update(products_, Product(1, "b"), Product(1, "b", "3.00"))});
  EXPECT_THAT(index_.Documents().at("1"), HasSubstr("\"b\""));
}

TEST_F(PartialRowsOfProductsTest, AnUpdateOfMariadbThatMayBeAReplaceIsReadToo) {
  index_.Take({Insert(products_, Product(1, "a", "5.00")), Insert(products_, Product(2, "a")),
               Insert(products_, Product(3, "a"))});
  // REPLACE INTO products (id, name) VALUES (1, 'b'); UPDATE products SET name = 'b' WHERE id = 2
  const auto mapped = index_.Take(
      {AsLogged(Update(products_, Product(1, "a", "5.00"), Product(1, "b", "0.00", 0, "null")),
                ImageSetting::kMinimal, Flavor::kMariadb, {0, 1}, /*replace=*/true),
       AsLogged(Update(products_, Product(2, "a"), Product(2, "b")), ImageSetting::kMinimal,
                Flavor::kMariadb, {}),
       AsLogged(Update(products_, Product(3, "a"), Product(3, "b")), ImageSetting::kNoblob,
                Flavor::kMariadb, {})},
      Flavor::kMariadb);
  EXPECT_EQ(Keys(mapped), (KeyList{{"1"}, {"3"}}));
  EXPECT_THAT(index_.Documents().at("2"), HasSubstr("\"b\""));
  EXPECT_THAT(index_.Documents().at("3"), HasSubstr("\"b\"")) << "shown at once all the same";
}

TEST_F(PartialRowsOfProductsTest, AVirtualColumnThatMariadbLeavesOutMayHaveChanged) {
  change::Column shown = MakeColumn("shown", ColumnType::kVarchar);
  shown.generated = true;
  const TablePointer table = MakeTable("products", {MakeColumn("id", ColumnType::kInt), shown,
                                                    MakeColumn("name", ColumnType::kVarchar)});
  IndexOf index(table);
  const RowImage before{Value::Int(1), Text("<a>"), Text("a")};
  const RowImage after{Value::Int(1), Text("<b>"), Text("b")};
  index.Take({Insert(table, before)});
  const auto mariadb =
      index.Take({Minimal(Update(table, before, after), Flavor::kMariadb)}, Flavor::kMariadb);
  EXPECT_EQ(Keys(mariadb), (KeyList{{"1"}}));
  EXPECT_THAT(mariadb.batch.operations, IsEmpty());
  const auto mysql = index.Take({Minimal(Update(table, before, after))});
  EXPECT_THAT(mysql.pending, IsEmpty());
  EXPECT_EQ(index.Documents().at("1"), R"({"id":1,"shown":"<b>","name":"b"})");
}

TEST_F(PartialRowsOfProductsTest, AKeyThatNoStatementFindsIsRejected) {
  const TablePointer table = MakeTable(
      "products", {MakeColumn("id", ColumnType::kVarchar), MakeColumn("name", ColumnType::kVarchar),
                   MakeColumn("note", ColumnType::kVarchar)});
  IndexOf index(table);
  const Value key = Text("\xEF\xBF\xBD");
  const auto mapped = index.Take(
      {Minimal(Update(table, {key, Text("a"), Text("n")}, {key, Text("b"), Text("n")}))});
  EXPECT_THAT(mapped.pending, IsEmpty());
  ASSERT_EQ(mapped.rejected.size(), 1U);
  EXPECT_THAT(mapped.rejected[0].reason, HasSubstr("UTF-8"));
}

TEST(RowKeyTest, CellsAreWhatTheServerPrints) {
  change::Column inet = MakeColumn("a", ColumnType::kInet4);
  const TablePointer table = MakeTable(
      "t",
      {MakeColumn("f", ColumnType::kFloat), MakeColumn("b", ColumnType::kVarbinary), inet,
       WithScale("at", ColumnType::kDateTime, 3), WithScale("ts", ColumnType::kTimestamp, 0),
       MakeColumn("name", ColumnType::kVarchar)},
      {5, 0, 1, 2, 3, 4});
  const RowImage row{Value::Real(ValueKind::kFloat, 0.1F),
                     Value::Bytes(ValueKind::kBytes, "\x01'"),
                     Value::Bytes(ValueKind::kBytes, "\x7f\x01\x01\x02"),
                     Moment(ValueKind::kDateTime, 2026, 1, 2, 5'000),
                     Value::Of(ValueKind::kTimestamp, 1'000'000),
                     Text("T: x")};
  const auto cells = KeyCellsOf(*table, row);
  ASSERT_OK(cells);
  EXPECT_EQ(*cells, (snapshot::KeyCells{"T: x", "0.10000000149011612", "\x01'", "127.1.1.2",
                                        "2026-01-02 23:59:01.005", "1970-01-01 00:00:01"}));
  RowImage without = row;
  without[0] = Value::Absent();
  EXPECT_STATUS(KeyCellsOf(*table, without), kInvalidArgument);
}

TEST(StoredFieldsTest, WhatIsNoSourceOfTheTableGivesNothing) {
  const TablePointer table = MakeTable(
      "t", {MakeColumn("id", ColumnType::kInt), MakeColumn("a \"b\"", ColumnType::kVarchar)});
  const IndexOf index(table);
  const TablePlan& plan = index.plan();
  const auto fields = StoredFields::OfSource(
      plan, R"({"other":[1,{"id":2}],"id":3,"a \"b\"": "x,}\"" ,"more":null})");
  ASSERT_TRUE(fields);
  EXPECT_EQ(fields->token(0), "3");
  EXPECT_EQ(fields->token(1), R"( "x,}\"" )");
  for (const char* source : {"", "{}", "[]", "{\"id\":3}", "{\"id\":3,\"a \\\"b\\\"\":1",
                             "{\"id\":3,\"a \\\"b\\\"\":\"x}", "{\"id\":,\"a \\\"b\\\"\":1}",
                             "{\"id\":3,\"a \\\"b\\\"\":1}}", "{\"id\" 3}", "{\"id"}) {
    EXPECT_FALSE(StoredFields::OfSource(plan, source)) << source;
  }
}

// Two indices of one table: one is told all, the other what servers log below FULL, with rows read as the pipeline reads them.
class PartialDifferenceTest : public test::SeededTest {
 protected:
  // The last column follows the third, by a statement's word or by its expression.
  static TablePointer Table(bool generated) {
    auto table = std::make_shared<change::TableSchema>(*EveryKindOfColumn("t"));
    table->columns.push_back(MakeColumn("text", ColumnType::kText));
    table->columns.push_back(MakeColumn("last", ColumnType::kVarchar));
    table->columns.back().generated = generated;
    return table;
  }
  RowImage RandomRow() {
    RowImage row;
    for (uint32_t i = 0; i + 1 < table_->columns.size(); ++i) {
      row.push_back(RandomOf(i));
    }
    row.emplace_back();
    return WithLast(std::move(row));
  }
  Value RandomOf(uint32_t ordinal) {
    return RandomValue(*table_, ordinal, [this](uint64_t limit) { return Uniform(limit); });
  }
  static RowImage WithLast(RowImage row) {
    row.back() = Text("<" + change::DebugString(row[2]) + ">");
    return row;
  }
  std::set<uint32_t> Some(uint64_t one_in) {
    std::set<uint32_t> named;
    for (uint32_t i = 0; i + 1 < table_->columns.size(); ++i) {
      if (OneIn(one_in)) {
        named.insert(i);
      }
    }
    return named;
  }

  // One random change as all of it, and as it is logged.
  std::optional<std::pair<RowChange, RowChange>> RandomChange(ImageSetting setting, Flavor flavor) {
    if (rows_.empty() || OneIn(4)) {
      RowImage row = RandomRow();
      const std::string id = *DocumentId(*table_, row);
      std::set<uint32_t> named = OneIn(3) ? Some(2) : std::set<uint32_t>();
      for (uint32_t i = 0; i < row.size() && (named.empty() || i < kKeyColumns); ++i) {
        named.insert(i);
      }
      if (const auto it = rows_.find(id); it != rows_.end()) {  // REPLACE
        const RowChange whole = Update(table_, it->second, row);
        it->second = std::move(row);
        return std::pair(whole, AsLogged(whole, setting, flavor, named, /*replace=*/true));
      }
      const RowChange whole = Insert(table_, row);
      rows_[id] = std::move(row);
      return std::pair(whole, AsLogged(whole, setting, flavor, named));
    }
    const auto it = std::next(rows_.begin(), static_cast<std::ptrdiff_t>(Uniform(rows_.size())));
    const std::string id = it->first;
    const RowImage before = it->second;
    if (OneIn(10)) {
      rows_.erase(it);
      const RowChange whole = Delete(table_, before);
      return std::pair(whole, AsLogged(whole, setting, flavor, {}));
    }
    RowImage after = before;
    if (OneIn(8)) {  // another key, perhaps the same
      after[0] = RandomOf(0);
      after[1] = RandomOf(1);
    } else if (OneIn(2)) {  // numbers only
      after[3] = RandomOf(3);
      after[12] = RandomOf(12);
    } else {
      for (uint64_t n = Uniform(4); n > 0; --n) {
        const auto ordinal =
            static_cast<uint32_t>(kKeyColumns + Uniform(after.size() - 1 - kKeyColumns));
        after[ordinal] = RandomOf(ordinal);
      }
    }
    after = WithLast(std::move(after));
    const std::string new_id = *DocumentId(*table_, after);
    if (new_id != id && rows_.count(new_id) != 0) {
      return std::nullopt;
    }
    rows_.erase(id);
    rows_[new_id] = after;
    const RowChange whole = Update(table_, before, after);
    std::set<uint32_t> named = OneIn(2) ? Some(6) : std::set<uint32_t>();
    named.erase(0);
    named.erase(1);
    return std::pair(whole, AsLogged(whole, setting, flavor, named));
  }

  // Rows of pending keys, read with the stream at its end.
  void ReadSome(IndexOf* index, bool all) {
    std::vector<RowChange> read;
    std::erase_if(index->outdated, [&](const snapshot::KeyCells& key) {
      if (!all && !OneIn(2)) {
        return false;
      }
      for (const auto& [id, row] : rows_) {
        if (*KeyCellsOf(*table_, row) == key) {
          read.push_back(Read(table_, row));
        }
      }
      return true;
    });
    index->Take(std::move(read));
  }

  void ExpectSameWhereNotPending(const IndexOf& partial, const IndexOf& whole) {
    auto expected = whole.Documents();
    auto found = partial.Documents();
    for (const auto& [id, row] : rows_) {
      if (partial.outdated.contains(*KeyCellsOf(*table_, row))) {
        expected.erase(id);
        found.erase(id);
      }
    }
    ASSERT_EQ(found, expected);
  }

  TablePointer table_;
  std::map<std::string, RowImage> rows_;
};

TEST_F(PartialDifferenceTest, AnyImagesGiveTheSameDocumentsOrPendingKeys) {
  for (const auto& [flavor, generated] :
       {std::pair(Flavor::kMysql, true), {Flavor::kMariadb, false}, {Flavor::kMariadb, true}}) {
    table_ = Table(generated);
    rows_.clear();
    IndexOf whole(table_);
    IndexOf partial(table_);
    uint64_t completed = 0;
    const uint64_t transactions = Iterations(400);
    for (uint64_t n = 0; n < transactions; ++n) {
      // A session's setting, which another session of the next transaction does not share.
      const auto setting = static_cast<ImageSetting>(Uniform(3));
      std::vector<RowChange> all;
      std::vector<RowChange> logged;
      for (uint64_t rows = 1 + Uniform(8); rows > 0; --rows) {
        if (auto change = RandomChange(setting, flavor)) {
          all.push_back(std::move(change->first));
          logged.push_back(std::move(change->second));
        }
      }
      whole.Take(std::move(all), flavor);
      const auto mapped = partial.Take(std::move(logged), flavor);
      ASSERT_THAT(mapped.rejected, IsEmpty());
      for (const PendingRow& row : mapped.pending) {
        ASSERT_FALSE(row.key.empty());
        partial.outdated.insert(row.key);
      }
      for (const index::Operation& operation : mapped.batch.operations) {
        completed += setting != ImageSetting::kFull && operation.kind != OpKind::kDelete ? 1 : 0;
      }
      ASSERT_NO_FATAL_FAILURE(ExpectSameWhereNotPending(partial, whole)) << "transaction " << n;
      if (OneIn(4)) {
        ReadSome(&partial, false);
      }
      if (OneIn(40)) {
        ASSERT_OK(partial.engine()->Commit());
      }
    }
    ReadSome(&partial, true);
    EXPECT_EQ(partial.Documents(), whole.Documents());
    EXPECT_GT(completed, transactions / 20) << "nothing was completed";
  }
}

}  // namespace
}  // namespace binseek::mapper
