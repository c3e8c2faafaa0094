// Kinds of aggregations that look at places, addresses, ranges and samples, end to end.
#include <gmock/gmock.h>

#include <string>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class AggregationKindsTest : public ApiTest {
 protected:
  void Create(const std::string& properties) const {
    Expect(200, "PUT", "/things", R"({"mappings":{"properties":)" + properties + "}}");
  }
  void Add(const std::string& source) const { Expect(201, "POST", "/things/_doc", source); }
  // The result of the only aggregation, "a".
  std::string Answer(const std::string& aggregation, const std::string& path,
                     const std::string& more = "") const {
    return At(Expect(200, "POST", "/things/_search?size=0",
                     R"({"aggs":{"a":)" + aggregation + "}" + more + "}"),
              "aggregations." + path);
  }
};

TEST_F(AggregationKindsTest, AddressesAreCountedByRangesAndShownAsTexts) {
  Create(R"({"ip":{"type":"ip"},"v":{"type":"long"}})");
  Add(R"({"ip":"::1","v":1})");
  Add(R"({"ip":["192.168.0.1","10.0.0.1"],"v":2})");
  Add(R"({"ip":"192.168.0.7","v":3})");
  EXPECT_EQ(
      Answer(
          R"({"ip_range":{"field":"ip","ranges":[{"from":"192.168.0.1"},{"to":"192.168.0.1"},{"mask":"10.0.0.0/8"},{"key":"one","from":"192.168.0.1","to":"192.168.0.2"}]},
              "aggs":{"v":{"sum":{"field":"v"}}}})",
          "a.buckets"),
      R"([{"key":"*-192.168.0.1","to":"192.168.0.1","doc_count":2,"v":{"value":3.0}},)"
      R"({"key":"10.0.0.0/8","from":"10.0.0.0","to":"11.0.0.0","doc_count":1,"v":{"value":2.0}},)"
      R"({"key":"one","from":"192.168.0.1","to":"192.168.0.2","doc_count":1,"v":{"value":2.0}},)"
      R"({"key":"192.168.0.1-*","from":"192.168.0.1","doc_count":2,"v":{"value":5.0}}])");
  EXPECT_EQ(
      Answer(
          R"({"ip_range":{"field":"ip","ranges":[{"to":"192.168.0.1"}]},"aggs":{"v":{"sum":{"field":"v"}}}},)"
          R"("m":{"avg_bucket":{"buckets_path":"a.v"}})",
          "m.value"),
      "3.0");
  EXPECT_EQ(Answer(R"({"terms":{"field":"ip","include":["::1","10.0.0.1"]}})", "a.buckets.0.key"),
            "::1");
  EXPECT_EQ(Answer(R"({"terms":{"field":"ip","exclude":["::1"]}})", "a.buckets.0.key"), "10.0.0.1");
  EXPECT_THAT(Send("POST", "/things/_search",
                   R"({"aggs":{"a":{"terms":{"field":"ip","exclude":"127.*"}}}})")
                  .body,
              HasSubstr("cannot support regular expression style include/exclude"));
  EXPECT_THAT(Send("POST", "/things/_search",
                   R"({"aggs":{"a":{"ip_range":{"field":"v","ranges":[{"to":"1.1.1.1"}]}}}})")
                  .body,
              HasSubstr("Field [v] of type [long] is not supported for aggregation [ip_range]"));
  EXPECT_THAT(Error(400, "POST", "/things/_search",
                    R"({"aggs":{"a":{"ip_range":{"field":"ip","ranges":[{"too":"x"}]}}}})"),
              HasSubstr("unknown field [too]"));
}

TEST_F(AggregationKindsTest, DistancesAreCountedByRanges) {
  Create(R"({"at":{"type":"geo_point"},"people":{"type":"long"}})");
  Add(R"({"at":{"lat":40.7128,"lon":-74.0060},"people":8})");
  Add(R"({"at":{"lat":34.0522,"lon":-118.2437},"people":4})");
  Add(R"({"at":{"lat":41.8781,"lon":-87.6298},"people":2})");
  Add(R"({"people":1})");
  const std::string ranges =
      R"("ranges":[{"to":1000},{"from":1000,"to":5000},{"key":"far","from":5000}])";
  const std::string km =
      R"({"geo_distance":{"field":"at","origin":"35.7796, -78.6382","unit":"km",)" + ranges +
      R"(},"aggs":{"n":{"sum":{"field":"people"}}}})";
  EXPECT_EQ(Answer(km, "a.buckets"),
            R"([{"key":"*-1000.0","from":0.0,"to":1000.0,"doc_count":1,"n":{"value":8.0}},)"
            R"({"key":"1000.0-5000.0","from":1000.0,"to":5000.0,"doc_count":2,"n":{"value":6.0}},)"
            R"({"key":"far","from":5000.0,"doc_count":0,"n":{"value":0.0}}])");
  EXPECT_EQ(Answer(R"({"geo_distance":{"field":"at","origin":[-78.6382,35.7796],"keyed":true,)" +
                       ranges + "}}",
                   "a.buckets.far.doc_count"),
            "3")
      << "metres, where no unit is named";
  EXPECT_THAT(Error(400, "POST", "/things/_search",
                    R"({"aggs":{"a":{"geo_distance":{"field":"at",)" + ranges + "}}}}"),
              HasSubstr("must define an [origin]"));
}

TEST_F(AggregationKindsTest, KeysOfRangesAreWrittenAsJavaWritesDoubles) {
  Create(R"({"n":{"type":"double"}})");
  Add(R"({"n":5})");
  const auto key = [this](const std::string& to) {
    return Answer(R"({"range":{"field":"n","ranges":[{"to":)" + to + "}]}}", "a.buckets.0.key");
  };
  EXPECT_EQ(key("0"), "*-0.0");
  EXPECT_EQ(key("1000000"), "*-1000000.0");
  EXPECT_EQ(key("12345678"), "*-1.2345678E7");
  EXPECT_EQ(key("1e10"), "*-1.0E10");
  EXPECT_EQ(key("0.001"), "*-0.001");
  EXPECT_EQ(key("0.00012"), "*-1.2E-4");
  EXPECT_EQ(key("-0.5"), "*--0.5");
}

TEST_F(AggregationKindsTest, RangesCountInEveryBucketThatTheyTouch) {
  Create(
      R"({"span":{"type":"date_range"},"n":{"type":"long_range"},"nano":{"type":"date_nanos"}})");
  Add(R"({"span":{"gte":"2016-01-30","lt":"2016-03-01"},"n":{"lte":2},"nano":"2016-01-01T00:00:00.000000001Z"})");
  Add(R"({"span":[{"gte":"2016-01-01","lt":"2016-01-02"},{"gte":"2016-01-03","lte":"2016-01-04"}],"n":{"gte":4}})");
  EXPECT_EQ(
      Answer(
          R"({"date_histogram":{"field":"span","calendar_interval":"month","format":"yyyy-MM"}})",
          "a.buckets"),
      R"([{"key":1451606400000,"key_as_string":"2016-01","doc_count":2},)"
      R"({"key":1454284800000,"key_as_string":"2016-02","doc_count":1}])");
  EXPECT_EQ(
      Answer(R"({"histogram":{"field":"n","interval":1,"hard_bounds":{"min":0,"max":5}}})",
             "a.buckets"),
      R"([{"key":0.0,"doc_count":1},{"key":1.0,"doc_count":1},{"key":2.0,"doc_count":1},{"key":3.0,"doc_count":0},)"
      R"({"key":4.0,"doc_count":1},{"key":5.0,"doc_count":1}])");
  EXPECT_THAT(
      Send("POST", "/things/_search", R"({"aggs":{"a":{"histogram":{"field":"n","interval":1}}}})")
          .body,
      HasSubstr("Trying to create too many buckets"));
  EXPECT_EQ(Answer(R"({"date_histogram":{"field":"nano","calendar_interval":"day"}})",
                   "a.buckets.0.key_as_string"),
            "2016-01-01T00:00:00.000Z");
}

TEST_F(AggregationKindsTest, ASampleIsTheBestOfEachIndex) {
  Create(R"({"t":{"type":"text"},"n":{"type":"long"},"k":{"type":"keyword"}})");
  Add(R"({"t":"red","n":1,"k":"a"})");
  Add(R"({"t":"red red red","n":10,"k":"a"})");
  Add(R"({"t":"red and many other words that make it long","n":100,"k":"b"})");
  const std::string query = R"(,"query":{"match":{"t":"red"}})";
  const std::string sum = R"(,"aggs":{"n":{"sum":{"field":"n"}}}})";
  EXPECT_EQ(Answer(R"({"sampler":{"shard_size":1})" + sum, "a.doc_count", query), "1");
  EXPECT_EQ(Answer(R"({"sampler":{"shard_size":1})" + sum, "a.n.value", query), "10.0");
  EXPECT_EQ(Answer(R"({"sampler":{"shard_size":2})" + sum, "a.n.value", query), "11.0");
  EXPECT_EQ(Answer(R"({"sampler":{})" + sum, "a.n.value", query), "111.0");
  EXPECT_EQ(Answer(R"({"terms":{"field":"k"},"aggs":{"s":{"sampler":{"shard_size":1})" + sum + "}}",
                   "a.buckets.1.s.n.value", query),
            "100.0");
  EXPECT_THAT(
      Error(400, "POST", "/things/_search", R"({"aggs":{"a":{"sampler":{"shard_size":0}}}})"),
      HasSubstr("[shard_size]"));
}

TEST_F(AggregationKindsTest, ValuesThatNoIndexHasAreOfTheTypeThatIsSaid) {
  Create(R"({"n":{"type":"long"}})");
  Add("{}");
  const auto bucket = [this](const std::string& type, const std::string& missing) {
    return Answer(
        R"({"terms":{"field":"none","value_type":")" + type + R"(","missing":)" + missing + "}}",
        "a.buckets");
  };
  EXPECT_EQ(bucket("string", R"("abc")"), R"([{"key":"abc","doc_count":1}])");
  EXPECT_EQ(bucket("long", "3"), R"([{"key":3,"doc_count":1}])");
  EXPECT_EQ(bucket("double", "3"), R"([{"key":3.0,"doc_count":1}])");
  EXPECT_EQ(bucket("boolean", "true"), R"([{"key":1,"key_as_string":"true","doc_count":1}])");
  EXPECT_THAT(Error(400, "POST", "/things/_search",
                    R"({"aggs":{"a":{"terms":{"field":"none","value_type":"much"}}}})"),
              HasSubstr("Unknown value type [much]"));
}

}  // namespace
}  // namespace binseek::api
