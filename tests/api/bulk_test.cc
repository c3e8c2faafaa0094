#include <gmock/gmock.h>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class BulkTest : public ApiTest {};

TEST_F(BulkTest, EveryItemHasItsOwnResult) {
  Expect(200, "PUT", "/shop", R"({"mappings":{"properties":{"price":{"type":"long"}}}})");
  const JsonValue answer = Expect(200, "POST", "/shop/_bulk",
                                  "{\"index\":{\"_id\":\"1\"}}\n{\"price\":1}\n"
                                  "{\"create\":{\"_id\":\"1\"}}\n{\"price\":2}\n"
                                  "{\"index\":{\"_id\":\"2\"}}\n{\"price\":\"many\"}\n"
                                  "{\"index\":{}}\r\n{\"price\":3}\r\n\n"
                                  "{\"delete\":{\"_id\":\"1\"}}\n"
                                  "{\"delete\":{\"_index\":\"none\",\"_id\":\"1\"}}\n"
                                  "{\"update\":{\"_id\":\"1\"}}\n{\"doc\":{}}\n");
  EXPECT_EQ(At(answer, "errors"), "true");
  EXPECT_EQ(At(answer, "items.0.index.result"), "created");
  EXPECT_EQ(At(answer, "items.0.index.status"), "201");
  EXPECT_EQ(At(answer, "items.1.create.status"), "409");
  EXPECT_EQ(At(answer, "items.2.index.error.type"), "document_parsing_exception");
  EXPECT_EQ(At(answer, "items.3.index._id").size(), 20u);
  EXPECT_EQ(At(answer, "items.4.delete.result"), "deleted");
  EXPECT_EQ(At(answer, "items.5.delete.status"), "404");
  EXPECT_EQ(At(answer, "items.6.update.status"), "400");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_count"), "count"), "1");
}

TEST_F(BulkTest, WithoutErrorsItSaysSo) {
  const JsonValue answer =
      Expect(200, "POST", "/_bulk", "{\"index\":{\"_index\":\"a\",\"_id\":1}}\n{\"x\":1}\n");
  EXPECT_EQ(At(answer, "errors"), "false");
  EXPECT_EQ(At(answer, "items.0.index._id"), "1");
}

TEST_F(BulkTest, OtherPrimaryTermIsAConflict) {
  Expect(201, "PUT", "/a/_doc/1", R"({"x":1})");
  const JsonValue answer =
      Expect(200, "POST", "/a/_bulk",
             "{\"index\":{\"_id\":\"1\",\"if_seq_no\":0,\"if_primary_term\":2}}\n{\"x\":2}\n"
             "{\"index\":{\"_id\":\"1\",\"if_seq_no\":0,\"if_primary_term\":1}}\n{\"x\":3}\n");
  EXPECT_EQ(At(answer, "items.0.index.status"), "409");
  EXPECT_EQ(At(answer, "items.1.index.status"), "200");
}

TEST_F(BulkTest, MappingGrowsOverTheItems) {
  Expect(200, "POST", "/a/_bulk",
         "{\"index\":{}}\n{\"x\":1}\n{\"index\":{}}\n{\"y\":\"t\"}\n{\"index\":{}}\n{\"x\":2,\"z\":"
         "true}\n");
  const JsonValue mapping = Expect(200, "GET", "/a/_mapping");
  EXPECT_EQ(At(mapping, "a.mappings.properties.x.type"), "long");
  EXPECT_EQ(At(mapping, "a.mappings.properties.y.type"), "text");
  EXPECT_EQ(At(mapping, "a.mappings.properties.z.type"), "boolean");
}

TEST_F(BulkTest, MalformedRequestsWriteNothing) {
  const std::string good = "{\"index\":{\"_index\":\"a\"}}\n{\"x\":1}\n";
  EXPECT_THAT(Error(400, "POST", "/_bulk", ""), HasSubstr("request body is required"));
  EXPECT_THAT(Error(400, "POST", "/_bulk", good + "{\"index\":{}}"),
              HasSubstr("terminated by a newline"));
  EXPECT_THAT(Error(400, "POST", "/_bulk", good + "{\"indexx\":{}}\n{}\n"),
              HasSubstr("action/metadata line [3]"));
  EXPECT_THAT(Error(400, "POST", "/_bulk", good + "nonsense\n"), HasSubstr("line [3]"));
  EXPECT_THAT(Error(400, "POST", "/_bulk", good + "{\"index\":{\"_index\":\"a\"}}\n"),
              HasSubstr("document of the last action"));
  EXPECT_THAT(Error(400, "POST", "/_bulk", good + "{\"index\":{\"_idx\":\"a\"}}\n{}\n"),
              HasSubstr("[_idx]"));
  EXPECT_THAT(Error(400, "POST", "/_bulk", "{\"index\":{}}\n{}\n"), HasSubstr("index is missing"));
  EXPECT_THAT(Error(400, "POST", "/_bulk", "\n"), HasSubstr("no requests added"));
  EXPECT_TRUE(engine_->View()->indices().empty());
}

TEST_F(BulkTest, AnEmptyDocumentIsTheItemsOwnError) {
  Expect(201, "PUT", "/a/_doc/2", R"({"x":1})");
  const JsonValue answer = Expect(200, "POST", "/a/_bulk",
                                  "{\"index\":{\"_id\":\"1\"}}\n\n{\"delete\":{\"_id\":\"2\"}}\n"
                                  "\n{\"index\":{\"_id\":\"3\"}}\n{\"x\":3}\n");
  EXPECT_EQ(At(answer, "items.0.index.status"), "400");
  EXPECT_EQ(At(answer, "items.1.delete.result"), "deleted");
  EXPECT_EQ(At(answer, "items.2.index.result"), "created");
  EXPECT_EQ(At(answer, "items.3"), "");
}

TEST_F(BulkTest, GuardsThatAreHalfGivenAreRefused) {
  Expect(201, "PUT", "/a/_doc/1", R"({"x":1})");
  const auto refuse = [&](const std::string& line) {
    return Error(400, "POST", "/a/_bulk", line + "\n{\"x\":2}\n");
  };
  EXPECT_THAT(refuse(R"({"index":{"_id":"1","if_primary_term":1}})"),
              HasSubstr("if_primary_term is set, but if_seq_no is not"));
  EXPECT_THAT(refuse(R"({"index":{"_id":"1","if_seq_no":0}})"),
              HasSubstr("ifSeqNo is set, but primary term is [0]"));
  EXPECT_THAT(Error(400, "POST", "/a/_bulk", "{\"delete\":{}}\n"), HasSubstr("id is missing"));
  EXPECT_EQ(At(Expect(200, "GET", "/a/_doc/1"), "_source.x"), "1");
  const JsonValue answer =
      Expect(200, "POST", "/a/_bulk",
             "{\"create\":{\"_id\":\"1\",\"op_type\":\"index\"}}\n{\"x\":3}\n"
             "{\"index\":{\"_id\":\"1\",\"op_type\":\"create\"}}\n{\"x\":4}\n");
  EXPECT_EQ(At(answer, "items.0.create.status"), "409");
  EXPECT_EQ(At(answer, "items.1.create.status"), "409");
  EXPECT_EQ(At(Expect(200, "GET", "/a/_doc/1"), "_source.x"), "1");
}

TEST_F(BulkTest, RequireAliasMakesNoIndex) {
  Expect(201, "PUT", "/may/_doc/1", R"({"x":1})");
  Expect(200, "PUT", "/may/_alias/spring");
  const std::string two =
      "{\"index\":{\"_index\":\"logs\",\"_id\":\"1\"}}\n{\"x\":1}\n"
      "{\"index\":{\"_index\":\"spring\",\"_id\":\"2\"}}\n{\"x\":1}\n"
      "{\"index\":{\"_index\":\"may\",\"_id\":\"3\"}}\n{\"x\":1}\n"
      "{\"delete\":{\"_index\":\"may\",\"_id\":\"1\"}}\n";
  const JsonValue answer = Expect(200, "POST", "/_bulk?require_alias=true", two);
  EXPECT_EQ(At(answer, "items.0.index.status"), "404");
  EXPECT_EQ(At(answer, "items.0.index.error.type"), "index_not_found_exception");
  EXPECT_EQ(At(answer, "items.0.index.error.reason"),
            "no such index [logs] and [require_alias] request flag is [true] and [logs] is not an "
            "alias");
  EXPECT_EQ(At(answer, "items.1.index.status"), "201");
  EXPECT_EQ(At(answer, "items.2.index.status"), "404");
  EXPECT_EQ(At(answer, "items.3.delete.status"), "200");
  const JsonValue own =
      Expect(200, "POST", "/_bulk",
             "{\"index\":{\"_index\":\"logs\",\"_id\":\"1\",\"require_alias\":true}}\n{\"x\":1}\n");
  EXPECT_EQ(At(own, "items.0.index.status"), "404");
  const JsonValue freed =
      Expect(200, "POST", "/_bulk?require_alias",
             "{\"index\":{\"_index\":\"may\",\"_id\":\"1\",\"require_alias\":false}}\n{\"x\":1}\n");
  EXPECT_EQ(At(freed, "items.0.index.status"), "201");
  EXPECT_THAT(Error(404, "PUT", "/logs/_doc/1?require_alias=true", R"({"x":1})"),
              HasSubstr("[logs] is not an alias"));
  Error(400, "POST", "/_bulk?require_alias=perhaps", two);
  Error(404, "GET", "/logs");
}

}  // namespace
}  // namespace binseek::api
