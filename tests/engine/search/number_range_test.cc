#include "engine/search/number_range.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "engine/mapping/field.h"

namespace binseek::search {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

mapping::Field Nanos() {
  mapping::Field field;
  field.name = "at";
  field.kind = mapping::FieldKind::kDateNanos;
  return field;
}

// Last value of "lte", first one of "gt".
int64_t Last(const std::string& text, const DateForm& form = {}) {
  const auto interval = IntervalOfBounds(Nanos(), std::nullopt, Bound{text, true}, 0, form);
  return interval.ok() && *interval ? (*interval)->high : -1;
}
int64_t FirstBehind(const std::string& text, const DateForm& form = {}) {
  const auto interval = IntervalOfBounds(Nanos(), Bound{text, false}, std::nullopt, 0, form);
  return interval.ok() && *interval ? (*interval)->low : -1;
}

TEST(NumberRangeTest, MillisecondsOfNanosAreExact) {
  EXPECT_EQ(Last("1970-01-01T00:00:01.123Z"), kSecond + 123'000'000);
  EXPECT_EQ(FirstBehind("1970-01-01T00:00:01.123Z"), kSecond + 123'000'001);
  EXPECT_EQ(Last("1970-01-01T00:00:01.5"), kSecond + 500'000'000);
  EXPECT_EQ(Last("1970-01-01T01:00:01.5+01:00"), kSecond + 500'000'000);
  EXPECT_EQ(Last("1970-01-01T00:00:01.1234Z"), kSecond + 123'400'000);
  EXPECT_EQ(Last("1970-01-01T00:00:01.123456789Z"), kSecond + 123'456'789);
  EXPECT_EQ(Last("01 00:00:01.1", {"dd HH:mm:ss.S", ""}), kSecond + 100'000'000);
  EXPECT_EQ(Last("01 01:00:01.1", {"dd HH:mm:ss.S", "+01:00"}), kSecond + 100'000'000);
  // What is not written at all is open, and what is counted in whole units.
  EXPECT_EQ(Last("1970-01-01T00:00:01Z"), 2 * kSecond - 1);
  EXPECT_EQ(FirstBehind("1970-01-01T00:00:01Z"), 2 * kSecond);
  EXPECT_EQ(Last("1123", {"epoch_millis", ""}), kSecond + 123'999'999);
  EXPECT_EQ(Last("1", {"epoch_second", ""}), 2 * kSecond - 1);
  const auto equal = IntervalOfValue(Nanos(), "1970-01-01T00:00:01.123Z", 0);
  ASSERT_TRUE(equal.ok() && *equal);
  EXPECT_EQ((*equal)->low, (*equal)->high);
}

TEST(NumberRangeTest, DecimalsBeyondTheScaleAreLookedForAsTheyWereWritten) {
  mapping::Field price;
  price.name = "price";
  price.kind = mapping::FieldKind::kDecimal;
  price.scale = 2;
  const auto equal = IntervalOfValue(price, "1.239", 0);
  ASSERT_TRUE(equal.ok() && *equal);
  EXPECT_EQ((*equal)->low, 124);
  EXPECT_EQ((*equal)->high, 124);
  const auto beyond = IntervalOfValue(price, "1e30", 0);
  EXPECT_TRUE(beyond.ok() && !*beyond);
  const auto between = IntervalOfBounds(price, Bound{"1.231", true}, Bound{"1.239", true}, 0);
  EXPECT_TRUE(between.ok() && !*between) << "bounds are not rounded to what lies outside";
}

}  // namespace
}  // namespace binseek::search
