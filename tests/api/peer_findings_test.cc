// What ./dev drill opensearch has found, as tests of their own; and explanations of all leaves through the API.
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class PeerFindingsTest : public ApiTest {
 protected:
  PeerFindingsTest() {
    Expect(200, "PUT", "/shop",
           R"({"mappings":{"properties":{"name":{"type":"text"},"about":{"type":"text"},
      "brand":{"type":"keyword"},"weight":{"type":"float"},"half":{"type":"half_float"},"place":{"type":"geo_point"},
      "address":{"type":"ip"},"made":{"type":"date"},"rank":{"type":"rank_feature"},"topics":{"type":"rank_features"},
      "span":{"type":"integer_range"},"least":{"type":"integer"}}}})");
    Add("1",
        R"({"name":"gaming phone","about":"a phone for games","brand":"墨石","weight":22.806,"half":0.1,
      "place":{"lat":48.2,"lon":16.4},"address":["10.0.0.7","::1"],"made":"2025-01-05","rank":8,"topics":{"art":3},
      "span":{"gte":1,"lte":5},"least":1})");
    Add("2",
        R"({"name":"gaming camera","about":"phone of no use","brand":"星澜","weight":1.5,"made":"2025-03-05"})");
    Add("3", R"({"name":"wireless phone camera","about":"for headphones","brand":"墨石 pro"})");
  }
  void Add(const std::string& id, const std::string& source) const {
    Expect(201, "PUT", "/shop/_doc/" + id, source);
  }
  JsonValue Search(const std::string& body) const {
    return Expect(200, "POST", "/shop/_search", body);
  }
  std::string Ids(const std::string& query) const {
    const JsonValue found = Search(R"({"sort":["_doc"],"query":)" + query + "}");
    std::string ids;
    for (size_t i = 0; !At(found, "hits.hits." + std::to_string(i) + "._id").empty(); ++i) {
      ids += At(found, "hits.hits." + std::to_string(i) + "._id");
    }
    return ids;
  }

  float Score(const std::string& query, size_t hit = 0) const {
    return std::stof(
        At(Search(R"({"query":)" + query + "}"), "hits.hits." + std::to_string(hit) + "._score"));
  }
};

TEST_F(PeerFindingsTest, AFuzzyWordOfFewerLettersThanEditsScoresNothingNotLess) {
  // "a" is two edits away from "xy", which is longer than either.
  const std::string all =
      R"({"match":{"about":{"query":"phone xy","fuzziness":2,"operator":"and"}}})";
  const std::string one = R"({"match":{"about":{"query":"phone","fuzziness":2}}})";
  EXPECT_EQ(Ids(all), "12");
  EXPECT_GT(Score(all, 1), 0);
  EXPECT_FLOAT_EQ(Score(all), Score(one));
}

TEST_F(PeerFindingsTest, WhereAllWordsAreRequiredNoneIsOptional) {
  const auto match = [](const std::string& minimum) {
    return R"({"match":{"name":{"query":"gaming phone","operator":"and","minimum_should_match":")" +
           minimum + R"("}}})";
  };
  EXPECT_EQ(Ids(match("1")), "");
  EXPECT_EQ(Ids(match("75%")), "1") << "of none";
  EXPECT_EQ(Ids(match("-1")), "1");
  EXPECT_EQ(
      Ids(R"({"match":{"name":{"query":"gaming","operator":"and","minimum_should_match":2}}})"),
      "12")
      << "one word is no list of them";
  EXPECT_EQ(
      Ids(R"({"multi_match":{"query":"gaming phone","type":"cross_fields","fields":["name","about"],"operator":"and",
      "minimum_should_match":1}})"),
      "");
}

TEST_F(PeerFindingsTest, ALastWordThatIsEndedIsNoPrefix) {
  EXPECT_EQ(Ids(R"({"match_bool_prefix":{"name":"wire"}})"), "3");
  EXPECT_EQ(Ids(R"({"match_bool_prefix":{"name":"gaming wire"}})"), "123");
  EXPECT_EQ(Ids(R"({"match_bool_prefix":{"name":"gaming wire,"}})"), "12");
  EXPECT_EQ(Ids(R"({"match_bool_prefix":{"name":"wire "}})"), "");
}

TEST_F(PeerFindingsTest, AKeywordIsAPrefixAsAWhole) {
  EXPECT_EQ(Ids(R"({"match_bool_prefix":{"brand":"墨石"}})"), "13");
  EXPECT_EQ(Ids(R"({"multi_match":{"type":"bool_prefix","query":"墨石 p","fields":["brand"]}})"),
            "3");
  EXPECT_EQ(Ids(R"({"match_bool_prefix":{"weight":"1.5"}})"), "2");
}

TEST_F(PeerFindingsTest, OneFunctionAloneIsNotAveraged) {
  EXPECT_FLOAT_EQ(Score(R"({"function_score":{"functions":[{"weight":0.5}],"score_mode":"avg"}})"),
                  0.5F);
  EXPECT_FLOAT_EQ(Score(R"({"function_score":{"functions":[{"weight":0.5},{"weight":1.5}],
      "score_mode":"avg"}})"),
                  1.0F);
  for (const char* body :
       {R"({"weight":2,"random_score":{}})", R"({"random_score":{},"weight":2})"}) {
    EXPECT_THAT(Error(400, "POST", "/shop/_search",
                      std::string(R"({"query":{"function_score":)") + body + "}}"),
                HasSubstr("use [functions] array if you want to define several functions."));
  }
}

TEST_F(PeerFindingsTest, AFieldsNameIsForTheNextWordAlone) {
  const auto find = [this](const std::string& text, const std::string& more = "") {
    return Ids(R"({"query_string":{"query":")" + text + R"(","default_field":"about")" + more +
               "}}");
  };
  EXPECT_EQ(find("+name:gaming +phone"), "12");
  EXPECT_EQ(find("name:wireless phone"), "123");
  EXPECT_EQ(find("NOT name:camera phone"), "1");
  EXPECT_EQ(find("-headphones OR use"), "2");
}

TEST_F(PeerFindingsTest, WordsSideBySideCountOneByOne) {
  const auto find = [this](const std::string& text, const std::string& more) {
    return Ids(R"({"query_string":{"query":")" + text + R"(","minimum_should_match":)" + more +
               "}}");
  };
  EXPECT_EQ(find("gaming phone camera", R"(2,"default_field":"name")"), "123");
  EXPECT_EQ(find("gaming phone camera", R"(3,"default_field":"name")"), "");
  EXPECT_EQ(find("wireless phone camera", R"("100%","default_field":"name")"), "3");
  EXPECT_EQ(find("gaming phone least:>0", R"(2,"default_field":"name")"), "1");
  EXPECT_EQ(find("gaming phone", R"(2,"fields":["name","about"])"), "123")
      << "in several fields they are one clause";
  EXPECT_EQ(find("gaming", R"(2,"fields":["name","about"],"type":"most_fields")"), "12");
  EXPECT_EQ(find("gaming phone", R"(2,"fields":["name","about"],"type":"most_fields")"), "123");
  EXPECT_EQ(find("(gaming phone camera)^2", R"(3,"default_field":"name")"), "");
  EXPECT_EQ(find("(gaming phone -wireless)", R"(1,"default_field":"name")"), "12");
  EXPECT_EQ(find("gaming", R"(5,"default_field":"name")"), "12") << "one word is no list of them";
  EXPECT_EQ(find("+gaming", R"(1,"default_field":"name")"), "") << "a required one is none of them";
  EXPECT_EQ(find("NOT wireless", R"(1,"default_field":"name")"), "");
}

TEST_F(PeerFindingsTest, MostFieldsAddUpPrefixesAndFuzzyWordsToo) {
  const auto score = [this](const std::string& text, const std::string& more) {
    return Score(R"({"query_string":{"fields":["name","about"],"query":")" + text + "\"" + more +
                 "}}");
  };
  EXPECT_FLOAT_EQ(score("phon*", R"(,"type":"most_fields")"), 2);
  EXPECT_FLOAT_EQ(score("phon*", R"(,"type":"most_fields","tie_breaker":0.5)"), 1.5);
  EXPECT_FLOAT_EQ(score("phon*", ""), 1);
  EXPECT_GT(score("phones~1", R"(,"type":"most_fields")"), score("phones~1", ""));
  EXPECT_LT(score("phone", R"(,"type":"most_fields","tie_breaker":0.5)"),
            score("phone", R"(,"type":"most_fields")"));
}

TEST_F(PeerFindingsTest, BoundsOfFloatsAreWhatTheFieldCanHold) {
  EXPECT_EQ(Ids(R"({"range":{"weight":{"gte":22.806}}})"), "1");
  EXPECT_EQ(Ids(R"({"range":{"weight":{"gt":22.806}}})"), "");
  EXPECT_EQ(Ids(R"({"range":{"weight":{"lt":22.806}}})"), "2");
  EXPECT_EQ(Ids(R"({"range":{"weight":{"lt":1e300}}})"), "12");
  EXPECT_EQ(Ids(R"({"range":{"half":{"gte":0.1,"lte":0.1}}})"), "1");
}

TEST_F(PeerFindingsTest, AddressesAreAmongTheFieldsOfAHit) {
  const JsonValue found =
      Search(R"({"query":{"ids":{"values":["1"]}},"docvalue_fields":["address"]})");
  EXPECT_EQ(At(found, "hits.hits.0.fields.address"), R"(["::1","10.0.0.7"])");
}

TEST_F(PeerFindingsTest, PlacesMayBeMissing) {
  EXPECT_EQ(
      At(Search(R"({"aggs":{"a":{"missing":{"field":"place"}}}})"), "aggregations.a.doc_count"),
      "2");
}

TEST_F(PeerFindingsTest, WhatStandsForMissingIsShownWithoutDocumentsToo) {
  EXPECT_EQ(
      At(Search(R"({"aggs":{"a":{"terms":{"field":"brand","min_doc_count":0,"missing":"none"}}}})"),
         "aggregations.a.buckets.3.key"),
      "none");
  EXPECT_EQ(
      At(Search(
             R"({"query":{"ids":{"values":["2"]}},"aggs":{"a":{"terms":{"field":"brand","min_doc_count":0,"missing":"none",
      "order":{"_key":"asc"}}}}})"),
         "aggregations.a.buckets.0"),
      R"({"key":"none","doc_count":0})");
}

TEST_F(PeerFindingsTest, NoTermsAreLookedForBelowAGap) {
  const JsonValue found =
      Search(R"({"aggs":{"a":{"date_histogram":{"field":"made","calendar_interval":"month"},
      "aggs":{"b":{"terms":{"field":"brand","min_doc_count":0}}}}}})");
  EXPECT_EQ(At(found, "aggregations.a.buckets.0.b.buckets.2.doc_count"), "0");
  EXPECT_EQ(At(found, "aggregations.a.buckets.1.doc_count"), "0");
  EXPECT_EQ(At(found, "aggregations.a.buckets.1.b.buckets"), "[]");
}

TEST_F(PeerFindingsTest, TheLeastOfNothingIsGreaterThanAllOthers) {
  const auto first = [this](const std::string& order) {
    return At(
        Search(R"({"aggs":{"a":{"terms":{"field":"brand","order":{)" + order +
               R"(}},"aggs":{"m":{"min":{"field":"weight"}},"s":{"stats":{"field":"weight"}}}}}})"),
        "aggregations.a.buckets.0.key");
  };
  EXPECT_EQ(first(R"("m":"desc")"), "墨石 pro");
  EXPECT_EQ(first(R"("m":"asc")"), "星澜");
  EXPECT_EQ(first(R"("s.max":"asc")"), "墨石 pro");
  EXPECT_EQ(first(R"("s.avg":"desc")"), "墨石") << "of nothing there is no mean";
}

TEST_F(PeerFindingsTest, ARequiredClauseIsNoneOfTheOptionalOnes) {
  EXPECT_EQ(Ids(R"({"bool":{"must":[{"match":{"name":"gaming"}}],"minimum_should_match":1}})"), "");
  EXPECT_EQ(Ids(R"({"bool":{"must":[{"match":{"name":"gaming"}}],"minimum_should_match":"50%"}})"),
            "12");
}

TEST_F(PeerFindingsTest, AllThatAFuzzyWordMeansIsShown) {
  Add("4", R"({"name":"phone","about":"phony phones, shone"})");
  const JsonValue shown = Search(
      R"({"query":{"bool":{"must":[{"match":{"name":{"query":"phone","fuzziness":2,"max_expansions":1}}}],
      "filter":[{"ids":{"values":["4"]}}]}},"highlight":{"require_field_match":false,"fields":{"about":{}}}})");
  EXPECT_EQ(At(shown, "hits.hits.0.highlight.about.0"),
            "<em>phony</em> <em>phones</em>, <em>shone</em>");
}

// The tree's first line, of a hit whose score its value has to be.
TEST_F(PeerFindingsTest, EveryLeafIsExplained) {
  const std::vector<std::pair<std::string, std::string>> leaves = {
      {R"({"match_phrase":{"name":"gaming phone"}})", R"(weight(name:"gaming phone" in )"},
      {R"({"match_phrase":{"about":{"query":"phone games","slop":2}}})",
       R"(weight(about:"phone games"~2 in )"},
      {R"({"match_phrase_prefix":{"name":"gaming pho"}})", R"(weight(name:"gaming phone" in )"},
      {R"({"fuzzy":{"name":"phoni"}})", "weight(name:phone in "},
      {R"({"wildcard":{"name":"ph*e"}})", "name:ph*e"},
      {R"({"regexp":{"name":"ph.*"}})", "name:/ph.*/"},
      {R"({"rank_feature":{"field":"rank","saturation":{"pivot":2}}})",
       "Saturation function on the rank field, computed as w * S / (S + k) from:"},
      {R"({"rank_feature":{"field":"rank","log":{"scaling_factor":2}}})",
       "Log function on the rank field, computed as w * log(a + S) from:"},
      {R"({"rank_feature":{"field":"rank","sigmoid":{"pivot":2,"exponent":0.5}}})",
       "Sigmoid function on the rank field, computed as w * S^a / (S^a + k^a) from:"},
      {R"({"rank_feature":{"field":"topics.art","linear":{}}})",
       "Linear function on the topics field for the art feature, computed as w * S from:"},
      {R"({"distance_feature":{"field":"made","origin":"2025-02-01","pivot":"7d"}})",
       "Distance score, computed as weight * pivotDistance / (pivotDistance + abs(value - origin)) "
       "from:"},
      {R"({"distance_feature":{"field":"place","origin":[16,48],"pivot":"1km"}})",
       "Distance score, computed as weight * pivotDistance / (pivotDistance + abs(distance)) "
       "from:"},
      {R"({"combined_fields":{"query":"phone","fields":["name^2","about"]}})",
       "weight(CombinedFieldQuery((name^2.0 about)(phone)) in "},
      {R"({"combined_fields":{"query":"gaming phone","fields":["name","about"]}})", "sum of:"},
      {R"({"terms_set":{"name":{"terms":["phone","gaming"],"minimum_should_match_field":"least"}}})",
       "sum of:"},
      {R"({"geo_distance":{"distance":"100km","place":[16,48]}})", "GeoQuery [field=place]"},
      {R"({"term":{"address":"10.0.0.0/8"}})", "address:10.0.0.0/8"},
      {R"({"range":{"address":{"gte":"10.0.0.1","lte":"10.0.0.9"}}})",
       "address:[10.0.0.1 TO 10.0.0.9]"},
      {R"({"range":{"span":{"gte":2,"lt":3}}})", "span:intersects[2 TO 3}"}};
  for (const auto& [query, description] : leaves) {
    SCOPED_TRACE(query);
    const JsonValue found = Search(R"({"explain":true,"query":{"bool":{"must":[)" + query +
                                   R"(],"filter":[{"ids":{"values":["1"]}}]}}})");
    const std::string sum = "hits.hits.0._explanation.";
    EXPECT_EQ(At(found, sum + "value"), At(found, "hits.hits.0._score"));
    EXPECT_THAT(At(found, sum + "details.0.description"), HasSubstr(description));
    EXPECT_EQ(At(found, sum + "details.0.value"), At(found, "hits.hits.0._score"));
    const JsonValue refused = Expect(
        200, "POST", "/shop/_explain/2",
        R"({"query":{"bool":{"must":[)" + query + R"(],"must_not":[{"ids":{"values":["2"]}}]}}})");
    EXPECT_EQ(At(refused, "matched"), "false");
  }
}

TEST_F(PeerFindingsTest, OtherSimilaritiesAreExplainedByWhatTheyTake) {
  Expect(
      200, "PUT", "/other",
      R"({"settings":{"index":{"similarity":{"mine":{"type":"BM25","k1":2,"b":0},"smooth":{"type":"LMDirichlet"}}}},
      "mappings":{"properties":{"name":{"type":"text","similarity":"mine"},"also":{"type":"text","similarity":"smooth"}}}})");
  Expect(201, "PUT", "/other/_doc/1", R"({"name":"red shoe red","also":"red shoe red"})");
  const std::string top = "hits.hits.0._explanation.";
  for (const char* kind : {"match", "match_phrase"}) {
    const auto explain = [&](const std::string& field) {
      const JsonValue found = Expect(200, "POST", "/other/_search",
                                     std::string(R"({"explain":true,"query":{")") + kind +
                                         R"(":{")" + field + R"(":"red shoe"}}})");
      EXPECT_EQ(At(found, top + "value"), At(found, "hits.hits.0._score"));
      std::string tree;
      JsonWriter(&tree).Value(found);
      return tree;
    };
    EXPECT_THAT(explain("name"), HasSubstr(R"({"value":2.0,"description":"k1, term saturation)"));
    EXPECT_THAT(explain("also"), HasSubstr("computed by the similarity of the field from:"));
  }
}

TEST_F(PeerFindingsTest, AMappingGrowsAsFarAsItsIndexSays) {
  const auto settings = [](const std::string& name, const std::string& limit) {
    return R"({"settings":{"index.mapping.)" + name + R"(.limit":)" + limit + "}";
  };
  EXPECT_THAT(
      Error(400, "PUT", "/a", settings("nested_fields", "1") + R"(,"mappings":{"properties":{
      "x":{"type":"nested"},"y":{"type":"nested"}}}})"),
      HasSubstr("Limit of nested fields [1] has been exceeded"));
  EXPECT_THAT(Error(400, "PUT", "/a", settings("depth", "2") + R"(,"mappings":{"properties":{
      "x":{"properties":{"y":{"properties":{"z":{"type":"long"}}}}}}}})"),
              HasSubstr("Limit of mapping depth [2] has been exceeded due to object field [x.y]"));
  EXPECT_THAT(
      Error(400, "PUT", "/a", settings("total_fields", R"("many")") + "}"),
      HasSubstr("Failed to parse value [many] for setting [index.mapping.total_fields.limit]"));
  Expect(200, "PUT", "/a", settings("total_fields", "3") + "}");
  Expect(201, "PUT", "/a/_doc/1", R"({"one":1,"two":2,"three":3})");
  EXPECT_THAT(Error(400, "PUT", "/a/_doc/2", R"({"four":4})"),
              HasSubstr("Limit of total fields [3] has been exceeded"));
  Expect(201, "PUT", "/a/_doc/3", R"({"one":1})");
  EXPECT_THAT(Error(400, "PUT", "/a/_mapping", R"({"properties":{"five":{"type":"long"}}})"),
              HasSubstr("Limit of total fields [3] has been exceeded"));
  Expect(200, "PUT", "/b", settings("nested_fields", "0") + "}");
  EXPECT_THAT(Error(400, "PUT", "/b/_mapping", R"({"properties":{"five":{"type":"nested"}}})"),
              HasSubstr("Limit of nested fields [0] has been exceeded"));
}

}  // namespace
}  // namespace binseek::api
