#include "engine/search/value_format.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/mapping/date.h"

namespace binseek::search {
namespace {

std::string Text(const std::string& format, int year, int month, int day) {
  const Result<ValueFormatPtr> made = MakeDateFormat(format, "");
  if (!made.ok()) {
    return made.status().message();
  }
  const int64_t micros = mapping::MicrosFromCivil(year, month, day, 0, 0, 0, 0);
  return (*made)->Text(static_cast<double>(mapping::MillisFromMicros(micros))).value_or("none");
}

TEST(ValueFormatTest, OldDatesAreProleptic) {
  for (const char* format : {"yyyy-MM-dd", "uuuu-MM-dd", "date"}) {
    EXPECT_EQ(Text(format, 1582, 10, 15), "1582-10-15") << format;
    EXPECT_EQ(Text(format, 1582, 10, 14), "1582-10-14") << format;
    EXPECT_EQ(Text(format, 1500, 3, 1), "1500-03-01") << format;
    EXPECT_EQ(Text(format, 1, 1, 1), "0001-01-01") << format;
  }
  EXPECT_EQ(Text("yyyy-DDD", 1582, 12, 31), "1582-365");
  EXPECT_EQ(Text("EEE", 1500, 3, 1), "Thu");
}

TEST(ValueFormatTest, WeeksAreIso) {
  EXPECT_EQ(Text("week_date", 2026, 1, 1), "2026-W01-4");
  EXPECT_EQ(Text("week_date", 2026, 1, 4), "2026-W01-7") << "weeks begin on Monday";
  EXPECT_EQ(Text("strict_week_date", 2026, 1, 5), "2026-W02-1");
  EXPECT_EQ(Text("YYYY-'W'ww", 2027, 1, 1), "2026-W53")
      << "and belong to the year that has four days of them";
  EXPECT_EQ(Text("YYYY-'W'ww", 2024, 12, 30), "2025-W01");
}

}  // namespace
}  // namespace binseek::search
