#include "api/dsl/search_request_parser.h"

#include "tests/api/dsl/dsl_matchers.h"

namespace binseek::api::dsl {
namespace {

using search::SearchRequest;
using search::SortKey;

TEST(SearchRequestParserTest, AnEmptyBodyMeansTheDefaults) {
  auto body = ParseSearchBody(Json("{}"));
  ASSERT_EQ(ErrorOf(body), "");
  EXPECT_EQ(body->request.query, nullptr);
  EXPECT_EQ(body->request.from, 0u);
  EXPECT_EQ(body->request.size, 10u);
  EXPECT_EQ(body->request.track_total_hits, 10000u);
  EXPECT_TRUE(body->source.everything());
  EXPECT_FALSE(body->size_given);
}

TEST(SearchRequestParserTest, EveryPartIsRead) {
  auto body = ParseSearchBody(Json(
      R"({"query":{"match_all":{}},"post_filter":{"term":{"a":1}},"from":20,"size":"5","sort":["price"],)"
      R"("_source":["a"],"track_total_hits":true,"track_scores":true,"version":true,"seq_no_primary_term":true,)"
      R"("min_score":0.5,"terminate_after":7,"timeout":"2s","aggs":{"a":{"avg":{"field":"b"}}},"explain":false})"));
  ASSERT_EQ(ErrorOf(body), "");
  const SearchRequest& request = body->request;
  EXPECT_NE(request.query, nullptr);
  EXPECT_NE(request.post_filter, nullptr);
  EXPECT_EQ(request.from, 20u);
  EXPECT_EQ(request.size, 5u);
  EXPECT_TRUE(body->size_given);
  EXPECT_EQ(request.sort.size(), 1u);
  EXPECT_FALSE(body->source.everything());
  EXPECT_EQ(request.track_total_hits, SearchRequest::kCountAll);
  EXPECT_TRUE(request.track_scores);
  EXPECT_TRUE(body->version);
  EXPECT_TRUE(body->seq_no_primary_term);
  EXPECT_EQ(request.min_score, 0.5F);
  EXPECT_EQ(request.terminate_after, 7u);
  EXPECT_EQ(request.timeout_ms, 2000);
  EXPECT_EQ(request.aggregations.size(), 1u);
}

TEST(SearchRequestParserTest, SearchAfterKeepsTextsAndNulls) {
  auto body =
      ParseSearchBody(Json(R"({"sort":["a","b","c","d"],"search_after":[12.50,"x",null,true]})"));
  ASSERT_EQ(ErrorOf(body), "");
  const std::vector<std::optional<std::string>> expected = {"12.50", "x", std::nullopt, "true"};
  EXPECT_EQ(*body->request.search_after, expected);
}

TEST(SearchRequestParserTest, BadBodiesAreRefused) {
  const std::pair<const char*, const char*> refusals[] = {
      {R"({"match":{"foo":"bar"}})",
       "400 parsing_exception: Unknown key for a START_OBJECT in [match]."},
      {R"({"qurey":1})", "400 parsing_exception: Unknown key for a VALUE_NUMBER in [qurey]."},
      {R"({"query":[]})", "400 parsing_exception: Unknown key for a START_ARRAY in [query]."},
      {R"({"size":-1})",
       "400 illegal_argument_exception: [size] parameter cannot be negative, found [-1]"},
      {R"({"from":-5})",
       "400 illegal_argument_exception: [from] parameter cannot be negative, found [-5]"},
      {R"({"size":2147483648})",
       "400 input_coercion_exception: Numeric value (2147483648) out of range of int (-2147483648 "
       "- 2147483647)"},
      {R"({"size":"abc"})", "400 number_format_exception: For input string: \"abc\""},
      {R"({"size":1.5})",
       "400 illegal_argument_exception: 1.5 cannot be converted to Integer without data loss"},
      {R"({"size":{}})", "400 parsing_exception: Unknown key for a START_OBJECT in [size]."},
      {R"({"track_total_hits":-2})",
       "400 illegal_argument_exception: [track_total_hits] parameter must be positive or equals to "
       "-1, got -2"},
      {R"({"timeout":"5x"})",
       "400 illegal_argument_exception: failed to parse setting [timeout] with value [5x] as a "
       "time value: "
       "unit is missing or unrecognized"},
      {R"({"terminate_after":-1})", "400 illegal_argument_exception: terminateAfter must be > 0"},
      {R"({"search_after":[]})",
       "400 illegal_argument_exception: Values must contains at least one value."},
      {R"({"from":1,"sort":["a"],"search_after":[1]})",
       "400 illegal_argument_exception: `from` parameter must be set to 0 when `search_after` is "
       "used."},
      {R"({"search_after":[[1]]})",
       "400 parsing_exception: Expected [VALUE_STRING] or [VALUE_NUMBER] or [VALUE_BOOLEAN] or "
       "[VALUE_NULL] but found [START_ARRAY] inside search_after."},
      {R"({"suggest":{}})",
       "400 illegal_argument_exception: [suggest] of a search is not supported by binseek"},
  };
  for (const auto& [json, error] : refusals) {
    EXPECT_EQ(ErrorOf(ParseSearchBody(Json(json))), error) << json;
  }
}

TEST(SearchRequestParserTest, TimesAreReadInEveryUnit) {
  const std::pair<const char*, int64_t> times[] = {
      {"30s", 30000},    {"1m", 60000}, {"2h", 7200000}, {"1d", 86400000}, {"5ms", 5},
      {"1500micros", 2}, {"1nanos", 1}, {"0", 0},        {"-1", -1},       {"0s", 0}};
  for (const auto& [text, ms] : times) {
    auto parsed = ParseTimeValueMs(text, "timeout");
    ASSERT_EQ(ErrorOf(parsed), "") << text;
    EXPECT_EQ(*parsed, ms) << text;
  }
  for (const char* text : {"", "s", "1", "1.5s", "-5s", "99999999999999999d", "1M", "x1s", "1 s"}) {
    EXPECT_NE(ErrorOf(ParseTimeValueMs(text, "timeout")), "") << text;
  }
}

TEST(SearchRequestParserTest, TotalHitsAreTrackedAsAsked) {
  const std::pair<const char*, uint64_t> cases[] = {{"true", SearchRequest::kCountAll},
                                                    {"false", SearchRequest::kCountNone},
                                                    {"-1", SearchRequest::kCountNone},
                                                    {"42", 42},
                                                    {"0", 1}};
  for (const auto& [text, limit] : cases) {
    auto parsed = ParseTrackTotalHits(text);
    ASSERT_EQ(ErrorOf(parsed), "") << text;
    EXPECT_EQ(*parsed, limit) << text;
  }
  EXPECT_NE(ErrorOf(ParseTrackTotalHits("many")), "");
}

TEST(SearchRequestParserTest, CountTakesAQueryOnly) {
  auto all = ParseCountBody(Json("{}"));
  ASSERT_EQ(ErrorOf(all), "");
  EXPECT_EQ(*all, nullptr);
  auto some = ParseCountBody(Json(R"({"query":{"term":{"a":1}}})"));
  ASSERT_EQ(ErrorOf(some), "");
  EXPECT_NE(*some, nullptr);
  EXPECT_EQ(ErrorOf(ParseCountBody(Json(R"({"match":{"foo":"bar"}})"))),
            "400 parsing_exception: request does not support [match]");
}

SortKey OnlyKey(const char* sort) {
  auto body = ParseSearchBody(Json(std::string(R"({"sort":)") + sort + "}"));
  EXPECT_EQ(ErrorOf(body), "") << sort;
  if (!body.ok() || body->request.sort.size() != 1) {
    ADD_FAILURE() << "not one key: " << sort;
    return {};
  }
  return body->request.sort[0];
}

TEST(SortParserTest, EveryFormIsRead) {
  for (const char* sort : {R"("price")", R"(["price"])", R"({"price":{}})", R"([{"price":"asc"}])",
                           R"([{"price":{"order":"ASC"}}])"}) {
    const SortKey key = OnlyKey(sort);
    EXPECT_EQ(key.kind, SortKey::Kind::kField) << sort;
    EXPECT_EQ(key.field, "price") << sort;
    EXPECT_FALSE(key.descending) << sort;
  }
  const SortKey full = OnlyKey(
      R"({"price":{"order":"desc","missing":"_first","mode":"min","unmapped_type":"long"}})");
  EXPECT_TRUE(full.descending);
  EXPECT_TRUE(full.missing_first);
  EXPECT_EQ(full.mode, SortKey::Mode::kMin);
  EXPECT_EQ(full.unmapped_type, "long");
  EXPECT_EQ(OnlyKey(R"({"price":{"missing":5}})").missing_value, "5");
  EXPECT_EQ(OnlyKey(R"({"price":{"missing":"_last"}})").missing_value, "");

  EXPECT_EQ(OnlyKey(R"("_score")").kind, SortKey::Kind::kScore);
  EXPECT_TRUE(OnlyKey(R"("_score")").descending);
  EXPECT_FALSE(OnlyKey(R"({"_score":"asc"})").descending);
  EXPECT_EQ(OnlyKey(R"("_doc")").kind, SortKey::Kind::kDoc);
  EXPECT_FALSE(OnlyKey(R"("_doc")").descending);
}

TEST(SortParserTest, BadSortsAreRefused) {
  const std::pair<const char*, const char*> refusals[] = {
      {"1",
       "400 illegal_argument_exception: malformed sort format, either start with array, object, or "
       "an actual string"},
      {"[1]",
       "400 illegal_argument_exception: malformed sort format, within the sort array, an object, "
       "or an actual string are allowed"},
      {R"({"a":"up"})",
       "400 illegal_argument_exception: [order] must be [asc] or [desc], found [up]"},
      {R"({"a":{"ordr":"asc"}})",
       "400 x_content_parse_exception: [field_sort] unknown field [ordr] did you mean [order]?"},
      {R"({"a":{"mode":"most"}})", "400 illegal_argument_exception: Unknown SortMode [most]"},
      {R"({"_score":{"missing":1}})",
       "400 x_content_parse_exception: [_score] unknown field [missing]"},
      {R"([{"_geo_distance":{}}])",
       "400 parsing_exception: [_geo_distance] needs a field and a point"},
  };
  for (const auto& [sort, error] : refusals) {
    EXPECT_EQ(ErrorOf(ParseSearchBody(Json(std::string(R"({"sort":)") + sort + "}"))), error)
        << sort;
  }
}

TEST(SortParserTest, UrlParameterNamesFieldsAndOrders) {
  auto keys = ParseSortParameter("price:desc,_score,shop:a:asc");
  ASSERT_EQ(ErrorOf(keys), "");
  ASSERT_EQ(keys->size(), 3u);
  EXPECT_TRUE((*keys)[0].descending);
  EXPECT_EQ((*keys)[1].kind, SortKey::Kind::kScore);
  EXPECT_EQ((*keys)[2].field, "shop:a");
  EXPECT_NE(ErrorOf(ParseSortParameter("price:up")), "");
}

}  // namespace
}  // namespace binseek::api::dsl
