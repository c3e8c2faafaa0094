// The bytes that a row's hash is made of: pinned for every type, equal for equal values and for no others.
#include "sync/change/row_hash.h"

#include <algorithm>
#include <map>
#include <optional>

#include "engine/base/coding.h"
#include "tests/support/seeded_test.h"

namespace binseek::change {
namespace {

Column MakeColumn(std::string name, ColumnType type) {
  Column column;
  column.name = std::move(name);
  column.type = type;
  return column;
}

TableSchema MakeTable(std::vector<Column> columns) {
  TableSchema table;
  table.database = "shop";
  table.table = "t";
  table.columns = std::move(columns);
  table.key = {0};
  return table;
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex.push_back(kDigits[static_cast<uint8_t>(c) >> 4]);
    hex.push_back(kDigits[static_cast<uint8_t>(c) & 15]);
  }
  return hex;
}

std::string Cell(const Value& value, bool json_is_text = false) {
  std::string bytes;
  AppendCell(value, json_is_text, &bytes);
  return bytes;
}

std::string CellHex(const Value& value, bool json_is_text = false) {
  return Hex(Cell(value, json_is_text));
}

Value Json(std::string_view text) { return Value::Bytes(ValueKind::kJson, text); }
Value Text(std::string_view text) { return Value::Bytes(ValueKind::kText, text); }

uint64_t HashOf(const RowHasher& hasher, const RowImage& row, const RowImage& fallback = {}) {
  std::string scratch = "left over";
  return hasher.Hash(row, fallback, &scratch);
}

TEST(RowHashTest, NumbersHaveTheirPinnedBytes) {
  EXPECT_EQ(CellHex(Value::Null()), "00");
  EXPECT_EQ(CellHex(Value::Int(0)), "010000000000000000");
  EXPECT_EQ(CellHex(Value::Int(-2)), "01feffffffffffffff");
  EXPECT_EQ(CellHex(Value::Uint(~uint64_t{0})), "02ffffffffffffffff");
  EXPECT_EQ(CellHex(Value::Uint(0x0102)), "020201000000000000");
  EXPECT_EQ(CellHex(Value::Real(ValueKind::kFloat, 1.5)), "030000c03f");
  EXPECT_EQ(CellHex(Value::Real(ValueKind::kFloat, -0.0)), "0300000080");
  EXPECT_EQ(CellHex(Value::Real(ValueKind::kDouble, 0.0)), "040000000000000000");
  EXPECT_EQ(CellHex(Value::Real(ValueKind::kDouble, -0.0)), "040000000000000080");
  EXPECT_EQ(CellHex(Value::Real(ValueKind::kDouble, -1.5)), "04000000000000f8bf");
  EXPECT_EQ(CellHex(Value::Bytes(ValueKind::kDecimal, "-12.50")), "05062d31322e3530");
}

TEST(RowHashTest, StringsHaveTheirPinnedBytes) {
  EXPECT_EQ(CellHex(Text("")), "0600");
  EXPECT_EQ(CellHex(Text("\xE6\xBC\xA2 ")), "0604e6bca220");
  EXPECT_EQ(CellHex(Text(std::string(300, 'x'))).substr(0, 8), "06ac0278");
  EXPECT_EQ(CellHex(Value::Bytes(ValueKind::kBytes, std::string_view("\0\xff", 2))), "070200ff");
  EXPECT_EQ(CellHex(Value::Bytes(ValueKind::kEnum, "red")), "0e03726564");
  EXPECT_EQ(CellHex(Value::Bytes(ValueKind::kEnum, "")), "0e00");
  EXPECT_EQ(CellHex(Value::Bytes(ValueKind::kSet, "a,b")), "0f03612c62");
  std::string point;
  PutU32(&point, 4326);
  PutU8(&point, 1);
  PutU32(&point, 1);
  PutF64(&point, 1.5);
  PutF64(&point, -2);
  EXPECT_EQ(CellHex(Value::Bytes(ValueKind::kGeometry, point)),
            "1019e61000000101000000000000000000f83f00000000000000c0");
  std::string vector;
  PutF32(&vector, 1);
  PutF32(&vector, -2.5);
  EXPECT_EQ(CellHex(Value::Bytes(ValueKind::kVector, vector)), "11080000803f000020c0");
}

TEST(RowHashTest, MomentsHaveTheirPinnedBytes) {
  EXPECT_EQ(CellHex(Value::Of(ValueKind::kDate, PackCalendar({2024, 2, 29}))),
            "080000000000bab219");
  EXPECT_EQ(CellHex(Value::Of(ValueKind::kDate, PackCalendar({2020, 0, 0}))), "08000000000000a519");
  EXPECT_EQ(CellHex(Value::Of(ValueKind::kDate, 0)), "080000000000000000");
  EXPECT_EQ(
      CellHex(Value::Of(ValueKind::kDateTime, PackCalendar({2024, 2, 29, 23, 59, 58, 123456}))),
      "0940e201fa7ebbb219");
  EXPECT_EQ(CellHex(Value::Of(ValueKind::kTimestamp, 1)), "0a0100000000000000");
  EXPECT_EQ(CellHex(Value::Of(ValueKind::kTime, -1)), "0bffffffffffffffff");
}

TEST(RowHashTest, JsonHasItsPinnedBytes) {
  EXPECT_EQ(CellHex(Json("null")), "0c6e");
  EXPECT_EQ(CellHex(Json("true")), "0c74");
  EXPECT_EQ(CellHex(Json("false")), "0c66");
  EXPECT_EQ(CellHex(Json("-1.50")), "0c23052d312e3530");
  EXPECT_EQ(CellHex(Json("\"\\u00e9\"")), "0c2202c3a9");
  EXPECT_EQ(CellHex(Json("[1,[]]")), "0c5b2301315b5d5d");
  EXPECT_EQ(CellHex(Json("{\"b\":null,\"a\":{}}")), "0c7b01617b7d01626e7d");
}

TEST(RowHashTest, JsonOfValuesIsEqualWhateverItsOrderSpacingAndEscapes) {
  const std::string expected =
      Cell(Json("{\"a\":1,\"bb\":[true,\"/\xC3\xA9\"],\"c\":{\"x\":1,\"y\":2}}"));
  EXPECT_EQ(
      Cell(Json("{ \"c\" : {\"y\":2,\n\"x\":1} ,\"bb\":[true, \"\\/\\u00e9\"],\"\\u0061\":1}")),
      expected);
  EXPECT_NE(Cell(Json("{\"a\":1.0,\"bb\":[true,\"/\xC3\xA9\"],\"c\":{\"x\":1,\"y\":2}}")),
            expected);
  EXPECT_NE(Cell(Json("{\"a\":1,\"bb\":[\"/\xC3\xA9\",true],\"c\":{\"x\":1,\"y\":2}}")), expected);
}

TEST(RowHashTest, JsonThatIsKeptAsTextIsHashedAsText) {
  EXPECT_EQ(CellHex(Json("{ }"), true), "0d037b207d");
  EXPECT_NE(Cell(Json("{}"), true), Cell(Json("{ }"), true));
  EXPECT_EQ(CellHex(Json("{broken")), "0d077b62726f6b656e") << "no reader takes it";
  Column json = MakeColumn("j", ColumnType::kJson);
  EXPECT_FALSE(KeepsJsonAsText(json));
  json.charset = "utf8mb4";
  EXPECT_TRUE(KeepsJsonAsText(json));
}

class RowHasherTest : public ::testing::Test {
 protected:
  const TableSchema table_ =
      MakeTable({MakeColumn("id", ColumnType::kInt), MakeColumn("name", ColumnType::kVarchar),
                 MakeColumn("extra", ColumnType::kJson)});
  const RowImage row_{Value::Int(1), Text("a"), Json("{}")};
};

TEST_F(RowHasherTest, HashesArePinned) {
  const RowHasher hasher(table_, {0, 1, 2});
  std::string bytes;
  ASSERT_TRUE(hasher.AppendRow(row_, {}, &bytes));
  EXPECT_EQ(Hex(bytes),
            "0c7b7d"
            "010100000000000000"
            "060161")
      << "in the order of the names";
  EXPECT_EQ(hasher.list_id(), 10608715847613873325u);
  EXPECT_EQ(HashOf(hasher, row_), 17294816011107061665u);
}

TEST_F(RowHasherTest, OnlyListedColumnsCount) {
  const RowHasher hasher(table_, {1, 0});
  RowImage other = row_;
  other[2] = Json("[1]");
  EXPECT_EQ(HashOf(hasher, row_), HashOf(hasher, other));
  other[1] = Text("b");
  EXPECT_NE(HashOf(hasher, row_), HashOf(hasher, other));
}

TEST_F(RowHasherTest, TheOrderInWhichColumnsAreNamedOrStandInTheTableDoesNotCount) {
  const RowHasher hasher(table_, {0, 1, 2});
  const RowHasher shuffled(table_, {2, 0, 1, 0});
  EXPECT_EQ(hasher.list_id(), shuffled.list_id());
  EXPECT_EQ(HashOf(hasher, row_), HashOf(shuffled, row_));
  const TableSchema turned = MakeTable({table_.columns[2], table_.columns[0], table_.columns[1]});
  const RowHasher of_turned(turned, {0, 1, 2});
  EXPECT_EQ(hasher.list_id(), of_turned.list_id());
  EXPECT_EQ(HashOf(hasher, row_), HashOf(of_turned, {row_[2], row_[0], row_[1]}));
}

TEST_F(RowHasherTest, AnotherListGivesAnotherHashOfTheSameBytes) {
  TableSchema renamed = table_;
  renamed.columns[1].name = "title";  // stays the last
  TableSchema retyped = table_;
  retyped.columns[1].type = ColumnType::kBlob;
  TableSchema text_json = table_;
  text_json.columns[2].charset = "utf8mb4";
  const RowHasher hasher(table_, {0, 1, 2});
  std::string bytes;
  ASSERT_TRUE(hasher.AppendRow(row_, {}, &bytes));
  const RowHasher of_renamed(renamed, {0, 1, 2});
  std::string same;
  ASSERT_TRUE(of_renamed.AppendRow(row_, {}, &same));
  EXPECT_EQ(bytes, same);
  EXPECT_NE(HashOf(hasher, row_), HashOf(of_renamed, row_));
  for (const TableSchema* other : {&renamed, &retyped, &text_json}) {
    EXPECT_NE(hasher.list_id(), RowHasher(*other, {0, 1, 2}).list_id());
  }
  EXPECT_NE(hasher.list_id(), RowHasher(table_, {0, 1}).list_id());
  EXPECT_NE(hasher.list_id(), RowHasher().list_id());
}

TEST_F(RowHasherTest, WhatKeepsTheBytesOfValuesKeepsTheList) {
  TableSchema altered = table_;
  altered.columns[0].type = ColumnType::kBigInt;
  altered.columns[1].length = 200;
  altered.columns[1].charset = "latin1";
  altered.columns[1].nullable = false;
  EXPECT_EQ(RowHasher(table_, {0, 1, 2}).list_id(), RowHasher(altered, {0, 1, 2}).list_id());
  TableSchema labels = MakeTable({MakeColumn("e", ColumnType::kEnum)});
  labels.columns[0].labels = {"a", "b"};
  TableSchema renumbered = labels;
  renumbered.columns[0].labels = {"c", "a", "b"};
  EXPECT_EQ(RowHasher(labels, {0}).list_id(), RowHasher(renumbered, {0}).list_id());
}

TEST_F(RowHasherTest, AColumnThatNoImageCarriesMakesTheHashUnknown) {
  const RowHasher hasher(table_, {0, 1});
  const RowImage whole = row_;
  RowImage partial = row_;
  partial[1] = Value::Absent();
  EXPECT_EQ(HashOf(hasher, partial), kUnknownRowHash);
  EXPECT_EQ(HashOf(hasher, partial, partial), kUnknownRowHash);
  EXPECT_EQ(HashOf(hasher, partial, whole), HashOf(hasher, whole));
  RowImage unlisted = row_;
  unlisted[2] = Value::Absent();
  EXPECT_EQ(HashOf(hasher, unlisted), HashOf(hasher, whole));
  RowImage null = row_;
  null[1] = Value::Null();
  EXPECT_NE(HashOf(hasher, null, whole), HashOf(hasher, whole)) << "NULL is a value";
}

class RowHashPropertyTest : public test::SeededTest {
 protected:
  // Of few contents, so that equal ones are drawn often.
  Value RandomValue() {
    constexpr ValueKind kStrings[] = {ValueKind::kDecimal, ValueKind::kText, ValueKind::kBytes,
                                      ValueKind::kEnum,    ValueKind::kSet,  ValueKind::kGeometry,
                                      ValueKind::kVector};
    constexpr ValueKind kIntegers[] = {ValueKind::kInt,       ValueKind::kUint,
                                       ValueKind::kDate,      ValueKind::kDateTime,
                                       ValueKind::kTimestamp, ValueKind::kTime};
    switch (Uniform(4)) {
      case 0:
        return Value::Null();
      case 1:
        return Value::Of(kIntegers[Uniform(std::size(kIntegers))],
                         static_cast<int64_t>(Uniform(5)) * 255 - 256);
      case 2:
        return Value::Real(OneIn(2) ? ValueKind::kFloat : ValueKind::kDouble,
                           OneIn(4) ? -0.0 : static_cast<double>(Uniform(3)) * 0.5);
      default: {
        std::string bytes;
        for (uint64_t n = Uniform(4); n > 0; --n) {
          bytes.push_back(static_cast<char>(Uniform(3)));  // which could be tags and lengths
        }
        return Value::Bytes(kStrings[Uniform(std::size(kStrings))], bytes);
      }
    }
  }

  // JSON as a tree, printed in any order and with any spacing.
  struct Tree {
    std::string scalar;  // where it has neither
    std::optional<std::vector<Tree>> elements;
    std::optional<std::map<std::string, Tree>> members;
    bool operator==(const Tree&) const = default;
  };

  Tree RandomTree(int depth) {
    static const char* const kScalars[] = {"null", "true", "1", "1.0", "\"\"", "\"a\"", "\"1\""};
    Tree tree;
    const uint64_t kind = depth == 0 ? 0 : Uniform(4);
    if (kind == 1) {
      tree.elements.emplace();
      for (uint64_t n = Uniform(3); n > 0; --n) {
        tree.elements->push_back(RandomTree(depth - 1));
      }
    } else if (kind == 2) {
      tree.members.emplace();
      for (uint64_t n = Uniform(4); n > 0; --n) {
        (*tree.members)[std::string(Uniform(3), 'a')] = RandomTree(depth - 1);
      }
    } else {
      tree.scalar = kScalars[Uniform(std::size(kScalars))];
    }
    return tree;
  }

  std::string Space() { return OneIn(2) ? "" : OneIn(2) ? " " : "\n\t"; }

  std::string Print(const Tree& tree) {
    if (!tree.elements && !tree.members) {
      return Space() + tree.scalar + Space();
    }
    std::vector<std::string> parts;
    if (tree.elements) {
      for (const Tree& element : *tree.elements) {
        parts.push_back(Print(element));
      }
    } else {
      for (const auto& [key, value] : *tree.members) {
        parts.push_back(Space() + "\"" + key + "\"" + Space() + ":" + Print(value));
      }
      std::shuffle(parts.begin(), parts.end(), random());
    }
    std::string text = tree.elements ? "[" : "{";
    for (size_t i = 0; i < parts.size(); ++i) {
      text += (i == 0 ? "" : ",") + parts[i];
    }
    return Space() + text + (tree.elements ? "]" : "}") + Space();
  }
};

TEST_F(RowHashPropertyTest, EqualValuesHaveEqualBytesAndOthersOthers) {
  for (uint64_t round = Iterations(20'000); round > 0; --round) {
    const Value a = RandomValue();
    const Value b = RandomValue();
    ASSERT_EQ(a == b, Cell(a) == Cell(b)) << DebugString(a) << " and " << DebugString(b);
  }
}

TEST_F(RowHashPropertyTest, EqualRowsHaveEqualHashesAndOthersOthers) {
  const TableSchema table =
      MakeTable({MakeColumn("a", ColumnType::kText), MakeColumn("b", ColumnType::kText),
                 MakeColumn("c", ColumnType::kText)});
  const RowHasher hasher(table, {0, 1, 2});
  uint64_t equal = 0;
  for (uint64_t round = Iterations(20'000); round > 0; --round) {
    RowImage a(3);
    for (Value& value : a) {
      value = RandomValue();
    }
    RowImage b = a;
    if (OneIn(2)) {
      std::swap(b[Uniform(3)], b[Uniform(3)]);
    } else if (OneIn(2)) {
      b[Uniform(3)] = RandomValue();
    }
    equal += a == b ? 1 : 0;
    ASSERT_EQ(a == b, HashOf(hasher, a) == HashOf(hasher, b));
  }
  EXPECT_GT(equal, 0u);
}

TEST_F(RowHashPropertyTest, EqualJsonHasEqualBytesAndOtherJsonOthers) {
  uint64_t equal = 0;
  for (uint64_t round = Iterations(5000); round > 0; --round) {
    const Tree a = RandomTree(3);
    const Tree b = OneIn(2) ? a : RandomTree(3);
    const std::string a_text = Print(a);
    const std::string b_text = Print(b);
    ASSERT_EQ(a == b, Cell(Json(a_text)) == Cell(Json(b_text))) << a_text << " and " << b_text;
    equal += a == b ? 1 : 0;
  }
  EXPECT_GT(equal, 100u);
}

}  // namespace
}  // namespace binseek::change
