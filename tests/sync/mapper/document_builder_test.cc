// Every type of column, each class of its values: what stands in _source, in the column, in the terms.
#include "sync/mapper/document_builder.h"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "engine/base/byte_reader.h"
#include "engine/base/coding.h"
#include "engine/base/json.h"
#include "engine/mapping/date.h"
#include "engine/mapping/geo.h"
#include "engine/mapping/number.h"
#include "sync/mapper/table_mapping.h"
#include "sync/mapper/value_text.h"
#include "tests/support/status_matchers.h"
#include "tests/sync/mapper/table_fixture.h"

namespace binseek::mapper {
namespace {

using change::Calendar;
using change::Column;
using change::ColumnType;
using change::Value;
using change::ValueKind;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// What became of one value, in a table of a key and the value's column.
struct Outcome {
  Status status;
  std::string json;               // rendered from the fragment or the column; "null" without either
  std::optional<int64_t> number;  // column value
  std::vector<std::string> terms;     // of the column's own field
  std::vector<std::string> keywords;  // of its subfield
  std::vector<std::string> ignored;   // fields that left the value out
  bool fragment = false;
};

Outcome Build(const Column& column, const Value& value, bool in_key = false) {
  const TablePointer table = in_key ? MakeTable("t", {column})
                                    : MakeTable("t", {MakeColumn("id", ColumnType::kInt), column});
  const auto mapping = DeriveMapping(*table);
  EXPECT_OK(mapping);
  const auto plan = MakeTablePlan(table, index::IndexId{1}, *mapping);
  EXPECT_OK(plan);
  const change::RowImage row =
      in_key ? change::RowImage{value} : change::RowImage{Value::Int(1), value};
  const auto document = BuildDocument(**plan, row, {});
  Outcome outcome;
  outcome.status = document.status();
  if (!document.ok()) {
    return outcome;
  }
  const mapping::Field& field = *mapping->Find(column.name);
  outcome.json = "null";
  for (const mapping::NumberValue& number : document->numbers) {
    if (number.field == field.id) {
      outcome.number = number.value;
      outcome.json.clear();
      mapping::AppendJson(field, number.value, &outcome.json);
    }
  }
  for (const mapping::TextValue& text : document->texts) {
    auto& values = text.field == mapping::kIgnoredField ? outcome.ignored
                   : text.field == field.id             ? outcome.terms
                                                        : outcome.keywords;
    values.push_back(text.text);
  }
  ByteReader reader(document->source.bytes);
  while (!reader.AtEnd()) {
    const uint64_t id = reader.Varint();
    const std::string_view json = reader.LengthPrefixed();
    if (id == static_cast<uint64_t>(field.id)) {
      outcome.fragment = true;
      outcome.json = json;
    }
  }
  EXPECT_OK(reader.status("fragments"));
  EXPECT_FALSE(document->source.verbatim);
  return outcome;
}

std::string JsonOf(const Column& column, const Value& value) {
  const Outcome outcome = Build(column, value);
  EXPECT_OK(outcome.status);
  return outcome.json;
}

Status StatusOf(const Column& column, const Value& value) { return Build(column, value).status; }

Value Moment(ValueKind kind, uint16_t year, uint8_t month, uint8_t day, uint8_t hour = 0,
             uint8_t minute = 0, uint8_t second = 0, uint32_t micros = 0) {
  return Value::Of(kind, change::PackCalendar({year, month, day, hour, minute, second, micros}));
}

std::string Wkb(uint32_t type, double x, double y) {
  std::string bytes;
  PutU32(&bytes, 4326);
  PutU8(&bytes, 1);
  PutU32(&bytes, type);
  PutF64(&bytes, x);
  PutF64(&bytes, y);
  return bytes;
}

TEST(DocumentBuilderTest, IntegersAreExactOverTheirWholeRange) {
  const Column big = MakeColumn("c", ColumnType::kBigInt);
  EXPECT_EQ(JsonOf(big, Value::Int(std::numeric_limits<int64_t>::min())), "-9223372036854775808");
  EXPECT_EQ(JsonOf(big, Value::Int(std::numeric_limits<int64_t>::max())), "9223372036854775807");
  EXPECT_EQ(
      JsonOf(Unsigned("c", ColumnType::kBigInt), Value::Uint(std::numeric_limits<uint64_t>::max())),
      "18446744073709551615");
  EXPECT_EQ(JsonOf(Unsigned("c", ColumnType::kBigInt), Value::Uint(0)), "0");
  EXPECT_EQ(JsonOf(Unsigned("c", ColumnType::kInt), Value::Uint(4294967295u)), "4294967295");
  EXPECT_EQ(JsonOf(MakeColumn("c", ColumnType::kTinyInt), Value::Int(-128)), "-128");
  EXPECT_EQ(JsonOf(MakeColumn("c", ColumnType::kYear), Value::Int(2026)), "2026");
  EXPECT_EQ(JsonOf(MakeColumn("c", ColumnType::kBit), Value::Uint(5)), "5");
  EXPECT_EQ(Build(big, Value::Int(-7)).number, -7);
  EXPECT_FALSE(Build(big, Value::Int(-7)).fragment);
  EXPECT_STATUS(StatusOf(big, Value::Uint(uint64_t{1} << 63)), kInvalidArgument);
  EXPECT_STATUS(StatusOf(Unsigned("c", ColumnType::kBigInt), Value::Int(-1)), kInvalidArgument);
}

TEST(DocumentBuilderTest, DecimalsKeepTheColumnsDigits) {
  const Column price = Decimal("c", 10, 2);
  EXPECT_EQ(JsonOf(price, Dec("12.50")), "12.50");
  EXPECT_EQ(JsonOf(price, Dec("-0.05")), "-0.05");
  EXPECT_EQ(JsonOf(price, Dec("0.00")), "0.00");
  EXPECT_EQ(Build(price, Dec("-12.50")).number, -1250);
  EXPECT_EQ(JsonOf(Decimal("c", 18, 18), Dec("0.999999999999999999")), "0.999999999999999999");
  EXPECT_EQ(JsonOf(Decimal("c", 18, 0), Dec("-999999999999999999")), "-999999999999999999");
  EXPECT_STATUS(StatusOf(price, Dec("92233720368547758.08")), kInvalidArgument);
  EXPECT_EQ(JsonOf(price, Dec("-92233720368547758.08")), "-92233720368547758.08");
  EXPECT_STATUS(StatusOf(price, Dec("1.234")), kInvalidArgument);
  for (const char* text : {"", "-", "1e5", "1.2.3", "abc", "1 "}) {
    EXPECT_STATUS(StatusOf(price, Dec(text)), kInvalidArgument) << text;
  }
}

TEST(DocumentBuilderTest, WideDecimalsAreExactInSourceAndDoublesInTheIndex) {
  const Column wide = Decimal("c", 30, 10);
  const Outcome outcome = Build(wide, Dec("12345678901234567890.0123456789"));
  ASSERT_OK(outcome.status);
  EXPECT_EQ(outcome.json, "12345678901234567890.0123456789");
  EXPECT_EQ(outcome.number, mapping::SortableFromDouble(12345678901234567890.0123456789));
  EXPECT_TRUE(outcome.fragment);
  for (const char* text : {"", "-", "1.", ".5", "01", "1e5", "nan", "1,2"}) {
    EXPECT_STATUS(StatusOf(wide, Dec(text)), kInvalidArgument) << text;
  }
}

TEST(DocumentBuilderTest, FloatsAreTheShortestDigitsThatReadBackEqual) {
  const Column small = MakeColumn("c", ColumnType::kFloat);
  const Column real = MakeColumn("c", ColumnType::kDouble);
  EXPECT_EQ(JsonOf(small, Value::Real(ValueKind::kFloat, 0.1f)), "0.1");
  EXPECT_EQ(JsonOf(real, Value::Real(ValueKind::kDouble, 0.1)), "0.1");
  EXPECT_EQ(JsonOf(real, Value::Real(ValueKind::kDouble, 0.1f)), "0.10000000149011612");
  EXPECT_EQ(JsonOf(real, Value::Real(ValueKind::kDouble, 3)), "3.0");
  EXPECT_EQ(JsonOf(real, Value::Real(ValueKind::kDouble, -0.0)), "-0.0");
  EXPECT_EQ(JsonOf(real, Value::Real(ValueKind::kDouble, 1.7976931348623157e308)),
            "1.7976931348623157e+308");
  EXPECT_EQ(JsonOf(small, Value::Real(ValueKind::kFloat, std::numeric_limits<float>::max())),
            "3.4028235e+38");
  EXPECT_STATUS(StatusOf(real, Value::Real(ValueKind::kDouble, std::nan(""))), kInvalidArgument);
  EXPECT_STATUS(StatusOf(small, Value::Real(ValueKind::kFloat, 1e39)), kInvalidArgument);
}

TEST(DocumentBuilderTest, DatesAreIsoWithTheColumnsDigits) {
  const Column date = MakeColumn("c", ColumnType::kDate);
  const Column local = MakeColumn("c", ColumnType::kDateTime);
  const Column local6 = WithScale("c", ColumnType::kDateTime, 6);
  EXPECT_EQ(JsonOf(date, Moment(ValueKind::kDate, 2026, 1, 2)), "\"2026-01-02\"");
  EXPECT_EQ(JsonOf(date, Moment(ValueKind::kDate, 1000, 1, 1)), "\"1000-01-01\"");
  EXPECT_EQ(JsonOf(local, Moment(ValueKind::kDateTime, 2026, 1, 2, 3, 4, 5)),
            "\"2026-01-02T03:04:05\"");
  EXPECT_EQ(JsonOf(local6, Moment(ValueKind::kDateTime, 9999, 12, 31, 23, 59, 59, 999'999)),
            "\"9999-12-31T23:59:59.999999\"");
  const int64_t micros = mapping::MicrosFromCivil(2026, 1, 2, 3, 4, 5, 120'000);
  EXPECT_EQ(
      JsonOf(WithScale("c", ColumnType::kTimestamp, 2), Value::Of(ValueKind::kTimestamp, micros)),
      "\"2026-01-02T03:04:05.12Z\"");
  EXPECT_EQ(
      Build(WithScale("c", ColumnType::kTimestamp, 2), Value::Of(ValueKind::kTimestamp, micros))
          .number,
      micros);
}

TEST(DocumentBuilderTest, ZeroAndPartialDatesAreNull) {
  for (const Calendar& c :
       {Calendar{}, Calendar{2026, 0, 0}, Calendar{2026, 5, 0}, Calendar{2026, 2, 30}}) {
    const auto value = [&c](ValueKind kind) { return Value::Of(kind, change::PackCalendar(c)); };
    EXPECT_EQ(JsonOf(MakeColumn("c", ColumnType::kDate), value(ValueKind::kDate)), "null");
    EXPECT_EQ(JsonOf(MakeColumn("c", ColumnType::kDateTime), value(ValueKind::kDateTime)), "null");
  }
  const Outcome zero =
      Build(MakeColumn("c", ColumnType::kTimestamp), Value::Of(ValueKind::kTimestamp, 0));
  ASSERT_OK(zero.status);
  EXPECT_EQ(zero.json, "null");
  EXPECT_EQ(zero.number, std::nullopt);
}

TEST(DocumentBuilderTest, TimesPrintAsTheServerPrintsThem) {
  const auto time = [](uint8_t scale, int64_t micros) {
    const Outcome outcome =
        Build(WithScale("c", ColumnType::kTime, scale), Value::Of(ValueKind::kTime, micros));
    EXPECT_OK(outcome.status);
    EXPECT_THAT(outcome.terms, ElementsAre(outcome.json.substr(1, outcome.json.size() - 2)));
    return outcome.json;
  };
  constexpr int64_t kLongest = (838LL * 3600 + 59 * 60 + 59) * 1'000'000;
  EXPECT_EQ(time(6, -kLongest), "\"-838:59:59.000000\"");
  EXPECT_EQ(time(0, kLongest), "\"838:59:59\"");
  EXPECT_EQ(time(0, 0), "\"00:00:00\"");
  EXPECT_EQ(time(3, -1'000), "\"-00:00:00.001\"");
  EXPECT_EQ(time(1, 3'600'500'000), "\"01:00:00.5\"");
  EXPECT_OK(StatusOf(WithScale("c", ColumnType::kTime, 6),
                     Value::Of(ValueKind::kTime, std::numeric_limits<int64_t>::min())));
}

TEST(DocumentBuilderTest, TextsAreAnalysedAndKeptWholeAsKeywords) {
  const Column name = MakeColumn("c", ColumnType::kVarchar);
  const Outcome outcome = Build(name, Text("红 \"苹果\"\n"));
  ASSERT_OK(outcome.status);
  EXPECT_EQ(outcome.json, "\"红 \\\"苹果\\\"\\n\"");
  EXPECT_THAT(outcome.terms, ElementsAre("红 \"苹果\"\n"));
  EXPECT_THAT(outcome.keywords, ElementsAre("红 \"苹果\"\n"));

  std::string long_name;
  for (int i = 0; i < 256; ++i) {
    long_name += "果";
  }
  EXPECT_THAT(Build(name, Text(long_name)).keywords, ElementsAre(long_name));
  EXPECT_THAT(Build(name, Text(long_name)).ignored, IsEmpty());
  EXPECT_THAT(Build(name, Text(long_name + "x")).ignored, ElementsAre("c.keyword"));
  EXPECT_THAT(Build(name, Text(long_name + "x")).keywords, IsEmpty());
  EXPECT_THAT(Build(name, Text(long_name + "x")).terms, ElementsAre(long_name + "x"));
  EXPECT_THAT(Build(name, Text("")).keywords, ElementsAre(""));

  const std::string book(5 << 20, 'b');
  const Outcome large = Build(MakeColumn("c", ColumnType::kText), Text(book));
  ASSERT_OK(large.status);
  EXPECT_EQ(large.json.size(), book.size() + 2);
  EXPECT_THAT(large.keywords, IsEmpty());
  EXPECT_EQ(JsonOf(name, Text("\xff!")), "\"\xEF\xBF\xBD!\"");
}

TEST(DocumentBuilderTest, EnumsAreLabelsAndSetsAreArrays) {
  const Column kind = MakeColumn("c", ColumnType::kEnum);
  const Column flags = MakeColumn("c", ColumnType::kSet);
  EXPECT_EQ(JsonOf(kind, Value::Bytes(ValueKind::kEnum, "red")), "\"red\"");
  EXPECT_THAT(Build(kind, Value::Bytes(ValueKind::kEnum, "red")).terms, ElementsAre("red"));
  EXPECT_EQ(JsonOf(kind, Value::Bytes(ValueKind::kEnum, "")), "\"\"");
  EXPECT_EQ(JsonOf(flags, Value::Bytes(ValueKind::kSet, "x,\"y\"")), "[\"x\",\"\\\"y\\\"\"]");
  EXPECT_THAT(Build(flags, Value::Bytes(ValueKind::kSet, "x,y")).terms, ElementsAre("x", "y"));
  EXPECT_EQ(JsonOf(flags, Value::Bytes(ValueKind::kSet, "")), "[]");
  EXPECT_THAT(Build(flags, Value::Bytes(ValueKind::kSet, "")).terms, IsEmpty());

  const std::string endless(40'000, 'e');
  EXPECT_THAT(Build(kind, Value::Bytes(ValueKind::kEnum, endless)).terms, IsEmpty());
  EXPECT_EQ(JsonOf(kind, Value::Bytes(ValueKind::kEnum, endless)).size(), endless.size() + 2);
}

TEST(DocumentBuilderTest, JsonStaysAsItIsAndItsLeavesAreTerms) {
  const Column json = MakeColumn("c", ColumnType::kJson);
  const Outcome outcome = Build(json, Json(R"({"a": [1, 2.50], "b": null})"));
  ASSERT_OK(outcome.status);
  EXPECT_EQ(outcome.json, R"({"a": [1, 2.50], "b": null})");
  const std::string separator(1, '\0');
  EXPECT_THAT(outcome.terms,
              ElementsAre("1", "a" + separator + "1", "2.50", "a" + separator + "2.50"));
  EXPECT_EQ(JsonOf(json, Json("null")), "null");
  EXPECT_EQ(JsonOf(json, Json("[true]")), "[true]");
  EXPECT_STATUS(StatusOf(json, Json("")), kInvalidArgument);
  EXPECT_STATUS(StatusOf(json, Json("{\"a\":}")), kInvalidArgument);
  EXPECT_STATUS(StatusOf(json, Json("1} , {")), kInvalidArgument);
  EXPECT_STATUS(StatusOf(json, Json(std::string(200, '[') + std::string(200, ']'))),
                kInvalidArgument);
}

TEST(DocumentBuilderTest, PointsAreLatAndLonAndOtherGeometriesBytes) {
  const Column point = Geometry("c", "point");
  EXPECT_EQ(JsonOf(point, Value::Bytes(ValueKind::kGeometry, Wkb(1, 120.25, 30))),
            R"({"lat":30.0,"lon":120.25})");
  EXPECT_EQ(Build(point, Value::Bytes(ValueKind::kGeometry, Wkb(1, 120.25, 30))).number,
            mapping::EncodeGeo({30, 120.25}));
  const Outcome elsewhere = Build(point, Value::Bytes(ValueKind::kGeometry, Wkb(1, 200.5, 30)));
  EXPECT_EQ(elsewhere.json, R"({"lat":30.0,"lon":200.5})");
  EXPECT_EQ(elsewhere.number, std::nullopt) << "no place on Earth";
  const auto of_srid = [](std::string_view srid, double x, double y) {
    return Value::Bytes(ValueKind::kGeometry, Wkb(1, x, y).replace(0, 4, srid));
  };
  EXPECT_EQ(Build(point, of_srid(std::string_view("\xe6\x10\0\0", 4), 50, 40)).number,
            mapping::EncodeGeo({40, 50}));
  const Outcome metres = Build(point, of_srid(std::string_view("\x11\x0f\0\0", 4), 50, 40));
  EXPECT_EQ(metres.json, R"({"x":50.0,"y":40.0,"srid":3857})");
  EXPECT_EQ(metres.number, std::nullopt) << "metres are no degrees";
  std::string big_endian = Wkb(1, 0, 0);
  big_endian.replace(4, 5, std::string("\0\0\0\0\1", 5));
  big_endian.replace(9, 8, std::string("\x3f\xf0\0\0\0\0\0\0", 8));
  EXPECT_EQ(JsonOf(point, Value::Bytes(ValueKind::kGeometry, big_endian)),
            R"({"lat":0.0,"lon":1.0})");
  EXPECT_EQ(JsonOf(Geometry("c", "polygon"), Value::Bytes(ValueKind::kGeometry, "abcd")),
            "\"YWJjZA==\"");
  EXPECT_STATUS(StatusOf(point, Value::Bytes(ValueKind::kGeometry, Wkb(2, 1, 1))),
                kInvalidArgument);
  EXPECT_STATUS(StatusOf(point, Value::Bytes(ValueKind::kGeometry, Wkb(1, std::nan(""), 1))),
                kInvalidArgument);
  EXPECT_STATUS(StatusOf(point, Value::Bytes(ValueKind::kGeometry, "short")), kInvalidArgument);
}

TEST(DocumentBuilderTest, BytesAreBase64) {
  const std::pair<std::string_view, std::string_view> kCases[] = {
      {"", ""},        {"f", "Zg=="},        {"fo", "Zm8="},
      {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd", "//79"}};
  for (const auto& [bytes, text] : kCases) {
    const Outcome outcome =
        Build(MakeColumn("c", ColumnType::kBlob), Value::Bytes(ValueKind::kBytes, bytes));
    ASSERT_OK(outcome.status);
    EXPECT_EQ(outcome.json, "\"" + std::string(text) + "\"");
    EXPECT_THAT(outcome.terms, IsEmpty());
  }
}

TEST(DocumentBuilderTest, VectorsAreArraysOfNumbers) {
  const Column vector = MakeColumn("c", ColumnType::kVector);
  std::string bytes;
  PutF32(&bytes, 0.1f);
  PutF32(&bytes, -2);
  EXPECT_EQ(JsonOf(vector, Value::Bytes(ValueKind::kVector, bytes)), "[0.1,-2.0]");
  EXPECT_EQ(JsonOf(vector, Value::Bytes(ValueKind::kVector, "")), "[]");
  EXPECT_STATUS(StatusOf(vector, Value::Bytes(ValueKind::kVector, "abc")), kInvalidArgument);
  bytes.clear();
  PutF32(&bytes, std::numeric_limits<float>::infinity());
  EXPECT_STATUS(StatusOf(vector, Value::Bytes(ValueKind::kVector, bytes)), kInvalidArgument);
}

TEST(DocumentBuilderTest, AddressesPrintAsTheServerPrintsThem) {
  const std::string uuid("\x12\x3e\x45\x67\xe8\x9b\x12\xd3\xa4\x56\x42\x66\x55\x44\x00\x00", 16);
  const Outcome outcome =
      Build(MakeColumn("c", ColumnType::kUuid), Value::Bytes(ValueKind::kBytes, uuid));
  EXPECT_EQ(outcome.json, "\"123e4567-e89b-12d3-a456-426655440000\"");
  EXPECT_THAT(outcome.terms, ElementsAre("123e4567-e89b-12d3-a456-426655440000"));
  EXPECT_EQ(JsonOf(MakeColumn("c", ColumnType::kInet4),
                   Value::Bytes(ValueKind::kBytes, "\x0a\x01\x02\x03")),
            "\"10.1.2.3\"");
  const std::string inet6 = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\1";
  EXPECT_EQ(JsonOf(MakeColumn("c", ColumnType::kInet6), Value::Bytes(ValueKind::kBytes, inet6)),
            "\"2001:db8::1\"");
  EXPECT_STATUS(
      StatusOf(MakeColumn("c", ColumnType::kUuid), Value::Bytes(ValueKind::kBytes, "short")),
      kInvalidArgument);
  EXPECT_STATUS(
      StatusOf(MakeColumn("c", ColumnType::kInet6), Value::Bytes(ValueKind::kBytes, "four")),
      kInvalidArgument);
}

TEST(DocumentBuilderTest, NullIsNullInEveryTypeAndAbsentIsNoValue) {
  for (int type = 0; type <= static_cast<int>(ColumnType::kInet6); ++type) {
    const Column column = MakeColumn("c", static_cast<ColumnType>(type));
    const Outcome outcome = Build(column, Value::Null());
    ASSERT_OK(outcome.status);
    EXPECT_EQ(outcome.json, "null");
    EXPECT_THAT(outcome.terms, IsEmpty());
    EXPECT_EQ(outcome.number, std::nullopt);
    EXPECT_STATUS(StatusOf(column, Value::Absent()), kInvalidArgument);
  }
}

// Whatever a decoder hands over, a value of another kind never gets into a field that cannot hold it.
TEST(DocumentBuilderTest, ValuesOfAnotherKindNeverMakeABadDocument) {
  for (int type = 0; type <= static_cast<int>(ColumnType::kInet6); ++type) {
    for (int kind = static_cast<int>(ValueKind::kInt); kind <= static_cast<int>(ValueKind::kVector);
         ++kind) {
      const Column column = MakeColumn("c", static_cast<ColumnType>(type));
      Value value = Value::Bytes(static_cast<ValueKind>(kind), "}{");
      value.integer = -1;
      const Outcome outcome = Build(column, value);
      if (outcome.status.ok()) {
        EXPECT_OK(ParseJson(outcome.json));
      } else {
        EXPECT_NE(outcome.status.message().find("column `c` of type "), std::string::npos)
            << outcome.status;
      }
    }
  }
}

TEST(DocumentBuilderTest, NumbersOfTheKeyAreKeptInTheStoredSource) {
  const Outcome id = Build(MakeColumn("c", ColumnType::kBigInt), Value::Int(7), /*in_key=*/true);
  EXPECT_TRUE(id.fragment);
  EXPECT_EQ(id.json, "7");
  EXPECT_EQ(id.number, 7);
  EXPECT_EQ(Build(Decimal("c", 10, 2), Dec("7.50"), /*in_key=*/true).json, "7.50");
  EXPECT_EQ(Build(MakeColumn("c", ColumnType::kDate), Moment(ValueKind::kDate, 2026, 1, 2),
                  /*in_key=*/true)
                .json,
            "\"2026-01-02\"");
}

}  // namespace
}  // namespace binseek::mapper
