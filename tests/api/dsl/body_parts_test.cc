// What tells about hits, in a search's body: what is read, and Elasticsearch's words where it is wrong.
#include "api/dsl/body_parts.h"

#include "api/dsl/search_request_parser.h"
#include "tests/api/dsl/dsl_matchers.h"

namespace binseek::api::dsl {
namespace {

using search::PassageBreaks;
using search::Rescorer;

SearchBody Parse(std::string_view json) {
  auto body = ParseSearchBody(Json(json));
  EXPECT_EQ(ErrorOf(body), "") << json;
  return body.ok() ? *std::move(body) : SearchBody();
}

TEST(BodyPartsTest, HighlightOptionsHoldForAllFieldsUnlessOneHasItsOwn) {
  const SearchBody body = Parse(
      R"({"highlight":{"fields":{"name":{},"text":{"fragment_size":20,"pre_tags":["<b>"],"post_tags":["</b>"],)"
      R"("type":"fvh","matched_fields":["text","text.plain"],"require_field_match":false,"boundary_scanner":"word",)"
      R"("highlight_query":{"match_all":{}},"max_analyzed_offset":99}},"number_of_fragments":2,"order":"score",)"
      R"("tags_schema":"styled","encoder":"html","no_match_size":7,"fragment_size":"50","boundary_chars":".,"}})");
  ASSERT_EQ(body.highlight.size(), 2u);
  const HighlightField& name = body.highlight[0];
  EXPECT_EQ(name.pattern, "name");
  EXPECT_EQ(name.options.fragment_size, 50u);
  EXPECT_EQ(name.options.number_of_fragments, 2u);
  EXPECT_TRUE(name.options.order_by_score);
  EXPECT_EQ(name.options.pre_tag, "<em class=\"hlt1\">");
  EXPECT_TRUE(name.options.encode_html);
  EXPECT_EQ(name.options.no_match_size, 7u);
  EXPECT_TRUE(name.require_field_match);
  EXPECT_EQ(name.query, nullptr);
  const HighlightField& text = body.highlight[1];
  EXPECT_EQ(text.options.fragment_size, 20u);
  EXPECT_EQ(text.options.pre_tag, "<b>");
  EXPECT_EQ(text.options.post_tag, "</b>");
  EXPECT_EQ(text.options.breaks, PassageBreaks::kWord);
  EXPECT_EQ(text.options.max_analyzed_offset, 99u);
  EXPECT_FALSE(text.require_field_match);
  EXPECT_NE(text.query, nullptr);
  EXPECT_EQ(text.matched_fields.size(), 2u);
  EXPECT_EQ(Parse(R"({"highlight":{"fields":[{"b":{}},{"a":{}}]}})").highlight[0].pattern, "b");
}

TEST(BodyPartsTest, RescorersComeOneByOneOrAsAList) {
  const SearchBody one = Parse(
      R"({"rescore":{"window_size":50,"query":{"rescore_query":{"match_all":{}},"query_weight":0.5,)"
      R"("rescore_query_weight":2,"score_mode":"Multiply"}}})");
  ASSERT_EQ(one.request.rescorers.size(), 1u);
  EXPECT_EQ(one.request.rescorers[0].window_size, 50u);
  EXPECT_EQ(one.request.rescorers[0].query_weight, 0.5f);
  EXPECT_EQ(one.request.rescorers[0].rescore_query_weight, 2);
  EXPECT_EQ(one.request.rescorers[0].mode, Rescorer::Mode::kMultiply);
  const SearchBody two = Parse(
      R"({"rescore":[{"query":{"rescore_query":{"match_all":{}}}},{"query":{"rescore_query":{"match_all":{}}}}]})");
  ASSERT_EQ(two.request.rescorers.size(), 2u);
  EXPECT_EQ(two.request.rescorers[0].window_size, 10u);
}

TEST(BodyPartsTest, CollapseSlicesAndPointsInTimeAreRead) {
  const SearchBody body = Parse(
      R"({"collapse":{"field":"brand","max_concurrent_group_searches":4,"inner_hits":[{"name":"a"},)"
      R"({"name":"b","size":7,"sort":["price"],"_source":false,"collapse":{"field":"color"}}]}})");
  EXPECT_EQ(body.request.collapse_field, "brand");
  ASSERT_EQ(body.inner_hits.size(), 2u);
  EXPECT_EQ(body.inner_hits[0].body.request.size, 3u);
  EXPECT_EQ(body.inner_hits[1].body.request.size, 7u);
  EXPECT_FALSE(body.inner_hits[1].body.source.enabled());
  EXPECT_EQ(body.inner_hits[1].body.request.collapse_field, "color");
  const SearchBody slice =
      Parse(R"({"slice":{"id":1,"max":4},"pit":{"id":"x","keep_alive":"2m"}})");
  EXPECT_EQ(slice.slice->id, 1u);
  EXPECT_EQ(slice.slice->max, 4u);
  EXPECT_EQ(slice.point_in_time->id, "x");
  EXPECT_EQ(slice.point_in_time->keep_alive_ms, 120'000);
}

TEST(BodyPartsTest, FieldsAndFlagsAreRead) {
  const SearchBody body = Parse(
      R"({"fields":["a*",{"field":"d","format":"epoch_millis"}],"docvalue_fields":["n"],"explain":true,"profile":true,)"
      R"("stats":["g"],"ext":{},"indices_boost":[{"a":2},{"b*":0.5}]})");
  ASSERT_EQ(body.fields.size(), 2u);
  EXPECT_EQ(body.fields[1].format, "epoch_millis");
  EXPECT_EQ(body.docvalue_fields.size(), 1u);
  EXPECT_EQ(body.explain, ExplainForm::kTree);
  EXPECT_TRUE(body.request.profile);
  ASSERT_EQ(body.indices_boost.size(), 2u);
  EXPECT_EQ(body.indices_boost[1].second, 0.5f);
  EXPECT_EQ(Parse(R"({"explain":"sentence"})").explain, ExplainForm::kSentence);
  EXPECT_FALSE(Parse(R"({"stored_fields":[]})").source.enabled());
  EXPECT_TRUE(Parse(R"({"stored_fields":["_source"]})").source.enabled());
  EXPECT_TRUE(Parse(R"({"_source":true,"stored_fields":["a"]})").source.enabled());
  EXPECT_FALSE(Parse(R"({"stored_fields":"_none_"})").shows_id);
}

TEST(BodyPartsTest, WrongPartsAreRefusedAsElasticsearchDoes) {
  const std::string illegal = "400 illegal_argument_exception: ";
  const std::pair<const char*, std::string> refusals[] = {
      {R"({"highlight":{"fields":{"a":{}},"encodr":3}})",
       "400 x_content_parse_exception: [highlight] unknown field [encodr] did you mean "
       "[encoder]?"},
      {R"({"collapse":{"field":"a","inner_hits":{"name":"n","collapse":{"field":"b","inner_hits":{}}}}})",
       "400 x_content_parse_exception: [collapse] unknown field [inner_hits]"},
      {R"({"collapse":{"field":"a","inner_hits":{"name":"n","query":{}}}})",
       "400 x_content_parse_exception: [inner_hits] unknown field [query]"},
      {R"({"highlight":{"fields":{"a":{"nope":3}}}})",
       "400 x_content_parse_exception: [highlight_field] unknown field [nope]"},
      {R"({"highlight":{"fields":{"a":{"type":"semantic"}}}})",
       illegal + "unknown highlighter type [semantic] for the field [a]"},
      {R"({"highlight":{"tags_schema":"x","fields":{}}})", illegal + "Unknown tag schema [x]"},
      {R"({"highlight":[]})",
       "400 parsing_exception: Unknown key for a START_ARRAY in [highlight]."},
      {R"({"rescore":{"window_size":5}})", "400 parsing_exception: missing rescore type"},
      {R"({"rescore":{"query":{"rescore_query":{"match_all":{}},"score_mode":"best"}}})",
       illegal + "illegal score_mode [best]"},
      {R"({"sort":["a"],"rescore":{"query":{"rescore_query":{"match_all":{}}}}})",
       illegal + "Cannot use [sort] option in conjunction with [rescore]."},
      {R"({"collapse":{"field":"a"},"rescore":{"query":{"rescore_query":{"match_all":{}}}}})",
       illegal + "cannot use `collapse` in conjunction with `rescore`"},
      {R"({"collapse":{"field":"a"},"sort":["b"],"search_after":[1]})",
       illegal +
           "collapse field and sort field must be the same when use `collapse` in conjunction with "
           "`search_after`"},
      {R"({"collapse":{"field":"a","inner_hits":{"size":1}}})",
       illegal +
           "inner_hits must have a [name]; set the [name] field in the inner_hits definition"},
      {R"({"slice":{"id":2,"max":2}})", illegal + "max must be greater than id"},
      {R"({"slice":{"id":0,"max":1}})", illegal + "max must be greater than 1"},
      {R"({"slice":{"id":-1,"max":3}})", illegal + "id must be greater than or equal to 0"},
      {R"({"slice":{"id":0,"max":2000}})",
       illegal +
           "The number of slices [2000] is too large. It must be less than [1024]. This limit can "
           "be set by changing the [index.max_slices_per_scroll] index level setting."},
      {R"({"pit":{}})", illegal + "point in time id is not provided"},
      {R"({"explain":"yes"})",
       illegal + "Failed to parse value [yes] as only [true] or [false] are allowed."},
      {R"({"ext":{"x":{}}})",
       "400 named_object_not_found_exception: unable to parse SearchExtBuilder with name [x]: "
       "parser not found"},
      {R"({"stored_fields":["_none_","a"]})", illegal + "cannot combine _none_ with other fields"},
  };
  for (const auto& [json, refusal] : refusals) {
    EXPECT_EQ(ErrorOf(ParseSearchBody(Json(json))), refusal) << json;
  }
}

}  // namespace
}  // namespace binseek::api::dsl
