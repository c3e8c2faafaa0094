// What clients and applications send, and what they would be surprised to be refused, or to be answered otherwise than by Elasticsearch.
#include <gmock/gmock.h>

#include <string>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class ClientRequestsTest : public ApiTest {
 protected:
  void Create(const std::string& properties, const std::string& settings = "{}") const {
    Expect(200, "PUT", "/shop",
           R"({"settings":)" + settings + R"(,"mappings":{"properties":)" + properties + "}}");
  }
  void Put(const std::string& id, std::string document) const {
    Expect(201, "PUT", "/shop/_doc/" + id, std::move(document));
  }
  JsonValue Search(const std::string& body) const {
    return Expect(200, "POST", "/shop/_search", body);
  }
  std::string Hits(const std::string& query) const {
    return At(Search(R"({"query":)" + query + "}"), "hits.total.value");
  }
  std::string Score(const std::string& query) const {
    return At(Search(R"({"query":)" + query + "}"), "hits.hits.0._score");
  }
  // Of an error of all shards: the reason of one of them.
  std::string Reason(const std::string& body) const {
    return At(Expect(400, "POST", "/shop/_search", body), "error.root_cause.0.reason");
  }
};

TEST_F(ClientRequestsTest, PhrasesAreAnalysedAsTheFieldSaysForSearches) {
  Create(R"({"t":{"type":"text","analyzer":"whitespace","search_analyzer":"simple"},
      "q":{"type":"text","analyzer":"whitespace","search_analyzer":"simple","search_quote_analyzer":"whitespace"}})");
  Put("1", R"({"t":"red phone","q":"red phone"})");
  for (const char* query :
       {R"({"match":{"t":"Red Phone"}})", R"({"match_phrase":{"t":"Red Phone"}})",
        R"({"match_phrase_prefix":{"t":"Red Ph"}})", R"({"match":{"q":"Red"}})",
        R"({"multi_match":{"fields":["t"],"query":"Red Phone","type":"phrase"}})",
        R"({"query_string":{"fields":["t"],"query":"\"Red Phone\""}})",
        R"({"query_string":{"fields":["t"],"query":"PHO*"}})",
        R"({"match_phrase":{"q":{"query":"Red Phone","analyzer":"simple"}}})"}) {
    EXPECT_EQ(Hits(query), "1") << query;
  }
  EXPECT_EQ(Hits(R"({"match_phrase":{"q":"Red Phone"}})"), "0");
  EXPECT_EQ(Hits(R"({"match_phrase":{"t":{"query":"Red Phone","analyzer":"whitespace"}}})"), "0");
}

TEST_F(ClientRequestsTest, TheGreatestFloatMayBeWrittenInItsFewestDigits) {
  Put("1", R"({"n":2})");
  EXPECT_EQ(
      Score(R"({"function_score":{"query":{"match_all":{}},"max_boost":3.4028235E38,"functions":[
          {"weight":2}]}})"),
      "2.0");
  EXPECT_THAT(
      Error(400, "POST", "/shop/_search",
            R"({"query":{"function_score":{"query":{"match_all":{}},"max_boost":3.5E38}}})"),
      HasSubstr("[max_boost] must be a finite value"));
}

TEST_F(ClientRequestsTest, FunctionsThatWeighNothingLeaveTheScore) {
  Put("1", R"({"n":2})");
  for (const char* mode : {"sum", "avg"}) {
    EXPECT_EQ(
        Score(std::string(
                  R"({"function_score":{"functions":[{"weight":0},{"weight":0}],"score_mode":")") +
              mode + "\"}}"),
        "1.0")
        << mode;
  }
  EXPECT_EQ(Score(R"({"function_score":{"functions":[{"weight":0}],"score_mode":"multiply"}})"),
            "0.0");
}

TEST_F(ClientRequestsTest, MinimumShouldMatchCountsTheWordsOfAQueryString) {
  Put("1", R"({"t":"red usb cable","u":"x"})");
  Put("2", R"({"t":"red hat","u":"x"})");
  const auto hits = [this](const std::string& query, const std::string& rest = "") {
    return Hits(R"({"query_string":{"query":")" + query + R"(","minimum_should_match":2)" + rest +
                "}}");
  };
  const std::string one_field = R"(,"fields":["t"])";
  EXPECT_EQ(hits("red usb lamp", one_field), "1");
  EXPECT_EQ(hits("(red usb lamp)", one_field), "1");
  EXPECT_EQ(hits("t:(red usb lamp)"), "1");
  EXPECT_EQ(hits("red OR usb OR lamp", one_field), "1");
  // The best of several fields is no list of words.
  EXPECT_EQ(hits("red usb lamp", R"(,"fields":["t","u"])"), "2");
}

TEST_F(ClientRequestsTest, OriginsAreReadAsTheFieldWritesDates) {
  Create(
      R"({"day":{"type":"date","format":"dd/MM/yyyy"},"sec":{"type":"date","format":"epoch_second"},
      "at":{"type":"date"}})");
  Put("1", R"({"day":"17/09/2013","sec":1577836800,"at":"2020-01-02T00:00:00Z"})");
  EXPECT_EQ(Score(R"({"function_score":{"gauss":{"day":{"origin":"17/09/2013","scale":"10d"}}}})"),
            "1.0");
  EXPECT_EQ(Score(R"({"function_score":{"exp":{"sec":{"origin":"1577836800","scale":"10s"}}}})"),
            "1.0");
  // What a day leaves open is its end here: the document is a millisecond away.
  EXPECT_EQ(
      Score(R"({"distance_feature":{"field":"at","origin":"2020-01-01","pivot":"1ms","boost":3}})"),
      "1.5");
}

TEST_F(ClientRequestsTest, DecaysTakeTheMedianOfSeveralValues) {
  Put("1", R"({"n":[1,5,100]})");
  EXPECT_EQ(Score(R"({"function_score":{"linear":{"n":{"origin":1,"scale":8},
      "multi_value_mode":"median"}}})"),
            "0.75");
}

TEST_F(ClientRequestsTest, LimitsOfAnIndexAreObeyed) {
  Create(
      R"({"k":{"type":"keyword"}})",
      R"({"index.max_result_window":20,"index.max_inner_result_window":150,"index.max_terms_count":70000})");
  Put("1", R"({"k":"a"})");
  EXPECT_THAT(Reason(R"({"from":15,"size":6})"), HasSubstr("less than or equal to: [20]"));
  Search(R"({"from":15,"size":5})");
  EXPECT_THAT(At(Expect(400, "POST", "/shop/_search?scroll=1m", R"({"size":21})"),
                 "error.root_cause.0.reason"),
              HasSubstr("size must be less than or equal to: [20]"));
  Search(R"({"aggs":{"t":{"top_hits":{"size":150}}}})");
  EXPECT_THAT(Reason(R"({"aggs":{"t":{"top_hits":{"size":151}}}})"),
              HasSubstr("less than or equal to: [150]"));
  std::string terms = R"("a")";
  for (int i = 0; i < 69'999; ++i) {
    terms += ",\"b\"";
  }
  EXPECT_EQ(Hits(R"({"terms":{"k":[)" + terms + "]}}"), "1");

  Expect(200, "PUT", "/wide", R"({"settings":{"index":{"max_result_window":50000}}})");
  Expect(200, "POST", "/wide/_search", R"({"from":20000})");
  // The least of all indices holds.
  Expect(400, "POST", "/wide,shop/_search", R"({"from":20000})");
  Expect(400, "POST", "/wide/_search", R"({"from":50000})");
}

TEST_F(ClientRequestsTest, CountsTakeALeastScore) {
  Put("1", R"({"t":"red"})");
  Put("2", R"({"t":"red hat and a good many other words"})");
  const std::string query = R"({"query":{"match":{"t":"red"}}})";
  const std::string best = At(Expect(200, "POST", "/shop/_search", query), "hits.max_score");
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_count?min_score=" + best, query), "count"), "1");
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_count?min_score=1.5"), "count"), "0");
  EXPECT_EQ(Error(400, "POST", "/shop/_count?min_score=x"),
            "illegal_argument_exception: Failed to parse float parameter [min_score] with value "
            "[x]");
}

TEST_F(ClientRequestsTest, PagesOfAPointInTimeGoOnWithTheirOwnKeysAlone) {
  for (const char* id : {"1", "2", "3"}) {
    Put(id, std::string(R"({"n":)") + id + "}");
  }
  const std::string pit =
      R"("pit":{"id":")" + At(Expect(200, "POST", "/shop/_pit?keep_alive=1m"), "id") + "\"}";
  const std::string sort = R"({"size":1,"sort":[{"n":"asc"}],)" + pit;
  const JsonValue first = Expect(200, "POST", "/_search", sort + "}");
  const std::string both = At(first, "hits.hits.0.sort");
  EXPECT_EQ(At(Expect(200, "POST", "/_search", sort + R"(,"search_after":)" + both + "}"),
               "hits.hits.0._id"),
            "2");
  const JsonValue next = Expect(200, "POST", "/_search", sort + R"(,"search_after":[2]})");
  EXPECT_EQ(At(next, "hits.hits.0._id"), "3");
  EXPECT_EQ(At(next, "hits.hits.0.sort"), "[3]");
}

TEST_F(ClientRequestsTest, FieldsOfAllKindsAreShownUnderTheNamesThatWereAskedFor) {
  Create(
      R"({"ip":{"type":"ip"},"w":{"type":"wildcard"},"c":{"type":"constant_keyword","value":"shoes"},
      "place":{"type":"geo_point"},"attrs":{"type":"flattened"},"n":{"type":"long"},"also":{"type":"alias","path":"n"}})");
  Put("1",
      R"({"ip":"10.0.0.1","w":"abc","place":{"lat":1.5,"lon":2},"attrs":{"color":["red","blue"]},"n":7})");
  Put("2", R"({"place":[2,1.5]})");
  const JsonValue found = Search(
      R"({"sort":"_doc","docvalue_fields":["ip","w","c","also","attrs.color"],"fields":["place"]})");
  EXPECT_EQ(At(found, "hits.hits.0.fields.ip"), R"(["10.0.0.1"])");
  EXPECT_EQ(At(found, "hits.hits.0.fields.w"), R"(["abc"])");
  EXPECT_EQ(At(found, "hits.hits.0.fields.c"), R"(["shoes"])");
  EXPECT_EQ(At(found, "hits.hits.0.fields.also"), "[7]");
  const JsonValue colors = Search(R"({"sort":"_doc","docvalue_fields":["attrs.color"]})");
  std::string text;
  JsonWriter(&text).Value(colors);
  EXPECT_THAT(text, HasSubstr(R"("attrs.color":["blue","red"])"));
  for (const char* hit : {"hits.hits.0", "hits.hits.1"}) {
    EXPECT_EQ(At(found, std::string(hit) + ".fields.place"),
              R"([{"coordinates":[2.0,1.5],"type":"Point"}])");
  }
  const JsonValue source =
      Search(R"({"sort":"_doc","fields":["also","ip","c",{"field":"place","format":"wkt"}]})");
  EXPECT_EQ(At(source, "hits.hits.0.fields.also"), "[7]");
  EXPECT_EQ(At(source, "hits.hits.0.fields.ip"), R"(["10.0.0.1"])");
  EXPECT_EQ(At(source, "hits.hits.0.fields.c"), R"(["shoes"])");
  EXPECT_EQ(At(source, "hits.hits.0.fields.place"), R"x(["POINT (2.0 1.5)"])x");
}

TEST_F(ClientRequestsTest, WhatIsIncludedIsDecidedByLucenesExpressions) {
  Create(R"({"k":{"type":"keyword"}})");
  Put("1", R"({"k":["red7","red12","blue","aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"]})");
  const auto keys = [this](const std::string& options) {
    const JsonValue found =
        Search(R"({"size":0,"aggs":{"k":{"terms":{"field":"k","order":{"_key":"asc"},)" + options +
               "}}}}");
    std::string out;
    for (int i = 0; !At(found, "aggregations.k.buckets." + std::to_string(i) + ".key").empty();
         ++i) {
      out += At(found, "aggregations.k.buckets." + std::to_string(i) + ".key") + " ";
    }
    return out;
  };
  EXPECT_EQ(keys(R"("include":"red<1-9>")"), "red7 ");
  EXPECT_EQ(keys(R"x("include":"~(red.*)","exclude":"(a+)+c")x"), "blue ");
  EXPECT_EQ(keys(R"("include":"red.*&.*2")"), "red12 ");
  EXPECT_EQ(keys(R"("include":"(a+)+b")"), "");
}

TEST_F(ClientRequestsTest, CombinationsWithoutNumberEndWithTheTimeout) {
  Create(R"({"k":{"type":"keyword"}})");
  std::string values = "\"v0\"";
  for (int i = 1; i < 100; ++i) {
    values += ",\"v" + std::to_string(i) + "\"";
  }
  Put("1", R"({"k":[)" + values + "]}");
  std::string sources;
  for (int i = 0; i < 8; ++i) {
    sources += std::string(i == 0 ? "" : ",") + R"({"s)" + std::to_string(i) +
               R"(":{"terms":{"field":"k"}}})";
  }
  const JsonValue found = Search(
      R"({"size":0,"timeout":"50ms","aggs":{"c":{"composite":{"sources":[)" + sources + "]}}}}");
  EXPECT_EQ(At(found, "timed_out"), "true");
}

TEST_F(ClientRequestsTest, DatesOfASortAreShownInItsFormat) {
  Create(R"({"at":{"type":"date"},"fine":{"type":"date_nanos"},"n":{"type":"long"}})");
  Put("1", R"({"at":"2026-01-02T03:04:05.678Z","fine":"2026-01-02T03:04:05.678912345Z"})");
  Put("2", R"({"at":"2026-01-01T00:00:00Z","fine":"2026-01-01T00:00:00Z"})");
  const std::string sort =
      R"({"sort":[{"at":{"order":"desc","format":"strict_date_optional_time","unmapped_type":"boolean"}}])";
  EXPECT_EQ(At(Search(sort + "}"), "hits.hits.0.sort"), R"(["2026-01-02T03:04:05.678Z"])");
  const JsonValue next = Search(sort + R"(,"search_after":["2026-01-02T03:04:05.678Z"]})");
  EXPECT_EQ(At(next, "hits.hits.0._id"), "2");
  EXPECT_EQ(
      At(Search(R"({"sort":[{"fine":{"format":"yyyy-MM-dd HH:mm:ss"}}]})"), "hits.hits.1.sort"),
      R"(["2026-01-02 03:04:05"])");
  EXPECT_THAT(Reason(R"({"sort":[{"n":{"format":"yyyy"}}]})"), HasSubstr("[n] is none"));
}

}  // namespace
}  // namespace binseek::api
