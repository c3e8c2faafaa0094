// JSON in, JSON out, over a real engine: each case is a body, and what of its response is expected. Every member of an expected object must
// be there with that value; arrays must be of one length.
#include <string>
#include <string_view>

#include "api/dsl/response.h"
#include "api/dsl/search_request_parser.h"
#include "tests/api/dsl/dsl_matchers.h"
#include "tests/engine/search/shop.h"
#include "tests/support/status_matchers.h"

namespace binseek::api::dsl {
namespace {

bool Holds(const JsonValue& actual, const JsonValue& expected) {
  if (actual.kind() != expected.kind()) {
    return false;
  }
  if (expected.is_object()) {
    for (const auto& [key, value] : expected.members()) {
      const JsonValue* member = actual.Find(key);
      if (member == nullptr || !Holds(*member, value)) {
        return false;
      }
    }
    return true;
  }
  if (expected.is_array()) {
    if (actual.array().size() != expected.array().size()) {
      return false;
    }
    for (size_t i = 0; i < expected.array().size(); ++i) {
      if (!Holds(actual.array()[i], expected.array()[i])) {
        return false;
      }
    }
    return true;
  }
  return expected.is_number()
             ? actual.AsDouble() == expected.AsDouble()
             : actual.AsBool() == expected.AsBool() && actual.AsString() == expected.AsString();
}

class DslEndToEndTest : public search::test::ShopTest {
 protected:
  std::string Answer(std::string_view json) const {
    std::string out;
    auto body = ParseSearchBody(Json(json));
    if (!body.ok()) {
      AppendErrorResponse(body.error(), &out);
      return out;
    }
    const Result<search::SearchResult> result = shop_.TrySearch(body->request);
    if (!result.ok()) {
      AppendErrorResponse(ErrorFromStatus(result.status()), &out);
      return out;
    }
    const Status written = AppendSearchResponse(*result, *body, {}, &out);
    EXPECT_TRUE(written.ok()) << written.ToString();
    return out;
  }

  void Expect(std::string_view body, std::string_view expected) const {
    const std::string answer = Answer(body);
    EXPECT_TRUE(Holds(Json(answer), Json(expected)))
        << body << "\n  gave " << answer << "\n  not  " << expected;
  }

  // Ids of the hits in their order, such as "shoe boot".
  void ExpectIds(std::string_view body, std::string_view expected) const {
    const JsonValue answer = Json(Answer(body));
    const JsonValue* hits = answer.Find("hits");
    ASSERT_NE(hits, nullptr) << body << " gave " << Answer(body);
    std::string ids;
    for (const JsonValue& hit : hits->Find("hits")->array()) {
      ids += (ids.empty() ? "" : " ") + hit.Find("_id")->AsString();
    }
    EXPECT_EQ(ids, expected) << body;
  }
};

TEST_F(DslEndToEndTest, QueriesFindWhatTheySay) {
  const std::pair<const char*, const char*> cases[] = {
      {R"({"sort":"_doc"})", "shoe boot lamp desk bare"},
      {R"({"query":{"match_none":{}}})", ""},
      {R"({"query":{"term":{"brand":"ACME"}},"sort":"price"})", "shoe boot"},
      {R"({"query":{"term":{"active":{"value":true}}},"sort":"price"})", "lamp shoe"},
      {R"({"query":{"terms":{"tags":["winter","home"]}},"sort":"price"})", "lamp boot"},
      {R"({"query":{"terms":{"sizes":[41,44]}},"sort":"price"})", "shoe boot"},
      {R"({"query":{"range":{"price":{"gte":25,"lt":120}}},"sort":"price"})", "lamp shoe"},
      {R"({"query":{"range":{"price":{"from":25,"to":120,"include_lower":false}}},"sort":"price"})",
       "shoe boot"},
      {R"({"query":{"range":{"made":{"gt":"2026-01-02T10:00:00Z","lt":"2026-01-02||+1d/d"}}}})",
       "boot"},
      {R"({"query":{"match":{"name":"boot lamp"}},"sort":"price"})", "lamp boot"},
      {R"({"query":{"match":{"name":{"query":"red shoe","operator":"and"}}}})", "shoe"},
      {R"({"query":{"match":{"name":{"query":"desk lamp shade","minimum_should_match":"2<75%"}}}})",
       "lamp"},
      {R"({"query":{"multi_match":{"query":"acme","fields":["name","brand^2"]}},"sort":"price"})",
       "shoe boot"},
      {R"({"query":{"exists":{"field":"shop"}},"sort":"price"})", "lamp shoe"},
      {R"({"query":{"ids":{"values":["desk","nobody","shoe"]}},"sort":"_doc"})", "shoe desk"},
      {R"({"query":{"prefix":{"name":"sha"}}})", "lamp"},
      {R"({"query":{"term":{"attrs.color":"brown"}}})", "boot"},
      {R"({"query":{"constant_score":{"filter":{"term":{"sizes":42}}}},"sort":"price"})",
       "shoe boot"},
      {R"({"query":{"dis_max":{"queries":[{"term":{"tags":"home"}},{"term":{"tags":"winter"}}]}},"sort":"price"})",
       "lamp boot"},
      {R"({"query":{"bool":{"must":{"match":{"name":"red"}},"filter":[{"term":{"tags":"sale"}}],)"
       R"("must_not":[{"term":{"brand":"lumo"}}]}}})",
       "shoe"},
      {R"({"query":{"bool":{"should":[{"term":{"tags":"sale"}},{"term":{"tags":"sport"}}],"minimum_should_match":2}}})",
       "shoe"},
  };
  for (const auto& [body, ids] : cases) {
    ExpectIds(body, ids);
  }
}

TEST_F(DslEndToEndTest, PagesAndOrdersAreKept) {
  ExpectIds(R"({"sort":[{"price":"desc"}],"size":2})", "boot shoe");
  ExpectIds(R"({"sort":[{"price":{"order":"asc","missing":"_first"}},"_doc"],"from":1,"size":2})",
            "bare lamp");
  ExpectIds(R"({"sort":[{"price":{"order":"asc","missing":100}},"_doc"]})",
            "lamp shoe desk bare boot");
  ExpectIds(R"({"sort":[{"nowhere":{"unmapped_type":"long"}},"_doc"],"size":1})", "shoe");
  ExpectIds(R"({"sort":["price"],"search_after":[59.5],"size":1})", "boot");
  Expect(
      R"({"query":{"exists":{"field":"price"}},"sort":["price"],"size":1,"_source":["price"]})",
      R"({"hits":{"total":{"value":3,"relation":"eq"},"max_score":null,)"
      R"("hits":[{"_index":"products","_id":"lamp","_score":null,"_source":{"price":25},"sort":[25.0]}]}})");
  Expect(R"({"track_total_hits":2,"size":0})",
         R"({"hits":{"total":{"value":2,"relation":"gte"},"hits":[]}})");
  Expect(
      R"({"query":{"ids":{"values":["shoe"]}},"version":true,"seq_no_primary_term":true,"_source":"attrs.sole"})",
      R"({"hits":{"max_score":1.0,"hits":[{"_version":1,"_seq_no":0,"_primary_term":1,"_score":1.0,)"
      R"("_source":{"attrs":{"sole":{"kind":"gum"}}}}]}})");
  Expect(
      R"({"query":{"match":{"name":"red"}},"post_filter":{"term":{"tags":"sale"}},"aggs":{"n":{"value_count":{"field":"tags"}}}})",
      R"({"hits":{"total":{"value":2}},"aggregations":{"n":{"value":5}}})");
}

TEST_F(DslEndToEndTest, AggregationsCountWhatMatches) {
  Expect(
      R"({"size":0,"aggs":{"tags":{"terms":{"field":"tags","size":1},"aggs":{"p":{"stats":{"field":"price"}}}}}})",
      R"({"aggregations":{"tags":{"doc_count_error_upper_bound":0,"sum_other_doc_count":3,"buckets":[{"key":"sale","doc_count":2,)"
      R"("p":{"count":2,"min":25.0,"max":59.5,"avg":42.25,"sum":84.5}}]}}})");
  Expect(
      R"({"size":0,"aggs":{"b":{"terms":{"field":"brand","order":{"p":"desc"}},"aggs":{"p":{"max":{"field":"price"}}}}}})",
      R"({"aggregations":{"b":{"buckets":[{"key":"acme","doc_count":2,"p":{"value":120.0}},{"key":"lumo","doc_count":1}]}}})");
  Expect(R"({"size":0,"aggs":{"a":{"terms":{"field":"active"}}}})",
         R"({"aggregations":{"a":{"buckets":[{"key":1,"key_as_string":"true","doc_count":2},)"
         R"({"key":0,"key_as_string":"false","doc_count":1}]}}})");
  Expect(
      R"({"size":0,"aggs":{"r":{"range":{"field":"price","ranges":[{"to":50},{"key":"mid","from":50,"to":100},{"from":100}]}}}})",
      R"({"aggregations":{"r":{"buckets":[{"key":"*-50.0","to":50.0,"doc_count":1},)"
      R"({"key":"mid","from":50.0,"to":100.0,"doc_count":1},{"key":"100.0-*","from":100.0,"doc_count":1}]}}})");
  Expect(
      R"({"size":0,"aggs":{"f":{"filters":{"filters":{"red":{"match":{"name":"red"}},"none":{"match_none":{}}}}}}})",
      R"({"aggregations":{"f":{"buckets":{"none":{"doc_count":0},"red":{"doc_count":3}}}}})");
  Expect(
      R"({"size":0,"aggs":{"f":{"filter":{"term":{"tags":"sale"}},"aggs":{"s":{"sum":{"field":"stock"}}}}}})",
      R"({"aggregations":{"f":{"doc_count":2,"s":{"value":3.0}}}})");
  Expect(
      R"({"size":0,"aggs":{"m":{"min":{"field":"made"}},"v":{"avg":{"field":"stock","missing":10}}}})",
      R"({"aggregations":{"m":{"value":1767348000000.0,"value_as_string":"2026-01-02T10:00:00.000Z"},"v":{"value":6.8}}})");
}

TEST_F(DslEndToEndTest, ErrorsHaveElasticsearchsShape) {
  Expect(
      R"({"query":{"mach":{}}})",
      R"({"status":400,"error":{"type":"parsing_exception","reason":"unknown query [mach] did you mean [match]?"}})");
  Expect(
      R"({"query":{"term":{"price":"cheap"}}})",
      R"({"status":400,"error":{"type":"search_phase_execution_exception","root_cause":[{"type":"query_shard_exception",)"
      R"("reason":"failed to create query: For input string: \"cheap\""}]}})");
  Expect(
      R"({"sort":"nowhere"})",
      R"({"status":400,"error":{"type":"search_phase_execution_exception","root_cause":[{"type":"query_shard_exception",)"
      R"("reason":"No mapping found for [nowhere] in order to sort on"}]}})");
  Expect(R"({"from":1000000})",
         R"({"status":400,"error":{"root_cause":[{"type":"illegal_argument_exception"}]}})");
}

// A millisecond passes from look to look.
class Steps final : public Clock {
 public:
  int64_t NowMicros() const override { return 0; }
  int64_t MonotonicMicros() const override { return now_ += 1'000; }

 private:
  mutable int64_t now_ = 0;
};

// Each group's search is short, but there may be as many as hits.
TEST_F(DslEndToEndTest, GroupsOfAllHitsHaveTheTimeOfOneSearch) {
  const auto view = shop_.view();
  const std::vector<const index::IndexView*> indices = {view->Find("products")};
  auto body = ParseSearchBody(
      Json(R"({"collapse":{"field":"brand","inner_hits":{"name":"all"}},"sort":["price"]})"));
  ASSERT_TRUE(body.ok());
  const Result<search::SearchResult> result =
      search::Search(*view, indices, body->request, shop_.options());
  ASSERT_OK(result);
  ASSERT_GT(result->hits.size(), 1u);
  const Steps clock;
  ResponseOptions options;
  options.hits = {.view = view.get(), .indices = indices, .options = shop_.options()};
  options.hits.options.clock = &clock;
  std::string out;
  body->request.timeout_ms = 1'000;
  ASSERT_OK(AppendSearchResponse(*result, *body, options, &out));
  body->request.timeout_ms = 3;
  const Status late = AppendSearchResponse(*result, *body, options, &out);
  EXPECT_STATUS(late, kAborted);
  EXPECT_NE(late.message().find("inner hits [all] of all groups"), std::string::npos) << late;
}

// As every text may be long, and there may be as many as hits and fields.
TEST_F(DslEndToEndTest, HighlightsOfAllHitsHaveTheTimeOfOneSearch) {
  const auto view = shop_.view();
  const std::vector<const index::IndexView*> indices = {view->Find("products")};
  auto body = ParseSearchBody(Json(
      R"({"size":0,"highlight":{"no_match_size":10,"fields":{"*":{}}},"aggs":{"top":{"top_hits":{
        "highlight":{"no_match_size":10,"fields":{"*":{}}}}}}})"));
  ASSERT_TRUE(body.ok());
  for (const uint32_t size : {3u, 0u}) {  // the hits, and those of the aggregation
    body->request.size = size;
    const Result<search::SearchResult> result =
        search::Search(*view, indices, body->request, shop_.options());
    ASSERT_OK(result);
    ResponseOptions options;
    options.hits = {.view = view.get(), .indices = indices, .options = shop_.options()};
    const Steps clock;
    options.hits.options.clock = &clock;
    std::string out;
    body->request.timeout_ms = 1'000;
    ASSERT_OK(AppendSearchResponse(*result, *body, options, &out));
    EXPECT_NE(out.find("highlight"), std::string::npos);
    body->request.timeout_ms = 3;
    const Status late = AppendSearchResponse(*result, *body, options, &out);
    EXPECT_STATUS(late, kAborted);
    EXPECT_NE(late.message().find("the highlights of all hits"), std::string::npos) << late;
  }
}

// As each of many queries may take its time for every hit.
TEST_F(DslEndToEndTest, NamesAndExplanationsOfAllHitsHaveTheTimeOfOneSearch) {
  const auto view = shop_.view();
  const std::vector<const index::IndexView*> indices = {view->Find("products")};
  for (const auto& [json, what] : std::vector<std::pair<std::string, std::string>>{
           {R"({"query":{"bool":{"should":[{"match_all":{"_name":"a"}},{"match_all":{"_name":"b"}},
               {"match_all":{"_name":"c"}}]}}})",
            "matched queries of all hits"},
           {R"({"query":{"match_all":{}},"explain":true})", "the explanations of all hits"}}) {
    auto body = ParseSearchBody(Json(json));
    ASSERT_TRUE(body.ok());
    const Result<search::SearchResult> result =
        search::Search(*view, indices, body->request, shop_.options());
    ASSERT_OK(result);
    ASSERT_GT(result->hits.size(), 2u);
    ResponseOptions options;
    options.hits = {.view = view.get(), .indices = indices, .options = shop_.options()};
    const Steps clock;
    options.hits.options.clock = &clock;
    std::string out;
    body->request.timeout_ms = 1'000;
    ASSERT_OK(AppendSearchResponse(*result, *body, options, &out));
    body->request.timeout_ms = 3;
    const Status late = AppendSearchResponse(*result, *body, options, &out);
    EXPECT_STATUS(late, kAborted);
    EXPECT_NE(late.message().find(what), std::string::npos) << late;
  }
}

}  // namespace
}  // namespace binseek::api::dsl
