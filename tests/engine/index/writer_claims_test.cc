#include "engine/index/writer_claims.h"

#include <array>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace binseek::index::test {
namespace {

// Meant for ThreadSanitizer: what a claim guards is plain memory here.
TEST(WriterClaimsTest, OverlappingClaimsExcludeEachOtherAndAllAreServed) {
  constexpr uint32_t kIndices = 5;
  constexpr int kThreads = 4;
  constexpr int kRounds = 3000;
  WriterClaims claims;
  std::array<int, kIndices> held{};
  std::array<uint64_t, kIndices> writes{};
  std::atomic<uint64_t> expected = 0;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      std::mt19937 random(static_cast<unsigned>(thread));
      for (int round = 0; round < kRounds; ++round) {
        std::vector<IndexId> wanted;
        for (uint32_t i = random() % 4; i > 0; --i) {
          wanted.push_back(IndexId{static_cast<uint32_t>(random() % kIndices)});  // may repeat
        }
        const auto claim = claims.Take(std::move(wanted));
        for (const IndexId id : claim.indices()) {
          const auto at = static_cast<size_t>(id);
          ASSERT_EQ(held[at]++, 0);
          ++writes[at];
          ++expected;
        }
        std::this_thread::yield();  // so that others ask meanwhile, however few cores there are
        for (const IndexId id : claim.indices()) {
          --held[static_cast<size_t>(id)];
        }
      }
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  uint64_t sum = 0;
  for (const uint64_t count : writes) {
    sum += count;
  }
  EXPECT_EQ(sum, expected);
}

TEST(WriterClaimsTest, WhoDoesNotWaitGetsWhatNobodyHas) {
  WriterClaims claims;
  auto first = claims.TryTake({IndexId{1}, IndexId{1}, IndexId{2}});
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->indices().size(), 2u);
  EXPECT_FALSE(claims.TryTake({IndexId{2}, IndexId{3}}).has_value());
  EXPECT_TRUE(claims.TryTake({IndexId{3}}).has_value());
  std::atomic<bool> taken = false;
  std::thread waiter([&] {
    const auto claim = claims.Take({IndexId{2}, IndexId{4}});
    taken = true;
  });
  while (claims.TryTake({IndexId{4}}).has_value()) {
    std::this_thread::yield();  // until the other one waits, whom nobody passes
  }
  EXPECT_FALSE(taken);
  first.reset();
  waiter.join();
  EXPECT_TRUE(claims.TryTake({IndexId{2}, IndexId{4}}).has_value());
}

TEST(WriterClaimsTest, AClaimThatWasMovedIsGivenBackOnce) {
  WriterClaims claims;
  {
    auto first = claims.Take({IndexId{1}, IndexId{1}, IndexId{2}});
    EXPECT_EQ(first.indices().size(), 2u);
    const auto moved = std::move(first);
    const auto other = claims.Take({IndexId{3}});
    EXPECT_EQ(moved.indices().size(), 2u);
  }
  EXPECT_EQ(claims.Take({IndexId{2}, IndexId{1}}).indices().size(), 2u);
}

}  // namespace
}  // namespace binseek::index::test
