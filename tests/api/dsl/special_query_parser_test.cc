// Queries over terms by pattern, numbers as scores, places and documents: their forms, and Elasticsearch's words where they are wrong.
#include <string>
#include <vector>

#include "api/dsl/query_parser.h"
#include "api/dsl/sort_parser.h"
#include "tests/api/dsl/dsl_matchers.h"

namespace binseek::api::dsl {
namespace {

TEST(SpecialQueryParserTest, EveryFormOfEveryQueryIsRead) {
  for (
      const char* json : {
          R"({"wildcard":{"a":"x*"}})",
          R"({"wildcard":{"a":{"value":"x*","boost":2,"case_insensitive":true,"rewrite":"top_terms_5"}}})",
          R"({"wildcard":{"a":{"wildcard":"x*"}}})",
          R"({"regexp":{"a":"x.*"}})",
          R"({"regexp":{"a":{"value":"x","flags":"INTERSECTION|interval","max_determinized_states":20,"case_insensitive":true}}})",
          R"({"regexp":{"a":{"value":"x","flags_value":3,"rewrite":"scoring_boolean"}}})",
          R"({"fuzzy":{"a":"x"}})",
          R"({"fuzzy":{"a":{"value":"x","fuzziness":"AUTO:2,5","prefix_length":1,"max_expansions":10,"transpositions":false,"rewrite":"constant_score","boost":2}}})",
          R"({"prefix":{"a":{"value":"x","rewrite":"top_terms_boost_3"}}})",
          R"({"term":{"a":{"value":"x","case_insensitive":true}}})",
          R"({"match":{"a":{"query":"x","fuzziness":"AUTO","fuzzy_rewrite":"top_terms_3","fuzzy_transpositions":false}}})",
          R"({"multi_match":{"query":"x y","fields":["a","b^2"],"type":"cross_fields","operator":"and"}})",
          R"({"combined_fields":{"query":"x y","fields":["a","b^2"],"operator":"and","minimum_should_match":"50%"}})",
          R"({"boosting":{"positive":{"match_all":{}},"negative":{"term":{"a":1}},"negative_boost":0.2,"boost":2}})",
          R"({"function_score":{}})",
          R"({"function_score":{"query":{"match_all":{}},"field_value_factor":{"field":"a","factor":1.2,"modifier":"log1p","missing":1}}})",
          R"({"function_score":{"functions":[{"filter":{"term":{"a":1}},"weight":2},{"random_score":{"seed":7,"field":"_seq_no"}},{"random_score":{}},)"
          R"({"gauss":{"d":{"origin":"now","scale":"10d","offset":"1d","decay":0.3},"multi_value_mode":"avg"},"weight":3}],)"
          R"("score_mode":"avg","boost_mode":"REPLACE","max_boost":5,"min_score":1,"boost":2}})",
          R"({"function_score":{"exp":{"loc":{"origin":{"lat":1,"lon":2},"scale":"2km"}}}})",
          R"({"function_score":{"functions":[{"linear":{"n":{"origin":1,"scale":5}},"weight":2}]}})",
          R"({"rank_feature":{"field":"a"}})",
          R"({"rank_feature":{"field":"a","saturation":{"pivot":8},"boost":2}})",
          R"({"rank_feature":{"field":"a","log":{"scaling_factor":4}}})",
          R"({"rank_feature":{"field":"a","sigmoid":{"pivot":7,"exponent":0.6}}})",
          R"({"rank_feature":{"field":"a","linear":{}}})",
          R"({"distance_feature":{"field":"a","origin":"now","pivot":"7d","boost":2}})",
          R"({"distance_feature":{"field":"a","origin":[1,2],"pivot":"1km"}})",
          R"({"geo_distance":{"distance":"12km","loc":{"lat":40,"lon":-70},"distance_type":"plane","ignore_unmapped":true}})",
          R"({"geo_distance":{"distance":12,"unit":"km","loc":"40,-70","validation_method":"COERCE"}})",
          R"({"geo_distance":{"distance":"1m","loc":[-70,40],"boost":2}})",
          R"({"geo_distance":{"distance":"1m","loc.lat":40,"loc.lon":-70}})",
          R"({"geo_bounding_box":{"loc":{"top_left":{"lat":41,"lon":-72},"bottom_right":"40,-71"},"type":"indexed"}})",
          R"({"geo_bounding_box":{"loc":{"top_right":[-71,41],"bottom_left":[-72,40]}}})",
          R"({"geo_bounding_box":{"loc":{"top":41,"left":-72,"bottom":40,"right":-71}}})",
          R"x({"geo_bounding_box":{"loc":{"wkt":"BBOX (-72, -71, 41, 40)"}}})x",
          R"({"geo_polygon":{"loc":{"points":[{"lat":1,"lon":1},"2,3",[5,4],[1,1]]}}})",
          R"({"terms_set":{"a":{"terms":["x","y"],"minimum_should_match_field":"n","boost":2}}})",
          R"({"more_like_this":{"fields":["a"],"like":"x y","min_term_freq":1,"max_query_terms":12}})",
          R"({"more_like_this":{"like":["x",{"_index":"i","_id":"1"},{"doc":{"a":"y"}}],"unlike":"z","stop_words":["the"],"include":true}})",
          R"({"range":{"a":{"gte":1,"relation":"WITHIN"}}})",
          R"({"terms":{"a":{"index":"i","id":"1","path":"p.q","routing":"r"},"boost":2}})",
      }) {
    auto query = ParseQuery(Json(json));
    EXPECT_EQ(ErrorOf(query), "") << json;
    if (query.ok()) {
      EXPECT_NE(*query, nullptr) << json;
    }
  }
}

struct Refusal {
  const char* json;
  const char* error;
};

void ExpectRefusals(const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    EXPECT_EQ(ErrorOf(ParseQuery(Json(refusal.json))), refusal.error) << refusal.json;
  }
}

TEST(SpecialQueryParserTest, MalformedPatternsAreRefusedAsElasticsearchWordsIt) {
  ExpectRefusals({
      {R"({"wildcard":{"a":{"values":"x"}}})",
       "400 parsing_exception: [wildcard] query does not support [values]"},
      {R"({"wildcard":{"a":null}})", "400 illegal_argument_exception: value cannot be null"},
      {R"({"wildcard":{"a":{"value":"x","rewrite":"best"}}})",
       "400 illegal_argument_exception: Failed to parse rewrite_method [best]"},
      {R"({"regexp":{"a":{"value":"x","flags":"SOME"}}})",
       "400 illegal_argument_exception: Unknown regexp flag [SOME]"},
      {R"({"regexp":{"a":{"value":["x"]}}})",
       "400 parsing_exception: [regexp] unknown token [START_ARRAY] after [value]"},
      {R"({"fuzzy":{"a":{"value":"x","fuzziness":3}}})",
       "400 illegal_argument_exception: Valid edit distances are [0, 1, 2] but was [3]"},
      {R"({"fuzzy":{"a":{"value":["x"]}}})",
       "400 parsing_exception: [fuzzy] unexpected token [START_ARRAY] after [value]"},
      {R"({"fuzzy":{"a":{"value":"x","fuzziness":"AUTO:5"}}})",
       "400 illegal_argument_exception: failed to find low and high distance values"},
      {R"({"fuzzy":{"a":{"value":"x","max_expansions":0}}})",
       "400 illegal_argument_exception: maxExpansions must be positive."},
      {R"({"match":{"a":{"query":"x","prefix_length":-1}}})",
       "400 illegal_argument_exception: [match] requires prefix length to be non-negative."},
      {R"({"multi_match":{"query":"x","fields":["a"],"type":"cross_fields","fuzziness":1}})",
       "400 parsing_exception: Fuzziness not allowed for type [cross_fields]"},
      {R"({"combined_fields":{"query":"x"}})", "400 illegal_argument_exception: Required [fields]"},
      {R"({"combined_fields":{"query":"x","fields":["a^0.5"]}})",
       "400 illegal_argument_exception: weight must be greater or equal to 1"},
      {R"({"terms":{"a":{"index":"i","id":"1"}}})",
       "400 parsing_exception: [terms] query lookup element requires specifying the index, id and "
       "path."},
      {R"({"range":{"a":{"gte":1,"relation":"near"}}})",
       "400 illegal_argument_exception: [range] query does not support relation [near]"},
  });
}

TEST(SpecialQueryParserTest, MalformedFunctionsAreRefusedAsElasticsearchWordsIt) {
  ExpectRefusals({
      {R"({"boosting":{"negative":{"match_all":{}},"negative_boost":1}})",
       "400 parsing_exception: [boosting] query requires 'positive' query to be set'"},
      {R"({"boosting":{"positive":{"match_all":{}},"negative":{"match_all":{}}}})",
       "400 parsing_exception: [boosting] query requires 'negative_boost' to be set to be a "
       "positive value'"},
      {R"({"function_score":{"script_score":{"script":"1"}}})",
       "400 illegal_argument_exception: [script_score] function of a [function_score] query is "
       "not supported by binseek"},
      {R"({"function_score":{"functions":[{"filter":{"match_all":{}}}]}})",
       "400 parsing_exception: an entry in functions list is missing a function."},
      {R"({"function_score":{"field_value_factor":{"factor":2}}})",
       "400 parsing_exception: [field_value_factor] required field 'field' missing"},
      {R"({"function_score":{"field_value_factor":{"feld":"x"}}})",
       "400 parsing_exception: field_value_factor query does not support [feld]"},
      {R"({"function_score":{"gauss":{"a":{"origin":1}}}})",
       "400 parse_exception: both [scale] and [origin] must be set for numeric fields."},
      {R"({"function_score":{"gauss":{"a":{"origin":1,"scale":2,"decay":1}}}})",
       "400 illegal_argument_exception: function_score : decay must be in the range [0..1]."},
      {R"({"function_score":{"random_score":{"seed":true}}})",
       "400 parsing_exception: random_score seed must be int, long or string, not 'true'"},
      {R"({"function_score":{"weight":2,"functions":[]}})",
       "400 parsing_exception: failed to parse [function_score] query. you can either define "
       "[functions] array or a single function, not both. already found [functions] array, now "
       "encountering [weight]."},
      {R"({"function_score":{"score_mode":"most"}})",
       "400 illegal_argument_exception: illegal score_mode [most]"},
      {R"({"function_score":{"something":1}})",
       "400 parsing_exception: failed to parse [function_score] query. field [something] is not "
       "supported"},
      {R"({"rank_feature":{"field":"a","log":{},"linear":{}}})",
       "400 illegal_argument_exception: Required [scaling_factor]"},
      {R"({"rank_feature":{"field":"a","saturation":{},"linear":{}}})",
       "400 illegal_argument_exception: Can only specify one of [log], [saturation], [sigmoid] and "
       "[linear]"},
      {R"({"rank_feature":{}})", "400 illegal_argument_exception: Required [field]"},
      {R"({"distance_feature":{"field":"a"}})",
       "400 illegal_argument_exception: Required [origin, pivot]"},
      {R"({"more_like_this":{"fields":["a"]}})",
       "400 parsing_exception: more_like_this requires 'like' to be specified"},
      {R"({"more_like_this":{"fields":[],"like":"x"}})",
       "400 parsing_exception: more_like_this requires 'fields' to be non-empty"},
      {R"({"terms_set":{"a":{"terms":["x"]}}})",
       "400 query_shard_exception: failed to create query: No minimum should match has been "
       "specified"},
  });
}

TEST(SpecialQueryParserTest, MalformedPlacesAreRefusedAsElasticsearchWordsIt) {
  ExpectRefusals({
      {R"({"geo_distance":{"loc":"1,2"}})",
       "400 parsing_exception: geo_distance requires 'distance' to be specified"},
      {R"({"geo_distance":{"distance":0,"loc":"1,2"}})",
       "400 illegal_argument_exception: distance must be greater than zero"},
      {R"({"geo_distance":{"distance":"1km","loc":"91,2"}})",
       "400 query_shard_exception: failed to create query: illegal latitude value [91.0] for "
       "[geo_distance]"},
      {R"({"geo_distance":{"distance":"1km","loc":"1,2","other":"3,4"}})",
       "400 parsing_exception: [geo_distance] query doesn't support multiple fields, found [loc] "
       "and [other]"},
      {R"({"geo_bounding_box":{"loc":{"top":1,"bottom":2,"left":1,"right":2}}})",
       "400 illegal_argument_exception: top is below bottom corner: 1.0 vs. 2.0"},
      {R"({"geo_bounding_box":{"loc":{"topp":1}}})",
       "400 parse_exception: failed to parse bounding box. unexpected field [topp]"},
      {R"({"geo_polygon":{"loc":{"points":[[1,1],[2,2],[1,1]]}}})",
       "400 illegal_argument_exception: too few points defined for geo_polygon query"},
      {R"({"geo_polygon":{"loc":{"point":[]}}})",
       "400 parsing_exception: [geo_polygon] query does not support [point]"},
  });
}

std::vector<std::string> NamesOf(const search::Query& query) {
  std::vector<std::string> names;
  if (!query.name().empty()) {
    names.emplace_back(query.name());
  }
  for (const search::Query* child : query.children()) {
    for (std::string& name : NamesOf(*child)) {
      names.push_back(std::move(name));
    }
  }
  return names;
}

TEST(SpecialQueryParserTest, NamesAreFoundWhereQueriesHaveThem) {
  auto query = ParseQuery(Json(
      R"({"bool":{"_name":"all","must":[{"term":{"a":{"value":1,"_name":"one"}}},{"match":{"a":{"query":"x","_name":"two"}}},)"
      R"({"terms":{"a":[1],"_name":"three"}},{"range":{"a":{"gte":1,"_name":"four"}}},{"exists":{"field":"a","_name":"five"}},)"
      R"({"match_all":{"_name":"six"}},{"geo_distance":{"distance":1,"p":"1,2","_name":"seven"}},)"
      R"({"function_score":{"query":{"ids":{"values":[],"_name":"inner"}},"_name":"eight"}}]}})"));
  ASSERT_EQ(ErrorOf(query), "");
  EXPECT_EQ(NamesOf(**query), (std::vector<std::string>{"all", "one", "two", "three", "four",
                                                        "five", "six", "seven", "eight", "inner"}));
}

TEST(SpecialQueryParserTest, DistancesAndModesOfSortsAreRead) {
  auto keys = ParseSort(Json(
      R"([{"_geo_distance":{"loc":[{"lat":1,"lon":2},"3,4"],"order":"desc","unit":"km","mode":"avg","distance_type":"plane"}},)"
      R"({"a":{"mode":"median"}},{"b":{"mode":"SUM"}}])"));
  ASSERT_EQ(ErrorOf(keys), "");
  ASSERT_EQ(keys->size(), 3U);
  const search::SortKey& distance = (*keys)[0];
  EXPECT_EQ(distance.kind, search::SortKey::Kind::kGeoDistance);
  EXPECT_EQ(distance.field, "loc");
  EXPECT_EQ(distance.points.size(), 2U);
  EXPECT_EQ(distance.meters_per_unit, 1000);
  EXPECT_TRUE(distance.descending && distance.plane);
  EXPECT_EQ((*keys)[1].mode, search::SortKey::Mode::kMedian);
  EXPECT_EQ((*keys)[2].mode, search::SortKey::Mode::kSum);
  EXPECT_EQ(ErrorOf(ParseSort(Json(R"({"_geo_distance":{"loc":[1,2],"mode":"sum"}})"))),
            "400 illegal_argument_exception: sort_mode [sum] isn't supported for sorting by geo "
            "distance");
  EXPECT_EQ(ErrorOf(ParseSort(Json(R"({"_geo_distance":{"loc":[1,2],"unit":"parsec"}})"))),
            "400 illegal_argument_exception: No distance unit match [parsec]");
}

}  // namespace
}  // namespace binseek::api::dsl
