// Nested objects over HTTP: mappings, documents, queries, inner hits, aggregations, sorts.
#include <gmock/gmock.h>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class NestedTest : public ApiTest {
 protected:
  NestedTest() {
    Expect(200, "PUT", "/shop", R"({"mappings":{"properties":{
        "name":{"type":"text"},
        "offers":{"type":"nested","properties":{
          "seller":{"type":"keyword"},"price":{"type":"long"},"text":{"type":"text"},
          "notes":{"type":"nested","properties":{"by":{"type":"keyword"}}}}}}}})");
    Expect(201, "PUT", "/shop/_doc/1?refresh", R"({"name":"phone","offers":[
        {"seller":"a","price":10,"text":"a fast red phone","notes":[{"by":"x"},{"by":"y"}]},
        null,
        {"seller":"b","price":20,"text":"blue","notes":{"by":"x"}}]})");
    Expect(201, "PUT", "/shop/_doc/2?refresh", R"({"name":"case","offers":
        {"seller":"a","price":20,"text":"red"}})");
    Expect(201, "PUT", "/shop/_doc/3?refresh", R"({"name":"none"})");
  }

  std::string Ids(std::string body) const {
    const JsonValue answer = Expect(200, "POST", "/shop/_search", std::move(body));
    std::string ids;
    for (const JsonValue& hit : answer.Find("hits")->Find("hits")->array()) {
      ids += hit.Find("_id")->AsString();
    }
    return ids;
  }
  JsonValue Search(std::string body) const {
    return Expect(200, "POST", "/shop/_search", std::move(body));
  }
};

TEST_F(NestedTest, AnObjectIsADocumentOfItsOwn) {
  const std::string both =
      R"({"query":{"nested":{"path":"offers","query":{"bool":{"filter":[
        {"term":{"offers.seller":"a"}},{"term":{"offers.price":20}}]}}}}})";
  EXPECT_EQ(Ids(both), "2");
  EXPECT_EQ(Ids(R"({"query":{"term":{"offers.seller":"a"}}})"), "");
  EXPECT_EQ(Ids(R"({"query":{"exists":{"field":"offers"}}})"), "");
  EXPECT_EQ(
      Ids(R"({"query":{"nested":{"path":"offers","query":{"exists":{"field":"offers.notes"}}}}})"),
      "");
  EXPECT_EQ(Ids(R"({"query":{"nested":{"path":"offers","query":{"nested":{"path":"offers.notes",
      "query":{"term":{"offers.notes.by":"y"}}}}}}})"),
            "1");
  EXPECT_EQ(
      Ids(R"({"query":{"bool":{"must_not":{"nested":{"path":"offers","query":{"match_all":{}}}}}}})"),
      "3");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_count"), "count"), "3");
  // Written anew.
  Expect(200, "PUT", "/shop/_doc/3?refresh", R"({"offers":[{"seller":"a","price":20}]})");
  EXPECT_EQ(Ids(both), "23");
  Expect(200, "DELETE", "/shop/_doc/2?refresh");
  EXPECT_EQ(Ids(both), "3");
}

TEST_F(NestedTest, ScoresAreThoseOfTheObjects) {
  const auto score = [this](const std::string& mode) {
    return At(
        Search(
            R"({"query":{"nested":{"path":"offers","score_mode":")" + mode +
            R"(","boost":2,"query":{"function_score":{"query":{"range":{"offers.price":{"gte":0}}},
          "field_value_factor":{"field":"offers.price"}}}}}})"),
        "hits.hits.0._score");
  };
  EXPECT_EQ(score("avg"), "40.0");  // of document 2, whose one offer costs 20
  EXPECT_EQ(score("sum"), "60.0");
  EXPECT_EQ(score("max"), "40.0");
  EXPECT_EQ(score("none"), "0.0");
  const JsonValue explained = Expect(200, "GET", "/shop/_explain/1",
                                     R"({"query":{"nested":{"path":"offers","score_mode":"min",
        "query":{"range":{"offers.price":{"gte":0}}}}}})");
  EXPECT_EQ(At(explained, "explanation.value"), "1.0");
  EXPECT_EQ(At(explained, "explanation.description"),
            "Score based on 2 child docs in range from 0 to 4, using score mode Min");
}

TEST_F(NestedTest, InnerHitsSayWhichObjectsMatched) {
  const JsonValue answer = Search(R"({"query":{"nested":{"path":"offers","inner_hits":{
      "sort":[{"offers.price":"desc"}],"_source":["offers.seller"],"highlight":{"fields":{"offers.text":{}}},
      "docvalue_fields":["offers.price"],"version":true},
      "query":{"bool":{"must":{"match":{"offers.text":"red blue"}},"should":{"term":{"offers.seller":{"value":"b","_name":"of b"}}}}}}}})");
  const auto find = [&](const std::string& path) {
    for (const JsonValue& hit : answer.Find("hits")->Find("hits")->array()) {
      if (hit.Find("_id")->AsString() == "1") {
        return At(hit, path);
      }
    }
    return std::string("no hit");
  };
  const std::string hits = "inner_hits.offers.hits.";
  EXPECT_EQ(find(hits + "total.value"), "2");
  EXPECT_EQ(find(hits + "max_score"), "null");
  EXPECT_EQ(find(hits + "hits.0._id"), "1");
  EXPECT_EQ(find(hits + "hits.0._version"), "1");
  EXPECT_EQ(find(hits + "hits.0._nested"), R"({"field":"offers","offset":1})");
  EXPECT_EQ(find(hits + "hits.0._source"), R"({"seller":"b"})");
  EXPECT_EQ(find(hits + "hits.0.sort"), "[20]");
  EXPECT_EQ(find(hits + "hits.0.fields"), R"({"offers.price":[20]})");
  EXPECT_EQ(find(hits + "hits.0.matched_queries"), R"(["of b"])");
  EXPECT_EQ(find(hits + "hits.1.matched_queries"), "");
  EXPECT_EQ(find(hits + "hits.1.highlight"), R"({"offers.text":["a fast <em>red</em> phone"]})");
  EXPECT_EQ(find("matched_queries"), "");
}

TEST_F(NestedTest, InnerHitsAreWithinInnerHits) {
  const JsonValue answer =
      Search(R"({"query":{"nested":{"path":"offers","inner_hits":{"name":"outer","size":1,
      "_source":false},"query":{"nested":{"path":"offers.notes","inner_hits":{"explain":true},
      "query":{"term":{"offers.notes.by":"y"}}}}}}})");
  const JsonValue& outer = answer.Find("hits")
                               ->Find("hits")
                               ->array()[0]
                               .Find("inner_hits")
                               ->Find("outer")
                               ->Find("hits")
                               ->Find("hits")
                               ->array()[0];
  EXPECT_EQ(outer.Find("_source"), nullptr);
  const JsonValue& note =
      outer.Find("inner_hits")->Find("offers.notes")->Find("hits")->Find("hits")->array()[0];
  EXPECT_EQ(At(note, "_nested"),
            R"({"field":"offers","offset":0,"_nested":{"field":"notes","offset":1}})");
  EXPECT_EQ(At(note, "_source"), R"({"by":"y"})");
  EXPECT_EQ(At(note, "_explanation.value"), At(note, "_score"));
  // Straight from the root.
  const JsonValue direct =
      Search(R"({"query":{"nested":{"path":"offers.notes","inner_hits":{"name":"n"},
      "query":{"term":{"offers.notes.by":"x"}}}}})");
  EXPECT_EQ(At(direct, "hits.hits.0.inner_hits.n.hits.total.value"), "2");
  EXPECT_EQ(At(direct, "hits.hits.0.inner_hits.n.hits.hits.1._nested"),
            R"({"field":"offers","offset":1,"_nested":{"field":"notes","offset":0}})");
}

TEST_F(NestedTest, WrongInnerHitsAreRefused) {
  const std::string one =
      R"({"nested":{"path":"offers","inner_hits":{},"query":{"match_all":{}}}})";
  EXPECT_THAT(Error(400, "POST", "/shop/_search",
                    R"({"query":{"bool":{"must":[)" + one + "," + one + "]}}}"),
              HasSubstr("[inner_hits] already contains an entry for key [offers]"));
  EXPECT_THAT(Send("POST", "/shop/_search", R"({"query":{"nested":{"path":"offers","inner_hits":
      {"size":101},"query":{"match_all":{}}}}})")
                  .body,
              HasSubstr("Inner result window is too large, the inner hit definition's [offers]'s "
                        "from + size must be less than or equal to: [100] but was [101]"));
  EXPECT_THAT(Error(400, "POST", "/shop/_search", R"({"query":{"nested":{"path":"offers"}}})"),
              HasSubstr("[nested] requires 'query' field"));
  EXPECT_THAT(Send("POST", "/shop/_search",
                   R"({"query":{"nested":{"path":"name","query":{"match_all":{}}}}})")
                  .body,
              HasSubstr("[nested] failed to find nested object under path [name]"));
}

TEST_F(NestedTest, BucketsGoDownToObjectsAndBackUp) {
  const JsonValue answer = Search(R"({"size":0,"aggs":{"o":{"nested":{"path":"offers"},"aggs":{
      "sellers":{"terms":{"field":"offers.seller","order":{"back":"desc"}},"aggs":{
        "back":{"reverse_nested":{}},
        "notes":{"nested":{"path":"offers.notes"},"aggs":{
          "offers":{"reverse_nested":{"path":"offers"},"aggs":{"p":{"sum":{"field":"offers.price"}}}}}}}},
      "best":{"top_hits":{"size":1,"sort":[{"offers.price":"desc"},{"offers.seller":"desc"}]}}}}}})");
  EXPECT_EQ(At(answer, "aggregations.o.doc_count"), "3");
  EXPECT_EQ(At(answer, "aggregations.o.sellers.buckets.0.key"), "a");
  EXPECT_EQ(At(answer, "aggregations.o.sellers.buckets.0.back.doc_count"), "2");
  EXPECT_EQ(At(answer, "aggregations.o.sellers.buckets.0.notes.doc_count"), "2");
  EXPECT_EQ(At(answer, "aggregations.o.sellers.buckets.0.notes.offers.doc_count"), "1");
  EXPECT_EQ(At(answer, "aggregations.o.sellers.buckets.0.notes.offers.p.value"), "10.0");
  EXPECT_EQ(At(answer, "aggregations.o.best.hits.total.value"), "3");
  EXPECT_EQ(At(answer, "aggregations.o.best.hits.hits.0._id"), "1");
  EXPECT_EQ(At(answer, "aggregations.o.best.hits.hits.0._nested"),
            R"({"field":"offers","offset":1})");
  EXPECT_EQ(At(answer, "aggregations.o.best.hits.hits.0._source.seller"), "b");
  EXPECT_THAT(Send("POST", "/shop/_search", R"({"aggs":{"r":{"reverse_nested":{}}}})").body,
              HasSubstr("Reverse nested aggregation [r] can not be used outside a [nested]"));
  EXPECT_EQ(At(Search(R"({"aggs":{"n":{"nested":{"path":"none"}}}})"), "aggregations.n.doc_count"),
            "0");
}

TEST_F(NestedTest, SortsReadObjects) {
  const auto by = [this](const std::string& arguments) {
    return Ids(R"({"sort":[{"offers.price":{)" + arguments + "}}]}");
  };
  EXPECT_EQ(by(R"("nested":{"path":"offers"})"), "123");
  EXPECT_EQ(by(R"("order":"desc","mode":"sum","nested":{"path":"offers"})"), "123");
  EXPECT_EQ(by(R"("order":"desc","mode":"min","nested":{"path":"offers"})"), "213");
  EXPECT_EQ(
      by(R"("missing":"_first","nested":{"path":"offers","filter":{"term":{"offers.seller":"b"}}})"),
      "231");
  EXPECT_THAT(Error(400, "POST", "/shop/_search", R"({"sort":"offers.price"})"),
              HasSubstr("it is mandatory to set the [nested] context on the nested sort field"));
}

TEST_F(NestedTest, MappingsShowWhatTheyWereGiven) {
  Expect(200, "PUT", "/m", R"({"mappings":{"properties":{"a":{"type":"nested","dynamic":"strict",
      "include_in_parent":true,"properties":{"b":{"type":"keyword"},
      "c":{"type":"nested","include_in_root":true,"properties":{"d":{"type":"keyword"}}}}}}}})");
  EXPECT_EQ(At(Expect(200, "GET", "/m/_mapping"), "m.mappings.properties"),
            R"({"a":{"type":"nested","include_in_parent":true,"dynamic":"strict","properties":{)"
            R"("b":{"type":"keyword"},"c":{"type":"nested","include_in_root":true,"properties":{)"
            R"("d":{"type":"keyword"}}}}}})");
  EXPECT_THAT(
      Error(400, "PUT", "/m/_doc/1", R"({"a":{"x":1}})"),
      HasSubstr("mapping set to strict, dynamic introduction of [x] within [a] is not allowed"));
  Expect(201, "PUT", "/m/_doc/1?refresh", R"({"a":[{"b":"v"},{"c":[{"d":"w"}]}]})");
  const auto count = [this](const std::string& query) {
    return At(Expect(200, "POST", "/m/_count", R"({"query":)" + query + "}"), "count");
  };
  EXPECT_EQ(count(R"({"term":{"a.b":"v"}})"), "1");
  EXPECT_EQ(count(R"({"term":{"a.c.d":"w"}})"), "1");
  EXPECT_EQ(count(R"({"nested":{"path":"a","query":{"term":{"a.c.d":"w"}}}})"), "0");
  // What is given anew has to be the same, but for what its objects do with new fields.
  Expect(200, "PUT", "/m/_mapping", R"({"properties":{"a":{"type":"nested","include_in_parent":true,
      "dynamic":"true","properties":{"e":{"type":"long"}}}}})");
  Expect(201, "PUT", "/m/_doc/2", R"({"a":{"x":1}})");
  EXPECT_THAT(Error(400, "PUT", "/m/_mapping", R"({"properties":{"a":{"type":"nested"}}})"),
              HasSubstr("the [include_in_parent] parameter can't be updated"));
  EXPECT_THAT(Error(400, "PUT", "/m/_mapping", R"({"properties":{"a":{"type":"object"}}})"),
              HasSubstr("cannot be changed from type [nested] to [object]"));
}

TEST_F(NestedTest, ADocumentHasSoManyObjectsAtMost) {
  Expect(200, "PUT", "/few", R"({"settings":{"index.mapping.nested_objects.limit":2},
      "mappings":{"properties":{"a":{"type":"nested"}}}})");
  Expect(201, "PUT", "/few/_doc/1", R"({"a":[{"x":1},null,{"x":2}]})");
  EXPECT_THAT(Error(400, "PUT", "/few/_doc/2", R"({"a":[{"x":1},{"x":2},{"x":3}]})"),
              HasSubstr("The number of nested documents has exceeded the allowed limit of [2]."));
}

}  // namespace
}  // namespace binseek::api
