#include "engine/search/number_range.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "engine/mapping/field.h"

namespace binseek::search {
namespace {

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
