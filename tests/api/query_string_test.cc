#include <gmock/gmock.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class QueryStringTest : public ApiTest {
 protected:
  QueryStringTest() {
    Expect(200, "PUT", "/shop",
           R"({"mappings":{"properties":{"name":{"type":"text"},"about":{"type":"text"},
      "brand":{"type":"keyword"},"price":{"type":"double"},"made":{"type":"date"},"also":{"type":"alias","path":"name"}}}})");
    Add("1", R"({"name":"red running shoe","brand":"Acme","price":10,"made":"2026-01-01"})");
    Add("2",
        R"({"name":"blue shoe","about":"for running","brand":"Acme","price":20,"made":"2026-02-01"})");
    Add("3", R"({"name":"red shirt","brand":"Other","price":30,"made":"2026-03-01"})");
  }
  void Add(const std::string& id, const std::string& source) {
    Expect(201, "PUT", "/shop/_doc/" + id, source);
  }
  static std::string Quoted(const std::string& text) {
    std::string out;
    JsonWriter(&out).String(text);
    return out;
  }
  // Ids that the query finds, in order.
  std::string Find(const std::string& query, const std::string& more = "") const {
    const JsonValue found =
        Expect(200, "POST", "/shop/_search",
               R"({"query":{"query_string":{"query":)" + Quoted(query) + more + "}}}");
    std::vector<std::string> ids;
    for (size_t i = 0; !At(found, "hits.hits." + std::to_string(i) + "._id").empty(); ++i) {
      ids.push_back(At(found, "hits.hits." + std::to_string(i) + "._id"));
    }
    std::sort(ids.begin(), ids.end());
    std::string text;
    for (const std::string& id : ids) {
      text += id;
    }
    return text;
  }
};

TEST_F(QueryStringTest, WordsAreLookedForInAllFieldsOrThoseNamed) {
  EXPECT_EQ(Find("red"), "13");
  EXPECT_EQ(Find("running"), "12");
  EXPECT_EQ(Find("name:running"), "1");
  EXPECT_EQ(Find("running", R"(,"fields":["about^3"])"), "2");
  EXPECT_EQ(Find("running", R"(,"default_field":"na*")"), "1");
  EXPECT_EQ(Find("also:blue"), "2");
  EXPECT_EQ(Find("brand:Acme"), "12");
  EXPECT_EQ(Find("20"), "2") << "numbers are looked in too";
  EXPECT_EQ(Find(""), "");
}

TEST_F(QueryStringTest, OperatorsBindAsLucenesClassicParserHasThem) {
  EXPECT_EQ(Find("red shoe"), "123");
  EXPECT_EQ(Find("red shoe", R"(,"default_operator":"AND","default_field":"name")"), "1");
  EXPECT_EQ(Find("name:red AND name:shoe"), "1");
  EXPECT_EQ(Find("name:red && name:shoe"), "1");
  EXPECT_EQ(Find("name:red OR name:blue"), "123");
  EXPECT_EQ(Find("name:red NOT name:shirt"), "1");
  EXPECT_EQ(Find("+name:red -name:shirt"), "1");
  EXPECT_EQ(Find("name:red !name:shirt"), "1");
  EXPECT_EQ(Find("name:(red blue) AND name:shoe"), "12");
  EXPECT_EQ(Find("name:(+red +running)"), "1");
  EXPECT_EQ(Find("NOT name:red"), "2");
  EXPECT_EQ(Find("name:blue OR name:red AND name:shirt"), "3")
      << "AND asks for both of its sides, OR for neither";
  EXPECT_EQ(Find("name:red OR name:shirt", R"(,"default_operator":"AND")"), "13");
}

TEST_F(QueryStringTest, TermsHaveAllTheirForms) {
  EXPECT_EQ(Find("name:\"red shoe\""), "");
  EXPECT_EQ(Find("name:\"red shoe\"~1"), "1");
  EXPECT_EQ(Find("name:\"red running shoe\""), "1");
  EXPECT_EQ(Find("name:SH*"), "123") << "a prefix is as the analyzer would have it";
  EXPECT_EQ(Find("name:sh?e"), "12");
  EXPECT_EQ(Find("name:*irt"), "3");
  EXPECT_EQ(Find("name:/SH.*T/"), "3");
  EXPECT_EQ(Find("also:/r[aeiou]d/"), "13");
  EXPECT_EQ(Find("name:shoo~1"), "12");
  EXPECT_EQ(Find("name:shoo~"), "12");
  EXPECT_EQ(Find("price:[10 TO 20]"), "12");
  EXPECT_EQ(Find("price:{10 TO 20]"), "2");
  EXPECT_EQ(Find("price:[15 TO *}"), "23");
  EXPECT_EQ(Find("price:>10"), "23");
  EXPECT_EQ(Find("price:<=10"), "1");
  EXPECT_EQ(Find("made:[2026-01-15 TO 2026-02-15]"), "2");
  EXPECT_EQ(Find("_exists_:about"), "2");
  EXPECT_EQ(Find("about:*"), "2");
  EXPECT_EQ(Find("*:*"), "123");
  EXPECT_EQ(Find("*"), "123");
  EXPECT_EQ(Find("brand:Ac\\*"), "");
  EXPECT_EQ(Find("brand:\\A\\cme"), "12");
}

TEST_F(QueryStringTest, BoostsMultiplyScores) {
  const JsonValue plain =
      Expect(200, "POST", "/shop/_search", R"({"query":{"query_string":{"query":"name:blue"}}})");
  const JsonValue twice =
      Expect(200, "POST", "/shop/_search", R"({"query":{"query_string":{"query":"name:blue^2"}}})");
  EXPECT_FLOAT_EQ(std::stof(At(twice, "hits.max_score")),
                  2 * std::stof(At(plain, "hits.max_score")));
}

TEST_F(QueryStringTest, ParametersAreQueriesToo) {
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_search?q=running&df=about"), "hits.total.value"), "1");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_count?q=name:red"), "count"), "2");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_search?q=name:red%20name:shoe&default_operator=AND"),
               "hits.total.value"),
            "1");
  EXPECT_THAT(Send("GET", "/shop/_search?q=price:cheap").body,
              HasSubstr("failed to create query: For input string"));
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_search?q=price:cheap&lenient=true"), "hits.total.value"),
            "0");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_explain/1?q=name:red"), "matched"), "true");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_validate/query?q=name:(red"), "valid"), "false");
}

TEST_F(QueryStringTest, WhatIsNoQueryIsNamed) {
  for (const char* query : {"(red", "red)", "name:", "red AND", "[1 TO", "\"red", "/red", "+",
                            "a:^2", "price:[1 5]", "()"}) {
    EXPECT_THAT(Error(400, "POST", "/shop/_search",
                      R"({"query":{"query_string":{"query":)" + Quoted(query) + "}}}"),
                HasSubstr("all shards failed"))
        << query;
  }
  EXPECT_THAT(Error(400, "POST", "/shop/_search", R"({"query":{"query_string":{"querry":"x"}}})"),
              HasSubstr("[query_string] query does not support [querry]"));
  EXPECT_THAT(Error(400, "POST", "/shop/_search", R"({"query":{"query_string":{}}})"),
              HasSubstr("must be provided with a [query]"));
  EXPECT_THAT(Error(400, "POST", "/shop/_search",
                    R"({"query":{"query_string":{"query":"*x","allow_leading_wildcard":false}}})"),
              HasSubstr("all shards failed"));
  EXPECT_EQ(Find("(red) \"AND", R"(,"escape":true)"), "13");
}

}  // namespace
}  // namespace binseek::api
