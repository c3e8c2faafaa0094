// Top hits, sort, totals and what ends a search early.
#include "engine/search/searcher.h"

#include <gtest/gtest.h>

#include <limits>

#include "tests/engine/search/aggregations.h"
#include "tests/engine/search/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

using SearchTest = ShopTest;
using SortTest = ShopTest;

SortKey By(const std::string& field, bool descending = false) {
  SortKey key;
  key.field = field;
  key.descending = descending;
  return key;
}

TEST_F(SearchTest, HitsSayWhereTheyAreAndWhichVersion) {
  SearchRequest request;
  request.query = MakeTerm("stock", "12");
  request.parts.versions = true;
  const SearchResult result = shop_.Search(request);
  ASSERT_EQ(result.hits.size(), 1u);
  const Hit& hit = result.hits[0];
  EXPECT_EQ(hit.index->name, "products");
  EXPECT_EQ(hit.id, "boot");
  EXPECT_EQ(hit.version, 1);
  EXPECT_EQ(hit.seq_no, 1);
  EXPECT_EQ(*hit.score, 1.0f);
  EXPECT_EQ(result.max_score, 1.0f);
  std::string source;
  ASSERT_OK(index::AppendSource(*hit.index, hit.address, &source));
  EXPECT_NE(source.find("Red boot"), std::string::npos);
}

TEST_F(SearchTest, HitsHaveOnlyWhatIsAskedForOfThem) {
  SearchRequest request;
  request.query = MakeTerm("stock", "12");
  SearchResult result = shop_.Search(request);
  ASSERT_EQ(result.hits.size(), 1u);
  EXPECT_EQ(result.hits[0].id, "boot");
  EXPECT_EQ(result.hits[0].version, 0);
  EXPECT_EQ(result.hits[0].seq_no, 0);
  request.parts = {.ids = false, .versions = true};
  result = shop_.Search(request);
  ASSERT_EQ(result.hits.size(), 1u);
  EXPECT_EQ(result.hits[0].id, "");
  EXPECT_EQ(result.hits[0].version, 1);
  EXPECT_EQ(result.hits[0].seq_no, 1);
}

// More than are looked up at once, of several segments, with keys of different length, versions from the segment and from pages.
TEST(HitFetchTest, ManyHitsHaveEachItsOwnKeyAndVersion) {
  TestEngine engine;
  engine.CreateIndex("products",
                     R"({"properties": {"n": {"type": "long"}, "m": {"type": "long"}}})", {"m"});
  constexpr uint64_t kDocuments = 501;
  const auto key = [](uint64_t i) { return std::string(i % 7 * (i % 5), 'k') + std::to_string(i); };
  for (uint64_t i = 0; i < kDocuments; ++i) {
    engine.Put("products", key(i), R"({"n": )" + std::to_string(i) + "}");
    if (i == 200) {
      engine.Apply();
    }
  }
  engine.Apply();
  for (uint64_t i = 0; i < kDocuments; i += 3) {
    engine.Put("products", key(i), R"({"n": )" + std::to_string(i) + "}");
    engine.Update("products", key(i + 1), "m", 5);
  }
  engine.Apply();
  SearchRequest request;
  request.size = kDocuments;
  request.sort = {By("n")};
  request.parts.versions = true;
  const SearchResult result = engine.Search(request);
  ASSERT_EQ(result.hits.size(), kDocuments);
  for (uint64_t i = 0; i < kDocuments; ++i) {
    EXPECT_EQ(result.hits[i].id, key(i));
    EXPECT_EQ(result.hits[i].version, i % 3 == 2 ? 1 : 2) << i;
  }
}

TEST_F(SearchTest, TotalsAreExactUpToTheLimitAndSaySoBeyond) {
  SearchRequest request;
  EXPECT_EQ(shop_.Search(request).total->value, 5u);
  EXPECT_TRUE(shop_.Search(request).total->exact);
  request.track_total_hits = 3;
  EXPECT_EQ(shop_.Search(request).total->value, 3u);
  EXPECT_FALSE(shop_.Search(request).total->exact);
  request.track_total_hits = 5;
  EXPECT_TRUE(shop_.Search(request).total->exact);
  request.track_total_hits = SearchRequest::kCountNone;
  EXPECT_FALSE(shop_.Search(request).total.has_value());
  EXPECT_EQ(shop_.Search(request).hits.size(), 5u);
}

TEST_F(SearchTest, CountsWithoutHits) {
  const auto view = shop_.view();
  const index::IndexView* products = view->Find("products");
  EXPECT_EQ(*Count(*view, {{products}}, nullptr, shop_.options()), 5u);
  EXPECT_EQ(*Count(*view, {{products}}, MakeTerm("name", "red"), shop_.options()), 3u);
  SearchRequest request;
  request.size = 0;
  const SearchResult result = shop_.Search(request);
  EXPECT_TRUE(result.hits.empty());
  EXPECT_FALSE(result.max_score.has_value());
  EXPECT_EQ(result.cursor, nullptr);
}

TEST_F(SearchTest, PostFilterNarrowsHitsButNotAggregations) {
  SearchRequest request;
  request.query = MakeTerm("name", "red");
  request.post_filter = MakeTerm("tags", "sale");
  request.aggregations = {TermsSpec("tags")};
  const SearchResult result = shop_.Search(request);
  EXPECT_EQ(result.total->value, 2u);
  EXPECT_EQ(Buckets(result.aggregations[0]).size(), 4u);
}

TEST_F(SearchTest, MinScoreDropsMatches) {
  SearchRequest request;
  request.query =
      MakeBool({.should = {MakeConstantScore(MakeTerm("name", "red"), 2), MakeMatchAll()}});
  request.min_score = 3.0f;
  EXPECT_EQ(shop_.Search(request).total->value, 3u);
  request.size = 0;
  EXPECT_EQ(shop_.Search(request).total->value, 3u);
}

TEST_F(SearchTest, TerminatesAfterSoManyDocuments) {
  SearchRequest request;
  request.terminate_after = 2;
  SearchResult result = shop_.Search(request);
  EXPECT_EQ(result.total->value, 2u);
  EXPECT_TRUE(result.terminated_early);
  request.terminate_after = 5;
  EXPECT_FALSE(shop_.Search(request).terminated_early);
}

TEST_F(SearchTest, ACancelledSearchFailsAndALateOneSaysSo) {
  const auto view = shop_.view();
  const std::vector<const index::IndexView*> indices = {view->Find("products")};
  SearchRequest request;
  SearchOptions options = shop_.options();
  const std::atomic<bool> cancel = true;
  options.cancel = &cancel;
  EXPECT_STATUS(Search(*view, indices, request, options), kAborted);
  EXPECT_STATUS(Count(*view, indices, MakeMatchAll(), options), kAborted);

  class RacingClock final : public Clock {
   public:
    int64_t NowMicros() const override { return 0; }
    int64_t MonotonicMicros() const override { return now_ += 1'000'000; }

   private:
    mutable int64_t now_ = 0;
  };
  const RacingClock clock;
  options = shop_.options();
  options.clock = &clock;
  request.timeout_ms = 5;
  const Result<SearchResult> late = Search(*view, indices, request, options);
  ASSERT_OK(late);
  EXPECT_TRUE(late->timed_out);
  EXPECT_STATUS(Count(*view, indices, MakeMatchAll(), options, 5), kAborted);
}

TEST_F(SearchTest, ResultWindowIsBounded) {
  const auto view = shop_.view();
  SearchRequest request;
  request.from = 9'999;
  request.size = 2;
  SearchOptions options;
  const Result<SearchResult> result = Search(*view, {{view->Find("products")}}, request, options);
  EXPECT_STATUS(result, kInvalidArgument);
  EXPECT_TRUE(
      result.status().message().starts_with("Result window is too large, from + size must be less "
                                            "than or equal to: [10000] but was [10001]"));
}

TEST_F(SearchTest, SeveralIndicesAreOneOrderWithStatisticsOfTheirOwn) {
  shop_.CreateIndex("archive",
                    R"({"properties": {"name": {"type": "text"}, "price": {"type": "long"}}})");
  shop_.Put("archive", "old", R"({"name": "red", "price": 60})");
  shop_.Apply();
  SearchRequest request;
  request.query = MakeExists("price");
  request.sort = {By("price")};
  const SearchResult result = shop_.Search(request);
  EXPECT_EQ(IdsOf(result), (Ids{"lamp", "shoe", "old", "boot"}));
  EXPECT_EQ(result.hits[2].sort, Ids{"60.0"});  // a long and a double meet as doubles
  EXPECT_EQ(result.shards, 2u);
  EXPECT_EQ(shop_.Search(request, {"archive"}).hits[0].sort, Ids{"60"});
}

TEST_F(SortTest, MissingValuesComeLastFirstOrInTheirPlace) {
  SearchRequest request;
  request.sort = {By("stock"), By("_doc")};
  request.sort[1].kind = SortKey::Kind::kDoc;
  EXPECT_EQ(shop_.Ordered(request), (Ids{"desk", "shoe", "boot", "lamp", "bare"}));
  request.sort[0].descending = true;
  EXPECT_EQ(shop_.Ordered(request), (Ids{"boot", "shoe", "desk", "lamp", "bare"}));
  request.sort[0].missing_first = true;
  EXPECT_EQ(shop_.Ordered(request), (Ids{"lamp", "bare", "boot", "shoe", "desk"}));
  request.sort[0].missing_first = false;
  request.sort[0].missing_value = "5";
  EXPECT_EQ(shop_.Ordered(request), (Ids{"boot", "lamp", "bare", "shoe", "desk"}));
}

TEST_F(SortTest, OneOfSeveralValuesStandsForAll) {
  SearchRequest request;
  request.query = MakeExists("sizes");
  request.sort = {By("sizes")};
  EXPECT_EQ(shop_.Search(request).hits[0].sort, Ids{"41"});
  request.sort[0].mode = SortKey::Mode::kMax;
  EXPECT_EQ(shop_.Search(request).hits[0].sort, Ids{"42"});
  request.sort[0].mode = SortKey::Mode::kDefault;
  request.sort[0].descending = true;
  EXPECT_EQ(shop_.Search(request).hits[0].sort, Ids{"44"});
  request.sort = {By("tags", true)};
  EXPECT_EQ(shop_.Ordered(request), (Ids{"boot", "shoe"}));
}

TEST_F(SortTest, ValuesAreShownAsJsonTokens) {
  SearchRequest request;
  request.query = MakeIds({"lamp"});
  request.sort = {By("tags"),   By("price"), By("made"),
                  By("active"), By("stock"), By("attrs.color")};
  const SearchResult result = shop_.Search(request);
  EXPECT_EQ(result.hits[0].sort,
            (Ids{"\"home\"", "25.0", "1769904000000", "1", "null", "\"blue\""}));
  EXPECT_FALSE(result.hits[0].score.has_value());
  EXPECT_FALSE(result.max_score.has_value());
  request.track_scores = true;
  EXPECT_EQ(shop_.Search(request).max_score, 1.0f);
}

TEST_F(SortTest, FieldsThatCannotBeSortedAreRefused) {
  SearchRequest request;
  request.sort = {By("nothing")};
  EXPECT_EQ(shop_.TrySearch(request).status().message(),
            "No mapping found for [nothing] in order to sort on");
  request.sort[0].unmapped_type = "long";
  EXPECT_OK(shop_.TrySearch(request));
  request.sort = {By("name")};
  EXPECT_TRUE(shop_.TrySearch(request).status().message().starts_with(
      "Text fields are not optimised for operations"));
}

TEST_F(SortTest, SearchAfterGivesWhatIsBehind) {
  SearchRequest request;
  request.sort = {By("tags", true), By("price")};
  const SearchResult all = shop_.Search(request);
  const Ids ids = IdsOf(all);
  ASSERT_EQ(ids.size(), 5u);
  request.search_after = {{"sport", "59.5"}};
  EXPECT_EQ(shop_.Ordered(request), Ids(ids.begin() + 2, ids.end()));
  request.search_after = {{std::nullopt, std::nullopt}};
  EXPECT_EQ(shop_.Ordered(request), Ids{});
  request.search_after = {{"sport"}};
  EXPECT_EQ(shop_.TrySearch(request).status().message(),
            "search_after has 1 value(s) but sort has 2.");
  request.search_after = {{"sport", "cheap"}};
  EXPECT_EQ(shop_.TrySearch(request).status().message(),
            "Failed to parse search_after value for field [price].");
}

TEST_F(SortTest, ScoresBeyondAFloatAreTheGreatestOne) {
  constexpr float kGreatest = std::numeric_limits<float>::max();
  SearchRequest request;
  request.query =
      MakeBool({.should = {MakeConstantScore(MakeTerm("name", "red"), kGreatest),
                           MakeConstantScore(MakeTerm("name", "red"), kGreatest), MakeMatchAll()}});
  const SearchResult result = shop_.Search(request);
  EXPECT_EQ(IdsOf(result), (Ids{"shoe", "boot", "lamp", "desk", "bare"}));
  EXPECT_EQ(result.max_score, kGreatest);
  request.query = MakeBool({.must = {MakeConstantScore(MakeTerm("name", "red"),
                                                       std::numeric_limits<float>::quiet_NaN())}});
  const SearchResult undefined = shop_.Search(request);
  EXPECT_EQ(IdsOf(undefined), (Ids{"shoe", "boot", "lamp"}));
  EXPECT_EQ(undefined.max_score, 0.0f);
}

TEST_F(SortTest, ScoreIsAKeyLikeOthers) {
  SearchRequest request;
  request.query =
      MakeBool({.should = {MakeConstantScore(MakeTerm("name", "red"), 2), MakeMatchAll()}});
  request.sort = {By("", true), By("price", true)};
  request.sort[0].kind = SortKey::Kind::kScore;
  const SearchResult result = shop_.Search(request);
  EXPECT_EQ(IdsOf(result), (Ids{"boot", "shoe", "lamp", "desk", "bare"}));
  EXPECT_EQ(result.hits[0].score, 3.0f);
  EXPECT_EQ(result.hits[0].sort, (Ids{"3.0", "120.0"}));
  EXPECT_EQ(result.max_score, 3.0f);
  request.after = result.cursor;
  EXPECT_EQ(shop_.Search(request).max_score, 3.0f) << "that of all matches, on every page";
  request.after = nullptr;
  request.sort[0].descending = false;
  EXPECT_FALSE(shop_.Search(request).max_score.has_value());
}

}  // namespace
}  // namespace binseek::search::test
