#include "engine/base/coding.h"

#include <limits>

#include "engine/base/byte_reader.h"
#include "engine/base/crc32c.h"
#include "tests/support/seeded_test.h"

namespace binseek {
namespace {

TEST(CodingTest, ZigZagPutsSmallMagnitudesFirst) {
  EXPECT_EQ(ZigZagEncode(0), 0u);
  EXPECT_EQ(ZigZagEncode(-1), 1u);
  EXPECT_EQ(ZigZagEncode(1), 2u);
  for (const int64_t value :
       {std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), int64_t{-77}}) {
    EXPECT_EQ(ZigZagDecode(ZigZagEncode(value)), value);
  }
}

TEST(Crc32cTest, MatchesTheCheckValueOfTheStandard) {
  EXPECT_EQ(Crc32c("123456789"),
            0xE3069283u);  // RFC 3720's polynomial, the catalogue's check input
  EXPECT_EQ(Crc32c(""), 0u);
}

class CodingRandomTest : public test::SeededTest {};

TEST_F(CodingRandomTest, VarintsComeBack) {
  for (uint64_t i = 0; i < Iterations(10'000); ++i) {
    const uint64_t value = random()() >> Uniform(64);
    std::string bytes;
    PutVarint(&bytes, value);
    ByteReader reader(bytes);
    ASSERT_EQ(reader.Varint(), value);
    ASSERT_TRUE(reader.AtEnd());
  }
}

TEST_F(CodingRandomTest, ChecksumContinuesOverPieces) {
  for (uint64_t i = 0; i < Iterations(200); ++i) {
    const std::string bytes = RandomBytes(300);
    const size_t cut = Uniform(bytes.size() + 1);
    const std::string_view view = bytes;
    ASSERT_EQ(Crc32c(view.substr(cut), Crc32c(view.substr(0, cut))), Crc32c(view));
  }
}

}  // namespace
}  // namespace binseek
