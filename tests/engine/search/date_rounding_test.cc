// Rounding of dates in zones, against the C library's own clocks.
#include "engine/search/date_rounding.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <ctime>
#include <string>
#include <tuple>
#include <utility>

#include "engine/mapping/date.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search {
namespace {

constexpr int64_t kHour = 3'600'000;

int64_t Millis(const char* text) { return mapping::ParseDate(text).value() / 1000; }
std::string Text(int64_t millis) {
  std::string out;
  mapping::AppendIsoDate(millis * 1000, mapping::DateStyle::kInstant, 0, &out);
  return out;
}

DateRounding Calendar(CalendarUnit unit, const char* zone, int64_t offset = 0) {
  return {unit, TimeZone::Make(zone).value(), offset};
}
DateRounding Fixed(int64_t millis, const char* zone) {
  return {millis, TimeZone::Make(zone).value(), 0};
}

TEST(DateRoundingTest, UnitsBeginAsClocksShowThem) {
  const int64_t moment = Millis("2026-08-19T22:30:15Z");
  const std::pair<CalendarUnit, const char*> cases[] = {
      {CalendarUnit::kSecond, "2026-08-19T22:30:15Z"},
      {CalendarUnit::kMinute, "2026-08-19T22:30:00Z"},
      {CalendarUnit::kHour, "2026-08-19T22:00:00Z"},
      {CalendarUnit::kDay, "2026-08-19T22:00:00Z"},
      {CalendarUnit::kWeek, "2026-08-16T22:00:00Z"},
      {CalendarUnit::kMonth, "2026-07-31T22:00:00Z"},
      {CalendarUnit::kQuarter, "2026-06-30T22:00:00Z"},
      {CalendarUnit::kYear, "2025-12-31T23:00:00Z"}};
  for (const auto& [unit, begin] : cases) {
    EXPECT_EQ(Text(Calendar(unit, "Europe/Berlin").Round(moment)), begin);
  }
  EXPECT_EQ(Text(Calendar(CalendarUnit::kDay, "", 6 * kHour).Round(Millis("2026-08-19T05:00:00Z"))),
            "2026-08-18T06:00:00Z");
}

TEST(DateRoundingTest, DaysOfAChangeOfClocksAreShorterOrLonger) {
  const DateRounding days = Calendar(CalendarUnit::kDay, "Europe/Berlin");
  int64_t day = days.Round(Millis("2026-03-28T12:00:00Z"));
  EXPECT_EQ(Text(day), "2026-03-27T23:00:00Z");
  day = days.Next(day);
  EXPECT_EQ(days.Next(day) - day, 23 * kHour);
  const int64_t autumn = days.Round(Millis("2026-10-25T12:00:00Z"));
  EXPECT_EQ(days.Next(autumn) - autumn, 25 * kHour);
  // The hour that comes twice is two hours.
  const DateRounding hours = Calendar(CalendarUnit::kHour, "Europe/Berlin");
  const int64_t first = hours.Round(Millis("2026-10-25T00:30:00Z"));
  EXPECT_EQ(Text(first), "2026-10-25T00:00:00Z");
  EXPECT_EQ(Text(hours.Next(first)), "2026-10-25T01:00:00Z");
  // Midnight comes twice in Havana, and never on a day in spring in Asuncion.
  EXPECT_EQ(
      Text(Calendar(CalendarUnit::kDay, "America/Havana").Round(Millis("2020-11-01T12:00:00Z"))),
      "2020-11-01T04:00:00Z");
  EXPECT_EQ(
      Text(Calendar(CalendarUnit::kDay, "America/Asuncion").Round(Millis("2020-10-04T12:00:00Z"))),
      "2020-10-04T04:00:00Z");
}

TEST(DateRoundingTest, NamesOfZonesAreChecked) {
  EXPECT_OK(TimeZone::Make("+05:30"));
  EXPECT_OK(TimeZone::Make("Asia/Tokyo"));
  EXPECT_STATUS(TimeZone::Make("Europe/Atlantis"), kInvalidArgument);
  EXPECT_STATUS(TimeZone::Make("+25:00"), kInvalidArgument);
  EXPECT_EQ(TimeZone::Make("-0330").value()->At(0).offset, -(3 * kHour + kHour / 2));
  EXPECT_EQ(CalendarUnitOf("1M"), CalendarUnit::kMonth);
  EXPECT_EQ(CalendarUnitOf("1m"), CalendarUnit::kMinute);
  EXPECT_EQ(CalendarUnitOf("2d"), std::nullopt);
}

class RandomRoundingTest : public binseek::test::SeededTest {
 protected:
  // What clocks show, and how far they are from Greenwich: year, month, day, hour, minute, offset.
  using Clocks = std::tuple<int, int, int, int, int, int64_t>;
  static Clocks ClocksAt(int64_t millis) {
    const time_t seconds = millis / 1000;
    tm local{};
    localtime_r(&seconds, &local);
    return {local.tm_year + 1900, local.tm_mon, local.tm_mday,
            local.tm_hour,        local.tm_min, local.tm_gmtoff};
  }
  // The part of the clocks that stays the same within the unit.
  static Clocks Label(CalendarUnit unit, int64_t millis) {
    auto [year, month, day, hour, minute, offset] = ClocksAt(millis);
    switch (unit) {
      case CalendarUnit::kHour:
        return {year, month, day, hour, 0, offset};
      case CalendarUnit::kDay:
        return {year, month, day, 0, 0, 0};
      case CalendarUnit::kMonth:
        return {year, month, 0, 0, 0, 0};
      default:
        return {year, 0, 0, 0, 0, 0};
    }
  }
};

TEST_F(RandomRoundingTest, RoundingIsTheFirstMomentWithTheSameLabel) {
  static const char* const kZones[] = {"Europe/Berlin", "America/New_York", "America/Havana",
                                       "Asia/Kolkata",  "Australia/Sydney", "America/Sao_Paulo",
                                       "Asia/Kathmandu"};
  constexpr CalendarUnit kUnits[] = {CalendarUnit::kHour, CalendarUnit::kDay, CalendarUnit::kMonth,
                                     CalendarUnit::kYear};
  constexpr int64_t kStep = 900'000;  // zones change at quarters of an hour
  for (uint64_t i = 0; i < Iterations(60) && !HasFailure(); ++i) {
    const char* const zone = kZones[Uniform(std::size(kZones))];
    setenv("TZ", zone, 1);
    tzset();
    const CalendarUnit unit = kUnits[Uniform(std::size(kUnits))];
    // Near the changes of clocks more often than not.
    const int64_t moment =
        Millis("1996-01-01") + static_cast<int64_t>(Uniform(30 * 366 * 96)) * kStep;
    const DateRounding rounding = Calendar(unit, zone);
    int64_t wanted = moment - moment % kStep;
    while (Label(unit, wanted - kStep) == Label(unit, moment)) {
      wanted -= kStep;
    }
    SCOPED_TRACE(std::string(zone) + " " + Text(moment));
    EXPECT_EQ(Text(rounding.Round(moment)), Text(wanted));
    EXPECT_EQ(rounding.Round(wanted), wanted);
    // And what comes next begins with another label.
    const int64_t next = rounding.Next(wanted);
    EXPECT_GT(next, moment);
    EXPECT_EQ(rounding.Round(next), next);
    EXPECT_EQ(rounding.Round(next - 1), wanted);
  }
  unsetenv("TZ");
  tzset();
}

TEST_F(RandomRoundingTest, FixedIntervalsAscendWithoutGapsOrOverlaps) {
  static const char* const kZones[] = {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
                                       ""};
  for (uint64_t i = 0; i < Iterations(60) && !HasFailure(); ++i) {
    const char* const zone = kZones[Uniform(std::size(kZones))];
    const int64_t length = static_cast<int64_t>(1 + Uniform(96)) * 900'000;
    const DateRounding rounding = Fixed(length, zone);
    int64_t at =
        rounding.Round(Millis("2026-03-20") + static_cast<int64_t>(Uniform(240)) * 24 * kHour);
    SCOPED_TRACE(std::string(zone) + " " + std::to_string(length));
    for (int step = 0; step < 60; ++step) {
      const int64_t next = rounding.Next(at);
      ASSERT_GT(next, at);
      ASSERT_LE(next - at, length + 3 * kHour);
      ASSERT_EQ(rounding.Round(next), next);
      ASSERT_EQ(rounding.Round(next - 1), at) << Text(at) << " " << Text(next);
      ASSERT_EQ(rounding.Round(at + (next - at) / 2), at);
      at = next;
    }
  }
}

}  // namespace
}  // namespace binseek::search
