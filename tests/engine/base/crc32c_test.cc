#include "engine/base/crc32c.h"

#include "tests/support/seeded_test.h"

namespace binseek {
namespace {

TEST(Crc32cTest, GivesTheCheckValues) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);  // RFC 3720, B.4
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
}

TEST(Crc32cTest, Extends) { EXPECT_EQ(Crc32c("56789", Crc32c("1234")), Crc32c("123456789")); }

class Crc32cRandomTest : public test::SeededTest {};

TEST_F(Crc32cRandomTest, TableAndHardwareAgreeAtEveryLengthAndAlignment) {
  if (!internal::HasHardwareCrc32c()) {
    GTEST_SKIP() << "this processor has no crc32 instruction";
  }
  for (uint64_t i = 0; i < Iterations(500); ++i) {
    const std::string bytes = RandomBytes(300);
    const std::string_view part = std::string_view(bytes).substr(Uniform(bytes.size() + 1));
    const auto seed = static_cast<uint32_t>(random()());
    ASSERT_EQ(internal::Crc32cTable(part, seed), internal::Crc32cHardware(part, seed))
        << part.size() << " bytes";
  }
}

}  // namespace
}  // namespace binseek
