#include "engine/base/byte_reader.h"

#include "engine/base/coding.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek {
namespace {

TEST(ByteReaderTest, ReadsLittleAndBigEndianIntegers) {
  ByteReader reader(std::string_view("\x01\x02\x03\x04\x05\x06\x07", 7));
  EXPECT_EQ(reader.U8(), 1);
  EXPECT_EQ(reader.U24(), 0x040302u);
  EXPECT_EQ(reader.UintBe(3), 0x050607u);
  EXPECT_TRUE(reader.AtEnd());
  EXPECT_OK(reader.status("bytes"));
}

TEST(ByteReaderTest, AnErrorSticksAndNamesTheOffset) {
  ByteReader reader(std::string_view("\x01\x02\x03", 3), 100);
  EXPECT_EQ(reader.U16(), 0x0201);
  EXPECT_EQ(reader.U32(), 0u);  // three bytes short
  EXPECT_EQ(reader.U8(), 0);    // would be there, but the error sticks
  EXPECT_FALSE(reader.ok());
  const Status status = reader.status("packet");
  EXPECT_STATUS(status, kCorruption);
  EXPECT_NE(status.message().find("102"), std::string::npos) << status.message();
}

TEST(ByteReaderTest, LengthBeyondTheEndIsAnErrorNotAnAllocation) {
  std::string bytes;
  PutVarint(&bytes, uint64_t{1} << 60);
  ByteReader reader(bytes);
  EXPECT_TRUE(reader.LengthPrefixed().empty());
  EXPECT_FALSE(reader.ok());
}

TEST(ByteReaderTest, OverlongVarintIsRefused) {
  ByteReader reader(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11));
  EXPECT_EQ(reader.Varint(), 0u);
  EXPECT_FALSE(reader.ok());
}

class ByteReaderRandomTest : public test::SeededTest {};

TEST_F(ByteReaderRandomTest, NoBytesLeadOutsideTheBuffer) {
  for (uint64_t i = 0; i < Iterations(20'000); ++i) {
    const std::string bytes = RandomBytes(40);
    ByteReader reader(bytes);
    while (reader.ok() && !reader.AtEnd()) {
      switch (Uniform(6)) {
        case 0:
          reader.LenEncBytes();
          break;
        case 1:
          reader.Varint();
          break;
        case 2:
          reader.U48();
          break;
        case 3:
          reader.NulTerminated();
          break;
        case 4:
          reader.LengthPrefixed();
          break;
        default:
          reader.Skip(Uniform(10));
          break;
      }
      ASSERT_LE(reader.remaining(), bytes.size());
    }
  }
}

}  // namespace
}  // namespace binseek
