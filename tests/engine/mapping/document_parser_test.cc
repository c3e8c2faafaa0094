#include "engine/mapping/document_parser.h"

#include "tests/support/status_matchers.h"

namespace binseek::mapping {
namespace {

TEST(DocumentParserTest, NewFieldsGetTheTypesOfTheirValues) {
  Mapping mapping;
  const auto document = ParseDocument(
      R"({"name":"苹果","n":12,"x":1.5,"on":true,"at":"2026-01-02","tags":["a","b"],"shop":{"city":"杭州"},"none":null})",
      &mapping);
  ASSERT_OK(document);
  EXPECT_EQ(mapping.Find("name")->kind, FieldKind::kText);
  EXPECT_EQ(mapping.Find("name.keyword")->ignore_above, 256u);
  EXPECT_EQ(mapping.Find("n")->kind, FieldKind::kLong);
  EXPECT_EQ(mapping.Find("x")->kind, FieldKind::kDouble);
  EXPECT_EQ(mapping.Find("on")->kind, FieldKind::kBoolean);
  EXPECT_EQ(mapping.Find("at")->kind, FieldKind::kDate);
  EXPECT_EQ(mapping.Find("shop.city.keyword")->kind, FieldKind::kKeyword);
  EXPECT_EQ(mapping.Find("none"), nullptr);
  EXPECT_EQ(document->numbers.size(), 4u);
  EXPECT_EQ(document->texts.size(), 8u);  // name, two tags and city, each with its keyword
}

TEST(DocumentParserTest, WrongValuesNameTheField) {
  auto mapping = Mapping::FromJson(R"({"dynamic":"strict","properties":{"n":{"type":"long"}}})");
  ASSERT_OK(mapping);
  const Status wrong = ParseDocument(R"({"n":"many"})", &*mapping).status();
  EXPECT_STATUS(wrong, kInvalidArgument);
  EXPECT_NE(wrong.message().find("failed to parse field [n] of type [long]"), std::string::npos)
      << wrong.message();
  EXPECT_STATUS(ParseDocument(R"({"m":1})", &*mapping), kInvalidArgument);
  EXPECT_STATUS(ParseDocument(R"({"n":{"m":1}})", &*mapping), kInvalidArgument);
}

TEST(DocumentParserTest, FlattenedLeavesAreFoundWithAndWithoutTheirPath) {
  std::vector<TextValue> out;
  ASSERT_OK(
      AppendFlattened(FieldId{20}, R"({"color":"red","size":{"eu":[42,43]},"gone":null})", &out));
  std::vector<std::string> texts;
  for (const TextValue& value : out) {
    texts.push_back(value.text);
  }
  const auto keyed = [](std::string path, const char* value) { return path + '\0' + value; };
  EXPECT_EQ(texts,
            (std::vector<std::string>{"red", keyed("color", "red"), "42", keyed("size.eu", "42"),
                                      "43", keyed("size.eu", "43")}));
}

// The names in _ignored.
std::vector<std::string> IgnoredOf(const Document& document) {
  std::vector<std::string> names;
  for (const TextValue& value : document.texts) {
    if (value.field == kIgnoredField) {
      names.push_back(value.text);
    }
  }
  return names;
}

TEST(DocumentParserTest, ValuesThatAreLeftOutAreNamed) {
  auto mapping = Mapping::FromJson(
      R"({"properties":{"n":{"type":"long","ignore_malformed":true},"strict":{"type":"long"},)"
      R"("at":{"type":"date","ignore_malformed":true},)"
      R"("tag":{"type":"keyword","ignore_above":3,"fields":{"n":{"type":"double","ignore_malformed":true}}}}})");
  ASSERT_OK(mapping);
  const auto document = ParseDocument(
      R"({"n":[1,"many",2,"more"],"at":"soon","tag":["abc","abcd"],"strict":7})", &*mapping);
  ASSERT_OK(document);
  EXPECT_EQ(IgnoredOf(*document), (std::vector<std::string>{"n", "at", "tag.n", "tag"}));
  EXPECT_EQ(document->numbers.size(), 3u) << "the other values stay";
  EXPECT_STATUS(ParseDocument(R"({"strict":"many"})", &*mapping), kInvalidArgument);
  EXPECT_STATUS(ParseDocument(R"({"n":{"m":1}})", &*mapping), kInvalidArgument)
      << "no object is a malformed number";
  const auto sound = ParseDocument(R"({"n":1,"tag":"abc"})", &*mapping);
  ASSERT_OK(sound);
  EXPECT_EQ(IgnoredOf(*sound), std::vector<std::string>{"tag.n"});
}

TEST(DocumentParserTest, IgnoreAboveCountsUtf16Units) {
  auto mapping = Mapping::FromJson(R"({"properties":{"tag":{"type":"keyword","ignore_above":8}}})");
  ASSERT_OK(mapping);
  const auto document = ParseDocument(R"({"tag":["苹果苹果苹果苹果","😀😀😀😀","😀😀😀😀x"]})", &*mapping);
  ASSERT_OK(document);
  EXPECT_EQ(IgnoredOf(*document), std::vector<std::string>{"tag"});
  EXPECT_EQ(document->texts.size(), 3u)
      << "two values, and the name of the field that left one out";
}

TEST(DocumentParserTest, CountsOfTokensHaveTrailingGaps) {
  auto mapping = Mapping::FromJson(
      R"({"properties":{"n":{"type":"token_count","analyzer":"stop"},)"
      R"("m":{"type":"token_count","analyzer":"stop","enable_position_increments":false}}})");
  ASSERT_OK(mapping);
  for (const auto& [text, with_gaps, without] :
       {std::tuple("foo the", 2, 2), std::tuple("foo and the", 3, 2), std::tuple("the foo", 2, 1),
        std::tuple("the", 1, 1), std::tuple("", 0, 0)}) {
    const auto document =
        ParseDocument(R"({"n":")" + std::string(text) + R"(","m":")" + text + R"("})", &*mapping);
    ASSERT_OK(document);
    ASSERT_EQ(document->numbers.size(), 2u);
    EXPECT_EQ(document->numbers[0].value, with_gaps) << text;
    EXPECT_EQ(document->numbers[1].value, without) << text;
  }
}

TEST(DocumentParserTest, SystemFieldsAreNoMembers) {
  Mapping mapping;
  for (const char* json : {R"({"_routing":"x"})", R"({"_ignored":["x"]})"}) {
    EXPECT_STATUS(ParseDocument(json, &mapping), kInvalidArgument) << json;
  }
  EXPECT_OK(ParseDocument(R"({"a":{"_routing":"x"}})", &mapping));
  EXPECT_NE(mapping.Find("a._routing"), nullptr);
}

std::vector<std::string> TextsOf(const Document& document, const Mapping& mapping) {
  std::vector<std::string> texts;
  for (const TextValue& value : document.texts) {
    texts.push_back(mapping.Find(value.field)->name + "=" + value.text);
  }
  return texts;
}

TEST(DocumentParserTest, NestedObjectsAreChildrenBeforeWhatTheyBelongTo) {
  using Texts = std::vector<std::string>;
  auto mapping =
      Mapping::FromJson(R"({"properties":{"k":{"type":"keyword"},"a":{"type":"nested","properties":{
      "b":{"type":"keyword","copy_to":["k","a.e"]},"e":{"type":"keyword"},
      "n":{"type":"long","ignore_malformed":true},
      "c":{"type":"nested","properties":{"d":{"type":"keyword","copy_to":"a.e"}}}}}}})");
  ASSERT_OK(mapping);
  const auto document = ParseDocument(
      R"({"k":"r","a":[{"b":"1","c":{"d":"x"}},null,{"n":"no","c":[{"d":"y"},{"d":"z"}]}],"a.b":"2"})",
      &*mapping);
  ASSERT_OK(document);
  const std::string a = "=" + std::to_string(static_cast<uint32_t>(mapping->Find("a")->id));
  const std::string c = "=" + std::to_string(static_cast<uint32_t>(mapping->Find("a.c")->id));
  EXPECT_EQ(TextsOf(*document, *mapping), (Texts{"k=r", "k=1", "_ignored=a.n", "k=2"}));
  ASSERT_EQ(document->children.size(), 3u);
  EXPECT_EQ(TextsOf(document->children[0], *mapping), (Texts{"a.b=1", "a.e=1", "a.e=x", a}));
  EXPECT_EQ(TextsOf(document->children[1], *mapping), (Texts{"a.e=y", "a.e=z", a}));
  EXPECT_EQ(TextsOf(document->children[2], *mapping), (Texts{"a.b=2", "a.e=2", a}));
  ASSERT_EQ(document->children[1].children.size(), 2u);
  EXPECT_EQ(TextsOf(document->children[1].children[1], *mapping), (Texts{"a.c.d=z", c}));
  EXPECT_TRUE(document->children[0].child_key.empty());
}

TEST(DocumentParserTest, ObjectsSayWhatNewFieldsDo) {
  auto mapping = Mapping::FromJson(R"({"dynamic":"strict","properties":{
      "a":{"type":"nested","dynamic":"true","properties":{"b":{"dynamic":"false","properties":{}}}}}})");
  ASSERT_OK(mapping);
  ASSERT_OK(ParseDocument(R"({"a":{"n":1,"o":{"m":1},"b":{"n":1}}})", &*mapping));
  EXPECT_EQ(mapping->Find("a.n")->kind, FieldKind::kLong);
  EXPECT_EQ(mapping->Find("a.o.m")->kind, FieldKind::kLong);
  EXPECT_EQ(mapping->Find("a.b.n"), nullptr);
  EXPECT_STATUS(ParseDocument(R"({"c":1})", &*mapping), kInvalidArgument);
  EXPECT_STATUS(ParseDocument(R"({"a":[1]})", &*mapping), kInvalidArgument);
  EXPECT_STATUS(ParseDocument(R"({"a":[{},{},{}]})", &*mapping, 2), kInvalidArgument);
}

}  // namespace
}  // namespace binseek::mapping
