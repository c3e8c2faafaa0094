// Explanations: their value is the score to the bit, and they say what Lucene says.
#include "engine/search/explanation.h"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <map>
#include <string>

#include "engine/search/weight.h"
#include "tests/engine/search/oracle.h"
#include "tests/engine/search/shop.h"
#include "tests/support/seeded_test.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

// The tree as lines, two spaces deeper for details.
void AppendTree(const Explanation& node, const std::string& indent, std::string* out) {
  *out += indent + node.description + "\n";
  for (const Explanation& detail : node.details) {
    AppendTree(detail, indent + "  ", out);
  }
}

class ExplanationTest : public ShopTest {
 protected:
  Explanation Explain(const QueryPtr& query, const std::string& id) {
    view_ = shop_.view();
    const index::IndexView& index = *view_->Find("products");
    BindContext context;
    context.index = &index;
    const auto weight = query->Bind(context, 1);
    EXPECT_OK(weight);
    const auto address = index.FindKey(id);
    auto explanation = (*weight)->Explain(index.at(*address), address->doc);
    EXPECT_OK(explanation);
    return *std::move(explanation);
  }
  std::string Tree(const QueryPtr& query, const std::string& id) {
    std::string out;
    AppendTree(Explain(query, id), "", &out);
    return out;
  }

  std::shared_ptr<const index::EngineView> view_;
};

TEST_F(ExplanationTest, ATermIsExplainedAsLuceneDoes) {
  EXPECT_EQ(Tree(MakeTerm("name", "red"), "shoe"),
            "weight(name:red in 0) [PerFieldSimilarity], result of:\n"
            "  score(freq=1.0), computed as boost * idf * tf from:\n"
            "    boost\n"
            "    idf, computed as log(1 + (N - n + 0.5) / (n + 0.5)) from:\n"
            "      n, number of documents containing term\n"
            "      N, total number of documents with field\n"
            "    tf, computed as freq / (freq + k1 * (1 - b + b * dl / avgdl)) from:\n"
            "      freq, occurrences of term within document\n"
            "      k1, term saturation parameter\n"
            "      b, length normalization parameter\n"
            "      dl, length of field\n"
            "      avgdl, average length of field\n");
  const Explanation explanation = Explain(MakeTerm("name", "red"), "shoe");
  const std::vector<Explanation>& factors = explanation.details[0].details;
  EXPECT_FLOAT_EQ(factors[0].value, 2.2f);
  EXPECT_EQ(factors[1].details[0].value, 4);  // the deleted one too
  EXPECT_EQ(factors[1].details[1].value, 5);
  EXPECT_EQ(factors[2].details[3].value, 3);
  EXPECT_NEAR(explanation.value, factors[0].value * factors[1].value * factors[2].value, 1e-5);
  EXPECT_EQ(Explain(MakeTerm("name", "red"), "desk").description, "no matching term");
}

TEST_F(ExplanationTest, CompoundQueriesNameTheirParts) {
  EXPECT_EQ(Tree(MakeBool({.must = {MakeMatchAll(2)},
                           .filter = {MakeTerm("stock", "3"), MakeTerm("name", "red")},
                           .must_not = {MakeTerm("name", "boot")}}),
                 "shoe"),
            "sum of:\n"
            "  *:*^2.0\n"
            "  match on required clause, product of:\n"
            "    # clause\n"
            "    stock:3^0.0\n"
            "  match on required clause, product of:\n"
            "    # clause\n"
            "    name:red^0.0\n");
  const Explanation refused =
      Explain(MakeBool({.must = {MakeMatchAll()}, .must_not = {MakeTerm("name", "boot")}}), "boot");
  EXPECT_EQ(refused.description, "Failure to meet condition(s) of required/prohibited clause(s)");
  ASSERT_EQ(refused.details.size(), 2u);
  EXPECT_EQ(refused.details[1].description, "match on prohibited clause (name:boot)");
  EXPECT_EQ(
      Explain(MakeBool({.must = {MakeTerm("name", "boot")}, .filter = {MakeMatchAll()}}), "shoe")
          .details[0]
          .description,
      "no match on required clause (name:boot)");
  EXPECT_EQ(Explain(MakeBool({.should = {MakeTerm("name", "red"), MakeTerm("name", "lamp"),
                                         MakeTerm("name", "green")},
                              .minimum_should_match = "2"}),
                    "shoe")
                .description,
            "Failure to match minimum number of optional clauses: 2");
  EXPECT_EQ(Explain(MakeDisMax({MakeTerm("name", "red"), MakeTerm("name", "shoe")}, 0), "shoe")
                .description,
            "max of:");
  EXPECT_EQ(Explain(MakeDisMax({MakeTerm("name", "red"), MakeTerm("name", "shoe")}, 0.5f), "shoe")
                .description,
            "max plus 0.5 times others of:");
}

TEST_F(ExplanationTest, ConstantScoresAndRangesAreShort) {
  EXPECT_EQ(Tree(MakeConstantScore(MakePrefix("tags", "s"), 3), "shoe"),
            "ConstantScore(tags:s*)^3.0\n");
  EXPECT_EQ(Tree(MakeRange("price", Bound{"10"}, Bound{"60", false}), "shoe"),
            "price:[10 TO 60}\n");
  EXPECT_EQ(Tree(MakeRange("price", Bound{"60", false}, std::nullopt), "shoe"),
            "price:{60 TO *] doesn't match id 0\n");
  EXPECT_EQ(Tree(MakeTerms("tags", {"sale", "x"}), "shoe"), "tags:(sale x)\n");
  EXPECT_EQ(Tree(MakeExists("price"), "shoe"), "FieldExistsQuery [field=price]\n");
  EXPECT_EQ(Tree(MakeIds({"shoe"}), "shoe"), "_id:(shoe)\n");
  EXPECT_EQ(Tree(MakeMatchNone(), "shoe"), "MatchNoDocsQuery doesn't match id 0\n");
}

TEST_F(ExplanationTest, OneSentenceTellsAMerchandiserWhy) {
  EXPECT_EQ(ExplanationSentence(Explain(MakeMatch({.field = "name", .text = "red shoe"}), "shoe")),
            "Scores 1.57: 1.30 for \"shoe\" in name (once; 1 of 5 documents have it) and 0.27 for "
            "\"red\" in name (once; 4 of 5 documents have it).");
  EXPECT_EQ(ExplanationSentence(Explain(MakeTerm("name", "red"), "desk")), "Does not match.");
  EXPECT_EQ(ExplanationSentence(Explain(MakeBool({.filter = {MakeMatchAll()}}), "desk")),
            "Matches, and nothing in the query gives a score.");
}

class RandomExplanationTest : public binseek::test::SeededTest {
 protected:
  RandomExplanationTest() : oracle_(&random()) {
    engine_.CreateIndex("products", kProductMapping, {"stock"});
  }

  static bool SameBits(float a, float b) { return std::memcmp(&a, &b, sizeof(a)) == 0; }

  void Check(const MeantQuery& query) {
    SearchRequest request;
    request.query = query.query;
    request.size = 100'000;
    // One view for both: a merge in between would change the statistics.
    const auto view = engine_.view();
    engine_.HoldView(view);
    const SearchResult result = engine_.Search(request);
    const index::IndexView& index = *view->Find("products");
    BindContext context;
    context.index = &index;
    context.now_micros = engine_.clock()->NowMicros();
    const auto weight = query.query->Bind(context, 1);
    ASSERT_OK(weight);
    std::map<std::string, float> scores;
    for (const Hit& hit : result.hits) {
      scores[hit.id] = *hit.score;
    }
    for (uint32_t s = 0; s < index.segments.size(); ++s) {
      const index::SegmentView& segment = *index.segments[s];
      for (codec::DocId doc = 0; doc < segment.max_doc(); ++doc) {
        if (!segment.IsLive(doc)) {
          continue;
        }
        const auto explanation = (*weight)->Explain(segment, doc);
        ASSERT_OK(explanation);
        const auto score = scores.find(std::string(segment.segment().Key(doc)));
        ASSERT_EQ(explanation->matches, score != scores.end()) << explanation->description;
        if (explanation->matches) {
          ASSERT_TRUE(SameBits(explanation->value, score->second))
              << explanation->value << " is not " << score->second;
        } else {
          ASSERT_EQ(explanation->value, 0);
        }
      }
    }
  }

  TestEngine engine_;
  Oracle oracle_;
};

TEST_F(RandomExplanationTest, TheValueIsTheScoreToTheBit) {
  for (uint64_t round = 0; round < Iterations(4) && !HasFatalFailure(); ++round) {
    for (uint64_t i = 0; i < 60; ++i) {
      const std::string id = std::to_string(Uniform(150));
      if (OneIn(6)) {
        engine_.Delete("products", id);
      } else {
        engine_.Put("products", id, oracle_.MakeProduct(id).ToJson());
      }
      if (OneIn(20)) {
        engine_.Apply();
      }
    }
    engine_.Apply();
    oracle_.Look(*engine_.view()->Find("products"));
    for (uint64_t i = 0; i < 25 && !HasFatalFailure(); ++i) {
      const MeantQuery query = oracle_.MakeQuery(3);
      SCOPED_TRACE(query.text);
      Check(query);
    }
  }
}

}  // namespace
}  // namespace binseek::search::test
