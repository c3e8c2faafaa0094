#include "sync/binlog/crc32.h"

#include "tests/support/seeded_test.h"

namespace binseek::binlog {
namespace {

TEST(Crc32Test, GivesTheCheckValues) {
  EXPECT_EQ(Crc32(""), 0u);
  EXPECT_EQ(Crc32("123456789"), 0xcbf43926u);
}

TEST(Crc32Test, Extends) {
  const std::string bytes(1000, 'x');
  EXPECT_EQ(Crc32(bytes + "56789", Crc32("1234")), Crc32("1234" + bytes + "56789"));
}

class Crc32RandomTest : public test::SeededTest {};

TEST_F(Crc32RandomTest, FoldingAndZlibAgreeAtEveryLengthAndAlignment) {
  if (!internal::HasCarrylessMultiply()) {
    GTEST_SKIP() << "this processor does not multiply without carry";
  }
  for (uint64_t i = 0; i < Iterations(2000); ++i) {
    const std::string bytes = RandomBytes(1000);
    const std::string_view part = std::string_view(bytes).substr(Uniform(bytes.size() / 2 + 1));
    const auto seed = static_cast<uint32_t>(random()());
    ASSERT_EQ(internal::Crc32Zlib(part, seed), internal::Crc32Folded(part, seed))
        << part.size() << " bytes";
  }
}

}  // namespace
}  // namespace binseek::binlog
