#include "engine/search/highlight_terms.h"

#include <gtest/gtest.h>

#include <sys/resource.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/fake_clock.h"

namespace binseek::search {
namespace {

std::vector<TextToken> Repeated(const std::vector<std::string>& words, uint32_t count) {
  std::vector<TextToken> tokens;
  for (uint32_t i = 0; i < count; ++i) {
    const auto start = static_cast<int32_t>(2 * i);
    tokens.push_back({words[i % words.size()], i, start, start + 1});
  }
  return tokens;
}
WantedTerms PhraseOf(const std::vector<std::string>& words, size_t count, uint32_t slop) {
  WantedPhrase phrase;
  phrase.slop = slop;
  for (size_t i = 0; i < count; ++i) {
    phrase.positions.push_back({words[i % words.size()]});
  }
  WantedTerms wanted;
  wanted.phrases.push_back(phrase);
  return wanted;
}
// The most that the process has had so far.
int64_t PeakBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return int64_t{usage.ru_maxrss} * 1024;
}

// Words of a phrase that are the same one are looked up once: a list of their places for each was gigabytes of a text of a megabyte.
TEST(HighlightTermsTest, ARepeatedWordIsLookedUpOnce) {
  const std::vector<TextToken> tokens = Repeated({"a"}, 200'000);
  const int64_t before = PeakBytes();
  const std::vector<TextMatch> matches = FindMatches(tokens, PhraseOf({"a"}, 100, 0));
  ASSERT_EQ(matches.size(), tokens.size());
  EXPECT_EQ(matches[0].freq, tokens.size());
  EXPECT_LT(PeakBytes() - before, 256'000'000);
  const std::vector<TextToken> fewer = Repeated({"a"}, 20'000);
  EXPECT_EQ(FindMatches(fewer, PhraseOf({"a"}, 100, 2)).size(), fewer.size());
}

TEST(HighlightTermsTest, PhrasesOfRepeatedWordsAreFoundWhereTheyStand) {
  const std::vector<TextToken> tokens = Repeated({"a", "b", "a", "c"}, 12);
  EXPECT_EQ(FindMatches(tokens, PhraseOf({"a", "b", "a"}, 3, 0)).size(), 9U);
  EXPECT_EQ(FindMatches(tokens, PhraseOf({"b", "a", "c"}, 3, 0)).size(), 9U);
  EXPECT_EQ(FindMatches(tokens, PhraseOf({"b", "c"}, 2, 0)).size(), 0U);
  EXPECT_EQ(FindMatches(tokens, PhraseOf({"b", "c"}, 2, 1)).size(), 6U);
}

TEST(HighlightTermsTest, TheDeadlineIsSeenWithinAText) {
  const std::vector<TextToken> tokens = Repeated({"a"}, 2'000);
  binseek::test::FakeClock clock;
  for (const uint32_t slop : {0U, 2U}) {
    Interrupt interrupt(nullptr, &clock, 1);
    const WantedTerms wanted = PhraseOf({"a"}, 100, slop);
    EXPECT_EQ(FindMatches(tokens, wanted, &interrupt).size(), tokens.size());
    clock.Advance(std::chrono::milliseconds(2));
    EXPECT_EQ(FindMatches(tokens, wanted, &interrupt).size(), 0U);
    EXPECT_TRUE(interrupt.timed_out());
  }
}

}  // namespace
}  // namespace binseek::search
