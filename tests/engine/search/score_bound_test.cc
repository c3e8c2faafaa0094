// Thresholds handed down, and working memory.
#include "engine/search/score_bound.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "engine/search/scratch.h"
#include "tests/support/seeded_test.h"

namespace binseek::search {
namespace {

class ScoreBoundTest : public binseek::test::SeededTest {};

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLowest = std::numeric_limits<float>::lowest();

TEST_F(ScoreBoundTest, ChildThresholdIsTheLeastScoreThatReaches) {
  const auto number = [&] {
    return std::ldexp(static_cast<float>(Uniform(uint64_t{1} << 62) % (1 << 24)),
                      static_cast<int>(Uniform(uint64_t{1} << 62) % 60) - 50);
  };
  for (int i = 0; i < 200000; ++i) {
    const float threshold = number();
    const double others = Uniform(uint64_t{1} << 62) % 2 == 0
                              ? static_cast<double>(number())
                              : static_cast<double>(threshold) * 0.75;
    const float least = ChildThreshold(threshold, others);
    const auto total = [&](float score) {
      return static_cast<float>(static_cast<double>(score) + others);
    };
    if (least > kLowest) {
      ASSERT_LT(total(std::nextafter(least, -kInfinity)), threshold) << threshold << " " << others;
      ASSERT_GE(total(least), threshold) << threshold << " " << others;
    }
  }
}

TEST_F(ScoreBoundTest, NothingIsSureWhereOthersAreUnbounded) {
  EXPECT_EQ(ChildThreshold(5, std::numeric_limits<double>::infinity()), kLowest);
  EXPECT_EQ(ChildThreshold(5, std::nan("")), kLowest);
  EXPECT_EQ(ChildThreshold(kLowest, 1), kLowest);
  EXPECT_EQ(ChildThreshold(5, 0), 5);
}

TEST_F(ScoreBoundTest, SumsOfBoundsAreNotBelowSumsInAnyOrder) {
  for (int i = 0; i < 20000; ++i) {
    BoundSum bound;
    double forward = 0;
    double backward = 0;
    std::vector<float> scores(1 + Uniform(uint64_t{1} << 62) % 8);
    for (float& score : scores) {
      score = std::ldexp(static_cast<float>(Uniform(uint64_t{1} << 62) % (1 << 24)),
                         static_cast<int>(Uniform(uint64_t{1} << 62) % 80) - 60);
      bound.Add(score);
      forward += static_cast<double>(score);
    }
    for (size_t s = scores.size(); s-- > 0;) {
      backward += static_cast<double>(scores[s]);
    }
    ASSERT_GE(bound.score(), static_cast<float>(forward));
    ASSERT_GE(bound.score(), static_cast<float>(backward));
  }
}

TEST(ScratchTest, NestedOnesAreApartAndComeAgain) {
  int* outer_at = nullptr;
  {
    Scratch<int> outer;
    outer_at = outer.get();
    Scratch<int> inner;
    EXPECT_NE(inner.get(), outer.get());
  }
  Scratch<int> again;
  EXPECT_EQ(again.get(), outer_at);
}

}  // namespace
}  // namespace binseek::search
