#include <gmock/gmock.h>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class DocumentTest : public ApiTest {};

TEST_F(DocumentTest, WrittenDocumentIsReadBackVerbatim) {
  const JsonValue created =
      Expect(201, "PUT", "/shop/_doc/1", R"({"name":"red phone","price":12.50})");
  EXPECT_EQ(At(created, "result"), "created");
  EXPECT_EQ(At(created, "_version"), "1");
  EXPECT_EQ(Send("GET", "/shop/_doc/1").body,
            R"({"_index":"shop","_id":"1","_version":1,"_seq_no":0,"_primary_term":1,"found":true,)"
            R"("_source":{"name":"red phone","price":12.50}})");
  EXPECT_EQ(Send("GET", "/shop/_source/1?_source=price").body, R"({"price":12.50})");
  EXPECT_EQ(At(Expect(200, "PUT", "/shop/_doc/1", R"({"name":"x"})"), "result"), "updated");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_doc/1"), "_version"), "2");
}

TEST_F(DocumentTest, IdIsMadeWhereNoneIsGiven) {
  const Response first = Send("POST", "/shop/_doc", R"({"a":1})");
  const Response second = Send("POST", "/shop/_doc", R"({"a":1})");
  EXPECT_EQ(first.status, 201);
  const std::string id = At(*ParseJson(first.body), "_id");
  EXPECT_EQ(id.size(), 20u);
  EXPECT_NE(id, At(*ParseJson(second.body), "_id"));
  ASSERT_EQ(first.headers.size(), 1u);
  EXPECT_EQ(first.headers[0].second, "/shop/_doc/" + id);
}

TEST_F(DocumentTest, IdsAreUtf8) {
  for (const char* id : {"%FF", "a%C3", "%ED%A0%80", "%C0%80"}) {
    EXPECT_THAT(Error(400, "PUT", "/shop/_doc/" + std::string(id), R"({"a":1})"),
                HasSubstr("id must be UTF-8"));
  }
  EXPECT_EQ(At(Expect(201, "PUT", "/shop/_doc/%C3%A4", R"({"a":1})"), "_id"), "\u00e4");
}

TEST_F(DocumentTest, CreateRefusesWhatExists) {
  Expect(201, "PUT", "/shop/_create/1", R"({"a":1})");
  EXPECT_THAT(
      Error(409, "PUT", "/shop/_create/1", R"({"a":1})"),
      HasSubstr(
          "version_conflict_engine_exception: [1]: version conflict, document already exists"));
  Error(409, "PUT", "/shop/_doc/1?op_type=create", R"({"a":1})");
}

TEST_F(DocumentTest, VersionsAndSequenceNumbersGuardWrites) {
  Expect(201, "PUT", "/shop/_doc/1?version=5&version_type=external", R"({"a":1})");
  EXPECT_THAT(Error(409, "PUT", "/shop/_doc/1?version=5&version_type=external", R"({"a":1})"),
              HasSubstr("current version [5] is higher or equal to the one provided [5]"));
  Expect(200, "PUT", "/shop/_doc/1?version=5&version_type=external_gte", R"({"a":1})");
  Error(409, "PUT", "/shop/_doc/1?if_seq_no=0&if_primary_term=1", R"({"a":1})");
  Expect(200, "PUT", "/shop/_doc/1?if_seq_no=1&if_primary_term=1", R"({"a":1})");
  EXPECT_THAT(
      Error(409, "PUT", "/shop/_doc/1?if_seq_no=2&if_primary_term=2", R"({"a":1})"),
      HasSubstr("version_conflict_engine_exception: [1]: version conflict, required seqNo [2], "
                "primary term [2]"));
  Error(409, "DELETE", "/shop/_doc/1?if_seq_no=2&if_primary_term=0");
  Error(400, "PUT", "/shop/_doc/1?if_seq_no=1", R"({"a":1})");
  Error(400, "PUT", "/shop/_doc/1?version=7", R"({"a":1})");
  Error(400, "PUT", "/shop/_doc/1?version=x&version_type=external", R"({"a":1})");
}

TEST_F(DocumentTest, DeleteTellsWhetherThereWasOne) {
  Expect(201, "PUT", "/shop/_doc/1", R"({"a":1})");
  EXPECT_EQ(At(Expect(200, "DELETE", "/shop/_doc/1"), "result"), "deleted");
  EXPECT_EQ(At(Expect(404, "DELETE", "/shop/_doc/1"), "result"), "not_found");
  EXPECT_EQ(At(Expect(404, "GET", "/shop/_doc/1"), "found"), "false");
  EXPECT_THAT(Error(404, "DELETE", "/none/_doc/1"),
              HasSubstr("index_not_found_exception: no such index [none]"));
}

TEST_F(DocumentTest, DocumentsThatCannotBeParsedLeaveNothingBehind) {
  Expect(200, "PUT", "/shop", R"({"mappings":{"properties":{"price":{"type":"long"}}}})");
  EXPECT_THAT(
      Error(400, "PUT", "/shop/_doc/1", R"({"fresh":"x","price":"many"})"),
      HasSubstr("document_parsing_exception: failed to parse field [price] of type [long]"));
  Error(400, "PUT", "/shop/_doc/1", "{\"a\":");
  Error(400, "PUT", "/shop/_doc/1", "[1]");
  Error(400, "PUT", "/shop/_doc/1", "");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_mapping"), "shop.mappings.properties.fresh"), "");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_count"), "count"), "0");
}

TEST_F(DocumentTest, LongIdsAndBadIndexNamesAreRefused) {
  EXPECT_THAT(Error(400, "PUT", "/shop/_doc/" + std::string(513, 'x'), R"({"a":1})"),
              HasSubstr("no longer than 512 bytes"));
  EXPECT_THAT(Error(400, "PUT", "/Shop/_doc/1", R"({"a":1})"),
              HasSubstr("invalid_index_name_exception"));
}

TEST_F(DocumentTest, MultiGetAnswersEachOnItsOwn) {
  Expect(201, "PUT", "/shop/_doc/1", R"({"a":1,"b":2})");
  const JsonValue answer = Expect(
      200, "POST", "/_mget",
      R"({"docs":[{"_index":"shop","_id":"1","_source":["b"]},{"_index":"shop","_id":"2"},{"_index":"none","_id":"1"}]})");
  EXPECT_EQ(At(answer, "docs.0._source"), R"({"b":2})");
  EXPECT_EQ(At(answer, "docs.1.found"), "false");
  EXPECT_EQ(At(answer, "docs.2.error.type"), "index_not_found_exception");
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_mget", R"({"ids":["1"]})"), "docs.0.found"), "true");
  Error(400, "POST", "/shop/_mget", R"({"ids":[]})");
  Error(400, "POST", "/_mget", R"({"ids":["1"]})");
  Error(400, "POST", "/shop/_mget", R"({"idz":["1"]})");
}

TEST_F(DocumentTest, RoutingIsKeptAndShown) {
  Expect(201, "PUT", "/shop/_doc/1?routing=north", R"({"a":1})");
  Expect(201, "PUT", "/shop/_doc/2", R"({"a":2})");
  Expect(200, "POST", "/shop/_bulk?routing=all",
         "{\"index\":{\"_id\":\"3\",\"routing\":\"south\"}}\n{\"a\":3}\n"
         "{\"index\":{\"_id\":\"4\"}}\n{\"a\":4}\n");
  EXPECT_EQ(
      Send("GET", "/shop/_doc/1?routing=north").body,
      R"({"_index":"shop","_id":"1","_version":1,"_seq_no":0,"_primary_term":1,"_routing":"north",)"
      R"("found":true,"_source":{"a":1}})");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_doc/2"), "_routing"), "");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_doc/3"), "_routing"), "south");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_doc/4"), "_routing"), "all");
  const JsonValue found =
      Expect(200, "POST", "/shop/_search", R"({"query":{"term":{"_routing":"north"}}})");
  EXPECT_EQ(At(found, "hits.total.value"), "1");
  EXPECT_EQ(At(found, "hits.hits.0._routing"), "north");
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_search", R"({"query":{"exists":{"field":"_routing"}}})"),
               "hits.total.value"),
            "3");
  EXPECT_THAT(Error(400, "PUT", "/shop/_doc/5", R"({"_routing":"x"})"),
              HasSubstr("is a metadata field and cannot be added inside a document"));
  Expect(200, "PUT", "/shop/_doc/1", R"({"a":1})");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_doc/1"), "_routing"), "") << "it came with the document";
}

TEST_F(DocumentTest, RequiredRoutingIsAskedFor) {
  Expect(200, "PUT", "/shop", R"({"mappings":{"_routing":{"required":true}}})");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_mapping"), "shop.mappings._routing.required"), "true");
  const std::string wanted = "routing_missing_exception: routing is required for [shop]/[1]";
  EXPECT_EQ(Error(400, "PUT", "/shop/_doc/1", R"({"a":1})"), wanted);
  Expect(201, "PUT", "/shop/_doc/1?routing=n", R"({"a":1})");
  EXPECT_EQ(Error(400, "GET", "/shop/_doc/1"), wanted);
  EXPECT_EQ(Error(400, "GET", "/shop/_source/1"), wanted);
  Expect(200, "GET", "/shop/_doc/1?routing=n");
  const JsonValue many =
      Expect(200, "POST", "/shop/_mget", R"({"docs":[{"_id":"1"},{"_id":"1","routing":"n"}]})");
  EXPECT_EQ(At(many, "docs.0.error.type"), "routing_missing_exception");
  EXPECT_EQ(At(many, "docs.1.found"), "true");
  EXPECT_EQ(Error(400, "DELETE", "/shop/_doc/1"), wanted);
  Expect(200, "DELETE", "/shop/_doc/1?routing=n");
}

TEST_F(DocumentTest, IgnoredValuesAreNamedAndFound) {
  Expect(200, "PUT", "/shop",
         R"({"mappings":{"properties":{"n":{"type":"long","ignore_malformed":true},)"
         R"("tag":{"type":"keyword","ignore_above":3}}}})");
  Expect(201, "PUT", "/shop/_doc/1", R"({"n":"many","tag":["ab","abcd"]})");
  Expect(201, "PUT", "/shop/_doc/2", R"({"n":5,"tag":"abcd"})");
  Expect(201, "PUT", "/shop/_doc/3", R"({"n":6,"tag":"abc"})");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_doc/1"), "_ignored"), R"(["n","tag"])");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_doc/1"), "_source"),
            R"({"n":"many","tag":["ab","abcd"]})");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_doc/3"), "_ignored"), "");
  const JsonValue found =
      Expect(200, "POST", "/shop/_search", R"({"query":{"term":{"_ignored":"n"}}})");
  EXPECT_EQ(At(found, "hits.total.value"), "1");
  EXPECT_EQ(At(found, "hits.hits.0._ignored"), R"(["n","tag"])");
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_search", R"({"query":{"exists":{"field":"_ignored"}}})"),
               "hits.total.value"),
            "2");
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_search",
                      R"({"size":0,"aggs":{"f":{"terms":{"field":"_ignored"}}}})"),
               "aggregations.f.buckets.0.key"),
            "tag");
}

TEST_F(DocumentTest, AcknowledgedWritesSurviveLossOfPower) {
  Expect(201, "PUT", "/shop/_doc/1", R"({"a":1})");
  Expect(200, "POST", "/_bulk", "{\"index\":{\"_index\":\"shop\",\"_id\":\"2\"}}\n{\"a\":2}\n");
  engine_.reset();
  directory_->DropUnsynced();
  const std::unique_ptr<index::Engine> reopened = Open();
  ASSERT_NE(reopened, nullptr);
  EXPECT_EQ(reopened->View()->Find("shop")->live_docs(), 2u);
}

}  // namespace
}  // namespace binseek::api
