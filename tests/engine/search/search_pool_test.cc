// SearchPool and SearchCrew: who may join in, when, and who is waited for.
#include "engine/search/search_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

class SearchPoolTest : public binseek::test::SeededTest {};

std::unique_ptr<SearchPool> MakePool(size_t threads, size_t threads_per_search) {
  auto pool = SearchPool::Start({.threads = threads, .threads_per_search = threads_per_search});
  EXPECT_OK(pool);
  return *std::move(pool);
}

void AwaitIdle(const SearchPool& pool) {
  while (pool.busy() > 0) {
    std::this_thread::yield();
  }
}

TEST_F(SearchPoolTest, AsManyHelpAsOneSearchMayHaveThreads) {
  const auto pool = MakePool(5, 3);
  std::atomic<int> inside = 0;
  std::atomic<bool> done = false;
  SearchCrew crew(pool.get(), [&] {
    ++inside;
    while (!done) {
      std::this_thread::yield();
    }
  });
  EXPECT_TRUE(crew.CallHelp());
  while (inside < 2) {
    std::this_thread::yield();
  }
  EXPECT_EQ(pool->busy(), 2u);
  done = true;
  crew.Close();
  EXPECT_EQ(inside, 2);
  AwaitIdle(*pool);
  EXPECT_EQ(pool->helped(), 1u);
}

TEST_F(SearchPoolTest, NobodyHelpsWhereAsManySearchesRunAsThereAreThreads) {
  const auto pool = MakePool(1, 2);
  std::atomic<int> helped = 0;
  SearchCrew first(pool.get(), [&] { ++helped; });
  {
    SearchCrew second(pool.get(), [&] { ++helped; });
    EXPECT_FALSE(first.CallHelp());
    EXPECT_FALSE(second.CallHelp());
    EXPECT_FALSE(pool->crowded());
    const SearchCrew third(pool.get(), [] {});
    EXPECT_TRUE(pool->crowded());
  }
  EXPECT_EQ(pool->busy(), 0u);
  EXPECT_EQ(helped, 0);
  EXPECT_TRUE(first.CallHelp());
  while (helped == 0) {
    std::this_thread::yield();
  }
}

TEST_F(SearchPoolTest, AThreadThatHelpsOneSearchHelpsNoOther) {
  const auto pool = MakePool(2, 3);
  std::atomic<int> inside = 0;
  std::atomic<bool> done = false;
  SearchCrew first(pool.get(), [&] {
    ++inside;
    while (!done) {
      std::this_thread::yield();
    }
  });
  EXPECT_TRUE(first.CallHelp());
  SearchCrew second(pool.get(), [] {});
  EXPECT_TRUE(pool->crowded());  // who helps is to leave
  EXPECT_FALSE(second.CallHelp());
  done = true;
}

// Threads that come when all is over find what they look at, and leave again.
TEST_F(SearchPoolTest, WhoComesLateDoesNotTouchTheSearch) {
  const auto pool = MakePool(3, 4);
  for (uint64_t i = 0; i < Iterations(2'000); ++i) {
    if (i % 4 == 0) {
      AwaitIdle(*pool);
    }
    auto count = std::make_unique<std::atomic<int>>(0);
    {
      SearchCrew crew(pool.get(), [&count] { ++*count; });
      crew.CallHelp();
      if (i % 3 == 0) {
        crew.Close();
        const int at_end = *count;
        EXPECT_LE(at_end, 3);
        EXPECT_EQ(*count, at_end);
      }
    }
    count.reset();
  }
  AwaitIdle(*pool);
}

TEST_F(SearchPoolTest, ManySearchesShareFewThreads) {
  const auto pool = MakePool(2, 3);
  std::atomic<int> at_work = 0;
  std::vector<std::thread> searches;
  searches.reserve(6);
  for (int t = 0; t < 6; ++t) {
    searches.emplace_back([&] {
      for (uint64_t i = 0; i < Iterations(300); ++i) {
        std::atomic<int> steps = 0;
        const auto work = [&] {
          EXPECT_LE(++at_work, 8);
          while (++steps < 50) {
          }
          --at_work;
        };
        SearchCrew crew(pool.get(), work);
        crew.CallHelp();
        work();
        crew.Close();
        EXPECT_GE(steps, 50);
      }
    });
  }
  for (std::thread& search : searches) {
    search.join();
  }
  AwaitIdle(*pool);
  EXPECT_EQ(at_work, 0);
}

}  // namespace
}  // namespace binseek::search::test
