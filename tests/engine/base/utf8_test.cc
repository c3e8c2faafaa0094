#include "engine/base/utf8.h"

#include "tests/support/seeded_test.h"

namespace binseek {
namespace {

bool IsScalar(char32_t c) { return c <= 0x10ffff && (c < 0xd800 || c > 0xdfff); }

TEST(Utf8Test, EveryCodePointComesBack) {
  for (char32_t c = 0; c <= 0x10ffff; c += c < 0x11000 ? 1 : 37) {
    if (!IsScalar(c)) {
      continue;
    }
    std::string text;
    AppendUtf8(c, &text);
    const Utf8Char back = DecodeUtf8(text, 0);
    ASSERT_TRUE(back.valid) << static_cast<uint32_t>(c);
    ASSERT_EQ(back.code_point, c);
    ASSERT_EQ(back.length, text.size());
  }
}

TEST(Utf8Test, RefusesWhatIsNotStrict) {
  for (const std::string_view bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe4\xb8", "\xe4\xb8!"}) {
    const Utf8Char c = DecodeUtf8(bad, 0);
    EXPECT_FALSE(c.valid);
    EXPECT_EQ(c.length, 1);
    EXPECT_EQ(c.code_point, kReplacementCharacter);
    EXPECT_FALSE(IsValidUtf8(bad));
  }
}

TEST(Utf8Test, FindsTheFirstBadByteBehindWholeWords) {
  const std::string ascii(23, 'a');
  EXPECT_EQ(FindInvalidUtf8(ascii), ascii.size());
  EXPECT_EQ(FindInvalidUtf8(ascii + "\xff" + ascii), 23u);
  EXPECT_EQ(FindInvalidUtf8(ascii + "手机" + "\xe4"), 29u);
  EXPECT_TRUE(IsValidUtf8(""));
}

class Utf8RandomTest : public test::SeededTest {};

TEST_F(Utf8RandomTest, ScanAndDecoderAgreeOnAnyBytes) {
  for (uint64_t i = 0; i < Iterations(2000); ++i) {
    const std::string bytes = RandomBytes(40);
    size_t at = 0;
    while (at < bytes.size() && DecodeUtf8(bytes, at).valid) {
      at += DecodeUtf8(bytes, at).length;
    }
    ASSERT_EQ(FindInvalidUtf8(bytes), at);
  }
}

}  // namespace
}  // namespace binseek
