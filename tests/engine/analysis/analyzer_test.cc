#include "engine/analysis/analyzer.h"

#include <vector>

#include "tests/support/seeded_test.h"

namespace binseek::analysis {
namespace {

using Terms = std::vector<std::string>;

struct Collected : TokenSink {
  void Add(const Token& token) override {
    terms.emplace_back(token.term);
    offsets.emplace_back(token.start_offset, token.end_offset);
  }
  Terms terms;
  std::vector<std::pair<uint32_t, uint32_t>> offsets;
};

Terms Analyze(std::string_view analyzer, std::string_view text) {
  Collected out;
  AnalysisRegistry::Find(analyzer)->Analyze(text, &out);
  return out.terms;
}

TEST(StandardAnalyzerTest, SplitsMixedChineseAndEnglishTitles) {
  EXPECT_EQ(Analyze("standard", "苹果iPhone15 Pro手机"),
            (Terms{"苹", "果", "iphone15", "pro", "手", "机"}));
}

TEST(StandardAnalyzerTest, FollowsTheWordBoundaryRules) {
  EXPECT_EQ(Analyze("standard", "can't 3.14 1,000 a_b a.b wi-fi x:y 5,x"),
            (Terms{"can't", "3.14", "1,000", "a_b", "a.b", "wi", "fi", "x:y", "5", "x"}));
  EXPECT_EQ(Analyze("standard", "end. 'quoted' 1. __ _a"), (Terms{"end", "quoted", "1", "_a"}));
}

TEST(StandardAnalyzerTest, KeepsKatakanaAndHangulInRunsAndHiraganaSingle) {
  EXPECT_EQ(Analyze("standard", "スマートフォンのケース 스마트폰"),
            (Terms{"スマートフォン", "の", "ケース", "스마트폰"}));
}

TEST(StandardAnalyzerTest, FoldsCaseBeyondAscii) {
  EXPECT_EQ(Analyze("standard", "CAFÉ Straße ΣΑΣ"), (Terms{"café", "straße", "σασ"}));
}

TEST(StandardAnalyzerTest, CutsOverlongTokens) {
  const Terms terms = Analyze("standard", std::string(600, 'x'));
  ASSERT_EQ(terms.size(), 3u);
  EXPECT_EQ(terms[0].size(), 255u);
  EXPECT_EQ(terms[2].size(), 90u);
}

TEST(StandardAnalyzerTest, FlagsAndKeycapsAreTokens) {
  EXPECT_EQ(Analyze("standard", "made in 🇩🇪🇫🇷 #️⃣ *\u20e3 1️⃣"),
            (Terms{"made", "in", "🇩🇪", "🇫🇷", "#️⃣", "*\u20e3", "1️⃣"}));
  EXPECT_EQ(Analyze("standard", "🇩 #\uFE0F *"), Terms{});
}

TEST(StandardAnalyzerTest, HebrewQuotes) {
  EXPECT_EQ(Analyze("standard", "צה\"ל ג' ג'ירף א\"1 \"א\" a\"b"),
            (Terms{"צה\"ל", "ג'", "ג'ירף", "א", "1", "א", "a", "b"}));
  EXPECT_EQ(Analyze("standard", "ג''ג ג'_1"), (Terms{"ג'", "ג", "ג'_1"}));
}

TEST(StandardAnalyzerTest, RadicalsAreIdeographs) {
  EXPECT_EQ(Analyze("standard", "\u2f47本\u2e80人々"),
            (Terms{"\u2f47", "本", "\u2e80", "人", "々"}));
  // Of no script, and of another: Lucene has no token for them.
  EXPECT_EQ(Analyze("standard", "\u3006 \U00017000"), Terms{});
}

TEST(AnalyzerTest, LongWordsAreCutAsLuceneCutsThem) {
  for (const char* name : {"whitespace", "simple", "stop"}) {
    const Terms terms = Analyze(name, "x " + std::string(300, 'y') + " " + std::string(255, 'z'));
    EXPECT_EQ(terms,
              (Terms{"x", std::string(255, 'y'), std::string(45, 'y'), std::string(255, 'z')}))
        << name;
  }
}

TEST(AnalyzerTest, BuiltInsDoWhatTheirNamesSay) {
  EXPECT_EQ(Analyze("whitespace", "Wi-Fi  Router"), (Terms{"Wi-Fi", "Router"}));
  EXPECT_EQ(Analyze("simple", "Wi-Fi 6E"), (Terms{"wi", "fi", "e"}));
  EXPECT_EQ(Analyze("keyword", "Wi-Fi 6E"), (Terms{"Wi-Fi 6E"}));
  EXPECT_EQ(AnalysisRegistry::Find("nonesuch"), nullptr);
}

class AnalyzerRandomTest : public test::SeededTest {};

// `discount_overlaps` of a similarity changes nothing for as long as this holds.
TEST(AnalyzerTest, NoTokenOverlapsTheOneBefore) {
  struct Sink : TokenSink {
    void Add(const Token& token) override {
      EXPECT_GE(token.position_increment, 1u) << token.term;
      EXPECT_EQ(token.position_length, 1u) << token.term;
    }
  };
  for (const char* name : {"standard", "simple", "stop", "whitespace", "keyword"}) {
    Sink sink;
    AnalysisRegistry::Find(name)->Analyze("The wi-fi of 苹果iPhone15 can't, スマートフォンのケース",
                                          &sink);
  }
}

TEST_F(AnalyzerRandomTest, AnyBytesGiveTokensInOrderAndInBounds) {
  for (uint64_t i = 0; i < Iterations(3'000); ++i) {
    const std::string text = RandomBytes(60);
    for (const char* name : {"standard", "simple", "whitespace", "keyword"}) {
      Collected out;
      AnalysisRegistry::Find(name)->Analyze(text, &out);
      uint32_t last = 0;
      for (const auto& [start, end] : out.offsets) {
        ASSERT_LE(last, start);
        ASSERT_LT(start, end);
        ASSERT_LE(end, text.size());
        last = end;
      }
    }
  }
}

}  // namespace
}  // namespace binseek::analysis
