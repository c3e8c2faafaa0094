// Rows of tables with mapping rules: filters, ids, computed fields, copies, conversions, and images that lack columns.
#include <gmock/gmock.h>

#include "sync/change/row_hash.h"
#include "sync/mapper/table_mapping.h"
#include "tests/sync/mapper/ruled_fixture.h"

namespace binseek::mapper {
namespace {

using change::ColumnType;
using change::RowImage;
using change::Value;
using change::ValueKind;
using index::OpKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

// items(id, sku, price, stock, deleted, note)
const TablePointer& Items() {
  static const TablePointer table = MakeTable(
      "items",
      {MakeColumn("id", ColumnType::kInt), MakeColumn("sku", ColumnType::kVarchar),
       Decimal("price", 10, 2), MakeColumn("stock", ColumnType::kSmallInt),
       WithScale("deleted", ColumnType::kDateTime, 0), MakeColumn("note", ColumnType::kText)});
  return table;
}

Value Day(uint8_t day) {
  change::Calendar c;
  c.year = 2026;
  c.month = 7;
  c.day = day;
  c.hour = 12;
  return Value::Of(ValueKind::kDateTime, change::PackCalendar(c));
}

RowImage Item(int64_t id, std::string_view sku, std::string_view price = "1.00", int64_t stock = 1,
              Value deleted = Value::Null(), std::string_view note = "n") {
  return {Value::Int(id), Text(sku), Dec(price), Value::Int(stock), std::move(deleted), Text(note)};
}

std::vector<OpKind> Kinds(const MappedTransaction& mapped) {
  std::vector<OpKind> kinds;
  for (const index::Operation& operation : mapped.batch.operations) {
    kinds.push_back(operation.kind);
  }
  return kinds;
}

uint64_t HashBy(const RowImage& row, std::vector<uint32_t> columns) {
  std::string scratch;
  return change::RowHasher(*Items(), std::move(columns)).Hash(row, {}, &scratch);
}

class RuledRowsTest : public ::testing::Test {
 protected:
  RuledIndex index_;
};

TEST_F(RuledRowsTest, ARowThatLeavesTheFilterIsDeletedAndOneThatEntersIsAdded) {
  index_.Bind(Items(), RulesOf(R"json([{"table":"items","include":["id","sku","stock"],
      "where":"stock > 0","soft_delete":"deleted IS NOT NULL"}])json"));
  index_.Apply({Insert(Items(), Item(1, "a", "1.00", 1)), Insert(Items(), Item(2, "b", "1.00", 0)),
                Insert(Items(), Item(3, "c", "1.00", 1, Day(1)))});
  EXPECT_THAT(index_.Documents(), ElementsAre(Pair("1", R"({"id":1,"sku":"a","stock":1})")));
  index_.Apply({Update(Items(), Item(1, "a", "1.00", 1), Item(1, "a", "1.00", 0)),
                Update(Items(), Item(2, "b", "1.00", 0), Item(2, "b", "1.00", 5)),
                Update(Items(), Item(3, "c", "1.00", 1, Day(1)), Item(3, "c", "1.00", 1))});
  EXPECT_THAT(index_.Documents(), ElementsAre(Pair("2", R"({"id":2,"sku":"b","stock":5})"),
                                              Pair("3", R"({"id":3,"sku":"c","stock":1})")));
  // Soft, then hard: of a row that is out, nothing is left to do.
  EXPECT_THAT(Kinds(index_.Apply(
                  {Update(Items(), Item(2, "b", "1.00", 5), Item(2, "b", "1.00", 5, Day(2)))})),
              ElementsAre(OpKind::kDelete));
  const MappedTransaction gone = index_.Apply(
      {Update(Items(), Item(2, "b", "1.00", 5, Day(2)), Item(2, "b", "1.00", 6, Day(3))),
       Delete(Items(), Item(2, "b", "1.00", 6, Day(3)))});
  EXPECT_THAT(gone.batch.operations, IsEmpty());
  EXPECT_EQ(gone.unchanged_rows, 2u);
  EXPECT_THAT(index_.Documents(), ElementsAre(Pair("3", R"({"id":3,"sku":"c","stock":1})")));
}

TEST_F(RuledRowsTest, AConditionThatIsNullKeepsARowOutAndASoftDeleteThatIsNullKeepsItIn) {
  const TablePointer table =
      MakeTable("items", {MakeColumn("id", ColumnType::kInt), MakeColumn("a", ColumnType::kInt),
                          MakeColumn("b", ColumnType::kInt)});
  index_.Bind(table,
              RulesOf(R"json([{"table":"items","where":"a > 0","soft_delete":"b = 1"}])json"));
  index_.Apply({Insert(table, {Value::Int(1), Value::Null(), Value::Null()}),
                Insert(table, {Value::Int(2), Value::Int(1), Value::Null()})});
  EXPECT_THAT(index_.Documents(), ElementsAre(Pair("2", R"({"id":2,"a":1,"b":null})")));
}

// What only the filter or a computed field reads counts for the hash, and for nothing else.
TEST_F(RuledRowsTest, AChangeThatNoFieldShowsLeavesTheHashOfTheRowAsItIs) {
  index_.Bind(Items(),
              RulesOf(R"json([{"table":"items","include":["id","sku"],"where":"stock > 0"}])json"));
  index_.Apply({Insert(Items(), Item(1, "a", "1.00", 1))});
  EXPECT_EQ(index_.HashOf("1"), HashBy(Item(1, "a", "1.00", 1), {0, 1, 3}));
  const MappedTransaction mapped =
      index_.Apply({Update(Items(), Item(1, "a", "1.00", 1), Item(1, "a", "1.00", 9))});
  EXPECT_THAT(Kinds(mapped), ElementsAre(OpKind::kUpdateColumns));
  EXPECT_THAT(mapped.batch.operations[0].columns, IsEmpty());
  EXPECT_EQ(index_.HashOf("1"), HashBy(Item(1, "a", "1.00", 9), {0, 1, 3}));
  const MappedTransaction nothing =
      index_.Apply({Update(Items(), Item(1, "a", "1.00", 9), Item(1, "a", "5.00", 9))});
  EXPECT_EQ(nothing.unchanged_rows, 1u) << "nothing reads the price";
}

TEST_F(RuledRowsTest, TheCheapestRoadCountsComputedFieldsAndCopies) {
  index_.Bind(Items(), RulesOf(R"json([{"table":"items","exclude":["note","deleted"],
      "fields":{"total":{"value":"price * stock"},"sku":{"copy_to":["all"]},
      "stock":{"type":"long","copy_to":["all"]},"all":{"type":"text"},
      "label":{"value":"lower(note)"}}}])json"));
  index_.Apply({Insert(Items(), Item(1, "A", "2.00", 3, Value::Null(), "Red"))});
  EXPECT_THAT(index_.Documents(),
              ElementsAre(Pair(
                  "1", R"({"id":1,"sku":"A","price":2.00,"stock":3,"total":6.00,"label":"red"})")));
  const auto road = [&](const RowImage& from, const RowImage& to) {
    const MappedTransaction mapped = index_.Apply({Update(Items(), from, to)});
    return mapped.batch.operations.empty()                             ? "dropped"
           : mapped.batch.operations[0].kind == OpKind::kUpdateColumns ? "columns"
                                                                       : "document";
  };
  const RowImage first = Item(1, "A", "2.00", 3, Value::Null(), "Red");
  const RowImage dearer = Item(1, "A", "2.50", 3, Value::Null(), "Red");
  const RowImage louder = Item(1, "A", "2.50", 3, Value::Null(), "RED");
  const RowImage more = Item(1, "A", "2.50", 4, Value::Null(), "RED");
  const RowImage blue = Item(1, "A", "2.50", 4, Value::Null(), "Blue");
  EXPECT_STREQ(road(first, dearer), "columns") << "price and what is computed of it";
  EXPECT_STREQ(road(dearer, louder), "columns") << "the label is the same, the hash is not";
  EXPECT_STREQ(road(louder, more), "document") << "stock is copied to a text";
  EXPECT_STREQ(road(more, blue), "document") << "the label is another";
  EXPECT_STREQ(road(blue, Item(1, "A", "2.50", 4, Day(1), "Blue")), "dropped");
  EXPECT_THAT(
      index_.Documents(),
      ElementsAre(
          Pair("1", R"({"id":1,"sku":"A","price":2.50,"stock":4,"total":10.00,"label":"blue"})")));
  EXPECT_EQ(index_.HashOf("1"), HashBy(blue, {0, 1, 2, 3, 5}));
}

TEST_F(RuledRowsTest, IdsOfAUniqueKeyFollowIt) {
  index_.Bind(Items(),
              RulesOf(R"json([{"table":"items","include":["id","sku"],"id":["sku"]}])json"));
  index_.Apply({Insert(Items(), Item(1, "a")), Insert(Items(), Item(2, "b"))});
  const MappedTransaction moved = index_.Apply({Update(Items(), Item(1, "a"), Item(1, "c"))});
  EXPECT_THAT(Kinds(moved), ElementsAre(OpKind::kDelete, OpKind::kUpsert));
  // Another key, the same document; and one that is exchanged.
  index_.Apply({Update(Items(), Item(2, "b"), Item(20, "b"))});
  EXPECT_THAT(index_.Documents(),
              ElementsAre(Pair("b", R"({"id":20,"sku":"b"})"), Pair("c", R"({"id":1,"sku":"c"})")));
  index_.Apply({Delete(Items(), Item(20, "b"))});
  EXPECT_THAT(index_.Documents(), ElementsAre(Pair("c", R"({"id":1,"sku":"c"})")));
}

TEST_F(RuledRowsTest, ARowWithoutAnIdIsRejectedUnderItsKeyUntilItHasOne) {
  index_.Bind(Items(),
              RulesOf(R"json([{"table":"items","include":["id","sku"],"id":["sku"]}])json"));
  RowImage without = Item(1, "");
  without[1] = Value::Null();
  const MappedTransaction mapped = index_.Apply({Insert(Items(), without)});
  ASSERT_EQ(mapped.rejected.size(), 1u);
  EXPECT_EQ(mapped.rejected[0].key, "key 1");
  EXPECT_THAT(mapped.rejected[0].reason, HasSubstr("column `sku`: as part of the _id: it is NULL"));
  const MappedTransaction mended = index_.Apply({Update(Items(), without, Item(1, "a"))});
  EXPECT_THAT(index_.rejected(), IsEmpty());
  EXPECT_THAT(index_.Documents(), ElementsAre(Pair("a", R"({"id":1,"sku":"a"})")));
  // And back, so that its document is gone.
  index_.Apply({Update(Items(), Item(1, "a"), without)});
  EXPECT_THAT(index_.Documents(), IsEmpty());
  EXPECT_EQ(index_.rejected().size(), 1u);
  index_.Apply({Delete(Items(), without)});
  EXPECT_THAT(index_.rejected(), IsEmpty());
}

TEST_F(RuledRowsTest, KeysThatBeginAlikeHaveLettersOfTheirOwn) {
  const TablePointer table = MakeTable("items", {MakeColumn("id", ColumnType::kVarchar)});
  index_.Bind(table, {});
  const std::string beginning(600, 'x');
  const auto key = [&](const char* end) { return RowImage{Text(beginning + end)}; };
  index_.Apply({Insert(table, key("a")), Insert(table, key("b"))});
  const RejectedRows both = index_.rejected();
  EXPECT_EQ(both.size(), 2u);
  index_.Apply({Delete(table, key("a"))});
  ASSERT_EQ(index_.rejected().size(), 1u);
  index_.Apply({Insert(table, key("a"))});
  EXPECT_EQ(index_.rejected().size(), 2u);
  index_.Apply({Delete(table, key("a")), Delete(table, key("b"))});
  EXPECT_THAT(index_.rejected(), IsEmpty());
}

// Of a key of two texts, and an id that is neither.
const TablePointer& Pairs() {
  static const TablePointer table =
      MakeTable("pairs",
                {MakeColumn("a", ColumnType::kVarchar), MakeColumn("b", ColumnType::kVarchar),
                 MakeColumn("code", ColumnType::kVarchar)},
                {0, 1});
  return table;
}
RowImage PairOf(std::string_view a, std::string_view b, Value code) {
  return {Text(a), Text(b), std::move(code)};
}

TEST_F(RuledRowsTest, PartsOfKeysThatReadAlikeHaveLettersOfTheirOwn) {
  index_.Bind(Pairs(), RulesOf(R"json([{"table":"pairs","id":["code"]}])json"));
  const std::vector<std::pair<std::string_view, std::string_view>> keys = {
      {"a:b", "c"}, {"a", "b:c"}, {"", "a"}, {"a", ""}, {"a\\", "b"}, {"a", "\\b"}};
  for (const auto& [a, b] : keys) {
    index_.Apply({Insert(Pairs(), PairOf(a, b, Value::Null()))});
  }
  EXPECT_EQ(index_.rejected().size(), keys.size());
  size_t left = keys.size();
  for (const auto& [a, b] : keys) {
    index_.Apply({Delete(Pairs(), PairOf(a, b, Value::Null()))});
    EXPECT_EQ(index_.rejected().size(), --left) << a << " " << b;
  }
}

TEST_F(RuledRowsTest, TablesThatShareAnIndexKeepTheirDocumentsApart) {
  const auto table = [](const char* name) {
    return MakeTable(name, {MakeColumn("id", ColumnType::kInt), MakeColumn("a", ColumnType::kInt)});
  };
  const TablePointer one = table("o_1");
  const TablePointer two = table("o_2");
  const MapperOptions rules =
      RulesOf(R"json([{"table":"o_%","index":"o","id":["table","key"]}])json");
  index_.Bind(one, rules);
  index_.Bind(two, rules);
  const MappedTransaction mapped = index_.Apply({Insert(one, {Value::Int(1), Value::Int(10)}),
                                                 Insert(two, {Value::Int(1), Value::Int(20)}),
                                                 Delete(two, {Value::Int(1), Value::Int(20)})});
  EXPECT_THAT(index_.Documents(), ElementsAre(Pair("o_1:1", R"({"id":1,"a":10})")));
  EXPECT_EQ(mapped.batch.operations[0].source_table, "0/shop.o_1");
  EXPECT_EQ(mapped.batch.operations[1].source_table, "0/shop.o_2");
  EXPECT_EQ(mapped.batch.operations[2].source_table, "0/shop.o_2") << "for the dead letters";
}

TEST_F(RuledRowsTest, JsonIsAnObjectFlattenedOrText) {
  const TablePointer table =
      MakeTable("j", {MakeColumn("id", ColumnType::kInt), MakeColumn("o", ColumnType::kJson),
                      MakeColumn("f", ColumnType::kJson), MakeColumn("t", ColumnType::kJson),
                      MakeColumn("k", ColumnType::kJson)});
  index_.Bind(table, RulesOf(R"json([{"table":"j",
      "fields":{"o":{"type":"object","properties":{"color":{"type":"keyword"},"size":{"properties":{"w":{"type":"long"}}}}},
      "t":{"type":"text"},"k":{"type":"keyword"}}}])json"));
  const RowImage row = {Value::Int(1), Json(R"({"color":["red","blue"],"size":{"w":7},"other":1})"),
                        Json(R"({"a":{"b":"c"}})"), Json(R"({"x":"Some Words"})"),
                        Json(R"json(["p","q",3])json")};
  const MappedTransaction mapped = index_.Apply({Insert(table, row)});
  EXPECT_THAT(
      index_.Documents(),
      ElementsAre(Pair("1", R"({"id":1,"o":{"color":["red","blue"],"size":{"w":7},"other":1},)"
                            R"("f":{"a":{"b":"c"}},"t":{"x":"Some Words"},"k":["p","q",3]})")));
  using Terms = std::multiset<std::pair<std::string, std::string>>;
  Terms terms;
  const auto mapping = index_.engine()->View()->Find(index_.index())->mapping;
  for (const auto& text : mapped.batch.operations[0].document.texts) {
    terms.emplace(mapping->Find(text.field)->name, text.text);
  }
  EXPECT_EQ(terms, (Terms{{"o.color", "red"},
                          {"o.color", "blue"},
                          {"f", "c"},
                          {"f", std::string("a.b\0c", 5)},
                          {"t", R"({"x":"Some Words"})"},
                          {"k", "p"},
                          {"k", "q"},
                          {"k", "3"}}));
  RowImage wrong = row;
  wrong[1] = Json(R"({"size":{"w":"wide"}})");
  wrong[0] = Value::Int(2);
  const MappedTransaction refused = index_.Apply({Insert(table, wrong)});
  ASSERT_EQ(refused.rejected.size(), 1u);
  EXPECT_THAT(refused.rejected[0].reason, HasSubstr("column `o` of type JSON: member size.w"));
}

TEST_F(RuledRowsTest, TypesOfTheRuleTakeValuesOfAnotherForm) {
  const TablePointer table = MakeTable(
      "c", {MakeColumn("id", ColumnType::kInt), MakeColumn("flag", ColumnType::kTinyInt),
            MakeColumn("number", ColumnType::kVarchar), MakeColumn("code", ColumnType::kInt),
            MakeColumn("day", ColumnType::kVarchar), MakeColumn("bin", ColumnType::kInt)});
  index_.Bind(
      table,
      RulesOf(R"json([{"table":"c","fields":{"flag":{"type":"boolean"},"number":{"type":"double"},
      "code":{"type":"keyword"},"day":{"type":"date","ignore_malformed":true},
      "bin":{"type":"binary"}}}])json"));
  index_.Apply({Insert(table, {Value::Int(1), Value::Int(2), Text("1.5"), Value::Int(-7),
                               Text("2026-01-02"), Value::Int(5)}),
                Insert(table, {Value::Int(2), Value::Null(), Value::Null(), Value::Null(),
                               Text("soon"), Value::Null()})});
  EXPECT_THAT(
      index_.Documents(),
      ElementsAre(
          Pair("1", R"({"id":1,"flag":true,"number":"1.5","code":-7,"day":"2026-01-02","bin":5})"),
          Pair("2", R"({"id":2,"flag":null,"number":null,"code":null,"day":"soon","bin":null})")));
  const MappedTransaction mapped =
      index_.Apply({Insert(table, {Value::Int(3), Value::Int(0), Text("many"), Value::Null(),
                                   Value::Null(), Value::Null()})});
  ASSERT_EQ(mapped.rejected.size(), 1u);
  EXPECT_THAT(mapped.rejected[0].reason,
              HasSubstr("column `number` of type VARCHAR: it is no value"));
  EXPECT_THAT(Kinds(index_.Apply({Update(table,
                                         {Value::Int(1), Value::Int(2), Text("1.5"), Value::Int(-7),
                                          Text("2026-01-02"), Value::Int(5)},
                                         {Value::Int(1), Value::Int(0), Text("1.5"), Value::Int(-7),
                                          Text("2026-01-02"), Value::Int(5)})})),
              ElementsAre(OpKind::kUpdateColumns))
      << "a flag lives in its column";
  EXPECT_THAT(index_.Documents()["1"], HasSubstr(R"("flag":false)"));
}

TEST_F(RuledRowsTest, DatetimesAreInstantsOfTheZone) {
  index_.Bind(Items(), RulesOf("[]", "Europe/Berlin"));
  index_.Apply({Insert(Items(), Item(1, "a", "1.00", 1, Day(5)))});
  EXPECT_THAT(index_.Documents()["1"], HasSubstr(R"("deleted":"2026-07-05T10:00:00Z")"));
  EXPECT_THAT(Kinds(index_.Apply({Update(Items(), Item(1, "a", "1.00", 1, Day(5)),
                                         Item(1, "a", "1.00", 1, Day(6)))})),
              ElementsAre(OpKind::kUpdateColumns));
  EXPECT_THAT(index_.Documents()["1"], HasSubstr(R"("deleted":"2026-07-06T10:00:00Z")"));
}

// Below FULL: before has the key, after what changed.
RowImage Partial(std::initializer_list<std::pair<uint32_t, Value>> values) {
  RowImage image(Items()->columns.size());
  for (const auto& [ordinal, value] : values) {
    image[ordinal] = value;
  }
  return image;
}

TEST_F(RuledRowsTest, ARowThatMayEnterTheFilterUnderMinimalIsPending) {
  index_.Bind(Items(),
              RulesOf(R"json([{"table":"items","soft_delete":"deleted IS NOT NULL"}])json"));
  index_.Apply({Insert(Items(), Item(1, "a")), Insert(Items(), Item(2, "b", "1.00", 1, Day(1)))});
  const RowImage one = Partial({{0, Value::Int(1)}});
  const RowImage two = Partial({{0, Value::Int(2)}});
  const MappedTransaction entering =
      index_.Apply({Update(Items(), two, Partial({{4, Value::Null()}}))});
  EXPECT_THAT(entering.batch.operations, IsEmpty());
  ASSERT_EQ(entering.pending.size(), 1u);
  EXPECT_THAT(entering.pending[0].key, ElementsAre("2"));
  // It leaves: that is told by what changed.
  EXPECT_THAT(Kinds(index_.Apply({Update(Items(), one, Partial({{4, Day(3)}}))})),
              ElementsAre(OpKind::kDelete));
  // Whether it is in nothing tells but the document, which is not there.
  EXPECT_EQ(index_.Apply({Update(Items(), one, Partial({{3, Value::Int(8)}}))}).pending.size(), 1u);
}

TEST_F(RuledRowsTest, ARowWhoseFilterFailsUnderAnotherIdLeavesNoDocumentUnderItsOldOne) {
  constexpr std::string_view kIn = R"({"active":"true"})";
  const auto item = [&](int64_t id, std::string_view sku, std::string_view note) {
    return Item(id, sku, "1.00", 1, Value::Null(), note);
  };
  for (const bool by_key : {true, false}) {
    RuledIndex index;
    const std::string id = by_key ? "" : R"("id":["sku"],)";
    index.Bind(Items(), RulesOf(R"([{"table":"items","include":["id","sku"],)" + id +
                                R"("where":"json_text(note, '$.active') = 'true'"}])"));
    index.Apply({Insert(Items(), item(1, "a", kIn)), Insert(Items(), item(2, "b", "{}"))});
    ASSERT_EQ(index.Documents().size(), 1u);
    // As long as its id stays, so does its document.
    index.Apply({Update(Items(), item(1, "a", kIn), item(1, "a", "broken"))});
    EXPECT_EQ(index.Documents().size(), 1u);
    EXPECT_EQ(index.rejected().size(), 1u);
    index.Apply({Update(Items(), item(1, "a", "broken"), item(7, "c", "broken"))});
    EXPECT_THAT(index.Documents(), IsEmpty());
    EXPECT_EQ(index.rejected().count({"shop.items", by_key ? "7" : "c"}), 1u);
    // One that was out had none.
    EXPECT_THAT(
        index.Apply({Update(Items(), item(2, "b", "{}"), item(3, "d", "broken"))}).batch.operations,
        IsEmpty());
    index.Apply({Delete(Items(), item(7, "c", "broken")), Delete(Items(), item(3, "d", "broken"))});
    EXPECT_THAT(index.Documents(), IsEmpty());
  }
}

TEST_F(RuledRowsTest, ARowWhoseFilterFailsUnderMinimalLosesTheDocumentOfItsOldId) {
  index_.Bind(Items(), RulesOf(R"([{"table":"items","include":["id","sku"],"id":["sku"],
      "where":"json_text(note, '$.active') = 'true'"}])"));
  const RowImage key = Partial({{0, Value::Int(1)}});
  const Value broken = Text("broken");
  index_.Apply({Insert(Items(), Item(1, "a", "1.00", 1, Value::Null(), R"({"active":"true"})"))});
  EXPECT_THAT(index_.Apply({Update(Items(), key, Partial({{5, broken}}))}).pending, IsEmpty())
      << "it has its id yet";
  const MappedTransaction lost =
      index_.Apply({Update(Items(), key, Partial({{1, Text("b")}, {5, broken}}))});
  ASSERT_EQ(lost.pending.size(), 1u);
  EXPECT_THAT(lost.pending[0].key, IsEmpty()) << "all of the table is read: the old id is lost";
  EXPECT_EQ(lost.rejected.size(), 1u);
}

TEST_F(RuledRowsTest, ARowWhoseFilterColumnsAreNotTouchedIsCompletedWhereItsDocumentIsThere) {
  index_.Bind(Items(), RulesOf(R"json([{"table":"items","soft_delete":"deleted IS NOT NULL",
      "fields":{"label":{"value":"concat(sku, '-', note)"},
      "loud":{"value":"upper(sku)"}}}])json"));
  index_.Apply({Insert(Items(), Item(1, "a", "1.00", 1, Value::Null(), "x"))});
  const RowImage key = Partial({{0, Value::Int(1)}});
  const MappedTransaction columns =
      index_.Apply({Update(Items(), key, Partial({{3, Value::Int(4)}}))});
  EXPECT_THAT(Kinds(columns), ElementsAre(OpKind::kUpdateColumns));
  EXPECT_THAT(index_.Documents()["1"], HasSubstr(R"("stock":4)"));
  // `label` depends on what changed and on what no image tells; `loud` on that alone.
  const MappedTransaction pending = index_.Apply({Update(Items(), key, Partial({{1, Text("b")}}))});
  EXPECT_EQ(pending.pending.size(), 1u);
  EXPECT_THAT(pending.batch.operations, IsEmpty());
}

TEST_F(RuledRowsTest, ComputedFieldsOfColumnsThatDidNotChangeAreTakenOver) {
  index_.Bind(Items(),
              RulesOf(R"json([{"table":"items","fields":{"loud":{"value":"upper(sku)"}}}])json"));
  index_.Apply({Insert(Items(), Item(1, "a", "1.00", 1, Value::Null(), "x"))});
  const MappedTransaction mapped = index_.Apply(
      {Update(Items(), Partial({{0, Value::Int(1)}}), Partial({{5, Text("new note")}}))});
  EXPECT_THAT(Kinds(mapped), ElementsAre(OpKind::kUpsert));
  EXPECT_EQ(
      index_.Documents()["1"],
      R"({"id":1,"sku":"a","price":1.00,"stock":1,"deleted":null,"note":"new note","loud":"A"})");
}

TEST_F(RuledRowsTest, ARowThatWasReadByItsKeyAndIsOutTakesItsDocumentAway) {
  index_.Bind(Items(), RulesOf(R"json([{"table":"items","where":"stock > 0"}])json"));
  index_.Apply({Insert(Items(), Item(1, "a"))});
  auto chunk = MakeTransaction(index_.next_ordinal(), {Read(Items(), Item(1, "a", "1.00", 0)),
                                                       Read(Items(), Item(2, "b", "1.00", 0))});
  chunk.chunk = std::make_unique<change::ChunkInfo>();
  EXPECT_THAT(index_.Apply(chunk).batch.operations, IsEmpty()) << "a snapshot sweeps at its end";
  chunk.chunk->of_keys = true;
  const MappedTransaction mapped = index_.Apply(chunk);
  EXPECT_THAT(Kinds(mapped), ElementsAre(OpKind::kDelete, OpKind::kDelete));
  EXPECT_THAT(index_.Documents(), IsEmpty());
}

TEST_F(RuledRowsTest, WithoutTheIdOfADocumentThatHasToGoTheTableIsReadAgain) {
  index_.Bind(Items(), RulesOf(R"json([{"table":"items","id":["sku"]}])json"));
  index_.Apply({Insert(Items(), Item(1, "a"))});
  const RowImage key = Partial({{0, Value::Int(1)}});
  const auto cells = [&](const change::RowChange& row) {
    const MappedTransaction mapped = index_.Apply({row});
    EXPECT_THAT(mapped.batch.operations, IsEmpty());
    EXPECT_EQ(mapped.pending.size(), 1u);
    return mapped.pending.empty() ? size_t{99} : mapped.pending[0].key.size();
  };
  EXPECT_EQ(cells(Update(Items(), key, Partial({{3, Value::Int(8)}}))), 1u) << "the row tells it";
  EXPECT_EQ(cells(Update(Items(), key, Partial({{1, Text("b")}}))), 0u) << "the old one is lost";
  EXPECT_EQ(cells(Delete(Items(), key)), 0u);
  // What the transaction itself made of the row it knows.
  const MappedTransaction own =
      index_.Apply({Insert(Items(), Item(2, "x")),
                    Update(Items(), Partial({{0, Value::Int(2)}}), Partial({{1, Text("y")}})),
                    Insert(Items(), Item(3, "z")), Delete(Items(), Partial({{0, Value::Int(3)}}))});
  ASSERT_EQ(own.pending.size(), 1u);
  EXPECT_THAT(own.pending[0].key, ElementsAre("2"));
  EXPECT_EQ(index_.Documents().count("x") + index_.Documents().count("z"), 0u);
}

TEST_F(RuledRowsTest, KeysThatReadAlikeLoseTheirOwnDocumentsUnderMinimal) {
  index_.Bind(Pairs(), RulesOf(R"json([{"table":"pairs","include":["code"],"id":["code"]}])json"));
  const std::string beginning(600, 'x');
  const std::vector<std::pair<RowImage, RowImage>> alike = {
      {PairOf("x:y", "z", Text("c1")), PairOf("x", "y:z", Text("c2"))},
      {PairOf(beginning, "a", Text("c1")), PairOf(beginning, "b", Text("c2"))}};
  for (const auto& [gone, other] : alike) {
    const MappedTransaction mapped =
        index_.Apply({Insert(Pairs(), gone), Insert(Pairs(), other),
                      Delete(Pairs(), PairOf(gone[0].bytes, gone[1].bytes, Value::Absent()))});
    EXPECT_THAT(mapped.pending, IsEmpty());
    EXPECT_THAT(index_.Documents(), ElementsAre(Pair("c2", R"({"code":"c2"})")));
    index_.Apply({Delete(Pairs(), other)});
  }
}

}  // namespace
}  // namespace binseek::mapper
