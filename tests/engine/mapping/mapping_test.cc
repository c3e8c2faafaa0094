#include "engine/mapping/mapping.h"

#include "tests/support/status_matchers.h"

namespace binseek::mapping {
namespace {

constexpr char kJson[] =
    R"({"properties":{"name":{"type":"text","fields":{"keyword":{"type":"keyword","ignore_above":256}}},)"
    R"("price":{"type":"scaled_float","scaling_factor":100.0},"shop":{"properties":{"city":{"type":"keyword"}}},)"
    R"("hidden":{"type":"long","index":false,"doc_values":false}}})";

TEST(MappingTest, JsonComesBack) {
  const auto mapping = Mapping::FromJson(kJson);
  ASSERT_OK(mapping);
  EXPECT_EQ(mapping->ToJson(), kJson);
  EXPECT_EQ(mapping->Find("price")->scale, 2);
  EXPECT_EQ(mapping->Find("name.keyword")->parent, mapping->Find("name")->id);
  EXPECT_NE(mapping->Find("shop.city"), nullptr);
}

TEST(MappingTest, ManifestBytesComeBackWithIds) {
  auto mapping = Mapping::FromJson(kJson);
  ASSERT_OK(mapping);
  std::string bytes;
  mapping->EncodeTo(&bytes);
  const auto decoded = Mapping::Decode(bytes);
  ASSERT_OK(decoded);
  EXPECT_EQ(decoded->ToJson(), kJson);
  EXPECT_EQ(decoded->Find("hidden")->id, mapping->Find("hidden")->id);
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_STATUS(Mapping::Decode(std::string_view(bytes).substr(0, size)), kCorruption) << size;
  }
}

TEST(MappingTest, ChangedTypeAndUnknownParameterAreRefusedByName) {
  auto mapping = Mapping::FromJson(kJson);
  ASSERT_OK(mapping);
  const Status changed = mapping->Merge(R"({"properties":{"price":{"type":"keyword"}}})");
  EXPECT_STATUS(changed, kInvalidArgument);
  EXPECT_NE(changed.message().find("[price]"), std::string::npos);
  EXPECT_STATUS(mapping->Merge(R"({"properties":{"x":{"type":"text","boots":1}}})"),
                kInvalidArgument);
  EXPECT_STATUS(mapping->Merge(R"({"properties":{"x":{"type":"txt"}}})"), kInvalidArgument);
  EXPECT_EQ(mapping->ToJson(), kJson) << "a refused change leaves nothing behind";
}

TEST(MappingTest, SystemFieldsAreKeywordsThatNobodyAdds) {
  const Mapping mapping;
  ASSERT_NE(mapping.Find("_routing"), nullptr);
  EXPECT_EQ(mapping.Find("_routing")->id, kRoutingField);
  EXPECT_EQ(mapping.Find("_routing")->kind, FieldKind::kKeyword);
  EXPECT_EQ(mapping.Find(kIgnoredField)->name, "_ignored");
  EXPECT_NE(mapping.Find(kSourceTableField), nullptr);
  EXPECT_EQ(mapping.Find(""), nullptr) << "the source table is hidden";
  EXPECT_EQ(mapping.Find(kVersionField), nullptr);
  EXPECT_TRUE(mapping.fields().empty());
  EXPECT_STATUS(Mapping::FromJson(R"({"properties":{"_routing":{"type":"keyword"}}})"),
                kInvalidArgument);
}

TEST(MappingTest, RequiredRoutingAndIgnoredValuesAreKept) {
  const std::string json =
      R"({"_routing":{"required":true},"properties":{"n":{"type":"long","ignore_malformed":true}}})";
  const auto mapping = Mapping::FromJson(json);
  ASSERT_OK(mapping);
  EXPECT_EQ(mapping->ToJson(), json);
  std::string bytes;
  mapping->EncodeTo(&bytes);
  const auto decoded = Mapping::Decode(bytes);
  ASSERT_OK(decoded);
  EXPECT_EQ(decoded->ToJson(), json);
  EXPECT_FALSE(decoded->synced());
  EXPECT_STATUS(Mapping::FromJson(R"({"_routing":{"path":"a"}})"), kInvalidArgument);
  EXPECT_STATUS(
      Mapping::FromJson(R"({"properties":{"k":{"type":"keyword","ignore_malformed":true}}})"),
      kInvalidArgument);
}

TEST(MappingTest, NestedObjectsAreAroundTheirFields) {
  const std::string json =
      R"({"properties":{"a":{"type":"nested","include_in_parent":true,"dynamic":"strict","properties":{)"
      R"("o":{"properties":{"c":{"type":"nested","include_in_root":true,"properties":{)"
      R"("d":{"type":"text","fields":{"k":{"type":"keyword"}}}}}},"dynamic":"false"}}}}})";
  auto mapping = Mapping::FromJson(json);
  ASSERT_OK(mapping);
  EXPECT_EQ(mapping->ToJson(), json);
  std::string bytes;
  mapping->EncodeTo(&bytes);
  const auto decoded = Mapping::Decode(bytes);
  ASSERT_OK(decoded);
  EXPECT_EQ(decoded->ToJson(), json);
  EXPECT_EQ(mapping->NestedAround("a"), nullptr);
  EXPECT_EQ(mapping->NestedAround("a.o")->name, "a");
  EXPECT_EQ(mapping->NestedAround("a.o.c")->name, "a");
  EXPECT_EQ(mapping->NestedAround("a.o.c.d.k")->name, "a.o.c");
  EXPECT_EQ(mapping->NestedAround("b.a.x"), nullptr);
  ASSERT_OK(mapping->Merge(R"({"properties":{"a":{"type":"nested","include_in_parent":true,)"
                           R"("dynamic":true,"properties":{"o":{"properties":{}}}}}})"));
  EXPECT_EQ(mapping->Find("a")->parameters().dynamic, "true");
  EXPECT_EQ(mapping->Find("a.o")->parameters().dynamic, "false");
  EXPECT_STATUS(mapping->Merge(R"({"properties":{"a":{"type":"nested"}}})"), kInvalidArgument);
  EXPECT_STATUS(mapping->Merge(R"({"properties":{"a":{"properties":{}}}})"), kInvalidArgument);
  EXPECT_STATUS(Mapping::FromJson(R"({"properties":{"a":{"type":"nested","dynamic":"maybe"}}})"),
                kInvalidArgument);
}

}  // namespace
}  // namespace binseek::mapping
