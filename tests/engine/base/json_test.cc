#include "engine/base/json.h"

#include <cmath>

#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek {
namespace {

std::string Rewrite(std::string_view text) {
  const Result<JsonValue> value = ParseJson(text);
  if (!value.ok()) {
    return value.status().ToString();
  }
  std::string out;
  JsonWriter writer(&out);
  writer.Value(*value);
  return out;
}

TEST(JsonTest, NumbersKeepTheirText) {
  EXPECT_EQ(Rewrite("[12.50, 18446744073709551615, -0, 1e3]"),
            "[12.50,18446744073709551615,-0,1e3]");
  const auto value = ParseJson("18446744073709551615");
  ASSERT_OK(value);
  EXPECT_EQ(value->AsUint64(), 18446744073709551615u);
  EXPECT_EQ(value->AsInt64(), std::nullopt);
}

TEST(JsonTest, MembersKeepTheirOrder) {
  EXPECT_EQ(Rewrite(R"( {"b": 1, "a": [true, null, "é\n"]} )"), R"({"b":1,"a":[true,null,"é\n"]})");
}

TEST(JsonTest, BadInputNamesTheOffset) {
  const auto value = ParseJson(R"({"a": tru})");
  EXPECT_STATUS(value, kInvalidArgument);
}

TEST(JsonTest, DeepNestingIsRefusedWithoutRecursion) {
  EXPECT_STATUS(ParseJson(std::string(1'000'000, '[')), kResourceExhausted);
}

TEST(JsonTest, DuplicateKeysAreRefused) {
  EXPECT_STATUS(ParseJson(R"({"a":1,"a":2})"), kInvalidArgument);
}

TEST(JsonTest, InvalidUtf8IsRefused) { EXPECT_STATUS(ParseJson("\"\xff\""), kInvalidArgument); }

TEST(JsonTest, DoublesAreShortestAndAlwaysReadAsDoubles) {
  std::string out;
  JsonWriter writer(&out);
  writer.BeginArray();
  writer.Double(1);
  writer.Double(0.1);
  writer.Double(std::nan(""));
  writer.EndArray();
  EXPECT_EQ(out, "[1.0,0.1,null]");
}

class JsonRandomTest : public test::SeededTest {};

TEST_F(JsonRandomTest, RandomBytesNeverBreakTheParser) {
  static constexpr std::string_view kPieces[] = {
      "{", "}", "[", "]", ",", ":", "\"", "a", "1", "-", ".", "e", "true", "null", "\\u12", "\xc3"};
  for (uint64_t i = 0; i < Iterations(20'000); ++i) {
    std::string text;
    for (uint64_t n = Uniform(20); n > 0; --n) {
      text += kPieces[Uniform(std::size(kPieces))];
    }
    const auto value = ParseJson(text);
    if (value.ok()) {
      const std::string once = Rewrite(text);
      ASSERT_EQ(Rewrite(once), once) << text;
    }
  }
}

}  // namespace
}  // namespace binseek
