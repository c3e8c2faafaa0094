#include <gmock/gmock.h>

#include <string>

#include <atomic>
#include <thread>
#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class AliasesTest : public ApiTest {
 protected:
  AliasesTest() {
    Expect(201, "PUT", "/may/_doc/1", R"({"color":"red","n":1})");
    Expect(201, "PUT", "/may/_doc/2", R"({"color":"blue","n":2})");
    Expect(201, "PUT", "/june/_doc/3", R"({"color":"red","n":3})");
  }
  std::string Count(const std::string& target) const {
    return At(Expect(200, "GET", "/" + target + "/_count"), "count");
  }
  void Put(const std::string& index, const std::string& alias, const std::string& body = "") const {
    Expect(200, "PUT", "/" + index + "/_alias/" + alias, body);
  }
};

TEST_F(AliasesTest, AnAliasMeansItsIndices) {
  Put("may", "spring");
  Put("may,june", "all-year");
  EXPECT_EQ(Count("spring"), "2");
  EXPECT_EQ(Count("all-year"), "3");
  EXPECT_EQ(Count("all-*"), "3");
  EXPECT_EQ(Count("spring,june"), "3");
  EXPECT_EQ(At(Expect(200, "GET", "/spring/_doc/1"), "_index"), "may");
  EXPECT_THAT(Error(400, "GET", "/all-year/_doc/1"),
              HasSubstr("alias [all-year] has more than one index associated with it [june, may]"));
  EXPECT_EQ(At(Expect(200, "GET", "/spring/_mapping"), "may.mappings.properties.n.type"), "long");
  Error(404, "GET", "/autumn/_count");
}

TEST_F(AliasesTest, AFilterHidesDocumentsFromAllThatLooksThroughTheAlias) {
  Put("may", "reds", R"({"filter":{"term":{"color":"red"}}})");
  EXPECT_EQ(Count("reds"), "1");
  const JsonValue found = Expect(
      200, "POST", "/reds/_search",
      R"({"aggs":{"n":{"sum":{"field":"n"}},"all":{"global":{},"aggs":{"n":{"sum":{"field":"n"}}}}}})");
  EXPECT_EQ(At(found, "hits.total.value"), "1");
  EXPECT_EQ(At(found, "hits.hits.0._id"), "1");
  EXPECT_EQ(At(found, "aggregations.n.value"), "1.0");
  EXPECT_EQ(At(found, "aggregations.all.n.value"), "1.0");
  EXPECT_EQ(At(Expect(200, "POST", "/reds/_explain/2", R"({"query":{"match_all":{}}})"), "matched"),
            "false");
  const JsonValue explained =
      Expect(200, "POST", "/reds/_explain/1", R"({"query":{"match_all":{}}})");
  EXPECT_EQ(At(explained, "_index"), "may");
  EXPECT_EQ(At(explained, "explanation.value"), "1.0");
  EXPECT_EQ(Count("reds,may"), "2") << "who may see the index sees all of it";
  EXPECT_EQ(Count("reds,june"), "2") << "other indices are not filtered";
  const JsonValue pit = Expect(200, "POST", "/reds/_pit?keep_alive=1m");
  EXPECT_EQ(At(Expect(200, "POST", "/_search", R"({"pit":{"id":")" + At(pit, "id") + R"("}})"),
               "hits.total.value"),
            "1");
  const JsonValue page = Expect(200, "POST", "/reds/_search?scroll=1m&size=1");
  EXPECT_EQ(At(page, "hits.total.value"), "1");
}

TEST_F(AliasesTest, SeveralFiltersOfOneIndexAddUp) {
  Put("may", "reds", R"({"filter":{"term":{"color":"red"}}})");
  Put("may", "blues", R"({"filter":{"term":{"color":"blue"}}})");
  EXPECT_EQ(Count("reds,blues"), "2");
  EXPECT_EQ(Count("blues"), "1");
  EXPECT_EQ(Count("*reds"), "1");
}

TEST_F(AliasesTest, BoostsOfIndicesMayNameAliases) {
  Put("may", "spring");
  const JsonValue found = Expect(200, "POST", "/_all/_search",
                                 R"({"indices_boost":[{"spring":3.0},{"june":2.0}],"size":1})");
  EXPECT_EQ(At(found, "hits.hits.0._index"), "may");
  EXPECT_THAT(Error(404, "POST", "/_all/_search", R"({"indices_boost":[{"autumn":3.0}]})"),
              HasSubstr("no such index [autumn]"));
}

TEST_F(AliasesTest, WritesGoToTheWriteIndex) {
  Put("may", "spring");
  EXPECT_EQ(At(Expect(201, "PUT", "/spring/_doc/7", R"({"n":7})"), "_index"), "may");
  Put("june", "spring");
  EXPECT_THAT(Error(400, "PUT", "/spring/_doc/8", R"({"n":8})"),
              HasSubstr("no write index is defined for alias [spring]"));
  Put("june", "spring", R"({"is_write_index":true})");
  EXPECT_EQ(At(Expect(201, "PUT", "/spring/_doc/8", R"({"n":8})"), "_index"), "june");
  const JsonValue bulk = Expect(200, "POST", "/_bulk",
                                "{\"index\":{\"_index\":\"spring\",\"_id\":\"9\"}}\n{\"n\":9}\n"
                                "{\"index\":{\"_index\":\"june\",\"_id\":\"10\"}}\n{\"m\":9}\n");
  EXPECT_EQ(At(bulk, "errors"), "false");
  EXPECT_EQ(At(bulk, "items.0.index._index"), "june");
  EXPECT_THAT(Error(400, "PUT", "/may/_alias/spring", R"({"is_write_index":true})"),
              HasSubstr("alias [spring] has more than one write index [june,may]"));
  Put("may", "routed", R"({"routing":"eu"})");
  Expect(201, "PUT", "/routed/_doc/11", R"({"n":11})");
  EXPECT_EQ(At(Expect(200, "GET", "/may/_doc/11"), "_routing"), "eu");
}

TEST_F(AliasesTest, AChangeIsMadeAsAWholeOrNotAtAll) {
  Put("may", "now");
  Expect(
      200, "POST", "/_aliases",
      R"({"actions":[{"remove":{"index":"may","alias":"now"}},{"add":{"index":"june","alias":"now"}}]})");
  EXPECT_EQ(Count("now"), "1");
  Error(
      404, "POST", "/_aliases",
      R"({"actions":[{"add":{"index":"may","alias":"now"}},{"add":{"index":"none","alias":"now"}}]})");
  EXPECT_EQ(Count("now"), "1");
  Expect(
      200, "POST", "/_aliases",
      R"({"actions":[{"remove_index":{"index":"june"}},{"add":{"index":"may","alias":"now"}}]})");
  EXPECT_EQ(Count("now"), "2");
  Error(404, "GET", "/june/_count");
  EXPECT_THAT(Error(400, "POST", "/_aliases", R"({"actions":[{"ad":{"index":"may"}}]})"),
              HasSubstr("unknown field [ad]"));
  EXPECT_THAT(Error(400, "POST", "/_aliases", R"({"actions":[{"add":{"index":"may"}}]})"),
              HasSubstr("One of [alias] or [aliases] is required"));
}

TEST_F(AliasesTest, NamesAreChecked) {
  EXPECT_THAT(Error(400, "PUT", "/may/_alias/june"),
              HasSubstr("invalid_alias_name_exception: Invalid alias name [june]: an index or data "
                        "stream exists with the same name as the alias"));
  Error(400, "PUT", "/may/_alias/a%20b");
  Put("may", "Spring");
  EXPECT_THAT(Error(400, "PUT", "/spring-2", R"({"aliases":{"spring-2":{}}})"),
              HasSubstr("invalid_alias_name_exception"));
  Put("may", "taken");
  EXPECT_THAT(Error(400, "PUT", "/taken"), HasSubstr("already exists as alias"));
  EXPECT_THAT(Error(400, "DELETE", "/taken"), HasSubstr("[taken] matches an alias"));
  Error(404, "PUT", "/none/_alias/x");
  EXPECT_THAT(Error(400, "PUT", "/may/_alias/x", R"({"filter":{"trm":{}}})"),
              HasSubstr("unknown query [trm]"));
}

TEST_F(AliasesTest, TheyAreShownWithTheirIndicesAndByThemselves) {
  Expect(200, "PUT", "/july",
         R"({"aliases":{"summer":{"filter":{"term":{"n":1}},"is_write_index":true}}})");
  EXPECT_EQ(At(Expect(200, "GET", "/july"), "july.aliases.summer.filter.term.n"), "1");
  EXPECT_EQ(At(Expect(200, "GET", "/_alias/summer"), "july.aliases.summer.is_write_index"), "true");
  EXPECT_EQ(At(Expect(200, "GET", "/july/_alias"), "july.aliases.summer.is_write_index"), "true");
  EXPECT_EQ(At(Expect(200, "GET", "/_alias"), "may.aliases"), "{}");
  EXPECT_EQ(At(Expect(404, "GET", "/_alias/none"), "error"), "alias [none] missing");
  EXPECT_EQ(Send("HEAD", "/_alias/summer").status, 200);
  EXPECT_EQ(Send("HEAD", "/_alias/none").status, 404);
  Expect(200, "DELETE", "/july/_alias/summer");
  EXPECT_EQ(At(Expect(200, "GET", "/july"), "july.aliases"), "{}");
  EXPECT_THAT(Error(404, "DELETE", "/july/_alias/summer"),
              HasSubstr("aliases_not_found_exception: aliases [summer] missing"));
}

TEST_F(AliasesTest, TheyOutliveTheProcessButNotTheirIndices) {
  Put("may", "reds", R"({"filter":{"term":{"color":"red"}}})");
  Put("june", "late");
  router_ = Router();
  node_.reset();
  engine_.reset();
  engine_ = Open();
  node_ = std::make_unique<Node>(engine_.get(), nullptr, Limits());
  router_ = MakeRouter(node_.get());
  EXPECT_EQ(Count("reds"), "1");
  Expect(200, "DELETE", "/june");
  Error(404, "GET", "/late/_count");
  Expect(201, "PUT", "/june/_doc/1", R"({"n":1})");
  Error(404, "GET", "/late/_count");
}

TEST_F(AliasesTest, AnIndexGivesItsNameToAnAliasInOneStep) {
  const auto swap = [](const std::string& add, const std::string& remove) {
    return R"({"actions":[{"add":{"index":")" + add +
           R"(","alias":"june"}},{"remove_index":{"index":")" + remove + R"("}}]})";
  };
  EXPECT_THAT(Error(400, "POST", "/_aliases", swap("may", "may")),
              HasSubstr("an index or data stream exists with the same name as the alias"));
  EXPECT_EQ(Count("june"), "1");
  Expect(200, "POST", "/_aliases", swap("may", "june"));
  EXPECT_EQ(Count("june"), "2");
  EXPECT_EQ(At(Expect(200, "GET", "/june/_doc/1"), "_index"), "may");
}

TEST_F(AliasesTest, IndicesAndTheirAliasesGoTogether) {
  Expect(
      200, "POST", "/_aliases",
      R"({"actions":[{"remove_index":{"index":"june"}},{"remove_index":{"indices":["june"]}}]})");
  Error(404, "GET", "/june/_count");
  Put("may", "spring");
  Expect(201, "PUT", "/july/_doc/1", R"({"n":1})");
  Put("july", "spring");
  // Who is above the limit of memory must get below it, with aliases and without.
  router_ = Router();
  node_.reset();
  engine_.reset();
  index::EngineOptions options;
  options.directory = directory_;
  options.total_memory_limit_bytes = 1;
  auto engine = index::Engine::Open(std::move(options));
  ASSERT_TRUE(engine.ok()) << engine.status();
  engine_ = *std::move(engine);
  node_ = std::make_unique<Node>(engine_.get(), nullptr, Limits());
  router_ = MakeRouter(node_.get());
  EXPECT_EQ(Send("PUT", "/may/_doc/9", R"({"n":9})").status, 429);
  Expect(200, "DELETE", "/may");
  EXPECT_EQ(Count("spring"), "1");
  EXPECT_EQ(At(Expect(200, "GET", "/_alias/spring"), "may"), "");
}

TEST_F(AliasesTest, AMoveToANewIndexIsNeverMissed) {
  Expect(201, "PUT", "/made-0/_doc/1", R"({"n":0})");
  Put("made-0", "now");
  std::atomic<bool> ended{false};
  std::thread moves([&] {
    for (int i = 1; i <= 200; ++i) {
      const std::string next = "made-" + std::to_string(i);
      Expect(201, "PUT", "/" + next + "/_doc/1", R"({"n":1})");
      Expect(200, "POST", "/_aliases",
             R"({"actions":[{"add":{"index":")" + next +
                 R"(","alias":"now"}},{"remove_index":{"index":"made-)" + std::to_string(i - 1) +
                 R"("}}]})");
    }
    ended = true;
  });
  while (!ended && !HasFailure()) {
    EXPECT_EQ(Count("now"), "1");
    Expect(200, "GET", "/now/_doc/1");
    EXPECT_EQ(At(Expect(200, "POST", "/now/_search"), "hits.total.value"), "1");
  }
  moves.join();
}

}  // namespace
}  // namespace binseek::api
