// What a boolean query becomes before it runs.
#include "engine/search/bool_rewrite.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "engine/search/similarity_model.h"

namespace binseek::search {
namespace {

QueryPtr T(const std::string& word, float boost = 1) { return MakeTerm("a", word, boost); }

// "+x y^2 #z -w (…)"
std::string Shown(const BoolOptions& options);
std::string Shown(const QueryPtr& query) {
  if (const BoolOptions* const inner = query->AsBool(); inner != nullptr) {
    return "(" + Shown(*inner) + ")";
  }
  std::string key = query->Key();
  key = key.substr(key.find('\0') + 1);
  return query->boost() == 1 ? key : key + "^" + std::to_string(static_cast<int>(query->boost()));
}
std::string Shown(const BoolOptions& options) {
  std::string out;
  const auto add = [&](const char* sign, const std::vector<QueryPtr>& clauses) {
    for (const QueryPtr& clause : clauses) {
      out += (out.empty() ? "" : " ") + std::string(sign) + Shown(clause);
    }
  };
  add("+", options.must);
  add("", options.should);
  add("#", options.filter);
  add("-", options.must_not);
  return out + (options.minimum_should_match.empty() ? "" : "~" + options.minimum_should_match) +
         (options.boost == 1 ? "" : "^" + std::to_string(static_cast<int>(options.boost)));
}
std::string Rewritten(const BoolOptions& options) {
  const BindContext context;
  const Result<BoolOptions> out = RewriteBool(options, context);
  return out.ok() ? Shown(*out) : out.status().message();
}

TEST(BoolRewriteTest, EqualClausesBecomeOneWithTheSumOfTheirBoosts) {
  EXPECT_EQ(Rewritten({.should = {T("x"), T("y"), T("x", 2)}}), "x^3 y");
  EXPECT_EQ(Rewritten({.must = {T("x"), T("x")}}), "+x^2");
  EXPECT_EQ(Rewritten({.should = {T("x"), T("x"), T("y")}, .minimum_should_match = "2"}),
            "x x y~2");  // they count
}

TEST(BoolRewriteTest, AnOptionalClauseThatIsAFilterIsRequired) {
  EXPECT_EQ(Rewritten({.should = {T("x"), T("y")}, .filter = {T("x")}}), "+x y");
  EXPECT_EQ(Rewritten({.should = {T("x", 2), T("y")}, .filter = {T("x")}}), "x^2 y #x");
  EXPECT_EQ(Rewritten({.should = {T("x")}, .filter = {MakeConstantScore(T("x"))}}), "+x");
}

TEST(BoolRewriteTest, NestedDisjunctionsAndConjunctionsAreTakenIn) {
  const QueryPtr any = MakeBool({.should = {T("x"), T("y")}});
  const QueryPtr all = MakeBool({.must = {T("x")}, .filter = {T("y")}, .must_not = {T("z")}});
  EXPECT_EQ(Rewritten({.should = {any, T("z")}}), "x y z");
  EXPECT_EQ(Rewritten({.must = {all, T("w")}}), "+x +w #y -z");
  EXPECT_EQ(Rewritten({.must = {T("w")}, .filter = {all}}), "+w #x #y -z");
  EXPECT_EQ(Rewritten({.must = {any, T("w")}}), "+(x y) +w");
  EXPECT_EQ(Rewritten({.should = {any, T("z"), T("w")}, .minimum_should_match = "2"}),
            "(x y) z w~2");
}

TEST(BoolRewriteTest, ABoostKeepsANestedQueryApart) {
  const QueryPtr any = MakeBool({.should = {T("x"), T("y")}, .boost = 2});
  EXPECT_EQ(Rewritten({.should = {any, T("z")}}), "(x y^2) z");
  EXPECT_EQ(Rewritten({.should = {MakeBool({.must = {T("x")}, .boost = 2}), T("z")}}), "x^2 z");
}

TEST(BoolRewriteTest, AsManyAsThereAreMustAllMatch) {
  EXPECT_EQ(Rewritten({.should = {T("x"), T("y")}, .minimum_should_match = "2"}), "+x +y");
  EXPECT_EQ(Rewritten({.must = {T("w")}, .should = {T("x")}, .minimum_should_match = "1"}),
            "+w +x");
}

TEST(BoolRewriteTest, WhatAsksForMoreThanItHasMatchesNothingWhereverItStands) {
  const QueryPtr none = MakeBool({.filter = {T("x")}, .minimum_should_match = "1"});
  const std::string shown = Shown(MakeMatchNone());
  EXPECT_EQ(Rewritten({.filter = {none, T("y")}}), "#" + shown + " #y");
  EXPECT_EQ(Rewritten({.must = {none, T("y")}}), "+" + shown + " +y");
  EXPECT_EQ(Rewritten({.must = {T("y")}, .must_not = {none}}), "+y -" + shown);
  EXPECT_EQ(Rewritten({.should = {T("y"), none}}), "y " + shown);
  EXPECT_EQ(Rewritten({.must = {MakeBool({.must = {none}}), T("y")}}), "+" + shown + " +y");
  EXPECT_EQ(Rewritten({.filter = {T("x")}, .minimum_should_match = "1"}), "#x~1");
  // One that is required already counts.
  const QueryPtr one =
      MakeBool({.should = {T("x")}, .filter = {T("x")}, .minimum_should_match = "1"});
  EXPECT_EQ(Rewritten({.filter = {one, T("y")}}), "#x #y");
}

TEST(BoolRewriteTest, ManyClausesAreComparedByTheirKeys) {
  BoolOptions options;
  for (int i = 0; i < 200'000; ++i) {
    options.should.push_back(T(std::to_string(i / 2)));
  }
  const BindContext context;
  const auto begin = std::chrono::steady_clock::now();
  const Result<BoolOptions> out = RewriteBool(options, context);
  ASSERT_TRUE(out.ok());
  EXPECT_EQ(out->should.size(), 100'000U);
  EXPECT_EQ(out->should[7]->boost(), 2);
  // Each with each other takes a minute.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST(SimilaritiesTest, SettingsAreReadFlatAndNested) {
  const auto names = [](const char* json) {
    const Result<Similarities> all = Similarities::OfIndex(json);
    return all.ok() ? std::string(all->Find("mine") != nullptr ? "mine" : "none")
                    : all.status().message();
  };
  EXPECT_EQ(names("{}"), "none");
  EXPECT_EQ(names(R"({"index.similarity.mine.type": "LMDirichlet", "index.codec": "x"})"), "mine");
  EXPECT_EQ(names(R"({"index": {"similarity": {"mine": {"type": "BM25", "b": "0.5"}}}})"), "mine");
  EXPECT_EQ(names(R"({"similarity": {"mine": {"type": "nothing"}}})"),
            "Unknown Similarity type [nothing] for [mine]");
  EXPECT_EQ(names(R"({"similarity": {"mine": {"type": "BM25", "b": 2}}})"),
            "Unsupported value [2] of [b] in similarity [mine]");
  EXPECT_EQ(names(R"({"similarity": {"mine": {"type": "BM25", "discount_overlaps": false}}})"),
            "mine");
  EXPECT_EQ(names(R"({"similarity": {"mine": {"type": "BM25", "discount_overlaps": 1}}})"),
            "Unsupported value [1] of [discount_overlaps] in similarity [mine]");
  EXPECT_EQ(
      names(
          R"({"similarity": {"mine": {"type": "DFR", "basic_model": "g", "after_effect": "b", "normalization": "h9"}}})"),
      "Unsupported value [h9] of [normalization] in similarity [mine]");
}

}  // namespace
}  // namespace binseek::search
