#include <gmock/gmock.h>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class SearchTest : public ApiTest {
 protected:
  SearchTest() {
    Expect(200, "POST", "/_bulk",
           "{\"index\":{\"_index\":\"shop-a\",\"_id\":\"1\"}}\n{\"name\":\"red "
           "phone\",\"price\":30,\"color\":\"red\"}\n"
           "{\"index\":{\"_index\":\"shop-a\",\"_id\":\"2\"}}\n{\"name\":\"blue "
           "phone\",\"price\":10,\"color\":\"blue\"}\n"
           "{\"index\":{\"_index\":\"shop-b\",\"_id\":\"3\"}}\n{\"name\":\"red "
           "case\",\"price\":20,\"color\":\"red\"}\n");
  }

  // Ids of the hits, one after the other.
  std::string Ids(std::string_view target, std::string body = "") const {
    const JsonValue answer = Expect(200, "POST", target, std::move(body));
    std::string ids;
    for (const JsonValue& hit : answer.Find("hits")->Find("hits")->array()) {
      ids += hit.Find("_id")->AsString();
    }
    return ids;
  }
};

TEST_F(SearchTest, OneViewOverSeveralIndices) {
  EXPECT_EQ(Ids("/_search?sort=price"), "231");
  EXPECT_EQ(Ids("/shop-a,shop-b/_search?sort=price:desc"), "132");
  EXPECT_EQ(Ids("/shop-*,-shop-b/_search?sort=price"), "21");
  EXPECT_EQ(Ids("/_all/_search", R"({"query":{"match":{"name":"case"}}})"), "3");
  EXPECT_EQ(Ids("/none*/_search"), "");
  EXPECT_EQ(Ids("/none,shop-b/_search?ignore_unavailable"), "3");
  EXPECT_THAT(Error(404, "GET", "/none,shop-b/_search"), HasSubstr("no such index [none]"));
  Error(404, "GET", "/none*/_search?allow_no_indices=false");
}

TEST_F(SearchTest, PhrasesAreFoundInOrder) {
  EXPECT_EQ(Ids("/_search", R"({"query":{"match_phrase":{"name":"red phone"}}})"), "1");
  EXPECT_EQ(Ids("/_search", R"({"query":{"match_phrase":{"name":"phone red"}}})"), "");
  EXPECT_EQ(
      Ids("/_search", R"({"query":{"match_phrase":{"name":{"query":"phone red","slop":2}}}})"),
      "1");
  EXPECT_EQ(Ids("/_search", R"({"query":{"match_phrase_prefix":{"name":"blue ph"}}})"), "2");
  EXPECT_EQ(Ids("/_search",
                R"({"query":{"match_bool_prefix":{"name":{"query":"red ca","operator":"and"}}}})"),
            "3");
}

TEST_F(SearchTest, SimilaritiesAreSettingsOfTheIndex) {
  Expect(200, "PUT", "/plain", R"({"settings":{"similarity":{"default":{"type":"boolean"}}}})");
  Expect(201, "PUT", "/plain/_doc/1?refresh", R"({"name":"red red phone"})");
  const JsonValue answer = Expect(200, "POST", "/plain/_search",
                                  R"({"query":{"match":{"name":{"query":"red","boost":3}}}})");
  EXPECT_EQ(At(answer, "hits.max_score"), "3.0");
  Expect(
      200, "PUT", "/dfr",
      R"({"settings":{"index.similarity.default.type":"DFR","index":{"similarity.default":{"basic_model":"g","after_effect":"l","normalization":"h2","normalization.h2.c":"3.0"}}}})");
  EXPECT_EQ(At(Expect(200, "GET", "/dfr/_settings"), "dfr.settings.index.similarity.default.type"),
            "DFR");
  EXPECT_THAT(
      Error(400, "PUT", "/bad", R"({"settings":{"similarity":{"default":{"type":"none"}}}})"),
      HasSubstr("Unknown Similarity type [none] for [default]"));
}

TEST_F(SearchTest, ParametersAreStrongerThanTheBody) {
  EXPECT_EQ(Ids("/_search?sort=price&size=1&from=1", R"({"size":3})"), "3");
  const JsonValue answer =
      Expect(200, "GET", "/_search?size=1&_source=price&version&track_total_hits=true&sort=price",
             R"({"query":{"term":{"color.keyword":"red"}}})");
  EXPECT_EQ(At(answer, "hits.total.value"), "2");
  EXPECT_EQ(At(answer, "hits.hits.0._source"), R"({"price":20})");
  EXPECT_EQ(At(answer, "hits.hits.0._version"), "1");
  EXPECT_EQ(At(Expect(200, "GET", "/_search?rest_total_hits_as_int=true&size=0"), "hits.total"),
            "3");
}

TEST_F(SearchTest, AnswersAreBounded) {
  for (int i = 0; i < 10; ++i) {
    Expect(201, "PUT", "/big/_doc/" + std::to_string(i),
           R"({"x":")" + std::string(1000, 'x') + R"("})");
  }
  SearchConfig limits = Limits();
  limits.max_response_bytes = 6000;
  node_->SetLimits(limits);
  Expect(200, "GET", "/big/_search?size=5");
  EXPECT_THAT(Error(413, "GET", "/big/_search?size=6"),
              HasSubstr("content_too_long_exception: the answer is larger than 6000 bytes"));
  Error(413, "GET", "/big/_search?size=6&scroll=1m");
  Expect(200, "GET", "/big/_search?size=6&_source=false");
  Expect(200, "GET", "/big/_mget", R"({"ids":["0","1","2","3","4"]})");
  EXPECT_THAT(Error(413, "GET", "/big/_mget", R"({"ids":["0","0","0","0","0","0"]})"),
              HasSubstr("search.max_response_bytes"));
}

TEST_F(SearchTest, SortKeysAreBounded) {
  std::string keys = "price";
  for (int i = 1; i < 32; ++i) {
    keys += ",price";
  }
  Expect(200, "GET", "/_search?sort=" + keys);
  EXPECT_THAT(Error(400, "GET", "/_search?sort=" + keys + ",price"),
              HasSubstr("at most [32] keys"));
}

TEST_F(SearchTest, AggregationsAreCounted) {
  const JsonValue answer = Expect(200, "POST", "/_search?size=0",
                                  R"({"aggs":{"colors":{"terms":{"field":"color.keyword"}}}})");
  EXPECT_EQ(At(answer, "aggregations.colors.buckets.0.key"), "red");
  EXPECT_EQ(At(answer, "aggregations.colors.buckets.0.doc_count"), "2");
}

TEST_F(SearchTest, CountCounts) {
  EXPECT_EQ(At(Expect(200, "GET", "/_count"), "count"), "3");
  EXPECT_EQ(At(Expect(200, "POST", "/shop-a/_count", R"({"query":{"range":{"price":{"gt":15}}}})"),
               "count"),
            "1");
  EXPECT_EQ(At(Expect(200, "POST", "/_count"), "_shards.total"), "2");
}

TEST_F(SearchTest, WrongRequestsAreNamed) {
  EXPECT_THAT(Send("GET", "/_search?q=(red").body, HasSubstr("Failed to parse query [(red]"));
  EXPECT_THAT(Error(400, "GET", "/_count?q=red&default_operator=XOR"),
              HasSubstr("Unknown default_operator [XOR]"));
  EXPECT_THAT(Error(400, "GET", "/_search?size=many"),
              HasSubstr("Failed to parse int parameter [size] with value [many]"));
  EXPECT_THAT(Error(400, "GET", "/_search?version=perhaps"),
              HasSubstr("only [true] or [false] are allowed"));
  EXPECT_THAT(Error(400, "POST", "/_search", "{\"query\""), HasSubstr("x_content_parse_exception"));
  EXPECT_THAT(Error(400, "POST", "/_search", "[]"), HasSubstr("parsing_exception"));
  EXPECT_EQ(Send("POST", "/_search", R"({"from":9999,"size":100})").status, 400);
  EXPECT_EQ(Send("POST", "/_search", std::string(100000, '[')).status, 413);
}

TEST_F(SearchTest, ScrollWalksOverTheViewThatItBeganOn) {
  const JsonValue first = Expect(200, "POST", "/_search?scroll=1m&size=2&sort=price");
  const std::string id = At(first, "_scroll_id");
  EXPECT_EQ(At(first, "hits.hits.1._id"), "3");
  Expect(201, "PUT", "/shop-b/_doc/4", R"({"price":25})");
  const JsonValue second =
      Expect(200, "POST", "/_search/scroll", R"({"scroll":"1m","scroll_id":")" + id + "\"}");
  EXPECT_EQ(At(second, "hits.hits.0._id"), "1");
  EXPECT_EQ(At(second, "hits.hits.1._id"), "");
  EXPECT_EQ(At(second, "hits.total.value"), "3");
  EXPECT_EQ(At(Expect(200, "GET", "/_search/scroll?scroll_id=" + id), "hits.hits"), "[]");
  EXPECT_EQ(
      At(Expect(200, "DELETE", "/_search/scroll", R"({"scroll_id":[")" + id + "\"]}"), "num_freed"),
      "1");
  EXPECT_THAT(Error(404, "GET", "/_search/scroll?scroll_id=" + id),
              HasSubstr("search_context_missing_exception"));
  Expect(404, "DELETE", "/_search/scroll/" + id);
  EXPECT_EQ(At(Expect(200, "DELETE", "/_search/scroll/_all"), "succeeded"), "true");
}

TEST_F(SearchTest, ScrollRequestsAreChecked) {
  Error(400, "POST", "/_search?scroll=1m&from=2");
  Error(400, "POST", "/_search?scroll=soon");
  Error(400, "POST", "/_search/scroll", "{}");
  Error(400, "POST", "/_search/scroll", R"({"scroll_id":"x","scrol":"1m"})");
  Error(400, "DELETE", "/_search/scroll", "{}");
}

TEST_F(SearchTest, OpenScrollsAreBounded) {
  for (int64_t i = 0; i < Limits().max_scrolls; ++i) {
    ASSERT_EQ(Send("POST", "/_search?scroll=1m&size=1").status, 200);
  }
  EXPECT_EQ(Send("POST", "/_search?scroll=1m&size=1").status, 429);
}

TEST_F(SearchTest, ThreadsOfASearchAreThoseOfTheConfig) {
  SearchConfig limits = Limits();
  limits.threads_per_search = 3;
  const Node several(engine_.get(), nullptr, limits);
  ASSERT_NE(several.search_options().pool, nullptr);
  EXPECT_EQ(several.search_options().pool->options().threads_per_search, 3u);
  EXPECT_GE(several.search_options().pool->options().threads, 2u);
  limits.threads_per_search = 1;
  EXPECT_EQ(Node(engine_.get(), nullptr, limits).search_options().pool, nullptr);
}

TEST_F(SearchTest, LimitsChangeWhileItRuns) {
  SearchConfig limits = Limits();
  limits.max_result_window = 2;
  node_->SetLimits(limits);
  EXPECT_EQ(Send("POST", "/_search?size=3").status, 400);
  EXPECT_EQ(Send("POST", "/_search?size=2").status, 200);
}

TEST_F(SearchTest, AScrollPageTooLargeToAnswerEndsTheScroll) {
  const JsonValue first = Expect(200, "POST", "/_search?scroll=1m&size=1");
  EXPECT_EQ(node_->scrolls()->open(), 1U);
  SearchConfig limits = Limits();
  limits.max_response_bytes = 10;
  node_->SetLimits(limits);
  Error(413, "POST", "/_search?scroll=1m&size=1");
  EXPECT_EQ(node_->scrolls()->open(), 1U) << "nobody knows the id of the one that failed";
  const std::string next = R"({"scroll_id":")" + At(first, "_scroll_id") + R"("})";
  Error(413, "POST", "/_search/scroll", next);
  EXPECT_EQ(node_->scrolls()->open(), 0U);
  node_->SetLimits(Limits());
  EXPECT_THAT(Error(404, "POST", "/_search/scroll", next),
              HasSubstr("search_context_missing_exception"));
}

TEST_F(SearchTest, HiddenIndicesAreMeantByNameAlone) {
  for (const char* name : {"shop-h", ".shop-h"}) {
    Expect(200, "PUT", "/" + std::string(name), R"({"settings":{"index.hidden":true}})");
    Expect(201, "PUT", "/" + std::string(name) + "/_doc/4", R"({"name":"green","price":40})");
  }
  Expect(200, "POST", "/_aliases",
         R"({"actions":[{"add":{"index":"shop-a","alias":"quiet","is_hidden":true}}]})");
  EXPECT_EQ(Ids("/_search?sort=price"), "231");
  EXPECT_EQ(Ids("/_all/_search?sort=price"), "231");
  EXPECT_EQ(Ids("/shop*/_search?sort=price"), "231");
  EXPECT_EQ(Ids("/shop-h/_search"), "4");
  EXPECT_EQ(Ids("/.shop*/_search"), "4") << "both begin with a dot";
  EXPECT_EQ(Ids("/shop*/_search?sort=price&expand_wildcards=open,hidden"), "2314");
  EXPECT_EQ(Ids("/shop*/_search?sort=price&expand_wildcards=all"), "2314");
  EXPECT_EQ(Ids("/qui*/_search"), "");
  EXPECT_EQ(Ids("/quiet/_search?sort=price"), "21");
  EXPECT_EQ(Ids("/qui*/_search?sort=price&expand_wildcards=all"), "21");
  EXPECT_EQ(Ids("/shop*/_search?expand_wildcards=none"), "");
  EXPECT_EQ(Ids("/shop*/_search?expand_wildcards=closed"), "");
  EXPECT_THAT(Error(400, "POST", "/shop*/_search?expand_wildcards=opn"),
              HasSubstr("No valid expand wildcard value [opn]"));
  EXPECT_THAT(Error(400, "PUT", "/bad", R"({"settings":{"index.hidden":"perhaps"}})"),
              HasSubstr("index.hidden"));
}

}  // namespace
}  // namespace binseek::api
