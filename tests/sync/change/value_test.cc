#include "sync/change/value.h"

#include <limits>

#include "sync/change/table_schema.h"
#include "sync/change/transaction.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::change {
namespace {

TEST(ValueTest, AbsentIsNotNullAndDoublesCompareByBits) {
  EXPECT_FALSE(Value::Absent() == Value::Null());
  EXPECT_FALSE(Value::Real(ValueKind::kDouble, 0.0) == Value::Real(ValueKind::kDouble, -0.0));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_TRUE(Value::Real(ValueKind::kDouble, nan) == Value::Real(ValueKind::kDouble, nan));
  EXPECT_FALSE(Value::Int(1) == Value::Uint(1));
  EXPECT_FALSE(Value::Bytes(ValueKind::kText, "a") == Value::Bytes(ValueKind::kBytes, "a"));
  EXPECT_EQ(Value::Uint(~uint64_t{0}).unsigned_integer(), ~uint64_t{0});
}

TEST(ValueTest, PrintsForMessages) {
  EXPECT_EQ(DebugString(Value::Absent()), "<absent>");
  EXPECT_EQ(DebugString(Value::Null()), "NULL");
  EXPECT_EQ(DebugString(Value::Uint(~uint64_t{0})), "18446744073709551615");
  EXPECT_EQ(DebugString(Value::Bytes(ValueKind::kBytes, std::string_view("\x0a\xff", 2))),
            "x'0aff'");
  EXPECT_EQ(DebugString(Value::Of(ValueKind::kDateTime, PackCalendar({2026, 1, 2, 3, 4, 5, 6}))),
            "2026-01-02 03:04:05.000006");
}

TEST(CalendarTest, KnowsRealMoments) {
  EXPECT_TRUE(IsRealMoment({2024, 2, 29, 23, 59, 59, 999'999}));
  EXPECT_FALSE(IsRealMoment({2023, 2, 29, 0, 0, 0, 0}));
  EXPECT_FALSE(IsRealMoment({1900, 2, 29, 0, 0, 0, 0}));
  EXPECT_TRUE(IsRealMoment({2000, 2, 29, 0, 0, 0, 0}));
  EXPECT_FALSE(IsRealMoment({2020, 0, 1, 0, 0, 0, 0}));
  EXPECT_FALSE(IsRealMoment({2020, 4, 31, 0, 0, 0, 0}));
  EXPECT_FALSE(IsRealMoment({2020, 13, 1, 0, 0, 0, 0}));
  EXPECT_FALSE(IsRealMoment({}));
}

class CalendarModelTest : public test::SeededTest {};

TEST_F(CalendarModelTest, PackedOrderIsTimeOrderAndUnpacks) {
  const auto draw = [this] {
    return Calendar{static_cast<uint16_t>(Uniform(10000)),    static_cast<uint8_t>(Uniform(13)),
                    static_cast<uint8_t>(Uniform(32)),        static_cast<uint8_t>(Uniform(24)),
                    static_cast<uint8_t>(Uniform(60)),        static_cast<uint8_t>(Uniform(60)),
                    static_cast<uint32_t>(Uniform(1'000'000))};
  };
  const auto tie = [](const Calendar& c) {
    return std::tuple(c.year, c.month, c.day, c.hour, c.minute, c.second, c.micros);
  };
  for (uint64_t round = Iterations(2000); round > 0; --round) {
    const Calendar a = draw();
    const Calendar b = draw();
    EXPECT_EQ(tie(a), tie(UnpackCalendar(PackCalendar(a))));
    EXPECT_EQ(tie(a) < tie(b), PackCalendar(a) < PackCalendar(b));
  }
}

TEST(TableSchemaTest, ShapeIsColumnsAndKey) {
  TableSchema a;
  a.database = "shop";
  a.table = "product";
  a.columns.resize(2);
  a.columns[0].name = "id";
  a.columns[1].name = "v";
  a.key = {0};
  TableSchema b = a;
  EXPECT_EQ(a.QualifiedName(), "shop.product");
  EXPECT_EQ(a.FindColumn("v"), 1);
  EXPECT_EQ(a.FindColumn("V"), -1);
  EXPECT_TRUE(SameShape(a, b));
  b.columns[1].type = ColumnType::kBigInt;
  EXPECT_FALSE(SameShape(a, b));
  b = a;
  b.key = {1};
  EXPECT_FALSE(SameShape(a, b));
  b = a;
  b.columns[1].labels = {"x"};
  EXPECT_FALSE(SameShape(a, b));
}

TEST(RowVectorTest, CursorsAreIndependent) {
  std::vector<RowChange> rows(2);
  rows[1].kind = RowChangeKind::kDelete;
  const RowVector vector(std::move(rows));
  const auto first = vector.Open();
  const auto second = vector.Open();
  EXPECT_EQ((*first->Next())->kind, RowChangeKind::kInsert);
  EXPECT_EQ((*first->Next())->kind, RowChangeKind::kDelete);
  EXPECT_EQ(*first->Next(), nullptr);
  EXPECT_EQ((*second->Next())->kind, RowChangeKind::kInsert);
  EXPECT_EQ(vector.size(), 2U);
}

}  // namespace
}  // namespace binseek::change
