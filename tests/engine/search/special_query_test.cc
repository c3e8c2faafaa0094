// Queries over special fields by example: what they find, how they are shown, and what they say where they cannot be.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "engine/search/boosting_query.h"
#include "engine/search/combined_fields.h"
#include "engine/search/feature_query.h"
#include "engine/search/function_score.h"
#include "engine/search/geo_query.h"
#include "engine/search/more_like_this.h"
#include "engine/search/multi_term_query.h"
#include "engine/search/terms_set_query.h"
#include "engine/search/weight.h"
#include "tests/engine/search/test_engine.h"
#include "tests/support/status_matchers.h"

namespace binseek::search::test {
namespace {

using Ids = std::vector<std::string>;

class SpecialQueryTest : public ::testing::Test {
 protected:
  SpecialQueryTest() {
    engine_.CreateIndex("things", R"({"properties": {
      "name": {"type": "text"}, "other": {"type": "text", "analyzer": "keyword"}, "brand": {"type": "keyword", "normalizer": "lowercase"},
      "ip": {"type": "ip"}, "at": {"type": "date_nanos"}, "half": {"type": "half_float"}, "n": {"type": "integer"}, "place": {"type": "geo_point"},
      "when": {"type": "date_range"}, "net": {"type": "ip_range"}, "price": {"type": "double_range"}, "rank": {"type": "rank_feature"},
      "less": {"type": "rank_feature", "positive_score_impact": false}, "attrs": {"type": "flattened"}, "region": {"type": "constant_keyword", "value": "eu"},
      "model": {"type": "wildcard"}, "words": {"type": "token_count", "analyzer": "standard"}, "bin": {"type": "binary"}, "alias": {"type": "alias", "path": "brand"}}})");
    engine_.Put(
        "things", "1",
        R"({"name": "red running shoe", "brand": "Acme", "ip": "10.0.0.1", "at": "2026-01-02T03:04:05.000000001Z", "half": 0.1,
      "n": 1, "place": [16.37, 48.2], "when": {"gte": "2026-01-01", "lt": "2026-02-01"}, "net": "10.0.0.0/8", "price": {"gt": 1.5, "lte": 3}, "rank": 8,
      "less": 2, "attrs": {"color": "dark red", "size": "4x"}, "model": "AB-12.x", "words": "one two three", "bin": "AA=="})");
    engine_.Put(
        "things", "2",
        R"({"name": "Red boot", "brand": "ACME", "ip": "192.168.1.7", "at": "2026-01-02T03:04:05.000000002Z", "half": 2.5,
      "n": 2, "place": "40.7,-74", "when": {"gte": "2026-03-01"}, "net": "192.168.0.0/16", "price": {"gte": 3}, "rank": 2, "less": 8, "attrs": {"color": "red"},
      "model": "ab-13", "words": "one"})");
    engine_.Apply();
    engine_.Put(
        "things", "3",
        R"({"name": "blue lamp", "brand": "Lumo", "ip": "2001:db8::1", "at": "2025-12-31", "n": 3, "place": {"lat": -33.9, "lon": 151.2}})");
    engine_.Apply();
  }

  Ids Find(const QueryPtr& query) { return engine_.Ids(query); }
  std::string Error(const QueryPtr& query) { return engine_.ErrorOf(query); }
  std::vector<std::string> SortValues(SortKey key) {
    SearchRequest request;
    request.sort = {std::move(key)};
    std::vector<std::string> out;
    const SearchResult result = engine_.Search(request);
    for (const Hit& hit : result.hits) {
      out.push_back(hit.id + ":" + hit.sort[0]);
    }
    return out;
  }

  TestEngine engine_;
};

TEST_F(SpecialQueryTest, PatternsGoByTheFieldsTerms) {
  EXPECT_EQ(Find(MakeWildcard({.field = "brand", .value = "A?ME"})), (Ids{"1", "2"}));
  EXPECT_EQ(Find(MakeWildcard({.field = "alias", .value = "l*"})), (Ids{"3"}));
  EXPECT_EQ(Find(MakeWildcard({.field = "model", .value = "AB-1?*"})), (Ids{"1"}));
  EXPECT_EQ(Find(MakeWildcard({.field = "model", .value = "AB-1*", .case_insensitive = true})),
            (Ids{"1", "2"}));
  EXPECT_EQ(Find(MakeWildcard({.field = "attrs.color", .value = "*red"})), (Ids{"1", "2"}));
  EXPECT_EQ(Find(MakeWildcard({.field = "attrs.size", .value = "*red"})), Ids{});
  EXPECT_EQ(Find(MakeWildcard({.field = "attrs", .value = "dark*"})), (Ids{"1"}));
  EXPECT_EQ(Find(MakeRegexpQuery({.field = "name", .value = "(red|blue)&.{3}"})), (Ids{"1", "2"}));
  EXPECT_EQ(Find(MakeFuzzy({.field = "name", .value = "lapm"})), (Ids{"3"}));
  EXPECT_EQ(Find(MakeFuzzy(
                {.field = "name", .value = "lapm", .fuzziness = "1", .transpositions = false})),
            Ids{});
  EXPECT_EQ(Find(MakeTermIgnoringCase("model", "ab-12.X")), (Ids{"1"}));
  EXPECT_EQ(Find(MakeFuzzy({.field = "nothing", .value = "x"})), Ids{});
}

TEST_F(SpecialQueryTest, WhatCannotBeLookedForIsSaid) {
  EXPECT_EQ(Error(MakeWildcard({.field = "n", .value = "1*"})),
            "failed to create query: Can only use wildcard queries on keyword, text and wildcard "
            "fields - not on [n] which is of type [integer]");
  EXPECT_EQ(Error(MakePrefix("ip", "10.")),
            "failed to create query: Can only use prefix queries on keyword, text and wildcard "
            "fields - not on [ip] which is of type [ip]");
  EXPECT_EQ(Error(MakeFuzzy({.field = "at", .value = "x"})),
            "failed to create query: Can only use fuzzy queries on keyword and text fields - not "
            "on [at] which is of type [date_nanos]");
  EXPECT_EQ(Error(MakeRegexpQuery({.field = "name", .value = "["})),
            "failed to create query: unexpected end-of-string");
  EXPECT_EQ(Error(MakeRegexpQuery({.field = "name", .value = std::string(1001, 'a')})),
            "failed to create query: The length of regex [1001] used in the Regexp Query request "
            "has exceeded the allowed maximum of [1000]. This maximum can be set by changing the "
            "[index.max_regex_length] index level setting.");
  EXPECT_EQ(Error(MakeTerm("ip", "10.0.0")),
            "failed to create query: '10.0.0' is not an IP string literal.");
  EXPECT_EQ(Error(MakeTerm("rank", "1")),
            "failed to create query: Queries on [rank_feature] fields are not supported");
  EXPECT_EQ(Error(MakeRankFeature({.field = "n"})),
            "failed to create query: [rank_feature] query only works on [rank_feature] fields and "
            "features of [rank_features] fields, not [integer]");
  EXPECT_EQ(
      Error(MakeRankFeature({.field = "less", .function = RankFeatureOptions::Function::kLinear})),
      "failed to create query: Cannot use the [linear] function with a field that has a "
      "negative score impact as it would trigger negative scores");
  EXPECT_EQ(Error(MakeDistanceFeature({.field = "n", .origin = "now", .pivot = "1d"})),
            "failed to create query: Illegal data type of [integer]! [distance_feature] query can "
            "only be run on a date, date_nanos or geo_point field type!");
  EXPECT_EQ(Error(MakeGeoDistance({.field = "n", .meters = 1})),
            "failed to create query: field [n] is not a geo_point field");
  EXPECT_EQ(Error(MakeGeoDistance({.field = "x", .meters = 1})),
            "failed to create query: failed to find geo field [x]");
  EXPECT_EQ(Find(MakeGeoDistance({.field = "x", .meters = 1, .ignore_unmapped = true})), Ids{});
  EXPECT_EQ(Error(MakeCombinedFields({.text = "x", .fields = {{"name", 1}, {"other", 1}}})),
            "failed to create query: All fields in [combined_fields] query must have the same "
            "search analyzer");
  EXPECT_EQ(Error(MakeTermsLookup("brand", {"nowhere", "1", "x"})),
            "failed to create query: no such index [nowhere]");
}

TEST_F(SpecialQueryTest, FunctionsThatComeToNothingFailTheSearch) {
  const auto error = [&](ScoreFunction function) {
    FunctionScoreOptions options;
    options.functions.push_back(std::move(function));
    return Error(MakeFunctionScore(std::move(options)));
  };
  using Kind = ScoreFunction::Kind;
  EXPECT_EQ(error({.kind = Kind::kFieldValue, .field = "half"}), "Missing value for field [half]");
  EXPECT_EQ(error({.kind = Kind::kFieldValue,
                   .field = "n",
                   .factor = -1,
                   .modifier = ScoreFunction::Modifier::kLog}),
            "Result of field modification [log(-1.0)] must be a number");
  EXPECT_EQ(error({.kind = Kind::kFieldValue, .field = "n", .factor = -1}),
            "field value function must not produce negative scores, but got: [-1.0] for field "
            "value: [1.0]");
  EXPECT_EQ(error({.kind = Kind::kFieldValue, .field = "none"}),
            "failed to create query: Unable to find a field mapper for field [none]. No 'missing' "
            "value defined.");
  EXPECT_EQ(error({.kind = Kind::kGauss, .field = "n", .origin = "1", .scale = "0"}),
            "failed to create query: scale must be > 0.0");
  EXPECT_EQ(error({.kind = Kind::kGauss, .field = "name", .origin = "1", .scale = "1"}),
            "failed to create query: field [name] is of type [text], but only numeric types are "
            "supported.");
}

TEST_F(SpecialQueryTest, RandomScoresStayWithTheirSeed) {
  const auto scores = [&](int64_t seed) {
    FunctionScoreOptions options;
    options.functions.push_back({.kind = ScoreFunction::Kind::kRandom, .seed = seed});
    return engine_.Scores(MakeFunctionScore(std::move(options)));
  };
  const auto first = scores(7);
  EXPECT_EQ(first, scores(7));
  EXPECT_NE(first, scores(8));
  EXPECT_NE(first.at("1"), first.at("2"));
  engine_.ForceMerge("things", 1);
  EXPECT_EQ(first, scores(7)) << "merges change nothing";
}

TEST_F(SpecialQueryTest, AddressesAndRangesAreComparedAsSuch) {
  EXPECT_EQ(Find(MakeTerm("ip", "10.0.0.0/24")), (Ids{"1"}));
  EXPECT_EQ(Find(MakeRange("ip", Bound{"10.0.0.1", false}, std::nullopt)), (Ids{"2", "3"}));
  EXPECT_EQ(Find(MakeRange("ip", std::nullopt, Bound{"2001:db8::1", false})), (Ids{"1", "2"}));
  EXPECT_EQ(Find(MakeTerm("net", "10.9.9.9")), (Ids{"1"}));
  EXPECT_EQ(Find(MakeRange("net", Bound{"10.0.0.0"}, Bound{"192.168.255.255"}, 1,
                           RangeRelation::kWithin)),
            (Ids{"1", "2"}));
  EXPECT_EQ(Find(MakeTerm("when", "2026-01-31")), (Ids{"1"}));
  EXPECT_EQ(Find(MakeRange("when", Bound{"2026-02-01"}, Bound{"2026-02-28"})), Ids{});
  EXPECT_EQ(Find(MakeRange("when", Bound{"2026-01-15||/M"}, Bound{"2030-01-01"}, 1,
                           RangeRelation::kContains)),
            Ids{});
  EXPECT_EQ(Find(MakeTerm("price", "1.5")), Ids{});
  EXPECT_EQ(Find(MakeTerms("price", {"3"})), (Ids{"1", "2"}));
}

TEST_F(SpecialQueryTest, MomentsOfNanosecondsAreExact) {
  EXPECT_EQ(Find(MakeTerm("at", "2026-01-02T03:04:05.000000001Z")), (Ids{"1"}));
  EXPECT_EQ(Find(MakeRange("at", Bound{"2026-01-02T03:04:05.000000001Z", false}, std::nullopt)),
            (Ids{"2"}));
  EXPECT_EQ(Find(MakeTerm("at", "2026-01-02")), (Ids{"1", "2"}));
  EXPECT_EQ(SortValues({.field = "at"}),
            (std::vector<std::string>{"3:1767139200000000000", "1:1767323045000000001",
                                      "2:1767323045000000002"}));
}

TEST_F(SpecialQueryTest, ValuesAreShownAsTheyWereWritten) {
  EXPECT_EQ(
      SortValues({.field = "ip", .descending = true}),
      (std::vector<std::string>{R"(3:"2001:db8::1")", R"(2:"192.168.1.7")", R"(1:"10.0.0.1")"}));
  EXPECT_EQ(SortValues({.field = "half"}),
            (std::vector<std::string>{"1:0.0999755859375", "2:2.5", "3:null"}));
  SortKey near{.kind = SortKey::Kind::kGeoDistance, .field = "place"};
  near.points = {{48.2, 16.37}};
  near.meters_per_unit = 1000;
  SearchRequest request;
  request.sort = {near};
  EXPECT_EQ(engine_.Ordered(request), (Ids{"1", "2", "3"}));
  near.descending = true;
  request.sort = {near};
  EXPECT_EQ(engine_.Ordered(request), (Ids{"3", "2", "1"}));
}

TEST_F(SpecialQueryTest, EveryKindExists) {
  for (const char* field :
       {"rank", "less", "words", "attrs", "bin", "net", "when", "price", "model"}) {
    const Ids found = Find(MakeExists(field));
    EXPECT_EQ(found.front(), "1") << field;
    EXPECT_EQ(found.size(), std::string(field) == "bin" ? 1U : 2U) << field;
  }
  EXPECT_EQ(Find(MakeExists("region")).size(), 3U);
  EXPECT_EQ(Find(MakeTerm("region", "eu")).size(), 3U);
  EXPECT_EQ(Find(MakeExists("_id")).size(), 3U);
  EXPECT_EQ(Find(MakeTerm("words", "3")), (Ids{"1"}));
}

TEST_F(SpecialQueryTest, MoreLikeThisTakesTheTellingTerms) {
  MoreLikeThisOptions options{.fields = {"name"}};
  options.min_doc_freq = 1;
  options.min_term_freq = 1;
  options.like = {{.kind = LikeItem::Kind::kId, .value = "1"}};
  EXPECT_EQ(Find(MakeMoreLikeThis(options)), (Ids{"2"})) << "not the document itself";
  options.include = true;
  EXPECT_EQ(Find(MakeMoreLikeThis(options)), (Ids{"1", "2"}));
  options.minimum_should_match = "100%";
  EXPECT_EQ(Find(MakeMoreLikeThis(options)), (Ids{"1"}));
  options.like = {{.kind = LikeItem::Kind::kJson, .value = R"({"name": "lamp lamp"})"}};
  EXPECT_EQ(Find(MakeMoreLikeThis(options)), (Ids{"3"}));
  options.min_term_freq = 3;
  EXPECT_EQ(Find(MakeMoreLikeThis(options)), Ids{});
  options.min_term_freq = 1;
  options.unlike = {{.value = "a lamp"}};
  EXPECT_EQ(Find(MakeMoreLikeThis(options)), Ids{});
  EXPECT_EQ(Error(MakeMoreLikeThis({.fields = {"n"}, .like = {{.value = "1"}}})),
            "failed to create query: more_like_this only supports text/keyword fields: [n]");
}

TEST_F(SpecialQueryTest, ManyValuesMayBeAskedOfARange) {
  Ids values;
  for (int i = 0; i < 60'000; ++i) {
    values.push_back(std::to_string(i % 30'000 + 2));
  }
  EXPECT_EQ(Find(MakeTerms("price", values)), (Ids{"1", "2"}));
}

TEST_F(SpecialQueryTest, TermsComeFromADocument) {
  engine_.CreateIndex("users", R"({"properties": {"likes": {"type": "keyword"},
    "deep": {"properties": {"brands": {"type": "keyword"}}}}})");
  engine_.Put("users", "u", R"({"likes": ["acme", "nobody"], "deep": [{"brands": "Lumo"}]})");
  engine_.Apply();
  EXPECT_EQ(Find(MakeTermsLookup("brand", {"users", "u", "likes"})), (Ids{"1", "2"}));
  EXPECT_EQ(Find(MakeTermsLookup("brand", {"users", "u", "deep.brands"})), (Ids{"3"}));
  EXPECT_EQ(Find(MakeTermsLookup("brand", {"users", "v", "likes"})), Ids{});
}

// Documents of lists, each of which repeats or continues what others have.
class TermsOfManyTest : public ::testing::Test {
 protected:
  static constexpr int kPerDocument = 10'000;

  TermsOfManyTest() {
    constexpr const char* kSettings = R"({"index.max_terms_count": 200000})";
    engine_.CreateIndex("lists",
                        R"({"properties": {"likes": {"type": "object", "enabled": false}}})", {},
                        kSettings);
    engine_.CreateIndex("things", R"({"properties": {"brand": {"type": "keyword"}}})", {},
                        kSettings);
  }
  // Documents of values that `value` names by their number.
  template <class Value>
  void PutLists(int from, int to, Value value) {
    for (int first = from; first < to; first += kPerDocument) {
      std::string json = R"({"likes": [)";
      for (int i = first; i < std::min(to, first + kPerDocument); ++i) {
        json += (i == first ? "\"" : ",\"") + value(i) + "\"";
      }
      engine_.Put("lists", "list" + std::to_string(first), json + "]}");
    }
    engine_.Apply();
  }
  static QueryPtr Lookup() {
    return MakeTermsLookup("brand", {.index = "lists", .path = "likes", .query = MakeMatchAll()});
  }

  TestEngine engine_;
};

TEST_F(TermsOfManyTest, WhatManyDocumentsShareCountsOnce) {
  engine_.Put("things", "1", R"({"brand": "acme"})");
  engine_.Put("things", "2", R"({"brand": "lumo"})");
  PutLists(0, 550'000, [](int) { return std::string("acme"); });
  PutLists(550'000, 550'001, [](int) { return std::string("lumo"); });
  EXPECT_EQ(engine_.Ids(Lookup()), (Ids{"1", "2"}));
}

TEST_F(TermsOfManyTest, AnIndexMayTakeMoreValuesThanOthers) {
  engine_.Put("things", "1", R"({"brand": "v0"})");
  engine_.Put("things", "2", R"({"brand": "v99999"})");
  PutLists(0, 100'000, [](int i) { return "v" + std::to_string(i); });
  EXPECT_EQ(engine_.Ids(Lookup()), (Ids{"1", "2"}));
  PutLists(100'000, 210'000, [](int i) { return "v" + std::to_string(i); });
  const std::vector<std::string> found = engine_.Ids(Lookup());
  ASSERT_EQ(found.size(), 1U);
  EXPECT_NE(found[0].find("The number of terms [210000]"), std::string::npos) << found[0];
}

TEST_F(TermsOfManyTest, TheyAreGatheredWhileThereIsTime) {
  class RacingClock final : public Clock {
   public:
    int64_t NowMicros() const override { return 0; }
    int64_t MonotonicMicros() const override { return 1000 * looks++; }
    mutable int64_t looks = 0;
  };
  for (int i = 0; i < 3000; ++i) {
    engine_.Put("lists", std::to_string(i), R"({"likes": "acme"})");
  }
  engine_.Apply();
  const auto view = engine_.view();
  const index::IndexView* const things = view->Find("things");
  const RacingClock clock;
  SearchOptions options = engine_.options();
  options.clock = &clock;
  SearchRequest request;
  request.query = Lookup();
  request.timeout_ms = 7;
  const Result<SearchResult> late = Search(*view, {{things}}, request, options);
  ASSERT_OK(late);
  EXPECT_TRUE(late->timed_out);
  EXPECT_LT(clock.looks, 20);  // and not so many as there are stretches of the documents
}

// Large sets are looked for by the ids of documents' values: the same answer as by one term after the other.
TEST(ManyTermsTest, LargeSetsAreFoundByTheirIds) {
  TestEngine engine;
  engine.CreateIndex("many", R"({"properties": {"k": {"type": "keyword"}}})");
  const auto write = [&](int from, int to) {
    for (int i = from; i < to; ++i) {
      engine.Put(
          "many", std::to_string(i),
          "{\"k\": [\"v" + std::to_string(i % 700) + "\", \"w" + std::to_string(i % 9) + "\"]}");
    }
    engine.Apply();
  };
  write(0, 3000);
  write(3000, 3500);
  engine.Commit();
  write(3400, 5000);
  engine.Delete("many", "2");
  engine.Apply();
  std::vector<std::string> values;
  for (int v = 0; v < 2000; v += 2) {
    values.push_back("v" + std::to_string(v));
  }
  const std::set<std::string> wanted(values.begin(), values.end());
  size_t expected = 0;
  for (int i = 0; i < 5000; ++i) {
    expected += i != 2 && wanted.count("v" + std::to_string(i % 700)) != 0 ? 1 : 0;
  }
  ASSERT_GT(expected, 1000U);
  EXPECT_EQ(engine.Ids(MakeTerms("k", values)).size(), expected);
  EXPECT_EQ(
      engine.Ids(MakeBool({.must = {MakeTerm("k", "w3")}, .filter = {MakeTerms("k", values)}})),
      engine.Ids(MakeBool({.must = {MakeTerms("k", values)}, .filter = {MakeTerm("k", "w3")}})));
}

// What is looked up per document waits until others have narrowed the window.
TEST_F(SpecialQueryTest, LookUpsComeSecond) {
  const auto view = engine_.view();
  BindContext context;
  context.index = view->Find("things");
  for (const QueryPtr& query :
       {MakeSlice(0, 3, "_id"), MakeSlice(1, 2, "n"),
        MakeGeoDistance({.field = "place", .center = {48.2, 16.37}, .meters = 1000})}) {
    const auto weight = query->Bind(context, 1);
    ASSERT_OK(weight);
    const index::SegmentView& segment = *context.index->segments[0];
    const auto all = (*weight)->MakeScorer(segment);
    ASSERT_OK(all);
    const auto scorer = (*weight)->MakeScorer(segment);
    ASSERT_OK(scorer);
    ASSERT_GT((*scorer)->match_cost(), 0U);
    const auto expected = std::make_unique<Window>();
    const auto window = std::make_unique<Window>();
    (*all)->FillWindow(0, expected.get());
    (*scorer)->FillCandidates(0, window.get());
    EXPECT_EQ(window->CountMatches(), segment.max_doc());
    (*scorer)->NarrowWindow(0, window.get());
    for (uint32_t offset = 0; offset < segment.max_doc(); ++offset) {
      EXPECT_EQ(window->Test(offset), expected->Test(offset)) << offset;
    }
  }
}

class Visitor final : public TermVisitor {
 public:
  void Term(const mapping::Field& field, std::string_view term) override {
    seen.push_back(field.name + ":" + std::string(term));
  }
  void Phrase(const mapping::Field&, const std::vector<std::vector<std::string>>&,
              uint32_t) override {}
  void Terms(const mapping::Field& field, std::function<bool(std::string_view)> accepts) override {
    seen.push_back(field.name + (accepts("shoe") ? "~shoe" : "") +
                   (accepts("boot") ? "~boot" : ""));
  }
  std::vector<std::string> seen;
};

TEST_F(SpecialQueryTest, WeightsTellTheirTerms) {
  const auto seen = [&](const QueryPtr& query) {
    const auto view = engine_.view();
    BindContext context;
    context.index = view->Find("things");
    const auto weight = query->Bind(context, 1);
    EXPECT_OK(weight);
    Visitor visitor;
    (*weight)->VisitTerms(&visitor);
    return visitor.seen;
  };
  EXPECT_EQ(seen(MakeTerm("name", "red")), (Ids{"name:red"}));
  EXPECT_EQ(seen(MakeWildcard({.field = "name", .value = "sho*"})), (Ids{"name~shoe"}));
  EXPECT_EQ(seen(MakeFuzzy({.field = "name", .value = "shoo"})), (Ids{"name~shoe"}));
  EXPECT_EQ(seen(MakeNamed(MakePrefix("name", "bo"), "x")), (Ids{"name~boot"}));
  EXPECT_EQ(seen(MakeTerms("brand", {"ACME"})), (Ids{"brand"}));  // as one set of terms
  EXPECT_EQ(seen(MakeCombinedFields({.text = "red", .fields = {{"name", 1}}})), (Ids{"name:red"}));
  EXPECT_EQ(seen(MakeBoosting(MakeTerm("name", "red"), MakeTerm("name", "boot"), 0.5F)),
            (Ids{"name:red"}));
  FunctionScoreOptions options{.query = MakeTerm("name", "lamp")};
  EXPECT_EQ(seen(MakeFunctionScore(options)), (Ids{"name:lamp"}));
}

}  // namespace
}  // namespace binseek::search::test
