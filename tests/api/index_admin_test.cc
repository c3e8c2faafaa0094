#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

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

TEST_F(IndexAdminTest, AnIndexSortIsTakenShownAndUsed) {
  constexpr const char* kMappings =
      R"("mappings":{"properties":{"n":{"type":"long"},"tag":{"type":"keyword"},"name":{"type":"text"}}})";
  Expect(
      200, "PUT", "/shop",
      std::string(R"({"settings":{"index":{"sort.field":["tag","n"],"sort":{"order":["asc","DESC"]},
                        "sort.missing":"_first,_last"}},)") +
          kMappings + "}");
  const JsonValue shown = Expect(200, "GET", "/shop/_settings");
  EXPECT_EQ(At(shown, "shop.settings.index.sort.field"), R"(["tag","n"])");
  EXPECT_EQ(At(shown, "shop.settings.index.sort.order"), R"(["asc","DESC"])");
  EXPECT_EQ(At(shown, "shop.settings.index.sort.missing"), "_first,_last");
  std::string bulk;
  for (const char* document :
       {R"({"n":1,"tag":"b"})", R"({"n":2,"tag":"a"})", R"({"n":3,"tag":"a"})", R"({"n":4})"}) {
    bulk += std::string("{\"index\":{}}\n") + document + "\n";
  }
  Expect(200, "POST", "/shop/_bulk", bulk);
  const JsonValue found = Expect(200, "POST", "/shop/_search", R"({"sort":["_doc"]})");
  std::string order;
  for (int i = 0; i < 4; ++i) {
    order += At(found, "hits.hits." + std::to_string(i) + "._source.n");
  }
  EXPECT_EQ(order, "4321");
  const auto refuse = [&](const std::string& sort) {
    return Error(400, "PUT", "/other",
                 R"({"settings":{"index":{"sort":)" + sort + "}}," + kMappings + "}");
  };
  EXPECT_EQ(refuse(R"({"field":"none"})"),
            "illegal_argument_exception: unknown index sort field:[none]");
  EXPECT_EQ(refuse(R"({"field":"name"})"),
            "illegal_argument_exception: docvalues not found for index sort field:[name]");
  EXPECT_EQ(refuse(R"({"field":["n","tag"],"order":"asc"})"),
            "illegal_argument_exception: index.sort.field:[n, tag] index.sort.order:[asc], size "
            "mismatch");
  EXPECT_EQ(refuse(R"({"field":"n","mode":"sum"})"),
            "illegal_argument_exception: Illegal index sort mode:[sum], must be one of [MAX, MIN]");
  EXPECT_EQ(
      refuse(R"({"field":"n","missing":"0"})"),
      "illegal_argument_exception: Illegal missing value:[0], must be one of [_last, _first]");
  EXPECT_THAT(refuse(R"({"field":"[n"})"), HasSubstr("Failed to parse value [[n]"));
}

TEST_F(IndexAdminTest, AForcedMergeLeavesOneFileWithoutDeletions) {
  const auto files = [this] {
    const auto view = engine_->View();
    const index::IndexView& index = *view->Find("shop");
    return std::pair(index.segments.size(), index.deleted_docs());
  };
  for (int i = 0; i < 30; ++i) {
    Expect(201, "PUT", "/shop/_doc/" + std::to_string(i), R"({"a":1})");
    if (i % 10 == 9) {
      ASSERT_TRUE(engine_->Commit().ok());
    }
  }
  for (const char* id : {"1", "2", "21"}) {
    Expect(200, "DELETE", std::string("/shop/_doc/") + id);
  }
  const size_t before = files().first;
  EXPECT_GE(before, 3u);
  EXPECT_EQ(files().second, 3u);
  EXPECT_EQ(At(Expect(200, "POST", "/shop/_forcemerge?only_expunge_deletes"), "_shards.failed"),
            "0");
  EXPECT_EQ(files(), std::pair(before, uint64_t{1})) << "one of ten is few enough";
  Expect(200, "POST", "/_forcemerge?max_num_segments=1");
  EXPECT_EQ(files(), std::pair(size_t{1}, uint64_t{0}));
  EXPECT_THAT(Error(400, "POST", "/_forcemerge?max_num_segments=1&only_expunge_deletes=true"),
              HasSubstr("action_request_validation_exception: Validation Failed: 1: cannot set"));
  Error(404, "POST", "/none/_forcemerge");
}

// Each of them waits for the batch; clients that lose patience and ask again must not take all threads.
TEST_F(IndexAdminTest, ASecondForcedMergeIsRefusedWhileOneWaits) {
  for (const char* id : {"1", "2"}) {
    Expect(201, "PUT", std::string("/shop/_doc/") + id, R"({"a":1})");
    ASSERT_TRUE(engine_->Commit().ok());
  }
  auto staged = engine_->Stage({engine_->View()->Find("shop")->id});
  ASSERT_TRUE(staged.ok());
  std::mutex mutex;
  std::condition_variable ended;
  std::vector<int> statuses;
  const auto merge = [&] {
    const int status = Send("POST", "/shop/_forcemerge?max_num_segments=1").status;
    const std::lock_guard<std::mutex> lock(mutex);
    statuses.push_back(status);
    ended.notify_all();
  };
  std::thread one(merge);
  std::thread other(merge);
  {
    std::unique_lock<std::mutex> lock(mutex);
    EXPECT_TRUE(ended.wait_for(lock, std::chrono::seconds(60), [&] { return !statuses.empty(); }));
    EXPECT_EQ(statuses, std::vector<int>{429});
  }
  staged->reset();
  one.join();
  other.join();
  EXPECT_EQ(statuses, (std::vector<int>{429, 200}));
  Expect(200, "POST", "/shop/_forcemerge?max_num_segments=1");
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

TEST_F(IndexAdminTest, ParametersOfSimilaritiesAreKnownOrRefused) {
  const auto refuse = [&](const std::string& similarity) {
    return Error(400, "PUT", "/shop", R"({"settings":{"similarity":)" + similarity + "}}");
  };
  EXPECT_THAT(refuse(R"({"default":{"type":"BM25","k_1":"2","bb":1}})"),
              HasSubstr("Unknown settings for similarity of type [BM25]: [bb, k_1]"));
  EXPECT_THAT(refuse(R"({"own":{"type":"LMDirichlet","mu":"2","lambda":0.5}})"),
              HasSubstr("Unknown settings for similarity of type [LMDirichlet]: [lambda]"));
  EXPECT_THAT(refuse(R"({"own":"BM25"})"), HasSubstr("because of a missing '.'"));
  // Each dot would be an object of the answer to GET /shop.
  refuse(R"({"default":{"type":"BM25",")" + std::string(60000, '.') + R"(":"1"}})");
  refuse(R"({"default":{"type":"BM25","a":1,"a-b":1,"a.c":1}})");
  Error(404, "GET", "/shop");
  Expect(
      200, "PUT", "/shop",
      R"({"settings":{"similarity":{"default":{"type":"BM25","k1":1,"b":0.5,"discount_overlaps":true},
          "dfr":{"type":"DFR","basic_model":"g","after_effect":"l","normalization.h2.c":2,"normalization":"h2"},
          "flat":{"type":"boolean"}}}})");
  const JsonValue shown = Expect(200, "GET", "/shop/_settings");
  EXPECT_EQ(At(shown, "shop.settings.index.similarity.default.k1"), "1");
  EXPECT_EQ(At(shown, "shop.settings.index.similarity.flat.type"), "boolean");
}

TEST_F(IndexAdminTest, ParametersThatSayMoreThanWeDoAreRefused) {
  Expect(200, "PUT", "/shop");
  EXPECT_THAT(Error(400, "POST", "/_forcemerge?wait_for_completion=false"),
              HasSubstr("wait_for_completion"));
  Expect(200, "POST", "/_forcemerge?wait_for_completion=true");
  EXPECT_THAT(Error(400, "POST", "/shop/_bulk?refresh=nonsense", "{\"index\":{}}\n{\"x\":1}\n"),
              HasSubstr("Unknown value for refresh: [nonsense]"));
  EXPECT_EQ(Send("GET", "/_cat/indices?h=index&health=green").body, "shop\n");
  EXPECT_EQ(Send("GET", "/_cat/indices?h=index&health=red").body, "");
  EXPECT_EQ(Send("GET", "/_cat/indices?health=blue").status, 400);
  const JsonValue health = Expect(200, "GET", "/_cluster/health?level=indices");
  EXPECT_EQ(At(health, "indices.shop.status"), "green");
  EXPECT_EQ(At(health, "indices.shop.shards"), "");
  EXPECT_EQ(At(Expect(200, "GET", "/_cluster/health/shop?level=shards"),
               "indices.shop.shards.0.primary_active"),
            "true");
  Error(400, "GET", "/_cluster/health?level=nodes");
  Error(400, "GET", "/_cluster/health?wait_for_status=blue");
  // As of an index that has not come within the time.
  const JsonValue none = Expect(408, "GET", "/_cluster/health/none?timeout=0s");
  EXPECT_EQ(At(none, "status"), "red");
  EXPECT_EQ(At(none, "timed_out"), "true");
}

}  // namespace
}  // namespace binseek::api
