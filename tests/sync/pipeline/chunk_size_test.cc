// How many rows a reader of a snapshot asks for: by time, by bytes, and where time is not the rows'.
#include "sync/pipeline/chunk_size.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>

namespace binseek::pipeline {
namespace {

using std::chrono::milliseconds;

constexpr uint64_t kAny = ChunkSize::kMost;

TEST(ChunkSizeTest, GrowsAndShrinksToHalfASecond) {
  ChunkSize size(2000);
  size.Begin("shop.items");
  size.Took(milliseconds(10), kAny);
  EXPECT_EQ(size.rows(), 4000U);  // at most doubled
  size.Took(milliseconds(400), kAny);
  EXPECT_EQ(size.rows(), 5000U);
  size.Took(milliseconds(5000), kAny);
  EXPECT_EQ(size.rows(), 2500U);  // at most halved
  for (int i = 0; i < 20; ++i) {
    size.Took(milliseconds(1), kAny);
  }
  EXPECT_EQ(size.rows(), ChunkSize::kMost);
}

TEST(ChunkSizeTest, AsksForNoMoreThanIsWantedAndForNoFewerThanAHundred) {
  ChunkSize size(2000);
  size.Took(milliseconds(1), 300);
  EXPECT_EQ(size.rows(), 300U);
  size.Took(milliseconds(1), 3);
  EXPECT_EQ(size.rows(), 100U);
  size.Failed();
  EXPECT_EQ(size.rows(), 100U);
}

// Chunks that are cut would be read to their end by the server each time.
TEST(ChunkSizeTest, StaysSmallWhereRowsAreWide) {
  ChunkSize size(20'000);
  size.Begin("shop.photos");
  size.Cut(32);
  EXPECT_EQ(size.rows(), 32U);
  size.Took(milliseconds(1000), kAny);
  EXPECT_EQ(size.rows(), 32U);  // neither fewer nor a hundred
  size.Took(milliseconds(5), kAny);
  EXPECT_EQ(size.rows(), 64U);
  size.Cut(31);
  EXPECT_EQ(size.rows(), 31U);
  size.Cut(0);
  EXPECT_EQ(size.rows(), 1U);
}

// A server that sorts the whole table for each chunk takes as long for a hundred rows as for thousands.
TEST(ChunkSizeTest, GrowsWhereFewerRowsTakeAsLong) {
  ChunkSize size(2000);
  size.Begin("shop.pages");
  size.Took(milliseconds(3000), kAny);
  EXPECT_EQ(size.rows(), 1000U);
  for (int i = 0; i < 5; ++i) {
    size.Took(milliseconds(2900), kAny);
  }
  EXPECT_EQ(size.rows(), ChunkSize::kMost);

  size.Begin("shop.items");  // of which nothing is known
  size.Took(milliseconds(3000), kAny);
  EXPECT_EQ(size.rows(), ChunkSize::kMost / 2);
  size.Took(milliseconds(1500), kAny);  // half the rows, half the time
  EXPECT_EQ(size.rows(), ChunkSize::kMost / 4);
}

}  // namespace
}  // namespace binseek::pipeline
