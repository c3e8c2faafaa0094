#include "engine/base/name_pattern.h"

#include <gtest/gtest.h>

#include <string>

namespace binseek {
namespace {

TEST(NamePatternTest, AStarStandsForAnyCharactersAndForNone) {
  EXPECT_TRUE(MatchesPattern("", ""));
  EXPECT_TRUE(MatchesPattern("*", ""));
  EXPECT_TRUE(MatchesPattern("a*b*c", "aXbYbc"));
  EXPECT_TRUE(MatchesPattern("*.id", "shop.owner.id"));
  EXPECT_FALSE(MatchesPattern("a*b", "abc"));
  EXPECT_FALSE(MatchesPattern("", "a"));
  EXPECT_FALSE(MatchesPattern("abc", "ab"));
  EXPECT_FALSE(MatchesPattern("a?c", "abc"));
}

TEST(NamePatternTest, TakesNoExponentialTime) {
  const std::string many(100'000, 'a');
  EXPECT_FALSE(MatchesPattern("*a*a*a*a*a*b", many));
}

TEST(NamePatternTest, WhatIsAStarIsSaid) {
  EXPECT_TRUE(MatchesPattern("a*b%c", "a12b34c", "*%"));
  EXPECT_FALSE(MatchesPattern("a*b%c", "a12b34c"));
  EXPECT_TRUE(MatchesPattern("a*b%c", "a12b%c"));
  EXPECT_FALSE(MatchesPattern("a_c", "abc", "*%")) << "an underscore is one";
}

}  // namespace
}  // namespace binseek
