// What each kind of query matches.
#include "engine/search/query.h"

#include <gtest/gtest.h>

#include "tests/engine/search/shop.h"

namespace binseek::search::test {
namespace {

using TermQueryTest = ShopTest;
using RangeQueryTest = ShopTest;
using MatchQueryTest = ShopTest;
using BoolQueryTest = ShopTest;
using ExistsQueryTest = ShopTest;
using PrefixQueryTest = ShopTest;
using FlattenedFieldTest = ShopTest;
using QueryLimitsTest = ShopTest;

TEST_F(TermQueryTest, TextIsNotAnalysedAndKeywordsAreNormalised) {
  EXPECT_EQ(shop_.Ids(MakeTerm("name", "red")), (Ids{"boot", "lamp", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeTerm("name", "Red")), Ids{});
  EXPECT_EQ(shop_.Ids(MakeTerm("brand", "aCmE")), (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeTerm("name.keyword", "Red boot")), Ids{"boot"});
}

TEST_F(TermQueryTest, NumbersDatesAndBooleansMatchByValue) {
  EXPECT_EQ(shop_.Ids(MakeTerm("stock", "12.0")), Ids{"boot"});
  EXPECT_EQ(shop_.Ids(MakeTerm("stock", "12.5")), Ids{});
  EXPECT_EQ(shop_.Ids(MakeTerm("price", "59.5")), Ids{"shoe"});
  EXPECT_EQ(shop_.Ids(MakeTerm("active", "false")), Ids{"boot"});
  EXPECT_EQ(shop_.Ids(MakeTerm("sizes", "42")), (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeTerm("made", "2026-01-02")), (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeTerm("made", "2026-01-02T10:00:00Z")), Ids{"shoe"});
}

TEST_F(TermQueryTest, AValueOfAnotherKindIsRefusedAndAnUnknownFieldMatchesNothing) {
  EXPECT_EQ(shop_.ErrorOf(MakeTerm("stock", "many")),
            "failed to create query: For input string: \"many\"");
  EXPECT_EQ(
      shop_.ErrorOf(MakeTerm("active", "maybe")),
      "failed to create query: Can't parse boolean value [maybe], expected [true] or [false]");
  EXPECT_TRUE(shop_.ErrorOf(MakeTerm("made", "someday"))
                  .starts_with("failed to create query: failed to parse date field [someday]"));
  EXPECT_EQ(shop_.Ids(MakeTerm("no_such_field", "x")), Ids{});
}

TEST_F(TermQueryTest, IdAndIndexAreFields) {
  EXPECT_EQ(shop_.Ids(MakeTerm("_id", "lamp")), Ids{"lamp"});
  EXPECT_EQ(shop_.Ids(MakeTerms("_id", {"lamp", "gone", "desk"})), (Ids{"desk", "lamp"}));
  EXPECT_EQ(shop_.Ids(MakeTerm("_index", "products")).size(), 5u);
  EXPECT_EQ(shop_.Ids(MakeTerm("_index", "other")), Ids{});
}

TEST_F(TermQueryTest, TermsTakeAnyOfTheirValues) {
  EXPECT_EQ(shop_.Ids(MakeTerms("tags", {"winter", "home", "none"})), (Ids{"boot", "lamp"}));
  EXPECT_EQ(shop_.Ids(MakeTerms("stock", {"-1", "3", "4", "5", "6", "7", "100"})),
            (Ids{"desk", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeTerms("sizes", {"40", "44", "50", "60", "70", "80"})), Ids{"boot"});
  EXPECT_EQ(shop_.Ids(MakeTerms("tags", {})), Ids{});
}

TEST_F(TermQueryTest, AnUpdateInPlaceIsWhatMatches) {
  shop_.Update("products", "boot", "stock", 100);
  shop_.Update("products", "shoe", "stock", std::nullopt);
  shop_.Apply();
  EXPECT_EQ(shop_.Ids(MakeTerm("stock", "100")), Ids{"boot"});
  EXPECT_EQ(shop_.Ids(MakeTerm("stock", "12")), Ids{});
  EXPECT_EQ(shop_.Ids(MakeExists("stock")), (Ids{"boot", "desk"}));
}

TEST_F(RangeQueryTest, BoundsMayLieBetweenAndBeyondAllValues) {
  EXPECT_EQ(shop_.Ids(MakeRange("stock", Bound{"2.5"}, std::nullopt)), (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeRange("stock", Bound{"3", false}, std::nullopt)), Ids{"boot"});
  EXPECT_EQ(shop_.Ids(MakeRange("stock", std::nullopt, Bound{"-0.5"})), Ids{"desk"});
  EXPECT_EQ(shop_.Ids(MakeRange("stock", Bound{"-1e30"}, Bound{"1e30"})),
            (Ids{"boot", "desk", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeRange("stock", Bound{"1e30"}, std::nullopt)), Ids{});
  EXPECT_EQ(shop_.Ids(MakeRange("stock", Bound{"9223372036854775807", false}, std::nullopt)),
            Ids{});
  EXPECT_EQ(shop_.Ids(MakeRange("stock", Bound{"5"}, Bound{"4"})), Ids{});
  EXPECT_EQ(shop_.Ids(MakeRange("price", Bound{"25", false}, Bound{"120", false})), Ids{"shoe"});
}

TEST_F(RangeQueryTest, OneOfSeveralValuesIsEnough) {
  EXPECT_EQ(shop_.Ids(MakeRange("sizes", Bound{"43"}, std::nullopt)), Ids{"boot"});
  EXPECT_EQ(shop_.Ids(MakeRange("sizes", std::nullopt, Bound{"41"})), Ids{"shoe"});
}

TEST_F(RangeQueryTest, DatesEndWithTheirDayAndKnowArithmetic) {
  EXPECT_EQ(shop_.Ids(MakeRange("made", std::nullopt, Bound{"2026-01-02"})), (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeRange("made", Bound{"2026-01-02", false}, std::nullopt)), Ids{"lamp"});
  EXPECT_EQ(shop_.Ids(MakeRange("made", std::nullopt, Bound{"2026-01-02", false})), Ids{});
  EXPECT_EQ(shop_.Ids(MakeRange("made", Bound{"2026-01-01||+1M/d"}, std::nullopt)), Ids{"lamp"});
  // The clock of the tests says 2026-01-01.
  EXPECT_EQ(shop_.Ids(MakeRange("made", Bound{"now/d"}, Bound{"now+1d/d"})), (Ids{"boot", "shoe"}));
}

TEST_F(RangeQueryTest, KeywordsCompareByTheirBytes) {
  EXPECT_EQ(shop_.Ids(MakeRange("tags", Bound{"sale", false}, Bound{"winter"})),
            (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeRange("tags", std::nullopt, Bound{"home"})), Ids{"lamp"});
  EXPECT_EQ(shop_.Ids(MakeRange("name", Bound{"s"}, Bound{"t"})), (Ids{"lamp", "shoe"}));
}

TEST_F(MatchQueryTest, TokensAreOptionalUnlessAllAreAsked) {
  EXPECT_EQ(shop_.Ids(MakeMatch({.field = "name", .text = "RED desk"})),
            (Ids{"boot", "desk", "lamp", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeMatch({.field = "name", .text = "RED desk", .operator_and = true})),
            Ids{"lamp"});
  EXPECT_EQ(
      shop_.Ids(MakeMatch({.field = "name", .text = "red shoe boot", .minimum_should_match = "2"})),
      (Ids{"boot", "shoe"}));
  EXPECT_EQ(
      shop_.Ids(MakeMatch({.field = "name", .text = "red shoe boot", .minimum_should_match = "4"})),
      Ids{});
  EXPECT_EQ(shop_.Ids(MakeMatch({.field = "name", .text = "desk", .minimum_should_match = "4"})),
            (Ids{"desk", "lamp"}));
}

TEST_F(MatchQueryTest, TextWithoutTokensMatchesNothingOrAll) {
  EXPECT_EQ(shop_.Ids(MakeMatch({.field = "name", .text = " ,; "})), Ids{});
  EXPECT_EQ(shop_.Ids(MakeMatch({.field = "name", .text = "", .zero_terms_all = true})).size(), 5u);
}

TEST_F(MatchQueryTest, OtherFieldsMatchExactlyAndLenientForgives) {
  EXPECT_EQ(shop_.Ids(MakeMatch({.field = "brand", .text = "acme"})), (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeMatch({.field = "stock", .text = "3"})), Ids{"shoe"});
  EXPECT_EQ(shop_.ErrorOf(MakeMatch({.field = "stock", .text = "red"})),
            "failed to create query: For input string: \"red\"");
  EXPECT_EQ(shop_.Ids(MakeMatch({.field = "stock", .text = "red", .lenient = true})), Ids{});
}

TEST_F(MatchQueryTest, SeveralFieldsByPattern) {
  MultiMatchOptions options;
  options.fields = {{"*", 1.0f}};
  options.match.text = "sale";
  EXPECT_EQ(shop_.Ids(MakeMultiMatch(options)), (Ids{"lamp", "shoe"}));
  options.fields = {{"shop.*", 1.0f}, {"name", 2.0f}};
  options.match.text = "Wien";
  EXPECT_EQ(shop_.Ids(MakeMultiMatch(options)), Ids{"shoe"});
  options.fields = {};
  EXPECT_EQ(shop_.Ids(MakeMultiMatch(options)), Ids{});
}

TEST_F(MatchQueryTest, TheBestFieldCountsAndTheOthersByTheTieBreaker) {
  MultiMatchOptions options;
  options.fields = {{"name", 1.0f}, {"tags", 3.0f}};
  options.match.text = "sale";
  const float best = shop_.Scores(MakeMultiMatch(options))["lamp"];
  EXPECT_FLOAT_EQ(best, shop_.Scores(MakeTerm("tags", "sale", 3))["lamp"]);
}

TEST_F(BoolQueryTest, OfNoOptionalClausesNoneCanMatch) {
  const auto none = [] {
    return MakeBool({.filter = {MakeTerm("name", "red")}, .minimum_should_match = "1"});
  };
  EXPECT_EQ(shop_.Ids(none()), Ids{});
  EXPECT_EQ(shop_.Ids(MakeBool({.filter = {none()}})), Ids{});
  EXPECT_EQ(shop_.Ids(MakeBool({.filter = {none(), MakeTerm("stock", "3")}})), Ids{});
  EXPECT_EQ(shop_.Ids(MakeBool({.must = {none(), MakeTerm("stock", "3")}})), Ids{});
  EXPECT_EQ(shop_.Ids(MakeBool({.should = {none(), MakeTerm("stock", "3")}})), Ids{"shoe"});
  EXPECT_EQ(shop_.Ids(MakeBool({.filter = {MakeTerm("name", "red")}, .must_not = {none()}})),
            (Ids{"boot", "lamp", "shoe"}));
}

TEST_F(BoolQueryTest, ClausesRequireExcludeAndAdd) {
  EXPECT_EQ(shop_.Ids(MakeBool(
                {.must = {MakeTerm("name", "red")}, .must_not = {MakeTerm("tags", "sale")}})),
            Ids{"boot"});
  EXPECT_EQ(shop_.Ids(MakeBool({.should = {MakeTerm("stock", "3"), MakeTerm("stock", "12")}})),
            (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeBool({.filter = {MakeTerm("name", "red"), MakeTerm("active", "true")}})),
            (Ids{"lamp", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeBool({})).size(), 5u);
}

TEST_F(BoolQueryTest, MustNotAloneMatchesAllOthersWithoutScore) {
  const auto scores = shop_.Scores(MakeBool({.must_not = {MakeTerm("name", "red")}}));
  EXPECT_EQ(scores, (std::map<std::string, float>{{"bare", 0.0f}, {"desk", 0.0f}}));
}

TEST_F(BoolQueryTest, FiltersDoNotScoreAndOptionalClausesOnlyAdd) {
  EXPECT_EQ(shop_.Scores(MakeBool({.filter = {MakeTerm("name", "red")}}))["boot"], 0.0f);
  const QueryPtr query =
      MakeBool({.must = {MakeTerm("name", "red")}, .should = {MakeTerm("tags", "winter")}});
  auto scores = shop_.Scores(query);
  EXPECT_EQ(scores.size(), 3u);
  EXPECT_FLOAT_EQ(scores["boot"], shop_.Scores(MakeTerm("name", "red"))["boot"] +
                                      shop_.Scores(MakeTerm("tags", "winter"))["boot"]);
  EXPECT_FLOAT_EQ(scores["lamp"], shop_.Scores(MakeTerm("name", "red"))["lamp"]);
}

TEST_F(BoolQueryTest, ScoresAreSummedInDoubleAndCutOnce) {
  double sum = 0;
  std::vector<QueryPtr> clauses;
  for (const char* word : {"desk", "lamp", "red", "shade"}) {
    clauses.push_back(MakeTerm("name", word));
    sum += static_cast<double>(shop_.Scores(clauses.back())["lamp"]);
  }
  EXPECT_EQ(shop_.Scores(MakeBool({.should = clauses}))["lamp"], static_cast<float>(sum));
  EXPECT_EQ(shop_.Scores(MakeBool({.must = clauses}))["lamp"], static_cast<float>(sum));
}

TEST_F(BoolQueryTest, MoreClausesThanThereAreMatchNothing) {
  EXPECT_EQ(shop_.Ids(MakeBool({.should = {MakeMatchAll()}, .minimum_should_match = "2"})), Ids{});
  EXPECT_EQ(shop_.Ids(MakeBool({.filter = {MakeMatchAll()}, .minimum_should_match = "1"})), Ids{});
  EXPECT_EQ(shop_.Ids(MakeBool({.should = {MakeMatchAll()}, .minimum_should_match = "0"})).size(),
            5u);
}

TEST_F(BoolQueryTest, BoostsMultiplyDownTheTree) {
  const QueryPtr inner = MakeConstantScore(MakeTerm("stock", "3"), 2);
  EXPECT_EQ(shop_.Scores(MakeBool({.must = {inner}, .boost = 3}))["shoe"], 6.0f);
  EXPECT_EQ(shop_.Scores(MakeDisMax({inner, MakeMatchAll()}, 0.5f, 2))["shoe"], 5.0f);
}

TEST(MinimumShouldMatchTest, AllFormsOfTheSpecification) {
  const auto needed = [](const std::string& specification, int clauses) {
    return ParseMinimumShouldMatch(specification, clauses).value_or(-1);
  };
  EXPECT_EQ(needed("2", 5), 2);
  EXPECT_EQ(needed("-1", 5), 4);
  EXPECT_EQ(needed("-9", 5), 0);
  EXPECT_EQ(needed("75%", 5), 3);
  EXPECT_EQ(needed("-25%", 5), 4);
  EXPECT_EQ(needed("100%", 5), 5);
  EXPECT_EQ(needed("3<90%", 3), 3);
  EXPECT_EQ(needed("3<90%", 4), 3);
  EXPECT_EQ(needed("2<-25% 9<-3", 2), 2);
  EXPECT_EQ(needed("2<-25% 9<-3", 8), 6);
  EXPECT_EQ(needed("2<-25% 9<-3", 10), 7);
  EXPECT_EQ(needed("2 < 50%", 4), 2);
  for (const char* wrong : {"", "x", "%", "2<", "<2", "2<x", "1.5", "3<2 x", "99999999999"}) {
    EXPECT_EQ(needed(wrong, 4), -1) << wrong;
  }
}

TEST_F(ExistsQueryTest, FieldsObjectsAndPathsHaveValues) {
  EXPECT_EQ(shop_.Ids(MakeExists("name")), (Ids{"boot", "desk", "lamp", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeExists("sizes")), (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeExists("shop")), (Ids{"lamp", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeExists("shop.floor")), Ids{"lamp"});
  EXPECT_EQ(shop_.Ids(MakeExists("attrs")), (Ids{"boot", "lamp", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeExists("attrs.sole")), Ids{"shoe"});
  EXPECT_EQ(shop_.Ids(MakeExists("attrs.watt")), Ids{"lamp"});
  EXPECT_EQ(shop_.Ids(MakeExists("nothing")), Ids{});
}

TEST_F(PrefixQueryTest, TermsBeginSo) {
  EXPECT_EQ(shop_.Ids(MakePrefix("tags", "s")), (Ids{"lamp", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakePrefix("tags", "")), (Ids{"boot", "lamp", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakePrefix("name.keyword", "red")), Ids{});
  EXPECT_EQ(shop_.Ids(MakePrefix("name.keyword", "red", true)), (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakePrefix("brand", "AC")), (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.ErrorOf(MakePrefix("stock", "1")),
            "failed to create query: Can only use prefix queries on keyword, text and wildcard "
            "fields - not on [stock] which is of "
            "type [long]");
}

TEST_F(FlattenedFieldTest, LeavesMatchAloneAndByTheirPath) {
  EXPECT_EQ(shop_.Ids(MakeTerm("attrs", "red")), Ids{"shoe"});
  EXPECT_EQ(shop_.Ids(MakeTerm("attrs.color", "red")), Ids{"shoe"});
  EXPECT_EQ(shop_.Ids(MakeTerm("attrs.sole.kind", "gum")), Ids{"shoe"});
  EXPECT_EQ(shop_.Ids(MakeTerm("attrs.sole", "red")), Ids{});
  EXPECT_EQ(shop_.Ids(MakeTerms("attrs.color", {"blue", "brown"})), (Ids{"boot", "lamp"}));
  EXPECT_EQ(shop_.Ids(MakePrefix("attrs.color", "b")), (Ids{"boot", "lamp"}));
  EXPECT_EQ(shop_.Ids(MakePrefix("attrs", "so")), Ids{});  // a path is no value
  EXPECT_EQ(shop_.Ids(MakeRange("attrs.color", Bound{"brown"}, std::nullopt)),
            (Ids{"boot", "shoe"}));
  EXPECT_EQ(shop_.Ids(MakeRange("attrs", Bound{"4"}, Bound{"5"})), Ids{"lamp"});
}

TEST_F(QueryLimitsTest, TreesTooDeepOrTooLargeAreRefused) {
  QueryPtr deep = MakeMatchAll();
  for (uint32_t i = 0; i < kMaxQueryDepth; ++i) {
    deep = MakeConstantScore(deep);
  }
  EXPECT_NE(shop_.ErrorOf(deep), "");
  EXPECT_NE(shop_.ErrorOf(MakeBool({.should = std::vector<QueryPtr>(kMaxClauses, MakeMatchAll())})),
            "");
  std::string words;
  for (uint32_t i = 0; i <= kMaxClauses; ++i) {
    words += "w" + std::to_string(i) + " ";
  }
  EXPECT_EQ(shop_.ErrorOf(MakeMatch({.field = "name", .text = words})),
            "failed to create query: maxClauseCount is set to 1024");
  EXPECT_NE(shop_.ErrorOf(MakeTerms("tags", std::vector<std::string>(kMaxTermsValues + 1, "x"))),
            "");
}

}  // namespace
}  // namespace binseek::search::test
