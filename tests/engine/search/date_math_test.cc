#include "engine/search/date_math.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/mapping/date.h"

namespace binseek::search {
namespace {

// 2026-03-31T15:16:17.123456, a Tuesday.
const int64_t kNow = mapping::MicrosFromCivil(2026, 3, 31, 15, 16, 17, 123'456);

std::string Show(const std::string& text, bool round_up) {
  const Result<int64_t> micros = ParseDateMath(text, kNow, round_up);
  std::string out;
  if (!micros.ok()) {
    return "error";
  }
  mapping::AppendIsoDate(*micros, mapping::DateStyle::kLocal, 6, &out);
  return out;
}
std::string First(const std::string& text) { return Show(text, false); }
std::string Last(const std::string& text) { return Show(text, true); }

TEST(DateMathTest, AddsEveryUnit) {
  EXPECT_EQ(First("now"), "2026-03-31T15:16:17.123456");
  EXPECT_EQ(First("now-7d"), "2026-03-24T15:16:17.123456");
  EXPECT_EQ(First("now+1h-2m+3s"), "2026-03-31T16:14:20.123456");
  EXPECT_EQ(First("now-1w"), "2026-03-24T15:16:17.123456");
  EXPECT_EQ(First("now+d"), "2026-04-01T15:16:17.123456");
  EXPECT_EQ(First("2024-02-29||+1y"), "2025-02-28T00:00:00.000000");
  EXPECT_EQ(First("now-1M"), "2026-02-28T15:16:17.123456");
  EXPECT_EQ(First("1969-12-31T23:00:00Z||-2H"), "1969-12-31T21:00:00.000000");
}

TEST(DateMathTest, RoundsDownToTheFirstAndUpToTheLastMoment) {
  EXPECT_EQ(First("now/d"), "2026-03-31T00:00:00.000000");
  EXPECT_EQ(Last("now/d"), "2026-03-31T23:59:59.999999");
  EXPECT_EQ(First("now/w"), "2026-03-30T00:00:00.000000");
  EXPECT_EQ(Last("now/w"), "2026-04-05T23:59:59.999999");
  EXPECT_EQ(First("now-1M/M"), "2026-02-01T00:00:00.000000");
  EXPECT_EQ(Last("now-1M/M"), "2026-02-28T23:59:59.999999");
  EXPECT_EQ(First("now/y"), "2026-01-01T00:00:00.000000");
  EXPECT_EQ(Last("now/h"), "2026-03-31T15:59:59.999999");
  EXPECT_EQ(First("1969-12-31T23:30:00Z||/d"), "1969-12-31T00:00:00.000000");
}

std::string InBerlin(const std::string& text) {
  const Result<int64_t> micros =
      ParseDateMath(text, {.format = "", .time_zone = "Europe/Berlin"}, kNow, false);
  std::string out;
  if (!micros.ok()) {
    return "error";
  }
  mapping::AppendIsoDate(*micros, mapping::DateStyle::kLocal, 0, &out);
  return out;
}

// Clocks leapt from 02:00 to 03:00 on 2026-03-29, and go back from 03:00 to 02:00 on 2026-10-25.
TEST(DateMathTest, TimesWithinAGapAreMovedByIt) {
  EXPECT_EQ(InBerlin("2026-03-29T01:59:59"), "2026-03-29T00:59:59");
  EXPECT_EQ(InBerlin("2026-03-29T02:30:00"), "2026-03-29T01:30:00");
  EXPECT_EQ(InBerlin("2026-03-29T03:00:00"), "2026-03-29T01:00:00");
  EXPECT_EQ(InBerlin("2026-03-28T02:30:00||+1d"), "2026-03-29T01:30:00");
  EXPECT_EQ(InBerlin("2026-03-29T12:00:00||/d"), "2026-03-28T23:00:00");
}

TEST(DateMathTest, HoursAreHoursWhereClocksGoBack) {
  EXPECT_EQ(InBerlin("2026-10-25T02:30:00"), "2026-10-25T00:30:00") << "the first of two";
  EXPECT_EQ(InBerlin("2026-10-25T02:30:00||+1h"), "2026-10-25T01:30:00");
  EXPECT_EQ(InBerlin("2026-10-25T02:30:00||+1h/h"), "2026-10-25T01:00:00");
  EXPECT_EQ(InBerlin("2026-10-24T02:30:00||+1d"), "2026-10-25T00:30:00");
}

TEST(DateMathTest, FarEpochsDoNotComeRound) {
  for (const char* zone : {"", "Europe/Berlin", "+01:00"}) {
    const DateForm form{.format = "epoch_millis", .time_zone = zone};
    for (const char* text : {"2070000000000000||+1M", "9223372036854774||+1d",
                             "-9223372036854774||-1d", "2070000000000000||/h"}) {
      EXPECT_FALSE(ParseDateMath(text, form, kNow, false).ok()) << text << " " << zone;
    }
    const Result<int64_t> far = ParseDateMath("9223372036854774", form, kNow, true);
    ASSERT_TRUE(far.ok()) << zone;
    EXPECT_GE(*far, int64_t{9'223'372'036'854'774'000}) << zone;
  }
}

TEST(DateMathTest, WhatADateLeavesOpenIsFilled) {
  EXPECT_EQ(Last("2026-01-02"), "2026-01-02T23:59:59.999999");
  EXPECT_EQ(Last("2026-01"), "2026-01-01T23:59:59.999999");
  EXPECT_EQ(Last("2026-01-02T03:04"), "2026-01-02T03:04:59.999999");
  EXPECT_EQ(Last("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05.999999");
  EXPECT_EQ(Last("2026-01-02T03:04:05.5+01:00"), "2026-01-02T02:04:05.500999");
  EXPECT_EQ(Last("2026-01-02T03:04:05.1234Z"), "2026-01-02T03:04:05.123499");
  EXPECT_EQ(Last("2026-01-02T03:04:05.123456Z"), "2026-01-02T03:04:05.123456");
  EXPECT_EQ(Last("1767225600000"), "2026-01-01T00:00:00.000999");
  EXPECT_EQ(Last("2026-01-02||+1d"), "2026-01-03T00:00:00.000000");
}

TEST(DateMathTest, RefusesWhatIsNoDate) {
  for (const char* wrong : {"", "then", "now+", "now+1", "now+1x", "now*1d", "now/2d", "now 1d",
                            "||+1d", "2026-01-02||x", "now+99999999999999999999y",
                            "9999-12-31||+1d", "9223372036854775807", "now+1d/"}) {
    EXPECT_EQ(First(wrong), "error") << wrong;
    EXPECT_EQ(Last(wrong), "error") << wrong;
  }
}

}  // namespace
}  // namespace binseek::search
