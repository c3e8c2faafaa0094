// URLs, quoting, error numbers, character sets and the forms of text that values are kept in.
#include <gtest/gtest.h>

#include <cstdlib>

#include "sync/mysql/charset.h"
#include "sync/mysql/connection.h"
#include "sync/mysql/databases.h"
#include "sync/mysql/url.h"
#include "sync/mysql/value_text.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::mysql {
namespace {

TEST(MysqlUrlTest, AllPartsAreTaken) {
  const auto url = ParseMysqlUrl(
      "mysql://us%40er:p%3A%2F%3Fss@db.example:3307/my%2Fshop?ssl-mode=VERIFY-CA&ssl-ca=/etc/"
      "ca.pem&read-timeout=7"
      "&connect-timeout=3&socket=/run/my.sock");
  ASSERT_OK(url);
  EXPECT_EQ(url->user, "us@er");
  EXPECT_EQ(url->password, "p:/?ss");
  EXPECT_EQ(url->host, "db.example");
  EXPECT_EQ(url->port, 3307);
  EXPECT_EQ(url->database, "my/shop");
  EXPECT_EQ(url->tls.mode, TlsMode::kVerifyCa);
  EXPECT_EQ(url->tls.ca, "/etc/ca.pem");
  EXPECT_EQ(url->read_timeout.count(), 7);
  EXPECT_EQ(url->connect_timeout.count(), 3);
  EXPECT_EQ(url->unix_socket, "/run/my.sock");
}

TEST(MysqlUrlTest, PartsMayBeLeftOut) {
  const auto url = ParseMysqlUrl("mysql://localhost");
  ASSERT_OK(url);
  EXPECT_EQ(url->host, "localhost");
  EXPECT_EQ(url->port, 3306);
  EXPECT_EQ(url->user, "");
  EXPECT_EQ(url->database, "");
  const auto v6 = ParseMysqlUrl("mysql://root@[::1]:3308/shop");
  ASSERT_OK(v6);
  EXPECT_EQ(v6->host, "::1");
  EXPECT_EQ(v6->port, 3308);
}

TEST(MysqlUrlTest, TheDatabaseMayBeAPattern) {
  EXPECT_EQ(ParseMysqlUrl("mysql://h/shop_%")->database, "shop_%");
  EXPECT_EQ(ParseMysqlUrl("mysql://h/shop_*_eu?ssl-ca=x")->database, "shop_*_eu");
  EXPECT_EQ(ParseMysqlUrl("mysql://h/sh%6fp")->database, "shop");
  EXPECT_EQ(ParseMysqlUrl("mysql://h/%%20x")->database, "% x");
}

TEST(DatabasesTest, APatternTakesAllButTheServersOwn) {
  EXPECT_TRUE(MatchesDatabase("shop", "shop"));
  EXPECT_FALSE(MatchesDatabase("shop", "shop_1"));
  EXPECT_TRUE(MatchesDatabase("shop_%", "shop_1"));
  EXPECT_FALSE(MatchesDatabase("shop_%", "shopx1")) << "an underscore is one";
  EXPECT_TRUE(MatchesDatabase("*", "anything"));
  for (const char* own : {"mysql", "sys", "information_schema", "performance_schema"}) {
    EXPECT_FALSE(MatchesDatabase("*", own)) << own;
  }
  EXPECT_TRUE(MatchesDatabase("mysql", "mysql")) << "named without a pattern it is meant";
  EXPECT_EQ(GrantObject("shop"), "`shop`.*");
  EXPECT_EQ(GrantObject("shop_*"), "`shop\\_%`.*");
}

TEST(MysqlUrlTest, ACaAloneIsAsked) {
  EXPECT_EQ(ParseMysqlUrl("mysql://h/db?ssl-ca=/ca.pem")->tls.mode, TlsMode::kVerifyCa);
  EXPECT_EQ(ParseMysqlUrl("mysql://h/db?ssl-ca=/ca.pem&ssl-mode=preferred")->tls.mode,
            TlsMode::kPreferred);
  EXPECT_EQ(ParseMysqlUrl("mysql://h/db?ssl-mode=verify_identity&ssl-ca=/ca.pem")->tls.mode,
            TlsMode::kVerifyIdentity);
  EXPECT_EQ(ParseMysqlUrl("mysql://h/db?ssl-cert=/c.pem")->tls.mode, TlsMode::kPreferred);
}

TEST(ConnectionTest, AModeThatWouldVerifyNothingIsRefused) {
  const auto refused = Connection::Open(*ParseMysqlUrl("mysql://127.0.0.1:1?ssl-mode=verify_ca"));
  EXPECT_STATUS(refused, kInvalidArgument);
  EXPECT_NE(refused.status().message().find("ssl-ca"), std::string::npos) << refused.status();
}

TEST(MysqlUrlTest, ErrorsNeverHoldThePassword) {
  for (const char* bad :
       {"postgres://u:geheim@h/db", "mysql://u:geheim@h:port/db", "mysql://u:geheim@h:0",
        "mysql://u:geheim@h:65536", "mysql://u:geheim@h/db?x=y", "mysql://u:geheim%zz@h",
        "mysql://u:geheim@h?ssl-mode=some", "mysql://u:geheim@[::1/db",
        "mysql://u:geheim@h?read-timeout=0", "mysql://u:geheim@h/%00"}) {
    const auto url = ParseMysqlUrl(bad);
    EXPECT_STATUS(url, kInvalidArgument) << bad;
    EXPECT_EQ(url.status().message().find("geheim"), std::string::npos) << url.status();
  }
  EXPECT_EQ(DisplayUrl(*ParseMysqlUrl("mysql://u:geheim@h/db?ssl-ca=x")), "mysql://u@h:3306/db");
}

TEST(SqlTextTest, QuotesWhatCouldEndALiteral) {
  EXPECT_EQ(Quote("it's \\ "), "'it''s \\\\ '");
  EXPECT_EQ(Quote(std::string_view("a\0b", 3)), "'a\\0b'");
  EXPECT_EQ(QuoteIdentifier("odd`name"), "`odd``name`");
  EXPECT_EQ(QuoteBytes(std::string_view("\x0a\xff", 2)), "x'0aff'");
}

TEST(SqlTextTest, ErrorNumbersSayWhetherToTryAgain) {
  EXPECT_EQ(ClassifyError(2013), StatusCode::kUnavailable);
  EXPECT_EQ(ClassifyError(1040), StatusCode::kUnavailable);
  EXPECT_EQ(ClassifyError(1047), StatusCode::kUnavailable);
  EXPECT_EQ(ClassifyError(1053), StatusCode::kUnavailable);
  EXPECT_EQ(ClassifyError(1129), StatusCode::kUnavailable);
  EXPECT_EQ(ClassifyError(1226), StatusCode::kUnavailable);
  EXPECT_EQ(ClassifyError(3032), StatusCode::kUnavailable);
  EXPECT_EQ(ClassifyError(1236), StatusCode::kAborted);
  EXPECT_EQ(ClassifyError(1045), StatusCode::kInvalidArgument);
  EXPECT_EQ(ClassifyError(1146), StatusCode::kInvalidArgument);
  EXPECT_EQ(ClassifyError(2008), StatusCode::kResourceExhausted);
}

TEST(SqlTextTest, WhatTheServersMachineLacksIsNoFaultOfAStatement) {
  for (const unsigned number : {1U, 3U, 5U, 20U, 1021U, 1037U, 1038U, 1041U, 1114U, 1135U, 1206U}) {
    EXPECT_EQ(ClassifyError(number), StatusCode::kUnavailable) << number;
  }
}

TEST(ServerInfoTest, VersionsCompareByParts) {
  ServerInfo server;
  server.major = 8;
  server.minor = 0;
  server.patch = 22;
  EXPECT_TRUE(server.AtLeast(8, 0));
  EXPECT_TRUE(server.AtLeast(8, 0, 22));
  EXPECT_TRUE(server.AtLeast(5, 7, 40));
  EXPECT_FALSE(server.AtLeast(8, 0, 23));
  EXPECT_FALSE(server.AtLeast(8, 2));
  EXPECT_FALSE(server.AtLeast(10, 0));
}

std::string Utf8(std::string_view charset, std::string_view bytes) {
  std::string out = "left over";
  EXPECT_OK(ToUtf8(charset, bytes, &out)) << charset;
  return out;
}

TEST(CharsetTest, ConvertsByTheServersTables) {
  EXPECT_EQ(Utf8("latin1", "caf\xe9 \x80"),
            "caf\xc3\xa9 \xe2\x82\xac");  // the server's latin1 is cp1252
  EXPECT_EQ(Utf8("gbk", "\xba\xba\xd7\xd6"), "\xe6\xb1\x89\xe5\xad\x97");
  EXPECT_EQ(Utf8("cp1251", "\xcf\xf0\xe8"), "\xd0\x9f\xd1\x80\xd0\xb8");
  EXPECT_EQ(Utf8("ucs2", std::string_view("\x6f\x22\0a", 4)),
            "\xe6\xbc\xa2"
            "a");
  EXPECT_EQ(Utf8("utf16", std::string_view("\xd8\x3d\xde\0", 4)), "\xf0\x9f\x98\x80");
  EXPECT_EQ(Utf8("utf8mb4", "\xf0\x9f\x98\x80"), "\xf0\x9f\x98\x80");
  EXPECT_EQ(Utf8("utf8mb4", ""), "");
}

// One code of each set in which a converter of a like name is wrong. All codes: tests/integration/charset_test.cc.
TEST(CharsetTest, ConvertersOfLikeNamesAreNotTrusted) {
  EXPECT_EQ(Utf8("euckr", "\x81\x41"), "\xea\xb0\x82");
  EXPECT_EQ(Utf8("ujis", "\xa1\xc1"), "\xe3\x80\x9c");
  EXPECT_EQ(Utf8("ujis", "\xf5\xa1"), "\xee\x80\x80");
  EXPECT_EQ(Utf8("eucjpms", "\x8f\xf3\xf3"), "\xe2\x85\xb0");
  EXPECT_EQ(Utf8("sjis", "\x81\x5f"), "\\");
  EXPECT_EQ(Utf8("cp932", "\xb1\x81\x60"), "\xef\xbd\xb1\xef\xbd\x9e");
  EXPECT_EQ(Utf8("big5", "\xa1\x45"), "\xe2\x80\xa2");
  EXPECT_EQ(Utf8("gb2312", "\xa3\xa7"), "\xef\xbc\x87");
  EXPECT_EQ(Utf8("gbk", "\xa1\x40"), "?");  // no character of theirs; others make it a private one
  EXPECT_EQ(Utf8("cp866", "\xfc"), "\xe2\x81\xbf");
  EXPECT_EQ(Utf8("cp850", "\x1a"), "\x1a");
  EXPECT_EQ(Utf8("tis620", "\x80"), "\xc2\x80");
  EXPECT_EQ(Utf8("koi8u", "\x95"), "\xe2\x80\xa2");
  EXPECT_EQ(Utf8("swe7", "[A"),
            "\xc3\x84"
            "A");
  EXPECT_EQ(Utf8("armscii8", "\xb2"), "\xd4\xb1");
  EXPECT_EQ(Utf8("dec8", "\xd7"), "\xc5\x92");
  EXPECT_EQ(Utf8("keybcs2", "\x80"), "\xc4\x8c");
  EXPECT_EQ(Utf8("geostd8", "\xc0"), "\xe1\x83\x90");
}

TEST(CharsetTest, BytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(Utf8("gbk", "a\xff\x81"), "a??");
  EXPECT_EQ(Utf8("ascii", "a\x80"), "a?");
  EXPECT_EQ(Utf8("gb18030", "\x84\x39\x9a\x32z"), "?z");
  EXPECT_EQ(Utf8("ucs2", std::string_view("\xd8\0\0z", 4)), "\xef\xbf\xbdz");
  EXPECT_EQ(Utf8("ujis", "\x8f\xa1"), "??");
  EXPECT_EQ(Utf8("utf8mb4",
                 "a\xff"
                 "b"),
            "a\xef\xbf\xbd"
            "b");
  std::string out;
  EXPECT_STATUS(ToUtf8("klingon", "x", &out), kInvalidArgument);
  EXPECT_TRUE(IsKnownCharset("sjis"));
  EXPECT_FALSE(IsKnownCharset("klingon"));
}

TEST(CharsetTest, CollationsNameTheirCharacterSet) {
  EXPECT_EQ(CharsetOfCollation(255), "utf8mb4");
  EXPECT_EQ(CharsetOfCollation(45), "utf8mb4");
  EXPECT_EQ(CharsetOfCollation(33), "utf8mb3");
  EXPECT_EQ(CharsetOfCollation(8), "latin1");
  EXPECT_EQ(CharsetOfCollation(63), "binary");
  EXPECT_EQ(CharsetOfCollation(0), "");
  EXPECT_EQ(CharsetOfCollation(4'000'000'000), "");
}

TEST(CharsetTest, ASurrogateIsOneCharacterThatIsNone) {
  std::string text;
  SanitizeUtf8(
      "a\xED\xA0\x80"
      "b\xED\xBF",
      &text);
  EXPECT_EQ(text,
            "a\xEF\xBF\xBD"
            "b\xEF\xBF\xBD\xEF\xBF\xBD");
  EXPECT_EQ(Utf8("utf32", std::string_view("\0\0\xD8\0", 4)), "\xEF\xBF\xBD");
}

class CharsetModelTest : public test::SeededTest {};

TEST_F(CharsetModelTest, BytesOfAnyKindBecomeUtf8) {
  for (uint64_t round = Iterations(200); round > 0; --round) {
    const std::string bytes = RandomBytes(60);
    for (const char* charset : {"latin1", "gbk", "sjis", "big5", "utf16", "utf32", "ujis", "euckr",
                                "gb18030", "utf8mb4"}) {
      const std::string text = Utf8(charset, bytes);
      std::string again;
      SanitizeUtf8(text, &again);
      ASSERT_EQ(text, again) << charset;
    }
  }
}

TEST(ValueTextTest, DecimalsLosePaddingAndTheSignOfZero) {
  std::string out;
  const auto normal = [&](std::string_view text) {
    return NormalizeDecimal(text, &out) ? out : "bad";
  };
  EXPECT_EQ(normal("-0012.50"), "-12.50");
  EXPECT_EQ(normal("-0.00"), "0.00");
  EXPECT_EQ(normal(".50"), "0.50");
  EXPECT_EQ(normal("+7"), "7");
  EXPECT_EQ(normal("000"), "0");
  for (const char* bad : {"", "-", ".", "1.2.3", "1e5", "abc", "1 "}) {
    EXPECT_EQ(normal(bad), "bad") << bad;
  }
}

TEST(ValueTextTest, JsonLosesBlanksBetweenTokensOnly) {
  std::string out;
  CompactJson(R"({"a b": [1, 2, "x \" , y"], "c": {}})", &out);
  EXPECT_EQ(out, R"({"a b":[1,2,"x \" , y"],"c":{}})");
  CompactJson("\"ends within \\", &out);
  EXPECT_EQ(out, "\"ends within \\");
}

TEST(ValueTextTest, DoublesPrintAsTheServerPrintsThemWithinJson) {
  const auto print = [](double value) {
    std::string out;
    AppendJsonDouble(value, &out);
    return out;
  };
  EXPECT_EQ(print(0), "0.0");
  EXPECT_EQ(print(-0.0), "-0.0");
  EXPECT_EQ(print(1), "1.0");
  EXPECT_EQ(print(0.1), "0.1");
  EXPECT_EQ(print(-12.5), "-12.5");
  EXPECT_EQ(print(1e20), "1e20");
  EXPECT_EQ(print(1.5e-7), "0.00000015");
  EXPECT_EQ(print(1e100), "1e100");
  for (const double value :
       {1.7976931348623157e308, 5e-324, 123456.789, 1e15, 1e14, 1e-15, 1e-16}) {
    EXPECT_EQ(std::strtod(print(value).c_str(), nullptr), value) << print(value);
  }
}

}  // namespace
}  // namespace binseek::mysql
