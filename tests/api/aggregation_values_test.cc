// What aggregations, sorts and collapsed hits make of values and requests at their edges, end to end.
#include <gmock/gmock.h>

#include <string>

#include "tests/api/api_fixture.h"

namespace binseek::api {
namespace {

using ::testing::HasSubstr;

class AggregationValuesTest : public ApiTest {
 protected:
  void Create(const std::string& properties, const std::string& index = "things") const {
    Expect(200, "PUT", "/" + index, R"({"mappings":{"properties":)" + properties + "}}");
  }
  void Add(const std::string& source, const std::string& index = "things") const {
    Expect(201, "POST", "/" + index + "/_doc", source);
  }
  static std::string Body(const std::string& aggregation, const std::string& more) {
    return R"({"size":0,"aggs":{"a":)" + aggregation + "}" + more + "}";
  }
  // What is at `path` of the result of the aggregation "a".
  std::string Answer(const std::string& aggregation, const std::string& path,
                     const std::string& more = "", const std::string& index = "things") const {
    return At(Expect(200, "POST", "/" + index + "/_search", Body(aggregation, more)),
              "aggregations.a." + path);
  }
  std::string Refusal(const std::string& aggregation, const std::string& more = "") const {
    return Send("POST", "/things/_search", Body(aggregation, more)).body;
  }
};

TEST_F(AggregationValuesTest, BoundsFarBehindAllDatesEnd) {
  Create(R"({"at":{"type":"date"}})");
  Add(R"({"at":"2024-05-01"})");
  const auto days = [](const std::string& more) {
    return R"({"date_histogram":{"field":"at","calendar_interval":"day",)" + more + "}}";
  };
  const std::string longest = "9223372036854775807";
  EXPECT_THAT(Refusal(days(R"("extended_bounds":{"min":0,"max":)" + longest + "}")),
              HasSubstr("Trying to create too many buckets"));
  EXPECT_THAT(Refusal(days(R"("extended_bounds":{"min":-)" + longest + R"(,"max":0})")),
              HasSubstr("Trying to create too many buckets"));
  EXPECT_EQ(
      Answer(days(R"("hard_bounds":{"min":-)" + longest + R"(,"max":)" + longest + "}"), "buckets"),
      R"([{"key":1714521600000,"key_as_string":"2024-05-01T00:00:00.000Z","doc_count":1}])");
  EXPECT_THAT(Refusal(days(R"("offset":)" + longest)), HasSubstr("further than dates reach"));
  EXPECT_THAT(Refusal(days(R"("offset":-)" + longest)), HasSubstr("further than dates reach"));
  EXPECT_THAT(Refusal(R"({"date_histogram":{"field":"at","fixed_interval":"9223372036854775ms",)"
                      R"("extended_bounds":{"min":0,"max":)" +
                      longest + "}}}"),
              HasSubstr(R"("key":9223372036854775,)"));
  EXPECT_THAT(Refusal(R"({"date_histogram":{"field":"at","fixed_interval":"9223372036854776ms"}})"),
              HasSubstr("longer than dates reach"));
}

TEST_F(AggregationValuesTest, NumbersThatNoDateReachesAreNoBucketsOfDays) {
  Create(R"({"n":{"type":"long"}})");
  Add(R"({"n":9000000000000000000})");
  EXPECT_THAT(
      Refusal(
          R"({"composite":{"sources":[{"day":{"date_histogram":{"field":"n","fixed_interval":"1d"}}}]}})"),
      HasSubstr("further from the epoch than dates reach"));
}

TEST_F(AggregationValuesTest, ABucketThatIsNotInAMonthIsAGapOfThatMonth) {
  Create(R"({"at":{"type":"date"},"k":{"type":"keyword"},"m":{"type":"long"}})");
  Add(R"({"at":"2024-01-05","k":"x","m":3})");
  Add(R"({"at":"2024-02-05","k":"y","m":4})");
  Add(R"({"at":"2024-03-05","k":"x","m":5})");
  const auto months = [](const std::string& pipeline) {
    return R"({"date_histogram":{"field":"at","calendar_interval":"month"},"aggs":{)"
           R"("k":{"terms":{"field":"k"},"aggs":{"m":{"sum":{"field":"m"}}}},"p":)" +
           pipeline + "}}";
  };
  const auto script = [&months](const std::string& path, const std::string& more) {
    return months(R"({"bucket_script":{"buckets_path":{"v":")" + path + R"("},"script":"v * 2")" +
                  more + "}}");
  };
  const std::string skipped = script("k['x']>m", "");
  EXPECT_EQ(Answer(skipped, "buckets.0.p.value"), "6.0");
  EXPECT_EQ(Answer(skipped, "buckets.1.p"), "");
  EXPECT_EQ(Answer(skipped, "buckets.2.p.value"), "10.0");
  EXPECT_EQ(Answer(script("k['x']>m", R"(,"gap_policy":"insert_zeros")"), "buckets.1.p.value"),
            "0.0");
  const std::string selected =
      months(R"({"bucket_selector":{"buckets_path":{"n":"k['x']>_count"},"script":"n > 0"}})");
  EXPECT_EQ(Answer(selected, "buckets.1.key_as_string"), "2024-03-01T00:00:00.000Z");
  EXPECT_EQ(Answer(selected, "buckets.2"), "");
  EXPECT_EQ(Answer(months(R"({"derivative":{"buckets_path":"k['x']>m"}})"), "buckets.2.p.value"),
            "null");
  EXPECT_THAT(Refusal(script("k['x']>none", "")),
              HasSubstr("Cannot find an aggregation named [none]"));
  EXPECT_EQ(Answer(months(R"({"min_bucket":{"buckets_path":"k>m"}})"), "buckets.1.p.value"), "4.0");
  EXPECT_EQ(Answer(R"({"date_histogram":{"field":"at","calendar_interval":"month"},"aggs":{)"
                   R"("k":{"terms":{"field":"k"},"aggs":{"m":{"sum":{"field":"m"}}}}}},)"
                   R"("all":{"avg_bucket":{"buckets_path":"a>k['x']>m"}})",
                   "buckets.0.doc_count"),
            "1");
}

TEST_F(AggregationValuesTest, PathsNameBucketsOfBooleansAndDatesAsTheyAreShown) {
  Create(R"({"b":{"type":"boolean"},"at":{"type":"date"},"m":{"type":"long"}})");
  Add(R"({"b":true,"at":"2024-01-05","m":3})");
  Add(R"({"b":false,"at":"2024-02-05","m":4})");
  const auto sum = [this](const std::string& over, const std::string& path) {
    return At(Expect(200, "POST", "/things/_search",
                     R"({"size":0,"aggs":{"b":)" + over +
                         R"(,"p":{"sum_bucket":{"buckets_path":")" + path + R"("}}}})"),
              "aggregations.p.value");
  };
  const std::string m = R"(,"aggs":{"m":{"sum":{"field":"m"}}}})";
  const std::string booleans = R"({"terms":{"field":"b"})" + m;
  EXPECT_EQ(sum(booleans, "b['true']>m"), "3.0");
  EXPECT_EQ(sum(booleans, "b['1']>m"), "3.0");
  EXPECT_EQ(sum(booleans, "b['false']>_count"), "1.0");
  const std::string days =
      R"({"date_histogram":{"field":"at","calendar_interval":"month","format":"yyyy-MM"})" + m;
  EXPECT_EQ(sum(days, "b['2024-02']>m"), "4.0");
  EXPECT_EQ(Answer(R"({"filters":{"filters":{"all":{"match_all":{}}}},"aggs":{"b":)" + booleans +
                       R"(,"p":{"bucket_script":{"buckets_path":{"n":"b['true']>_count"},)"
                       R"("script":"n"}}}})",
                   "buckets.all.p.value"),
            "1.0");
}

TEST_F(AggregationValuesTest, PagesOfFormattedNanosecondsEnd) {
  Create(R"({"at":{"type":"date_nanos"}})");
  const std::string second = R"({"at":"2024-05-01T00:00:00.)";
  Add(second + R"(123456789Z"})");
  Add(second + R"(123456788Z"})");
  Add(second + R"(123456001Z"})");
  Add(second + R"(12Z"})");
  const auto pages = [this](const std::string& format) {
    std::string shown;
    std::string after;
    for (int page = 0; page < 6; ++page) {
      const std::string last =
          At(Expect(200, "POST", "/things/_search",
                    R"({"size":1,"sort":[{"at":{"order":"asc","format":")" + format + R"("}}])" +
                        (after.empty() ? "" : R"(,"search_after":[")" + after + R"("])") + "}"),
             "hits.hits.0.sort.0");
      if (last.empty()) {
        break;
      }
      shown += (shown.empty() ? "" : " ") + last;
      after = last;
    }
    return shown;
  };
  EXPECT_EQ(pages("strict_date_optional_time_nanos"),
            "2024-05-01T00:00:00.120Z 2024-05-01T00:00:00.123456001Z "
            "2024-05-01T00:00:00.123456788Z 2024-05-01T00:00:00.123456789Z");
  EXPECT_EQ(pages("epoch_millis"),
            "1714521600120 1714521600123.456001 1714521600123.456788 1714521600123.456789");
  EXPECT_EQ(pages("epoch_second"),
            "1714521600.12 1714521600.123456001 1714521600.123456788 1714521600.123456789");
  EXPECT_EQ(pages("ss.SSSSSSSSS uuuu-MM-dd HH:mm"),
            "00.120000000 2024-05-01 00:00 00.123456001 2024-05-01 00:00 "
            "00.123456788 2024-05-01 00:00 00.123456789 2024-05-01 00:00");
  EXPECT_EQ(At(Expect(200, "POST", "/things/_search",
                      R"({"size":1,"sort":[{"at":"desc"}],)"
                      R"("fields":[{"field":"at","format":"HH:mm:ss.SSSSSSSSS"}]})"),
               "hits.hits.0.fields.at.0"),
            "00:00:00.123456789");
}

TEST_F(AggregationValuesTest, SumsAndMeansOfGreatLongsAreNotTakenForOneNumber) {
  Create(R"({"n":{"type":"long"},"at":{"type":"date_nanos"}})");
  Add(R"({"n":9007199254740993,"at":"2024-05-01T00:00:00.123456789Z"})");
  Add(R"({"n":9007199254740992,"at":"2024-05-01T00:00:00.123456788Z"})");
  Add(R"({"n":[9007199254740993,2],"at":["2024-05-01T00:00:00.000000002Z","2024-05-01T00:00:00.000000001Z"]})");
  Add(R"({"n":[9223372036854775807,1],"at":[]})");
  const auto sorted = [this](const std::string& field, const std::string& mode) {
    const JsonValue found =
        Expect(200, "POST", "/things/_search",
               R"({"sort":[{")" + field + R"(":{"order":"asc","mode":")" + mode + R"("}}]})");
    std::string out;
    for (size_t i = 0; i < 4; ++i) {
      out += (i == 0 ? "" : " ") + At(found, "hits.hits." + std::to_string(i) + ".sort.0");
    }
    return out;
  };
  EXPECT_EQ(sorted("n", "sum"),
            "-9223372036854775808 9007199254740992 9007199254740993 9007199254740995");
  EXPECT_EQ(sorted("n", "avg"),
            "-4611686018427387904 4503599627370498 9007199254740992 9007199254740993");
  EXPECT_EQ(sorted("n", "median"),
            "4503599627370497 9007199254740992 9007199254740993 4611686018427387904");
  EXPECT_THAT(sorted("at", "avg"), HasSubstr("1714521600123456788 1714521600123456789"));
  EXPECT_THAT(sorted("at", "median"), HasSubstr("1714521600123456788 1714521600123456789"));
}

TEST_F(AggregationValuesTest, MoreIntervalsThanIntegersAreBucketsOfTheirOwn) {
  Create(R"({"n":{"type":"long"}})");
  for (const char* n : {"-9000000000000000000", "-9000000000000000", "0", "9000000000000000",
                        "5000000000000000000", "9000000000000000000"}) {
    Add(R"({"n":)" + std::string(n) + "}");
  }
  std::string after;
  std::string keys;
  for (int page = 0; page < 7; ++page) {
    const std::string composite =
        R"({"composite":{"size":1,"sources":[{"n":{"histogram":{"field":"n","interval":0.0001}}}])" +
        (after.empty() ? "" : R"(,"after":)" + after) + "}}";
    after = Answer(composite, "after_key");
    if (after.empty()) {
      break;
    }
    keys += Answer(composite, "buckets.0.key.n") + " ";
  }
  EXPECT_EQ(keys, "-9e+18 -9e+15 0.0 9e+15 5e+18 9e+18 ");
}

TEST_F(AggregationValuesTest, YearsBeyond16BitsBeginWhereTheyDo) {
  Create(R"({"at":{"type":"date","format":"epoch_millis"}})");
  Add(R"({"at":1100000000000000})");
  Add(R"({"at":-1100000000000000})");
  const auto first = [this](const std::string& unit, const std::string& query) {
    return Answer(R"({"date_histogram":{"field":"at","min_doc_count":1,"calendar_interval":")" +
                      unit + R"("}})",
                  "buckets.0.key", R"(,"query":{"range":{"at":{)" + query + "}}}");
  };
  const std::string late = R"("gte":0)";
  const std::string early = R"("lt":0)";
  // 12 August 36827 and 22 May -32888.
  EXPECT_EQ(first("year", late), "1099980691200000");
  EXPECT_EQ(first("quarter", late), "1099996329600000");
  EXPECT_EQ(first("month", late), "1099999008000000");
  EXPECT_EQ(first("day", late), "1099999958400000");
  EXPECT_EQ(first("year", early), "-1100012313600000");
  EXPECT_EQ(first("month", early), "-1100001859200000");
}

TEST_F(AggregationValuesTest, MissingDatesAreReadInTheFormatAndTheZoneOfTheAggregation) {
  Create(R"({"at":{"type":"date"},"fine":{"type":"date_nanos"}})");
  Add("{}");
  const std::string zone = R"(,"time_zone":"-05:00")";
  const auto days = [](const std::string& missing, const std::string& more) {
    return R"({"date_histogram":{"field":"at","calendar_interval":"day","missing":)" + missing +
           more + "}}";
  };
  EXPECT_EQ(Answer(days(R"("2024-05-01")", zone), "buckets.0.key_as_string"),
            "2024-05-01T00:00:00.000-05:00");
  const std::string format = R"(,"format":"yyyy/MM/dd")";
  EXPECT_EQ(Answer(days(R"("2024/05/01")", format), "buckets.0.key_as_string"), "2024/05/01");
  EXPECT_EQ(Answer(days("1714521600000", format), "buckets.0.key_as_string"), "2024/05/01")
      << "a number is milliseconds, whatever the format";
  EXPECT_THAT(Refusal(days(R"("2024-05-01")", format)), HasSubstr("failed to parse date field"));
  EXPECT_EQ(Answer(days(R"("now/d")", ""), "buckets.0.doc_count"), "1");
  for (const std::string field : {"at", "fine"}) {
    const std::string source =
        R"({"field":")" + field + R"(","missing":"2024/05/01","format":"yyyy/MM/dd")";
    EXPECT_EQ(Answer(R"({"terms":)" + source + "}}", "buckets.0.key_as_string"), "2024/05/01");
    EXPECT_EQ(Answer(R"({"stats":)" + source + "}}", "max_as_string"), "2024/05/01");
    EXPECT_EQ(
        Answer(R"({"value_count":{"field":")" + field + R"(","missing":"2024-05-01"}})", "value"),
        "1");
    EXPECT_EQ(Answer(R"({"date_range":)" + source + R"(,"ranges":[{"from":"2024/05/01"}]}})",
                     "buckets.0.doc_count"),
              "1");
    EXPECT_EQ(Answer(R"({"composite":{"sources":[{"k":{"terms":{"field":")" + field + R"("}}}]}})",
                     "buckets"),
              "[]");
  }
}

TEST_F(AggregationValuesTest, DatesBesideNanosecondsAreDates) {
  Create(R"({"at":{"type":"date_nanos"}})", "fine");
  Create(R"({"at":{"type":"date"}})", "plain");
  Add(R"({"at":"2024-05-01T00:00:00.123456789Z"})", "fine");
  Add(R"({"at":"2024-05-02T00:00:00.5Z"})", "plain");
  Add(R"({"at":"2024-05-01T00:00:00.123Z"})", "plain");
  for (const std::string indices : {"fine,plain", "plain,fine"}) {
    const auto answer = [&](const std::string& aggregation, const std::string& path) {
      return Answer(aggregation, path, "", indices);
    };
    EXPECT_EQ(answer(R"({"date_histogram":{"field":"at","calendar_interval":"day"}})", "buckets"),
              R"([{"key":1714521600000,"key_as_string":"2024-05-01T00:00:00.000Z","doc_count":2},)"
              R"({"key":1714608000000,"key_as_string":"2024-05-02T00:00:00.000Z","doc_count":1}])");
    EXPECT_EQ(answer(R"({"date_range":{"field":"at","ranges":[{"to":"2024-05-02"}]}})",
                     "buckets.0.doc_count"),
              "2");
    EXPECT_EQ(answer(R"({"terms":{"field":"at"}})", "buckets"),
              R"([{"key":1714521600123,"key_as_string":"2024-05-01T00:00:00.123Z","doc_count":2},)"
              R"({"key":1714608000500,"key_as_string":"2024-05-02T00:00:00.500Z","doc_count":1}])");
    EXPECT_EQ(answer(R"({"max":{"field":"at"}})", "value_as_string"), "2024-05-02T00:00:00.500Z");
    EXPECT_EQ(answer(R"({"cardinality":{"field":"at"}})", "value"), "2");
    const std::string sorted =
        R"({"sort":[{"at":{"order":"desc","format":"yyyy-MM-dd"}}],"size":1)";
    const JsonValue first = Expect(200, "POST", "/" + indices + "/_search", sorted + "}");
    EXPECT_EQ(At(first, "hits.hits.0.sort"), R"(["2024-05-02"])");
    EXPECT_EQ(At(Expect(200, "POST", "/" + indices + "/_search",
                        R"({"sort":[{"at":"desc"}],"size":1,"search_after":[1714608000500]})"),
                 "hits.hits.0.sort"),
              "[1714521600123]");
  }
}

TEST_F(AggregationValuesTest, NumbersAreMillisecondsWhereDatesAreCounted) {
  Create(R"({"n":{"type":"long"},"k":{"type":"keyword"}})");
  Add(R"({"n":1714521600123})");
  Add(R"({"n":1714608000500})");
  EXPECT_EQ(Answer(R"({"date_histogram":{"field":"n","calendar_interval":"day"}})", "buckets"),
            R"([{"key":1714521600000,"doc_count":1},{"key":1714608000000,"doc_count":1}])");
  EXPECT_EQ(
      Answer(R"({"date_histogram":{"field":"n","calendar_interval":"month","format":"yyyy-MM"}})",
             "buckets"),
      R"([{"key":1714521600000,"key_as_string":"2024-05","doc_count":2}])");
  EXPECT_EQ(Answer(R"({"date_range":{"field":"n","ranges":[{"from":"2024-05-02"}]}})",
                   "buckets.0.doc_count"),
            "1");
  EXPECT_THAT(
      Refusal(R"({"date_histogram":{"field":"k","calendar_interval":"day"}})"),
      HasSubstr("Field [k] of type [keyword] is not supported for aggregation [date_histogram]"));
  Add(R"({"n":9000000000000000000})");
  EXPECT_THAT(Refusal(R"({"date_histogram":{"field":"n","calendar_interval":"day"}})"),
              HasSubstr("Trying to create too many buckets"));
}

TEST_F(AggregationValuesTest, HitsAreNotCollapsedByAddressesOrDates) {
  Create(R"({"ip":{"type":"ip"},"at":{"type":"date"},"fine":{"type":"date_nanos"},)"
         R"("b":{"type":"boolean"},"u":{"type":"unsigned_long"},"f":{"type":"float"}})");
  Add(R"({"ip":"10.0.0.1","at":"2024-05-01","fine":"2024-05-01","b":true,)"
      R"("u":18446744073709551615,"f":0.1})");
  for (const std::string field : {"ip", "at", "fine", "b"}) {
    const Response refused =
        Send("POST", "/things/_search", R"({"collapse":{"field":")" + field + R"("}})");
    EXPECT_EQ(refused.status, 400);
    EXPECT_THAT(refused.body, HasSubstr("unknown type for collapse field `" + field +
                                        "`, only keywords and numbers are accepted"));
  }
  for (const std::string field : {"u", "f"}) {
    EXPECT_EQ(At(Expect(200, "POST", "/things/_search",
                        R"({"collapse":{"field":")" + field + R"(","inner_hits":{"name":"i"}}})"),
                 "hits.hits.0.inner_hits.i.hits.total.value"),
              "1");
  }
}

TEST_F(AggregationValuesTest, DocumentsAreCountedAndSortedByTheirIndex) {
  Create(R"({"n":{"type":"long"}})", "one");
  Create(R"({"n":{"type":"long"}})", "two");
  Add(R"({"n":1})", "one");
  Add(R"({"n":2})", "two");
  Add(R"({"n":3})", "two");
  const auto answer = [this](const std::string& aggregation, const std::string& path) {
    return Answer(aggregation, path, "", "one,two");
  };
  const std::string sum = R"(,"aggs":{"n":{"sum":{"field":"n"}}}})";
  EXPECT_EQ(answer(R"({"terms":{"field":"_index"}})", "buckets"),
            R"([{"key":"two","doc_count":2},{"key":"one","doc_count":1}])");
  EXPECT_EQ(answer(R"({"terms":{"field":"_index"})" + sum, "buckets"),
            R"([{"key":"two","doc_count":2,"n":{"value":5.0}},)"
            R"({"key":"one","doc_count":1,"n":{"value":1.0}}])");
  EXPECT_EQ(answer(R"({"terms":{"field":"n"},"aggs":{"i":{"terms":{"field":"_index"}}}})",
                   "buckets.1.i.buckets.0.key"),
            "two");
  EXPECT_EQ(answer(R"({"value_count":{"field":"_index"}})", "value"), "3");
  EXPECT_EQ(answer(R"({"cardinality":{"field":"_index"}})", "value"), "2");
  EXPECT_EQ(answer(R"({"missing":{"field":"_index"}})", "doc_count"), "0");
  EXPECT_EQ(answer(R"({"composite":{"sources":[{"i":{"terms":{"field":"_index"}}}]}})",
                   "buckets.1.key.i"),
            "two");
  const std::string sorted = R"({"size":2,"sort":[{"_index":"desc"},{"n":"asc"}])";
  EXPECT_EQ(At(Expect(200, "POST", "/one,two/_search", sorted + "}"), "hits.hits.1.sort"),
            R"(["two",3])");
  EXPECT_EQ(At(Expect(200, "POST", "/one,two/_search", sorted + R"(,"search_after":["two",2]})"),
               "hits.hits.1.sort"),
            R"(["one",1])");
  EXPECT_THAT(Error(400, "POST", "/one/_search", Body(R"({"terms":{"field":"_id"}})", "")),
              HasSubstr("Fielddata access on the _id field is disallowed"));
}

}  // namespace
}  // namespace binseek::api
