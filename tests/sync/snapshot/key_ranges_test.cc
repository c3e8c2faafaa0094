#include "sync/snapshot/key_ranges.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/seeded_test.h"

namespace binseek::snapshot {
namespace {

using Ranges = std::vector<KeyRange>;

TEST(KeyRangesTest, TheWholeTableIsOneRangeThatOneReaderTakes) {
  KeyRanges ranges;
  const auto taken = ranges.Take();
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->range, KeyRange());
  EXPECT_FALSE(ranges.HasFree());
  EXPECT_FALSE(ranges.Take().has_value());
  EXPECT_EQ(ranges.List(), Ranges{{}}) << "nothing of it is in the index";
}

TEST(KeyRangesTest, WhatIsBehindABorderIsForTheNext) {
  KeyRanges ranges;
  const auto first = ranges.Take();
  ranges.Cut(first->id, {"10"});
  const auto second = ranges.Take();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->range, (KeyRange{{"10"}, {}}));
  ranges.Cut(second->id, {"20"});
  EXPECT_EQ(ranges.List(), (Ranges{{{}, {"10"}}, {{"10"}, {"20"}}, {{"20"}, {}}}));
}

TEST(KeyRangesTest, RangesEndInAnyOrderAndTheLastOneStaysForARestart) {
  KeyRanges ranges({{{}, {"10"}}, {{"10"}, {}}});
  const auto first = ranges.Take();
  const auto second = ranges.Take();
  ranges.Applied(second->id, {"15"}, false);
  EXPECT_EQ(ranges.List(), (Ranges{{{}, {"10"}}, {{"15"}, {}}}));
  ranges.Applied(second->id, {"17"}, true);
  EXPECT_FALSE(ranges.AllApplied());
  ranges.Applied(first->id, {"9"}, true);
  EXPECT_TRUE(ranges.AllApplied());
  EXPECT_FALSE(ranges.HasFree());
  EXPECT_EQ(ranges.List(), (Ranges{{{"9"}, {"10"}}})) << "a sweep may still be to come";
}

TEST(KeyRangesTest, ARangeThatIsGivenBackGoesOnBehindWhatWasReadAndARestartBehindWhatIsInTheIndex) {
  KeyRanges ranges;
  const auto first = ranges.Take();
  ranges.Cut(first->id, {"20"});
  ranges.Applied(first->id, {"5"}, false);
  ranges.GiveBack(first->id, {"10"});
  EXPECT_EQ(ranges.List(), (Ranges{{{"5"}, {"20"}}, {{"20"}, {}}}));
  const auto again = ranges.Take();
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(again->id, first->id) << "what was read before it comes under the same id";
  EXPECT_EQ(again->range, (KeyRange{{"10"}, {"20"}}));
  ranges.GiveBack(again->id, {});
  EXPECT_EQ(ranges.Take()->range, (KeyRange{{"5"}, {"20"}})) << "nothing of it had been read";
}

class KeyRangesRandomTest : public test::SeededTest {};

// Keys are numbers here, and "the server" compares them as such.
TEST_F(KeyRangesRandomTest, EveryKeyIsReadOnceHoweverTheyAreCutAndTakenAndRestarted) {
  constexpr int kKeys = 60;
  for (uint64_t round = 0; round < Iterations(200); ++round) {
    KeyRanges ranges;
    std::multiset<int> applied;
    std::vector<TakenRange> taken;
    while (!ranges.AllApplied()) {
      if (Uniform(20) == 0) {  // what was taken is forgotten, what was applied is not
        ranges = KeyRanges(ranges.List());
        taken.clear();
      }
      if (taken.empty() || Uniform(3) == 0) {
        if (const auto more = ranges.Take()) {
          taken.push_back(*more);
          KeyRange& range = taken.back().range;
          const int from = range.after.empty() ? 0 : std::stoi(range.after[0]) + 1;
          const int to = range.up_to.empty() ? kKeys - 1 : std::stoi(range.up_to[0]);
          if (from < to && Uniform(2) == 0) {
            const int border = from + static_cast<int>(Uniform(static_cast<uint64_t>(to - from)));
            range.up_to = {std::to_string(border)};
            ranges.Cut(more->id, range.up_to);
          }
        }
        continue;
      }
      const size_t which = Uniform(taken.size());
      if (Uniform(6) == 0) {
        ranges.GiveBack(taken[which].id, taken[which].range.after);
        taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(which));
        continue;
      }
      KeyRange& range = taken[which].range;
      int next = range.after.empty() ? 0 : std::stoi(range.after[0]) + 1;
      const int end = (range.up_to.empty() ? kKeys - 1 : std::stoi(range.up_to[0])) + 1;
      for (uint64_t rows = 1 + Uniform(5); rows > 0 && next < end; --rows) {
        applied.insert(next);
        range.after = {std::to_string(next++)};
      }
      ranges.Applied(taken[which].id, range.after, next == end);
      if (next == end) {
        taken.erase(taken.begin() + static_cast<std::ptrdiff_t>(which));
      }
    }
    ASSERT_EQ(applied.size(), static_cast<size_t>(kKeys));
    ASSERT_EQ(std::set<int>(applied.begin(), applied.end()).size(), applied.size());
  }
}

}  // namespace
}  // namespace binseek::snapshot
