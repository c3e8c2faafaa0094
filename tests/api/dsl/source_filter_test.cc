#include "api/dsl/source_filter.h"

#include "tests/api/dsl/dsl_matchers.h"
#include "tests/support/status_matchers.h"

namespace binseek::api::dsl {
namespace {

constexpr char kSource[] =
    R"({"include":{"field1":"v1","field2":"v2"},"count":1,"bigint":72057594037927936,"price":12.50,)"
    R"("tags":[{"id":1,"name":"a"},{"name":"b"},"loose"],"a.b":true,"none":null})";

std::string Filtered(const SourceFilter& filter) {
  std::string out;
  EXPECT_OK(filter.Append(kSource, &out));
  return out;
}

std::string Filtered(const char* json) {
  auto filter = ParseSourceFilter(Json(json));
  EXPECT_EQ(ErrorOf(filter), "") << json;
  return filter.ok() ? Filtered(*filter) : "";
}

TEST(SourceFilterTest, EverythingIsPassedOnAsItStands) {
  EXPECT_EQ(Filtered("true"), kSource);
  EXPECT_EQ(Filtered("[]"), kSource);
  EXPECT_EQ(Filtered(SourceFilter()), kSource);
}

TEST(SourceFilterTest, IncludesTakePathsWildcardsAndWhatLiesBelow) {
  EXPECT_EQ(Filtered(R"("include.field1")"), R"({"include":{"field1":"v1"}})");
  EXPECT_EQ(Filtered(R"(["include.field1","count"])"), R"({"include":{"field1":"v1"},"count":1})");
  EXPECT_EQ(Filtered(R"({"includes":["*.field2"]})"), R"({"include":{"field2":"v2"}})");
  EXPECT_EQ(Filtered(R"({"include":"big*"})"), R"({"bigint":72057594037927936})");
  EXPECT_EQ(Filtered(R"("price")"), R"({"price":12.50})") << "digits stay as they were written";
  EXPECT_EQ(Filtered(R"("a.b")"), R"({"a.b":true})");
  EXPECT_EQ(Filtered(R"("nowhere")"), "{}");
}

TEST(SourceFilterTest, ArraysKeepWhatIsLeftOfTheirObjects) {
  EXPECT_EQ(Filtered(R"("tags.id")"), R"({"tags":[{"id":1}]})");
  EXPECT_EQ(Filtered(R"({"includes":"tags","excludes":"tags.name"})"),
            R"({"tags":[{"id":1},"loose"]})");
}

TEST(SourceFilterTest, ExcludesWinOverIncludes) {
  EXPECT_EQ(Filtered(R"({"includes":"include","excludes":"*.field2"})"),
            R"({"include":{"field1":"v1"}})");
  EXPECT_EQ(Filtered(R"({"includes":["include","count"],"excludes":["include"]})"),
            R"({"count":1})");
  EXPECT_EQ(Filtered(R"({"includes":"include","excludes":"include.*"})"), R"({"include":{}})");
  EXPECT_EQ(Filtered(R"({"exclude":["tags","include","a.b","none","bigint"]})"),
            R"({"count":1,"price":12.50})");
}

TEST(SourceFilterTest, FalseAndBadFormsAreTold) {
  auto none = ParseSourceFilter(Json("false"));
  ASSERT_EQ(ErrorOf(none), "");
  EXPECT_FALSE(none->enabled());
  EXPECT_EQ(ErrorOf(ParseSourceFilter(Json("1"))),
            "400 parsing_exception: Expected one of [VALUE_BOOLEAN, VALUE_STRING, START_ARRAY, "
            "START_OBJECT] but found [VALUE_NUMBER]");
  EXPECT_EQ(ErrorOf(ParseSourceFilter(Json(R"({"inclodes":"a"})"))),
            "400 parsing_exception: Unknown key for a VALUE_STRING in [inclodes].");
  EXPECT_EQ(ErrorOf(ParseSourceFilter(Json("[1]"))),
            "400 parsing_exception: Unknown key for a VALUE_NUMBER in [_source].");
}

TEST(SourceFilterTest, UrlParametersMeanTheSame) {
  EXPECT_FALSE(SourceFilterFromParameters("false", "", "").enabled());
  EXPECT_TRUE(SourceFilterFromParameters("true", "", "").everything());
  EXPECT_EQ(Filtered(SourceFilterFromParameters("count,price", "", "")),
            R"({"count":1,"price":12.50})");
  EXPECT_EQ(Filtered(SourceFilterFromParameters("", "include.*", "*.field1")),
            R"({"include":{"field2":"v2"}})");
}

}  // namespace
}  // namespace binseek::api::dsl
