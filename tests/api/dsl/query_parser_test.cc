#include "api/dsl/query_parser.h"

#include "tests/api/dsl/dsl_matchers.h"

namespace binseek::api::dsl {
namespace {

constexpr char kParsing[] = "400 parsing_exception: ";
constexpr char kContent[] = "400 x_content_parse_exception: ";
constexpr char kIllegal[] = "400 illegal_argument_exception: ";

TEST(QueryParserTest, EveryFormOfEveryQueryIsRead) {
  for (
      const char* json : {
          R"({"match_all":{}})",
          R"({"match_all":{"boost":2.5}})",
          R"({"match_none":{}})",
          R"({"term":{"color":"red"}})",
          R"({"term":{"price":12.50}})",
          R"({"term":{"active":true}})",
          R"({"term":{"color":{"value":"red","boost":2,"case_insensitive":false}}})",
          R"({"term":{"color":{"term":"red"}}})",
          R"({"terms":{"color":["red","blue"],"boost":"1.5"}})",
          R"({"terms":{"size":[1,2,3]}})",
          R"({"terms":{"size":[]}})",
          R"({"range":{"price":{"gte":10,"lt":"20"}}})",
          R"({"range":{"price":{"gt":null,"lte":20,"boost":2}}})",
          R"({"range":{"price":{"from":1,"to":null,"include_lower":false,"include_upper":true}}})",
          R"({"range":{"at":{"gte":"now-7d/d","format":"strict_date_optional_time","time_zone":"UTC"}}})",
          R"({"match":{"name":"red shoe"}})",
          R"({"match":{"price":12}})",
          R"({"match":{"name":{"query":"red shoe","operator":"AND","minimum_should_match":"75%"}}})",
          R"({"match":{"name":{"query":"red","zero_terms_query":"ALL","lenient":true,"analyzer":"standard"}}})",
          // As clients write it that spell every default out.
          R"({"match":{"name":{"query":"red","operator":"OR","prefix_length":0,"max_expansions":50,)"
          R"("fuzzy_transpositions":true,"lenient":false,"zero_terms_query":"NONE",)"
          R"("auto_generate_synonyms_phrase_query":true,"boost":1.0}}})",
          R"({"multi_match":{"query":"red","fields":["name^3","text.*"],"type":"best_fields","tie_breaker":0.3}})",
          R"({"multi_match":{"query":"red","fields":"name","type":"most_fields","slop":0}})",
          R"({"multi_match":{"query":"red"}})",
          R"({"multi_match":{"query":"red shoe","fields":["name"],"type":"phrase","slop":2}})",
          R"({"multi_match":{"query":"red sh","fields":["name"],"type":"phrase_prefix","max_expansions":10}})",
          R"({"multi_match":{"query":"red sh","fields":["name"],"type":"bool_prefix","operator":"and"}})",
          R"({"match_phrase":{"name":"red shoe"}})",
          R"({"match_phrase":{"name":{"query":"red shoe","slop":2,"analyzer":"standard","zero_terms_query":"all","boost":2}}})",
          R"({"match_phrase_prefix":{"name":{"query":"red sh","slop":1,"max_expansions":5}}})",
          R"({"match_bool_prefix":{"name":{"query":"red sh","operator":"and","minimum_should_match":1}}})",
          R"({"bool":{}})",
          R"({"bool":{"must":{"match_all":{}},"filter":[{"term":{"a":1}}],"should":null,"mustNot":[]}})",
          R"({"bool":{"should":[{"match_all":{}}],"minimum_should_match":1,"adjust_pure_negative":true,"boost":1}})",
          R"({"exists":{"field":"price","boost":2}})",
          R"({"ids":{"values":["1",2]}})",
          R"({"ids":{"values":"1"}})",
          R"({"prefix":{"name":"sho"}})",
          R"({"prefix":{"name":{"value":"sho","case_insensitive":true}}})",
          R"({"constant_score":{"filter":{"term":{"a":1}},"boost":1.2}})",
          R"({"dis_max":{"queries":[{"term":{"a":1}},{"term":{"b":1}}],"tie_breaker":0.7}})",
      }) {
    auto query = ParseQuery(Json(json));
    EXPECT_EQ(ErrorOf(query), "") << json;
    if (query.ok()) {
      EXPECT_NE(*query, nullptr) << json;
    }
  }
}

struct Refusal {
  std::string json;
  std::string error;
};

void ExpectRefusals(const std::vector<Refusal>& refusals) {
  for (const Refusal& refusal : refusals) {
    EXPECT_EQ(ErrorOf(ParseQuery(Json(refusal.json))), refusal.error) << refusal.json;
  }
}

TEST(QueryParserTest, MalformedQueriesAreRefusedAsElasticsearchWordsIt) {
  const std::string parsing = kParsing;
  const std::string illegal = kIllegal;
  ExpectRefusals({
      {"[]", parsing + "[_na] query malformed, must start with start_object"},
      {"{}", illegal + "query malformed, empty clause found"},
      {R"({"match":"x"})", parsing + "[match] query malformed, no start_object after query name"},
      {R"({"match_all":{},"term":{}})",
       parsing + "[match_all] malformed query, expected [END_OBJECT] but found [FIELD_NAME]"},
      {R"({"foo":{}})", parsing + "unknown query [foo]"},
      {R"({"mach":{}})", parsing + "unknown query [mach] did you mean [match]?"},
      {R"({"tem":{}})", parsing + "unknown query [tem] did you mean any of [term, terms]?"},
      {R"({"term":{}})", illegal + "field name is null or empty"},
      {R"({"term":{"a":null}})", illegal + "value cannot be null"},
      {R"({"term":{"a":[1]}})", parsing + "[term] query does not support array of values"},
      {R"({"term":{"a":1,"b":2}})",
       parsing + "[term] query doesn't support multiple fields, found [a] and [b]"},
      {R"({"term":{"a":{"valeu":1}}})", parsing + "[term] query does not support [valeu]"},
      {R"({"terms":{}})", parsing + "[terms] query requires a field name, followed by array of "
                                    "terms or a document lookup specification"},
      {R"({"terms":{"a":1}})", parsing + "[terms] query does not support [a]"},
      {R"({"terms":{"a":[1],"b":[2]}})",
       parsing + "[terms] query does not support multiple fields"},
      {R"({"terms":{"a":[null]}})", illegal + "No value specified for terms query"},
      {R"({"range":{"a":1}})", parsing + "[range] query does not support [a]"},
      {R"({"range":{"a":{"ge":1}}})", parsing + "[range] query does not support [ge]"},
      {R"({"range":{"a":{"gte":[1]}}})",
       parsing + "[range] unknown token [START_ARRAY] after [gte]"},
      {R"({"range":{"a":{"gt":1},"b":{}}})",
       parsing + "[range] query doesn't support multiple fields, found [a] and [b]"},
      {R"({"exists":{}})", parsing + "[exists] must be provided with a [field]"},
      {R"({"exists":{"fields":"a"}})", parsing + "[exists] query does not support [fields]"},
  });
}

TEST(QueryParserTest, MalformedMatchAndCompoundQueriesAreRefusedAsElasticsearchWordsIt) {
  const std::string parsing = kParsing;
  const std::string illegal = kIllegal;
  const std::string content = kContent;
  ExpectRefusals({
      {R"({"match":{}})", illegal + "[match] requires fieldName"},
      {R"({"match":{"a":{}}})", illegal + "[match] requires query value"},
      {R"({"match":{"a":null}})", illegal + "[match] requires query value"},
      {R"({"match":{"a":[1]}})", parsing + "[match] unknown token [START_ARRAY] after [a]"},
      {R"({"match":{"a":{"query":[1]}}})",
       parsing + "[match] unknown token [START_ARRAY] after [query]"},
      {R"({"match":{"a":{"query":"x","foo":1}}})",
       parsing + "[match] query does not support [foo]"},
      {R"({"match":{"a":"x","b":"y"}})",
       parsing + "[match] query doesn't support multiple fields, found [a] and [b]"},
      {R"({"match":{"a":{"query":"x","boost":-1}}})",
       illegal +
           "negative [boost] are not allowed in [match], use a value between 0 and 1 to deboost"},
      {R"({"match":{"a":{"query":"x","boost":"y"}}})",
       "400 number_format_exception: For input string: \"y\""},
      {R"({"match":{"a":{"query":"x","boost":1e300}}})",
       illegal + "[boost] must be a finite value, found [1e300]"},
      {R"({"match":{"a":{"query":"x","zero_terms_query":"some"}}})",
       parsing + "Unsupported zero_terms_query value [some]"},
      {R"({"match":{"a":{"query":"x","lenient":1}}})",
       illegal + "Failed to parse value [1] as only [true] or [false] are allowed."},
      {R"({"multi_match":{"fields":["a"]}})", parsing + "No text specified for multi_match query"},
      {R"({"multi_match":{"query":"x","type":"best"}})",
       "400 parse_exception: failed to parse [multi_match] query type [best]. unknown type."},
      {R"({"bool":{"shoud":[]}})", content + "[bool] unknown field [shoud] did you mean [should]?"},
      {R"({"bool":{"must":"x"}})",
       content + "[bool] must doesn't support values of type: VALUE_STRING"},
      {R"({"bool":{"must":[{"foo":{}}]}})", parsing + "unknown query [foo]"},
      {R"({"bool":{"filter":[1]}})",
       parsing + "[_na] query malformed, must start with start_object"},
      {R"({"ids":{"type":"a","values":[]}})", content + "[ids] unknown field [type]"},
      {R"({"constant_score":{}})", parsing + "[constant_score] requires a 'filter' element"},
      {R"({"constant_score":{"filter":[]}})", parsing + "unexpected token [START_ARRAY]"},
      {R"({"dis_max":{}})",
       parsing + "[dis_max] requires 'queries' field with at least one clause"},
      {R"({"dis_max":{"query":[]}})", parsing + "[dis_max] query does not support [query]"},
  });
}

TEST(QueryParserTest, WhatBinseekDoesNotHaveIsRefusedByName) {
  const std::string illegal = kIllegal;
  ExpectRefusals({
      {R"({"span_term":{"a":"x"}})", illegal + "[span_term] query is not supported by binseek"},
      {R"({"range":{"a":{"gte":1,"format":"qq"}}})",
       illegal + "Invalid format: [qq]: Unknown pattern letter: q"},
  });
}

TEST(QueryParserTest, PhrasesSayWhatIsWrongWithThem) {
  const std::string illegal = kIllegal;
  ExpectRefusals({
      {R"({"match_phrase":{"a":{"query":"x","slop":-1}}})", illegal + "No negative slop allowed."},
      {R"({"match_phrase_prefix":{"a":{"query":"x","max_expansions":-1}}})",
       illegal + "No negative maxExpansions allowed."},
      {R"({"match_phrase":{"a":{"slop":1}}})", illegal + "[match_phrase] requires query value"},
  });
}

TEST(QueryParserTest, DeepAndLargeQueriesAreRefused) {
  std::string deep = R"({"match_all":{}})";
  for (int i = 0; i < 45; ++i) {
    deep = R"({"bool":{"must":)" + deep + "}}";
  }
  EXPECT_EQ(ErrorOf(ParseQuery(Json(deep))), "");

  std::string wide = R"({"bool":{"should":[{"match_all":{}})";
  for (uint32_t i = 0; i < search::kMaxClauses; ++i) {
    wide += R"(,{"match_all":{}})";
  }
  EXPECT_NE(ErrorOf(ParseQuery(Json(wide + "]}}"))), "");

  std::string terms = R"({"terms":{"a":[0)";
  for (uint32_t i = 0; i < search::kMostTermsValues; ++i) {
    terms += ",1";
  }
  EXPECT_EQ(ErrorOf(ParseQuery(Json(terms + "]}}"))),
            "400 illegal_argument_exception: The number of terms [524289] used in the Terms Query "
            "request has exceeded the allowed "
            "maximum of [524288]. This maximum can be set by changing the [index.max_terms_count] "
            "index level setting.");
}

}  // namespace
}  // namespace binseek::api::dsl
