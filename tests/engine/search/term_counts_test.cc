// Counting by number in bounded memory, however many numbers a document has.
#include "engine/search/term_counts.h"

#include <map>

#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search {
namespace {

class TermCountsTest : public binseek::test::SeededTest {
 protected:
  static constexpr uint32_t kBegin = 1000;
  static constexpr uint32_t kSize = 1u << 20;
};

TEST_F(TermCountsTest, AWindowOfManyNumbersGoesToTheArrayAtOnce) {
  for (uint64_t i = 0; i < Iterations(10); ++i) {
    AggregationContext context;
    TermCounts counts(&context);
    ASSERT_OK(counts.Start(kBegin, kBegin + kSize));
    const uint64_t noted_bytes = context.bytes;
    EXPECT_LT(noted_bytes, kSize);
    std::map<uint32_t, uint32_t> model;
    const uint64_t numbers = OneIn(2) ? noted_bytes / 4 + 1 + Uniform(100'000) : Uniform(1000);
    for (uint64_t n = 0; n < numbers; ++n) {
      const auto number = static_cast<uint32_t>(kBegin + Uniform(OneIn(2) ? 100 : kSize));
      ++model[number];
      counts.Add(number);
    }
    const bool many = numbers > noted_bytes / 4;
    EXPECT_EQ(counts.array() != nullptr, many);
    EXPECT_EQ(context.bytes, noted_bytes + (many ? 4 * kSize : 0)) << "what is held is counted";
    std::map<uint32_t, uint32_t> got;
    ASSERT_OK(counts.ForEach([&](uint32_t number, uint32_t count) {
      got[number] = count;
      return Status::Ok();
    }));
    EXPECT_EQ(got, model);
  }
}

TEST_F(TermCountsTest, WhatThereIsNoMemoryForIsAnError) {
  AggregationContext context;
  context.max_bytes = kSize;
  TermCounts counts(&context);
  ASSERT_OK(counts.Start(kBegin, kBegin + kSize));
  for (uint32_t n = 0; n < kSize; ++n) {
    counts.Add(kBegin + n);
  }
  EXPECT_LE(context.bytes, context.max_bytes);
  EXPECT_EQ(counts.array(), nullptr);
  EXPECT_STATUS(counts.MakeRoom(), kResourceExhausted);
  EXPECT_STATUS(counts.ForEach([](uint32_t, uint32_t) { return Status::Ok(); }),
                kResourceExhausted);
  ASSERT_OK(counts.Start(kBegin, kBegin + 10));
  EXPECT_OK(counts.MakeRoom());
}

}  // namespace
}  // namespace binseek::search
