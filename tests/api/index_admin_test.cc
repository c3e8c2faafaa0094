#include <gmock/gmock.h>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class IndexAdminTest : public ApiTest {};

TEST_F(IndexAdminTest, CreatedIndexKeepsMappingAndSettings) {
  const JsonValue created = Expect(
      200, "PUT", "/shop",
      R"({"settings":{"number_of_shards":1,"index":{"refresh_interval":"5s"}},"mappings":{"properties":{"price":{"type":"double"}}}})");
  EXPECT_EQ(At(created, "acknowledged"), "true");
  const JsonValue shown = Expect(200, "GET", "/shop");
  EXPECT_EQ(At(shown, "shop.mappings.properties.price.type"), "double");
  EXPECT_EQ(At(shown, "shop.settings.index.number_of_shards"), "1");
  EXPECT_EQ(At(shown, "shop.settings.index.refresh_interval"), "5s");
  EXPECT_EQ(At(shown, "shop.settings.index.version.created"), "8517000");
  EXPECT_EQ(At(shown, "shop.aliases"), "{}");
  EXPECT_EQ(Send("HEAD", "/shop").status, 200);
  EXPECT_EQ(Send("HEAD", "/none").status, 404);
}

TEST_F(IndexAdminTest, CreateIsCheckedByName) {
  Expect(200, "PUT", "/shop");
  EXPECT_THAT(Error(400, "PUT", "/shop"),
              HasSubstr("resource_already_exists_exception: index [shop/"));
  EXPECT_THAT(Error(400, "PUT", "/UP"), HasSubstr("invalid_index_name_exception"));
  EXPECT_THAT(
      Error(400, "PUT", "/a", R"({"settings":{"number_of_shard":1}})"),
      HasSubstr("unknown setting [index.number_of_shard] did you mean [index.number_of_shards]?"));
  EXPECT_THAT(
      Error(400, "PUT", "/a", R"({"settings":{"analysis":{"analyzer":{"x":{"type":"custom"}}}}})"),
      HasSubstr("analyzers are the built-in ones"));
  EXPECT_THAT(Error(400, "PUT", "/a", R"({"mappings":{"properties":{"x":{"type":"texxt"}}}})"),
              HasSubstr("mapper_parsing_exception"));
  EXPECT_THAT(Error(400, "PUT", "/a", R"({"maps":{}})"), HasSubstr("unknown key [maps]"));
}

TEST_F(IndexAdminTest, NamesAreUtf8WithoutControlCharacters) {
  for (const char* name : {"/a%00b", "/a%0Ab", "/%1F", "/a%7F", "/a%FF", "/%C3", "/%ED%A0%80"}) {
    EXPECT_THAT(Error(400, "PUT", name), HasSubstr("invalid_index_name_exception")) << name;
    Error(400, "PUT", std::string(name) + "/_doc/1", R"({"a":1})");
  }
  EXPECT_TRUE(engine_->View()->indices().empty());
  Expect(200, "PUT", "/%C3%A4pfel");
  EXPECT_NE(engine_->View()->Find("\u00e4pfel"), nullptr);
}

TEST_F(IndexAdminTest, MappingGrowsAndNeverChangesAType) {
  Expect(200, "PUT", "/shop", R"({"mappings":{"properties":{"price":{"type":"double"}}}})");
  Expect(200, "PUT", "/shop/_mapping", R"({"properties":{"name":{"type":"text"}}})");
  EXPECT_EQ(At(Expect(200, "GET", "/shop/_mapping"), "shop.mappings.properties.name.type"), "text");
  EXPECT_THAT(Error(400, "PUT", "/shop/_mapping", R"({"properties":{"price":{"type":"long"}}})"),
              HasSubstr("cannot be changed from type [double] to [long]"));
}

TEST_F(IndexAdminTest, DropNeedsNames) {
  Expect(200, "PUT", "/a");
  Expect(200, "PUT", "/b");
  EXPECT_THAT(Error(400, "DELETE", "/_all"),
              HasSubstr("Wildcard expressions or all indices are not allowed"));
  Error(400, "DELETE", "/a*");
  Error(404, "DELETE", "/a,none");
  Expect(200, "DELETE", "/a,b");
  EXPECT_TRUE(engine_->View()->indices().empty());
}

TEST_F(IndexAdminTest, CatShowsIndicesAsTextAndJson) {
  Expect(201, "PUT", "/shop/_doc/1", R"({"a":1})");
  EXPECT_EQ(Send("GET", "/_cat/indices?h=health,index,docs.count&v").body,
            "health index docs.count\ngreen  shop           1\n");
  EXPECT_EQ(Send("GET", "/_cat/indices/sh*?h=i,dc&format=json").body,
            R"([{"index":"shop","docs.count":"1"}])");
  EXPECT_EQ(Send("GET", "/_cat/indices/none").status, 404);
  EXPECT_EQ(Send("GET", "/_cat/indices?format=yaml").status, 400);
}

TEST_F(IndexAdminTest, RootHealthAndRefreshAnswerAsElasticsearch) {
  const JsonValue root = Expect(200, "GET", "/");
  EXPECT_EQ(At(root, "version.number"), kReportedVersion);
  EXPECT_EQ(At(root, "tagline"), "You Know, for Search");
  EXPECT_EQ(At(Expect(200, "GET", "/_cluster/health?wait_for_status=yellow&timeout=50s"), "status"),
            "green");
  EXPECT_EQ(At(Expect(200, "POST", "/_refresh"), "_shards.failed"), "0");
  Error(404, "POST", "/none/_refresh");
}

}  // namespace
}  // namespace binseek::api
