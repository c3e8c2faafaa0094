// Every code of every character set of both servers: what we make of it equals the server's own CONVERT.
#include <array>

#include "sync/mysql/charset.h"
#include "tests/integration/binlog_fixture.h"
#include "tests/support/status_matchers.h"

namespace binseek::test {
namespace {

class CharsetTest : public BinlogFixture {
 protected:
  // Compares all codes that `codes`, an expression over the numbers n below 65536, gives.
  void Compare(const std::string& charset, const std::string& codes, const std::string& condition) {
    const std::string reread = "CAST(" + codes + " AS CHAR CHARACTER SET " + charset + ")";
    auto reader =
        session()->Stream("SELECT " + codes + ", CONVERT(" + reread + " USING utf8mb4), HEX(" +
                          reread + ") = HEX(" + codes + ") FROM numbers WHERE " + condition);
    ASSERT_OK(reader);
    for (;;) {
      auto cells = (*reader)->Next();
      ASSERT_OK(cells);
      if (*cells == nullptr) {
        return;
      }
      const auto& [code, text, legal] = std::tie((**cells)[0], (**cells)[1], (**cells)[2]);
      if (!text || text->empty() || legal != "1") {
        continue;  // the server stores no such bytes, or makes nothing at all of half a character
      }
      std::string ours;
      ASSERT_OK(mysql::ToUtf8(charset, *code, &ours));
      std::string theirs;
      mysql::SanitizeUtf8(*text, &theirs);
      if (ours != theirs) {
        ++wrong_[charset];
        EXPECT_GT(wrong_[charset], 5U)
            << charset << " "
            << change::DebugString(change::Value::Bytes(change::ValueKind::kBytes, *code))
            << ": the server says " << theirs << ", we say " << ours;
      }
      ++compared_;
    }
  }

  // Codes above U+FFFF, by plane: all of those that have letters and signs, and some of the others.
  void ComparePlanes(const std::string& charset) {
    for (int plane = 1; plane <= 16; ++plane) {
      const std::string condition = plane <= 2 ? "TRUE" : "n % 251 = 0";
      const std::string behind = std::to_string((plane - 1) * 65536) + " + n)";
      const std::string high = "((" + behind + " DIV 1024)";  // of the two surrogates
      if (charset == "utf32") {
        Compare(charset, "CHAR(0, " + std::to_string(plane) + ", n DIV 256, n % 256)", condition);
      } else if (charset == "utf16") {
        Compare(
            charset,
            "CHAR(216 + " + high + " DIV 256, " + high + " % 256, 220 + n % 1024 DIV 256, n % 256)",
            condition);
      } else if (charset == "utf16le") {
        Compare(
            charset,
            "CHAR(" + high + " % 256, 216 + " + high + " DIV 256, n % 256, 220 + n % 1024 DIV 256)",
            condition);
      } else if (charset == "gb18030") {  // by their number, as those below
        const std::string number = "(" + behind;
        Compare(charset,
                "CHAR(144 + " + number + " DIV 12600, 48 + " + number + " DIV 1260 % 10, 129 + " +
                    number + " DIV 10 % 126, 48 + " + number + " % 10)",
                condition);
      }
    }
  }

  uint64_t compared_ = 0;
  std::map<std::string, uint64_t> wrong_;
};

TEST_P(CharsetTest, EveryCodeBecomesWhatTheServerMakesOfIt) {
  Sql("CREATE TABLE digits (d INT PRIMARY KEY)");
  Sql("INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9),(10),(11),(12),(13),(14),"
      "(15)");
  Sql("CREATE VIEW numbers AS SELECT a.d * 4096 + b.d * 256 + c.d * 16 + d.d AS n"
      " FROM digits a, digits b, digits c, digits d");
  auto charsets = session()->Query(
      "SELECT CHARACTER_SET_NAME, MAXLEN FROM information_schema.CHARACTER_SETS"
      " WHERE CHARACTER_SET_NAME NOT IN ('binary', 'utf8mb3', 'utf8mb4', 'utf8')");
  ASSERT_OK(charsets);
  EXPECT_GT(charsets->rows.size(), 30U);
  for (const auto& row : charsets->rows) {
    const std::string& charset = *row[0];
    SCOPED_TRACE(charset);
    EXPECT_TRUE(mysql::IsKnownCharset(charset));
    const bool wide = charset == "ucs2" || charset.starts_with("utf");
    if (!wide) {
      Compare(charset, "CHAR(n)", "n < 256");
    }
    if (charset == "utf32") {
      Compare(charset, "CONCAT(x'0000', CHAR(n DIV 256, n % 256))",
              "n NOT BETWEEN 55296 AND 57343");
    } else if (wide) {
      Compare(charset, "CHAR(n DIV 256, n % 256)", "TRUE");
    } else if (*row[1] != "1") {
      Compare(charset, "CHAR(n DIV 256, n % 256)", "n >= 32768");
    }
    if (*row[1] == "3") {
      Compare(charset, "CHAR(143, n DIV 256, n % 256)", "n >= 41120");
    }
    if (charset == "gb18030") {  // its codes of four bytes, by their number
      Compare(charset,
              "CHAR(129 + n DIV 12600, 48 + n DIV 1260 % 10, 129 + n DIV 10 % 126, 48 + n % 10)",
              "n < 50400");
    }
    ComparePlanes(charset);
  }
  EXPECT_GT(compared_, 100'000U);
}

INSTANTIATE_TEST_SUITE_P(Servers, CharsetTest,
                         ::testing::Values(ServerFlavor::kMariadb, ServerFlavor::kMysql9),
                         FlavorOfTest);

}  // namespace
}  // namespace binseek::test
