#include "engine/codec/norms.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>

namespace binseek::codec {
namespace {

// The whole table, re-derived from its description: 24 exact lengths, then blocks of eight values that double their step.
TEST(NormsTest, EqualsItsSpec) {
  uint64_t value = 0;
  uint64_t step = 1;
  for (uint32_t norm = 0; norm < 256; ++norm) {
    ASSERT_EQ(DecodeNorm(static_cast<uint8_t>(norm)), value) << norm;
    // Behind the exact ones come 16 more steps of 1 (three bits, without and with the leading one), then 8 of each doubled step.
    if (norm >= 24 + 16 && norm % 8 == 0) {
      step *= 2;
    }
    value += step;
  }
}

TEST(NormsTest, KnownBytes) {
  EXPECT_EQ(EncodeNorm(0), 0);
  EXPECT_EQ(EncodeNorm(1), 1);
  EXPECT_EQ(EncodeNorm(39), 39);
  EXPECT_EQ(EncodeNorm(40), 40);
  EXPECT_EQ(EncodeNorm(41), 40);
  EXPECT_EQ(EncodeNorm(42), 41);
  EXPECT_EQ(EncodeNorm(std::numeric_limits<int32_t>::max()), 255);
  EXPECT_EQ(DecodeNorm(255), 2'013'265'944u);
}

TEST(NormsTest, EncodesToTheGreatestByteThatIsNotLonger) {
  for (uint32_t norm = 0; norm < 255; ++norm) {
    const uint32_t length = DecodeNorm(static_cast<uint8_t>(norm));
    const uint32_t next = DecodeNorm(static_cast<uint8_t>(norm + 1));
    ASSERT_LT(length, next);
    ASSERT_EQ(EncodeNorm(length), norm);
    ASSERT_EQ(EncodeNorm(next - 1), norm);
    ASSERT_EQ(EncodeNorm(length + (next - length) / 2), norm);
  }
}

TEST(NormsTest, ALengthBeyondTheRangeGetsTheLastByte) {
  for (const uint32_t length : {0x80000000u, 0xf0000000u, std::numeric_limits<uint32_t>::max()}) {
    EXPECT_EQ(EncodeNorm(length), 255);
  }
}

}  // namespace
}  // namespace binseek::codec
