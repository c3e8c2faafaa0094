// Phrases: order, gaps, slop, repeats, prefixes.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "tests/engine/search/test_engine.h"

namespace binseek::search::test {
namespace {

using Ids = std::vector<std::string>;

class PhraseTest : public ::testing::Test {
 protected:
  PhraseTest() {
    engine_.CreateIndex(
        "products", R"({"properties": {"name": {"type": "text"}, "tag": {"type": "keyword"}}})");
    Put("1", "red running shoe");
    Put("2", "running red shoe");
    Put("3", "red shoe red shoe");
    Put("4", "shoe that is red");
    Put("5", "red");
    engine_.Apply();
  }
  void Put(const std::string& id, const std::string& name) {
    engine_.Put("products", id, R"({"name": ")" + name + R"(", "tag": "red shoe"})");
  }
  static MatchPhraseOptions Phrase(const std::string& text, uint32_t slop = 0) {
    MatchPhraseOptions options;
    options.field = "name";
    options.text = text;
    options.slop = slop;
    return options;
  }
  Ids Find(const std::string& text, uint32_t slop = 0) const {
    return engine_.Ids(MakeMatchPhrase(Phrase(text, slop)));
  }

  TestEngine engine_;
};

TEST_F(PhraseTest, TermsMustStandOneBehindTheOther) {
  EXPECT_EQ(Find("red shoe"), (Ids{"2", "3"}));
  EXPECT_EQ(Find("red running shoe"), (Ids{"1"}));
  EXPECT_EQ(Find("shoe red"), (Ids{"3"}));
  EXPECT_EQ(Find("red nothing"), Ids{});
  EXPECT_EQ(Find("red"), (Ids{"1", "2", "3", "4", "5"}));
}

TEST_F(PhraseTest, SlopAllowsMoves) {
  EXPECT_EQ(Find("red shoe", 1), (Ids{"1", "2", "3"}));
  EXPECT_EQ(Find("shoe red", 1), (Ids{"3"}));
  EXPECT_EQ(Find("shoe red", 2), (Ids{"2", "3", "4"}));  // two moves turn neighbours round
  EXPECT_EQ(Find("red shoe", 3), (Ids{"1", "2", "3"}));
  EXPECT_EQ(Find("red shoe", 4), (Ids{"1", "2", "3", "4"}));
}

TEST_F(PhraseTest, ARepeatedTermNeedsAnOccurrenceForEach) {
  EXPECT_EQ(Find("red red"), Ids{});
  EXPECT_EQ(Find("red red", 3), (Ids{"3"}));
  EXPECT_EQ(Find("shoe red shoe"), (Ids{"3"}));
}

TEST_F(PhraseTest, ScoresCountOccurrences) {
  // Two occurrences in document 3; the index has 5 documents and 15 tokens.
  const auto scores = engine_.Scores(MakeMatchPhrase(Phrase("red shoe")));
  const auto idf = [](double n) { return std::log(1 + (5 - n + 0.5) / (n + 0.5)); };
  const auto bm25 = [&](double freq, double length) {
    const double k = 1.2 * (0.25 + 0.75 * length / (15.0 / 5));
    return 2.2 * (idf(5) + idf(4)) * freq / (freq + k);
  };
  EXPECT_NEAR(scores.at("2"), bm25(1, 3), 1e-5);
  EXPECT_NEAR(scores.at("3"), bm25(2, 4), 1e-5);
  const auto sloppy = engine_.Scores(MakeMatchPhrase(Phrase("red shoe", 1)));
  EXPECT_NEAR(sloppy.at("1"), bm25(0.5, 3), 1e-5);
}

TEST_F(PhraseTest, TheLastTermMayBeAPrefix) {
  MatchPhraseOptions options = Phrase("red sho");
  EXPECT_EQ(engine_.Ids(MakeMatchPhrase(options)), Ids{});
  options.last_is_prefix = true;
  EXPECT_EQ(engine_.Ids(MakeMatchPhrase(options)), (Ids{"2", "3"}));
  options.text = "ru";
  EXPECT_EQ(engine_.Ids(MakeMatchPhrase(options)), (Ids{"1", "2"}));
  options.text = "red r";  // red, running
  EXPECT_EQ(engine_.Ids(MakeMatchPhrase(options)), (Ids{"1"}));
  options.max_expansions = 1;  // red
  EXPECT_EQ(engine_.Ids(MakeMatchPhrase(options)), Ids{});
}

TEST_F(PhraseTest, TheLastWordOfAMatchMayBeAPrefix) {
  MatchOptions options;
  options.field = "name";
  options.text = "shoe runn";
  options.last_is_prefix = true;
  EXPECT_EQ(engine_.Ids(MakeMatch(options)), (Ids{"1", "2", "3", "4"}));
  options.operator_and = true;
  EXPECT_EQ(engine_.Ids(MakeMatch(options)), (Ids{"1", "2"}));
}

TEST_F(PhraseTest, OnOtherFieldsItIsTheValue) {
  MatchPhraseOptions options = Phrase("red shoe");
  options.field = "tag";
  EXPECT_EQ(engine_.Ids(MakeMatchPhrase(options)).size(), 5u);
  options.last_is_prefix = true;
  EXPECT_NE(engine_.ErrorOf(MakeMatchPhrase(options)).find("Can only use phrase prefix"),
            std::string::npos);
}

TEST_F(PhraseTest, WordsLeftOutAtTheEndOfAValueTakeTheirPlaces) {
  engine_.CreateIndex("notes", R"({"properties": {"name": {"type": "text", "analyzer": "stop",
      "position_increment_gap": 0}}})");
  engine_.Put("notes", "1", R"({"name": ["big sale the", "shoe"]})");
  engine_.Put("notes", "2", R"({"name": ["big sale", "shoe"]})");
  engine_.Put("notes", "3", R"({"name": ["sale", "the", "", "shoe"]})");
  engine_.Apply();
  const auto find = [this](const std::string& text) {
    return engine_.Ids(MakeMatchPhrase(Phrase(text)));
  };
  EXPECT_EQ(find("sale shoe"), (Ids{"2"}));
  EXPECT_EQ(find("sale the shoe"), (Ids{"1", "3"}));
}

TEST_F(PhraseTest, SeveralFieldsMayHoldIt) {
  MultiMatchOptions options;
  options.kind = MultiMatchOptions::Kind::kPhrase;
  options.fields = {{"name", 1.0F}, {"tag", 1.0F}};
  options.match.text = "red shoe";
  EXPECT_EQ(engine_.Ids(MakeMultiMatch(options)).size(), 5u);
  options.fields = {{"name", 1.0F}};
  EXPECT_EQ(engine_.Ids(MakeMultiMatch(options)), (Ids{"2", "3"}));
}

TEST_F(PhraseTest, ClausesBesideItNarrowWhatIsLookedAt) {
  EXPECT_EQ(engine_.Ids(MakeBool(
                {.must = {MakeMatchPhrase(Phrase("red shoe")), MakeTerm("name", "running")}})),
            (Ids{"2"}));
  EXPECT_EQ(engine_.Ids(MakeBool({.must = {MakeTerm("name", "red")},
                                  .must_not = {MakeMatchPhrase(Phrase("red shoe"))}})),
            (Ids{"1", "4", "5"}));
}

}  // namespace
}  // namespace binseek::search::test
