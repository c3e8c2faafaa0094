#include "engine/base/clock.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace binseek {
namespace {

TEST(ClockTest, RealTimeIsNowAndGoesOn) {
  const Clock* clock = Clock::Real();
  EXPECT_GT(clock->NowMicros(), 1'700'000'000'000'000);  // after 2023
  const int64_t before = clock->MonotonicMicros();
  EXPECT_GE(clock->MonotonicMicros(), before);
}

TEST(FakeClockTest, MovesOnlyWhenTold) {
  test::FakeClock clock(1000);
  EXPECT_EQ(clock.NowMicros(), 1000);
  clock.Advance(std::chrono::seconds(2));
  EXPECT_EQ(clock.NowMicros(), 2'001'000);
  EXPECT_EQ(clock.MonotonicMicros(), 2'000'000);
  clock.SetNow(5);
  EXPECT_EQ(clock.NowMicros(), 5);
  EXPECT_EQ(clock.MonotonicMicros(), 2'000'000);
}

}  // namespace
}  // namespace binseek
