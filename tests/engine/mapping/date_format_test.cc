#include "engine/mapping/date_format.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/mapping/date.h"
#include "engine/mapping/number.h"

namespace binseek::mapping {
namespace {

// "2026-01-02T03:04:05.678901Z", or "-" where it is no date.
std::string Read(const char* format, const char* text) {
  const Result<ParsedDate> date = ParseDateAs(format, text);
  if (!date.ok()) {
    return "-";
  }
  std::string out;
  AppendIsoDate(date->micros, DateStyle::kInstant, 6, &out);
  return out;
}

int64_t Open(const char* format, const char* text) {
  const Result<ParsedDate> date = ParseDateAs(format, text);
  EXPECT_TRUE(date.ok()) << format << " " << text;
  return date.ok() ? date->open : -1;
}

TEST(DateFormatTest, PatternsReadWhatTheySay) {
  EXPECT_EQ(Read("dd/MM/yyyy", "02/01/2026"), "2026-01-02T00:00:00.000000Z");
  EXPECT_EQ(Read("d.M.yyyy", "2.11.2026"), "2026-11-02T00:00:00.000000Z");
  EXPECT_EQ(Read("yyyyMMdd HHmmss", "20260102 030405"), "2026-01-02T03:04:05.000000Z");
  EXPECT_EQ(Read("yyyy-MM-dd HH:mm:ss.SSSSSS", "2026-01-02 03:04:05.678901"),
            "2026-01-02T03:04:05.678901Z");
  EXPECT_EQ(Read("dd MMM yyyy hh:mm a", "02 Jan 2026 03:04 PM"), "2026-01-02T15:04:00.000000Z");
  EXPECT_EQ(Read("EEE, dd MMMM yyyy", "Fri, 02 January 2026"), "2026-01-02T00:00:00.000000Z");
  EXPECT_EQ(Read("yyyy-DDD", "2026-032"), "2026-02-01T00:00:00.000000Z");
  EXPECT_EQ(Read("yyyy 'year'", "2026 year"), "2026-01-01T00:00:00.000000Z");
  EXPECT_EQ(Read("yyyy-MM-dd['T'HH:mm]", "2026-01-02"), "2026-01-02T00:00:00.000000Z");
  EXPECT_EQ(Read("yyyy-MM-dd['T'HH:mm]", "2026-01-02T03:04"), "2026-01-02T03:04:00.000000Z");
  EXPECT_EQ(Read("yyyy-MM-dd HH:mmXXX", "2026-01-02 03:04+02:00"), "2026-01-02T01:04:00.000000Z");
  EXPECT_EQ(Read("basic_date", "20260102"), "2026-01-02T00:00:00.000000Z");
}

TEST(DateFormatTest, WhatDoesNotFitIsNoDate) {
  EXPECT_EQ(Read("dd/MM/yyyy", "2026-01-02"), "-");
  EXPECT_EQ(Read("dd/MM/yyyy", "31/02/2026"), "-");
  EXPECT_EQ(Read("dd/MM/yyyy", "02/13/2026"), "-");
  EXPECT_EQ(Read("dd/MM/yyyy", "02/01/2026 "), "-");
  EXPECT_EQ(Read("epoch_second", "2026-01-02"), "-");
  EXPECT_EQ(Read("", "soon"), "-");
  EXPECT_EQ(ParseDateAs("dd/MM/yyyy", "x").status().message(),
            "failed to parse date field [x] with format [dd/MM/yyyy]");
}

TEST(DateFormatTest, TheFirstFormatThatFitsReads) {
  EXPECT_EQ(Read("dd/MM/yyyy||epoch_second", "1767322800"), "2026-01-02T03:00:00.000000Z");
  EXPECT_EQ(Read("dd/MM/yyyy||epoch_millis", "1767322800123"), "2026-01-02T03:00:00.123000Z");
  EXPECT_EQ(Read("epoch_second", "1767322800.5"), "2026-01-02T03:00:00.500000Z");
  EXPECT_EQ(Read("", "1767322800123"), "2026-01-02T03:00:00.123000Z");
  EXPECT_EQ(Read("strict_date_optional_time", "2026-01-02T03:00Z"), "2026-01-02T03:00:00.000000Z");
}

TEST(DateFormatTest, WhatIsNotWrittenIsOpen) {
  constexpr int64_t kSecond = 1'000'000;
  EXPECT_EQ(Open("dd/MM/yyyy", "02/01/2026"), 86'400 * kSecond - 1);
  EXPECT_EQ(Open("dd/MM/yyyy HH", "02/01/2026 03"), 3'600 * kSecond - 1);
  EXPECT_EQ(Open("dd/MM/yyyy HH:mm", "02/01/2026 03:04"), 60 * kSecond - 1);
  EXPECT_EQ(Open("dd/MM/yyyy HH:mm:ss", "02/01/2026 03:04:05"), kSecond - 1);
  EXPECT_EQ(Open("epoch_second", "5"), kSecond - 1);
  EXPECT_EQ(Open("epoch_millis", "5"), 999);
  EXPECT_EQ(Open("yyyy-MM-dd HH:mm:ss.SSSSSS", "2026-01-02 03:04:05.678901"), 0);
}

TEST(DateFormatTest, FormatsAreCheckedBeforeTheyAreUsed) {
  EXPECT_TRUE(CheckDateFormat("").ok());
  EXPECT_TRUE(CheckDateFormat("yyyy-MM-dd||strict_date_optional_time||epoch_second").ok());
  EXPECT_EQ(CheckDateFormat("yyyy-QQ").message(),
            "Invalid format: [yyyy-QQ]: Unknown pattern letter: Q");
  EXPECT_FALSE(CheckDateFormat("yyyy 'year").ok());
  EXPECT_FALSE(CheckDateFormat("--").ok());
}

TEST(DateFormatTest, FieldsReadInTheirFormatAndSourcesInIso) {
  Field field;
  field.kind = FieldKind::kDate;
  FieldParameters parameters;
  parameters.format = "epoch_second";
  field.more = std::make_shared<const FieldParameters>(parameters);
  EXPECT_EQ(ParseColumnValue(field, "1000").value_or(0), 1'000'000'000);
  EXPECT_FALSE(ParseColumnValue(field, "2026-01-02").ok());
  EXPECT_EQ(ParseCanonicalValue(field, "1970-01-01T00:00:01").value_or(0), 1'000'000);
  field.kind = FieldKind::kDateNanos;
  EXPECT_EQ(ParseColumnValue(field, "2").value_or(0), 2'000'000'000);
  EXPECT_FALSE(ParseColumnValue(field, "-2").ok());
}

TEST(DatePatternTest, NestedOptionalPartsAreBounded) {
  EXPECT_TRUE(CheckDateFormat("yyyy[-MM[-dd['T'HH[:mm[:ss]]]]]").ok());
  EXPECT_TRUE(CheckDateFormat("yyyy[-MM").ok()) << "Java closes what is open at the end";
  EXPECT_EQ(Read("yyyy[-MM", "2026-02"), "2026-02-01T00:00:00.000000Z");
  EXPECT_TRUE(CheckDateFormat("yyyy']'").ok());
  EXPECT_EQ(Read("yyyy['['MM']']", "2026[02]"), "2026-02-01T00:00:00.000000Z");
  EXPECT_EQ(CheckDateFormat("yyyy]-MM").message(),
            "Invalid format: [yyyy]-MM]: Pattern invalid as it contains ] without previous [");
  const std::string deep(60'000, '[');
  EXPECT_FALSE(CheckDateFormat(std::string(17, '[') + "yyyy").ok());
  EXPECT_FALSE(CheckDateFormat(std::string(513, 'y')).ok());
  EXPECT_FALSE(CheckDateFormat(deep + "yyyy").ok());
  EXPECT_FALSE(ParseDateAs(deep + "yyyy", "2026").ok()) << "whoever has not had it checked";
}

}  // namespace
}  // namespace binseek::mapping
