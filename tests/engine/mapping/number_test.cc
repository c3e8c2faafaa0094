#include "engine/mapping/number.h"

#include <cmath>

#include "engine/mapping/date.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::mapping {
namespace {

Field Of(FieldKind kind, uint8_t scale = 0) {
  Field field;
  field.kind = kind;
  field.scale = scale;
  return field;
}

std::string Render(const Field& field, int64_t value) {
  std::string out;
  AppendJson(field, value, &out);
  return out;
}

std::string RoundTrip(const Field& field, std::string_view text) {
  const auto value = ParseColumnValue(field, text);
  return value.ok() ? Render(field, *value) : value.status().ToString();
}

TEST(NumberTest, IntegersAreExactToTheirEnds) {
  EXPECT_EQ(RoundTrip(Of(FieldKind::kLong), "-9223372036854775808"), "-9223372036854775808");
  EXPECT_EQ(RoundTrip(Of(FieldKind::kLong), "9223372036854775807"), "9223372036854775807");
  EXPECT_STATUS(ParseColumnValue(Of(FieldKind::kLong), "9223372036854775808"), kInvalidArgument);
  EXPECT_EQ(RoundTrip(Of(FieldKind::kUnsignedLong), "18446744073709551615"),
            "18446744073709551615");
  EXPECT_STATUS(ParseColumnValue(Of(FieldKind::kUnsignedLong), "-1"), kInvalidArgument);
  EXPECT_EQ(RoundTrip(Of(FieldKind::kLong), "12e2"), "1200");
  EXPECT_STATUS(ParseColumnValue(Of(FieldKind::kLong), "twelve"), kInvalidArgument);
}

TEST(NumberTest, DecimalsKeepTheirDigits) {
  EXPECT_EQ(RoundTrip(Of(FieldKind::kDecimal, 2), "12.5"), "12.50");
  EXPECT_EQ(RoundTrip(Of(FieldKind::kDecimal, 2), "-0.05"), "-0.05");
  EXPECT_EQ(RoundTrip(Of(FieldKind::kDecimal, 0), "7"), "7");
  EXPECT_EQ(RoundTrip(Of(FieldKind::kDecimal, 18), "-9.223372036854775808"),
            "-9.223372036854775808");
}

TEST(NumberTest, DecimalsBeyondTheScaleAreRoundedAsElasticsearchDoes) {
  const Field cents = Of(FieldKind::kDecimal, 2);
  EXPECT_EQ(RoundTrip(cents, "1.239"), "1.24");
  EXPECT_EQ(RoundTrip(cents, "1.234"), "1.23");
  EXPECT_EQ(RoundTrip(cents, "0.125"), "0.13");
  EXPECT_EQ(RoundTrip(cents, "-0.125"), "-0.12") << "halves go up";
  EXPECT_EQ(RoundTrip(cents, "-1.239"), "-1.24");
  EXPECT_EQ(RoundTrip(cents, "1.005"), "1.00") << "times 100, that double is less than 100.5";
  EXPECT_EQ(RoundTrip(cents, "12399e-4"), "1.24");
  EXPECT_EQ(RoundTrip(Of(FieldKind::kDecimal, 0), "-0.4"), "0");
  EXPECT_EQ(RoundTrip(cents, "90071992547409.939"), "90071992547409.93")
      << "a double has no digits there that it could be rounded by";
  EXPECT_EQ(RoundTrip(Of(FieldKind::kLong), "1.9"), "1") << "whole numbers are cut";
  EXPECT_EQ(*ParseBound(cents, "1.239", Rounding::kUp, nullptr), 124);
  EXPECT_EQ(*ParseBound(cents, "1.239", Rounding::kDown, nullptr), 123);
}

TEST(NumberTest, FloatsRenderShortest) {
  EXPECT_EQ(RoundTrip(Of(FieldKind::kFloat), "0.1"), "0.1");
  EXPECT_EQ(RoundTrip(Of(FieldKind::kDouble), "3"), "3.0");
  EXPECT_STATUS(ParseColumnValue(Of(FieldKind::kFloat), "1e300"), kInvalidArgument);
}

TEST(NumberTest, BoundsRoundTheAskedWay) {
  bool rounded = false;
  EXPECT_EQ(*ParseBound(Of(FieldKind::kLong), "12.5", Rounding::kUp, &rounded), 13);
  EXPECT_TRUE(rounded);
  EXPECT_EQ(*ParseBound(Of(FieldKind::kLong), "12.5", Rounding::kDown, &rounded), 12);
  EXPECT_EQ(*ParseBound(Of(FieldKind::kLong), "-12.5", Rounding::kUp, &rounded), -12);
  EXPECT_EQ(*ParseBound(Of(FieldKind::kLong), "-12.5", Rounding::kDown, &rounded), -13);
  EXPECT_EQ(*ParseBound(Of(FieldKind::kLong), "1e30", Rounding::kDown, &rounded), INT64_MAX);
  EXPECT_EQ(*ParseBound(Of(FieldKind::kDecimal, 2), "12.5", Rounding::kDown, &rounded), 1250);
  EXPECT_FALSE(rounded);
}

TEST(DateTest, StylesOfTheSource) {
  Field field = Of(FieldKind::kDate);
  EXPECT_EQ(RoundTrip(field, "2026-01-02T03:04:05Z"), "\"2026-01-02T03:04:05Z\"");
  EXPECT_EQ(RoundTrip(field, "2026-01-02T03:04:05+08:00"), "\"2026-01-01T19:04:05Z\"");
  EXPECT_EQ(RoundTrip(field, "1000"), "\"1000-01-01T00:00:00Z\"");
  EXPECT_EQ(RoundTrip(field, "-1"), "\"1969-12-31T23:59:59Z\"");
  field.date_style = DateStyle::kDate;
  EXPECT_EQ(RoundTrip(field, "2024-02-29"), "\"2024-02-29\"");
  field.date_style = DateStyle::kLocal;
  field.scale = 6;
  EXPECT_EQ(RoundTrip(field, "0001-01-01 00:00:00.000007"), "\"0001-01-01T00:00:00.000007\"");
  EXPECT_STATUS(ParseDate("2023-02-29"), kInvalidArgument);
  EXPECT_STATUS(ParseDate("2023-13-01"), kInvalidArgument);
  EXPECT_STATUS(ParseDate("2023-01-01T24:00:00"), kInvalidArgument);
}

class NumberRandomTest : public test::SeededTest {};

TEST(NumberTest, DecimalsOfEveryScaleAreDividedByTheExactPowerOfTen) {
  for (int scale = 0; scale <= 30; ++scale) {
    const Field field = Of(FieldKind::kDecimal, static_cast<uint8_t>(scale));
    EXPECT_EQ(ToDouble(field, 1234567891), 1234567891 / std::pow(10.0, scale)) << scale;
  }
}

TEST_F(NumberRandomTest, RenderedValuesParseToThemselves) {
  for (uint64_t i = 0; i < Iterations(20'000); ++i) {
    const int64_t value = static_cast<int64_t>(random()()) >> Uniform(64);
    for (const FieldKind kind : {FieldKind::kLong, FieldKind::kUnsignedLong, FieldKind::kDecimal}) {
      const Field field = Of(kind, static_cast<uint8_t>(Uniform(19)));
      ASSERT_EQ(*ParseColumnValue(field, Render(field, value)), value) << Render(field, value);
    }
  }
}

TEST_F(NumberRandomTest, SortableOrderIsNumericOrder) {
  for (uint64_t i = 0; i < Iterations(20'000); ++i) {
    const double a = std::ldexp(static_cast<double>(static_cast<int64_t>(random()())),
                                static_cast<int>(Uniform(200)) - 100);
    const double b = std::ldexp(static_cast<double>(static_cast<int64_t>(random()())),
                                static_cast<int>(Uniform(200)) - 100);
    ASSERT_EQ(a < b, SortableFromDouble(a) < SortableFromDouble(b));
    ASSERT_EQ(DoubleFromSortable(SortableFromDouble(a)), a);
  }
}

TEST_F(NumberRandomTest, EveryDayOfFourCenturiesComesBack) {
  Field field = Of(FieldKind::kDate);
  field.date_style = DateStyle::kDate;
  for (int64_t day = -80'000; day < 80'000; ++day) {
    const int64_t micros = day * 86'400'000'000;
    std::string text;
    AppendIsoDate(micros, DateStyle::kDate, 0, &text);
    ASSERT_EQ(*ParseDate(text), micros) << text;
  }
}

}  // namespace
}  // namespace binseek::mapping
