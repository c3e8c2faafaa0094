// Wall clocks: what instants they show, where clocks are set forward and back too.
#include "sync/mapper/time_zone.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/mapping/date.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::mapper {
namespace {

int64_t At(std::string_view iso) { return *mapping::ParseDate(iso); }

std::string Instant(const std::string& zone, std::string_view wall) {
  const auto found = TimeZone::Find(zone);
  EXPECT_OK(found);
  std::string text;
  mapping::AppendIsoDate((*found)->InstantOf(At(wall)), mapping::DateStyle::kInstant, 0, &text);
  return text;
}

TEST(TimeZoneTest, AWallClockIsBehindOrAheadOfUtcByItsZone) {
  EXPECT_EQ(Instant("UTC", "2026-07-01T12:00:00"), "2026-07-01T12:00:00Z");
  EXPECT_EQ(Instant("+02:00", "2026-07-01T12:00:00"), "2026-07-01T10:00:00Z");
  EXPECT_EQ(Instant("-03:30", "2026-07-01T23:00:00"), "2026-07-02T02:30:00Z");
  EXPECT_EQ(Instant("Europe/Berlin", "2026-01-01T12:00:00"), "2026-01-01T11:00:00Z");
  EXPECT_EQ(Instant("Europe/Berlin", "2026-07-01T12:00:00"), "2026-07-01T10:00:00Z");
  EXPECT_EQ(Instant("America/New_York", "2026-01-01T12:00:00"), "2026-01-01T17:00:00Z");
  EXPECT_EQ(Instant("Asia/Kolkata", "2026-01-01T12:00:00"), "2026-01-01T06:30:00Z");
}

// 2026-03-29 02:00 becomes 03:00.
TEST(TimeZoneTest, ATimeThatNoClockShowsIsAsFarBehindTheChangeAsItsDigits) {
  EXPECT_EQ(Instant("Europe/Berlin", "2026-03-29T01:59:59"), "2026-03-29T00:59:59Z");
  EXPECT_EQ(Instant("Europe/Berlin", "2026-03-29T02:00:00"), "2026-03-29T01:00:00Z");
  EXPECT_EQ(Instant("Europe/Berlin", "2026-03-29T02:30:00"), "2026-03-29T01:30:00Z");
  EXPECT_EQ(Instant("Europe/Berlin", "2026-03-29T03:00:00"), "2026-03-29T01:00:00Z");
  EXPECT_EQ(Instant("Europe/Berlin", "2026-03-29T03:30:00"), "2026-03-29T01:30:00Z");
}

// 2026-10-25 03:00 becomes 02:00.
TEST(TimeZoneTest, ATimeThatAClockShowsTwiceIsTheFirst) {
  EXPECT_EQ(Instant("Europe/Berlin", "2026-10-25T01:59:59"), "2026-10-24T23:59:59Z");
  EXPECT_EQ(Instant("Europe/Berlin", "2026-10-25T02:00:00"), "2026-10-25T00:00:00Z");
  EXPECT_EQ(Instant("Europe/Berlin", "2026-10-25T02:59:59"), "2026-10-25T00:59:59Z");
  EXPECT_EQ(Instant("Europe/Berlin", "2026-10-25T03:00:00"), "2026-10-25T02:00:00Z");
}

TEST(TimeZoneTest, RulesHoldBeforeTheFirstChangeAndInAllYears) {
  // Local mean time: 53 minutes and 28 seconds.
  EXPECT_EQ(Instant("Europe/Berlin", "1800-01-01T00:53:28"), "1800-01-01T00:00:00Z");
  EXPECT_EQ(Instant("Europe/Berlin", "2499-07-01T12:00:00"), "2499-07-01T10:00:00Z");
  EXPECT_EQ(Instant("Europe/Berlin", "2500-01-01T12:00:00"), "2500-01-01T11:00:00Z");
  EXPECT_EQ(Instant("Europe/Berlin", "9999-07-01T12:00:00"), "9999-07-01T10:00:00Z");
  EXPECT_EQ(Instant("Europe/Berlin", "9999-12-31T12:00:00"), "9999-12-31T11:00:00Z");
}

TEST(TimeZoneTest, WhatIsNoZoneIsRefused) {
  for (const char* name : {"", "Mars/Olympus", "SYSTEM", "+2", "+02:60", "+15:00", "2:00", "Europe",
                           "GMT+7", "Etc/Unknown"}) {
    EXPECT_STATUS(TimeZone::Find(name), kInvalidArgument) << name;
  }
  EXPECT_OK(TimeZone::Find("Etc/UTC"));
}

// Clocks go on: but where they are set back, a later wall clock is a later instant.
TEST(TimeZoneTest, InstantsAreInOrderButWhereClocksAreSet) {
  const auto zone = TimeZone::Find("America/New_York");
  ASSERT_OK(zone);
  constexpr int64_t kHour = 3'600'000'000;
  int64_t jumps = 0;
  int64_t before = (*zone)->InstantOf(At("2026-01-01T00:00:00"));
  for (int64_t wall = At("2026-01-01T01:00:00"); wall < At("2027-01-01T00:00:00"); wall += kHour) {
    const int64_t now = (*zone)->InstantOf(wall);
    jumps += now - before == kHour ? 0 : 1;
    EXPECT_GE(now, before - kHour);
    before = now;
  }
  EXPECT_EQ(jumps, 2) << "in spring and in autumn";
}

}  // namespace
}  // namespace binseek::mapper
