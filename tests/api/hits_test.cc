// What an answer tells about its hits: highlights, explanations, fields, names of queries, collapsed groups; points in time, _msearch, _termvectors.
#include <gmock/gmock.h>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class HitsTest : public ApiTest {
 protected:
  HitsTest() {
    Expect(200, "PUT", "/shop", R"({"mappings":{"properties":{
      "name":{"type":"text","fields":{"raw":{"type":"keyword"},"ws":{"type":"text","analyzer":"whitespace"}}},
      "brand":{"type":"keyword"},"code":{"type":"keyword","ignore_above":3},"price":{"type":"double"},
      "stock":{"type":"long"},"made":{"type":"date"},"on":{"type":"boolean"}}}})");
    Expect(200, "POST", "/shop/_bulk",
           "{\"index\":{\"_index\":\"shop\",\"_id\":\"1\"}}\n"
           "{\"name\":[\"Red USB-C cable\",\"红色手机线\"],\"brand\":\"acme\",\"code\":\"abc\","
           "\"price\":9.5,\"stock\":3,\"made\":\"2026-01-02\",\"on\":true,\"shop\":{\"city\":"
           "\"Wien\"}}\n"
           "{\"index\":{\"_index\":\"shop\",\"_id\":\"2\"}}\n"
           "{\"name\":\"Red phone case <red>\",\"brand\":\"acme\",\"code\":\"abcd\",\"price\":20,"
           "\"stock\":7}\n"
           "{\"index\":{\"_index\":\"shop\",\"_id\":\"3\"}}\n"
           "{\"name\":\"Blue phone\",\"brand\":\"lumo\",\"price\":300,\"stock\":1}\n"
           "{\"index\":{\"_index\":\"shop\",\"_id\":\"4\"}}\n{\"name\":\"Nothing\"}\n");
  }

  JsonValue Search(const std::string& body, const std::string& parameters = "") const {
    return Expect(200, "POST", "/shop/_search" + parameters, body);
  }
  std::string Ids(const JsonValue& answer, std::string_view path = "hits") const {
    std::string ids;
    for (int i = 0; !At(answer, std::string(path) + ".hits." + std::to_string(i)).empty(); ++i) {
      ids += At(answer, std::string(path) + ".hits." + std::to_string(i) + "._id");
    }
    return ids;
  }
};

TEST_F(HitsTest, HighlightsShowWhereTheQueryMatched) {
  const JsonValue answer = Search(
      R"({"query":{"bool":{"must":{"match":{"name":"red 手机"}},"must_not":{"match":{"name":"cable2"}}}},
          "sort":["stock"],"highlight":{"fields":{"na*":{},"brand":{},"stock":{}}}})");
  EXPECT_EQ(At(answer, "hits.hits.0.highlight"),
            R"({"name":["<em>Red</em> USB-C cable","红色<em>手</em><em>机</em>线"]})");
  EXPECT_EQ(At(answer, "hits.hits.1.highlight"),
            R"({"name":["<em>Red</em> phone case <<em>red</em>>"]})");
}

TEST_F(HitsTest, HighlightsTakeOtherQueriesFieldsAndTags) {
  EXPECT_EQ(
      At(Search(
             R"({"query":{"ids":{"values":["2"]}},"highlight":{"pre_tags":"[","post_tags":"]","encoder":"html",
      "fields":{"name":{"highlight_query":{"prefix":{"name":"pho"}}}}}})"),
         "hits.hits.0.highlight.name.0"),
      "Red [phone] case &lt;red&gt;");
  const std::string by_brand =
      R"({"query":{"term":{"brand":"lumo"}},"highlight":{"fields":{"name":{"no_match_size":4}}}})";
  EXPECT_EQ(At(Search(by_brand), "hits.hits.0.highlight.name.0"), "Blue");
  // Terms of other fields count where the field is not asked for.
  EXPECT_EQ(
      At(Search(
             R"({"query":{"match":{"name.ws":"phone"}},"sort":["price"],"highlight":{"fields":{"name":{}}}})"),
         "hits.hits.0.highlight"),
      "");
  EXPECT_EQ(At(Search(R"({"query":{"match":{"name.ws":"phone"}},"sort":["price"],
                         "highlight":{"require_field_match":false,"fields":{"name":{}}}})"),
               "hits.hits.0.highlight.name.0"),
            "Red <em>phone</em> case <red>");
  EXPECT_EQ(
      At(Search(
             R"({"query":{"bool":{"should":[{"match":{"name":"cable"}},{"match":{"name.ws":"USB-C"}}]}},
                         "highlight":{"fields":{"name":{"matched_fields":["name","name.ws"]}}}})"),
         "hits.hits.0.highlight.name.0"),
      "Red <em>USB-C</em> <em>cable</em>");
}

TEST_F(HitsTest, KeywordsThatAreIgnoredAreNotHighlighted) {
  const JsonValue answer = Search(
      R"({"query":{"match":{"name":"red"}},"sort":["stock"],"highlight":{"fields":{"code":{"highlight_query":{"prefix":{"code":"ab"}}}}}})");
  EXPECT_EQ(At(answer, "hits.hits.0.highlight.code.0"), "<em>abc</em>");
  EXPECT_EQ(At(answer, "hits.hits.1.highlight"), "");
}

TEST_F(HitsTest, TextsThatAreTooLongToAnalyseAreAnErrorUnlessItIsSaidHowMuch) {
  Expect(200, "PUT", "/long", R"({"settings":{"index.highlight.max_analyzed_offset":10}})");
  Expect(201, "PUT", "/long/_doc/1", R"({"t":"red and red and red"})");
  const std::string query = R"({"query":{"match":{"t":"red"}},"highlight":{"fields":{"t":)";
  EXPECT_THAT(Error(400, "POST", "/long/_search", query + "{}}}}"), HasSubstr("all shards failed"));
  EXPECT_EQ(At(Expect(400, "POST", "/long/_search", query + "{}}}}"), "error.root_cause.0.reason"),
            "The length [19] of field [t] in doc[0]/index[long] exceeds the "
            "[index.highlight.max_analyzed_offset] limit [10]. To avoid this error, set the query "
            "parameter [max_analyzed_offset] to a value less than index setting value [10] and "
            "this will tolerate long field values by truncating them.");
  EXPECT_EQ(At(Expect(200, "POST", "/long/_search", query + "{\"max_analyzed_offset\":9}}}}"),
               "hits.hits.0.highlight.t.0"),
            "<em>red</em> and <em>red</em> and red");
}

TEST_F(HitsTest, ExplanationsAddUpToTheScore) {
  const JsonValue answer = Search(
      R"({"query":{"match":{"name":"red cable"}},"explain":true,"rescore":{"query":{"rescore_query":{"match":{"name":"case"}},
          "rescore_query_weight":3}},"indices_boost":[{"sh*":2}]})");
  for (const char* const hit : {"hits.hits.0", "hits.hits.1"}) {
    EXPECT_EQ(At(answer, std::string(hit) + "._explanation.value"),
              At(answer, std::string(hit) + "._score"));
  }
  EXPECT_EQ(At(answer, "hits.hits.0._explanation.details.0.description"), "product of:");
  EXPECT_THAT(At(Search(R"({"query":{"match":{"name":"cable"}},"explain":"sentence"})"),
                 "hits.hits.0._explanation"),
              HasSubstr("\"cable\" in name (once; 1 of 4 documents have it)."));
  const JsonValue explained = Expect(200, "GET", "/shop/_explain/1?_source=price",
                                     R"({"query":{"match":{"name":"cable"}}})");
  EXPECT_EQ(At(explained, "matched"), "true");
  EXPECT_EQ(At(explained, "get._source"), R"({"price":9.5})");
  EXPECT_THAT(At(explained, "explanation.description"), HasSubstr("weight(name:cable in 0)"));
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_explain/3", R"({"query":{"match":{"name":"cable"}}})"),
               "matched"),
            "false");
  EXPECT_EQ(At(Expect(404, "GET", "/shop/_explain/9", R"({"query":{"match_all":{}}})"), "matched"),
            "false");
  EXPECT_EQ(Error(400, "GET", "/shop/_explain/1"),
            "action_request_validation_exception: Validation Failed: 1: query is missing;");
  EXPECT_EQ(Error(400, "GET", "/shop/_explain/1", R"({"match_all":{}})"),
            "parsing_exception: request does not support [match_all]");
}

TEST_F(HitsTest, HitsNameTheQueriesThatTheyMatch) {
  const JsonValue answer = Search(
      R"({"query":{"bool":{"should":[{"match":{"name":{"query":"red","_name":"is red"}}},
          {"term":{"brand":{"value":"acme","_name":"is acme"}}},{"match_all":{}}],"_name":"all"}},"sort":["stock"],
          "post_filter":{"exists":{"field":"stock","_name":"has stock"}}})");
  EXPECT_EQ(At(answer, "hits.hits.0.matched_queries"), R"(["all","has stock"])");
  EXPECT_EQ(At(answer, "hits.hits.1.matched_queries"), R"(["all","is red","is acme","has stock"])");
  EXPECT_EQ(At(Search(R"({"query":{"constant_score":{"filter":{"match_all":{"_name":"a"}}}}})",
                      "?include_named_queries_score=true"),
               "hits.hits.0.matched_queries"),
            R"({"a":1.0})");
}

TEST_F(HitsTest, FieldsAreShownAsTheDocumentAndTheColumnsHaveThem) {
  const JsonValue answer = Search(
      R"({"query":{"ids":{"values":["1"]}},"_source":false,"fields":["name*","shop.*",{"field":"made","format":"yyyy-MM-dd"}],
          "docvalue_fields":["stock","on","brand",{"field":"price","format":"#.00"}],"version":true,"seq_no_primary_term":true})");
  EXPECT_EQ(At(answer, "hits.hits.0._source"), "");
  EXPECT_EQ(At(answer, "hits.hits.0.fields.name"), R"(["Red USB-C cable","红色手机线"])");
  EXPECT_EQ(At(answer, "hits.hits.0.fields.made"), R"(["2026-01-02"])");
  EXPECT_EQ(At(answer, "hits.hits.0.fields.stock"), "[3]");
  EXPECT_EQ(At(answer, "hits.hits.0.fields.on"), "[true]");
  EXPECT_EQ(At(answer, "hits.hits.0.fields.brand"), R"(["acme"])");
  EXPECT_EQ(At(answer, "hits.hits.0.fields.price"), R"(["9.50"])");
  EXPECT_EQ(At(answer, "hits.hits.0._version"), "1");
  EXPECT_EQ(At(Search(R"({"query":{"ids":{"values":["1"]}}})", "?docvalue_fields=made,price"),
               "hits.hits.0.fields"),
            R"({"made":["2026-01-02T00:00:00.000Z"],"price":[9.5]})");
  EXPECT_EQ(At(Search(R"({"stored_fields":"_none_"})"), "hits.hits.0._id"), "");
  EXPECT_EQ(At(Expect(400, "POST", "/shop/_search", R"({"docvalue_fields":["name"]})"),
               "error.root_cause.0.type"),
            "illegal_argument_exception");
}

TEST_F(HitsTest, CollapsedHitsTellOfTheirGroup) {
  const JsonValue answer = Search(
      R"({"query":{"match_all":{}},"sort":[{"price":"desc"}],"collapse":{"field":"brand","inner_hits":
          {"name":"cheap","size":1,"sort":["price"],"_source":["price"]}}})");
  EXPECT_EQ(Ids(answer), "324");
  EXPECT_EQ(At(answer, "hits.total.value"), "4");
  EXPECT_EQ(At(answer, "hits.hits.1.fields.brand"), R"(["acme"])");
  EXPECT_EQ(At(answer, "hits.hits.2.fields.brand"), "[null]");
  EXPECT_EQ(At(answer, "hits.hits.1.inner_hits.cheap.hits.total.value"), "2");
  EXPECT_EQ(Ids(answer, "hits.hits.1.inner_hits.cheap.hits"), "1");
  EXPECT_EQ(Ids(answer, "hits.hits.2.inner_hits.cheap.hits"), "4");
  EXPECT_THAT(Error(400, "POST", "/shop/_search?scroll=1m", R"({"collapse":{"field":"brand"}})"),
              HasSubstr("cannot use `collapse` in a scroll context"));
}

TEST_F(HitsTest, APointInTimeIsSearchedPageByPage) {
  const std::string id = At(Expect(200, "POST", "/shop/_pit?keep_alive=1m"), "id");
  Expect(201, "PUT", "/shop/_doc/5", R"({"name":"New","stock":0})");
  const std::string pit = R"("pit":{"id":")" + id + R"(","keep_alive":"1m"})";
  JsonValue page =
      Expect(200, "POST", "/_search", R"({"size":3,"sort":[{"brand":"asc"}],)" + pit + "}");
  EXPECT_EQ(Ids(page), "123");
  EXPECT_EQ(At(page, "pit_id"), id);
  EXPECT_EQ(At(page, "hits.hits.2.sort"), R"(["lumo",2])") << "its place is the last key";
  page = Expect(200, "POST", "/_search",
                R"({"size":3,"sort":[{"brand":"asc"}],"search_after":["acme",0],)" + pit + "}");
  EXPECT_EQ(Ids(page), "234");
  EXPECT_THAT(Error(400, "POST", "/shop/_search", "{" + pit + "}"),
              HasSubstr("[indices] cannot be used with point in time"));
  EXPECT_EQ(At(Expect(200, "DELETE", "/_pit", R"({"id":")" + id + R"("})"), "num_freed"), "1");
  Expect(404, "DELETE", "/_pit", R"({"id":")" + id + R"("})");
  EXPECT_THAT(Error(404, "POST", "/_search", "{" + pit + "}"),
              HasSubstr("No search context found for id"));
  const std::string other =
      At(Expect(200, "POST", "/shop/_search/point_in_time?keep_alive=1m"), "pit_id");
  EXPECT_EQ(
      At(Expect(200, "DELETE", "/_search/point_in_time", R"({"pit_id":[")" + other + R"("]})"),
         "pits.0.successful"),
      "true");
  EXPECT_THAT(Error(400, "POST", "/shop/_pit"), HasSubstr("[keep_alive]"));
}

TEST_F(HitsTest, SlicesOfAScrollAreParts) {
  std::string all;
  for (const char* const slice : {"0", "1", "2"}) {
    const std::string body = std::string(R"({"slice":{"max":3,"id":)") + slice + "}}";
    all += Ids(Expect(200, "POST", "/shop/_search?scroll=1m&size=10", body));
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, "1234");
  EXPECT_THAT(Error(400, "POST", "/shop/_search", R"({"slice":{"id":0,"max":2}})"),
              HasSubstr("[slice] can only be used with [scroll] or [point-in-time] requests"));
}

TEST_F(HitsTest, SeveralSearchesHaveAnAnswerEach) {
  const std::string body =
      "{\"index\":\"shop\"}\n{\"query\":{\"match\":{\"name\":\"red\"}}}\n"
      "\n{\"size\":0}\n"
      "{\"index\":[\"none\"]}\n{}\n"
      "{\"index\":\"shop\"}\n{\"query\":{\"range\":{\"price\":{\"gt\":\"x\"}}}}\n";
  const JsonValue answer =
      Expect(200, "POST", "/_msearch?rest_total_hits_as_int=true&max_concurrent_searches=2", body);
  EXPECT_EQ(At(answer, "responses.0.hits.total"), "2");
  EXPECT_EQ(At(answer, "responses.0.status"), "200");
  EXPECT_EQ(At(answer, "responses.1.hits.total"), "4");
  EXPECT_EQ(At(answer, "responses.2.status"), "404");
  EXPECT_EQ(At(answer, "responses.2.error.type"), "index_not_found_exception");
  EXPECT_EQ(At(answer, "responses.3.status"), "400");
  EXPECT_THAT(Error(400, "POST", "/_msearch", "{}\n{}"),
              HasSubstr("must be terminated by a newline"));
  EXPECT_THAT(Error(400, "POST", "/_msearch", "{\"x\":1}\n{}\n"),
              HasSubstr("key [x] is not supported in the metadata section"));
  EXPECT_THAT(Error(400, "POST", "/_msearch?rest_total_hits_as_int=true",
                    "{}\n{\"track_total_hits\":10}\n"),
              HasSubstr("[rest_total_hits_as_int] cannot be used if the tracking of total hits is "
                        "not accurate, got 10"));
}

TEST_F(HitsTest, TermVectorsAreThoseOfTheAnalyzer) {
  const JsonValue answer =
      Expect(200, "GET", "/shop/_termvectors/2?fields=name&term_statistics=true");
  EXPECT_EQ(At(answer, "found"), "true");
  EXPECT_EQ(
      At(answer, "term_vectors.name.terms.red"),
      R"({"doc_freq":2,"ttf":3,"term_freq":2,"tokens":[{"position":0,"start_offset":0,"end_offset":3},)"
      R"({"position":3,"start_offset":16,"end_offset":19}]})");
  EXPECT_EQ(At(answer, "term_vectors.name.field_statistics.doc_count"), "4");
  const JsonValue several =
      Expect(200, "POST", "/_mtermvectors",
             R"({"docs":[{"_index":"shop","_id":"1","fields":["name"],"offsets":false},
                                      {"_index":"shop","_id":"9"},{"_index":"none","_id":"1"}]})");
  EXPECT_EQ(At(several, "docs.0.term_vectors.name.terms.红"),
            R"({"term_freq":1,"tokens":[{"position":104}]})");
  EXPECT_EQ(At(several, "docs.1.found"), "false");
  EXPECT_EQ(At(several, "docs.2.error.type"), "index_not_found_exception");
  Error(400, "POST", "/_mtermvectors",
        R"({"docs":[{"_index":"shop","_id":"1","versionType":"x"}]})");
  EXPECT_EQ(
      At(Expect(200, "POST", "/shop/_termvectors", R"({"doc":{"name":"a a"},"fields":["name"]})"),
         "term_vectors.name.terms.a.term_freq"),
      "2");
}

TEST_F(HitsTest, QueriesAreValidated) {
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_validate/query?explain",
                      R"({"query":{"match":{"name":"red shoe"}}})"),
               "explanations.0.explanation"),
            "name:red name:shoe");
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_validate/query", R"({"query":{"nope":{}}})"), "valid"),
            "false");
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_validate/query",
                      R"({"query":{"range":{"price":{"gt":"x"}}}})"),
               "valid"),
            "false");
}

TEST_F(HitsTest, ParametersOfSearchesThatDoNothingHereAreTaken) {
  Search(
      "{}",
      "?search_type=dfs_query_then_fetch&request_cache=true&preference=_local&batched_reduce_size="
      "3&ccs_minimize_roundtrips=true&allow_partial_search_results=false&stats=a,b");
  EXPECT_THAT(Error(400, "GET", "/shop/_search?search_type=scan"),
              HasSubstr("No search type for [scan]"));
  EXPECT_THAT(Error(400, "GET", "/shop/_search?scroll=1m&request_cache=true"),
              HasSubstr("[request_cache] cannot be used in a scroll context"));
  EXPECT_THAT(
      At(Expect(400, "GET", "/shop/_search?scroll=1m&size=10010"), "error.root_cause.0.reason"),
      HasSubstr("Batch size is too large"));
  const JsonValue profiled = Search(R"({"profile":true})");
  EXPECT_NE(At(profiled, "profile.shards.0.searches.0.query.0.time_in_nanos"), "");
  EXPECT_EQ(At(Search("{}", "?filter_path=hits.total"), "hits"),
            R"({"total":{"value":4,"relation":"eq"}})");
}

}  // namespace
}  // namespace binseek::api
