// What mappings and settings say of fields in detail, and what it does to searches.
#include <gmock/gmock.h>

#include <string>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class FieldDetailTest : public ApiTest {
 protected:
  void Create(const std::string& index, const std::string& properties,
              const std::string& settings = "{}") const {
    Expect(200, "PUT", "/" + index,
           R"({"settings":)" + settings + R"(,"mappings":{"properties":)" + properties + "}}");
  }
  std::string Score(const std::string& index, const std::string& query, size_t hit = 0) const {
    return At(Expect(200, "POST", "/" + index + "/_search", R"({"query":)" + query + "}"),
              "hits.hits." + std::to_string(hit) + "._score");
  }
  std::string Hits(const std::string& index, const std::string& query) const {
    return At(Expect(200, "POST", "/" + index + "/_search", R"({"query":)" + query + "}"),
              "hits.total.value");
  }
};

TEST_F(FieldDetailTest, IndexOptionsDecideWhatIsKeptOfTerms) {
  Create("notes", R"({"all":{"type":"text"},"freqs":{"type":"text","index_options":"freqs"},
    "docs":{"type":"text","index_options":"docs"},"where":{"type":"text","index_options":"offsets"}})");
  for (const char* text : {"red red shoe", "red hat box", "blue box"}) {
    Expect(201, "POST", "/notes/_doc",
           std::string(R"({"all":")") + text + R"(","freqs":")" + text + R"(","docs":")" + text +
               R"(","where":")" + text + "\"}");
  }
  const std::string all = Score("notes", R"({"match":{"all":"red"}})");
  EXPECT_EQ(Score("notes", R"({"match":{"freqs":"red"}})"), all);
  EXPECT_EQ(Score("notes", R"({"match":{"where":"red"}})"), all);
  // Without frequencies a term counts once, and a document is as long as it has different terms.
  const float docs = std::stof(Score("notes", R"({"match":{"docs":"red"}})"));
  EXPECT_LT(docs, std::stof(all));
  const JsonValue explained =
      Expect(200, "POST", "/notes/_search", R"({"query":{"match":{"docs":"red"}},"explain":true})");
  std::string explanation;
  JsonWriter(&explanation).Value(explained);
  EXPECT_THAT(explanation, HasSubstr("freq"));
  EXPECT_EQ(explanation.find("\"value\":2.0,\"description\":\"freq"), std::string::npos);
  EXPECT_EQ(Hits("notes", R"({"match_phrase":{"all":"red shoe"}})"), "1");
  EXPECT_EQ(Hits("notes", R"({"match_phrase":{"where":"red shoe"}})"), "1");
  EXPECT_EQ(Hits("notes", R"({"match_phrase":{"docs":"shoe"}})"), "1") << "one word is no phrase";
  for (const char* field : {"freqs", "docs"}) {
    EXPECT_THAT(Send("POST", "/notes/_search",
                     std::string(R"({"query":{"match_phrase":{")") + field + R"(":"red shoe"}}})")
                    .body,
                HasSubstr(std::string("field:[") + field +
                          "] was indexed without position data; cannot run PhraseQuery"));
  }
  EXPECT_EQ(Hits("notes",
                 R"({"query_string":{"query":"\"red shoe\"","fields":["docs"],"lenient":true}})"),
            "0");
}

TEST_F(FieldDetailTest, WithoutNormsDocumentsAreAllOfOneLength) {
  Create("notes", R"({"with":{"type":"text"},"without":{"type":"text","norms":false}})");
  for (const char* text : {"red", "red and a good many other words"}) {
    Expect(201, "POST", "/notes/_doc",
           std::string(R"({"with":")") + text + R"(","without":")" + text + "\"}");
  }
  EXPECT_NE(Score("notes", R"({"match":{"with":"red"}})", 0),
            Score("notes", R"({"match":{"with":"red"}})", 1));
  EXPECT_EQ(Score("notes", R"({"match":{"without":"red"}})", 0),
            Score("notes", R"({"match":{"without":"red"}})", 1));
  EXPECT_EQ(Hits("notes", R"({"exists":{"field":"without"}})"), "2");
  ASSERT_TRUE(engine_->Commit().ok());
  Expect(200, "POST", "/notes/_forcemerge?max_num_segments=1");
  EXPECT_EQ(Score("notes", R"({"match":{"without":"red"}})", 0),
            Score("notes", R"({"match":{"without":"red"}})", 1));
}

TEST_F(FieldDetailTest, DatesAreReadAndShownInTheirFormat) {
  Create(
      "days",
      R"({"at":{"type":"date","format":"dd/MM/yyyy"},"sec":{"type":"date","format":"epoch_second"}})");
  Expect(201, "PUT", "/days/_doc/1", R"({"at":"02/01/2026","sec":1000})");
  Expect(201, "PUT", "/days/_doc/2", R"({"at":"05/01/2026","sec":3000})");
  Error(400, "PUT", "/days/_doc/3", R"({"at":"2026-01-02"})");
  EXPECT_EQ(Hits("days", R"({"range":{"at":{"gte":"03/01/2026"}}})"), "1");
  EXPECT_EQ(Hits("days", R"({"term":{"at":"02/01/2026"}})"), "1");
  EXPECT_EQ(Hits("days", R"({"range":{"at":{"lte":"2026-01-02","format":"yyyy-MM-dd"}}})"), "1");
  EXPECT_EQ(Hits("days", R"({"range":{"at":{"gt":"01/01/2026||+1d"}}})"), "1");
  const JsonValue found = Expect(
      200, "POST", "/days/_search",
      R"({"sort":["at"],"search_after":["02/01/2026"],"fields":["at"],"docvalue_fields":["sec",{"field":"at","format":"yyyy"}],
          "aggs":{"d":{"terms":{"field":"at"}},"r":{"date_range":{"field":"sec","ranges":[{"from":1000,"to":3000}]}}}})");
  EXPECT_EQ(At(found, "hits.hits.0._id"), "2");
  EXPECT_EQ(At(found, "hits.hits.0.fields.sec.0"), "3000");
  EXPECT_EQ(At(found, "hits.hits.0.fields.at.0"), "2026");
  EXPECT_EQ(At(found, "aggregations.d.buckets.0.key_as_string"), "02/01/2026");
  EXPECT_EQ(At(found, "aggregations.r.buckets.0.key"), "1000-3000");
  EXPECT_EQ(At(found, "aggregations.r.buckets.0.doc_count"), "1");
  EXPECT_THAT(Send("POST", "/days/_search", R"({"query":{"range":{"at":{"gte":"2026"}}}})").body,
              HasSubstr("with format [dd/MM/yyyy]"));
}

TEST_F(FieldDetailTest, APageBeginsBehindADateAsItWasShown) {
  Create("days", R"({"at":{"type":"date","format":"yyyy-MM-dd HH:mm:ss.SSS"}})");
  Expect(201, "PUT", "/days/_doc/1", R"({"at":"2019-10-21 00:30:04.828"})");
  Expect(201, "PUT", "/days/_doc/2", R"({"at":"2019-10-21 08:30:04.828"})");
  for (const char* after : {"1571646604828", "\"2019-10-21 08:30:04.828\""}) {
    const JsonValue page =
        Expect(200, "POST", "/days/_search",
               std::string(R"({"sort":[{"at":"desc"}],"search_after":[)") + after + "]}");
    EXPECT_EQ(At(page, "hits.hits.0._id"), "1") << after;
    EXPECT_EQ(At(page, "hits.hits.0.sort.0"), "1571617804828");
  }
}

TEST_F(FieldDetailTest, DaysOfARangeAreThoseOfItsTimeZone) {
  Create("days", R"({"at":{"type":"date"},"span":{"type":"date_range"}})");
  Expect(
      201, "PUT", "/days/_doc/1",
      R"({"at":"2026-01-01T23:30:00Z","span":{"gte":"2026-01-01T23:30:00Z","lte":"2026-01-01T23:40:00Z"}})");
  for (const char* field : {"at", "span"}) {
    const std::string begin = std::string(R"({"range":{")") + field + R"(":{"gte":"2026-01-02")";
    EXPECT_EQ(Hits("days", begin + "}}}"), "0");
    EXPECT_EQ(Hits("days", begin + R"(,"time_zone":"Europe/Berlin"}}})"), "1");
    EXPECT_EQ(Hits("days", begin + R"(,"time_zone":"-02:00"}}})"), "0");
  }
  EXPECT_EQ(Hits("days", R"({"range":{"at":{"gte":"2026-01-02T00:30||/d","time_zone":"+01:00"}}})"),
            "1");
  EXPECT_EQ(Hits("days", R"({"range":{"at":{"gte":"2026-01-01T23:30:00Z","time_zone":"+05:00"}}})"),
            "1")
      << "a text with a zone of its own has that one";
}

TEST_F(FieldDetailTest, AnIndexMayIgnoreWhatIsMalformed) {
  Create("loose", R"({"strict":{"type":"date","ignore_malformed":false},"ip":{"type":"ip"}})",
         R"({"index.mapping.ignore_malformed":true})");
  Expect(201, "PUT", "/loose/_doc/1", R"({"ip":"quux","seen":"2026-01-02"})");
  EXPECT_EQ(Hits("loose", R"({"term":{"_ignored":"ip"}})"), "1");
  Expect(201, "PUT", "/loose/_doc/2", R"({"seen":"soon"})");
  EXPECT_EQ(Hits("loose", R"({"term":{"_ignored":"seen"}})"), "1") << "new fields do as the index";
  EXPECT_THAT(Error(400, "PUT", "/loose/_doc/3", R"({"strict":"bar"})"),
              HasSubstr("failed to parse field [strict] of type [date]"));
  Expect(200, "PUT", "/loose/_mapping", R"({"properties":{"more":{"type":"long"}}})");
  Expect(201, "PUT", "/loose/_doc/4", R"({"more":"many"})");
}

TEST_F(FieldDetailTest, ListsOfTermsAreBoundedByTheIndexAndComeFromDocuments) {
  Create("users",
         R"({"name":{"type":"keyword"},"knows":{"type":"keyword"},"team":{"type":"keyword"}})",
         R"({"index.max_terms_count":2})");
  Expect(201, "PUT", "/users/_doc/a", R"({"name":"a","knows":["b","c"],"team":"x"})");
  Expect(201, "PUT", "/users/_doc/b", R"({"name":"b","knows":["a"],"team":"x"})");
  Expect(201, "PUT", "/users/_doc/c", R"({"name":"c","knows":["c"],"team":"y"})");
  EXPECT_EQ(Hits("users", R"({"terms":{"name":["a","b"]}})"), "2");
  EXPECT_THAT(Send("POST", "/users/_search", R"({"query":{"terms":{"name":["a","b","c"]}}})").body,
              HasSubstr("has exceeded the allowed maximum of [2]"));
  EXPECT_EQ(Hits("users", R"({"terms":{"name":{"index":"users","id":"a","path":"knows"}}})"), "2");
  EXPECT_EQ(
      Hits("users",
           R"({"terms":{"name":{"index":"users","path":"knows","query":{"term":{"team":"y"}}}}})"),
      "1");
  EXPECT_THAT(
      Send(
          "POST", "/users/_search",
          R"({"query":{"terms":{"name":{"index":"users","path":"knows","query":{"match_all":{}}}}}})")
          .body,
      HasSubstr("The number of terms [3]"));
  EXPECT_THAT(Error(400, "POST", "/users/_search",
                    R"({"query":{"terms":{"name":{"index":"users","path":"knows"}}}})"),
              HasSubstr("requires specifying the index, id and path"));
}

TEST_F(FieldDetailTest, ListsOfTermsFromDocumentsAreKnownToAllPartsOfAnAnswer) {
  Create("users", R"({"knows":{"type":"keyword"}})");
  Create("shop", R"({"brand":{"type":"keyword"},
    "offers":{"type":"nested","properties":{"seller":{"type":"keyword"}}}})");
  Expect(201, "PUT", "/users/_doc/a", R"({"knows":["acme","lumo"]})");
  Expect(201, "PUT", "/shop/_doc/1",
         R"({"brand":"acme","offers":[{"seller":"lumo"},{"seller":"x"}]})");
  const std::string list = R"({"index":"users","id":"a","path":"knows"})";
  const std::string query = R"({"query":{"bool":{"must":[{"terms":{"brand":)" + list +
                            R"(,"_name":"known"}},{"nested":{"path":"offers","inner_hits":{},
      "query":{"terms":{"offers.seller":)" +
                            list + R"(}}}}]}})";
  const JsonValue found = Expect(200, "POST", "/shop/_search",
                                 query + R"(,"explain":true,"highlight":{"fields":{"brand":{}}},
      "rescore":{"query":{"rescore_query":{"terms":{"brand":)" +
                                     list + "}}}}}");
  const std::string hit = "hits.hits.0.";
  EXPECT_EQ(At(found, hit + "highlight.brand"), R"(["<em>acme</em>"])");
  EXPECT_EQ(At(found, hit + "matched_queries"), R"(["known"])");
  EXPECT_EQ(At(found, hit + "inner_hits.offers.hits.total.value"), "1");
  EXPECT_EQ(At(found, hit + "_explanation.value"), At(found, hit + "_score"));
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_explain/1", query + "}"), "matched"), "true");
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_validate/query", query + "}"), "valid"), "true");
}

TEST_F(FieldDetailTest, FieldsOfHitsKnowRangesAndCounts) {
  Create("things",
         R"({"span":{"type":"integer_range"},"words":{"type":"token_count","analyzer":"standard"},
    "lost":{"type":"token_count","analyzer":"standard","doc_values":false}})");
  Expect(201, "PUT", "/things/_doc/1",
         R"({"span":{"gte":0,"lte":42},"words":"some text","lost":"x"})");
  const JsonValue hit =
      Expect(200, "POST", "/things/_search", R"({"fields":["span","words","lost"]})");
  EXPECT_EQ(At(hit, "hits.hits.0.fields.span.0.lte"), "42");
  EXPECT_EQ(At(hit, "hits.hits.0.fields.words"), "[2]");
  EXPECT_EQ(At(hit, "hits.hits.0.fields.lost"), "");
}

TEST_F(FieldDetailTest, CompletionsTakeTheirInputs) {
  Create("songs", R"({"s":{"type":"completion","analyzer":"simple"}})");
  Expect(201, "PUT", "/songs/_doc/1", R"({"s":{"input":["Nevermind","Nirvana"],"weight":3}})");
  Expect(201, "PUT", "/songs/_doc/2", R"({"s":"Help"})");
  EXPECT_EQ(Hits("songs", R"({"prefix":{"s":"N"}})"), "1");
  EXPECT_EQ(Hits("songs", R"({"exists":{"field":"s"}})"), "2");
  EXPECT_EQ(At(Expect(200, "GET", "/songs/_mapping"), "songs.mappings.properties.s.type"),
            "completion");
  EXPECT_THAT(Error(400, "PUT", "/songs/_doc/3", R"({"s":{"inputs":"x"}})"),
              HasSubstr("unknown field name [inputs]"));
  EXPECT_THAT(
      Error(400, "PUT", "/other",
            R"({"mappings":{"properties":{"s":{"type":"completion","max_input_length":9}}}})"),
      HasSubstr("[max_input_length] of field [s] of type [completion] is not supported"));
}

TEST_F(FieldDetailTest, TheStopAnalyzerLeavesGaps) {
  Create("notes", R"({"t":{"type":"text","analyzer":"stop"}})");
  Expect(201, "PUT", "/notes/_doc/1", R"({"t":"The quick fox and the lazy dog"})");
  EXPECT_EQ(Hits("notes", R"({"match":{"t":"the"}})"), "0");
  EXPECT_EQ(Hits("notes", R"({"match_phrase":{"t":"fox and the lazy"}})"), "1");
  EXPECT_EQ(Hits("notes", R"({"match_phrase":{"t":"fox lazy"}})"), "0");
}

TEST_F(FieldDetailTest, LongTextsAreHighlightedWhereOffsetsAreKept) {
  Create("notes", R"({"plain":{"type":"text"},"kept":{"type":"text","index_options":"offsets"}})",
         R"({"index.highlight.max_analyzed_offset":10})");
  Expect(201, "PUT", "/notes/_doc/1",
         R"({"plain":"the quick brown fox","kept":"the quick brown fox"})");
  const auto highlight = [this](const std::string& field, const std::string& type) {
    return Send("POST", "/notes/_search",
                R"({"query":{"match":{")" + field + R"(":"fox"}},"highlight":{"type":")" + type +
                    R"(","fields":{")" + field + R"(":{}}}})")
        .body;
  };
  EXPECT_THAT(highlight("kept", "unified"), HasSubstr("the quick brown <em>fox</em>"));
  EXPECT_THAT(highlight("kept", "plain"), HasSubstr("exceeds the"));
  EXPECT_THAT(highlight("plain", "unified"), HasSubstr("exceeds the"));
}

TEST_F(FieldDetailTest, FieldsThatOthersAreCopiedToShowTheirValues) {
  Create(
      "people",
      R"({"first":{"type":"text","copy_to":["full"]},"n":{"type":"integer","copy_to":["full","sum"]},
    "who":{"properties":{"last":{"type":"keyword","copy_to":"full"}}},"sum":{"type":"long"},
    "full":{"type":"text","fields":{"words":{"type":"text","analyzer":"whitespace"}}}})");
  Expect(201, "PUT", "/people/_doc/1",
         R"({"first":"Ada","who":{"last":"Lovelace"},"n":36,"full":"the countess"})");
  const JsonValue found =
      Expect(200, "POST", "/people/_search",
             R"({"query":{"multi_match":{"query":"Lovelace 36","fields":["full","full.words"]}},
        "fields":["full","full.words","sum"],"highlight":{"fields":{"full":{"number_of_fragments":0},"full.words":{"number_of_fragments":0}}}})");
  EXPECT_EQ(At(found, "hits.hits.0.fields.full"), R"(["the countess","Ada","36","Lovelace"])");
  EXPECT_EQ(At(found, "hits.hits.0.fields.sum"), "[36]");
  EXPECT_EQ(
      At(found, "hits.hits.0.highlight"),
      R"({"full":["<em>36</em>","<em>Lovelace</em>"],"full.words":["<em>36</em>","<em>Lovelace</em>"]})");
  EXPECT_EQ(At(Expect(200, "GET", "/people/_termvectors/1?fields=full"),
               "term_vectors.full.terms.lovelace.term_freq"),
            "1");
}

}  // namespace
}  // namespace binseek::api
