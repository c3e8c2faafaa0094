// What aggregations keep instead of all values: t-digest and distinct counter.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "engine/search/distinct_counter.h"
#include "engine/search/t_digest.h"
#include "tests/support/seeded_test.h"

namespace binseek::search {
namespace {

class SketchTest : public binseek::test::SeededTest {
 protected:
  double Fraction() {
    return static_cast<double>(Uniform(1u << 30)) / static_cast<double>(1u << 30);
  }
  // Uniform, skewed, few different values, ascending.
  std::vector<double> MakeValues(uint64_t shape, size_t count) {
    std::vector<double> values;
    for (size_t i = 0; i < count; ++i) {
      const double x = Fraction();
      values.push_back(shape == 0   ? x * 1000
                       : shape == 1 ? std::exp(x * 20)
                       : shape == 2 ? std::floor(x * 7)
                                    : static_cast<double>(i));
    }
    return values;
  }
};

TEST_F(SketchTest, ExtremesStayFinite) {
  TDigest digest;
  for (int i = 0; i < 20'000; ++i) {
    digest.Add(OneIn(2) ? -1.7e308 : 1.7e308);
  }
  digest.Add(3);
  for (const double q : {0.0, 0.25, 0.5, 0.75, 1.0}) {
    EXPECT_TRUE(std::isfinite(digest.Quantile(q))) << q;
  }
  EXPECT_EQ(digest.Quantile(0.25), -1.7e308);
  EXPECT_EQ(digest.Quantile(0.75), 1.7e308);
  EXPECT_NEAR(digest.Rank(3), 0.5, 0.03);
}

TEST_F(SketchTest, QuantilesAreWithinOnePercentOfTheirRank) {
  for (uint64_t shape = 0; shape < 4; ++shape) {
    std::vector<double> values = MakeValues(shape, 30'000 + Uniform(30'000));
    TDigest digest;
    for (const double value : values) {
      digest.Add(value);
    }
    std::sort(values.begin(), values.end());
    const auto total = static_cast<double>(values.size());
    EXPECT_EQ(digest.count(), values.size());
    EXPECT_LE(digest.bytes(), 40'000u);
    for (const double q : {0.0, 0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1.0}) {
      const double value = digest.Quantile(q);
      const auto below = static_cast<double>(std::lower_bound(values.begin(), values.end(), value) -
                                             values.begin());
      const auto up_to = static_cast<double>(std::upper_bound(values.begin(), values.end(), value) -
                                             values.begin());
      EXPECT_GE(q, below / total - 0.01) << shape << " " << q;
      EXPECT_LE(q, up_to / total + 0.01) << shape << " " << q;
      const double rank = digest.Rank(value);
      EXPECT_GE(rank, below / total - 0.01) << shape << " " << q;
      EXPECT_LE(rank, up_to / total + 0.01) << shape << " " << q;
      const double behind = digest.Rank(value + 0.5);
      const auto up_to_there = static_cast<double>(
          std::upper_bound(values.begin(), values.end(), value + 0.5) - values.begin());
      EXPECT_NEAR(behind, up_to_there / total, 0.01) << shape << " " << q;
    }
  }
}

TEST_F(SketchTest, FewValuesAreExact) {
  TDigest digest;
  EXPECT_TRUE(std::isnan(digest.Quantile(0.5)));
  for (const double value : {151, 1, 101, 51}) {
    digest.Add(value);
  }
  EXPECT_EQ(digest.Quantile(0.01), 1);
  EXPECT_EQ(digest.Quantile(0.25), 51);
  EXPECT_EQ(digest.Quantile(0.5), 101);
  EXPECT_EQ(digest.Quantile(0.75), 151);
  EXPECT_EQ(digest.Quantile(0.99), 151);
  EXPECT_EQ(digest.Rank(0), 0);
  EXPECT_EQ(digest.Rank(151), 1);
}

TEST_F(SketchTest, CountsAreExactUpToTheThresholdAndNearBehindIt) {
  DistinctCounter counter(3000);
  uint64_t added = 0;
  const auto add = [&](uint64_t up_to) {
    for (; added < up_to; ++added) {
      const uint64_t hash = random()();
      counter.Add(hash);
      counter.Add(hash);
    }
  };
  add(3000);
  EXPECT_TRUE(counter.exact());
  EXPECT_EQ(counter.Count(), 3000u);
  for (const uint64_t count : {3001u, 5000u, 20'000u, 300'000u}) {
    add(count);
    EXPECT_FALSE(counter.exact());
    // Five standard deviations of 2^14 registers.
    EXPECT_NEAR(static_cast<double>(counter.Count()), static_cast<double>(count),
                0.041 * static_cast<double>(count));
  }
  EXPECT_LE(counter.bytes(), 16'384u);
  DistinctCounter none(0);
  EXPECT_EQ(none.Count(), 0u);
  none.Add(0);
  none.Add(0);
  EXPECT_NEAR(static_cast<double>(none.Count()), 1, 1);
}

}  // namespace
}  // namespace binseek::search
