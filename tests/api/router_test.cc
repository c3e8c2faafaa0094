#include "api/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/nearest_name.h"

namespace binseek::api {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

// Answers with its own name and what was captured.
Handler Named(const std::string& name) {
  return [name](const Request& request) -> HandlerResult {
    Response response;
    response.content_type = "text/plain";
    response.body = name;
    for (const auto& [key, value] : request.captures) {
      response.body += " " + key + "=" + value;
    }
    return response;
  };
}

class RouterTest : public ::testing::Test {
 protected:
  RouterTest() {
    router_.Add("GET", "/", "", Named("root"));
    router_.Add("GET,POST", "/_search", "size,from", Named("search"));
    router_.Add("GET,POST", "/{index}/_search", "size,from", Named("search"));
    router_.Add("GET,PUT", "/{index}", "", Named("index"));
    router_.Add("GET", "/{index}/_doc/{id}", "", Named("doc"));
    router_.Add("GET", "/json", "", [](const Request&) -> HandlerResult {
      Response response;
      response.body = R"({"a":{"b":1,"c":2},"d":3})";
      return response;
    });
  }
  Response Get(std::string_view target) const {
    return router_.Dispatch(MakeRequest("GET", target));
  }

  Router router_;
};

TEST_F(RouterTest, LiteralsWinOverCaptures) {
  EXPECT_EQ(Get("/").body, "root");
  EXPECT_EQ(Get("/_search").body, "search");
  EXPECT_EQ(Get("/shop/_search/").body, "search index=shop");
  EXPECT_EQ(Get("/shop").body, "index index=shop");
}

TEST_F(RouterTest, CapturesAreDecodedAfterTheSplit) {
  EXPECT_EQ(Get("/shop/_doc/a%2Fb%20c+d").body, "doc id=a/b c+d index=shop");
}

TEST_F(RouterTest, IndexNamesDoNotBeginWithUnderscore) {
  EXPECT_EQ(Get("/_nothing").status, 400);
  EXPECT_EQ(Get("/_all/_search").body, "search index=_all");
}

TEST_F(RouterTest, UnknownPathIsNamed) {
  const Response response = Get("/a/b/c/d");
  EXPECT_EQ(response.status, 400);
  EXPECT_EQ(response.body, R"({"error":"no handler found for uri [/a/b/c/d] and method [GET]"})");
  EXPECT_EQ(Get("/1/2/3/4/5/6/7/8/9/10").status, 400);
}

TEST_F(RouterTest, WrongMethodTellsTheAllowedOnes) {
  const Response response = router_.Dispatch(MakeRequest("DELETE", "/shop/_search"));
  EXPECT_EQ(response.status, 405);
  EXPECT_THAT(response.body, HasSubstr("allowed: [GET, POST]"));
  EXPECT_THAT(response.headers, ElementsAre(Pair("Allow", "GET, POST")));
  EXPECT_EQ(router_.Dispatch(MakeRequest("OPTIONS", "/shop")).status, 200);
}

TEST_F(RouterTest, UnknownParameterIsRefusedWithTheNearestName) {
  const Response response = Get("/_search?sise=3");
  EXPECT_EQ(response.status, 400);
  EXPECT_THAT(response.body,
              HasSubstr("contains unrecognized parameter: [sise] -> did you mean [size]?"));
  EXPECT_THAT(Get("/_search?aaaaaaa&bbbbbbb").body, HasSubstr("parameters: [aaaaaaa], [bbbbbbb]"));
}

TEST_F(RouterTest, FilterPathAndPrettyShapeTheBody) {
  EXPECT_EQ(Get("/json?filter_path=a.b").body, R"({"a":{"b":1}})");
  EXPECT_EQ(Get("/json?filter_path=-a").body, R"({"d":3})");
  EXPECT_THAT(Get("/json?pretty").body, HasSubstr("\"d\" : 3"));
  EXPECT_EQ(Get("/json?pretty=false").body.find('\n'), std::string::npos);
}

TEST(HttpMessageTest, QueriesAreTakenApart) {
  const Request request = MakeRequest("GET", "/a?x=1&y&z=%41+b&x=2&&=v&bad=%zz%4");
  EXPECT_EQ(request.path, "/a");
  EXPECT_EQ(request.Parameter("x"), "2");
  EXPECT_EQ(request.Parameter("y"), "");
  EXPECT_EQ(request.Parameter("z"), "A b");
  EXPECT_EQ(request.Parameter("bad"), "%zz%4");
  EXPECT_EQ(request.Parameter("none"), std::nullopt);
}

TEST(NearestNameTest, FindsWhatWasMeantAndNothingElse) {
  constexpr std::string_view kNames[] = {"listen", "threads", "trust_network"};
  EXPECT_EQ(NearestName("lisetn", kNames), "listen");
  EXPECT_EQ(NearestName("thread", kNames), "threads");
  EXPECT_EQ(NearestName("completely", kNames), "");
  EXPECT_EQ(NearestName("", kNames), "");
  EXPECT_EQ(NearestName(std::string(1000, 'x'), kNames), "");
}

TEST_F(RouterTest, FilterPathLeavesErrorsAndListsWhole) {
  router_.Add("GET", "/list", "", [](const Request&) -> HandlerResult {
    Response response;
    response.body = R"([{"a":1,"b":2},{"a":3},{"b":4}])";
    return response;
  });
  router_.Add("GET", "/fails", "",
              [](const Request&) -> HandlerResult { return IllegalArgument("no such thing"); });
  EXPECT_THAT(Get("/fails?filter_path=hits").body, HasSubstr("no such thing"));
  EXPECT_THAT(Get("/json?filter_path=a&nonsense=1").body, HasSubstr("[nonsense]"));
  EXPECT_EQ(Get("/list?filter_path=a").body, R"([{"a":1},{"a":3}])");
  EXPECT_EQ(Get("/list?filter_path=-a").body, R"([{"b":2},{"b":4}])");
}

}  // namespace
}  // namespace binseek::api
